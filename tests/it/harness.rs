//! The harness itself does what the other tests rely on.

use std::thread;
use std::time::{Duration, Instant};

use crate::support::{self, Role, TestDb};

#[test]
fn every_server_has_the_version_its_name_says() {
    support::each_version(|server| {
        assert_eq!(server.session().major(), server.major);
    });
}

#[test]
fn a_test_database_lives_as_long_as_its_value() {
    support::each_version(|server| {
        let outside = TestDb::new(server);
        let name = {
            let database = TestDb::new(server);
            database.sql("CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, NULL)");
            assert_eq!(database.rows("SELECT a, b FROM t"), [[Some("1".to_owned()), None]]);
            // A session left open must not keep the database alive.
            std::mem::forget(database.session());
            database.name().to_owned()
        };
        let count = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
        assert_eq!(outside.value(&count), "0");
    });
}

#[test]
fn a_role_outlives_what_it_owns() {
    support::each_version(|server| {
        let name = {
            let role = Role::new(server, "owner", "LOGIN");
            let database = TestDb::new(server);
            database.sql(&format!("CREATE SCHEMA s AUTHORIZATION {}", role.name()));
            let sql = "SELECT current_user::text AS name";
            assert_eq!(
                database.session_as(role.name()).query_one(sql).unwrap().text("name").unwrap(),
                role.name()
            );
            role.name().to_owned()
        };
        let database = TestDb::new(server);
        let count = format!("SELECT count(*) FROM pg_roles WHERE rolname = '{name}'");
        assert_eq!(database.value(&count), "0");
    });
}

#[test]
fn a_script_may_hold_copy_blocks() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    database.script("\\restrict x\nCREATE TABLE t (a int, b text);\nCOPY public.t (a, b) FROM stdin;\n1\ta\\tb\n2\t\\N\n\\.\n\nALTER TABLE t ADD PRIMARY KEY (a);\n");
    assert_eq!(
        database.value("SELECT string_agg(a || coalesce(b, '-'), ',' ORDER BY a) FROM t"),
        "1a\tb,2-"
    );
}

#[test]
fn the_parcels_sample_fits_every_version() {
    let rows = "SELECT (SELECT count(*) FROM roi2018_card_signatures)
                     + (SELECT count(*) FROM roi2019_card_signatures)";
    support::each_version(|server| {
        let database = TestDb::new(server);
        support::fill_parcels(&database, 1000);
        assert_eq!(database.value(rows), "1000");
    });
    let Some(server) = support::gis() else { return };
    let database = TestDb::new(&server);
    support::fill_parcels(&database, 1000);
    assert_eq!(database.value(rows), "1000");
    assert_eq!(database.value("SELECT count(wkb_geometry) FROM parcel_set"), "50");
}

#[test]
fn the_postgis_server_has_postgis() {
    let Some(server) = support::gis() else { return };
    let database = TestDb::new(&server);
    database.sql("CREATE EXTENSION postgis");
    assert_eq!(database.value("SELECT st_astext(st_makepoint(1, 2))"), "POINT(1 2)");
}

#[test]
fn the_standby_follows_its_primary() {
    let Some((primary, standby)) = support::standby() else { return };
    let database = TestDb::new(&primary);
    database.sql("CREATE TABLE t (a int); INSERT INTO t VALUES (1)");
    let limit = Instant::now() + Duration::from_secs(20);
    let there = format!("SELECT FROM pg_database WHERE datname = '{}'", database.name());
    while standby.session().query(&there).unwrap().is_empty() {
        assert!(Instant::now() < limit, "the standby does not follow");
        thread::sleep(Duration::from_millis(20));
    }
    let sql = "SELECT pg_is_in_recovery() AS standby";
    assert!(standby.session().query_one(sql).unwrap().bool("standby").unwrap());
}

#[test]
fn the_witness_runs() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    database.sql("CREATE TABLE seen_by_the_witness ()");
    let Some(text) = support::pg_dump(&database, &["--schema-only"]) else { return };
    assert!(text.contains("CREATE TABLE public.seen_by_the_witness"), "{text}");
}

#[test]
fn pgx_is_run_in_a_clean_environment() {
    let ran = support::pgx(&["--version"]).ok();
    assert!(ran.stdout_text().starts_with("pgx "), "{}", ran.stdout_text());
    assert!(!support::pgx(&["no-such-command"]).fails(2).is_empty());
}
