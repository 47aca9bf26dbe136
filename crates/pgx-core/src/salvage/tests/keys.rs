//! What must go with what is lost.

use super::*;

/// A parent with its key, a child that refers to it, and a table that refers to itself.
fn toc() -> Vec<Entry> {
    vec![
        entry(1, Kind::Table, "parent", &[]),
        entry(2, Kind::Table, "child", &[]),
        entry(3, Kind::Table, "tree", &[]),
        rows_of(4, "parent", &[1]),
        rows_of(5, "child", &[2]),
        rows_of(6, "tree", &[3]),
        entry_on(7, Kind::Constraint, "parent_pkey", "parent", &[1]),
        entry_on(8, Kind::Constraint, "tree_pkey", "tree", &[3]),
        entry_on(9, Kind::ForeignKey, "child_fkey", "child", &[1, 2, 7]),
        entry_on(10, Kind::ForeignKey, "tree_fkey", "tree", &[3, 8]),
        entry_on(11, Kind::Trigger, "on_child", "child", &[2]),
    ]
}

const CHUNKS: [Written; 6] = [
    (4, 0, 0, "1\n"),
    (4, 0, 1, "2\n"),
    (5, 0, 0, "1\n"),
    (5, 0, 1, "2\n"),
    (6, 0, 0, "1\n"),
    (6, 0, 1, "2\n"),
];

/// The survey of the archive with the `n`th chunks damaged.
fn damaged(n: &[usize]) -> Survey {
    let toc = toc();
    damaged_of(&Made { toc: &[&toc], chunks: &CHUNKS }, n, 2)
}

/// Damages the `n`th frames from the `first` on.
fn damaged_of(made: &Made<'_>, n: &[usize], first: usize) -> Survey {
    let mut bytes = made.bytes();
    let syncs: Vec<usize> =
        (0..bytes.len() - 4).filter(|&at| bytes[at..].starts_with(b"PGXf")).collect();
    n.iter().for_each(|n| bytes[syncs[first + n] + 56] ^= 1);
    survey(&bytes).unwrap()
}

fn left_out(survey: &Survey, partial: bool) -> Vec<String> {
    survey.plan(partial).left_out().iter().map(|left| left.to_string()).collect()
}

#[test]
fn a_key_to_a_table_that_lost_rows_is_left_out() {
    let survey = damaged(&[0]);
    let key =
        "FK CONSTRAINT child_fkey on public.child: it refers to public.parent, which lost rows";
    let rows = "TABLE DATA parent on public.parent: 1 of 2 rows can be read";
    assert_eq!(left_out(&survey, false), [rows, key]);
    assert_eq!(left_out(&survey, true), [key]);
    let (entries, rows) = repaired(&survey, true);
    assert_eq!(rows["parent"], "2\n");
    assert_eq!(entries.iter().filter(|entry| entry.kind == Kind::ForeignKey).count(), 1);
    assert_eq!(entries.last().unwrap().id.0, 10);
    assert_eq!(entries.last().unwrap().deps, [EntryId(2)]);
}

#[test]
fn a_key_of_a_table_that_lost_rows_stays() {
    let survey = damaged(&[3]);
    assert_eq!(left_out(&survey, true), [""; 0]);
    assert_eq!(left_out(&survey, false).len(), 1);
}

#[test]
fn a_key_to_the_own_table_goes_with_its_rows() {
    let survey = damaged(&[4]);
    let key = "FK CONSTRAINT tree_fkey on public.tree: it refers to public.tree, which lost rows";
    assert_eq!(left_out(&survey, true), [key]);
    // Of no rows none refers to a missing one.
    assert_eq!(left_out(&survey, false).len(), 1);
}

#[test]
fn a_key_to_a_partitioned_table_goes_with_the_rows_of_a_partition() {
    let partitioned = Entry { partitioned: true, ..entry(1, Kind::Table, "parent", &[]) };
    let toc = vec![
        partitioned,
        entry(2, Kind::Table, "part", &[]),
        entry(3, Kind::Table, "child", &[]),
        entry_on(4, Kind::TableAttach, "part", "parent", &[1, 2]),
        rows_of(5, "part", &[2]),
        rows_of(6, "child", &[3]),
        entry_on(7, Kind::Constraint, "parent_pkey", "parent", &[1]),
        entry_on(8, Kind::ForeignKey, "child_fkey", "child", &[1, 3, 7]),
    ];
    let chunks = [(5, 0, 0, "1\n"), (6, 0, 0, "1\n")];
    let made = Made { toc: &[&toc], chunks: &chunks };
    assert!(left_out(&damaged_of(&made, &[0], 2), false).last().unwrap().contains("child_fkey"));
    assert_eq!(left_out(&damaged_of(&made, &[1], 2), true).len(), 1);
}

