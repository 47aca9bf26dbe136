//! Damage, and what is left after it.

use super::*;
use crate::support::{assert_same, each_version, newest};

const ALL: [&str; 6] = ["by_1", "by_2", "child", "empty", "parent", "tree"];

#[test]
fn a_damaged_table_is_left_out_and_the_others_are_restored() {
    each_version(|server| {
        let bench = Bench::new(server, 300);
        let bytes = bench.damaged(&bench.chunks("parent")[0]);
        let salvaged = bench.salvage(&bytes, &[]).ended(3);
        pgx(&["verify", arg(&bench.path("damaged.pgx"))]).fails(7);
        assert_eq!(salvaged.state("public.parent").2, "GONE");
        assert_eq!(salvaged.state("public.child"), ("100".into(), "100".into(), "whole".into()));
        salvaged.said("left out: TABLE DATA parent on public.parent: none of its 300 rows");
        salvaged.said("left out: FK CONSTRAINT child_id_fkey on public.child: it refers to");
        let mut rest = names(&ALL);
        rest.remove("parent");
        assert_eq!(salvaged.tables(), rest);
        salvaged.rows_equal(&bench.database);
        let copy = salvaged.restored(server);
        assert_eq!(copy.value("SELECT count(*) FROM parent"), "0");
        assert_eq!(keys(&copy), ["tree_up_fkey"]);
        assert_eq!(copy.value("INSERT INTO tree DEFAULT VALUES RETURNING id"), "101");
    });
}

#[test]
fn rows_that_can_be_read_of_a_damaged_table_are_kept_on_request() {
    let Some(server) = newest() else { return };
    let bench = Bench::new(&server, 60_000);
    let chunks = bench.chunks("parent");
    assert!(chunks.len() >= 3, "only {} chunks", chunks.len());
    let salvaged = bench.salvage(&bench.damaged(&chunks[1]), &["--partial"]).ended(3);
    let (rows, of, state) = salvaged.state("public.parent");
    assert_eq!((of.as_str(), state.as_str()), ("60000", "LOST ROWS"));
    assert!((1..60_000).contains(&rows.parse::<u32>().unwrap()), "{rows}");
    salvaged.said(&format!("kept in part: {rows} of 60000 rows of public.parent"));
    assert_eq!(salvaged.tables(), names(&ALL));
    let copy = salvaged.restored(&server);
    assert_eq!(copy.value("SELECT count(*) FROM parent"), rows);
    let all = "SELECT parent::text FROM parent";
    let original: BTreeSet<_> = bench.database.rows(all).into_iter().collect();
    assert!(copy.rows(all).iter().all(|row| original.contains(row)), "a row was made up");
    assert_eq!(keys(&copy), ["tree_up_fkey"]);
}

#[test]
fn a_row_longer_than_chunks_is_kept_whole_or_not_at_all() {
    let Some(server) = newest() else { return };
    let bench = Bench::new(&server, 10);
    // 12 MB that do not compress well, between short rows.
    bench.database.sql(
        "INSERT INTO parent SELECT 11, string_agg(md5(i::text), '') FROM generate_series(1, 375000) i;
         INSERT INTO parent VALUES (12, 'short')",
    );
    let archive = Archive::of(&bench.database);
    let bytes = fs::read(archive.path()).unwrap();
    let frames = frames(&bytes, &FileReader::open(archive.path()).unwrap());
    let bench = Bench { bytes, frames, ..bench };
    let chunks = bench.chunks("parent");
    assert!(chunks.len() >= 3, "only {} chunks", chunks.len());
    let mut n_kept = 0;
    for (n, chunk) in chunks.iter().enumerate() {
        let salvaged = bench.salvage(&bench.damaged(chunk), &["--partial"]).ended(3);
        let (rows, of, _) = salvaged.state("public.parent");
        assert_eq!(of, "12", "chunk {n}");
        let copy = salvaged.restored(&server);
        assert_eq!(copy.value("SELECT count(*) FROM parent"), rows, "chunk {n}");
        let long = copy.value("SELECT max(length(note)) FROM parent");
        assert!(["", "5", "256", "12000000"].contains(&long.as_str()), "chunk {n}: {long}");
        n_kept += usize::from(long == "12000000");
    }
    assert!(n_kept < chunks.len(), "no chunk holds a part of the long row");
}

