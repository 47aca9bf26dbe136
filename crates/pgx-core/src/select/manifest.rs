//! The TOML manifest: tables, what of each, and what to do about foreign keys.

use super::pattern::Pattern;
use super::place::Place;

/// A manifest as read; `docs/manifest.md` is normative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What it is for, in its author's words.
    pub description: Option<String>,
    /// What to do about foreign keys that point outside.
    pub foreign_keys: ForeignKeys,
    /// What to take, in order.
    pub tables: Vec<TableItem>,
    /// What to leave out although a pattern takes it.
    pub excludes: Vec<Pattern>,
}

/// One `[[table]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableItem {
    /// Which relations.
    pub pattern: Pattern,
    /// What of each.
    pub take: Parts,
    /// Which rows.
    pub filter: Option<Filter>,
}

/// A row filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// A boolean SQL expression over the table's columns.
    pub expression: String,
    /// Where it is written.
    pub place: Place,
}

/// What of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Parts {
    /// Definition and rows.
    #[default]
    Both,
    /// Definition only.
    Schema,
    /// Rows only.
    Data,
}

/// What to do about a foreign key of a table taken with rows when the referenced table's rows are
/// not taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForeignKeys {
    /// Refuse, and name every one.
    #[default]
    Check,
    /// Take the referenced tables too, all the way.
    Follow,
    /// Keep the key in the archive; a restore adds it where it can.
    Ignore,
}
