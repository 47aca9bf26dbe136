//! Servers with more than pgx knows: a dump stops by name, and never goes past it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;

use crate::support::{self, Archive, Server, TestDb, assert_same, assert_same_contents};

#[test]
fn a_class_that_nobody_knows_stops_the_dump_by_name() {
    support::each_version(|server| {
        let database = TestDb::new(server);
        database.sql(
            "CREATE TABLE t (a integer); CREATE POLICY p ON t; \
             UPDATE pg_catalog.pg_policy SET polcmd = 'z'",
        );
        let told = Archive::attempt(&database, &[]).1.fails(2);
        assert!(told.contains("this pgx does not know"), "{told}");
        assert!(told.contains("pg_policy.polcmd z"), "{told}");
    });
}

#[test]
fn catalogs_of_every_version_are_known() {
    support::each_version(|server| {
        let database = TestDb::new(server);
        database.sql("CREATE TABLE t (a integer)");
        Archive::of(&database);
    });
}

/// A column or a catalog cannot be added to a server; the number of its version can be changed.
#[test]
fn a_version_that_nobody_knows_is_dumped_when_all_it_has_is_known() {
    let Some(server) = support::server(19) else { return };
    let database = TestDb::new(&server);
    let scenario = support::scenario("cycles");
    database.sql(scenario.sql);
    let uri = claiming_to_be_20(&server, database.name());
    let (archive, ran) = Archive::attempt_from(&uri, &[]);
    ran.ok();
    let copy = archive.restored_into_empty(&server);
    assert_same(&database, &copy);
    assert_same_contents(&archive, &Archive::of(&copy));
    database.sql("CREATE POLICY p ON country; UPDATE pg_catalog.pg_policy SET polcmd = 'z'");
    let told = Archive::attempt_from(&uri, &[]).1.fails(2);
    assert!(told.contains("the server, PostgreSQL 20,"), "{told}");
}

/// The URI of a database behind a port that says 20 where the server says 19.
fn claiming_to_be_20(server: &Server, database: &str) -> String {
    let socket = format!("{}/.s.PGSQL.{}", server.host(), server.port());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound port").port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = UnixStream::connect(&socket).expect("the server runs");
            carry(client, server);
        }
    });
    format!("postgresql://postgres@127.0.0.1:{port}/{database}")
}

fn carry(client: TcpStream, server: UnixStream) {
    let mut to_server = server.try_clone().expect("a socket can be cloned");
    let mut from_client = client.try_clone().expect("a socket can be cloned");
    thread::spawn(move || {
        let _ = std::io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let _ = translate(server, &client);
        let _ = client.shutdown(Shutdown::Both);
    });
}

/// The number of the version comes as one value of six digits, in a message that is never cut here.
fn translate(mut from: UnixStream, mut to: &TcpStream) -> std::io::Result<()> {
    let (value, told) = (b"\0\0\0\x06190000", b"\0\0\0\x06200000");
    let mut buffer = [0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        let at = buffer[..read].windows(value.len()).position(|window| window == value);
        if let Some(at) = at {
            buffer[at..at + told.len()].copy_from_slice(told);
        }
        to.write_all(&buffer[..read])?;
    }
}
