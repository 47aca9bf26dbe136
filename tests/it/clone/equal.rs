//! A clone is its source.

use pgx_core::verify::fingerprint::Fingerprint;

use super::{assert_cloned, into_empty, with_create};
use crate::roundtrip::fixtures;
use crate::support::{
    self, Archive, Scenario, Server, TestDb, brief, each_version, fingerprint_of, scenario,
    scenarios,
};

#[test]
fn every_schema_fixture_is_cloned_on_every_version() {
    each_version(|server| {
        let original = fixtures::filled(server);
        assert_cloned(&original, &with_create(&original, server, &["-j", "2"]));
    });
}

#[test]
fn every_scenario_is_cloned_into_an_empty_database() {
    let cloned = |server: &Server, scenario: Scenario| {
        eprintln!("{} on PostgreSQL {}", scenario.name, server.name);
        let original = TestDb::new(server);
        original.sql(scenario.sql);
        assert_cloned(&original, &into_empty(&original, server, &[]));
    };
    if let Some(server) = support::newest() {
        // What a restore loses is tested with restores.
        let kept = scenarios(&server).filter(|one| !one.name.starts_with("losses"));
        kept.for_each(|scenario| cloned(&server, scenario));
    }
    if let Some(server) = support::gis() {
        cloned(&server, scenario("parcels_gis"));
    }
}

/// From an old server to a newer one, both ways of making the target.
fn moves(from: Option<Server>, to: Option<Server>) {
    let (Some(from), Some(to)) = (from, to) else { return };
    for name in ["types", "application"] {
        let sql = scenario(name).sql;
        let original = TestDb::new(&from);
        original.sql(sql);
        // Roles belong to the server, and the scenario makes them.
        TestDb::new(&to).sql(sql);
        for copy in [with_create(&original, &to, &["-j", "3"]), into_empty(&original, &to, &[])] {
            Archive::of(&original).rows_equal(&copy);
            let found = Fingerprint::difference(&fingerprint_of(&original), &fingerprint_of(&copy));
            // The rights to `public` that 15 took away are the server's own, where it made it.
            let found: Vec<String> = found.into_iter().filter(|line| !of_public(line)).collect();
            assert!(found.is_empty(), "{name}: {}", brief(&found));
        }
    }
}

fn of_public(line: &str) -> bool {
    line.contains("pg_namespace | public |") || line.contains("schema public")
}

#[test]
fn a_clone_moves_from_10_to_18() {
    moves(support::server(10), support::server(18));
}

#[test]
fn a_clone_moves_from_10_to_14() {
    moves(support::server(10), support::server(14));
}

#[test]
fn a_clone_moves_from_13_to_17() {
    moves(support::server(13), support::server(17));
}

/// More than fits between the two sides, as text and as binary rows, with large objects.
#[test]
fn rows_beyond_all_buffers_come_through() {
    let Some(server) = support::newest() else { return };
    let original = TestDb::new(&server);
    original.sql(
        "CREATE TABLE big (id int PRIMARY KEY, t text, v bytea);
         ALTER TABLE big ALTER t SET STORAGE EXTERNAL, ALTER v SET STORAGE EXTERNAL;
         INSERT INTO big SELECT n, repeat(md5(n::text), 500), decode(md5(n::text), 'hex')
             FROM generate_series(1, 5000) n;
         INSERT INTO big VALUES (0, repeat('x', 20000000), NULL);
         SELECT lo_from_bytea(0, decode(repeat(md5(n::text), 2000), 'hex'))
             FROM generate_series(1, 100) n",
    );
    for options in [&["-j", "3"][..], &["--copy-format", "text"]] {
        assert_cloned(&original, &into_empty(&original, &server, options));
    }
    assert_cloned(&original, &with_create(&original, &server, &["--single-transaction"]));
}
