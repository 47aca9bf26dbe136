//! The TOML manifest: tables, what of each, and what to do about foreign keys.
//!
//! `docs/manifest.md` is normative. What the file alone can contradict is found here; what needs a
//! database (two patterns that meet in one table) is found when it is resolved.

use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::pattern::Pattern;
use super::place::Place;
use crate::error::{Code, Error, Result};
use crate::toc::Parts;

/// The manifest version this pgx reads.
const VERSION: i64 = 1;

/// A manifest as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// One `[[table]]`, or one line of a plain list.
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

/// What to do about a foreign key of a table taken with rows when the referenced table's rows are
/// not taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: Option<Spanned<i64>>,
    description: Option<String>,
    #[serde(default)]
    foreign_keys: ForeignKeys,
    #[serde(default)]
    table: Vec<Spanned<TableEntry>>,
    #[serde(default)]
    exclude: Vec<ExcludeEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableEntry {
    name: Spanned<String>,
    take: Option<Spanned<Word>>,
    r#where: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExcludeEntry {
    name: Spanned<String>,
}

/// The words of `take`.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Both,
    Schema,
    Data,
}

impl Word {
    fn parts(self) -> Parts {
        match self {
            Word::Both => Parts::ALL,
            Word::Schema => Parts { schema: true, data: false, statistics: false },
            Word::Data => Parts { schema: false, data: true, statistics: false },
        }
    }
}

impl Manifest {
    /// Reads TOML; `file` is its name in messages.
    ///
    /// # Errors
    /// [`Code::Manifest`] with file, line and column: a syntax error, an unknown key or word, a
    /// contradiction.
    pub fn parse(file: &str, text: &str) -> Result<Manifest> {
        let source = Source { file: file.into(), text };
        let document: Document = toml::from_str(text).map_err(|error| source.refused(&error))?;
        if let Some(version) = &document.version
            && *version.get_ref() != VERSION
        {
            let what = format!("manifest version {} is not known", version.get_ref());
            return Err(source
                .place(version.span().start)
                .error(what)
                .hint(format!("this pgx reads version {VERSION}")));
        }
        let tables = document.table.iter().map(|entry| source.item(entry.get_ref()));
        let manifest = Manifest {
            description: document.description,
            foreign_keys: document.foreign_keys,
            tables: tables.collect::<Result<_>>()?,
            excludes: document
                .exclude
                .iter()
                .map(|entry| source.pattern(&entry.name))
                .collect::<Result<_>>()?,
        };
        manifest.names_something(file)?;
        manifest.agrees_with_itself()?;
        Ok(manifest)
    }

    /// A manifest without a table would dump nothing at all.
    pub(super) fn names_something(&self, file: &str) -> Result<()> {
        if !self.tables.is_empty() {
            return Ok(());
        }
        Err(Error::new(Code::Manifest, "the manifest names no table")
            .object(file)
            .hint("name at least one: [[table]] with name = \"public.parcels\""))
    }

    /// What is contradictory whatever the database holds: one exact name with two meanings.
    fn agrees_with_itself(&self) -> Result<()> {
        let exact = || self.tables.iter().filter(|item| item.pattern.is_exact());
        for (at, item) in exact().enumerate() {
            let twin = exact()
                .take(at)
                .find(|other| item.pattern.names_the_same(&other.pattern) && !item.agrees(other));
            if let Some(other) = twin {
                return Err(contradiction(&other.pattern, &item.pattern));
            }
            let out = self.excludes.iter().find(|exclude| exclude.names_the_same(&item.pattern));
            if let Some(exclude) = out {
                return Err(contradiction(&item.pattern, exclude));
            }
        }
        Ok(())
    }
}

impl TableItem {
    /// Whether both say the same of a table.
    pub(super) fn agrees(&self, other: &TableItem) -> bool {
        let filter = |item: &TableItem| item.filter.as_ref().map(|f| f.expression.clone());
        self.take == other.take && filter(self) == filter(other)
    }
}

/// Two items say different things of the same table.
pub(super) fn contradiction(one: &Pattern, other: &Pattern) -> Error {
    Error::new(Code::Manifest, "the manifest contradicts itself about a table")
        .note(format!("{one} says one thing"))
        .note(format!("{other} says another"))
        .hint("say it once, or name the table exactly: an exact name wins over a pattern")
}

/// The text being read, for places in it.
struct Source<'t> {
    file: Arc<str>,
    text: &'t str,
}

