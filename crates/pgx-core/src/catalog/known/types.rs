//! Types, and where types and objects live: schemas, extensions, languages, access methods.

use super::{Catalog, DERIVED, Identity, OID, Rule, catalog};
use Rule::{Acl, Excluded, Expr, Name, Names, Role, Type, Value};

pub(super) const CATALOGS: &[Catalog] = &[
    TYPE,
    Catalog {
        object: ("pg_type", "enumtypid"),
        identity: Identity::Sql(
            "pg_catalog.format_type(x.enumtypid, NULL) || ' ' \
             || pg_catalog.quote_literal(x.enumlabel)",
        ),
        ..catalog(
            "pg_enum",
            &[
                ("oid", OID),
                ("enumtypid", Type),
                (
                    "enumsortorder",
                    Expr(
                        "pg_catalog.rank() OVER (PARTITION BY x.enumtypid \
                         ORDER BY x.enumsortorder)",
                    ),
                ),
                ("enumlabel", Value),
            ],
        )
    },
    Catalog {
        object: ("pg_type", "rngtypid"),
        ..catalog(
            "pg_range",
            &[
                ("rngtypid", DERIVED),
                ("rngsubtype", Type),
                ("rngmultitypid", Type),
                ("rngcollation", Name("pg_collation")),
                ("rngsubopc", Name("pg_opclass")),
                ("rngcanonical", Name("pg_proc")),
                ("rngsubdiff", Name("pg_proc")),
                ("rngconstruct2", Name("pg_proc")),
                ("rngconstruct3", Name("pg_proc")),
                ("rngmltconstruct0", Name("pg_proc")),
                ("rngmltconstruct1", Name("pg_proc")),
                ("rngmltconstruct2", Name("pg_proc")),
            ],
        )
    },
    catalog(
        "pg_collation",
        &[
            ("oid", OID),
            ("collname", Value),
            ("collnamespace", Name("pg_namespace")),
            ("collowner", Role),
            ("collprovider", Value),
            ("collisdeterministic", Value),
            // A collation works in any encoding (-1) or in one; a copy says -1 where the same
            // collation made afresh names the database's encoding.
            (
                "collencoding",
                Expr(
                    "CASE WHEN pg_catalog.pg_encoding_to_char(x.collencoding) NOT IN \
                     ('', pg_catalog.current_setting('server_encoding')) \
                     THEN pg_catalog.pg_encoding_to_char(x.collencoding) END",
                ),
            ),
            ("collcollate", Value),
            ("collctype", Value),
            ("colliculocale", Value),
            ("colllocale", Value),
            ("collicurules", Value),
            ("collversion", Value),
        ],
    ),
    Catalog {
        or: "x.nspname = 'public'",
        ..catalog(
            "pg_namespace",
            &[
                ("oid", OID),
                ("nspname", Value),
                ("nspowner", Role),
                ("nspacl", Acl("'n'", "nspowner")),
            ],
        )
    },
    Catalog {
        or: "x.extname = 'plpgsql'",
        extra: &[(
            "members",
            "SELECT pg_catalog.count(*) FROM pg_catalog.pg_depend d WHERE d.deptype = 'e' \
             AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass \
             AND d.refobjid = x.oid",
        )],
        ..catalog(
            "pg_extension",
            &[
                ("oid", OID),
                ("extname", Value),
                ("extowner", Role),
                ("extnamespace", Name("pg_namespace")),
                ("extrelocatable", Value),
                ("extversion", Value),
                ("extconfig", Names("pg_class")),
                ("extcondition", Value),
            ],
        )
    },
    catalog(
        "pg_language",
        &[
            ("oid", OID),
            ("lanname", Value),
            ("lanowner", Role),
            ("lanispl", Value),
            ("lanpltrusted", Value),
            ("lanplcallfoid", Name("pg_proc")),
            ("laninline", Name("pg_proc")),
            ("lanvalidator", Name("pg_proc")),
            ("lanacl", Acl("'l'", "lanowner")),
        ],
    ),
    catalog(
        "pg_am",
        &[("oid", OID), ("amname", Value), ("amhandler", Name("pg_proc")), ("amtype", Value)],
    ),
];

const TYPE: Catalog = Catalog {
    // Up to 13 sequences have a row type.
    and: "NOT EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.oid = x.typrelid \
          AND s.relkind = 'S')",
    ..catalog(
        "pg_type",
        &[
            ("oid", OID),
            (
                "typname",
                Expr(
                    "CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_type e \
                     WHERE e.oid = x.typelem AND e.typarray = x.oid) THEN NULL ELSE x.typname END",
                ),
            ),
            ("typnamespace", Name("pg_namespace")),
            ("typowner", Role),
            ("typlen", Value),
            ("typbyval", Value),
            ("typtype", Value),
            ("typcategory", Value),
            ("typispreferred", Value),
            ("typisdefined", Value),
            ("typdelim", Value),
            ("typrelid", Name("pg_class")),
            ("typsubscript", Name("pg_proc")),
            ("typelem", Type),
            ("typarray", Type),
            ("typinput", Name("pg_proc")),
            (
                "typoutput",
                // The one of every shell has got another argument.
                Expr(
                    "CASE WHEN x.typisdefined AND x.typoutput::pg_catalog.oid <> 0 \
                     THEN (pg_catalog.pg_identify_object('pg_catalog.pg_proc'::pg_catalog.regclass, \
                     x.typoutput, 0)).identity END",
                ),
            ),
            ("typreceive", Name("pg_proc")),
            ("typsend", Name("pg_proc")),
            ("typmodin", Name("pg_proc")),
            ("typmodout", Name("pg_proc")),
            ("typanalyze", Name("pg_proc")),
            ("typalign", Value),
            ("typstorage", Value),
            ("typnotnull", Value),
            ("typbasetype", Type),
            ("typtypmod", Value),
            ("typndims", Excluded("declared, never enforced, and no part of the type's name")),
            ("typcollation", Name("pg_collation")),
            ("typdefaultbin", Expr("pg_catalog.pg_get_expr(x.typdefaultbin, 0)")),
            ("typdefault", Expr("CASE WHEN x.typdefaultbin IS NULL THEN x.typdefault END")),
            ("typacl", Acl("'T'", "typowner")),
        ],
    )
};
