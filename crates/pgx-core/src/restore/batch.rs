//! Many statements in few round trips, each error with the entry it belongs to.

use super::journal::done_sql;
use super::plan::{Plan, Step};
use super::refusal;
use super::session::{Commits, commit_and_go_on, still_inside};
use crate::connect::Session;
use crate::error::{Error, Result};

/// A batch is sent when it holds so many statements …
const STATEMENTS_MAX: usize = 200;
/// … or so many bytes.
const BYTES_MAX: usize = 128 * 1024;

/// Statements that wait to be sent.
pub(super) struct Batch<'b> {
    pub(super) session: &'b mut Session,
    pub(super) plan: &'b Plan,
    /// Where the server's warnings go.
    pub(super) warnings: &'b mut Vec<String>,
    /// Each with the position of its entry.
    waiting: Vec<(usize, String)>,
    bytes: usize,
    commits: Commits,
    /// Statements sent since the last commit.
    uncommitted: usize,
}

impl<'b> Batch<'b> {
    pub(super) fn new(
        session: &'b mut Session,
        plan: &'b Plan,
        warnings: &'b mut Vec<String>,
    ) -> Batch<'b> {
        let (waiting, commits) = (Vec::new(), Commits::AtEnd);
        Batch { session, plan, warnings, waiting, bytes: 0, commits, uncommitted: 0 }
    }

    /// The same batch, with commits in between where `commits` says so.
    pub(super) fn committing(mut self, commits: Commits) -> Batch<'b> {
        self.commits = commits;
        self
    }

    /// Between two entries: the place for a commit in between. True after one, which has undone what
    /// was set for the transaction.
    ///
    /// # Errors
    /// What the server refused, with the entry.
    pub(super) fn between_entries(&mut self) -> Result<bool> {
        let due = self.uncommitted + self.waiting.len() >= STATEMENTS_MAX;
        if self.commits == Commits::AtEnd || !due {
            return Ok(false);
        }
        self.flush()?;
        commit_and_go_on(self.session)?;
        self.uncommitted = 0;
        Ok(true)
    }

    /// A step is done: the journal says so in the same transaction.
    ///
    /// # Errors
    /// What the server refused of the statements so far.
    pub(super) fn done(&mut self, step: &Step) -> Result<()> {
        match self.plan.journaled {
            true => self.push(step.entry, done_sql(&self.plan.entries[step.entry], step.action)),
            false => Ok(()),
        }
    }

    /// Adds a statement of the entry at position `entry`.
    ///
    /// # Errors
    /// What the server refused of the statements so far.
    pub(super) fn push(&mut self, entry: usize, statement: String) -> Result<()> {
        self.bytes += statement.len();
        let again = self.session.config().set_role().filter(|_| statement.starts_with("RESET "));
        self.waiting.push((entry, statement));
        self.waiting.extend(again.map(|set_role| (entry, set_role)));
        if self.waiting.len() >= STATEMENTS_MAX || self.bytes >= BYTES_MAX {
            self.flush()?;
        }
        Ok(())
    }

    /// Sends what waits.
    ///
    /// # Errors
    /// What the server refused, with the entry.
    pub(super) fn flush(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        self.uncommitted += batch.len();
        if batch.is_empty() {
            return Ok(());
        }
        // The line break ends a comment that a statement may end in.
        let sql: Vec<&str> = batch.iter().map(|(_, statement)| statement.as_str()).collect();
        if let Err((completed, error)) = self.session.execute_batch(&sql.join("\n;\n")) {
            return Err(self.blame(&batch, completed, error));
        }
        still_inside(self.session)?;
        self.warnings.extend(server_warnings(self.session));
        Ok(())
    }

    /// Finds the entry an error belongs to.
    fn blame(&mut self, batch: &[(usize, String)], completed: usize, error: Error) -> Error {
        if error.server_error().is_none() {
            return error;
        }
        let at = match error.sqlstate() {
            Some("42601") if completed == 0 && batch.len() > 1 => self.unparsable(batch),
            _ => completed,
        };
        match batch.get(at) {
            Some((entry, _)) => refusal::of_statement(error, &self.plan.entries[*entry]),
            None => error,
        }
    }

    /// A batch is parsed as a whole before any of it runs, so that a syntax error does not say how
    /// far the server came. Parsed alone, the statement at fault fails again; the others fail
    /// because the transaction has.
    fn unparsable(&mut self, batch: &[(usize, String)]) -> usize {
        let fails = |statement: &str, session: &mut Session| match session.execute(statement) {
            Err(error) => error.sqlstate() == Some("42601"),
            Ok(()) => false,
        };
        batch.iter().position(|(_, sql)| fails(sql, self.session)).unwrap_or_default()
    }
}

/// What the server has warned of since the last call.
pub(super) fn server_warnings(session: &mut Session) -> Vec<String> {
    let notices = session.take_notices();
    let warned = notices.iter().filter(|notice| notice.severity == "WARNING");
    warned.map(|notice| format!("the target server warns: {notice}")).collect()
}
