//! Into an existing database: every way in ends in the same place.

use std::process::Stdio;

use super::{Archived, SHOP, State, some_versions};
use crate::support::{self, Role, Tablespace, TestDb, pgx_command};

#[test]
fn every_way_into_an_empty_database_makes_the_same_one() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(SHOP);
        let archive = Archived::new(&source, &[]);
        let want = State::of(&source);
        let same = |way: &str, restore: &dyn Fn(&TestDb)| {
            let target = TestDb::new(server);
            restore(&target);
            assert_eq!(State::of(&target), want, "{way} on PostgreSQL {}", server.name);
            archive.verify(&target).ok();
        };
        same("from a file", &|target| drop(archive.restore(target, &[]).ok()));
        same("-1", &|target| drop(archive.restore(target, &["-1"]).ok()));
        same("from stdin", &|target| drop(archive.restore_from_stdin(target, &[]).ok()));
        same("dump | restore", &|target| through_a_pipe(&source, target));
        same("halves", &|target| {
            archive.restore(target, &["--schema-only"]).ok();
            archive.restore(target, &["--data-only"]).ok();
            target.sql("REFRESH MATERIALIZED VIEW app.totals");
        });
        same("halves from stdin", &|target| {
            archive.restore_from_stdin(target, &["-s"]).ok();
            archive.restore_from_stdin(target, &["-a", "--single-transaction"]).ok();
            target.sql("REFRESH MATERIALIZED VIEW app.totals");
        });
    });
}

/// `pgx dump | pgx restore`
fn through_a_pipe(source: &TestDb, target: &TestDb) {
    let mut dump = pgx_command();
    dump.args(["dump", "-q", "-d", &source.uri()]).stdout(Stdio::piped());
    let mut dump = dump.spawn().unwrap();
    let mut restore = pgx_command();
    restore.args(["restore", "-q", "-d", &target.uri()]).stdin(dump.stdout.take().unwrap());
    support::Ran::of(&mut restore).ok();
    assert!(dump.wait().unwrap().success());
}

#[test]
fn sequences_continue_where_the_sources_would() {
    support::each_version(|server| {
        let source = TestDb::new(server);
        source.sql(
            "CREATE SEQUENCE fresh START 7; CREATE SEQUENCE used; CREATE SEQUENCE cached CACHE 5;
             CREATE SEQUENCE down INCREMENT -3 MINVALUE -100 MAXVALUE -1; CREATE SEQUENCE reset;
             CREATE TABLE t (a serial, b int GENERATED ALWAYS AS IDENTITY (START 40));
             INSERT INTO t DEFAULT VALUES; INSERT INTO t DEFAULT VALUES;
             SELECT nextval('used'), nextval('used'), nextval('down'), nextval('cached');
             SELECT setval('reset', 20, false)",
        );
        let target = TestDb::new(server);
        Archived::new(&source, &[]).restore(&target, &[]).ok();
        let next = "SELECT nextval('fresh') || ' ' || nextval('used') || ' ' || nextval('down') \
                    || ' ' || nextval('reset') || ' ' || nextval('cached') || ' ' || \
                    nextval('t_a_seq') || ' ' || nextval('t_b_seq')";
        // Values that a session has cached are lost to others: 6 follows the 5 of the cache.
        assert_eq!(target.value(next), "7 3 -4 20 6 3 42");
        assert_eq!(source.value(next), "7 3 -4 20 6 3 42");
    });
}

