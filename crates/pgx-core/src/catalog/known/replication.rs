//! Publications, subscriptions, event triggers.

use super::{Catalog, DERIVED, Identity, OID, Rule, catalog};
use Rule::{AttNums, Excluded, Expr, Name, Role, Sorted, Value};

const PROGRESS: Rule = Excluded("how far replication has come");

pub(super) const CATALOGS: &[Catalog] = &[
    catalog(
        "pg_event_trigger",
        &[
            ("oid", OID),
            ("evtname", Value),
            ("evtevent", Value),
            ("evtowner", Role),
            ("evtfoid", Name("pg_proc")),
            ("evtenabled", Value),
            ("evttags", Sorted),
        ],
    ),
    catalog(
        "pg_publication",
        &[
            ("oid", OID),
            ("pubname", Value),
            ("pubowner", Role),
            ("puballtables", Value),
            ("puballsequences", Value),
            ("pubinsert", Value),
            ("pubupdate", Value),
            ("pubdelete", Value),
            ("pubtruncate", Value),
            ("pubviaroot", Value),
            ("pubgencols", Value),
        ],
    ),
    catalog(
        "pg_publication_namespace",
        &[("oid", OID), ("pnpubid", Name("pg_publication")), ("pnnspid", Name("pg_namespace"))],
    ),
    catalog(
        "pg_publication_rel",
        &[
            ("oid", OID),
            ("prpubid", Name("pg_publication")),
            ("prrelid", Name("pg_class")),
            ("prqual", Expr("pg_catalog.pg_get_expr(x.prqual, x.prrelid)")),
            ("prattrs", AttNums("prrelid")),
            ("prexcept", Value),
        ],
    ),
    SUBSCRIPTION,
    Catalog {
        object: ("pg_class", "srrelid"),
        identity: Identity::Sql(
            "(pg_catalog.pg_identify_object('pg_catalog.pg_subscription'::pg_catalog.regclass, \
             x.srsubid, 0)).identity || ' to ' || (pg_catalog.pg_identify_object(\
             'pg_catalog.pg_class'::pg_catalog.regclass, x.srrelid, 0)).identity",
        ),
        ..catalog(
            "pg_subscription_rel",
            &[
                ("srsubid", Name("pg_subscription")),
                ("srrelid", DERIVED),
                ("srsubstate", Value),
                ("srsublsn", PROGRESS),
            ],
        )
    },
];

const SUBSCRIPTION: Catalog = Catalog {
    and: "x.subdbid = (SELECT b.oid FROM pg_catalog.pg_database b \
          WHERE b.datname = pg_catalog.current_database())",
    ..catalog(
        "pg_subscription",
        &[
            ("oid", OID),
            ("subdbid", Excluded("this database")),
            ("subskiplsn", PROGRESS),
            ("subname", Value),
            ("subowner", Role),
            ("subenabled", Value),
            ("subbinary", Value),
            ("substream", Value),
            ("subtwophasestate", Expr("x.subtwophasestate <> 'd'")),
            ("subdisableonerr", Value),
            ("subpasswordrequired", Value),
            ("subrunasowner", Value),
            ("subfailover", Value),
            ("subconninfo", Value),
            ("subslotname", Value),
            ("subsynccommit", Value),
            ("subpublications", Sorted),
            ("suborigin", Value),
            ("subserver", Name("pg_foreign_server")),
            ("subretaindeadtuples", Value),
            ("submaxretention", Value),
            ("subretentionactive", PROGRESS),
            ("subwalrcvtimeout", Value),
        ],
    )
};
