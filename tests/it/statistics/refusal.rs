//! What may not be read, and what is not taken: told, and of no harm to the rest.

use super::{analyzed, of_columns};
use crate::support::{self, Archive, Role, TestDb, arg};

#[test]
fn what_the_role_may_not_see_is_told() {
    for server in [10, 18].into_iter().filter_map(support::server) {
        let role = Role::new(&server, "reader", "LOGIN");
        let source = TestDb::new(&server);
        source.sql(&format!(
            "CREATE TABLE seen AS SELECT generate_series(1, 9) a; ANALYZE seen;
             CREATE TABLE secret AS TABLE seen; ANALYZE secret;
             CREATE TABLE rows AS TABLE seen; ANALYZE rows; ALTER TABLE rows ENABLE ROW LEVEL SECURITY;
             CREATE TABLE computed AS TABLE seen; CREATE INDEX inside ON computed ((a + 1));
             ANALYZE computed; GRANT SELECT ON seen, rows, computed TO {}",
            role.name()
        ));
        let uri = source.uri_as(role.name());
        let (archive, ran) = Archive::attempt_from(&uri, &["--statistics-only"]);
        let told = ran.ok().stderr;
        let hidden = "statistics of public.inside, public.rows, public.secret; they are left out";
        assert!(told.contains(hidden), "{told}");
        let listing = support::pgx(&["inspect", arg(archive.path())]).ok();
        let columns = listing.stdout_text().lines().find(|l| l.starts_with("statistics of col"));
        assert!(columns.unwrap().contains("  2  text"), "{columns:?}");
    }
}

#[test]
fn what_the_role_may_not_set_is_told() {
    let Some(server) = support::server(18) else { return };
    let role = Role::new(&server, "writer", "LOGIN");
    let (source, target) = (TestDb::new(&server), TestDb::new(&server));
    let make = format!(
        "CREATE TABLE others AS SELECT generate_series(1, 9) a;
         CREATE TABLE own AS SELECT generate_series(1, 9) a; ALTER TABLE own OWNER TO {role};
         CREATE TABLE kept AS SELECT generate_series(1, 9) a; GRANT MAINTAIN ON kept TO {role}",
        role = role.name()
    );
    source.sql(&make);
    target.sql(&make);
    source.sql("ANALYZE others; ANALYZE own; ANALYZE kept");
    let archive = Archive::with(&source, &["--statistics-only"]);
    let uri = target.uri_as(role.name());
    let told = support::pgx(&["restore", arg(archive.path()), "-d", &uri]).ok().stderr;
    let denied = "the role may not set them (2): public.others, public.others.a";
    assert!(told.contains(denied), "{told}");
    let tables = "SELECT string_agg(tablename::text, ' ' ORDER BY tablename::text) FROM pg_stats \
                  WHERE schemaname = 'public'";
    assert_eq!(target.value(tables), "kept own");
}

#[test]
fn what_does_not_fit_the_target_is_left_out_and_shows_no_value() {
    let Some(server) = support::server(18) else { return };
    let (source, target) = (TestDb::new(&server), TestDb::new(&server));
    source.sql(
        "CREATE TABLE first AS SELECT generate_series(1, 9) a;
         CREATE TABLE drifted AS SELECT 'secret' || i % 3 AS a, i AS b, i AS c, i AS gone
          FROM generate_series(1, 99) i;
         CREATE TABLE last AS TABLE first; CREATE TABLE lost AS TABLE first;
         ANALYZE first; ANALYZE drifted; ANALYZE last; ANALYZE lost",
    );
    target.sql(
        "CREATE FUNCTION never(integer) RETURNS boolean LANGUAGE plpgsql
          AS 'BEGIN RAISE EXCEPTION ''a hard error of secret value %'', $1; END';
         CREATE DOMAIN fails AS integer CHECK (never(VALUE));
         CREATE TABLE first (a integer); CREATE TABLE last (a integer);
         CREATE TABLE drifted (a integer, b fails, c bigint)",
    );
    let archive = Archive::with(&source, &["--statistics-only"]);
    let told = archive.restore(&target, &[]).ok().stderr;
    assert!(told.contains("did not take them (2): public.drifted.a, public.drifted.b"), "{told}");
    let missing = "they are about (3): public.drifted.gone, public.lost, public.lost.a";
    assert!(told.contains(missing), "{told}");
    assert!(!told.contains("secret"), "{told}");
    let others = "tablename <> 'lost' AND tablename <> 'drifted' OR attname = 'c'";
    assert_eq!(of_columns(&target, others), of_columns(&source, others));
}

#[test]
fn a_table_that_lacks_some_is_analyzed() {
    let Some(server) = support::server(18) else { return };
    let (source, target) = (TestDb::new(&server), TestDb::new(&server));
    let tables = "CREATE TABLE same (a integer) WITH (autovacuum_enabled = false);
                  CREATE TABLE drifted (a integer) WITH (autovacuum_enabled = false)";
    source.sql(tables);
    target.sql(tables);
    source.sql(
        "CREATE INDEX computed ON drifted ((a + 1));
         INSERT INTO same SELECT generate_series(1, 99); INSERT INTO drifted TABLE same;
         ANALYZE same; ANALYZE drifted",
    );
    let archive = Archive::with(&source, &["--no-schema", "--statistics"]);
    let told = archive.restore(&target, &[]).ok().stderr;
    assert!(told.contains("public.computed, public.computed.1"), "{told}");
    assert_eq!(analyzed(&target), "drifted");
}

#[test]
fn a_role_without_temporary_tables_gets_an_analyze() {
    let Some(server) = support::server(18) else { return };
    let role = Role::new(&server, "permanent", "LOGIN");
    let (source, target) = (TestDb::new(&server), TestDb::new(&server));
    source.sql("CREATE TABLE t AS SELECT generate_series(1, 9) a; ANALYZE t");
    target.sql(&format!(
        "REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC; GRANT CREATE ON SCHEMA public TO {}",
        target.name(),
        role.name()
    ));
    let archive = Archive::with(&source, &["--statistics", "-t", "t"]);
    let uri = target.uri_as(role.name());
    let ran = support::pgx(&["restore", arg(archive.path()), "-d", &uri, "--no-owner"]);
    let told = ran.ok().stderr;
    assert!(told.contains("there is no place for statistics"), "{told}");
    assert_eq!(analyzed(&target), "t");
}

#[test]
fn an_event_trigger_that_forbids_tables_keeps_no_rows_out() {
    let Some(server) = support::server(18) else { return };
    let (source, target) = (TestDb::new(&server), TestDb::new(&server));
    source.sql("CREATE TABLE t AS SELECT generate_series(1, 9) a; ANALYZE t");
    target.sql(
        "CREATE TABLE t (a integer);
         CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql
          AS 'BEGIN RAISE EXCEPTION ''nobody makes tables''; END';
         CREATE EVENT TRIGGER no ON ddl_command_start WHEN TAG IN ('CREATE TABLE')
          EXECUTE FUNCTION no()",
    );
    let archive = Archive::with(&source, &["--no-schema", "--statistics"]);
    let told = archive.restore(&target, &[]).ok().stderr;
    assert!(told.contains("nobody makes tables"), "{told}");
    assert_eq!(target.value("SELECT count(*) FROM t"), "9");
    assert_eq!(analyzed(&target), "t");
}
