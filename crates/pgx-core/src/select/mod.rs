//! Which objects and rows a dump takes: patterns, filter files, manifests.
//!
//! A [`Request`] is what the command line asked, a [`Choice`] is what that means in one database.
//! The switches and pg_dump's filter files choose exactly as pg_dump does; a manifest (and a plain
//! list, its short form) chooses tables that arrive whole: with what they need, and with no foreign
//! key pointing nowhere unless it says so.

mod choice;
#[cfg(test)]
mod documented;
mod family;
mod filter_file;
mod foreign_keys;
mod init;
mod list_file;
mod manifest;
mod matching;
mod names;
mod orphans;
mod pattern;
mod place;
mod resolve;
#[cfg(test)]
mod sample;
mod suggest;
mod switches;
mod tables_from;

pub use choice::{Choice, Followed, Missing, OutsideKey, Take, condition};
pub use init::{InitOptions, init};
pub use manifest::{Filter, ForeignKeys, Manifest, TableItem};
pub use matching::databases;
pub use names::Names;
pub use orphans::{Orphans, check_rows, orphans};
pub use pattern::{Pattern, written};
pub use place::Place;
pub use tables_from::TablesFormat;

use crate::catalog::Listing;
use crate::connect::Session;
use crate::error::{Code, Error, Result};
use crate::toc::Parts;

/// What to take, as asked. Everything when nothing is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `-t`: only these tables, views, materialized views, sequences and foreign tables.
    pub include_tables: Vec<Pattern>,
    /// `-T`: not these.
    pub exclude_tables: Vec<Pattern>,
    /// Definition, but no rows, of these.
    pub exclude_table_data: Vec<Pattern>,
    /// The same of all that is unlogged, sequences included.
    pub without_unlogged_rows: bool,
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
    /// `-b` and `-B`: whether large objects are taken. Without a word they are when nothing is named
    /// to be taken.
    pub large_objects: Option<bool>,
}

impl Request {
    /// What the request is chosen from.
    ///
    /// # Errors
    /// As [`Listing::read`].
    pub fn list(&self, session: &mut Session) -> Result<Listing> {
        match self.manifest {
            Some(_) => Listing::read(session),
            None => Listing::read_without_keys(session),
        }
    }

    /// What the request means in this database. `parts` is what the dump is about at all (`-s`,
    /// `-a`): without rows no key can be left without its parent. Takes no lock.
    ///
    /// # Errors
    /// [`Code::NoMatch`]: a pattern that includes matches nothing; [`Code::Manifest`]: the manifest
    /// contradicts itself; [`Code::MissingParent`]: the policy `check` found keys that point
    /// outside (row filters are looked at by [`check_rows`]); [`Code::Usage`]: a manifest next to
    /// patterns, a malformed pattern.
    pub fn choose(&self, parts: Parts, listing: &Listing, session: &mut Session) -> Result<Choice> {
        let mut choice = match &self.manifest {
            Some(manifest) => {
                self.refuse_patterns_too()?;
                let matched = resolve::matched(manifest, listing, session)?;
                resolve::choose(manifest, &matched, listing)?
            }
            None => switches::choose(switches::matched(self, listing, session)?, listing),
        };
        if self.without_unlogged_rows {
            choice.leave_out_unlogged_rows(listing);
        }
        choice.limit_to(parts);
        choice.large_objects = parts.data && self.large_objects.unwrap_or(choice.everything);
        foreign_keys::apply(&mut choice, listing)?;
        Ok(choice)
    }

    fn refuse_patterns_too(&self) -> Result<()> {
        let lists = [
            &self.include_tables,
            &self.exclude_tables,
            &self.exclude_table_data,
            &self.include_schemas,
            &self.exclude_schemas,
            &self.include_extensions,
            &self.exclude_extensions,
            &self.include_foreign_data,
        ];
        let Some(pattern) = lists.into_iter().flatten().next() else { return Ok(()) };
        Err(Error::new(Code::Usage, "a manifest cannot be combined with other patterns")
            .object(pattern.to_string())
            .hint("write the pattern into the manifest: [[table]] or [[exclude]]"))
    }
}

/// The relations that any of `patterns` matches, each of which must match something; all of them
/// when there is none.
///
/// # Errors
/// As [`Request::choose`].
pub fn matching_relations(
    patterns: &[Pattern],
    listing: &Listing,
    session: &mut Session,
) -> Result<std::collections::BTreeSet<u32>> {
    if patterns.is_empty() {
        return Ok(listing.relations.keys().copied().collect());
    }
    let each: Vec<&Pattern> = patterns.iter().collect();
    let matches = matching::relations(&each, listing, session)?;
    matching::all_must_match(matching::Target::Relation, patterns, &matches, listing)
}
