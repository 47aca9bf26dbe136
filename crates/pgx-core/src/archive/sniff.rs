//! What an input is when it is not an archive.

use super::cluster;
use super::defect::{self, Defect, Place};
use super::header::MAGIC;
use crate::error::{Code, Error};

const PG_RESTORE: &str = "restore it with pg_restore";
const PSQL: &str = "restore it with psql";

/// Beginnings of files that people have instead of an archive: what they are, what to do with them.
const KNOWN: &[(&[u8], &str, &str)] = &[
    (b"PGDMP", "a pg_dump archive in custom format", PG_RESTORE),
    (b"toc.dat\0", "a pg_dump archive in tar format", PG_RESTORE),
    (b"\x1f\x8b", "a gzip file", "unpack it with gunzip first"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it with zstd -d first"),
    (b"\x04\x22\x4d\x18", "an lz4 file", "unpack it with lz4 -d first"),
    (b"BZh", "a bzip2 file", "unpack it with bunzip2 first"),
    (b"\xfd7zXZ\0", "an xz file", "unpack it with xz -d first"),
    (b"--", "an SQL script", PSQL),
    (b"SET ", "an SQL script", PSQL),
    (b"CREATE ", "an SQL script", PSQL),
    (b"\\", "an SQL script for psql", PSQL),
];

/// Why an input that begins with `start` cannot be read, unless it begins as an archive does.
///
/// `start` is the first 64 bytes, or all there are.
pub(super) fn refuse(start: &[u8]) -> Option<Error> {
    let head = start.get(..MAGIC.len()).unwrap_or(start);
    if start.is_empty() {
        return Some(
            not_an_archive("the input is empty").hint("was the command that made it interrupted?"),
        );
    }
    if head == MAGIC {
        return None;
    }
    if head == cluster::MAGIC {
        return Some(
            not_an_archive("the input is a cluster archive, of several databases")
                .hint("name one of them with --database"),
        );
    }
    if MAGIC.starts_with(head) || cluster::MAGIC.starts_with(head) {
        return Some(defect::truncated(start.len() as u64));
    }
    let known = KNOWN.iter().find(|(prefix, ..)| start.starts_with(prefix));
    Some(match known {
        Some((_, what, hint)) => not_an_archive(&format!("the input is {what}")).hint(*hint),
        None if resembles_magic(head) => damaged_magic(),
        None => not_an_archive("the input is not a pgx archive"),
    })
}

fn not_an_archive(what: &str) -> Error {
    Error::new(Code::NotAnArchive, what)
}

/// Most of the magic number is there.
fn resembles_magic(head: &[u8]) -> bool {
    let same = head.iter().zip(MAGIC).filter(|&(&found, wanted)| found == wanted).count();
    same + 2 >= MAGIC.len() || head.get(1..4) == Some(b"PGX")
}

fn damaged_magic() -> Error {
    Defect::damaged("the first bytes were changed").at(Place::byte(0)).note(
        "a transfer in text mode, or through something that is not 8-bit clean, changes them so",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(start: &[u8]) -> Option<Code> {
        refuse(start).map(|error| error.code())
    }

    #[test]
    fn other_files_are_named() {
        assert_eq!(code(b""), Some(Code::NotAnArchive));
        for (start, word) in [
            (&b"PGDMP\x01\x0e"[..], "custom"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"--\n-- PostgreSQL database dump\n", "SQL"),
            (b"hello", "not a pgx archive"),
        ] {
            let error = refuse(start).unwrap();
            assert_eq!(error.code(), Code::NotAnArchive);
            assert!(error.what().contains(word), "{error}");
        }
    }

    #[test]
    fn a_damaged_or_cut_magic_is_told_from_another_file() {
        assert_eq!(code(&MAGIC), None);
        assert_eq!(code(&MAGIC[..5]), Some(Code::ArchiveTruncated));
        assert_eq!(code(b"\x89PGX\n\x1a\nxxxx"), Some(Code::ArchiveDamaged));
        assert_eq!(code(b"\x09PGX\r\n\x1a\n"), Some(Code::ArchiveDamaged));
        assert_eq!(code(b"\x88PGX\r\n\x1a\n"), Some(Code::ArchiveDamaged));
    }
}
