//! However streams are compressed, rows come back.

use super::rows_of;
use crate::support::{self, Archive, TestDb, arg, pgx};

const FILLED: &str = "
    CREATE TABLE numbers (a int, b float8, c numeric, d timestamptz);
    INSERT INTO numbers SELECT g, sqrt(g), g / 4.0, '2020-01-01 00:00:00+00'::timestamptz + g * '1 s'::interval
        FROM generate_series(1, 60000) g;
    CREATE TABLE words (a text, b bytea, c text[]);
    INSERT INTO words SELECT md5(g::text), decode(md5(g::text), 'hex'), ARRAY['x', NULL, g::text]
        FROM generate_series(1, 20000) g;
    CREATE TABLE named (a regclass, b text);
    INSERT INTO named SELECT 'words', 'text of row ' || g FROM generate_series(1, 20000) g;";

#[test]
fn every_codec_gives_the_rows_back() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(FILLED);
    let rows = rows_of(&source);
    let target = TestDb::new(&server);
    target.sql("CREATE TABLE numbers (a int, b float8, c numeric, d timestamptz)");
    target.sql(
        "CREATE TABLE words (a text, b bytea, c text[]); CREATE TABLE named (a regclass, b text)",
    );
    let mut sizes = Vec::new();
    let methods = [
        ("none", "none"),
        ("gzip", "gzip:6"),
        ("gzip:9", "gzip:9"),
        ("lz4", "lz4"),
        ("zstd:19", "zstd:19"),
        ("4", "gzip:4"),
    ];
    for (method, said) in methods {
        let archive = Archive::with(&source, &["-Z", method]);
        pgx(&["verify", "--deep", arg(archive.path())]).ok();
        let ran = pgx(&["inspect", arg(archive.path())]).ok();
        assert!(
            ran.stdout_text().contains(&format!("packed by  {said}\n")),
            "{}",
            ran.stdout_text()
        );
        archive.restore(&target, &["-a"]).ok();
        assert!(rows_of(&target) == rows, "{method}");
        archive.rows_equal(&target);
        target.sql("TRUNCATE numbers, words, named");
        sizes.push(std::fs::metadata(archive.path()).unwrap().len());
    }
    let [none, gzip, gzip_9, lz4, zstd_19, _] = sizes[..] else { panic!("{sizes:?}") };
    assert!(gzip_9 <= gzip && gzip < lz4 && lz4 < none && zstd_19 < lz4, "{sizes:?}");
}
