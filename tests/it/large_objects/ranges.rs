//! Large objects that several sessions read side by side.

use std::ops::RangeInclusive;

use pgx_core::catalog::large_objects::{ALL, copy_pages};
use pgx_core::connect::Session;
use pgx_core::toc::RowFormat;

use super::{forms, on_some_versions};
use crate::support::Role;

fn pages(session: &mut Session, oids: &RangeInclusive<u32>) -> Vec<u8> {
    let mut pages = Vec::new();
    let copied = copy_pages(session, 2048, RowFormat::Text, oids, |piece| {
        pages.extend_from_slice(piece);
        Ok(())
    });
    let rows = pages.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(copied.unwrap(), rows as u64);
    pages
}

/// Borders right behind an object of full pages, before one with a hole, and where nothing is.
#[test]
fn pages_read_in_ranges_are_the_pages_read_at_once() {
    on_some_versions(|server| {
        let (owner, reader) = (Role::new(server, "lo_o", "LOGIN"), Role::new(server, "lo_r", ""));
        let original = forms(server, &owner, &reader);
        for mut session in [original.session(), original.session_as(owner.name())] {
            session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ").unwrap();
            let whole = pages(&mut session, &ALL);
            assert!(whole.len() > 1 << 20, "{} bytes", whole.len());
            let ranges = [0..=50_009, 50_010..=50_010, 50_011..=50_021, 50_022..=50_023];
            let rest = [50_024..=60_000, 60_001..=3_999_999_999, 4_000_000_000..=u32::MAX];
            let ranges = ranges.iter().chain(&rest).map(|oids| pages(&mut session, oids));
            assert!(ranges.collect::<Vec<_>>().concat() == whole, "ranges give other pages");
        }
        drop(original);
    });
}
