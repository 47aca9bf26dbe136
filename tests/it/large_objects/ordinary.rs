//! What a role without superuser's rights can do.

use serde_json::Value;

use super::{bytes_of, count_of, forms, on_some_versions};
use crate::support::{self, Archive, Role, TestDb, arg, differences, pgx};

/// What `pgx inspect` says of the large objects.
fn listed(archive: &Archive) -> Value {
    let ran = pgx(&["inspect", "--json", arg(archive.path())]).ok();
    let listed: Value = serde_json::from_slice(&ran.stdout).unwrap();
    listed["large_objects"].clone()
}

fn dump_as(role: &Role, database: &TestDb, options: &[&str]) -> (Archive, support::Ran) {
    let uri = database.uri_as(role.name());
    Archive::attempt_from(&uri, options)
}

#[test]
fn their_owner_dumps_the_very_pages_that_a_superuser_dumps() {
    on_some_versions(|server| {
        let (owner, reader) = (Role::new(server, "lo_o", "LOGIN"), Role::new(server, "lo_r", ""));
        let original = forms(server, &owner, &reader);
        let (by_owner, ran) = dump_as(&owner, &original, &[]);
        ran.ok();
        let by_superuser = listed(&Archive::of(&original));
        assert_eq!(listed(&by_owner), by_superuser);
        assert_eq!(by_superuser["count"], 15, "{by_superuser}");
        let uri = original.uri_as(owner.name());
        pgx(&["verify", arg(by_owner.path()), "--against", &uri]).ok();
        drop(original);
    });
}

#[test]
fn one_that_cannot_be_read_is_named_before_anything_is_dumped() {
    on_some_versions(|server| {
        let (owner, reader) = (Role::new(server, "lo_o", ""), Role::new(server, "lo_r", "LOGIN"));
        let group = Role::new(server, "lo_g", "");
        let original = TestDb::new(server);
        original.sql(&format!(
            "SET ROLE {0}; SELECT lo_create(50001), lo_create(50002), lo_create(50003), \
              lo_create(50004), lo_create(50005);
             GRANT SELECT ON LARGE OBJECT 50001 TO {1}; GRANT UPDATE ON LARGE OBJECT 50002 TO {1};
             GRANT SELECT ON LARGE OBJECT 50003 TO {2}; GRANT SELECT ON LARGE OBJECT 50004 TO PUBLIC;
             RESET ROLE; GRANT {2} TO {1}",
            owner.name(),
            reader.name(),
            group.name()
        ));
        let (archive, ran) = dump_as(&reader, &original, &[]);
        let said = ran.fails(11);
        assert!(said.starts_with("pgx: error[E1101]: 2 objects cannot be read"), "{said}");
        let named = "large object 50002: no SELECT\n  = large object 50005: no SELECT\n";
        assert!(said.contains(named), "{said}");
        assert!(said.contains("--no-large-objects") && !archive.path().exists(), "{said}");
        dump_as(&reader, &original, &["-B"]).1.ok();
        original.sql("GRANT SELECT ON LARGE OBJECT 50002, 50005 TO PUBLIC");
        dump_as(&reader, &original, &[]).1.ok();
        original.sql(&format!(
            "ALTER LARGE OBJECT 50005 OWNER TO {0}; REVOKE SELECT ON LARGE OBJECT 50005 FROM PUBLIC, {0}",
            reader.name()
        ));
        let said = dump_as(&reader, &original, &[]).1.fails(11);
        assert!(said.contains("1 object cannot be read"), "{said}");
        drop(original);
    });
}

#[test]
fn who_may_read_everything_dumps_everything() {
    for server in [14, 18].into_iter().filter_map(support::server) {
        let (owner, reader) = (Role::new(&server, "lo_o", ""), Role::new(&server, "lo_r", "LOGIN"));
        let original = forms(&server, &owner, &reader);
        original.sql(&format!("GRANT pg_read_all_data TO {}", reader.name()));
        let (archive, ran) = dump_as(&reader, &original, &[]);
        ran.ok();
        assert_eq!(listed(&archive), listed(&Archive::of(&original)));
        drop(original);
    }
}

