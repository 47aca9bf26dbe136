//! Operators, and the classes and families that indexes use.

use super::{Catalog, OID, Rule, catalog};
use Rule::{Name, Role, Type, Value};

pub(super) const CATALOGS: &[Catalog] = &[
    catalog(
        "pg_operator",
        &[
            ("oid", OID),
            ("oprname", Value),
            ("oprnamespace", Name("pg_namespace")),
            ("oprowner", Role),
            ("oprkind", Value),
            ("oprcanmerge", Value),
            ("oprcanhash", Value),
            ("oprleft", Type),
            ("oprright", Type),
            ("oprresult", Type),
            ("oprcom", Name("pg_operator")),
            ("oprnegate", Name("pg_operator")),
            ("oprcode", Name("pg_proc")),
            ("oprrest", Name("pg_proc")),
            ("oprjoin", Name("pg_proc")),
        ],
    ),
    catalog(
        "pg_opfamily",
        &[
            ("oid", OID),
            ("opfmethod", Name("pg_am")),
            ("opfname", Value),
            ("opfnamespace", Name("pg_namespace")),
            ("opfowner", Role),
        ],
    ),
    catalog(
        "pg_opclass",
        &[
            ("oid", OID),
            ("opcmethod", Name("pg_am")),
            ("opcname", Value),
            ("opcnamespace", Name("pg_namespace")),
            ("opcowner", Role),
            ("opcfamily", Name("pg_opfamily")),
            ("opcintype", Type),
            ("opcdefault", Value),
            ("opckeytype", Type),
        ],
    ),
    catalog(
        "pg_amop",
        &[
            ("oid", OID),
            ("amopfamily", Name("pg_opfamily")),
            ("amoplefttype", Type),
            ("amoprighttype", Type),
            ("amopstrategy", Value),
            ("amoppurpose", Value),
            ("amopopr", Name("pg_operator")),
            ("amopmethod", Name("pg_am")),
            ("amopsortfamily", Name("pg_opfamily")),
        ],
    ),
    catalog(
        "pg_amproc",
        &[
            ("oid", OID),
            ("amprocfamily", Name("pg_opfamily")),
            ("amproclefttype", Type),
            ("amprocrighttype", Type),
            ("amprocnum", Value),
            ("amproc", Name("pg_proc")),
        ],
    ),
];
