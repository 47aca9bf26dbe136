//! A new database: what it is made like, and what is refused before it is made.

use super::failure::only_here;
use super::{Archived, SHOP, State, some_versions};
use crate::support::{self, Role, Server, TestDb, unique};

/// All a database is, its name and its rows aside.
const PROPERTIES: &str = "
SELECT concat_ws('|', pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype,
    datconnlimit, datallowconn, datistemplate, shobj_description(d.oid, 'pg_database'),
    (SELECT string_agg(a::text, ',' ORDER BY a::text)
        FROM unnest(coalesce(datacl, acldefault('d', datdba))) a),
    (SELECT string_agg(coalesce(r.rolname, '-') || ':' || array_to_string(setconfig, ','), ';'
        ORDER BY r.rolname) FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = setrole
        WHERE setdatabase = d.oid))
FROM pg_database d WHERE datname = current_database()";

/// How many databases have a name that begins like this.
pub(super) fn databases(server: &Server, start: &str) -> usize {
    let sql = format!("SELECT FROM pg_database WHERE left(datname, {}) = '{start}'", start.len());
    server.session().query(&sql).unwrap().len()
}

#[test]
fn a_new_database_is_made_like_the_archives() {
    support::each_version(|server| {
        let owner = Role::new(server, "owner", "LOGIN");
        let guest = Role::new(server, "guest", "");
        let latin = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' CONNECTION LIMIT 7";
        let source = TestDb::with(server, latin);
        let (name, owner_name, guest_name) = (source.name(), owner.name(), guest.name());
        source.sql(&format!(
            "CREATE TABLE t (a text); INSERT INTO t VALUES (chr(233) || 't' || chr(233));
             ALTER TABLE t OWNER TO {owner_name};
             ALTER DATABASE {name} SET work_mem = '7MB';
             ALTER DATABASE {name} SET datestyle = 'SQL, DMY';
             ALTER ROLE {guest_name} IN DATABASE {name} SET work_mem = '3MB';
             COMMENT ON DATABASE {name} IS 'it''s the shop';
             REVOKE CONNECT ON DATABASE {name} FROM PUBLIC;
             GRANT CREATE, CONNECT ON DATABASE {name} TO {guest_name};
             ALTER DATABASE {name} OWNER TO {owner_name}"
        ));
        let archive = Archived::new(&source, &[]);
        let target = TestDb::adopt(server, &unique("made"));
        archive.restore(&target, &["--create"]).ok();
        let want = source.value(PROPERTIES);
        assert!(want.contains(&format!("{owner_name}|LATIN1|C|C|7|t|f|it's the shop|")), "{want}");
        assert_eq!(target.value(PROPERTIES), want);
        archive.verify(&target).ok();
    });
}

#[test]
fn a_database_open_to_all_is_open_to_all_again() {
    some_versions(|server| {
        let role = Role::new(server, "anybody", "LOGIN");
        let source = TestDb::new(server);
        source.sql(SHOP);
        let archive = Archived::new(&source, &[]);
        let target = TestDb::adopt(server, &unique("made"));
        archive.restore(&target, &["--create", "-x"]).ok();
        assert_eq!(target.value(PROPERTIES), source.value(PROPERTIES));
        assert_eq!(State::of(&target), State::of(&source));
        let mut session = target.session_as(role.name());
        session.execute("CREATE TEMPORARY TABLE t (a int)").unwrap();
    });
}

#[test]
fn the_owner_is_the_archives_or_the_one_named_or_oneself() {
    some_versions(|server| {
        let (first, second) = (Role::new(server, "first", ""), Role::new(server, "second", ""));
        let source = TestDb::new(server);
        source.sql(&format!("ALTER DATABASE {} OWNER TO {}", source.name(), first.name()));
        let archive = Archived::new(&source, &[]);
        let owner = |options: &[&str]| {
            let target = TestDb::adopt(server, &unique("made"));
            archive.restore(&target, &[&["--create"], options].concat()).ok();
            target.value(
                "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()",
            )
        };
        assert_eq!(owner(&[]), first.name());
        assert_eq!(owner(&["--owner", second.name()]), second.name());
        assert_eq!(owner(&["--no-owner", "--owner", second.name()]), second.name());
        let me = source.value("SELECT current_user::text");
        assert_eq!(owner(&["--no-owner"]), me);
        let target = TestDb::adopt(server, &unique("made"));
        let said = archive.restore(&target, &["--create", "--owner", "pgx_no_such"]).fails(8);
        assert!(said.contains("E0803") && said.contains("pgx_no_such"), "{said}");
        assert_eq!(databases(server, target.name()), 0);
    });
}

