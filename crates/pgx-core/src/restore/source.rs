//! The archive that is restored: opened, and spooled where it must be read out of its order.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::NamedTempFile;

use super::request::RestoreRequest;
use crate::archive::{FileReader, Input, PipeReader};
use crate::connect::Interrupt;
use crate::error::{Code, Error, Result};
use crate::event::Observer;
use crate::toc::{Entry, Meta};

/// Bytes copied into the spool at once.
const SPOOL_BUFFER: usize = 256 * 1024;

/// An open archive.
pub(super) struct Source {
    pub(super) reader: Reader,
    /// Removed when the restore ends.
    _spool: Option<NamedTempFile>,
}

/// How it is read.
pub(super) enum Reader {
    /// At random; its end has been verified.
    File(Arc<FileReader>),
    /// Front to back.
    Pipe(Box<PipeReader<Tee>>),
}

impl Source {
    /// Opens the archive. A stream whose rows go into tables with foreign keys is spooled first,
    /// since the rows must be loaded in the order of the keys; so is one that is committed piece by piece,
    /// since its end must be verified before.
    ///
    /// # Errors
    /// Codes 7xx: not a complete archive. [`Code::OutputFull`]: no room for the spool.
    pub(super) fn open(
        input: Input,
        request: &RestoreRequest,
        observer: &dyn Observer,
    ) -> Result<Source> {
        let pipe = match input {
            Input::File(path) => return Ok(Source::file(FileReader::open(&path)?, None)),
            Input::Part(part) => return Ok(Source::file(part.open()?, None)),
            Input::Pipe(pipe) => Tee::new(pipe),
        };
        let rest = pipe.clone();
        if request.parts.schema {
            let reader = PipeReader::new(pipe)?;
            let journaled = request.jobs > 1 && request.create.is_none();
            let in_order = reader.meta().has_schema || !reader.meta().has_data;
            if !request.parts.data || in_order && !journaled {
                rest.forget();
                return Ok(Source { reader: Reader::Pipe(Box::new(reader)), _spool: None });
            }
        }
        let spool = rest.spool(&request.config.interrupt, observer)?;
        Ok(Source::file(FileReader::open(spool.path())?, Some(spool)))
    }

    pub(super) fn file(reader: FileReader, spool: Option<NamedTempFile>) -> Source {
        Source { reader: Reader::File(Arc::new(reader)), _spool: spool }
    }

    /// Reads an archive without rows to its end, so that it is known to be whole.
    ///
    /// # Errors
    /// Codes 7xx.
    pub(super) fn verify_end(&mut self, interrupt: &Interrupt) -> Result<()> {
        if let Reader::Pipe(reader) = &mut self.reader {
            while reader.next()?.is_some() {
                interrupt.check()?;
            }
        }
        Ok(())
    }

    /// The archive's own name; none while it is a stream.
    pub(super) fn uuid(&self) -> Option<[u8; 16]> {
        match &self.reader {
            Reader::File(reader) => Some(reader.uuid()),
            Reader::Pipe(_) => None,
        }
    }

    /// What the archive says of itself.
    pub(super) fn meta(&self) -> &Meta {
        match &self.reader {
            Reader::File(reader) => reader.meta(),
            Reader::Pipe(reader) => reader.meta(),
        }
    }

    /// The table of contents.
    pub(super) fn toc(&self) -> &[Entry] {
        match &self.reader {
            Reader::File(reader) => reader.toc(),
            Reader::Pipe(reader) => reader.toc(),
        }
    }
}

/// Copies a stream into a temporary file.
///
/// # Errors
/// [`Code::OutputFull`]: no room for it; [`Code::InputFailed`].
pub(super) fn spooled(
    pipe: Box<dyn Read + Send>,
    interrupt: &Interrupt,
    observer: &dyn Observer,
) -> Result<NamedTempFile> {
    Tee::new(pipe).spool(interrupt, observer)
}

/// A stream that remembers what was read of it, until it is known whether it must be spooled: that
/// shows only when the table of contents has been read.
#[derive(Clone)]
pub(super) struct Tee(Arc<Mutex<Shared>>);

struct Shared {
    inner: Box<dyn Read + Send>,
    /// What was read; none when it is not needed any more.
    copy: Option<Vec<u8>>,
}

impl Tee {
    fn new(inner: Box<dyn Read + Send>) -> Tee {
        Tee(Arc::new(Mutex::new(Shared { inner, copy: Some(Vec::new()) })))
    }

    /// Remembers nothing from now on.
    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).copy = None;
    }

    /// Copies the whole stream, from its beginning, into a temporary file.
    fn spool(&self, interrupt: &Interrupt, observer: &dyn Observer) -> Result<NamedTempFile> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let spool = tempfile::Builder::new().prefix("pgx-spool-").tempfile();
        let mut spool = spool.map_err(|error| spool_failed(error, None))?;
        let path = spool.path().display().to_string();
        observer.stage(format!("spooling the archive to {path}"));
        let file = spool.as_file_mut();
        let begun = shared.copy.take().unwrap_or_default();
        file.write_all(&begun).map_err(|error| spool_failed(error, Some(&path)))?;
        let mut buffer = vec![0; SPOOL_BUFFER];
        loop {
            interrupt.check()?;
            match copy_some(&mut shared.inner, file, &mut buffer) {
                Ok(0) => return Ok(spool),
                Ok(_) => {}
                Err(Copying::Reading(error)) => {
                    return Err(Error::new(Code::InputFailed, "the archive cannot be read")
                        .object("standard input")
                        .source(error));
                }
                Err(Copying::Writing(error)) => return Err(spool_failed(error, Some(&path))),
            }
        }
    }
}

/// Which side of a copy failed.
enum Copying {
    Reading(io::Error),
    Writing(io::Error),
}

fn copy_some(from: &mut dyn Read, to: &mut File, buffer: &mut [u8]) -> Result<usize, Copying> {
    let read = loop {
        match from.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other.map_err(Copying::Reading)?,
        }
    };
    to.write_all(&buffer[..read]).map_err(Copying::Writing)?;
    Ok(read)
}

fn spool_failed(error: io::Error, path: Option<&str>) -> Error {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::OutputFull,
        _ => Code::OutputFailed,
    };
    let place = path.map_or_else(|| std::env::temp_dir().display().to_string(), str::to_owned);
    Error::new(code, "the archive cannot be spooled to a temporary file")
        .object(place)
        .source(error)
        .hint("set TMPDIR to a directory with room, or restore from a file")
}

impl Read for Tee {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = shared.inner.read(buffer)?;
        if let Some(copy) = &mut shared.copy {
            copy.extend_from_slice(&buffer[..read]);
        }
        Ok(read)
    }
}
