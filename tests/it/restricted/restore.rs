//! What a restore by an ordinary role says before it changes anything.

use std::collections::BTreeMap;

use pgx_core::archive::FileReader;
use pgx_core::connect::Session;
use pgx_core::toc::Entry;
use pgx_core::verify::fingerprint::Fingerprint;

use super::on_each;
use crate::support::{Archive, Ran, Role, Server, TestDb, arg, fingerprint_of, pgx};

/// A bit of everything that takes more than the right to create, each beside something that does not.
fn of_superuser(server: &Server) -> TestDb {
    let source = TestDb::new(server);
    source.sql(
        "CREATE EXTENSION hstore; CREATE EXTENSION postgres_fdw; CREATE EXTENSION citext;
         REVOKE EXECUTE ON FUNCTION akeys(hstore) FROM PUBLIC;
         CREATE SCHEMA app;
         CREATE TABLE app.t (a int, b hstore); INSERT INTO app.t VALUES (1, 'x=>1'), (2, NULL);
         CREATE FUNCTION app.inside(int, int) RETURNS int LANGUAGE internal AS 'int4pl';
         CREATE FUNCTION app.tight() RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT 1';
         CREATE FUNCTION app.loud() RETURNS int LANGUAGE sql SET log_min_messages = 'error'
          AS 'SELECT 1';
         CREATE FUNCTION app.roomy() RETURNS int LANGUAGE plpgsql SET work_mem = '1MB'
          AS 'BEGIN RETURN 1; END';
         CREATE FUNCTION app.strange() RETURNS int LANGUAGE sql SET my.x = 'y' AS 'SELECT 1';
         CREATE VIEW app.of_tight AS SELECT app.tight() AS a;
         CREATE AGGREGATE app.collect (anynonarray) (SFUNC = array_agg_transfn, STYPE = internal,
          FINALFUNC = array_agg_finalfn, FINALFUNC_EXTRA);
         CREATE AGGREGATE app.total (int) (SFUNC = int4pl, STYPE = int);
         CREATE TYPE app.pair AS (a int, b int);
         CREATE FUNCTION app.day(bigint) RETURNS date LANGUAGE sql AS $$SELECT DATE '2020-01-01'$$;
         CREATE CAST (bigint AS date) WITH FUNCTION app.day(bigint);
         CREATE CAST (app.pair AS text) WITH INOUT;
         CREATE CAST (xml AS json) WITHOUT FUNCTION;
         CREATE OPERATOR app.=== (PROCEDURE = int4eq, LEFTARG = int, RIGHTARG = int);
         CREATE OPERATOR CLASS app.ops FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=,
          OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);
         CREATE INDEX t_a ON app.t (a app.ops); CREATE INDEX t_plain ON app.t (a);
         CREATE FUNCTION app.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
         CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE PROCEDURE app.watch();
         ALTER EVENT TRIGGER watch DISABLE;
         CREATE PUBLICATION everything FOR ALL TABLES; CREATE PUBLICATION one FOR TABLE app.t;
         CREATE SUBSCRIPTION heard CONNECTION 'host=nowhere password=x' PUBLICATION p
          WITH (connect = false, slot_name = NONE);
         CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER far FOREIGN DATA WRAPPER nothing;
         CREATE SERVER near FOREIGN DATA WRAPPER postgres_fdw;
         CREATE USER MAPPING FOR PUBLIC SERVER near OPTIONS (user 'x');
         CREATE FOREIGN TABLE app.remote (a int) SERVER near;
         CREATE TEXT SEARCH PARSER app.p (START = prsd_start, GETTOKEN = prsd_nexttoken,
          END = prsd_end, LEXTYPES = prsd_lextype);
         CREATE TEXT SEARCH DICTIONARY app.d (TEMPLATE = simple);
         CREATE CONVERSION app.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
         CREATE COLLATION app.c FROM \"C\"; CREATE DOMAIN app.small AS int CHECK (VALUE < 10);",
    );
    if server.major >= 13 {
        source.sql("CREATE EXTENSION dblink");
    }
    if server.major >= 12 {
        source.sql(
            "CREATE ACCESS METHOD heaped TYPE TABLE HANDLER heap_tableam_handler;
             CREATE TABLE app.heaped (a int) USING heaped; INSERT INTO app.heaped VALUES (1);
             CREATE FUNCTION app.many(int, int) RETURNS SETOF int LANGUAGE sql
              SUPPORT generate_series_int4_support AS 'SELECT generate_series($1, $2)'",
        );
    }
    if server.major >= 15 {
        source.sql("ALTER PUBLICATION one ADD TABLES IN SCHEMA app");
    }
    source
}

/// A database of the role, in which the superuser has installed what is his to install.
fn of_tenant(server: &Server, tenant: &Role) -> TestDb {
    let target = TestDb::with(server, &format!("OWNER {}", tenant.name()));
    target.sql("CREATE EXTENSION hstore; CREATE EXTENSION postgres_fdw");
    if server.major < 13 {
        target.sql("CREATE EXTENSION citext");
    }
    target
}

pub(super) fn restore(archive: &Archive, target: &TestDb, role: &Role, options: &[&str]) -> Ran {
    let uri = target.uri_as(role.name());
    pgx(&[&["restore", arg(archive.path()), "-d", &uri], options].concat())
}