impl Source<'_> {
    fn place(&self, offset: usize) -> Place {
        Place::of_offset(&self.file, self.text, offset)
    }

    fn pattern(&self, name: &Spanned<String>) -> Result<Pattern> {
        Pattern::at(Pattern::table(name.get_ref()), self.place(name.span().start))
    }

    fn item(&self, entry: &TableEntry) -> Result<TableItem> {
        let take = entry.take.as_ref().map_or(Parts::ALL, |take| take.get_ref().parts());
        let filter = entry.r#where.as_ref().map(|filter| self.filter(filter)).transpose()?;
        if let Some(filter) = &filter
            && !take.data
        {
            return Err(filter
                .place
                .error(format!("{} takes no rows and has a row filter", entry.name.get_ref()))
                .hint("remove where, or take = \"schema\""));
        }
        Ok(TableItem { pattern: self.pattern(&entry.name)?, take, filter })
    }

    fn filter(&self, filter: &Spanned<String>) -> Result<Filter> {
        let place = self.place(filter.span().start);
        let expression = filter.get_ref().trim();
        if expression.is_empty() {
            return Err(place
                .error("the row filter is empty")
                .hint("leave out where for all rows"));
        }
        Ok(Filter { expression: expression.to_owned(), place })
    }

    /// What the TOML reader refused: its first line says what, the span says where.
    fn refused(&self, error: &toml::de::Error) -> Error {
        let what = error.message().lines().next().unwrap_or("not TOML").to_owned();
        match error.span() {
            Some(span) => self.place(span.start).error(what),
            None => Error::new(Code::Manifest, what).object(self.file.to_string()),
        }
        .hint("docs/manifest.md lists the keys and words of a manifest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, what: &str, place: &str) {
        let error = Manifest::parse("m.toml", text).unwrap_err();
        assert_eq!(error.code(), Code::Manifest);
        let whole = format!("{error:?}");
        assert!(whole.contains(what), "{whole}");
        assert!(whole.contains(place), "{whole}");
    }

    #[test]
    fn a_manifest_says_what_of_each_table() {
        let manifest = Manifest::parse(
            "m.toml",
            "version = 1\nforeign_keys = \"follow\"\n\
             [[table]]\nname = \"parcels\"\nwhere = \" year = 2020 \"\n\
             [[table]]\nname = \"roi*_sig\"\ntake = \"schema\"\n\
             [[exclude]]\nname = \"roi1*\"\n",
        )
        .unwrap();
        assert_eq!(manifest.foreign_keys, ForeignKeys::Follow);
        assert_eq!(manifest.tables[0].take, Parts::ALL);
        let filter = manifest.tables[0].filter.as_ref().unwrap();
        assert_eq!(filter.expression, "year = 2020");
        assert_eq!((filter.place.line, filter.place.column), (5, 9));
        assert!(!manifest.tables[1].take.data);
        assert_eq!(manifest.excludes[0].text, "roi1*");
    }

    #[test]
    fn what_is_malformed_is_refused_with_its_place() {
        refused("[[table]\n", "", "m.toml, line 1");
        refused("[[table]]\nnaem = \"x\"", "naem", "m.toml, line 2, column 1");
        refused("[[table]]\nname = \"x\"\ntake = \"rows\"", "rows", "line 3, column 8");
        refused("foreign_keys = \"chekc\"", "chekc", "line 1, column 16");
        refused("version = 2", "version 2 is not known", "line 1, column 11");
        refused("[[table]]\nname = \"a.b.c.d\"", "too many dotted names", "line 2, column 8");
        refused("[[table]]\nname = \"\"", "empty name", "line 2, column 8");
        refused("[[table]]\nname = \"x\"\nwhere = \"\"", "filter is empty", "line 3, column 9");
        refused("description = \"nothing\"", "names no table", "m.toml");
        refused("[[table]]\ntake = \"both\"", "name", "line 1");
    }

    #[test]
    fn contradictions_name_both_places() {
        let twice = "[[table]]\nname = \"x\"\n[[table]]\nname = \"X\"\ntake = \"schema\"";
        refused(twice, "contradicts itself", "line 2, column 8");
        refused(twice, "contradicts itself", "line 4, column 8");
        refused("[[table]]\nname=\"x\"\n[[exclude]]\nname=\"x\"", "contradicts", "line 4");
        refused(
            "[[table]]\nname=\"x\"\ntake=\"schema\"\nwhere=\"true\"",
            "takes no rows",
            "line 4, column 7",
        );
        Manifest::parse("m", "[[table]]\nname=\"x\"\n[[table]]\nname=\"\\\"x\\\"\"").unwrap();
        Manifest::parse("m", "[[table]]\nname=\"x\"\n[[exclude]]\nname=\"x*\"").unwrap();
    }
}
