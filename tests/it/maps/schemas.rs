//! Schemas. The oracle is the server: ALTER SCHEMA RENAME.

use pgx_core::verify::fingerprint::Fingerprint;

use super::{assert_equal, some_servers};
use crate::support::{
    self, Archive, Role, Server, TestDb, arg, brief, fingerprint_of, pgx, unique,
};

/// Every kind that stands in a schema, or refers to one.
const OBJECTS: &str = include_str!("schemas.sql");

fn source(server: &Server) -> TestDb {
    let source = TestDb::new(server);
    source.sql(OBJECTS);
    if server.session().major() >= 11 {
        source.sql(
            "CREATE PROCEDURE one.proc(integer) LANGUAGE sql AS 'SELECT 1';
             CREATE TABLE one.hashed (id one.number) PARTITION BY HASH (id);
             CREATE TABLE two.hashed_0 PARTITION OF one.hashed
                 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
             INSERT INTO one.hashed VALUES (1), (2)",
        );
    }
    if server.session().major() >= 14 {
        source.sql(
            "CREATE FUNCTION one.atomic() RETURNS bigint LANGUAGE sql
                 BEGIN ATOMIC SELECT count(*) FROM one.t; END",
        );
    }
    if server.session().major() >= 15 {
        source.sql("CREATE PUBLICATION whole FOR TABLES IN SCHEMA one");
    }
    source
}

fn maps<'m>(pairs: &[&'m str]) -> Vec<&'m str> {
    pairs.iter().flat_map(|pair| ["--map-schema", pair]).collect()
}

/// A plain copy, in which the server renames schemas.
fn renamed(archive: &Archive, server: &Server, pairs: &[(&str, &str)]) -> TestDb {
    let oracle = archive.restored_with_create(server);
    for (from, to) in pairs {
        // Its event trigger would speak.
        let sql = format!("ALTER SCHEMA {from} RENAME TO {to}");
        oracle.sql(&format!("SET session_replication_role = replica; {sql}"));
    }
    oracle
}

#[test]
fn what_refers_to_a_renamed_schema_follows_it() {
    for server in some_servers() {
        let source = source(&server);
        let archive = Archive::of(&source);
        let quoted = ["one=two", "two=one", "public=\"a \"\"b=c\""];
        let in_steps = [("one", "x"), ("two", "one"), ("x", "two"), ("public", "\"a \"\"b=c\"")];
        let oracle = renamed(&archive, &server, &in_steps);
        let wanted = fingerprint_of(&oracle);
        for one_transaction in [&[][..], &["--single-transaction"]] {
            let copy = TestDb::adopt(&server, &unique("made"));
            let options = [&["--create"], one_transaction, &maps(&quoted)].concat();
            let ran = archive.restore(&copy, &options).ok();
            assert!(!ran.stderr.contains("ANALYZE"), "{}", ran.stderr);
            assert_equal(wanted.clone(), fingerprint_of(&copy));
            verified(&archive, &copy, &quoted);
            let analyzed = "SELECT count(*) FROM pg_stats WHERE schemaname = 'two' \
                 AND tablename = 't'";
            assert_ne!(copy.value(analyzed), "0");
        }
    }
}

/// The rows are in the schemas of new names, for `verify` too.
fn verified(archive: &Archive, copy: &TestDb, pairs: &[&str]) {
    let uri = copy.uri();
    let base = ["verify", arg(archive.path()), "--against", &uri];
    pgx(&[&base[..], &maps(pairs)].concat()).ok();
    pgx(&base).fails(1);
    pgx(&[&base[..], &["--map-schema", "no such=x"]].concat()).fails(2);
}

#[test]
fn what_the_target_has_under_that_name_steps_aside_and_comes_back() {
    for server in some_servers() {
        let source = TestDb::new(&server);
        source.sql(
            "CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t VALUES (7);
             CREATE VIEW v AS SELECT id FROM t; COMMENT ON SCHEMA public IS 'the source''s';
             CREATE SCHEMA more; CREATE TABLE more.u (id integer REFERENCES public.t)",
        );
        let archive = Archive::of(&source);
        let target = TestDb::new(&server);
        target.sql(
            "CREATE TABLE t (other text); CREATE VIEW w AS SELECT other FROM t;
             COMMENT ON SCHEMA public IS 'the target''s'; CREATE TABLE more (id integer)",
        );
        let before = fingerprint_of(&target);
        archive.restore(&target, &["--map-schema", "public=live"]).ok();
        let after = fingerprint_of(&target);
        let lost: Vec<String> = difference(&before, &after, '-');
        assert!(lost.is_empty(), "{}", brief(&lost));
        assert_eq!(target.value("SELECT id FROM live.v"), "7");
        assert_eq!(target.value("SELECT obj_description('live'::regnamespace)"), "the source's");
        assert_eq!(
            target.value("SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'live'"),
            target.value("SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'public'")
        );
        assert_eq!(
            target.value(
                "SELECT confrelid::regclass FROM pg_constraint \
             WHERE conrelid = 'more.u'::regclass AND contype = 'f'"
            ),
            "live.t"
        );
        target.sql("INSERT INTO live.t DEFAULT VALUES");
        let left = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'pgx%'";
        assert_eq!(target.value(left), "0");
    }
}

