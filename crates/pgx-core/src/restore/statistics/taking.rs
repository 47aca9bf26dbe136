//! Handing rows over, part by part, and noting what the target did not take.

use std::collections::{BTreeMap, BTreeSet};

use super::call::{self, DENIED, MISSING};
use super::staged;
use crate::connect::{Row, Session};
use crate::error::{Code, Error, Result};
use crate::restore::preflight::listed;
use crate::restore::session::{Commits, commit_and_go_on};
use crate::toc::{Described, Ref};

/// Rows handed over at once. Each may lock its relation until the transaction ends.
const ROWS: u64 = 500;
/// The server's own words that are told.
const WORDS_MAX: usize = 3;

/// Statistics on their way.
pub(super) struct Taking<'t> {
    session: &'t mut Session,
    commits: Commits,
    /// The relations may have statistics already.
    clear: bool,
    /// Names of what was not taken, by the reason.
    left: BTreeMap<&'static str, BTreeSet<String>>,
    /// The tables concerned.
    tables: BTreeSet<Ref>,
    words: BTreeSet<String>,
}

impl<'t> Taking<'t> {
    pub(super) fn new(session: &'t mut Session, commits: Commits, clear: bool) -> Taking<'t> {
        let (left, tables, words) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Taking { session, commits, clear, left, tables, words }
    }

    /// Hands over all that waits.
    ///
    /// # Errors
    /// What ends the connection or the transaction.
    pub(super) fn take(&mut self, described: Described, version: u32) -> Result<()> {
        let last = self.session.query_one(&format!(
            "SELECT COALESCE(pg_catalog.max(place), 0) AS last FROM {}",
            staged(described).sql()
        ))?;
        let last: u64 = last.int("last")?;
        let mut from = 1;
        while from <= last {
            self.part(described, version, (from, last.min(from + ROWS - 1)))?;
            if self.commits == Commits::AsItGoes {
                commit_and_go_on(self.session)?;
            }
            from += ROWS;
        }
        Ok(())
    }

    /// Hands rows over. The functions refuse with a warning; what is an error to them ends the whole
    /// statement, so that the row at fault is looked for by halves.
    fn part(&mut self, described: Described, version: u32, rows: (u64, u64)) -> Result<()> {
        self.session.config().interrupt.check()?;
        self.session.execute("SAVEPOINT pgx_try")?;
        let answers = self.hand_over(described, version, rows);
        self.listen();
        match answers {
            Ok(answers) => {
                self.session.execute("RELEASE pgx_try")?;
                answers.iter().try_for_each(|row| self.note(row))
            }
            Err(error) if !is_harmless(&error) => Err(error),
            Err(_) => {
                self.session.execute("ROLLBACK TO pgx_try; RELEASE pgx_try")?;
                let (from, to) = rows;
                if from == to {
                    return self.refused(described, from);
                }
                let middle = from + (to - from) / 2;
                self.part(described, version, (from, middle))?;
                self.part(described, version, (middle + 1, to))
            }
        }
    }

    fn hand_over(
        &mut self,
        described: Described,
        version: u32,
        rows: (u64, u64),
    ) -> Result<Vec<Row>> {
        if let Some(clear) = call::clear(described, rows).filter(|_| self.clear) {
            self.session.execute(&clear)?;
        }
        self.session.query(&call::statement(described, version, rows))
    }

    /// The server's warnings; none that may hold a value of a row.
    fn listen(&mut self) {
        let notices = self.session.take_notices();
        let words = notices.iter().filter(|notice| notice.severity == "WARNING");
        let words = words.filter(|notice| !notice.sqlstate.starts_with("22"));
        self.words.extend(words.map(|notice| notice.to_string()));
    }

    fn refused(&mut self, described: Described, place: u64) -> Result<()> {
        let row = self.session.query_one(&format!(
            "SELECT t.schemaname, t.tablename, t.relname, {} AS what, 'refused' AS answer \
             FROM {} t WHERE t.place = {place}",
            call::what(described),
            staged(described).sql()
        ))?;
        self.note(&row)
    }

    fn note(&mut self, row: &Row) -> Result<()> {
        let (schema, relation) = (row.str("schemaname")?, row.str("relname")?);
        let name = match row.opt("what")? {
            Some(what) => format!("{schema}.{relation}.{what}"),
            None => format!("{schema}.{relation}"),
        };
        let reason = match row.str("answer")? {
            MISSING => "the target has nothing that they are about",
            DENIED => "the role may not set them",
            _ => "the target did not take them",
        };
        self.left.entry(reason).or_default().insert(name);
        self.tables.insert(Ref::new(schema, row.str("tablename")?));
        Ok(())
    }

    /// Warnings of what was not taken, and the tables concerned.
    pub(super) fn finish(self) -> (Vec<String>, BTreeSet<Ref>) {
        let left = self.left.into_iter().map(|(reason, names)| {
            let count = names.len();
            format!("statistics left out because {reason} ({count}): {}", listed(names))
        });
        let words = self.words.into_iter().take(WORDS_MAX);
        let words = words.map(|words| format!("the target server warns: {words}"));
        (left.chain(words).collect(), self.tables)
    }
}

/// Whether a refusal concerns the statistics alone, and not the connection, the server's state, or
/// somebody's Ctrl-C.
pub(super) fn is_harmless(error: &Error) -> bool {
    let interrupted = matches!(error.code(), Code::Interrupted | Code::Terminated);
    let state =
        |sqlstate: &str| ["08", "25", "40", "53", "55", "57", "58"].contains(&&sqlstate[..2]);
    !interrupted && error.sqlstate().is_some_and(|sqlstate| sqlstate.len() == 5 && !state(sqlstate))
}
