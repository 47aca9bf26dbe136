//! The next step for errors that name none of their own: that of their code, as in docs/errors.md.

use pgx_core::{Code, Error};

/// The error with a hint. An interruption needs none: whoever interrupted knows what comes next.
pub(crate) fn add(error: Error) -> Error {
    match of_code(error.code()) {
        Some(step) => error.hint(step),
        None => error,
    }
}

fn of_code(code: Code) -> Option<&'static str> {
    of_request(code).or_else(|| of_source(code)).or_else(|| of_archive(code)).or(match code {
        Code::TargetFailed => Some("mend the cause and restore again"),
        Code::ObjectExists => Some("restore into an empty database, or use --create"),
        Code::RoleMissing => Some("create the role, or use --no-owner and --no-privileges"),
        Code::ExtensionMissing => Some("install the extension on the target server"),
        Code::RowRejected => Some("mend the row or the table, and restore again"),
        Code::TargetLost => Some("see the server's log, then restore again"),
        Code::TargetUnfit => Some("compare `pgx inspect` with the target"),
        Code::TargetPartial => Some("read what was done; remove it or go on from there"),
        Code::InDoubt => Some("look at the target: it holds either everything or nothing"),
        _ => None,
    })
}

fn of_request(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::Usage => "see `pgx COMMAND --help`",
        Code::Conninfo => "check the connection string and the PG… variables of the environment",
        Code::Manifest => "docs/manifest.md says what such a file may hold",
        Code::NoMatch => "check the spelling; names fold to lower case outside double quotes",
        Code::MissingParent => "add the tables named, or set foreign_keys to follow or ignore",
        Code::Unsupported => "leave the objects out, or use --skip-unsupported",
        Code::OutputExists => "choose another name, or use --force to replace the file",
        Code::OutputFull => "free space, or write elsewhere",
        Code::OutputFailed => "check the directory and its permissions",
        _ => return None,
    })
}

fn of_source(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::ConnectFailed => "check host and port, and that a PostgreSQL server answers there",
        Code::AuthFailed => "check the user, the password and pg_hba.conf",
        Code::NoDatabase => "name an existing database",
        Code::Pooler => "connect to the server itself, or through a pooler in session mode",
        Code::ServerUnsupported => "use a server of version 10 to 19",
        Code::Insecure => "mend what is named, or ask for less",
        Code::SourceLost => "see the server's log, then dump again",
        Code::SourceFailed => "mend what the server's message says, then run the command again",
        Code::Locked => "wait for the other session, or raise --lock-wait-timeout",
        Code::Conflict => "try again",
        Code::SourceChanged => "try again when nobody changes definitions",
        Code::Denied => "use a role or user that has the privilege",
        _ => return None,
    })
}

fn of_archive(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::ArchiveTruncated | Code::ArchiveDamaged => "use another copy, or take a new dump",
        Code::NotAnArchive => "check the file's name",
        Code::ArchiveNewer => "use a newer pgx",
        Code::InputFailed => "check that the file exists and can be read",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_that_is_no_interruption_has_a_next_step() {
        let own = [Code::Differs, Code::Internal, Code::Skipped, Code::NotPublished];
        for &code in Code::ALL.iter().filter(|code| !own.contains(code)) {
            assert_eq!(of_code(code).is_some(), code.exit_code() < 128, "{code}");
        }
    }

    #[test]
    fn a_step_of_its_own_is_kept() {
        let error = add(Error::new(Code::Usage, "x").hint("do that"));
        assert_eq!(error.hint_text(), Some("do that"));
    }
}
