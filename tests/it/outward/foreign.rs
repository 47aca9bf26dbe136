//! Foreign data: which of it comes when, and what is kept quiet.

use pgx_core::toc::Kind;

use super::{entries, labels};
use crate::support::{self, Archive, Role, Server, TestDb};

/// A database with rows, and one with a foreign table that shows them.
fn near_and_far(server: &Server) -> (TestDb, TestDb) {
    let (far, near) = (TestDb::new(server), TestDb::new(server));
    far.sql("CREATE TABLE t (id integer, t text); INSERT INTO t VALUES (1, 'one'), (2, NULL)");
    near.sql(&format!(
        "CREATE EXTENSION postgres_fdw;
         CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw
             OPTIONS (host '{}', port '{}', dbname '{}');
         CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw;
         CREATE USER MAPPING FOR CURRENT_USER SERVER loop OPTIONS (user '{}');
         CREATE FOREIGN TABLE shown (id integer, t text) SERVER loop OPTIONS (table_name 't');
         CREATE FOREIGN TABLE hidden (id integer) SERVER other;
         CREATE TABLE here (id integer); INSERT INTO here VALUES (7);",
        server.host(),
        server.port(),
        far.name(),
        server.user(),
    ));
    (far, near)
}

fn tables_with_rows(archive: &Archive) -> Vec<String> {
    let entries = entries(archive);
    let rows = entries.iter().filter(|entry| entry.kind == Kind::TableData);
    rows.map(|entry| entry.name.name.clone()).collect()
}

#[test]
fn rows_of_foreign_tables_come_when_they_are_asked_for() {
    for server in [12, 18].into_iter().filter_map(support::server) {
        let (far, near) = near_and_far(&server);
        assert_eq!(tables_with_rows(&Archive::of(&near)), ["here"]);
        for jobs in ["1", "3"] {
            let asked = ["--include-foreign-data", "lo*", "-j", jobs];
            let archive = Archive::with(&near, &asked);
            assert_eq!(tables_with_rows(&archive), ["here", "shown"]);
            archive.rows_equal(&near);
        }
        // As with pg_dump they are written through the wrapper: to where they came from.
        let archive = Archive::with(&near, &["--include-foreign-data", "loop"]);
        let copy = archive.restored_with_create(&server);
        assert_eq!(far.value("SELECT count(*) FROM t"), "4");
        assert_eq!(copy.value("SELECT count(*) FROM shown"), "4");
    }
}

#[test]
fn asking_for_foreign_rows_of_no_server_or_for_no_rows_is_an_error() {
    let Some(server) = support::newest() else { return };
    let (_far, near) = near_and_far(&server);
    let (_, ran) = Archive::attempt(&near, &["--include-foreign-data", "nowhere"]);
    assert!(ran.fails(2).contains("nowhere"));
    let (_, ran) = Archive::attempt(&near, &["-s", "--include-foreign-data", "loop"]);
    assert!(ran.fails(2).contains("--include-foreign-data asks for rows"));
}

#[test]
fn a_foreign_table_chosen_by_name_comes_alone_and_by_a_manifest_with_its_server() {
    let Some(server) = support::newest() else { return };
    let (far, near) = near_and_far(&server);
    assert_eq!(labels(&Archive::with(&near, &["-t", "shown"])), ["FOREIGN TABLE public.shown"]);
    let archive =
        Archive::by_manifest(&near, "foreign_keys = \"check\"\n[[table]]\nname = \"shown\"\n");
    let brought = labels(&archive);
    for needed in ["EXTENSION postgres_fdw", "SERVER loop", "FOREIGN TABLE public.shown"] {
        assert!(brought.iter().any(|label| label == needed), "{needed} in {brought:?}");
    }
    let unneeded = |label: &&String| label.contains("other") || label.contains("USER MAPPING");
    assert_eq!(brought.iter().find(unneeded), None);
    archive.restored_into_empty(&server);
    assert_eq!(far.value("SELECT count(*) FROM t"), "2", "no row was written");
}

#[test]
fn a_schema_brings_its_foreign_tables_and_no_server() {
    let Some(server) = support::newest() else { return };
    let (_far, near) = near_and_far(&server);
    let brought = labels(&Archive::with(&near, &["-n", "public"]));
    assert!(brought.contains(&"FOREIGN TABLE public.hidden".to_owned()), "{brought:?}");
    assert!(!brought.iter().any(|label| label.starts_with("SERVER")), "{brought:?}");
}

#[test]
fn a_mapping_whose_options_are_hidden_is_named() {
    support::each_version(|server| {
        let role = Role::new(server, "ordinary", "LOGIN");
        let (_far, near) = near_and_far(server);
        near.sql(&format!(
            "DROP FOREIGN TABLE shown, hidden; GRANT SELECT ON here TO {role};
             GRANT USAGE ON FOREIGN SERVER other TO {role};
             CREATE USER MAPPING FOR {role} SERVER other OPTIONS (user 'me', password 'mine');",
            role = role.name()
        ));
        let (_, ran) = Archive::attempt_from(&near.uri_as(role.name()), &[]);
        let told = ran.fails(11);
        let named = format!("USER MAPPING FOR {} SERVER loop, whose options", server.user());
        assert!(told.contains(&named) && !told.contains("SERVER other"), "{told}");
        let (archive, ran) =
            Archive::attempt_from(&near.uri_as(role.name()), &["--skip-unsupported"]);
        ran.fails(3);
        let own = format!("USER MAPPING {} SERVER other", role.name());
        assert!(labels(&archive).contains(&own), "{:?}", labels(&archive));
    });
}

#[test]
fn a_restore_reaches_out_to_no_foreign_server_for_statistics() {
    let Some(server) = support::server(14) else { return };
    let original = TestDb::new(&server);
    original.sql(
        "CREATE FOREIGN DATA WRAPPER nowhere;
         CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
         CREATE TABLE p (id integer) PARTITION BY RANGE (id);
         CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (1) TO (9);
         CREATE FOREIGN TABLE p_2 PARTITION OF p FOR VALUES FROM (9) TO (99) SERVER nowhere;
         INSERT INTO p_1 VALUES (1), (2);",
    );
    let copy = TestDb::new(&server);
    let ran = Archive::of(&original).restore(&copy, &[]).ok();
    assert!(ran.stderr.contains("ANALYZE of \"public\".\"p\" would read foreign tables"));
    assert!(!ran.stderr.contains("failed"), "{}", ran.stderr);
    assert_eq!(copy.value("SELECT reltuples FROM pg_class WHERE relname = 'p_1'"), "2");
}