/// Labels and reasons of the lines that begin with `start`.
fn named(said: &str, start: &str) -> BTreeMap<String, String> {
    let lines = said.lines().filter_map(|line| line.strip_prefix(start));
    let parted = lines.filter_map(|line| line.split_once(": ")).filter(|line| line.0 != "hint");
    parted.map(|(label, reason)| (label.to_owned(), reason.to_owned())).collect()
}

/// The server is asked as the role whether it makes the object: what it says, and whether for want of a
/// right.
fn refuses(session: &mut Session, entry: &Entry) -> (bool, String) {
    session.execute("BEGIN").unwrap();
    let outcome = entry.create.iter().try_for_each(|sql| session.execute(sql));
    session.execute("ROLLBACK").unwrap();
    let said = outcome.map_or_else(|error| error.to_string(), |()| "made".to_owned());
    // An aggregate whose state is internal is called ill defined.
    (["42501", "42P13"].iter().any(|sqlstate| said.contains(sqlstate)), said)
}

const SUPERUSERS: &str = "only a superuser can make it";

fn expected(major: u32) -> BTreeMap<String, String> {
    let mut expected = vec![
        ("AGGREGATE app.collect", SUPERUSERS),
        ("CAST (bigint AS date)", "it takes the ownership of one of its types"),
        ("CAST (xml AS json)", SUPERUSERS),
        ("EVENT TRIGGER watch", SUPERUSERS),
        ("FOREIGN DATA WRAPPER nothing", SUPERUSERS),
        ("FUNCTION app.inside", "no right to the language \"internal\""),
        ("FUNCTION app.loud", "only a superuser can set log_min_messages"),
        ("FUNCTION app.strange", "only a superuser can set my.x"),
        ("FUNCTION app.tight", SUPERUSERS),
        ("OPERATOR CLASS app.ops", SUPERUSERS),
        ("OPERATOR FAMILY app.ops", SUPERUSERS),
        ("PUBLICATION everything", SUPERUSERS),
        ("SERVER near", "no USAGE on the foreign-data wrapper \"postgres_fdw\""),
        ("TEXT SEARCH PARSER app.p", SUPERUSERS),
    ];
    expected.push(match major {
        16.. => ("SUBSCRIPTION heard", "it takes membership in pg_create_subscription"),
        _ => ("SUBSCRIPTION heard", SUPERUSERS),
    });
    if major >= 12 {
        expected.extend([("ACCESS METHOD heaped", SUPERUSERS), ("FUNCTION app.many", SUPERUSERS)]);
    }
    if major >= 13 {
        let reason = "only a superuser can create it, and the target has it not";
        expected.push(("EXTENSION dblink", reason));
    }
    if major >= 15 {
        expected.push(("PUBLICATION TABLES IN SCHEMA one app", SUPERUSERS));
    }
    let owned = expected.into_iter();
    owned.map(|(label, reason)| (label.to_owned(), reason.to_owned())).collect()
}

#[test]
fn everything_that_cannot_be_made_is_listed_at_once_and_the_server_agrees() {
    on_each(|server| {
        let tenant = Role::new(server, "tenant", "LOGIN CREATEDB CREATEROLE");
        let source = of_superuser(server);
        let archive = Archive::of(&source);
        let target = of_tenant(server, &tenant);
        let before = fingerprint_of(&target);
        let said = restore(&archive, &target, &tenant, &["--no-owner"]).fails(11);
        assert_eq!(named(&said, "  = "), expected(server.major), "{said}");
        assert!(said.contains("--skip-denied"), "{said}");
        let dry = restore(&archive, &target, &tenant, &["--no-owner", "--dry-run"]).fails(11);
        assert_eq!(named(&dry, "  = "), expected(server.major), "{dry}");
        assert!(Fingerprint::difference(&before, &fingerprint_of(&target)).is_empty());

        let said = restore(&archive, &target, &tenant, &["--no-owner", "--skip-denied"]).fails(3);
        let left = named(&said, "pgx: warning: left out: ");
        let mut session = target.session_as(tenant.name());
        let toc = FileReader::open(archive.path()).unwrap().toc().to_vec();
        for label in expected(server.major).keys() {
            let entry = toc.iter().find(|entry| entry.label() == *label).unwrap();
            assert!(left.contains_key(label), "{label} is not told\n{said}");
            let (refused, said) = refuses(&mut session, entry);
            assert!(refused, "{label}: {said}");
        }
        for dependent in ["VIEW app.of_tight", "INDEX t_a on app.t", "SERVER far"] {
            assert!(left[dependent].ends_with(" is left out"), "{dependent}\n{said}");
        }
        assert_eq!(
            left["FUNCTION public.akeys"],
            "it belongs to the owner of EXTENSION hstore, not to the restoring role"
        );
        let kept = "SELECT concat_ws(' ', to_regclass('app.t_plain'), to_regtype('app.pair'),
             to_regprocedure('app.total(int)'), (SELECT count(*) FROM app.t),
             (SELECT count(*) FROM pg_publication_tables WHERE pubname = 'one'))";
        assert_eq!(target.value(kept), "app.t_plain app.pair app.total(integer) 2 1");
        drop(target);
    });
}

#[test]
fn a_superuser_is_told_nothing() {
    on_each(|server| {
        let source = of_superuser(server);
        let archive = Archive::of(&source);
        let copy = TestDb::new(server);
        copy.sql("CREATE EXTENSION hstore; CREATE EXTENSION postgres_fdw");
        let said = archive.restore(&copy, &[]).ok().stderr;
        assert!(!said.contains("left out") && !said.contains("role "), "{said}");
    });
}
