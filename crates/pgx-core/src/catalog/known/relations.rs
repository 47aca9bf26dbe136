//! Relations, their columns, and what makes them sequences, partitions, children.

use super::{Catalog, DERIVED, Identity, OID, Rule, catalog};
use Rule::{Acl, AttNums, Excluded, Expr, Name, Names, Role, Sorted, Type, Value};

const STATISTICS: Rule = Excluded("an estimate kept by VACUUM and ANALYZE");
const FREEZING: Rule = Excluded("how far VACUUM has come");
const HINT: Rule = Excluded("a hint that may stay set when its reason is gone");
const OF_TYPE: Rule = Excluded("a copy of the type's");
const MISSING: Rule = Excluded("how rows from before ADD COLUMN are stored");

pub(super) const CATALOGS: &[Catalog] = &[
    CLASS,
    ATTRIBUTE,
    Catalog {
        object: ("pg_class", "adrelid"),
        part: Some("adnum"),
        ..catalog(
            "pg_attrdef",
            &[
                ("oid", OID),
                ("adrelid", DERIVED),
                ("adnum", DERIVED),
                ("adbin", Expr("pg_catalog.pg_get_expr(x.adbin, x.adrelid)")),
                ("adsrc", Excluded("an outdated copy of adbin")),
            ],
        )
    },
    Catalog {
        object: ("pg_class", "inhrelid"),
        identity: Identity::Sql(
            "(pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, \
             x.inhrelid, 0)).identity || ' of ' || (pg_catalog.pg_identify_object(\
             'pg_catalog.pg_class'::pg_catalog.regclass, x.inhparent, 0)).identity",
        ),
        ..catalog(
            "pg_inherits",
            &[
                ("inhrelid", Name("pg_class")),
                ("inhparent", Name("pg_class")),
                (
                    "inhseqno",
                    Expr("pg_catalog.rank() OVER (PARTITION BY x.inhrelid ORDER BY x.inhseqno)"),
                ),
                ("inhdetachpending", Value),
            ],
        )
    },
    Catalog {
        object: ("pg_class", "partrelid"),
        ..catalog(
            "pg_partitioned_table",
            &[
                ("partrelid", DERIVED),
                ("partstrat", Value),
                ("partnatts", Value),
                ("partdefid", Name("pg_class")),
                ("partattrs", AttNums("partrelid")),
                ("partclass", Names("pg_opclass")),
                ("partcollation", Names("pg_collation")),
                ("partexprs", Expr("pg_catalog.pg_get_expr(x.partexprs, x.partrelid)")),
            ],
        )
    },
    Catalog {
        object: ("pg_class", "seqrelid"),
        ..catalog(
            "pg_sequence",
            &[
                ("seqrelid", DERIVED),
                ("seqtypid", Type),
                ("seqstart", Value),
                ("seqincrement", Value),
                ("seqmax", Value),
                ("seqmin", Value),
                ("seqcache", Value),
                ("seqcycle", Value),
            ],
        )
    },
];

const CLASS: Catalog = catalog(
    "pg_class",
    &[
        ("oid", OID),
        ("relname", Value),
        ("relnamespace", Name("pg_namespace")),
        ("reltype", Excluded("named like the relation")),
        ("reloftype", Type),
        ("relowner", Role),
        ("relam", Name("pg_am")),
        ("relfilenode", Excluded("a file's name")),
        ("reltablespace", Name("pg_tablespace")),
        ("relpages", STATISTICS),
        ("reltuples", STATISTICS),
        ("relallvisible", STATISTICS),
        ("relallfrozen", STATISTICS),
        (
            "reltoastrelid",
            Expr(
                "SELECT pg_catalog.array_agg(o ORDER BY o COLLATE pg_catalog.\"C\") \
                 FROM pg_catalog.pg_class t, pg_catalog.unnest(t.reloptions) o \
                 WHERE t.oid = x.reltoastrelid",
            ),
        ),
        ("relhasindex", HINT),
        ("relhaspkey", HINT),
        ("relhasrules", HINT),
        ("relhastriggers", HINT),
        ("relhassubclass", HINT),
        ("relisshared", Value),
        ("relpersistence", Value),
        ("relkind", Value),
        ("relnatts", Excluded("counts dropped columns")),
        ("relchecks", Value),
        ("relhasoids", Value),
        ("relrowsecurity", Value),
        ("relforcerowsecurity", Value),
        ("relispopulated", Value),
        ("relreplident", Value),
        ("relispartition", Value),
        ("relrewrite", Excluded("set while a table is being rewritten")),
        ("relfrozenxid", FREEZING),
        ("relminmxid", FREEZING),
        (
            "relacl",
            Acl("(CASE x.relkind WHEN 'S' THEN 's' ELSE 'r' END)::pg_catalog.\"char\"", "relowner"),
        ),
        ("reloptions", Sorted),
        ("relpartbound", Expr("pg_catalog.pg_get_expr(x.relpartbound, x.oid)")),
    ],
);

const ATTRIBUTE: Catalog = Catalog {
    object: ("pg_class", "attrelid"),
    part: Some("attnum"),
    // Columns of indexes are named after what the table's were called when the index was made.
    identity: Identity::Sql(
        "CASE WHEN (SELECT r.relkind IN ('i', 'I') FROM pg_catalog.pg_class r \
         WHERE r.oid = x.attrelid) THEN (pg_catalog.pg_identify_object(\
         'pg_catalog.pg_class'::pg_catalog.regclass, x.attrelid, 0)).identity || '.#' || x.attnum \
         ELSE (pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, \
         x.attrelid, x.attnum)).identity END",
    ),
    and: "NOT x.attisdropped AND (x.attnum > 0 OR x.attacl IS NOT NULL)",
    ..catalog(
        "pg_attribute",
        &[
            ("attrelid", DERIVED),
            ("attname", Excluded("part of the name")),
            ("atttypid", Type),
            ("attstattarget", Expr("NULLIF(x.attstattarget, -1)")),
            ("attlen", OF_TYPE),
            (
                "attnum",
                Expr(
                    "SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute l \
                     WHERE l.attrelid = x.attrelid AND l.attnum > 0 AND l.attnum <= x.attnum \
                     AND NOT l.attisdropped",
                ),
            ),
            ("attndims", Excluded("declared, never enforced, and no part of the type's name")),
            ("attcacheoff", Excluded("a cache")),
            ("atttypmod", Value),
            ("attbyval", OF_TYPE),
            ("attstorage", Value),
            ("attalign", OF_TYPE),
            ("attcompression", Expr("NULLIF(x.attcompression, '')")),
            ("attnotnull", Value),
            ("atthasdef", Value),
            ("atthasmissing", MISSING),
            ("attmissingval", MISSING),
            ("attidentity", Expr("NULLIF(x.attidentity, '')")),
            ("attgenerated", Expr("NULLIF(x.attgenerated, '')")),
            ("attisdropped", Excluded("dropped columns are left out")),
            ("attislocal", Value),
            ("attinhcount", Value),
            ("attcollation", Name("pg_collation")),
            ("attacl", Acl("'c'", "attrelid")),
            // Newer minor releases keep a version number of their own among the options.
            (
                "attoptions",
                Expr(
                    "SELECT pg_catalog.array_agg(o ORDER BY o COLLATE pg_catalog.\"C\") \
                     FROM pg_catalog.unnest(x.attoptions) o WHERE o NOT LIKE 'pg\\_attver=%'",
                ),
            ),
            ("attfdwoptions", Sorted),
        ],
    )
};
