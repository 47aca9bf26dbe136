//! Damage of every kind at every place.

use std::collections::BTreeSet;
use std::ops::Range;

use super::*;

/// Two tables in chunks that interleave, one of them with rows over several chunks, an empty table,
/// and a table of contents in two frames.
const CHUNKS: [Written; 8] = [
    (4, 1, 0, "3\n4\n"),
    (5, 0, 0, "a long ro"),
    (5, 0, 1, "w over thr"),
    (5, 0, 2, "ee chunks\nand a short one\n"),
    (4, 0, 0, "1\n"),
    (5, 1, 0, "another range\n"),
    (4, 0, 1, "2\n"),
    (4, 0, 2, "the same again\nthe same again\nthe same again\nthe same again\n"),
];

fn toc() -> [Vec<Entry>; 2] {
    let definitions = vec![
        entry(1, Kind::Table, "t", &[]),
        entry(2, Kind::Table, "wide", &[]),
        entry(3, Kind::Table, "none", &[]),
    ];
    let rows = vec![rows_of(4, "t", &[1]), rows_of(5, "wide", &[2]), rows_of(6, "none", &[3])];
    [definitions, rows]
}

struct Bench {
    bytes: Vec<u8>,
    rows: BTreeMap<String, String>,
    /// Where each table's frames lie.
    own: BTreeMap<String, Vec<Range<usize>>>,
    /// Where header and META lie.
    head: Range<usize>,
    toc: Range<usize>,
}

impl Bench {
    fn new() -> Bench {
        let toc = toc();
        let made = Made { toc: &[&toc[0], &toc[1]], chunks: &CHUNKS };
        let bytes = made.bytes();
        let names = [(4, "t"), (5, "wide"), (6, "none")];
        let rows = names.map(|(id, name)| (name.to_owned(), made.text(id))).into();
        let frames = frames(&bytes);
        let own = |id: u32| {
            let ours = |frame: &&Range<usize>| number_at(&bytes, frame.start + 8) == id;
            frames.iter().filter(ours).cloned().collect()
        };
        let own = names.map(|(id, name)| (name.to_owned(), own(id))).into();
        let (head, toc) = (0..frames[0].end, frames[1].start..frames[2].end);
        Bench { bytes, rows, own, head, toc }
    }

    /// Judges what is salvaged of `bytes`, which differ from the archive in `touched` alone.
    fn judge(&self, bytes: &[u8], touched: &Range<usize>, what: &str) {
        let meets = |other: &Range<usize>| other.start < touched.end && touched.start < other.end;
        let survey = match survey(bytes) {
            Ok(survey) => survey,
            Err(error) => {
                assert_eq!(error.code().exit_code(), 7, "{what}: {error:?}");
                assert!(meets(&self.head) || meets(&self.toc), "{what}: {error:?}");
                return;
            }
        };
        self.judge_tables(&survey, what);
        let whole = |name: &str| {
            survey.tables().iter().any(|t| t.name.name == name && t.state == State::Whole)
        };
        for (name, frames) in &self.own {
            let untouched = !frames.iter().any(meets) && !meets(&self.toc);
            assert!(whole(name) || !untouched, "{what}: {name} is there and was not found");
        }
        if survey.is_complete() {
            let all = (toc().concat(), self.rows.clone());
            assert_eq!(repaired(&survey, false), all, "{what}: a loss is not told");
        }
    }