#[test]
fn of_a_dump_that_was_cut_off_what_was_written_is_restored() {
    let Some(server) = newest() else { return };
    let bench = Bench::new(&server, 60_000);
    let chunks = bench.chunks("parent");
    for cut in [chunks[0].end, chunks[1].start + 100, chunks[2].start + FRAME_HEADER] {
        let salvaged = bench.salvage(&bench.bytes[..cut], &["--partial"]).ended(3);
        salvaged.said("no end record");
        let (rows, of, state) = salvaged.state("public.parent");
        assert_eq!((of.as_str(), state.as_str()), ("?", "LOST ROWS"));
        assert_eq!(salvaged.restored(&server).value("SELECT count(*) FROM parent"), rows);
    }
}

#[test]
fn without_index_and_end_nothing_is_lost() {
    let Some(server) = newest() else { return };
    let bench = Bench::new(&server, 300);
    let index = bench.frames.iter().find(|frame| frame.kind == INDEX).unwrap().place.clone();
    let mut zeroed = bench.bytes.clone();
    zeroed[index.start..].fill(0);
    let changed = bench.damaged(&index);
    let cut_one = bench.bytes[..bench.bytes.len() - 1].to_vec();
    for bytes in [zeroed, changed, cut_one, bench.bytes[..index.start + 60].to_vec()] {
        let salvaged = bench.salvage(&bytes, &[]).ended(0);
        salvaged.said("nothing was lost");
        salvaged.rows_equal(&bench.database);
        assert_same(&bench.database, &salvaged.restored(&server));
    }
}

#[test]
fn frames_in_any_order_are_one_archive() {
    let Some(server) = newest() else { return };
    let bench = Bench::new(&server, 60_000);
    // Every second frame of the file, then the others: streams interleave, and their parts swap.
    let (even, odd): (Vec<_>, Vec<_>) =
        bench.frames.iter().enumerate().partition(|(at, _)| at % 2 == 1);
    let mut bytes = bench.bytes[..BORDER].to_vec();
    for (_, frame) in even.into_iter().chain(odd) {
        bytes.extend(&bench.bytes[frame.place.clone()]);
    }
    let salvaged = bench.salvage(&bytes, &[]).ended(0);
    salvaged.rows_equal(&bench.database);
    assert_same(&bench.database, &salvaged.restored(&server));
}

#[test]
fn an_undamaged_archive_is_copied_chunk_by_chunk() {
    let Some(server) = newest() else { return };
    let bench = Bench::new(&server, 60_000);
    let salvaged = bench.salvage(&bench.bytes, &[]).ended(0);
    let original = FileReader::open(&bench.path("damaged.pgx")).unwrap();
    let repaired = FileReader::open(&salvaged.repaired).unwrap();
    assert_eq!(original.toc(), repaired.toc());
    assert_eq!(original.streams(), repaired.streams());
    assert_ne!(original.totals().uuid, repaired.totals().uuid);
    let request = format!("salvaged from {}", original.totals().uuid);
    assert_eq!(repaired.meta().request, request);
}

#[test]
fn a_damaged_table_of_contents_costs_what_it_listed() {
    let Some(server) = newest() else { return };
    let database = TestDb::new(&server);
    // More than one frame of definitions: functions of 300 kB.
    let body = "-- a line of a function that is long because it has many of them\n".repeat(4_600);
    let functions = (1..=8).map(|n| {
        format!("CREATE FUNCTION f{n}() RETURNS int LANGUAGE sql AS $f$ {body} SELECT {n} $f$;")
    });
    database.sql(&functions.collect::<String>());
    database.sql("CREATE TABLE kept (id int); INSERT INTO kept VALUES (1), (2);");
    let archive = Archive::of(&database);
    let bytes = fs::read(archive.path()).unwrap();
    let frames = frames(&bytes, &FileReader::open(archive.path()).unwrap());
    let bench = Bench { database, bytes, frames, folder: tempfile::tempdir().unwrap() };
    let toc: Vec<&Frame> = bench.frames.iter().filter(|frame| frame.kind == 2).collect();
    assert!(toc.len() >= 3, "only {} frames", toc.len());
    let salvaged = bench.salvage(&bench.damaged(&toc[1].place), &[]).ended(3);
    salvaged.said("the table of contents lacks entries");
    let copy = salvaged.restored(&server);
    assert_eq!(copy.value("SELECT sum(id) FROM kept"), "3");
    let functions = copy.value("SELECT count(*) FROM pg_proc WHERE proname ~ '^f[1-8]$'");
    assert!((1..8).contains(&functions.parse::<u32>().unwrap()), "{functions}");
}
