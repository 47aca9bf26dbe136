//! Services: settings under a name, in a file. Source: "The Connection Service File" of PostgreSQL's
//! documentation of libpq.

use std::io;
use std::path::{Path, PathBuf};

use super::keyword::Settings;
use crate::error::{Code, Error, Result};

/// Where a machine's administrator keeps services, if `PGSYSCONFDIR` does not say: PostgreSQL's own
/// place, then those of Debian and Red Hat.
const SYSTEM_DIRECTORIES: &[&str] =
    &["/usr/local/pgsql/etc", "/etc/postgresql-common", "/etc/sysconfig/pgsql"];

/// A service file.
struct Candidate {
    path: PathBuf,
    /// The user named it.
    named: bool,
}

/// Takes what the service says and nobody has said so far.
///
/// # Errors
/// [`Code::Conninfo`]: there is no such service, or its file is malformed. No value is repeated.
pub(super) fn fill(settings: &mut Settings, env: &dyn Fn(&str) -> Option<String>) -> Result<()> {
    let filled = |name: &str| env(name).filter(|value| !value.is_empty());
    let Some(service) = settings.get("service").map(str::to_owned).or_else(|| filled("PGSERVICE"))
    else {
        return Ok(());
    };
    let named = settings.get("servicefile").map(str::to_owned).or_else(|| filled("PGSERVICEFILE"));
    let files = candidates(named, &filled);
    for file in &files {
        if let Some(text) = read(file)?
            && let Some(lines) = section(&text, &service)
        {
            return take(lines, file, settings);
        }
    }
    let error = Error::new(Code::Conninfo, "no service file has the service that is named")
        .object(format!("service {service:?}"))
        .hint("check the name; PGSERVICEFILE names the file");
    Err(files
        .iter()
        .fold(error, |error, file| error.note(format!("not in {}", file.path.display()))))
}

/// The user's own file, then the machine's.
fn candidates(named: Option<String>, env: &dyn Fn(&str) -> Option<String>) -> Vec<Candidate> {
    let own = match named {
        Some(path) => Some(Candidate { path: path.into(), named: true }),
        None => env("HOME").map(|home| Candidate {
            path: Path::new(&home).join(".pg_service.conf"),
            named: false,
        }),
    };
    let directories = match env("PGSYSCONFDIR") {
        Some(directory) => vec![directory],
        None => SYSTEM_DIRECTORIES.iter().map(|&directory| directory.to_owned()).collect(),
    };
    let system = directories.into_iter().map(|directory| Candidate {
        path: Path::new(&directory).join("pg_service.conf"),
        named: false,
    });
    own.into_iter().chain(system).collect()
}

/// A file that nobody named need not be there.
fn read(file: &Candidate) -> Result<Option<String>> {
    match std::fs::read(&file.path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !file.named => Ok(None),
        Err(error) => Err(Error::new(Code::Conninfo, "the service file cannot be read")
            .object(format!("file {}", file.path.display()))
            .source(error)),
    }
}

/// The lines below `[service]`, with their numbers.
fn section<'t>(text: &'t str, service: &str) -> Option<Vec<(usize, &'t str)>> {
    let mut lines = text.lines().map(str::trim).enumerate();
    lines.find(|(_, line)| heading(line) == Some(service))?;
    let lines = lines.take_while(|(_, line)| !line.starts_with('['));
    Some(lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect())
}

fn heading(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.split(']').next()
}

fn take(lines: Vec<(usize, &str)>, file: &Candidate, settings: &mut Settings) -> Result<()> {
    for (number, line) in lines {
        let at = |what: &str| {
            let place = format!("line {} of file {}", number + 1, file.path.display());
            Error::new(Code::Conninfo, what).object(place)
        };
        let (name, value) = line.split_once('=').ok_or_else(|| {
            at("a line of the service file is not of the form name=value")
                .hint("LDAP lookups are not supported")
        })?;
        if ["service", "servicefile"].contains(&name) {
            return Err(at("a service cannot name another service"));
        }
        if !settings.fill(name, value) {
            return Err(at("the service file has an unknown setting")
                .hint("write name=value without blanks around the ="));
        }
    }
    Ok(())
}