#[test]
fn without_a_name_the_database_is_called_as_in_the_archive() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(SHOP);
    let archive = Archived::new(&source, &[]);
    let moved = TestDb::adopt(&server, &unique("moved"));
    let rename = format!("ALTER DATABASE {} RENAME TO {}", source.name(), moved.name());
    server.session().execute(&rename).unwrap();
    // A URI without a path says where the server is, and names no database.
    archive.restore_to(&server.uri(""), &["--create"]).ok();
    archive.verify(&source).ok();
    assert_eq!(source.value("SELECT count(*) FROM app.orders"), "90");
}

#[test]
fn names_of_63_bytes_are_used_whole_and_longer_ones_refused() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(SHOP);
        let archive = Archived::new(&source, &[]);
        // Multibyte characters straddle the place where a staging name is cut.
        for shift in ["", "x", "xx"] {
            let start = format!("{}{shift}", unique("n"));
            let mut name = start.clone();
            while name.len() + '€'.len_utf8() <= 63 {
                name.push('€');
            }
            name.push_str(&"y".repeat(63 - name.len()));
            assert_eq!(name.len(), 63);
            let target = TestDb::adopt(server, &name);
            archive.restore_to(&encoded(server, &name), &["-C"]).ok();
            assert_eq!(target.value("SELECT current_database()"), name);
            assert_eq!(databases(server, &start), 1, "no staging database is left");
            let taken = archive.restore_to(&encoded(server, &name), &["-C"]).fails(8);
            assert!(taken.contains("E0802"), "{taken}");
        }
        let long = "z".repeat(64);
        archive.restore_to(&server.uri(&long), &["-C"]).fails(2);
        assert_eq!(databases(server, "zzzz"), 0);
    });
}

/// A URI with the name's bytes in percent signs.
fn encoded(server: &Server, name: &str) -> String {
    let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    server.uri(&name)
}

#[test]
fn a_taken_name_is_refused_before_anything_is_made() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(SHOP);
        let archive = Archived::new(&source, &[]);
        let target = TestDb::new(server);
        target.sql("CREATE TABLE kept (a int)");
        let before = State::of(&target);
        let said = archive.restore(&target, &["--create"]).fails(8);
        assert!(said.contains("E0802") && said.contains("the database exists already"), "{said}");
        assert!(said.contains("no database was made"), "{said}");
        assert_eq!(State::of(&target), before);
        assert_eq!(databases(server, target.name()), 1);
    });
}

#[test]
fn a_failure_leaves_no_database_behind() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(SHOP);
        source.sql(&only_here(&source));
        let archive = Archived::new(&source, &[]);
        let target = TestDb::adopt(server, &unique("made"));
        let said = archive.restore(&target, &["--create"]).fails(8);
        assert!(said.contains("zz_guard_here") && said.contains("no database was made"), "{said}");
        assert_eq!(databases(server, target.name()), 0);
    });
}

#[test]
fn a_role_without_createdb_is_refused() {
    let Some(server) = support::newest() else { return };
    let role = Role::new(&server, "plain", "LOGIN");
    let source = TestDb::new(&server);
    source.sql("CREATE TABLE t (a int)");
    let archive = Archived::new(&source, &[]);
    let target = TestDb::adopt(&server, &unique("made"));
    let said = archive.restore_to(&target.uri_as(role.name()), &["--create", "-O"]).fails(11);
    assert!(said.contains("may not create databases"), "{said}");
    server.session().execute(&format!("ALTER ROLE {} CREATEDB", role.name())).unwrap();
    archive.restore_to(&target.uri_as(role.name()), &["--create", "-O"]).ok();
    archive.verify(&target).ok();
    drop(target);
}
