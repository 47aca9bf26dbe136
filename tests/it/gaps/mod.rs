//! What pg_dump loses, and pgx does not.

mod list;

use std::io::Write;
use std::process::{Command, Stdio};

use pgx_core::verify::fingerprint::Fingerprint;

use crate::support::{
    self, Archive, Role, Server, TestDb, assert_same, assert_same_contents, fingerprint_of,
};
use list::{GAPS, Gap};

/// A database with every gap that the server can have, and the gaps.
fn filled(server: &Server) -> (TestDb, Vec<&'static Gap>) {
    let database = TestDb::new(server);
    let gaps: Vec<&Gap> = GAPS.iter().filter(|gap| gap.from <= server.major).collect();
    gaps.iter().for_each(|gap| database.sql(gap.sql));
    (database, gaps)
}

/// The gaps whose probe does not give the same in both databases.
fn lost(gaps: &[&'static Gap], original: &TestDb, copy: &TestDb) -> Vec<&'static str> {
    let differs = |gap: &&&Gap| original.rows(gap.probe) != copy.rows(gap.probe);
    gaps.iter().filter(differs).map(|gap| gap.what).collect()
}

/// How the catalogs tell the two apart. A partition that was being detached comes back as the table that
/// it was to become.
fn differences(original: &TestDb, copy: &TestDb) -> Vec<String> {
    let found = Fingerprint::difference(&fingerprint_of(original), &fingerprint_of(copy));
    found.into_iter().filter(|line| !line.contains(" g12.t_1")).collect()
}

#[test]
fn pgx_closes_every_gap() {
    support::each_version(|server| {
        let (original, gaps) = filled(server);
        let copy = Archive::of(&original).restored_with_create(server);
        assert_eq!(lost(&gaps, &original, &copy), Vec::<&str>::new());
        assert_eq!(differences(&original, &copy), Vec::<String>::new());
    });
}

/// What psql makes of pg_dump's text, going on after errors.
fn copied_by_pg_dump(original: &TestDb) -> Option<TestDb> {
    let text = support::pg_dump(original, &[])?;
    let psql = support::psql()?;
    let copy = TestDb::new(original.server());
    let mut child = Command::new(psql)
        .args(["-X", "-q", "-d", &copy.uri()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("psql runs");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("psql reads");
    child.wait().expect("psql ends");
    Some(copy)
}

#[test]
fn pg_dump_leaves_every_gap() {
    support::each_version(|server| {
        let (original, gaps) = filled(server);
        let Some(copy) = copied_by_pg_dump(&original) else { return };
        let all: Vec<&str> = gaps.iter().map(|gap| gap.what).collect();
        assert_eq!(lost(&gaps, &original, &copy), all);
    });
}

#[test]
fn a_dropped_schema_public_stays_dropped_in_a_new_database() {
    let count = "SELECT count(*) FROM pg_namespace WHERE nspname = 'public'";
    support::each_version(|server| {
        let original = TestDb::new(server);
        original.sql("DROP SCHEMA public; CREATE SCHEMA s; CREATE TABLE s.t ()");
        let archive = Archive::of(&original);
        assert_eq!(archive.restored_with_create(server).value(count), "0");
        let existing = TestDb::new(server);
        let said = archive.restore(&existing, &[]).ok().stderr;
        assert!(said.contains("the source has no schema public"), "{said}");
        assert_eq!(existing.value(count), "1");
        if let Some(copy) = copied_by_pg_dump(&original) {
            assert_eq!(copy.value(count), "1");
        }
    });
}

/// What no statement of a restore can make again.
const UNKEPT: &str = "
    CREATE SCHEMA s; CREATE TABLE s.t (a integer); CREATE INDEX i ON s.t (a);
    UPDATE pg_index SET indisvalid = false WHERE indexrelid = 's.i'::regclass;
    CREATE OPERATOR s.=== (PROCEDURE = int4eq, LEFTARG = integer, RIGHTARG = integer, NEGATOR = OPERATOR(s.!==));
    DROP OPERATOR s.=== (integer, integer);
    CREATE TABLE s.c (own integer) INHERITS (s.t);
    ALTER TABLE s.c ADD COLUMN made integer GENERATED ALWAYS AS (a) STORED;
    ALTER TABLE s.t ADD COLUMN late integer;";

#[test]
fn what_is_not_kept_is_named() {
    let of_18 = support::server(18);
    for server in [support::server(12), of_18].into_iter().flatten() {
        let role = Role::new(&server, "now", "");
        let original = TestDb::new(&server);
        original.sql(UNKEPT);
        original.sql(&format!("ALTER FUNCTION now() OWNER TO {}", role.name()));
        let (archive, ran) = Archive::attempt(&original, &[]);
        let said = ran.ok().stderr;
        for unkept in [
            "INDEX s.i, which is invalid",
            "OPERATOR s.!==(integer,integer), which was announced and never defined",
            "order of the columns of s.c",
            "owner of function pg_catalog.now()",
        ] {
            assert!(said.contains(&format!("not kept: {unkept}")), "{unkept}: {said}");
        }
        archive.restored_into_empty(&server);
    }
}

/// Up to 15 a table could become a view, and took the states of its rules along.
#[test]
fn the_state_of_a_rule_that_a_view_had_as_a_table_is_named() {
    let Some(server) = support::server(14) else { return };
    let original = TestDb::new(&server);
    original.sql(
        "CREATE TABLE v (a integer); CREATE RULE r AS ON UPDATE TO v DO INSTEAD NOTHING; \
         ALTER TABLE v DISABLE RULE r; CREATE RULE \"_RETURN\" AS ON SELECT TO v DO INSTEAD SELECT 1 AS a",
    );
    let (archive, ran) = Archive::attempt(&original, &[]);
    let said = ran.ok().stderr;
    assert!(said.contains("not kept: that RULE r ON public.v is not simply enabled"), "{said}");
    archive.restored_into_empty(&server);
}

#[test]
fn extensions_are_pinned_on_request() {
    let version = "SELECT extversion FROM pg_extension WHERE extname = 'hstore'";
    for server in [13, 18].into_iter().filter_map(support::server) {
        let original = TestDb::new(&server);
        original.sql("CREATE EXTENSION hstore VERSION '1.4'");
        let archive = Archive::of(&original);
        assert_ne!(archive.restored_into_empty(&server).value(version), "1.4");
        let pinned = TestDb::new(&server);
        archive.restore(&pinned, &["--extension-versions"]).ok();
        assert_eq!(pinned.value(version), "1.4");
    }
}

/// Puts things on what extensions made. pg_dump takes all of it for the extension's.
fn on_members(role: &str, gis: bool) -> String {
    let view = format!(
        "CREATE EXTENSION pg_buffercache; CREATE EXTENSION hstore;
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER tr INSTEAD OF INSERT ON pg_buffercache FOR EACH ROW EXECUTE PROCEDURE f();
         CREATE RULE r AS ON DELETE TO pg_buffercache DO INSTEAD NOTHING;
         COMMENT ON RULE r ON pg_buffercache IS 'mine';
         ALTER FUNCTION hstore_in(cstring) OWNER TO {role};"
    );
    let table = format!(
        "CREATE EXTENSION postgis; CREATE INDEX i ON spatial_ref_sys (auth_name);
         CREATE POLICY p ON spatial_ref_sys TO {role} USING (srid > 0);
         ALTER TABLE spatial_ref_sys ENABLE ROW LEVEL SECURITY, ADD UNIQUE (srid, auth_name);
         CREATE TRIGGER tr AFTER INSERT ON spatial_ref_sys FOR EACH STATEMENT EXECUTE PROCEDURE f();
         ALTER TABLE spatial_ref_sys DISABLE TRIGGER tr;
         CREATE STATISTICS st ON srid, auth_name FROM spatial_ref_sys;"
    );
    if gis { view + &table } else { view }
}

#[test]
fn what_users_put_on_members_of_extensions_comes_back() {
    let plain = [10, 14, 18].into_iter().filter_map(support::server);
    for (server, gis) in plain.map(|one| (one, false)).chain(support::gis().map(|one| (one, true)))
    {
        let role = Role::new(&server, "owner", "");
        let original = TestDb::new(&server);
        original.sql(&on_members(role.name(), gis));
        let archive = Archive::of(&original);
        assert_same(&original, &archive.restored_with_create(&server));
        let copy = archive.restored_into_empty(&server);
        assert_same(&original, &copy);
        assert_same_contents(&archive, &Archive::of(&copy));
        let Some(copy) = copied_by_pg_dump(&original) else { continue };
        let lost = Fingerprint::difference(&fingerprint_of(&original), &fingerprint_of(&copy));
        for object in
            if gis { &["tr on ", "r on ", "p on ", "public.i "][..] } else { &["tr on ", "r on "] }
        {
            assert!(lost.iter().any(|line| line.contains(object)), "{object} {lost:?}");
        }
    }
}