fn difference(a: &Fingerprint, b: &Fingerprint, side: char) -> Vec<String> {
    let all = Fingerprint::difference(a, b);
    all.into_iter().filter(|line| line.starts_with(side)).collect()
}

#[test]
fn a_failure_leaves_the_target_as_it_was() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(
        "CREATE TABLE t (id integer); CREATE TABLE u (id integer);
         INSERT INTO u VALUES (1), (1)",
    );
    let archive = Archive::of(&source);
    let target = TestDb::new(&server);
    target.sql(
        "CREATE TABLE t (other text);
         CREATE FUNCTION public.no() RETURNS event_trigger LANGUAGE plpgsql AS
             $$BEGIN IF tg_tag = 'ALTER SCHEMA' AND EXISTS (SELECT FROM pg_class c
               JOIN pg_namespace n ON n.oid = relnamespace WHERE relname = 'u' AND nspname = 'new')
               THEN RAISE 'not today'; END IF; END$$;
         CREATE EVENT TRIGGER no ON ddl_command_end EXECUTE FUNCTION public.no()",
    );
    let before = fingerprint_of(&target);
    let told = archive.restore(&target, &["--map-schema", "public=new"]).fails(8);
    assert!(told.contains("not today"), "{told}");
    let differences = Fingerprint::difference(&before, &fingerprint_of(&target));
    assert!(differences.is_empty(), "{}", brief(&differences));
}

#[test]
fn a_choice_goes_into_the_schema_that_is_there() {
    for server in some_servers() {
        let source = TestDb::new(&server);
        source.sql(
            "CREATE SCHEMA one; CREATE TABLE one.t (id integer PRIMARY KEY, name text);
             CREATE INDEX ON one.t (name); INSERT INTO one.t VALUES (1, 'one'), (2, 'two')",
        );
        let archive = Archive::of(&source);
        let target = TestDb::new(&server);
        target.sql("CREATE SCHEMA one; CREATE TABLE one.t (kept text)");
        let chosen = ["-t", "one.t", "--map-schema", "one=live"];
        let told = archive.restore(&target, &chosen).fails(8);
        assert!(told.contains("the target lacks the schema \"live\""), "{told}");
        target.sql("CREATE SCHEMA live; COMMENT ON SCHEMA live IS 'mine'");
        archive.restore(&target, &chosen).ok();
        assert_eq!(target.value("SELECT count(*) FROM live.t"), "2");
        assert_eq!(target.value("SELECT obj_description('live'::regnamespace)"), "mine");
        assert_eq!(target.value("SELECT count(kept) FROM one.t"), "0");
        let again = archive.restore(&target, &chosen).fails(8);
        assert!(again.contains("E0802"), "{again}");
    }
}

#[test]
fn rows_alone_go_by_name() {
    for server in some_servers() {
        let source = source(&server);
        let archive = Archive::of(&source);
        let target = archive.restored_with_create(&server);
        let rename = "ALTER SCHEMA one RENAME TO three; TRUNCATE three.t, two.child, three.parted";
        target.sql(&format!("SET session_replication_role = replica; {rename}"));
        target.sql("ALTER SEQUENCE three.numbers RESTART");
        let session = server.session().major();
        if session >= 11 {
            target.sql("TRUNCATE three.hashed");
        }
        archive.restore(&target, &["-a"]).fails(8);
        archive.restore(&target, &["-a", "-B", "--map-schema", "one=three"]).ok();
        let uri = target.uri();
        let ran = ["verify", arg(archive.path()), "--against", &uri, "--map-schema", "one=three"];
        pgx(&ran).ok();
        assert_eq!(target.value("SELECT nextval('three.numbers')"), "43");
    }
}

#[test]
fn names_that_would_meet_are_refused_at_once() {
    let Some(server) = support::newest() else { return };
    let role = Role::new(&server, "ordinary", "LOGIN");
    let source = source(&server);
    let archive = Archive::of(&source);
    let target = TestDb::new(&server);
    for pairs in [&["one=two"][..], &["one=x", "two=x"], &["one=public"]] {
        let told = archive.restore(&target, &maps(pairs)).fails(2);
        assert!(told.contains("would have one name"), "{told}");
    }
    target.sql("CREATE SCHEMA taken");
    let told = archive.restore(&target, &maps(&["one=taken"])).fails(8);
    assert!(told.contains("E0802") && told.contains("schema \"taken\""), "{told}");
    let sql = format!("GRANT CREATE ON DATABASE {} TO {}", target.name(), role.name());
    target.sql(&format!("{sql}; CREATE SCHEMA one"));
    let uri = target.uri_as(role.name());
    let base = ["restore", arg(archive.path()), "-d", &uri, "-O", "-x", "-n", "one"];
    let told = pgx(&[&base[..], &maps(&["one=x"])].concat()).fails(11);
    assert!(told.contains("only its owner can rename the schema \"one\""), "{told}");
}

