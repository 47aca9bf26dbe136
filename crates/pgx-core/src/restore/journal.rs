//! What a restore of several transactions has committed, written down in the database itself: a row for
//! each step, in the step's own transaction. So a restore that stopped can be continued, and nothing is
//! done twice.
//!
//! Sessions of the restore share an advisory lock. Who continues it takes that lock alone first: a server
//! process outlives its client until it has answered, and may still commit.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::plan::{Action, Plan};
use super::request::RestoreRequest;
use super::session::uninterrupted;
use super::source::Source;
use super::work::Work;
use crate::catalog::object::JOURNAL_SCHEMA;
use crate::connect::quote::{ident, literal};
use crate::connect::{Config, Session};
use crate::error::{Code, Error, Result};
use crate::toc::{Entry, EntryId, Kind};

/// The advisory lock: `pgxj`, and a number for what it is about.
const LOCK: &str = "1885829226, 1";

/// Which restore it is: of what, of what of it, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    archive: String,
    request: String,
    pgx: String,
}

/// What earlier attempts have committed: entries and words for actions.
#[derive(Clone, Debug, Default)]
pub(super) struct Done(HashSet<(EntryId, String)>);

impl Identity {
    pub(super) fn new(source: &Source, request: &RestoreRequest) -> Result<Identity> {
        let r = request;
        let asked = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            (r.parts, r.sections),
            r.tables,
            r.schemas,
            r.large_objects,
            r.extension_versions,
            r.omitted,
            r.maps,
            r.skip_denied
        );
        let uuid = source.uuid().ok_or_else(|| Error::internal("no archive at rest"))?;
        Ok(Identity {
            archive: uuid::Uuid::from_bytes(uuid).to_string(),
            request: blake3::hash(asked.as_bytes()).to_hex().to_string(),
            pgx: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// Fails where a restore was begun already.
    ///
    /// # Errors
    /// [`Code::TargetUnfit`].
    pub(super) fn refuse_begun(session: &mut Session) -> Result<()> {
        if !exists(session)? {
            return Ok(());
        }
        Err(Error::new(Code::TargetUnfit, "a restore into this database has stopped half-way")
            .hint(format!(
                "continue it with --resume and the same archive; to begin anew, use another \
                 database, or remove what it made and DROP SCHEMA {} CASCADE",
                ident(JOURNAL_SCHEMA)
            )))
    }

    /// Begins the journal, in the transaction of `session`.
    ///
    /// # Errors
    /// What the server refuses.
    pub(super) fn begin(&self, session: &mut Session) -> Result<()> {
        let schema = ident(JOURNAL_SCHEMA);
        session.execute(&format!(
            "CREATE SCHEMA {schema}; \
             CREATE TABLE {schema}.restore (archive pg_catalog.text NOT NULL, \
              request pg_catalog.text NOT NULL, pgx pg_catalog.text NOT NULL); \
             INSERT INTO {schema}.restore VALUES ({}, {}, {}); \
             CREATE TABLE {schema}.done (entry pg_catalog.int8 NOT NULL, \
              action pg_catalog.text NOT NULL, PRIMARY KEY (entry, action))",
            literal(&self.archive),
            literal(&self.request),
            literal(&self.pgx)
        ))
    }

    /// What an earlier attempt has done, when none of its sessions is at work any more.
    ///
    /// # Errors
    /// [`Code::TargetUnfit`]: there was none, or it was another restore.
    pub(super) fn resume(&self, session: &mut Session, work: &mut Work<'_>) -> Result<Done> {
        let tried = format!("SELECT pg_catalog.pg_try_advisory_lock({LOCK}) AS alone");
        if !session.query_one(&tried)?.bool("alone")? {
            work.stage("waiting for the sessions of the earlier attempt to end");
            session.execute(&format!("SELECT pg_catalog.pg_advisory_lock({LOCK})"))?;
        }
        let done = self.read(session);
        share(session)?;
        session.execute(&format!("SELECT pg_catalog.pg_advisory_unlock({LOCK})"))?;
        done
    }

    fn read(&self, session: &mut Session) -> Result<Done> {
        if !exists(session)? {
            return Err(Error::new(Code::TargetUnfit, "no restore has stopped in this database")
                .hint("leave out --resume"));
        }
        let schema = ident(JOURNAL_SCHEMA);
        let row =
            session.query_one(&format!("SELECT archive, request, pgx FROM {schema}.restore"))?;
        let begun = Identity {
            archive: row.text("archive")?,
            request: row.text("request")?,
            pgx: row.text("pgx")?,
        };
        if let Some(what) = self.differs(&begun) {
            return Err(Error::new(Code::TargetUnfit, what)
                .hint("run the command that began the restore again, with --resume"));
        }
        Done::read(session)
    }

    fn differs(&self, begun: &Identity) -> Option<String> {
        if self.archive != begun.archive {
            let began = &begun.archive;
            return Some(format!("the restore was begun from another archive, {began}"));
        }
        if self.pgx != begun.pgx {
            return Some(format!("the restore was begun by pgx {}", begun.pgx));
        }
        let other = self.request != begun.request;
        other.then(|| "the restore was begun with other options".to_owned())
    }
}

impl Done {
    fn read(session: &mut Session) -> Result<Done> {
        let sql = format!("SELECT entry, action FROM {}.done", ident(JOURNAL_SCHEMA));
        let rows = session.query(&sql)?;
        let one = |row: &crate::connect::Row| {
            Ok((EntryId(row.int::<u32>("entry")?), row.text("action")?))
        };
        let done = rows.iter().map(one).collect::<Result<_>>().map(Done)?;
        Ok(done.with_whole_tables())
    }

    /// A table all of whose ranges are loaded is loaded.
    fn with_whole_tables(mut self) -> Done {
        let mut sizes: HashMap<EntryId, (u32, u32)> = HashMap::new();
        for (entry, word) in &self.0 {
            if let Some((ranges, of)) = Part::ranges(word) {
                let size = sizes.entry(*entry).or_insert((0, of));
                size.0 += ranges.end - ranges.start;
            }
        }
        let whole = sizes.into_iter().filter(|(_, (loaded, of))| loaded == of);
        self.0.extend(whole.map(|(entry, _)| (entry, word(Action::Load).to_owned())));
        self
    }

    /// The ranges of a table's rows, of so many, that are not loaded, where some are.
    pub(super) fn ranges_left(&self, entry: EntryId, of: u32) -> Option<Vec<Range<u32>>> {
        let loaded = self.0.iter().filter(|(id, _)| *id == entry);
        let mut loaded: Vec<Range<u32>> =
            loaded.filter_map(|(_, word)| Some(Part::ranges(word)?.0)).collect();
        if loaded.is_empty() {
            return None;
        }
        loaded.sort_by_key(|ranges| ranges.start);
        let ends = std::iter::once(0).chain(loaded.iter().map(|ranges| ranges.end));
        let starts = loaded.iter().map(|ranges| ranges.start).chain([of]);
        Some(ends.zip(starts).map(|(end, start)| end..start).filter(|r| !r.is_empty()).collect())
    }

    /// Whether a step was done.
    pub(super) fn has(&self, entry: EntryId, action: Action) -> bool {
        self.has_word(entry, word(action))
    }

    /// Whether a part of a step was done.
    pub(super) fn has_part(&self, entry: EntryId, part: &Part) -> bool {
        self.has_word(entry, &part.word())
    }

    /// The entries whose rows are loaded.
    pub(super) fn loaded(&self) -> impl Iterator<Item = EntryId> {
        self.0.iter().filter(|(_, action)| action == word(Action::Load)).map(|(id, _)| *id)
    }

    fn has_word(&self, entry: EntryId, word: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&(entry, word.to_owned()))
    }
}

/// What is done beside a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The index that a key is made of.
    Index,
    /// The check of a foreign key that was added without.
    Check,
    /// Ranges of a table's rows, of so many.
    Ranges(Range<u32>, u32),
}

