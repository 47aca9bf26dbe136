//! The database itself. Its name is not compared.

use super::{Catalog, Identity, OID, Rule, catalog};
use Rule::{Acl, Excluded, Expr, Name, Role, Sorted, Value};

const PART_OF_NAME: Rule = Excluded("part of the name");
const FREEZING: Rule = Excluded("how far VACUUM has come");

const THIS: Identity = Identity::Sql("'this database'");

const IS_THIS: &str = "x.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass \
    AND x.objoid = (SELECT b.oid FROM pg_catalog.pg_database b \
    WHERE b.datname = pg_catalog.current_database())";

pub(super) const CATALOGS: &[Catalog] = &[
    DATABASE,
    Catalog {
        object: ("pg_database", "setdatabase"),
        identity: Identity::Sql(
            "CASE x.setrole WHEN 0 THEN 'all roles' \
             ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.setrole)) END",
        ),
        or: "true",
        and: "x.setdatabase = (SELECT b.oid FROM pg_catalog.pg_database b \
              WHERE b.datname = pg_catalog.current_database())",
        ..catalog(
            "pg_db_role_setting",
            &[
                ("setdatabase", Excluded("this database")),
                ("setrole", PART_OF_NAME),
                ("setconfig", Sorted),
            ],
        )
    },
    Catalog {
        object: ("pg_database", "objoid"),
        identity: THIS,
        or: "true",
        and: IS_THIS,
        ..catalog(
            "pg_shdescription",
            &[("objoid", PART_OF_NAME), ("classoid", PART_OF_NAME), ("description", Value)],
        )
    },
    Catalog {
        object: ("pg_database", "objoid"),
        identity: THIS,
        or: "true",
        and: IS_THIS,
        ..catalog(
            "pg_shseclabel",
            &[
                ("objoid", PART_OF_NAME),
                ("classoid", PART_OF_NAME),
                ("provider", Value),
                ("label", Value),
            ],
        )
    },
];

const DATABASE: Catalog = Catalog {
    identity: THIS,
    or: "true",
    and: "x.datname = pg_catalog.current_database()",
    ..catalog(
        "pg_database",
        &[
            ("oid", OID),
            ("datname", Excluded("a database may be restored under another name")),
            ("datdba", Role),
            ("encoding", Expr("pg_catalog.pg_encoding_to_char(x.encoding)")),
            ("datlocprovider", Value),
            ("datistemplate", Value),
            ("datallowconn", Value),
            ("dathasloginevt", Excluded("a hint that may stay set when its reason is gone")),
            ("datconnlimit", Value),
            ("datlastsysoid", Excluded("the same in every database of a server")),
            ("datfrozenxid", FREEZING),
            ("datminmxid", FREEZING),
            ("dattablespace", Name("pg_tablespace")),
            ("datcollate", Value),
            ("datctype", Value),
            ("daticulocale", Value),
            ("datlocale", Value),
            ("daticurules", Value),
            ("datcollversion", Value),
            ("datacl", Acl("'d'", "datdba")),
        ],
    )
};