/// One frame of the table of contents for each entry.
fn in_frames(toc: &[Entry]) -> Vec<&[Entry]> {
    toc.chunks(1).collect()
}

#[test]
fn what_needs_a_lost_entry_goes_with_it_and_nothing_else_does() {
    let toc = toc();
    let made = Made { toc: &in_frames(&toc), chunks: &CHUNKS };
    // The definition of the parent.
    let survey = damaged_of(&made, &[0], 1);
    assert_eq!(survey.missing().entries, [1..=1]);
    assert!(!survey.is_complete());
    let lost = "it needs entry 1, which is lost";
    assert_eq!(
        left_out(&survey, false),
        [
            format!("TABLE DATA parent on public.parent: {lost}"),
            format!("CONSTRAINT parent_pkey on public.parent: {lost}"),
            format!("FK CONSTRAINT child_fkey on public.child: {lost}"),
        ]
    );
    let (_, rows) = repaired(&survey, false);
    assert_eq!(rows.keys().collect::<Vec<_>>(), ["child", "tree"]);
}

#[test]
fn rows_whose_entry_is_lost_are_counted() {
    let toc = toc();
    let made = Made { toc: &in_frames(&toc), chunks: &CHUNKS };
    let survey = damaged_of(&made, &[3], 1);
    assert_eq!(survey.missing().entries, [4..=4]);
    assert_eq!(survey.strays(), [Stray { id: EntryId(4), rows: 2 }]);
    // Its table will be empty.
    let key =
        "FK CONSTRAINT child_fkey on public.child: it refers to public.parent, which lost rows";
    assert_eq!(left_out(&survey, false), [key]);
}

#[test]
fn entries_lost_at_the_end_of_the_table_of_contents_are_missed() {
    let toc = toc();
    let made = Made { toc: &in_frames(&toc), chunks: &CHUNKS };
    let survey = damaged_of(&made, &[10], 1);
    assert_eq!(*survey.missing(), Missing { entries: Vec::new(), more: true });
    assert!(!survey.is_complete());
    assert_eq!(left_out(&survey, false), [""; 0]);
}

#[test]
fn without_any_entry_nothing_is_salvaged() {
    let toc = toc();
    let made = Made { toc: &[&toc], chunks: &CHUNKS };
    let mut bytes = made.bytes();
    let second = 64 + 56 + u32::from_le_bytes(bytes[88..92].try_into().unwrap()) as usize;
    bytes[second + 60] ^= 1;
    let error = survey(&bytes).err().unwrap();
    assert_eq!(error.code(), Code::ArchiveDamaged);
    assert!(error.what().contains("table of contents"));
    bytes[second + 60] ^= 1;
    bytes[64 + 60] ^= 1;
    assert!(survey(&bytes).err().unwrap().what().contains("says of itself"));
}

#[test]
fn large_objects_are_kept_all_or_not_at_all() {
    let objects = entry(1, Kind::LargeObjectMetadata, "1..2", &[]);
    let pages = Entry { kind: Kind::LargeObjects, ..rows_of(2, "large objects", &[1]) };
    let toc = [objects, pages];
    let chunks = [(2, 0, 0, "1\n"), (2, 0, 1, "2\n")];
    let made = Made { toc: &[&toc], chunks: &chunks };
    assert_eq!(repaired(&survey(&made.bytes()).unwrap(), false).1["large objects"], "1\n2\n");
    let survey = damaged_of(&made, &[1], 2);
    for partial in [false, true] {
        let left = left_out(&survey, partial);
        let why = "1 of 2 rows can be read, and objects would have holes";
        assert_eq!(left, [format!("LARGE OBJECTS: {why}")]);
        assert_eq!(repaired(&survey, partial).0.len(), 1);
    }
}