    fn judge_tables(&self, survey: &Survey, what: &str) {
        let (entries, rows) = repaired(survey, false);
        let (_, more) = repaired(survey, true);
        for table in survey.tables() {
            let name = &table.name.name;
            let original = &self.rows[name];
            let total = original.lines().count() as u64;
            assert!(table.of.is_none_or(|of| of == total), "{what}: {table:?}");
            assert!(table.rows <= total, "{what}: {table:?}");
            if table.state == State::Whole {
                assert!(rows.get(name).is_none_or(|rows| rows == original), "{what}: {name}");
            } else {
                assert_eq!(rows.get(name), None, "{what}: {name} is not whole");
            }
        }
        for (name, rows) in &more {
            let original: BTreeSet<&str> = self.rows[name].lines().collect();
            assert!(rows.lines().all(|row| original.contains(row)), "{what}: {name}: {rows:?}");
        }
        assert!(entries.iter().zip(1..).all(|(entry, number)| entry.id.0 == number), "{what}");
    }
}

fn number_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Where the frames lie.
fn frames(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut at = 64;
    let mut frames = Vec::new();
    while at < bytes.len() - 64 {
        let end = at + 56 + number_at(bytes, at + 24) as usize;
        frames.push(at..end);
        at = end;
    }
    frames
}

/// Runs `check` on every number below `count`, on a few threads.
fn for_each(count: usize, check: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let check = &check;
            scope.spawn(move || (worker..count).step_by(4).for_each(check));
        }
    });
}

#[test]
fn of_an_undamaged_archive_everything_is_salvaged() {
    let bench = Bench::new();
    let survey = survey(&bench.bytes).unwrap();
    assert!(survey.is_complete() && survey.damage().is_nothing());
    assert!(survey.plan(false).left_out().is_empty());
    let (entries, rows) = repaired(&survey, false);
    assert_eq!((entries, rows), (toc().concat(), bench.rows.clone()));
    let meta = survey.repaired_meta();
    assert_eq!(meta.request, format!("salvaged from {}; -t x", survey.uuid()));
}

#[test]
fn a_salvaged_archive_is_another_one() {
    let bench = Bench::new();
    let first = survey(&bench.bytes).unwrap();
    let written = first.write(&first.plan(false), Vec::new(), &Interrupt::new(), &Silent);
    let (bytes, totals) = written.unwrap();
    assert_ne!(totals.uuid, first.uuid());
    let again = survey(&bytes).unwrap();
    assert!(again.is_complete());
    assert_eq!(repaired(&again, false).1, bench.rows);
}

#[test]
fn every_changed_byte() {
    let bench = Bench::new();
    for_each(bench.bytes.len(), |at| {
        let mut bytes = bench.bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        bench.judge(&bytes, &(at..at + 1), &format!("byte {at} changed"));
    });
}

#[test]
fn every_zeroed_block() {
    let bench = Bench::new();
    for_each(bench.bytes.len() - 63, |at| {
        let mut bytes = bench.bytes.clone();
        bytes[at..at + 64].fill(0);
        bench.judge(&bytes, &(at..at + 64), &format!("64 bytes zeroed at {at}"));
    });
}

/// Then nothing but the frames themselves says what there was.
#[test]
fn every_zeroed_block_of_an_archive_without_an_index() {
    let bench = Bench::new();
    let frames = frames(&bench.bytes);
    let index = &frames[frames.len() - 2];
    for_each(index.start - 63, |at| {
        let mut bytes = bench.bytes[..index.start].to_vec();
        bytes[at..at + 64].fill(0);
        bench.judge(&bytes, &(at..at + 64), &format!("64 bytes zeroed at {at}, no index"));
    });
}

#[test]
fn every_cut() {
    let bench = Bench::new();
    for_each(bench.bytes.len(), |length| {
        let cut = length..bench.bytes.len();
        bench.judge(&bench.bytes[..length], &cut, &format!("cut at {length}"));
    });
}

#[test]
fn lost_and_doubled_blocks() {
    let bench = Bench::new();
    for_each((bench.bytes.len() - 100) / 4, |nth| {
        let at = 4 * nth;
        let without = [&bench.bytes[..at], &bench.bytes[at + 100..]].concat();
        bench.judge(&without, &(at..at + 100), &format!("100 bytes lost at {at}"));
        let twice = [&bench.bytes[..at + 100], &bench.bytes[at..]].concat();
        bench.judge(&twice, &(at..at + 100), &format!("100 bytes doubled at {at}"));
    });
}