impl Part {
    fn word(&self) -> String {
        match self {
            Part::Index => "index".to_owned(),
            Part::Check => "check".to_owned(),
            Part::Ranges(ranges, of) => format!("load {} {} {of}", ranges.start, ranges.end),
        }
    }

    /// The ranges that a word is for.
    fn ranges(word: &str) -> Option<(Range<u32>, u32)> {
        let numbers: Vec<u32> =
            word.strip_prefix("load ")?.split(' ').map_while(|one| one.parse().ok()).collect();
        match numbers[..] {
            [start, end, of] => Some((start..end, of)),
            _ => None,
        }
    }
}

/// What an action is called.
fn word(action: Action) -> &'static str {
    match action.pass() {
        Action::Define | Action::Complete { .. } => "define",
        Action::MakeLargeObjects => "make large objects",
        Action::Load => "load",
        Action::LoadLargeObjects => "load large objects",
        Action::SetSequence => "set sequence",
        Action::DefineAfter => "define after",
        Action::Grant => "grant",
        Action::GrantLargeObjects => "grant on large objects",
        Action::DefineLast => "define last",
        Action::LoadStatistics => "load statistics",
    }
}

/// What writes down that a step is done.
pub(super) fn done_sql(entry: &Entry, action: Action) -> String {
    insert_sql(entry.id, word(action))
}

