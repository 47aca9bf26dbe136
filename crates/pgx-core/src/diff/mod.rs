//! What tells two databases apart, each of them in an archive or on a server: objects that only one has,
//! objects that are not the same, tables with other rows.
//!
//! Both are tables of contents, as an archive has one and a dump makes one, compared entry by entry and
//! by name. OIDs, times and the order of entries say nothing. Rows are compared by number and order-free
//! hash; those of a server against an archive as [`verify`] does.

mod compare;
mod database;
mod entry;
mod rows;

use std::collections::HashMap;

use crate::archive::{FileReader, Input, StreamEnd};
use crate::connect::{Config, Interrupt};
use crate::dump::{self, CopyFormat, DumpRequest, Survey};
use crate::error::{Code, Error, Result};
use crate::event::{Observer, Within};
use crate::toc::{Content, Entry, EntryId, Meta, NameMap, Omitted, Parts, Ref};
use crate::verify::{self, Contents, Texts};

/// Where one of the two is.
#[derive(Debug)]
pub enum Place {
    /// An archive.
    Archive(Input),
    /// A database, which is read in one snapshot (rows against an archive in another) and not changed.
    Database(Box<Config>),
}

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The first.
    A,
    /// The second.
    B,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Each of them, ordered by kind and name; tables with other rows last.
    pub found: Vec<Difference>,
    /// Definitions that both have or one has.
    pub objects: usize,
    /// Tables whose rows were compared.
    pub tables: usize,
}

/// An object that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Kind and name for people: `TABLE s.t`, `rows of s.t`.
    pub object: String,
    /// The kind, in capitals.
    pub kind: &'static str,
    /// The name.
    pub name: Ref,
    /// How it differs.
    pub how: How,
}

/// How an object differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// Only one has it.
    OnlyIn {
        /// This one.
        which: Which,
        /// How many entries came and went with it: rows, indexes, constraints, …
        with: usize,
    },
    /// Both have it, but not alike.
    Changed(Vec<Change>),
}

/// What of an object differs. Both lists are empty where the values say nothing to people, or are secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `definition`, `owner`, `grants`, …
    pub what: &'static str,
    /// What only the first has.
    pub a: Vec<String>,
    /// What only the second has.
    pub b: Vec<String>,
}

impl Differences {
    /// The error of a comparison that found differences.
    ///
    /// # Errors
    /// [`Code::Differs`].
    pub fn result(&self) -> Result<()> {
        match self.found.len() {
            0 => Ok(()),
            1 => Err(Error::new(Code::Differs, "the two differ in one place")),
            n => Err(Error::new(Code::Differs, format!("the two differ in {n} places"))),
        }
    }

    /// As seen from the other side.
    fn swapped(mut self) -> Differences {
        for difference in &mut self.found {
            match &mut difference.how {
                How::OnlyIn { which, .. } => *which = which.other(),
                How::Changed(changes) => {
                    changes.iter_mut().for_each(|one| std::mem::swap(&mut one.a, &mut one.b));
                }
            }
        }
        self
    }
}

impl Which {
    fn other(self) -> Which {
        match self {
            Which::A => Which::B,
            Which::B => Which::A,
        }
    }
}

/// One of the two, read.
struct Side {
    meta: Meta,
    entries: Vec<Entry>,
    /// What its streams amount to.
    ends: HashMap<EntryId, StreamEnd>,
    /// For reading its rows once more.
    texts: Option<Texts>,
}

/// Statistics of the planner are as of a moment.
const EVERYTHING: Parts = Parts { schema: true, data: true, statistics: false };

/// Compares two databases; what is `omitted` tells nothing apart.
///
/// # Errors
/// Codes 4xx to 7xx and 11xx: one of the two cannot be read. Differences are no error here: see
/// [`Differences::result`].
pub fn diff(
    (a, b): (Place, Place),
    omitted: Omitted,
    interrupt: &Interrupt,
    observer: &dyn Observer,
) -> Result<Differences> {
    match (a, b) {
        (Place::Archive(a), Place::Archive(b)) => {
            let (mut a, mut b) = (Side::archived(a, interrupt)?, Side::archived(b, interrupt)?);
            compare::sides(&mut a, &mut b, omitted)
        }
        (Place::Database(a), Place::Database(b)) => {
            let both = |config: Box<Config>, name| {
                survey(*config, EVERYTHING, true, &Within::new(name, observer))
            };
            let (mut a, mut b) = (Side::of(both(a, "A")?), Side::of(both(b, "B")?));
            compare::sides(&mut a, &mut b, omitted)
        }
        (Place::Archive(a), Place::Database(b)) => against(a, *b, omitted, observer),
        (Place::Database(a), Place::Archive(b)) => {
            against(b, *a, omitted, observer).map(Differences::swapped)
        }
    }
}

/// An archive and a database.
fn against(
    archive: Input,
    config: Config,
    omitted: Omitted,
    observer: &dyn Observer,
) -> Result<Differences> {
    let again = archive.open_at_random()?;
    let contents = Contents::read(archive, &config.interrupt)?;
    let meta = &contents.meta;
    if meta.content == Content::Globals {
        return Err(unlike());
    }
    let parts = Parts { schema: meta.has_schema, data: meta.has_data, statistics: false };
    let mut there = Side::of(survey(config.clone(), parts, false, observer)?);
    let mut here = Side::of(Survey {
        meta: meta.clone(),
        entries: contents.entries.clone(),
        ends: HashMap::new(),
    });
    let mut all = compare::definitions(&mut here, &mut there, omitted)?;
    if meta.has_data {
        let rows = verify::rows(&contents, again, &config, &NameMap::default(), observer)?;
        all.tables = rows.tables.iter().filter(|one| one.table.schema.is_some()).count();
        all.found.extend(rows::verdicts(rows, meta.has_schema));
    }
    Ok(all)
}

/// Rows travel as text: that is the form in which equal values are equal whatever their types' binary
/// forms say.
fn survey(config: Config, parts: Parts, rows: bool, observer: &dyn Observer) -> Result<Survey> {
    let whole = DumpRequest::whole(config, parts);
    dump::survey(&DumpRequest { copy_format: CopyFormat::Text, ..whole }, rows, observer)
}

impl Side {
    fn archived(input: Input, interrupt: &Interrupt) -> Result<Side> {
        let again: Option<FileReader> = input.open_at_random()?;
        let contents = Contents::read(input, interrupt)?;
        let ends = contents.tables()?.iter().map(|(entry, one)| (entry.id, one.end)).collect();
        let texts = again.map(Texts::new).transpose()?;
        Ok(Side { meta: contents.meta, entries: contents.entries, ends, texts })
    }

    fn of(survey: Survey) -> Side {
        let Survey { meta, entries, ends } = survey;
        Side { meta, entries, ends, texts: None }
    }
}

fn unlike() -> Error {
    Error::new(Code::Usage, "roles and tablespaces are compared with roles and tablespaces only")
        .hint("name two archives of globals, or none; pgx restore --dry-run compares one with a server")
}
