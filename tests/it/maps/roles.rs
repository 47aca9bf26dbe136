//! Owners and roles. The oracle is the server: ALTER ROLE RENAME, and REASSIGN OWNED.

use super::{assert_equal, some_servers};
use crate::support::{Archive, Role, Server, TestDb, fingerprint_of, unique};

/// The roles of the source and those of the target.
struct Cast {
    old: Vec<Role>,
    new: Vec<Role>,
}

impl Cast {
    fn new(server: &Server) -> Cast {
        let three = |kind: &str| {
            ["a", "b", "c"].map(|name| Role::new(server, &format!("{kind}_{name}"), "")).into()
        };
        Cast { old: three("old"), new: three("new") }
    }

    /// `old=new` of each.
    fn maps(&self) -> Vec<String> {
        let pairs = self.old.iter().zip(&self.new);
        pairs.map(|(old, new)| format!("{}={}", old.name(), new.name())).collect()
    }

    /// The source has the target's roles, by their names, while `look` does.
    fn renamed<T>(&self, server: &Server, look: impl FnOnce() -> T) -> T {
        let rename = |from: &str, to: &str| {
            let sql = format!("ALTER ROLE {from} RENAME TO {to}");
            server.session().execute(&sql).unwrap();
        };
        for (old, new) in self.old.iter().zip(&self.new) {
            rename(new.name(), &format!("{}_x", new.name()));
            rename(old.name(), new.name());
        }
        let seen = look();
        for (old, new) in self.old.iter().zip(&self.new) {
            rename(new.name(), old.name());
            rename(&format!("{}_x", new.name()), new.name());
        }
        seen
    }
}

/// A database with the roles in every place.
fn source(server: &Server, cast: &Cast) -> TestDb {
    let source = TestDb::new(server);
    let mut sql = include_str!("roles.sql").replace(":db", source.name());
    for (variable, role) in [":a", ":b", ":c"].into_iter().zip(&cast.old) {
        sql = sql.replace(variable, role.name());
    }
    source.sql(&sql.replace(":w", "wrapper"));
    source
}

/// What the database itself says of roles, which its name does not change.
fn of_database(database: &TestDb) -> Vec<Vec<Option<String>>> {
    database.rows(
        "SELECT pg_get_userbyid(datdba), \
         (SELECT string_agg(item::text, ' ' ORDER BY item::text) FROM unnest(datacl) a(item)), \
         (SELECT string_agg(concat(r.rolname, s.setconfig), ',') FROM pg_db_role_setting s \
          JOIN pg_roles r ON r.oid = s.setrole WHERE s.setdatabase = d.oid) \
         FROM pg_database d WHERE datname = current_database()",
    )
}

#[test]
fn a_mapped_role_takes_the_old_ones_place_everywhere() {
    for server in some_servers() {
        let cast = Cast::new(&server);
        let source = source(&server, &cast);
        let archive = Archive::of(&source);
        let maps = cast.maps();
        let options: Vec<&str> = maps.iter().flat_map(|map| ["--map-role", map]).collect();
        let copy = TestDb::adopt(&server, &unique("made"));
        archive.restore(&copy, &[&["--create"], &options[..]].concat()).ok();
        let (found, of_copy) = (fingerprint_of(&copy), of_database(&copy));
        let (wanted, of_source) =
            cast.renamed(&server, || (fingerprint_of(&source), of_database(&source)));
        assert_equal(wanted, found);
        assert_eq!(of_copy, of_source);
        // What is said in strings is not touched.
        let text = copy.value(
            "SELECT concat(polqual, polwithcheck) FROM pg_policy \
             WHERE polname = 'mine'",
        );
        assert!(!text.is_empty());
        let qual = copy.value("SELECT qual FROM pg_policies WHERE policyname = 'mine'");
        assert!(qual.contains(cast.old[1].name()), "{qual}");
    }
}

#[test]
fn a_mapped_owner_takes_over_as_by_reassign_owned() {
    for server in some_servers() {
        let cast = Cast::new(&server);
        let source = source(&server, &cast);
        let archive = Archive::of(&source);
        let (a, b, new) = (&cast.old[0], &cast.old[1], &cast.new[0]);
        // One new owner who is a stranger, one who was granted to by the old one.
        for to in [new, b] {
            let map = format!("{}={}", a.name(), to.name());
            let copy = TestDb::adopt(&server, &unique("made"));
            archive.restore(&copy, &["--create", "--map-owner", &map]).ok();
            let oracle = archive.restored_with_create(&server);
            // The source's database is not to be given away.
            server
                .session()
                .execute(&format!("ALTER DATABASE {} OWNER TO postgres", source.name()))
                .unwrap();
            oracle.sql(&format!("REASSIGN OWNED BY {} TO {}", a.name(), to.name()));
            assert_equal(fingerprint_of(&oracle), fingerprint_of(&copy));
            assert_eq!(of_database(&copy), of_database(&oracle));
        }
    }
}

#[test]
fn an_owner_who_is_mapped_both_ways_follows_the_map_of_owners() {
    let Some(server) = crate::support::newest() else { return };
    let roles = ["a", "b", "c"].map(|name| Role::new(&server, name, ""));
    let [a, b, c] = roles.each_ref().map(Role::name);
    let source = TestDb::new(&server);
    source.sql(&format!(
        "CREATE TABLE t (); ALTER TABLE t OWNER TO {a}; CREATE TABLE u (); GRANT SELECT ON u TO {a}"
    ));
    let copy = TestDb::new(&server);
    let (owner, role) = (format!("{a}={b}"), format!("{a}={c}"));
    Archive::of(&source).restore(&copy, &["--map-owner", &owner, "--map-role", &role]).ok();
    assert_eq!(copy.value("SELECT tableowner FROM pg_tables WHERE tablename = 't'"), b);
    let of_u = format!("SELECT has_table_privilege('{c}', 'u', 'SELECT')");
    assert_eq!(copy.value(&of_u), "t");
}

#[test]
fn a_map_of_what_the_archive_does_not_hold_is_an_error() {
    let Some(server) = crate::support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql("CREATE TABLE t ()");
    let archive = Archive::of(&source);
    let copy = TestDb::new(&server);
    for option in ["--map-owner", "--map-role", "--map-tablespace", "--map-schema"] {
        let told = archive.restore(&copy, &[option, "no such=x"]).fails(2);
        assert!(told.contains("E0204") && told.contains("no such"), "{told}");
        archive.restore(&copy, &[option, "no such"]).fails(2);
        archive.restore(&copy, &[option, "a=b", option, "a=c"]).fails(2);
    }
}