/// What writes down that a part of a step is done.
pub(super) fn part_sql(entry: &Entry, part: &Part) -> String {
    insert_sql(entry.id, &part.word())
}

fn insert_sql(entry: EntryId, word: &str) -> String {
    format!("INSERT INTO {}.done VALUES ({entry}, {})", ident(JOURNAL_SCHEMA), literal(word))
}

/// Shows that a session is one of the restore's.
///
/// # Errors
/// What the server refuses.
pub(super) fn share(session: &mut Session) -> Result<()> {
    session.execute(&format!("SELECT pg_catalog.pg_advisory_lock_shared({LOCK})"))
}

/// What removes the journal.
pub(super) fn end_sql() -> String {
    format!("DROP SCHEMA {} CASCADE", ident(JOURNAL_SCHEMA))
}

fn exists(session: &mut Session) -> Result<bool> {
    let rows = session.query(&format!(
        "SELECT FROM pg_catalog.pg_namespace WHERE nspname = {}",
        literal(JOURNAL_SCHEMA)
    ))?;
    Ok(!rows.is_empty())
}

/// Says of a failure what was done and what was not, and how to go on. Where nothing was done, the
/// journal goes.
pub(super) fn explain(error: Error, config: &Config, plan: &Plan) -> Error {
    if error.code() == Code::InDoubt {
        return error;
    }
    let asked = Session::open(&uninterrupted(config)).and_then(|mut session| {
        let done = Done::read(&mut session)?;
        if done.0.is_empty() {
            session.execute(&end_sql())?;
        }
        Ok(done)
    });
    match asked {
        Ok(done) if done.0.is_empty() => super::unchanged(error, "the target was not changed"),
        Ok(done) => left(partial(error), plan, &done),
        Err(second) => partial(error).note(format!("what was done the journal says ({second})")),
    }
}

/// An interrupt stays one.
fn partial(error: Error) -> Error {
    let error = match error.hint_text().map(str::to_owned) {
        Some(hint) => error.note(hint),
        None => error,
    };
    let error = match error.code().exit_code() {
        130 | 143 => error,
        _ => error.with_code(Code::TargetPartial),
    };
    error.with_hint(
        "run the same command again with --resume when the cause is mended: it does what is left",
    )
}

fn left(error: Error, plan: &Plan, done: &Done) -> Error {
    let counted = plan.steps.iter().filter(|step| step.action != Action::LoadStatistics);
    let mut counts: BTreeMap<u8, (&'static str, usize, usize)> = BTreeMap::new();
    let mut without = Vec::new();
    for step in counted {
        let entry = &plan.entries[step.entry];
        let (rank, heading) = (super::plan::rank(step.action, entry.kind), step.action.heading());
        let count = counts.entry(rank.min(6)).or_insert((heading, 0, 0));
        count.2 += 1;
        match done.has(entry.id, step.action) {
            true => count.1 += 1,
            false if entry.kind == Kind::TableData => without.push(entry.name.to_string()),
            false => {}
        }
    }
    let counts = counts.into_values().map(|(what, done, all)| format!("{what}: {done} of {all}"));
    let error = error.note(format!("done: {}", counts.collect::<Vec<_>>().join("; ")));
    match without.is_empty() {
        true => error,
        false => error.note(format!("rows not loaded: {}", super::preflight::listed(without))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(words: &[&str]) -> Done {
        let rows = words.iter().map(|word| (EntryId(7), (*word).to_owned()));
        Done(rows.collect()).with_whole_tables()
    }

    #[test]
    fn ranges_that_are_loaded_are_not_left() {
        let of_others = done(&["load large objects", "define", "load x"]);
        assert_eq!(of_others.ranges_left(EntryId(7), 6), None);
        let some = done(&["load 4 5 6", "load 0 2 6"]);
        assert_eq!(some.ranges_left(EntryId(7), 6), Some(vec![2..4, 5..6]));
        assert_eq!(some.ranges_left(EntryId(8), 6), None);
        assert!(!some.has(EntryId(7), Action::Load));
        let all = done(&["load 4 6 6", "load 0 2 6", "load 2 4 6"]);
        assert!(all.has(EntryId(7), Action::Load));
        assert_eq!(all.loaded().collect::<Vec<_>>(), [EntryId(7)]);
        let word = Part::Ranges(3..9, 12).word();
        assert_eq!(Part::ranges(&word), Some((3..9, 12)));
    }
}
