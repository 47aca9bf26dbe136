//! Password files: `host:port:database:user:password`, the first line that fits is taken.
//!
//! `*` alone fits anything; `\:` and `\\` stand for the characters themselves; a line that begins with
//! `#` is a comment. A file that others can read is not used. Source: "The Password File" of
//! PostgreSQL's documentation of libpq.

use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::config::Host;

/// More is not a password file.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Permission bits of group and others.
const OTHERS: u32 = 0o077;

/// Where servers put their socket: Debian's and Red Hat's place, then PostgreSQL's own.
pub(super) const SOCKET_DIRECTORIES: &[&str] = &["/var/run/postgresql", "/tmp"];

/// A password file that was read; empty if there is none. Clones share its text.
#[derive(Clone, Default)]
pub(super) struct Passfile {
    path: PathBuf,
    text: Arc<str>,
}

impl Passfile {
    /// Reads a file; what must not or cannot be used is as one that is not there, with a warning.
    pub(super) fn read(path: PathBuf, warnings: &mut Vec<String>) -> Passfile {
        let text = read(&path, warnings).unwrap_or_default().into();
        Passfile { path, text }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The password of a role in a database of a host.
    pub(super) fn password(&self, host: &Host, database: &str, user: &str) -> Option<String> {
        let port = host.port().to_string();
        find(&self.text, [&name(host), &port, database, user])
    }
}

/// What a host is called in password files: the sockets of servers in their usual place are `localhost`.
fn name(host: &Host) -> String {
    match host {
        Host::At(name, address, _) if name.is_empty() => address.to_string(),
        Host::Tcp(name, _) | Host::At(name, ..) => name.clone(),
        Host::Unix(directory, _) => match directory.to_string_lossy() {
            usual if SOCKET_DIRECTORIES.contains(&&*usual) => "localhost".to_owned(),
            other => other.into_owned(),
        },
    }
}

/// The file to read: the one that was named, or `.pgpass` at home.
pub(super) fn path(named: Option<&str>, env: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let home = || env("HOME").filter(|home| !home.is_empty());
    match named {
        Some(named) => Some(PathBuf::from(named)),
        None => Some(Path::new(&home()?).join(".pgpass")),
    }
}

/// The file's text, or `None` and a warning for one that must not or cannot be used. A file that does
/// not exist is no reason for a warning.
fn read(path: &Path, warnings: &mut Vec<String>) -> Option<String> {
    match read_private(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            warnings.push(format!("the password file {} is not used: {error}", path.display()));
            None
        }
    }
}

fn read_private(path: &Path) -> io::Result<String> {
    // Not to wait for a writer when the name is a pipe's.
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = std::fs::OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a plain file"));
    }
    if metadata.mode() & OTHERS != 0 {
        return Err(io::Error::other("group or others have access to it; use chmod 600"));
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The password of the first line that fits host, port, database and user.
fn find(file: &str, wanted: [&str; 4]) -> Option<String> {
    file.lines().filter(|line| !line.starts_with('#')).find_map(|line| password(line, wanted))
}

fn password(line: &str, wanted: [&str; 4]) -> Option<String> {
    let mut rest = line;
    for wanted in wanted {
        let (raw, tail) = split_field(rest);
        rest = tail?;
        if raw != "*" && unescape(raw) != wanted {
            return None;
        }
    }
    let (raw, _) = split_field(rest);
    (!raw.is_empty()).then(|| unescape(raw))
}

/// The field up to the next bare colon, and what follows the colon if there is one.
fn split_field(text: &str) -> (&str, Option<&str>) {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ':' => return (&text[..at], Some(&text[at + 1..])),
            _ => {}
        }
    }
    (text, None)
}

fn unescape(field: &str) -> String {
    let mut chars = field.chars();
    let mut text = String::with_capacity(field.len());
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_first_line_that_fits_gives_the_password() {
        let file = "# comment:*:*:*:no\n\
            db:5432:app:ann:one\n\
            db:*:*:ann:two:ignored\n\
            we\\:ird:5432:a\\\\b:*:p\\:w\\\\\n\
            /sock/dir:5433:*:ann:four\n\
            short:5432\n\
            none:*:*:*:\n\
            localhost:*:*:*:five\r\n";
        let cases: &[([&str; 4], Option<&str>)] = &[
            (["db", "5432", "app", "ann"], Some("one")),
            (["db", "5433", "app", "ann"], Some("two")),
            (["db", "5432", "app", "bob"], None),
            (["we:ird", "5432", "a\\b", "x"], Some("p:w\\")),
            (["/sock/dir", "5433", "x", "ann"], Some("four")),
            (["short", "5432", "x", "y"], None),
            (["none", "5432", "x", "y"], None),
            (["localhost", "1", "x", "y"], Some("five")),
            (["# comment", "1", "x", "y"], None),
        ];
        for (wanted, password) in cases {
            assert_eq!(find(file, *wanted).as_deref(), *password, "{wanted:?}");
        }
    }

    #[test]
    fn a_file_others_can_read_is_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("passfile");
        std::fs::write(&path, "*:*:*:*:secret\n").unwrap();
        for (mode, used) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            let mut warnings = Vec::new();
            assert_eq!(read(&path, &mut warnings).is_some(), used, "{mode:o}");
            assert_eq!(warnings.is_empty(), used, "{mode:o}");
            assert!(!warnings.concat().contains("secret"));
        }
        let mut warnings = Vec::new();
        assert_eq!(read(&directory.path().join("absent"), &mut warnings), None);
        assert!(warnings.is_empty());
        assert_eq!(read(directory.path(), &mut warnings), None);
        assert_eq!(warnings.len(), 1);
    }
}
