//! Memory for index builds: what the server can spare, or what is said.

use super::Archived;
use crate::support::{self, TestDb};

/// A table whose index tells how much memory it is built with, behind more statements than one
/// transaction of a staging database takes.
fn telling(server: &support::Server) -> Archived {
    let source = TestDb::new(server);
    source.sql(
        "CREATE FUNCTION told(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
         RAISE WARNING 'built with % of memory', current_setting('maintenance_work_mem');
         RETURN a; END $$;
         CREATE TABLE t (a int);
         INSERT INTO t VALUES (1);
         CREATE INDEX ON t (told(a));
         DO $$ BEGIN FOR i IN 1..250 LOOP
             EXECUTE format('CREATE INDEX a%s ON t (a)', i);
         END LOOP; END $$",
    );
    Archived::new(&source, &[])
}

/// The memory that an index of the restored table was built with.
fn built_with(stderr: &str) -> &str {
    let told = stderr.split("built with ").nth(1);
    told.and_then(|rest| rest.split(" of memory").next()).expect(stderr)
}

#[test]
fn an_index_is_built_with_what_the_server_can_spare_and_no_less_than_it_gives() {
    support::each_version(|server| {
        let archive = telling(server);
        let restored = |own: &str| {
            let target = TestDb::new(server);
            let database = target.name();
            target.sql(&format!("ALTER DATABASE {database} SET maintenance_work_mem = '{own}'"));
            let ran = archive.restore(&target, &[]).ok();
            target.value(&format!("SELECT pg_size_bytes('{}')", built_with(&ran.stderr)))
        };
        let spare = TestDb::new(server).value(
            "SELECT least(pg_size_bytes(current_setting('shared_buffers')) / 2, 1024 ^ 3::bigint)::bigint",
        );
        assert_eq!(restored("1MB"), spare);
        assert_eq!(restored("1500MB"), (1500 << 20).to_string());
    });
}

#[test]
fn an_index_is_built_with_the_memory_that_is_said_in_whatever_transaction() {
    support::each_version(|server| {
        let archive = telling(server);
        let made = TestDb::adopt(server, &support::unique("made"));
        for (target, options) in [(&TestDb::new(server), &[][..]), (&made, &["--create"])] {
            let options = [options, &["--maintenance-work-mem", "37MB"]].concat();
            let ran = archive.restore(target, &options).ok();
            assert_eq!(built_with(&ran.stderr), "37MB");
        }
    });
}

#[test]
fn memory_that_is_no_size_is_refused_before_any_work() {
    for size in ["much", "1kB", "2TB"] {
        let error = support::pgx(&["restore", "no.pgx", "--maintenance-work-mem", size]).fails(2);
        assert!(error.contains("--maintenance-work-mem"), "{error}");
    }
}
