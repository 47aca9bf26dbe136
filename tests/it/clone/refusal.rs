//! What is refused before anything is done.

use super::clone;
use crate::support::{self, Role, TestDb, each_version, pgx};

#[test]
fn a_database_is_not_its_own_target_whatever_it_is_called() {
    each_version(|server| {
        let nobody = Role::new(server, "nobody", "LOGIN");
        let database = TestDb::new(server);
        let words = format!(
            "host={} port={} user={} dbname={}",
            server.host(),
            server.port(),
            nobody.name(),
            database.name()
        );
        let same = "source and target are the same database";
        for target in [database.uri(), database.uri_as(nobody.name()), words] {
            let told = pgx(&["clone", &database.uri(), &target]).fails(2);
            assert!(told.contains("E0201") && told.contains(same), "{told}");
            // Rows would come twice.
            let told = pgx(&["clone", &target, &database.uri(), "--data-only"]).fails(2);
            assert!(told.contains(same), "{told}");
        }
        let told = clone(&database, &database, &["--create"]).fails(8);
        assert!(told.contains("the database exists already"), "{told}");
    });
}

/// The template of both is the same, and so are most of their OIDs.
#[test]
fn databases_of_one_name_on_two_servers_are_not_the_same() {
    let servers = support::servers();
    let plain = servers.iter().filter(|server| server.name.parse() == Ok(server.major));
    let mut by_age: Vec<_> = plain.collect();
    by_age.sort_by_key(|server| server.major);
    let (Some(old), Some(new)) = (by_age.first(), by_age.last()) else { return };
    if old.major == new.major {
        return support::skip("one server only");
    }
    let source = TestDb::new(old);
    let target = TestDb::adopt(new, source.name());
    source.sql("CREATE TABLE t AS SELECT 1 AS a");
    clone(&source, &target, &["--create"]).ok();
    target.sql("TRUNCATE t");
    clone(&source, &target, &["-a"]).ok();
    assert_eq!(target.value("SELECT count(*) FROM t"), "1");
}

#[test]
fn what_is_no_clone_of_a_database_is_told_what_does_it() {
    for (option, hint) in [
        ("--all-databases", "pgx dump --all-databases SOURCE | pgx restore -d TARGET"),
        ("-g", "pgx dump --globals-only SOURCE | pgx restore -d TARGET"),
    ] {
        let told = pgx(&["clone", "a", "b", option]).fails(2);
        assert!(told.contains(hint), "{told}");
    }
    let told = pgx(&["clone", "a", "postgresql://nowhere.invalid/"]).fails(2);
    assert!(told.contains("TARGET names no database"), "{told}");
    for words in ["clone a", "clone a b --owner x", "clone a b --create --data-only"] {
        pgx(&words.split(' ').collect::<Vec<_>>()).fails(2);
    }
}

#[test]
fn a_target_that_is_not_there_or_not_empty_is_left_alone() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql("CREATE TABLE t (a int)");
    let told = clone(&source, &TestDb::adopt(&server, &support::unique("none")), &[]).fails(4);
    assert!(told.contains("E0403"), "{told}");
    let target = TestDb::new(&server);
    target.sql("CREATE TABLE t (b int)");
    let told = clone(&source, &target, &[]).fails(8);
    assert!(told.contains("E0802") && told.contains("the target was not changed"), "{told}");
    let columns = "SELECT attname FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0";
    assert_eq!(target.value(columns), "b");
}
