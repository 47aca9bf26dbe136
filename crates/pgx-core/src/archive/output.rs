//! The file an archive is written to: under its name only when it is complete.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use uuid::Uuid;

use crate::error::{Code, Error, Result};

/// A new file that has a temporary name beside its final one until [`OutputFile::commit`]. Dropped
/// before that, it leaves nothing. A device, FIFO or socket is written directly.
#[derive(Debug)]
pub struct OutputFile {
    file: File,
    pending: Option<Pending>,
}

/// A file under its temporary name.
#[derive(Debug)]
struct Pending {
    temporary: PathBuf,
    target: PathBuf,
    force: bool,
}

impl OutputFile {
    /// Creates the file; `force` allows to replace one that exists.
    ///
    /// # Errors
    /// [`Code::OutputExists`], [`Code::Denied`], [`Code::OutputFull`], [`Code::OutputFailed`].
    pub fn create(path: &Path, force: bool) -> Result<OutputFile> {
        let named = |error: Error| error.object(format!("file {}", path.display()));
        OutputFile::create_unnamed(path, force).map_err(named)
    }

    fn create_unnamed(path: &Path, force: bool) -> Result<OutputFile> {
        let target = match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(is_a_directory()),
            Ok(found) if !found.is_file() => return OutputFile::open_special(path),
            Ok(_) if !force => return Err(exists()),
            // A symbolic link stays one: what it points to is replaced.
            Ok(_) => fs::canonicalize(path).map_err(create_failed)?,
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(create_failed(error));
            }
            Err(_) if !force && path.is_symlink() => return Err(exists()),
            Err(_) => path.to_owned(),
        };
        if target.as_os_str().as_bytes().ends_with(b"/") {
            return Err(is_a_directory());
        }
        let temporary = temporary_name(&target)?;
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&temporary);
        let file = file.map_err(create_failed)?;
        Ok(OutputFile { file, pending: Some(Pending { temporary, target, force }) })
    }

    fn open_special(path: &Path) -> Result<OutputFile> {
        let file = OpenOptions::new().write(true).open(path).map_err(create_failed)?;
        Ok(OutputFile { file, pending: None })
    }

    /// The temporary name, while there is one.
    pub fn temporary(&self) -> Option<&Path> {
        self.pending.as_ref().map(|pending| pending.temporary.as_path())
    }

    /// Gives the file its name: content on disk, then the name, then the name on disk.
    ///
    /// # Errors
    /// As [`OutputFile::create`]. When only the name cannot be given, the finished file stays under
    /// its temporary one, and the error says so.
    pub fn commit(mut self) -> Result<()> {
        let Some(pending) = &self.pending else { return Ok(()) };
        let target = format!("file {}", pending.target.display());
        self.file.sync_all().map_err(|error| sync_failed(error).object(target.clone()))?;
        let published = pending.publish().map_err(|error| {
            let kept = format!("the finished archive stays at {}", pending.temporary.display());
            error.object(target).note(kept)
        });
        self.pending = None;
        published
    }
}

impl Pending {
    fn publish(&self) -> Result<()> {
        if self.force {
            fs::rename(&self.temporary, &self.target).map_err(rename_failed)?;
        } else {
            rename_new(&self.temporary, &self.target)?;
        }
        sync_directory(&self.target).inspect_err(|_| {
            // A file that was replaced is gone: the new one is better than none under the name.
            if !self.force {
                // Best effort: the error is told either way.
                let _ = fs::rename(&self.target, &self.temporary);
            }
        })
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if let Some(pending) = &self.pending {
            // Nothing better can be done here than to leave it.
            let _ = fs::remove_file(&pending.temporary);
        }
    }
}

/// Partial files that killed dumps to `path` left behind.
pub fn leftovers(path: &Path) -> Vec<PathBuf> {
    let (Some(name), Ok(listing)) = (path.file_name(), fs::read_dir(directory_of(path))) else {
        return Vec::new();
    };
    let mut prefix = name.as_bytes().to_vec();
    prefix.extend(b".part-");
    let is_leftover = |candidate: &OsString| {
        let suffix = candidate.as_bytes().strip_prefix(prefix.as_slice());
        suffix.is_some_and(|hex| hex.len() == 8 && hex.iter().all(u8::is_ascii_hexdigit))
    };
    let mut found: Vec<PathBuf> = listing
        .filter_map(|file| file.ok())
        .filter(|file| is_leftover(&file.file_name()))
        .map(|file| file.path())
        .collect();
    found.sort();
    found
}

/// A name beside `target` that nobody else has.
fn temporary_name(target: &Path) -> Result<PathBuf> {
    let Some(name) = target.file_name() else { return Err(is_a_directory()) };
    let mut temporary = name.to_owned();
    let [a, b, c, d, ..] = *Uuid::new_v4().as_bytes();
    temporary.push(format!(".part-{:08x}", u32::from_be_bytes([a, b, c, d])));
    Ok(target.with_file_name(temporary))
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Renames without replacing anything, also on file systems that cannot do that in one step.
fn rename_new(from: &Path, to: &Path) -> Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(Errno::EXIST) => Err(exists()),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => link_new(from, to),
        Err(errno) => Err(rename_failed(errno.into())),
    }
}

fn link_new(from: &Path, to: &Path) -> Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from).map_err(rename_failed),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists()),
        Err(error) => Err(rename_failed(error)),
    }
}

