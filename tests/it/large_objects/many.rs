//! So many that the server's lock table would overflow.

use super::count_of;
use crate::support::{self, Archive, Role, Server, TestDb, skip};

/// A database with large objects of one page each, from OID 1000001 on.
fn many(server: &Server, owner: &Role, count: u32) -> TestDb {
    let database = TestDb::new(server);
    database.sql(&format!(
        "SET ROLE {}; SELECT count(lo_from_bytea(o::oid, decode(md5(o::text), 'hex'))) \
         FROM generate_series(1000001, 1000000 + {count}) o; RESET ROLE",
        owner.name()
    ));
    database
}

fn setting(server: &Server, name: &str) -> u32 {
    let rows = server.session().query(&format!("SHOW {name}")).unwrap();
    rows[0].int(name).unwrap()
}

/// What a stock server gives each connection.
fn has_stock_locks(server: &Server) -> bool {
    let stock = setting(server, "max_locks_per_transaction") == 64;
    if !stock {
        skip("max_locks_per_transaction is not 64");
    }
    stock
}

#[test]
fn a_superuser_restores_100_000_in_one_transaction_on_a_stock_server() {
    let Some(server) = support::server(10).filter(has_stock_locks) else { return };
    let owner = Role::new(&server, "lo_o", "");
    let original = many(&server, &owner, 100_000);
    let archive = Archive::of(&original);
    let copy = TestDb::new(&server);
    archive.restore(&copy, &["--single-transaction"]).ok();
    assert_eq!(count_of(&copy), "100000");
    archive.rows_equal(&copy);
}

#[test]
fn their_owner_restores_100_000_in_one_transaction_on_a_stock_server() {
    let Some(server) = support::newest().filter(has_stock_locks) else { return };
    let owner = Role::new(&server, "lo_o", "LOGIN");
    let original = many(&server, &owner, 100_000);
    let archive = Archive::of(&original);
    let copy = TestDb::new(&server);
    let uri = copy.uri_as(owner.name());
    support::pgx(&["restore", support::arg(archive.path()), "-a", "-d", &uri]).ok();
    assert_eq!(count_of(&copy), "100000");
    archive.rows_equal(&copy);
}

/// From 18 on GRANT locks every large object.
#[test]
fn grants_that_may_overflow_the_lock_table_are_told_and_committed_in_parts() {
    let Some(server) = support::newest().filter(|server| server.major >= 18) else { return };
    let owner = Role::new(&server, "lo_o", "");
    let room = setting(&server, "max_locks_per_transaction") * setting(&server, "max_connections");
    let original = many(&server, &owner, room + 1);
    let grants: Vec<String> = (0..=room / 1000)
        .map(|part| {
            let last = ((part + 1) * 1000).min(room + 1);
            let oids = (part * 1000 + 1..=last).map(|oid| (1_000_000 + oid).to_string());
            format!(
                "GRANT SELECT ON LARGE OBJECT {} TO PUBLIC",
                oids.collect::<Vec<_>>().join(", ")
            )
        })
        .collect();
    grants.iter().for_each(|grant| original.sql(grant));
    let archive = Archive::of(&original);
    let said = archive.restore(&TestDb::new(&server), &["--dry-run"]).ok();
    assert!(said.stdout_text().contains("LARGE OBJECT METADATA"), "{}", said.stdout_text());
    // The server's own reserve lets it pass as a rule, or else it says what to do.
    let ran = archive.restore(&TestDb::new(&server), &[]);
    assert!(ran.stderr.contains(&format!("needs about {} locks", room + 1)), "{}", ran.stderr);
    assert!(ran.code == Some(0) || ran.stderr.contains("53200"), "{}", ran.stderr);
    let made = archive.restored_with_create(&server);
    let granted = "SELECT count(*) FROM pg_largeobject_metadata WHERE lomacl::text LIKE '%=r/%'";
    assert_eq!(made.value(granted), (room + 1).to_string());
}
