//! Privileges on what initdb made: only where somebody changed them, and as far as the target has it.

use super::{entries, labels};
use crate::support::{self, Archive, Role, TestDb};

#[test]
fn a_database_that_nobody_touched_has_none() {
    support::each_version(|server| {
        assert_eq!(labels(&Archive::of(&TestDb::new(server))), ["SCHEMA public"]);
    });
}

#[test]
fn what_another_version_lacks_is_left_out_and_named() {
    let (Some(source), Some(target)) = (support::server(13), support::server(18)) else { return };
    let original = TestDb::new(&source);
    original.sql(
        "GRANT EXECUTE ON FUNCTION pg_start_backup(text, boolean, boolean) TO PUBLIC;
         REVOKE EXECUTE ON FUNCTION pg_sleep(double precision) FROM PUBLIC;",
    );
    let copy = TestDb::new(&target);
    let told = Archive::of(&original).restore(&copy, &[]).fails(3);
    assert!(told.contains("left out: FUNCTION pg_catalog.pg_start_backup"), "{told}");
    let acl =
        "SELECT proacl IS NULL OR proacl::text LIKE '{=X%' FROM pg_proc WHERE proname = 'pg_sleep'";
    assert_eq!(copy.value(acl), "f");
}

#[test]
fn who_is_no_superuser_restores_everything_else() {
    for server in [10, 18].into_iter().filter_map(support::server) {
        let role = Role::new(&server, "ordinary", "LOGIN");
        let original = TestDb::new(&server);
        original.sql(&format!(
            "REVOKE EXECUTE ON FUNCTION pg_sleep(double precision) FROM PUBLIC;
             CREATE SCHEMA own AUTHORIZATION {role}; SET ROLE {role};
             CREATE TABLE own.t AS SELECT 1 AS a",
            role = role.name()
        ));
        let archive = Archive::of(&original);
        let copy = TestDb::new(&server);
        copy.sql(&format!("GRANT CREATE ON DATABASE {} TO {}", copy.name(), role.name()));
        let uri = copy.uri_as(role.name());
        let path = support::arg(archive.path());
        let told = support::pgx(&["restore", path, "-d", &uri]).fails(3);
        assert!(told.contains("left out: FUNCTION pg_catalog.pg_sleep"), "{told}");
        assert_eq!(copy.value("SELECT a FROM own.t"), "1");
    }
}

#[test]
fn a_choice_of_tables_or_schemas_has_none() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    database.sql(
        "CREATE TABLE t (); REVOKE EXECUTE ON FUNCTION pg_sleep(double precision) FROM PUBLIC",
    );
    let of_system = |options: &[&str]| {
        let entries = entries(&Archive::with(&database, options));
        entries.iter().filter(|entry| entry.name.schema.as_deref() == Some("pg_catalog")).count()
    };
    assert_eq!([of_system(&[]), of_system(&["-t", "t"]), of_system(&["-n", "public"])], [1, 0, 0]);
    assert_eq!(of_system(&["-N", "public"]), 1);
    assert_eq!(of_system(&["-a"]), 0);
}