/// A role that may become the owners, and has none of their privileges until it does.
#[test]
fn a_member_of_the_owners_restores_owners_and_grants() {
    on_some_versions(|server| {
        let clerk = Role::new(server, "lo_c", "LOGIN NOINHERIT");
        let (owner, reader) = (Role::new(server, "lo_o", ""), Role::new(server, "lo_r", ""));
        let original = forms(server, &owner, &reader);
        original.sql(&format!(
            "ALTER TABLE t OWNER TO {1}; REVOKE ALL ON t FROM PUBLIC;
             SET ROLE {0}; SELECT lo_from_bytea(60000, 'of the reader'); RESET ROLE; GRANT {0}, {2} TO {1}",
            reader.name(),
            clerk.name(),
            owner.name()
        ));
        let archive = Archive::of(&original);
        let copy = TestDb::new(server);
        copy.sql(&format!(
            "ALTER DATABASE {} OWNER TO {}; \
             GRANT CREATE ON SCHEMA public TO {1}",
            copy.name(),
            clerk.name()
        ));
        let uri = copy.uri_as(clerk.name());
        pgx(&["restore", arg(archive.path()), "-d", &uri]).ok();
        assert_eq!(bytes_of(&copy), bytes_of(&original));
        let found = differences(&original, &copy);
        let about = |line: &&String| line.contains("largeobject") || line.contains("LARGE OBJECT");
        assert_eq!(found.iter().filter(about).collect::<Vec<_>>(), Vec::<&String>::new());
        drop((original, copy));
    });
}

#[test]
fn without_the_owners_everything_belongs_to_who_restores() {
    on_some_versions(|server| {
        let clerk = Role::new(server, "lo_c", "LOGIN");
        let (archive, bytes) = {
            let (owner, reader) = (Role::new(server, "lo_o", ""), Role::new(server, "lo_r", ""));
            let original = forms(server, &owner, &reader);
            let archive = Archive::with(&original, &["-T", "t"]);
            (archive, bytes_of(&original))
        };
        let copy = TestDb::new(server);
        let uri = copy.uri_as(clerk.name());
        let restore = |options: &[&str]| {
            pgx(&[&["restore", arg(archive.path()), "-a", "-d", &uri], options].concat())
        };
        let said = restore(&[]).fails(8);
        assert!(said.contains("E0803") && said.contains("CREATE ROLE \"pgx_test_"), "{said}");
        assert_eq!(count_of(&copy), "0");
        restore(&["--no-owner", "--no-privileges"]).ok();
        assert_eq!(bytes_of(&copy), bytes);
        let owners = "SELECT string_agg(DISTINCT lomowner::regrole::text, ' ') || count(lomacl) \
                      FROM pg_largeobject_metadata";
        assert_eq!(copy.value(owners), format!("{}0", clerk.name()));
        drop(copy);
    });
}

#[test]
fn a_missing_right_to_make_temporary_tables_is_told_before_anything_is_changed() {
    let Some(server) = support::newest() else { return };
    let clerk = Role::new(&server, "lo_c", "LOGIN");
    let original = TestDb::new(&server);
    original.sql("SELECT lo_from_bytea(50001, 'x')");
    let archive = Archive::of(&original);
    let copy = TestDb::new(&server);
    copy.sql(&format!("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC", copy.name()));
    let uri = copy.uri_as(clerk.name());
    let restore = ["restore", arg(archive.path()), "-a", "--no-owner", "-d", &uri];
    let said = pgx(&restore).fails(11);
    assert!(said.contains("may not make temporary tables"), "{said}");
    assert_eq!(count_of(&copy), "0");
}
