//! Exit codes: what the shell learns.

use std::collections::BTreeSet;
use std::fmt::Write;

use pgx_core::Code;

/// What an exit code other than 0 says, in a few words.
fn meaning(exit_code: u8) -> Option<&'static str> {
    Some(match exit_code {
        1 => "a comparison found differences, or a bug in pgx",
        2 => "usage: options, connection string, manifest, names that match nothing",
        3 => "finished, with skips that were allowed",
        4 => "no connection: server, password, database, pooler",
        5 => "the source failed or was lost",
        6 => "a lock, a conflict or a change on the source; trying again may help",
        7 => "the archive is incomplete, damaged or not readable",
        8 => "the target failed; nothing was changed",
        9 => "the target failed; it was partly changed",
        10 => "the output cannot be written",
        11 => "a privilege is missing",
        12 => "the outcome is unknown: the connection broke during COMMIT",
        130 => "interrupted (SIGINT)",
        143 => "terminated (SIGTERM)",
        _ => return None,
    })
}

/// The exit codes that [`Code`] knows, in order.
fn exit_codes() -> BTreeSet<u8> {
    Code::ALL.iter().map(|code| code.exit_code()).collect()
}

/// The table for `--help`.
pub(crate) fn table() -> String {
    let mut table = String::from("Exit codes:\n    0  done");
    for exit_code in exit_codes() {
        let meaning = meaning(exit_code).unwrap_or("another failure");
        let _ = write!(table, "\n  {exit_code:>3}  {meaning}");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_is_explained_and_every_explanation_is_used() {
        for exit_code in 1..=u8::MAX {
            let known = exit_codes().contains(&exit_code);
            assert_eq!(meaning(exit_code).is_some(), known, "{exit_code}");
        }
    }

    #[test]
    fn the_page_of_errors_lists_every_code() {
        let page = include_str!("../../../docs/errors.md");
        for code in Code::ALL {
            let row = format!("| {code} | {} | {} |", code.exit_code(), code.meaning());
            assert!(page.lines().any(|line| line.starts_with(&row)), "{row}");
        }
        let listed = page.lines().filter(|line| line.starts_with("| E")).count();
        assert_eq!(listed, Code::ALL.len());
    }
}
