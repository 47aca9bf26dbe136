//! What is said about objects of every kind: default privileges, comments, labels, large objects.

use super::{Catalog, Identity, OID, Rule, catalog};
use Rule::{Acl, Excluded, Name, Role, Sorted, Value};

const PART_OF_NAME: Rule = Excluded("part of the name");

/// The object in `classoid`, `objoid`, `objsubid`.
const NAMED: Identity = Identity::Sql(
    // Servers differ in what they call a transform.
    "SELECT i.type || ' ' || CASE i.type WHEN 'transform' \
      THEN pg_catalog.replace(i.identity, ' on language ', ' language ') ELSE i.identity END \
     FROM pg_catalog.pg_identify_object(x.classoid, x.objoid, x.objsubid) i",
);

/// Comments and labels on `public` and plpgsql are a user's too.
const OURS: &str = "(x.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND x.objoid = \
    (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = 'public')) OR \
    (x.classoid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND x.objoid = \
    (SELECT e.oid FROM pg_catalog.pg_extension e WHERE e.extname = 'plpgsql'))";

pub(super) const CATALOGS: &[Catalog] = &[
    catalog(
        "pg_default_acl",
        &[
            ("oid", OID),
            ("defaclrole", Role),
            ("defaclnamespace", Name("pg_namespace")),
            ("defaclobjtype", Value),
            ("defaclacl", Sorted),
        ],
    ),
    Catalog {
        object: ("", "objoid"),
        identity: NAMED,
        or: OURS,
        ..catalog(
            "pg_description",
            &[
                ("objoid", PART_OF_NAME),
                ("classoid", PART_OF_NAME),
                ("objsubid", PART_OF_NAME),
                ("description", Value),
            ],
        )
    },
    Catalog {
        object: ("", "objoid"),
        identity: NAMED,
        or: OURS,
        ..catalog(
            "pg_seclabel",
            &[
                ("objoid", PART_OF_NAME),
                ("classoid", PART_OF_NAME),
                ("objsubid", PART_OF_NAME),
                ("provider", Value),
                ("label", Value),
            ],
        )
    },
    Catalog {
        identity: Identity::Sql("x.oid::pg_catalog.text"),
        or: "true",
        ..catalog(
            "pg_largeobject_metadata",
            &[("oid", Value), ("lomowner", Role), ("lomacl", Acl("'L'", "lomowner"))],
        )
    },
];
