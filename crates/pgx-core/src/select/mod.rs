//! Which objects and rows a dump takes: patterns, filter files, manifests.
//!
//! A [`Request`] is what the command line asked, a [`Choice`] is what that means in one database. The
//! switches and pg_dump's filter files choose exactly as pg_dump does; a manifest (and a plain list,
//! its short form) chooses tables that arrive whole: with what they need, and with no foreign key
//! pointing nowhere unless it says so.

mod choice;
mod filter_file;
mod list_file;
mod manifest;
mod pattern;
mod place;
mod tables_from;

pub use choice::{Choice, Followed, Missing, OutsideKey, Take, condition};
pub use manifest::{Filter, ForeignKeys, Manifest, TableItem};
pub use pattern::{Pattern, written};
pub use place::Place;
pub use tables_from::TablesFormat;

/// What to take, as asked. Everything when nothing is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `-t`: only these tables, views, materialized views, sequences and foreign tables.
    pub include_tables: Vec<Pattern>,
    /// `-T`: not these.
    pub exclude_tables: Vec<Pattern>,
    /// Definition, but no rows, of these.
    pub exclude_table_data: Vec<Pattern>,
    /// `-n`: only these schemas.
    pub include_schemas: Vec<Pattern>,
    /// `-N`: not these.
    pub exclude_schemas: Vec<Pattern>,
    /// Only these extensions.
    pub include_extensions: Vec<Pattern>,
    /// Not these.
    pub exclude_extensions: Vec<Pattern>,
    /// Rows of foreign tables of these servers.
    pub include_foreign_data: Vec<Pattern>,
    /// `--tables-from` with a TOML manifest or a plain list; excludes every other field.
    pub manifest: Option<Manifest>,
}
