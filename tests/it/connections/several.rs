//! Several servers: which one is taken, and what is told of the others.

use std::net::TcpListener;

use pgx_core::connect::{Config, Interrupt, Overrides, Session, Side};

use crate::support::{self, Ran, Server, pgx_command};

/// A port where nobody listens.
fn dead() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn config(conninfo: &str) -> Config {
    let (none, interrupt) = (Overrides::default(), Interrupt::new());
    Config::resolve(Some(conninfo), &none, &|_| None, Side::Source, &interrupt).unwrap()
}

/// The servers, one after the other, and what else is said.
fn conninfo(servers: &[&Server], said: &str) -> String {
    let hosts: Vec<&str> = servers.iter().map(|server| server.host()).collect();
    let ports: Vec<String> = servers.iter().map(|server| server.port().to_string()).collect();
    let user = servers[0].user();
    format!("host={} port={} user={user} dbname=postgres {said}", hosts.join(","), ports.join(","))
}

/// The major version of the server that is reached.
fn reached(conninfo: &str) -> u32 {
    Session::open(&config(conninfo)).unwrap_or_else(|error| panic!("{conninfo}: {error:?}")).major()
}

#[test]
fn the_reason_of_each_host_is_told() {
    let (one, two) = (dead(), dead());
    let hosts =
        format!("host=127.0.0.1,no.such.host.invalid,/nonexistent,127.0.0.1 port={one},1,2,{two}");
    let told = Ran::of(pgx_command().args(["dump", &format!("{hosts} user=u")])).fails(4);
    assert!(told.starts_with("pgx: error[E0401]: the server cannot be reached"), "{told}");
    for reason in [
        &format!("  = 127.0.0.1:{one}: Connection refused"),
        "  = no.such.host.invalid:1: ",
        "  = /nonexistent:2: No such file",
        &format!("  = 127.0.0.1:{two}: Connection refused"),
    ] {
        assert!(told.contains(reason), "{reason}: {told}");
    }
}

#[test]
fn every_session_goes_to_the_server_that_the_first_one_reached() {
    let Some(server) = support::newest() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let conninfo = format!(
        "host=127.0.0.1,{} port={port},{} user={} dbname=postgres",
        server.host(),
        server.port(),
        server.user()
    );
    let config = config(&conninfo);
    let first = Session::open(&config).unwrap();
    // The first host is back, and would take every later session.
    let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) else { return };
    listener.set_nonblocking(true).unwrap();
    for database in ["postgres", "template1"] {
        let session = Session::open(&config.with_database(database)).unwrap();
        assert_eq!(session.major(), first.major());
    }
    assert!(listener.accept().is_err(), "somebody went to the other host");
}

#[test]
fn a_server_is_chosen_by_what_its_sessions_may_do() {
    let Some(server) = support::newest() else { return };
    let read_only = "options='-c default_transaction_read_only=on'";
    let attrs = |attrs: &str, said: &str| {
        let conninfo = conninfo(&[&server], &format!("target_session_attrs={attrs} {said}"));
        let opened = Session::open(&config(&conninfo));
        opened.map(drop).map_err(|error| format!("{error:?}"))
    };
    for (wanted, said, good) in [
        ("any", read_only, true),
        ("read-write", "", true),
        ("read-write", read_only, false),
        ("read-only", "", false),
        ("read-only", read_only, true),
        ("primary", read_only, true),
        ("standby", "", false),
        ("prefer-standby", "", true),
    ] {
        let outcome = attrs(wanted, said);
        assert_eq!(outcome.is_ok(), good, "{wanted} {said}: {outcome:?}");
        if let Err(told) = outcome {
            assert!(told.starts_with("E0401: no server can be reached that is as "), "{told}");
        }
    }
}

#[test]
fn a_standby_is_found_behind_its_primary_and_the_other_way_round() {
    let Some((primary, standby)) = support::standby() else { return };
    for order in [[&primary, &standby], [&standby, &primary]] {
        for (attrs, in_recovery) in [
            ("primary", false),
            ("read-write", false),
            ("standby", true),
            ("read-only", true),
            ("prefer-standby", true),
        ] {
            let conninfo = conninfo(&order, &format!("target_session_attrs={attrs}"));
            let mut session = Session::open(&config(&conninfo)).unwrap();
            let row = session.query_one("SELECT pg_is_in_recovery() AS standby").unwrap();
            assert_eq!(row.bool("standby").unwrap(), in_recovery, "{attrs}");
        }
    }
}

#[test]
fn hosts_can_be_taken_in_any_order() {
    let servers = support::servers();
    let Some((first, last)) = servers.first().zip(servers.last()) else { return };
    if first.major == last.major {
        return support::skip("a single server");
    }
    let balanced = conninfo(&[first, last], "load_balance_hosts=random");
    let mut seen: Vec<u32> = (0..40).map(|_| reached(&balanced)).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 2, "{seen:?}");
    let in_order = conninfo(&[first, last], "");
    assert!((0..5).all(|_| reached(&in_order) == first.major));
}