#[test]
fn a_dry_run_lists_the_steps_and_changes_nothing() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(SHOP);
    let archive = Archived::new(&source, &[]);
    let target = TestDb::new(&server);
    let before = State::of(&target);
    let plan = archive.restore(&target, &["--dry-run"]).ok().stdout_text().to_owned();
    assert_eq!(State::of(&target), before);
    assert!(plan.starts_with(&format!("restore into database {}\n", target.name())), "{plan}");
    let at = |line: &str| plan.find(line).unwrap_or_else(|| panic!("no {line:?} in\n{plan}"));
    let order = [
        "\ndefinitions before the rows: ",
        "  TABLE app.orders\n",
        "\nrows: 3\n",
        "  TABLE DATA orders on app.orders\n",
        "\nsequence values: 4\n",
        "\ndefinitions after the rows: ",
        "orders_customer",
        "\nlast: 1\n",
    ];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{plan}");
    let rows = archive.restore(&target, &["--dry-run", "-a"]).ok().stdout_text().to_owned();
    assert!(
        rows.starts_with("load rows into database ") && !rows.contains("  TABLE app"),
        "{rows}"
    );
    let made = archive.restore(&target, &["--dry-run", "--create"]).ok();
    assert!(made.stdout_text().starts_with("make database "), "{}", made.stdout_text());
}

#[test]
fn restored_tables_are_analyzed_unless_told_otherwise() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(SHOP);
        source.sql(
            "CREATE TABLE parted (a int, b text) PARTITION BY LIST (a);
             CREATE TABLE part PARTITION OF parted FOR VALUES IN (1);
             INSERT INTO parted VALUES (1, 'x'), (1, 'y')",
        );
        let archive = Archived::new(&source, &[]);
        let target = TestDb::new(server);
        let tables = "SELECT string_agg(DISTINCT tablename::text, ' ' ORDER BY tablename::text) \
                      FROM pg_stats WHERE schemaname IN ('app', 'public')";
        archive.restore(&target, &["-s", "--no-analyze"]).ok();
        archive.restore(&target, &["-a", "--no-analyze"]).ok();
        assert_eq!(target.value(tables), "");
        target.sql("TRUNCATE app.customer, app.orders, note, parted");
        archive.restore(&target, &["-a"]).ok();
        assert_eq!(target.value(tables), "customer note orders part parted");
        let whole = TestDb::new(server);
        archive.restore(&whole, &[]).ok();
        assert_eq!(whole.value(tables), "customer note orders part parted totals");
    });
}

#[test]
fn owners_and_privileges_are_left_out_on_request() {
    some_versions(|server| {
        let owner = Role::new(server, "owner", "");
        let reader = Role::new(server, "reader", "");
        let (owner_name, reader_name) = (owner.name(), reader.name());
        let source = TestDb::new(server);
        source.sql(&format!(
            "CREATE TABLE t (a int); ALTER TABLE t OWNER TO {owner_name};
             GRANT SELECT ON t TO {reader_name}"
        ));
        let archive = Archived::new(&source, &[]);
        let found = format!(
            "SELECT (relowner = '{owner_name}'::regrole) || ' ' || \
             has_table_privilege('{reader_name}', oid, 'SELECT') FROM pg_class WHERE relname = 't'"
        );
        let restored = |options: &[&str]| {
            let target = TestDb::new(server);
            archive.restore(&target, options).ok();
            target.value(&found)
        };
        assert_eq!(restored(&[]), "true true");
        assert_eq!(restored(&["--no-owner"]), "false true");
        assert_eq!(restored(&["--no-privileges"]), "true false");
        assert_eq!(restored(&["-O", "-x"]), "false false");
    });
}

#[test]
fn tablespaces_are_left_out_on_request() {
    let Some(server) = support::newest() else { return };
    let space = Tablespace::new(server.clone());
    let source = TestDb::new(&server);
    source.sql(&format!("CREATE TABLE t (a int PRIMARY KEY) TABLESPACE {}", space.name()));
    let archive = Archived::new(&source, &[]);
    let spaces = "SELECT count(*) FROM pg_class WHERE relname = 't' AND reltablespace <> 0";
    let with = TestDb::new(&server);
    archive.restore(&with, &[]).ok();
    assert_eq!(with.value(spaces), "1");
    let without = TestDb::new(&server);
    archive.restore(&without, &["--no-tablespaces"]).ok();
    assert_eq!(without.value(spaces), "0");
    drop((source, with, without));
    space.remove();
    let missing = TestDb::new(&server);
    let said = archive.restore(&missing, &[]).fails(8);
    assert!(said.contains("--no-tablespaces"), "{said}");
    archive.restore(&missing, &["--no-tablespaces"]).ok();
}
