//! Databases that every cluster has: restored into, and last.

use tempfile::NamedTempFile;

use super::ClusterRequest;
use crate::archive::Input;
use crate::error::{Result, ResultExt};
use crate::event::{Observer, Within};
use crate::restore::maps;
use crate::restore::request::RestoreRequest;
use crate::restore::source::{Source, spooled};
use crate::restore::work::Work;
use crate::restore::{Loaded, Plan, load};
use crate::toc::DatabaseSpec;

/// What the archive holds of one, until it is restored.
pub(super) struct Existing {
    pub(super) name: String,
    pub(super) request: RestoreRequest,
    input: Input,
    /// Removed when the restore ends.
    _spool: Option<NamedTempFile>,
}

impl Existing {
    /// Keeps a member for later: from a pipe, in a temporary file.
    ///
    /// # Errors
    /// [`Code::OutputFull`](crate::Code::OutputFull): no room for it; [`Code::InputFailed`](crate::Code::InputFailed).
    pub(super) fn keep(
        request: &ClusterRequest,
        name: String,
        input: Input,
        observer: &dyn Observer,
    ) -> Result<Existing> {
        let one = request.of_database(&name);
        let observer = Within::new(&format!("database {name}"), observer);
        let (input, spool) = match input {
            Input::Pipe(pipe) => {
                let spool = spooled(pipe, &one.config.interrupt, &observer)?;
                (Input::File(spool.path().to_owned()), Some(spool))
            }
            input => (input, None),
        };
        Ok(Existing { name, request: one, input, _spool: spool })
    }

    fn source(&self) -> Result<Source> {
        match self.input.open_at_random()? {
            Some(reader) => Ok(Source::file(reader, None)),
            None => Err(crate::error::Error::internal("a member that was kept is a pipe")),
        }
    }

    /// What the database is to be like.
    ///
    /// # Errors
    /// Codes 7xx.
    pub(super) fn database(&self) -> Result<DatabaseSpec> {
        let mut database = self.source()?.meta().database.clone();
        self.request.omitted.strip_database(&mut database);
        maps::apply_to_database(&self.request.maps, &mut database);
        Ok(database)
    }

    /// Loads it, and leaves the transaction open.
    ///
    /// # Errors
    /// As a restore into an existing database.
    pub(super) fn load(&self, work: &mut Work<'_>) -> Result<Loaded> {
        let source = self.source()?;
        let plan = Plan::new(source.meta(), source.toc().to_vec(), &self.request)?;
        plan.database().clone_into(&mut work.report.database);
        load(work, &self.request.config, plan, source)
            .note(|| format!("while database {} was restored", self.name))
    }
}