/// Makes the name last; file systems that cannot sync a directory need not.
fn sync_directory(target: &Path) -> Result<()> {
    match File::open(directory_of(target)).and_then(|directory| directory.sync_all()) {
        Err(error) if !is_unsupported(&error) => Err(sync_failed(error)),
        _ => Ok(()),
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::INVAL | Errno::NOTSUP | Errno::ACCESS))
}

fn exists() -> Error {
    Error::new(Code::OutputExists, "the output exists already")
        .hint("choose another name, or use --force to replace it")
}

fn is_a_directory() -> Error {
    Error::new(Code::OutputFailed, "the output is a directory").hint("name a file in it")
}

fn create_failed(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            Error::new(Code::Denied, "cannot create the output").source(error)
        }
        io::ErrorKind::NotFound => {
            Error::new(Code::OutputFailed, "the directory of the output does not exist")
        }
        _ => failed("cannot create the output", error),
    }
}

fn rename_failed(error: io::Error) -> Error {
    failed("cannot give the output its name", error)
}

fn sync_failed(error: io::Error) -> Error {
    failed("cannot bring the output to the disk", error)
}

/// The error of a write after `written` bytes.
pub(super) fn write_failed(error: io::Error, written: u64) -> Error {
    let what = if is_full(&error) {
        format!("the output device is full after {written} bytes")
    } else if error.kind() == io::ErrorKind::BrokenPipe {
        format!("the reader of the output went away after {written} bytes")
    } else {
        format!("cannot write the output after {written} bytes")
    };
    failed(&what, error)
}

fn failed(what: &str, error: io::Error) -> Error {
    let code = if is_full(&error) { Code::OutputFull } else { Code::OutputFailed };
    Error::new(code, what).source(error)
}

/// No space, no quota, or the file may not grow.
fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn write(path: &Path, force: bool, bytes: &[u8]) -> Result<OutputFile> {
        let mut output = OutputFile::create(path, force)?;
        output.write_all(bytes).unwrap();
        Ok(output)
    }

    #[test]
    fn the_name_appears_with_the_commit_and_belongs_to_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.pgx");
        let output = write(&path, false, b"rows").unwrap();
        assert!(!path.exists());
        assert_eq!(leftovers(&path), [output.temporary().unwrap()]);
        output.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"rows");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(directory.path()), ["a.pgx"]);
    }

    #[test]
    fn an_abandoned_output_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        drop(write(&directory.path().join("a.pgx"), false, b"rows").unwrap());
        assert!(names(directory.path()).is_empty());
    }

    #[test]
    fn an_existing_file_is_replaced_only_by_force() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.pgx");
        fs::write(&path, b"old").unwrap();
        let error = OutputFile::create(&path, false).unwrap_err();
        assert_eq!(error.code(), Code::OutputExists);
        assert!(error.hint_text().unwrap().contains("--force"));
        drop(write(&path, true, b"new").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        write(&path, true, b"new").unwrap().commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_kept_and_so_is_the_archive() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.pgx");
        let output = write(&path, false, b"new").unwrap();
        let temporary = output.temporary().unwrap().to_owned();
        fs::write(&path, b"other").unwrap();
        let error = output.commit().unwrap_err();
        assert_eq!(error.code(), Code::OutputExists);
        assert!(error.notes()[0].contains(temporary.to_str().unwrap()));
        assert_eq!(fs::read(&path).unwrap(), b"other");
        assert_eq!(fs::read(&temporary).unwrap(), b"new");
    }

    #[test]
    fn linking_does_not_replace_either() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        fs::write(&from, b"1").unwrap();
        link_new(&from, &to).unwrap();
        assert_eq!(names(directory.path()), ["to"]);
        fs::write(&from, b"2").unwrap();
        assert_eq!(link_new(&from, &to).unwrap_err().code(), Code::OutputExists);
        assert_eq!(fs::read(&to).unwrap(), b"1");
    }

    #[test]
    fn a_symbolic_link_is_followed_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        fs::write(&file, b"old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write(&link, true, b"new").unwrap().commit().unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
    }

    #[test]
    fn a_device_is_written_directly() {
        let output = write(Path::new("/dev/null"), false, b"rows").unwrap();
        assert_eq!(output.temporary(), None);
        output.commit().unwrap();
        let mut full = OutputFile::create(Path::new("/dev/full"), false).unwrap();
        let error = write_failed(full.write_all(b"x").unwrap_err(), 17);
        assert_eq!(error.code(), Code::OutputFull);
        assert!(error.what().contains("17 bytes"));
    }

    #[test]
    fn bad_places_are_refused_at_once_with_the_path() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing/a.pgx");
        for path in [&missing, directory.path(), &directory.path().join("a.pgx/")] {
            let error = OutputFile::create(path, false).unwrap_err();
            assert_eq!(error.code(), Code::OutputFailed);
            assert!(error.object_name().unwrap().contains(path.to_str().unwrap()));
        }
        let denied = create_failed(io::Error::from_raw_os_error(Errno::ACCESS.raw_os_error()));
        assert_eq!(denied.code(), Code::Denied);
    }

    #[test]
    fn every_way_of_being_full_is_full() {
        for errno in [Errno::NOSPC, Errno::DQUOT, Errno::FBIG] {
            assert_eq!(write_failed(errno.into(), 1).code(), Code::OutputFull, "{errno}");
        }
        for errno in [Errno::PIPE, Errno::IO] {
            assert_eq!(write_failed(errno.into(), 1).code(), Code::OutputFailed, "{errno}");
        }
    }
}