#[test]
fn an_empty_public_makes_way_in_a_new_database() {
    for server in some_servers() {
        let source = TestDb::new(&server);
        source.sql(
            "CREATE SCHEMA app; CREATE TABLE app.t (id integer); INSERT INTO app.t VALUES (1)",
        );
        let archive = Archive::of(&source);
        let copy = TestDb::adopt(&server, &unique("made"));
        archive.restore(&copy, &["--create", "--map-schema", "app=public"]).ok();
        assert_eq!(copy.value("SELECT id FROM public.t"), "1");
        assert_eq!(copy.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'app'"), "0");
        let choice = TestDb::new(&server);
        archive.restore(&choice, &["--map-schema", "app=public"]).fails(8);
        let chosen = archive.restore(&choice, &["-n", "app", "--map-schema", "app=public"]);
        chosen.fails(3);
        assert_eq!(choice.value("SELECT id FROM public.t"), "1");
    }
}

#[test]
fn an_extension_comes_along_unless_it_is_bound_to_its_schema() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(
        "CREATE SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext;
         CREATE TABLE t (h ext.hstore); INSERT INTO t VALUES ('a=>1')",
    );
    let archive = Archive::of(&source);
    let copy = TestDb::adopt(&server, &unique("made"));
    archive.restore(&copy, &["--create", "--map-schema", "ext=tools"]).ok();
    assert_eq!(
        copy.value(
            "SELECT extnamespace::regnamespace FROM pg_extension \
         WHERE extname = 'hstore'"
        ),
        "tools"
    );
    archive.rows_equal(&copy);
    let target = TestDb::new(&server);
    target.sql("CREATE SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext");
    let told = archive.restore(&target, &["--map-schema", "ext=tools"]).fails(8);
    assert!(told.contains("the target has the extension \"hstore\""), "{told}");
}

#[test]
fn an_extension_that_is_bound_to_its_schema_is_refused() {
    let Some(server) = support::gis() else { return };
    let source = TestDb::new(&server);
    source.sql("CREATE EXTENSION postgis; CREATE TABLE t (g geometry)");
    let archive = Archive::of(&source);
    let copy = TestDb::adopt(&server, &unique("made"));
    let map = ["--create", "--map-schema", "public=maps"];
    let told = archive.restore(&copy, &map).fails(8);
    assert!(told.contains("extension \"postgis\" is bound to the schema"), "{told}");
    archive.restore(&copy, &[&map[..], &["--map-schema-text=keep"]].concat()).ok();
    assert_eq!(copy.value("SELECT count(*) FROM maps.t"), "0");
}

#[test]
fn a_plan_shows_the_new_names() {
    let Some(server) = support::newest() else { return };
    let archive = Archive::of(&source(&server));
    let base = ["restore", arg(archive.path()), "--dry-run", "--map-schema", "one=new\nline"];
    let ran = pgx(&base).ok();
    let plan = ran.stdout_text();
    let new = "new\u{fffd}line";
    for line in [
        format!("schema one becomes {new}\n"),
        format!("  SCHEMA {new}\n"),
        format!("  TABLE {new}.t\n"),
        format!("  INDEX t_name on {new}.t\n"),
    ] {
        assert!(plan.contains(&line), "{line}{plan}");
    }
    assert!(!plan.contains("TABLE one."), "{plan}");
}

#[test]
fn statistics_alone_go_by_name_too() {
    let Some(server) = support::server(18) else { return };
    let source = TestDb::new(&server);
    source.sql(
        "CREATE SCHEMA one; CREATE TABLE one.t (id integer);
         INSERT INTO one.t SELECT generate_series(1, 100); ANALYZE one.t",
    );
    let archive = Archive::with(&source, &["--statistics"]);
    let target = TestDb::new(&server);
    target.sql("CREATE SCHEMA three; CREATE TABLE three.t (id integer)");
    let options = ["--statistics-only", "--no-analyze", "--map-schema", "one=three"];
    archive.restore(&target, &options).ok();
    let known = "SELECT count(*) FROM pg_stats WHERE schemaname = 'three' AND tablename = 't'";
    assert_eq!(target.value(known), "1");
    // In the schema that is made first, they are there before it gets its name.
    let copy = TestDb::new(&server);
    archive.restore(&copy, &["--statistics", "--no-analyze", "--map-schema", "one=three"]).ok();
    assert_eq!(copy.value(known), "1");
}
