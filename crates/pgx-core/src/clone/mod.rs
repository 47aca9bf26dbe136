//! Database → database: a dump and a restore at once, with nothing stored between them.
//!
//! The dump writes an archive, the restore reads it as it reads any pipe, each on a thread of its own;
//! a few buffers stand between them ([`pipe`]), so the slower side sets the pace. All that holds for
//! the two flows holds here: one snapshot, chunks that are checked before a row is sent, a commit
//! only behind the verified end of the archive, and so behind the end of the dump.

mod pipe;
mod same;

use std::thread;

use crate::archive::Input;
use crate::connect::{Config, Interrupt, Side};
use crate::dump::{self, DumpReport, DumpRequest};
use crate::error::{Error, Result};
use crate::event::{Event, Observer, Within};
use crate::restore::{self, RestoreReport, RestoreRequest};
use crate::stripe::StreamCodec;
use pipe::{Pipe, ReadEnd, WriteEnd};

/// A clone, as asked for.
#[derive(Clone, Debug)]
pub struct CloneRequest {
    /// What is read of the source; how rows are stored is decided here.
    pub dump: DumpRequest,
    /// What is made of it in the target.
    pub restore: RestoreRequest,
}

/// What a clone did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloneReport {
    /// At the source.
    pub dumped: DumpReport,
    /// At the target.
    pub restored: RestoreReport,
}

/// Copies what `request` asks for: all of it, or (with an error) nothing. When one side fails the other
/// is cancelled, and the error is that of the side that failed first.
///
/// # Errors
/// As [`dump::dump()`] and [`restore::restore()`];
/// [`Code::Usage`](crate::Code::Usage): source and target are the same database.
pub fn clone(request: &CloneRequest, observer: &dyn Observer) -> Result<CloneReport> {
    let CloneRequest { dump, restore } = request;
    // A database that is to be made is not there yet.
    if restore.create.is_none() {
        same::refuse(&dump.config, &restore.config)?;
    }
    let codec = codec(dump);
    let dump = DumpRequest { config: part(&dump.config), codec, ..dump.clone() };
    let restore = RestoreRequest { config: part(&restore.config), ..restore.clone() };
    let (pipe, write, read) = Pipe::new();
    let (dumped, restored) = thread::scope(|scope| {
        let dumping = scope.spawn(|| {
            let dumped = read_source(&dump, write, observer);
            dumped.inspect_err(|_| stop(&pipe, Side::Source, &restore.config.interrupt))
        });
        let restored = fill_target(&restore, read, observer)
            .inspect_err(|_| stop(&pipe, Side::Target, &dump.config.interrupt));
        let panicked = |_| Err(Error::internal("the thread that dumps panicked"));
        (dumping.join().unwrap_or_else(panicked), restored)
    });
    match (dumped, restored) {
        (Ok(dumped), Ok(restored)) => Ok(CloneReport { dumped, restored }),
        (Err(source), Err(target)) if pipe.cut_by() == Some(Side::Source) => {
            // What became of the target is told by its own error.
            Err(target.notes().iter().fold(source, Error::note))
        }
        (_, Err(error)) | (Err(error), _) => Err(error),
    }
}

/// The same with a switch of its own, so that one side can be stopped by itself.
fn part(config: &Config) -> Config {
    Config { interrupt: config.interrupt.part(), ..config.clone() }
}

/// Rows go as they are, because the restore is at hand. Rows without definitions wait in a temporary
/// file until all are there, to be loaded in the order of foreign keys: it is kept small.
fn codec(dump: &DumpRequest) -> StreamCodec {
    match dump.sections.of(dump.parts).schema {
        true => StreamCodec::Plain,
        false => StreamCodec::default(),
    }
}

fn read_source(
    request: &DumpRequest,
    output: WriteEnd,
    observer: &dyn Observer,
) -> Result<DumpReport> {
    let observer = WithoutRows(Within::new("source", observer));
    let (output, report) = dump::dump(request, output, &observer)?;
    output.complete();
    Ok(report)
}

fn fill_target(
    request: &RestoreRequest,
    input: ReadEnd,
    observer: &dyn Observer,
) -> Result<RestoreReport> {
    let observer = Within::new("target", observer);
    restore::restore(request, Input::Pipe(Box::new(input)), &observer)
}

/// A side has failed: if it was the first, the other is told to stop, and its server too. Nobody waits
/// for the answers.
fn stop(pipe: &Pipe, failed: Side, other: &Interrupt) {
    pipe.cut(failed);
    if pipe.cut_by() == Some(failed) {
        let other = other.clone();
        thread::spawn(move || other.cancel());
    }
}

/// Rows are told where they arrive.
struct WithoutRows<'o>(Within<'o>);

impl Observer for WithoutRows<'_> {
    fn event(&self, event: &Event) {
        if !matches!(event, Event::Rows { .. }) {
            self.0.event(event);
        }
    }
}
