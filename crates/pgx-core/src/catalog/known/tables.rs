//! What hangs on tables: indexes, constraints, triggers, rules, policies, statistics.

use super::{Catalog, DERIVED, Identity, OID, Rule, catalog};
use Rule::Value;
use Rule::{AttNums, Constraint, Excluded, Expr, Name, Names, Role, Roles, Sorted, Trigger, Type};

const ANALYZED: Rule = Excluded("made by ANALYZE");

pub(super) const CATALOGS: &[Catalog] = &[
    INDEX,
    CONSTRAINT,
    TRIGGER,
    catalog(
        "pg_rewrite",
        &[
            ("oid", OID),
            ("rulename", Value),
            ("ev_class", Name("pg_class")),
            ("ev_type", Value),
            ("ev_enabled", Value),
            ("is_instead", Value),
            ("ev_qual", Excluded("deparsed together with ev_action")),
            ("ev_action", Expr("pg_catalog.pg_get_ruledef(x.oid)")),
        ],
    ),
    catalog(
        "pg_policy",
        &[
            ("oid", OID),
            ("polname", Value),
            ("polrelid", Name("pg_class")),
            ("polcmd", Value),
            ("polpermissive", Value),
            ("polroles", Roles),
            ("polqual", Expr("pg_catalog.pg_get_expr(x.polqual, x.polrelid)")),
            ("polwithcheck", Expr("pg_catalog.pg_get_expr(x.polwithcheck, x.polrelid)")),
        ],
    ),
    catalog(
        "pg_statistic_ext",
        &[
            ("oid", OID),
            ("stxrelid", Name("pg_class")),
            ("stxname", Value),
            ("stxnamespace", Name("pg_namespace")),
            ("stxowner", Role),
            ("stxstattarget", Expr("NULLIF(x.stxstattarget, -1)")),
            ("stxkeys", AttNums("stxrelid")),
            ("stxkind", Sorted),
            ("stxexprs", Expr("pg_catalog.pg_get_expr(x.stxexprs, x.stxrelid)")),
            ("stxndistinct", ANALYZED),
            ("stxdependencies", ANALYZED),
        ],
    ),
];

const INDEX: Catalog = Catalog {
    object: ("pg_class", "indexrelid"),
    ..catalog(
        "pg_index",
        &[
            ("indexrelid", DERIVED),
            ("indrelid", Name("pg_class")),
            ("indnatts", Value),
            ("indnkeyatts", Value),
            ("indisunique", Value),
            ("indnullsnotdistinct", Value),
            ("indisprimary", Value),
            ("indisexclusion", Value),
            ("indimmediate", Value),
            ("indisclustered", Value),
            ("indisvalid", Value),
            ("indcheckxmin", Excluded("set while older row versions may be missing in it")),
            ("indisready", Value),
            ("indislive", Value),
            ("indisreplident", Value),
            ("indkey", AttNums("indrelid")),
            ("indcollation", Names("pg_collation")),
            ("indclass", Names("pg_opclass")),
            ("indoption", Value),
            ("indexprs", Expr("pg_catalog.pg_get_expr(x.indexprs, x.indrelid)")),
            ("indpred", Expr("pg_catalog.pg_get_expr(x.indpred, x.indrelid)")),
        ],
    )
};

const CONSTRAINT: Catalog = Catalog {
    identity: Identity::Constraint,
    ..catalog(
        "pg_constraint",
        &[
            ("oid", OID),
            ("conname", Excluded("part of the name, unless the server made it up")),
            ("connamespace", Name("pg_namespace")),
            ("contype", Value),
            ("condeferrable", Value),
            ("condeferred", Value),
            ("conenforced", Value),
            ("convalidated", Value),
            ("conrelid", Name("pg_class")),
            ("contypid", Type),
            ("conindid", Name("pg_class")),
            ("conparentid", Constraint),
            ("confrelid", Name("pg_class")),
            ("confupdtype", Value),
            ("confdeltype", Value),
            ("confmatchtype", Value),
            ("conislocal", Value),
            ("coninhcount", Value),
            // Set at random for keys: it depends on the way a partition's key was made.
            ("connoinherit", Expr("CASE WHEN x.contype IN ('c', 'n') THEN x.connoinherit END")),
            ("conperiod", Value),
            ("conkey", AttNums("conrelid")),
            ("confkey", AttNums("confrelid")),
            ("conpfeqop", Names("pg_operator")),
            ("conppeqop", Names("pg_operator")),
            ("conffeqop", Names("pg_operator")),
            ("confdelsetcols", AttNums("conrelid")),
            ("conexclop", Names("pg_operator")),
            ("conbin", Expr("pg_catalog.pg_get_expr(x.conbin, x.conrelid)")),
            ("consrc", Excluded("an outdated copy of conbin")),
        ],
    )
};

const TRIGGER: Catalog = Catalog {
    identity: Identity::Trigger,
    ..catalog(
        "pg_trigger",
        &[
            ("oid", OID),
            ("tgrelid", Name("pg_class")),
            ("tgparentid", Trigger),
            ("tgname", Excluded("part of the name, unless the server made it up")),
            ("tgfoid", Name("pg_proc")),
            ("tgtype", Value),
            ("tgenabled", Value),
            ("tgisinternal", Value),
            ("tgconstrrelid", Name("pg_class")),
            ("tgconstrindid", Name("pg_class")),
            ("tgconstraint", Constraint),
            ("tgdeferrable", Value),
            ("tginitdeferred", Value),
            ("tgnargs", Value),
            ("tgattr", AttNums("tgrelid")),
            ("tgargs", Value),
            (
                "tgqual",
                Expr(
                    "CASE WHEN x.tgqual IS NOT NULL THEN pg_catalog.substring(\
                     pg_catalog.pg_get_triggerdef(x.oid), \
                     'WHEN (.*) EXECUTE (?:PROCEDURE|FUNCTION)') END",
                ),
            ),
            ("tgoldtable", Value),
            ("tgnewtable", Value),
        ],
    )
};
