//! Whatever is done to an archive, a reader says so.

use super::*;
use crate::error::{Code, Error};

/// Both readers' verdict on damaged bytes: the error of each.
fn verdicts(bytes: &[u8]) -> [Option<Error>; 2] {
    [read_file(bytes).err(), read_pipe(bytes).err()]
}

/// Asserts that both readers refuse `bytes`, with a code of a bad archive.
fn assert_refused(bytes: &[u8], what: &dyn std::fmt::Display) {
    for verdict in verdicts(bytes) {
        let error = verdict.unwrap_or_else(|| panic!("{what} goes unnoticed"));
        assert_eq!(error.code().exit_code(), 7, "{what}: {error:?}");
    }
}

/// Runs `check` on every number below `count`, on a few threads.
pub(super) fn for_each(count: usize, check: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let check = &check;
            scope.spawn(move || (worker..count).step_by(4).for_each(check));
        }
    });
}

#[test]
fn every_flipped_bit_is_noticed() {
    let whole = small_archive();
    for_each(whole.len() * 8, |bit| {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_refused(&bytes, &format_args!("bit {bit}"));
    });
}

#[test]
fn every_truncation_is_noticed_and_called_one() {
    let whole = small_archive();
    for_each(whole.len(), |length| {
        let wanted = if length == 0 { Code::NotAnArchive } else { Code::ArchiveTruncated };
        for verdict in verdicts(&whole[..length]) {
            let error = verdict.unwrap_or_else(|| panic!("{length} bytes pass for an archive"));
            assert_eq!(error.code(), wanted, "{length} bytes: {error:?}");
        }
    });
}

#[test]
fn every_zeroed_block_is_noticed() {
    let whole = small_archive();
    for_each(whole.len() - 64, |at| {
        let mut bytes = whole.clone();
        bytes[at..at + 64].fill(0);
        if bytes != whole {
            for verdict in verdicts(&bytes) {
                assert!(verdict.is_some(), "64 zeroes at {at} go unnoticed");
            }
        }
    });
}

#[test]
fn duplicated_removed_and_swapped_blocks_are_noticed() {
    let whole = small_archive();
    for_each(whole.len() / 32 - 4, |block| {
        let at = block * 32;
        let twice = [&whole[..at + 64], &whole[at..]].concat();
        assert_refused(&twice, &format_args!("the doubled block at {at}"));
        let without = [&whole[..at], &whole[at + 64..]].concat();
        for verdict in verdicts(&without) {
            assert!(verdict.is_some(), "the missing block at {at} goes unnoticed");
        }
        let mut swapped = whole.clone();
        swapped[at..at + 128].rotate_left(64);
        if swapped != whole {
            for verdict in verdicts(&swapped) {
                assert!(verdict.is_some(), "the swapped blocks at {at} go unnoticed");
            }
        }
    });
}

#[test]
fn missing_doubled_and_swapped_frames_are_noticed() {
    let whole = small_archive();
    let borders = frame_borders(&whole);
    assert_eq!(borders.last(), Some(&(whole.len() - 64)));
    for frame in borders.windows(2) {
        let [from, to] = [frame[0], frame[1]];
        let without = [&whole[..from], &whole[to..]].concat();
        assert_refused(&without, &format_args!("the missing frame at {from}"));
        let twice = [&whole[..to], &whole[from..]].concat();
        assert_refused(&twice, &format_args!("the doubled frame at {from}"));
    }
    for frames in borders.windows(3) {
        let [a, b, c] = [frames[0], frames[1], frames[2]];
        let swapped = [&whole[..a], &whole[b..c], &whole[a..b], &whole[c..]].concat();
        assert_refused(&swapped, &format_args!("the swapped frames at {a}"));
    }
}

#[test]
fn a_frame_of_a_sister_archive_is_noticed() {
    let (one, other) = (small_archive(), sister_archive());
    let borders = frame_borders(&one);
    for frame in borders.windows(2).take(borders.len() - 4) {
        let mut bytes = one.clone();
        bytes[frame[0]..frame[1]].copy_from_slice(&other[frame[0]..frame[1]]);
        assert_refused(&bytes, &format_args!("the foreign frame at {}", frame[0]));
    }
}

#[test]
fn anything_behind_the_end_is_noticed() {
    let whole = small_archive();
    let with_newline = [&whole[..], b"\n"].concat();
    for error in verdicts(&with_newline).map(Option::unwrap) {
        assert_eq!(error.code(), Code::ArchiveDamaged);
        assert!(error.what().contains("follow the end record"), "{error}");
    }
    assert_refused(&[&whole[..], &whole[..]].concat(), &"an archive behind the archive");
    assert_refused(&[&whole[..], &sister_archive()[..]].concat(), &"another archive behind it");
}

#[test]
fn an_error_says_frame_offset_and_table() {
    let mut bytes = small_archive();
    // Frames: META, TOC, then the chunks; the first one is of table t.
    let at = frame_borders(&bytes)[2];
    bytes[at + 57] ^= 1;
    for error in verdicts(&bytes).map(Option::unwrap) {
        assert_eq!(error.code(), Code::ArchiveDamaged);
        assert!(error.what().contains(&format!("frame 2 at byte {at}")), "{error}");
        assert_eq!(error.object_name(), Some("TABLE DATA public.t"));
    }
    // The other tables are still readable, and the damage is told once.
    let reader = open(&bytes).unwrap();
    assert!(reader.chunks(EntryId(3)).all(|chunk| Chunk::of(&chunk.unwrap()).is_ok()));
    assert_eq!(reader.check_stored().filter(Result::is_err).count(), 1);
    assert_eq!(reader.items().filter(Result::is_err).count(), 1);
}

#[test]
fn a_broken_pipe_reader_never_claims_completeness() {
    let mut bytes = small_archive();
    let at = frame_borders(&bytes)[2];
    bytes[at + 57] ^= 1;
    let mut reader = PipeReader::new(&bytes[..]).unwrap();
    assert!(reader.next().is_err());
    assert!(reader.next().is_err());
    assert_eq!(reader.totals(), None);
}