#[test]
fn frames_at_other_places_are_found_by_what_they_say() {
    let bench = Bench::new();
    let frames = frames(&bench.bytes);
    let part = |range: &Range<usize>| &bench.bytes[range.clone()];
    let mut backwards = bench.bytes[..64].to_vec();
    frames.iter().rev().for_each(|frame| backwards.extend(part(frame)));
    let twice = [&bench.bytes[..], &bench.bytes[..]].concat();
    for bytes in [backwards, twice] {
        let survey = survey(&bytes).unwrap();
        assert!(survey.is_complete());
        assert_eq!(repaired(&survey, false).1, bench.rows);
    }
}

#[test]
fn the_end_record_tells_which_archive_it_is_when_the_header_cannot() {
    let bench = Bench::new();
    let mut bytes = bench.bytes.clone();
    bytes[..64].fill(0);
    assert!(survey(&bytes).unwrap().is_complete());
    let cut = bytes.len() - 1;
    assert_eq!(survey(&bytes[..cut]).err().unwrap().code(), Code::NotAnArchive);
    // Neither is right, and the UUID still stands in the header; or it does not.
    let mut bytes = bench.bytes[..cut].to_vec();
    bytes[12] ^= 1;
    assert!(survey(&bytes).unwrap().is_complete());
    bytes[20] ^= 1;
    assert_eq!(survey(&bytes).err().unwrap().code(), Code::ArchiveDamaged);
}

#[test]
fn without_index_and_end_a_loss_is_told_and_its_size_is_not() {
    let bench = Bench::new();
    let wide = &bench.own["wide"];
    // Its last chunk but one and all that follows are gone.
    let survey = survey(&bench.bytes[..wide[3].start]).unwrap();
    let state = |name: &str| {
        let table = survey.tables().iter().find(|table| table.name.name == name).unwrap();
        (table.state, table.rows, table.of)
    };
    assert_eq!(state("wide"), (State::Partial, 2, None));
    assert_eq!(state("t"), (State::Partial, 3, None));
    assert_eq!(state("none"), (State::Gone, 0, None));
    assert!(survey.damage().cut);
}

#[test]
fn a_chunk_that_may_begin_inside_a_row_is_left_out() {
    let bench = Bench::new();
    let frames = frames(&bench.bytes);
    let without_header = |table: &str, n: usize| {
        let mut bytes = bench.bytes[..frames[frames.len() - 2].start].to_vec();
        let start = bench.own[table][n].start;
        bytes[start..start + 56].fill(0);
        let survey = survey(&bytes).unwrap();
        repaired(&survey, true).1[table].clone()
    };
    // The chunk behind it goes on with its row, and nothing says so.
    assert_eq!(without_header("wide", 1), "another range\n");
    // Of range 0 the first chunk stands elsewhere than directly before the second.
    assert_eq!(without_header("t", 1), bench.rows["t"].replacen("1\n", "", 1));
}

#[test]
fn a_row_that_lost_a_part_is_lost_and_its_neighbours_are_not() {
    let bench = Bench::new();
    let mut bytes = bench.bytes.clone();
    bytes[bench.own["wide"][1].end - 1] ^= 1;
    let survey = survey(&bytes).unwrap();
    let wide = &survey.tables()[1];
    assert_eq!((wide.state, wide.rows, wide.of), (State::Partial, 1, Some(3)));
    assert_eq!(repaired(&survey, true).1["wide"], "another range\n");
    assert_eq!(repaired(&survey, true).1["t"], bench.rows["t"]);
    let left_out: Vec<String> =
        survey.plan(false).left_out().iter().map(|l| l.to_string()).collect();
    assert_eq!(left_out, ["TABLE DATA wide on public.wide: 1 of 3 rows can be read"]);
}
