//! The schema that every new database has: what was done to it is done again.

use crate::support::{self, Archive, Role, TestDb, assert_same};

/// What is done to the schema, and whom it belongs to afterwards is `{role}`.
const CHANGES: &[&str] = &[
    "SELECT 1",
    "ALTER SCHEMA public OWNER TO {role}",
    "ALTER SCHEMA public OWNER TO {role}; REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "ALTER SCHEMA public OWNER TO {role}; REVOKE ALL ON SCHEMA public FROM {role}; GRANT USAGE ON SCHEMA public TO {role}",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC",
    "GRANT ALL ON SCHEMA public TO PUBLIC; GRANT CREATE ON SCHEMA public TO {role} WITH GRANT OPTION",
    "COMMENT ON SCHEMA public IS NULL",
    "COMMENT ON SCHEMA public IS 'it''s another'",
    "DROP SCHEMA public; CREATE SCHEMA public; CREATE TABLE public.t (a integer)",
];

#[test]
fn what_was_done_to_public_is_done_again() {
    // From 15 on it belongs to the owner of the database.
    for server in [10, 15, 18].into_iter().filter_map(support::server) {
        let role = Role::new(&server, "public", "");
        for change in CHANGES {
            let original = TestDb::new(&server);
            original.sql(&change.replace("{role}", role.name()));
            let archive = Archive::of(&original);
            assert_same(&original, &archive.restored_into_empty(&server));
            assert_same(&original, &archive.restored_with_create(&server));
        }
    }
}

#[test]
fn an_untouched_public_takes_no_statement() {
    support::each_version(|server| {
        let original = TestDb::new(server);
        original.sql("CREATE TABLE t (a integer)");
        let archive = Archive::of(&original);
        let copy = TestDb::new(server);
        let plan = archive.restore(&copy, &["--dry-run"]).ok();
        assert!(!plan.stdout_text().contains("making SCHEMA public"), "{}", plan.stdout_text());
        assert_same(&original, &archive.restored_into_empty(server));
    });
}

#[test]
fn where_public_was_dropped_a_new_database_has_none() {
    support::each_version(|server| {
        let original = TestDb::new(server);
        original
            .sql("DROP SCHEMA public; CREATE SCHEMA other; CREATE TABLE other.t AS SELECT 1 AS a");
        let copy = Archive::of(&original).restored_with_create(server);
        assert_same(&original, &copy);
        let there = "SELECT count(*) FROM pg_namespace WHERE nspname = 'public'";
        assert_eq!(copy.value(there), "0");
    });
}
