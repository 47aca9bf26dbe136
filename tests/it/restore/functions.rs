//! What functions read is in no catalog: the order of a restore has to find it out.

use super::{Archived, some_versions};
use crate::support::{self, TestDb};

/// `late` is read by `middle`, and that by `early`, inside functions only.
const CHAIN: &str = "
CREATE TABLE t (a int);
INSERT INTO t VALUES (1), (2);
CREATE MATERIALIZED VIEW late AS SELECT a FROM t;
CREATE FUNCTION of_late() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.late';
CREATE MATERIALIZED VIEW middle AS SELECT of_late() AS n;
CREATE FUNCTION of_middle() RETURNS bigint LANGUAGE plpgsql
    AS 'BEGIN RETURN (SELECT n FROM public.middle); END';
CREATE MATERIALIZED VIEW early AS SELECT of_middle() AS n;
";

#[test]
fn materialized_views_are_filled_after_those_that_their_functions_read() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(CHAIN);
        let archive = Archived::new(&source, &[]);
        let target = TestDb::new(server);
        archive.restore(&target, &[]).ok();
        assert_eq!(target.value("SELECT n FROM early"), "2", "on PostgreSQL {}", server.name);
    });
}

#[test]
fn one_that_no_order_can_fill_is_named_and_nothing_is_changed() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(CHAIN);
    source.sql("REFRESH MATERIALIZED VIEW late WITH NO DATA");
    let archive = Archived::new(&source, &[]);
    let target = TestDb::new(&server);
    let said = archive.restore(&target, &[]).fails(8);
    assert!(said.contains("has not been populated"), "{said}");
    assert_eq!(target.value("SELECT to_regclass('public.t') IS NULL"), "t");
}

#[test]
fn a_function_that_needs_a_search_path_is_told_from_a_thing_that_is_missing() {
    // From 17 on the source does not fill such a view either.
    let Some(server) = support::server(14) else { return };
    let source = TestDb::new(&server);
    source.sql(
        "SET search_path = public;
         CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int REFERENCES a);
         CREATE FUNCTION bare() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM a';
         CREATE MATERIALIZED VIEW by_bare AS SELECT bare() AS n;",
    );
    let fails = |options: &[&str]| {
        Archived::new(&source, options).restore(&TestDb::new(&server), &[]).fails(8)
    };
    let said = fails(&[]);
    assert!(said.contains("hint: give the function a SET search_path on the source"), "{said}");
    let said = fails(&["-t", "b"]);
    assert!(said.contains("hint: make it in the target first"), "{said}");
}

#[test]
fn those_that_had_to_wait_are_filled_before_an_event_trigger_is_made() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(CHAIN);
        source.sql(
            "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END';
             CREATE EVENT TRIGGER refuses ON ddl_command_start WHEN TAG IN ('REFRESH MATERIALIZED VIEW')
                 EXECUTE PROCEDURE refuse()",
        );
        let target = TestDb::new(server);
        Archived::new(&source, &[]).restore(&target, &[]).ok();
        assert_eq!(target.value("SELECT n FROM early"), "2", "on PostgreSQL {}", server.name);
    });
}
