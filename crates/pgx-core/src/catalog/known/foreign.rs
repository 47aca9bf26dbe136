//! Foreign data.

use super::{Catalog, DERIVED, OID, Rule, catalog};
use Rule::{Acl, Name, Role, Sorted, Value};

pub(super) const CATALOGS: &[Catalog] = &[
    catalog(
        "pg_foreign_data_wrapper",
        &[
            ("oid", OID),
            ("fdwname", Value),
            ("fdwowner", Role),
            ("fdwhandler", Name("pg_proc")),
            ("fdwvalidator", Name("pg_proc")),
            ("fdwconnection", Name("pg_proc")),
            ("fdwacl", Acl("'F'", "fdwowner")),
            ("fdwoptions", Sorted),
        ],
    ),
    catalog(
        "pg_foreign_server",
        &[
            ("oid", OID),
            ("srvname", Value),
            ("srvowner", Role),
            ("srvfdw", Name("pg_foreign_data_wrapper")),
            ("srvtype", Value),
            ("srvversion", Value),
            ("srvacl", Acl("'S'", "srvowner")),
            ("srvoptions", Sorted),
        ],
    ),
    Catalog {
        object: ("pg_class", "ftrelid"),
        ..catalog(
            "pg_foreign_table",
            &[("ftrelid", DERIVED), ("ftserver", Name("pg_foreign_server")), ("ftoptions", Sorted)],
        )
    },
    catalog(
        "pg_user_mapping",
        &[
            ("oid", OID),
            ("umuser", Role),
            ("umserver", Name("pg_foreign_server")),
            ("umoptions", Sorted),
        ],
    ),
];
