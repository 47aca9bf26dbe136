//! Fields of hundreds of megabytes, which no process of ours ever holds whole.

use std::path::Path;
use std::process::Stdio;

use crate::support::{self, TestDb, arg, measured, pgx, pgx_command};

const LIMIT_KIB: u64 = 80 * 1024;

/// 8 MB that nothing compresses.
const NOISE: &str = "CREATE TABLE noise AS SELECT string_agg(decode(md5(n::text), 'hex'), '') AS b \
    FROM generate_series(1, 500000) n";

/// Dumps `t`, checks, restores and compares it, each step within the limit.
fn passes(source: &TestDb, format: &str) {
    let target = TestDb::new(source.server());
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("t.pgx");
    let (from, to, file) = (source.uri(), target.uri(), arg(&file));
    within("dump", &["dump", "-q", "-d", &from, "-t", "t", "--copy-format", format, "-f", file]);
    within("verify", &["verify", "--deep", file]);
    within("restore", &["restore", "-q", file, "-d", &to]);
    within("compare", &["verify", file, "--against", &to]);
    assert_eq!(chunked(Path::new(file)), (format.to_owned(), true));
}

fn within(what: &str, arguments: &[&str]) {
    let run = measured(pgx_command().args(arguments).stdin(Stdio::null()));
    let Some(run) = run else { return };
    run.ran.ok();
    eprintln!("{what}: {} MiB, {:?}", run.peak_kib / 1024, run.elapsed);
    assert!(run.peak_kib <= LIMIT_KIB, "{what} needed {} MiB", run.peak_kib / 1024);
}

/// How `t` is stored, and whether in more chunks than rows.
fn chunked(file: &Path) -> (String, bool) {
    let ran = pgx(&["inspect", "--json", arg(file)]).ok();
    let listed: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let table = &listed["tables"][0];
    let more = table["chunks"].as_u64() > table["rows"].as_u64();
    (table["format"].as_str().unwrap().to_owned(), more)
}

/// As text a `bytea` is twice as long and two bytes, and the server stops at 1 GB.
#[test]
fn a_binary_field_of_540_megabytes_passes_which_no_text_can_hold() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(NOISE);
    source.sql(
        "CREATE UNLOGGED TABLE t (id int, b bytea);
         ALTER TABLE t ALTER b SET STORAGE EXTERNAL;
         INSERT INTO t SELECT 1, string_agg(b, '') FROM noise, generate_series(1, 68);
         INSERT INTO t VALUES (2, 'short')",
    );
    assert_eq!(source.value("SELECT length(b) FROM t WHERE id = 1"), "544000000");
    passes(&source, "binary");
    let ran =
        pgx(&["dump", "-d", &source.uri(), "-t", "t", "--copy-format", "text", "-f", "/dev/null"]);
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains("t") && ran.stderr.contains("1088000003"), "{}", ran.stderr);
}

#[test]
fn a_text_field_of_300_megabytes_passes_as_text() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(NOISE);
    source.sql(
        r"CREATE UNLOGGED TABLE t (id int, b text, c int[]);
         ALTER TABLE t ALTER b SET STORAGE EXTERNAL;
         INSERT INTO t SELECT 1, string_agg(x, E'\t\\'), '{1}'
             FROM (SELECT encode(b, 'base64') AS x FROM noise) x, generate_series(1, 28);
         INSERT INTO t VALUES (2, 'short', NULL)",
    );
    let bytes: u64 = source.value("SELECT length(b) FROM t WHERE id = 1").parse().unwrap();
    assert!(bytes > 300_000_000, "{bytes}");
    passes(&source, "text");
}

#[test]
fn a_row_of_many_large_fields_passes_in_either_format() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(NOISE);
    let columns: Vec<String> = (0..8).map(|n| format!("c{n} bytea")).collect();
    let values = vec!["b"; columns.len()].join(", ");
    source.sql(&format!(
        "CREATE UNLOGGED TABLE t ({}); INSERT INTO t SELECT {values} FROM noise; \
         INSERT INTO t DEFAULT VALUES",
        columns.join(", ")
    ));
    passes(&source, "binary");
    passes(&source, "text");
}
