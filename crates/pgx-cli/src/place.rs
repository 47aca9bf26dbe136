//! An argument that names an archive or a database.

use std::path::Path;

use pgx_core::archive::{Arrival, Input};
use pgx_core::connect::Interrupt;
use pgx_core::{Code, Error, Result};

use crate::args::member::MemberArgs;
use crate::input;

/// Whether an argument names an archive: stdin, a file that is there, or what looks like a file's name.
/// `dbname=…` names a database in any case.
pub(crate) fn is_archive(argument: &str) -> bool {
    if argument.contains("://") || argument.contains('=') && !Path::new(argument).exists() {
        return false;
    }
    argument == "-"
        || argument.contains('/')
        || argument.ends_with(".pgx")
        || Path::new(argument).is_file()
}

/// The archive of one database; of a cluster archive, the member that is asked for.
///
/// # Errors
/// As [`input::arrival`]; [`Code::Usage`]: a member of a cluster archive must be named.
pub(crate) fn archive(argument: &str, member: &MemberArgs, interrupt: &Interrupt) -> Result<Input> {
    match (Arrival::of(input::open(argument, interrupt)?)?, member.what()) {
        (Arrival::Archive(input), _) => Ok(input),
        (Arrival::Cluster(cluster), Some(what)) => cluster.member(|one| member.is(one), &what),
        (Arrival::Cluster(_), None) => {
            Err(Error::new(Code::Usage, "a cluster archive is taken one by one here")
                .object(argument)
                .hint("name one of its databases with --database, or --globals-only"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_and_databases_are_told_apart() {
        for archive in ["-", "shop.pgx", "./shop", "/a/shop"] {
            assert!(is_archive(archive), "{archive}");
        }
        for database in ["shop", "postgres://db/shop.pgx", "host=/tmp dbname=shop"] {
            assert!(!is_archive(database), "{database}");
        }
    }
}
