//! `pgx verify`: what is equal passes, and every difference is told.

use super::{Archived, SHOP, some_versions};
use crate::support::{self, TestDb, arg, pgx};

const TABLE: &str = "CREATE TABLE t (id int, a text, b text);
    INSERT INTO t SELECT g, 'a' || g, 'b' || g FROM generate_series(1, 30) g;";

#[test]
fn every_difference_between_rows_is_found() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(SHOP);
        source.sql(TABLE);
        let archive = Archived::new(&source, &[]);
        assert!(archive.verify(&source).ok().stdout_text().contains("4 tables equal, 0 different"));
        let differs = |change: &str, verdict: &str| {
            source.sql(change);
            let ran = archive.verify(&source);
            assert_eq!(ran.code, Some(1), "{change}");
            assert!(ran.stderr.contains("E0101"), "{}", ran.stderr);
            let line = ran.stdout_text().lines().find(|line| line.contains(verdict));
            let line = line.unwrap_or_else(|| panic!("{change}: {}", ran.stdout_text()));
            assert!(line.starts_with("public.t "), "{line}");
            source.sql(&format!("DROP TABLE IF EXISTS t; {TABLE}"));
        };
        let hash = "DIFFERENT: as many rows, other values";
        differs("UPDATE t SET a = 'x' WHERE id = 5", hash);
        differs("UPDATE t SET a = NULL WHERE id = 5", hash);
        differs("DELETE FROM t WHERE id = 5", "DIFFERENT: 29 rows in the database");
        differs("INSERT INTO t SELECT * FROM t WHERE id = 5", "DIFFERENT: 31 rows");
        differs("DELETE FROM t WHERE id = 6; INSERT INTO t SELECT * FROM t WHERE id = 5", hash);
        differs("UPDATE t SET a = 'a' || (11 - id) WHERE id IN (5, 6)", hash);
        differs("UPDATE t SET a = b, b = a WHERE id = 5", hash);
        differs("ALTER TABLE t DROP COLUMN b", "MISSING columns: b");
        differs("DROP TABLE t", "MISSING: no such table");
    });
}

#[test]
fn the_order_of_rows_and_columns_does_not_matter() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(TABLE);
        let archive = Archived::new(&source, &[]);
        let other = TestDb::new(server);
        other.sql(
            "CREATE TABLE t (b text, more int, a text, id int);
             INSERT INTO t (id, a, b)
             SELECT g, 'a' || g, 'b' || g FROM generate_series(30, 1, -1) g",
        );
        archive.verify(&other).ok();
    });
}

#[test]
fn an_archive_proves_itself_fast_and_deep() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(SHOP);
    let archive = Archived::new(&source, &[]);
    let file = archive.file();
    for (options, how) in [(vec![], "(every checksum and count)"), (vec!["--deep"], "and row)")] {
        let ran = pgx(&[&["verify", arg(&file)], &options[..]].concat()).ok();
        assert!(ran.stdout_text().contains("3 tables, 114 rows"), "{}", ran.stdout_text());
        assert!(ran.stdout_text().contains(how), "{}", ran.stdout_text());
    }
    let mut bytes = archive.bytes();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(&file, bytes).unwrap();
    for options in [vec![], vec!["--deep"], vec!["--against", "postgresql:///none"]] {
        pgx(&[&["verify", arg(&file)], &options[..]].concat()).fails(7);
    }
}

/// Servers before 12 print floats with fewer digits than the newest.
#[test]
fn floats_are_equal_across_versions() {
    let (Some(old), Some(new)) = (support::server(10), support::newest()) else { return };
    let (source, target) = (TestDb::new(&old), TestDb::new(&new));
    source.sql(
        "CREATE TABLE f (id int, d float8, r float4, ds float8[], t text);
         INSERT INTO f SELECT g, random() * 10 ^ (g % 40 - 20), random() * 10 ^ (g % 20 - 10),
             ARRAY[random(), 0.1, -0.0, 1e300], '0.10000000000000001'
         FROM generate_series(1, 300) g;
         INSERT INTO f VALUES (0, 0.1, 0.1, '{NULL,NaN,Infinity,-Infinity,5e-324}', NULL),
             (-1, 'NaN', '-Infinity', '{}', ''), (-2, 1e22, 16777216, '{100000000000000000000}', '1e22')",
    );
    // Whole numbers that lie midway between shorter decimals, and powers of two.
    source.sql(
        "INSERT INTO f SELECT 1000 + g, (random() - 0.5) * 10 ^ (g % 27 + 13),
             (random() - 0.5) * 10 ^ (g % 20 + 5), ARRAY[2::float8 ^ (g % 2000 - 1000)]
         FROM generate_series(1, 9000) g;
         INSERT INTO f SELECT 20000 + g, 0, 2::float8 ^ (g % 250 - 125) FROM generate_series(1, 250) g",
    );
    let archive = Archived::new(&source, &[]);
    archive.restore(&target, &[]).ok();
    archive.verify(&target).ok();
    let newer = Archived::new(&target, &[]);
    newer.verify(&source).ok();
    target.sql("UPDATE f SET d = d * (1 + 3e-16) WHERE id = 7");
    archive.verify(&target).fails(1);
    newer.verify(&source).ok();
}

#[test]
fn rows_chosen_by_a_filter_are_compared_through_the_filter() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(TABLE);
    let manifest = "[[table]]\nname = \"public.t\"\nwhere = \"id <= 10\"\n";
    let archive = Archived::by_manifest(&source, manifest);
    archive.verify(&source).ok();
    let target = TestDb::new(&server);
    archive.restore(&target, &[]).ok();
    assert_eq!(target.value("SELECT count(*) FROM t"), "10");
    archive.verify(&target).ok();
    source.sql("UPDATE t SET a = '' WHERE id = 20");
    archive.verify(&source).ok();
    source.sql("UPDATE t SET a = '' WHERE id = 10");
    archive.verify(&source).fails(1);
}

#[test]
fn verifying_writes_nothing() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(SHOP);
    let archive = Archived::new(&source, &[]);
    source.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", source.name()));
    archive.verify(&source).ok();
}
