//! What pgx knows of the server's catalogs: every column of every catalog that describes objects of one
//! database. The fingerprint compares them by these rules, and a dump stops at what is not among them.

mod access;
mod columns;
mod database;
mod foreign;
mod functions;
mod operators;
mod relations;
mod replication;
mod rule;
mod tables;
mod text_search;
mod types;

pub(crate) use columns::{Columns, Unknown};
pub(crate) use rule::Rule;

/// One catalog and the rule for each of its columns, on any server version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Catalog {
    pub(crate) name: &'static str,
    /// The object a row is part of: the catalog where it lives, and the column with its OID.
    pub(crate) object: (&'static str, &'static str),
    /// The column with the number of the part of that object.
    pub(crate) part: Option<&'static str>,
    pub(crate) identity: Identity,
    /// SQL: further rows that count as a user's, although initdb made them.
    pub(crate) or: &'static str,
    /// SQL: a condition on every row.
    pub(crate) and: &'static str,
    /// What is not a column of the catalog: a name and SQL.
    pub(crate) extra: &'static [(&'static str, &'static str)],
    pub(crate) columns: &'static [(&'static str, Rule)],
}

/// How a row is named.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Identity {
    /// As the object or the part of it.
    Object,
    /// As a constraint.
    Constraint,
    /// As a trigger.
    Trigger,
    /// By this SQL.
    Sql(&'static str),
}

const fn catalog(name: &'static str, columns: &'static [(&'static str, Rule)]) -> Catalog {
    Catalog {
        name,
        object: (name, "oid"),
        part: None,
        identity: Identity::Object,
        or: "false",
        and: "true",
        extra: &[],
        columns,
    }
}

/// Every catalog that is compared.
pub(crate) fn all() -> impl Iterator<Item = &'static Catalog> {
    [
        relations::CATALOGS,
        tables::CATALOGS,
        types::CATALOGS,
        functions::CATALOGS,
        operators::CATALOGS,
        text_search::CATALOGS,
        foreign::CATALOGS,
        replication::CATALOGS,
        access::CATALOGS,
        database::CATALOGS,
    ]
    .into_iter()
    .flatten()
}

/// Catalogs that are not compared column by column, and why.
pub(crate) const EXCLUDED: &[(&str, &str)] = &[
    ("pg_auth_members", "roles belong to the cluster"),
    ("pg_authid", "roles belong to the cluster"),
    ("pg_depend", "compared as pairs of names"),
    ("pg_init_privs", "what other access control lists are measured against"),
    ("pg_largeobject", "data, not a definition"),
    ("pg_parameter_acl", "settings belong to the cluster"),
    ("pg_pltemplate", "the server's own list of languages"),
    ("pg_replication_origin", "origins belong to the cluster"),
    ("pg_shdepend", "says again who owns and may do what"),
    ("pg_statistic", "made by ANALYZE"),
    ("pg_statistic_ext_data", "made by ANALYZE"),
    ("pg_tablespace", "tablespaces belong to the cluster"),
];

const OID: Rule = Rule::Excluded("a number of this database");
const DERIVED: Rule = Rule::Excluded("follows from another column");
