//! Text search.

use super::{Catalog, Identity, OID, Rule, catalog};
use Rule::{Expr, Name, Role, Value};

pub(super) const CATALOGS: &[Catalog] = &[
    catalog(
        "pg_ts_config",
        &[
            ("oid", OID),
            ("cfgname", Value),
            ("cfgnamespace", Name("pg_namespace")),
            ("cfgowner", Role),
            ("cfgparser", Name("pg_ts_parser")),
        ],
    ),
    Catalog {
        object: ("pg_ts_config", "mapcfg"),
        identity: Identity::Sql(
            "(pg_catalog.pg_identify_object('pg_catalog.pg_ts_config'::pg_catalog.regclass, \
             x.mapcfg, 0)).identity || ' for ' || (SELECT t.alias FROM pg_catalog.pg_ts_config g, \
             LATERAL pg_catalog.ts_token_type(g.cfgparser) t \
             WHERE g.oid = x.mapcfg AND t.tokid = x.maptokentype) || ' with ' \
             || (pg_catalog.pg_identify_object('pg_catalog.pg_ts_dict'::pg_catalog.regclass, \
             x.mapdict, 0)).identity",
        ),
        ..catalog(
            "pg_ts_config_map",
            &[
                ("mapcfg", Name("pg_ts_config")),
                ("maptokentype", Value),
                (
                    "mapseqno",
                    Expr(
                        "pg_catalog.rank() OVER (PARTITION BY x.mapcfg, x.maptokentype \
                         ORDER BY x.mapseqno)",
                    ),
                ),
                ("mapdict", Name("pg_ts_dict")),
            ],
        )
    },
    catalog(
        "pg_ts_dict",
        &[
            ("oid", OID),
            ("dictname", Value),
            ("dictnamespace", Name("pg_namespace")),
            ("dictowner", Role),
            ("dicttemplate", Name("pg_ts_template")),
            ("dictinitoption", Value),
        ],
    ),
    catalog(
        "pg_ts_parser",
        &[
            ("oid", OID),
            ("prsname", Value),
            ("prsnamespace", Name("pg_namespace")),
            ("prsstart", Name("pg_proc")),
            ("prstoken", Name("pg_proc")),
            ("prsend", Name("pg_proc")),
            ("prsheadline", Name("pg_proc")),
            ("prslextype", Name("pg_proc")),
        ],
    ),
    catalog(
        "pg_ts_template",
        &[
            ("oid", OID),
            ("tmplname", Value),
            ("tmplnamespace", Name("pg_namespace")),
            ("tmplinit", Name("pg_proc")),
            ("tmpllexize", Name("pg_proc")),
        ],
    ),
];
