//! Text that names a schema, which nothing can follow.

use crate::support::{self, Archive, TestDb, unique};

#[test]
fn text_that_names_a_mapped_schema_is_named_and_refused_or_kept() {
    for server in super::some_servers() {
        let source = TestDb::new(&server);
        source.sql(&format!(
            "CREATE SCHEMA app; CREATE TABLE app.t (id integer);
             CREATE FUNCTION public.by_body() RETURNS bigint LANGUAGE sql
                 AS 'SELECT count(*) FROM APP.t';
             CREATE FUNCTION app.harmless() RETURNS integer LANGUAGE sql AS 'SELECT 1';
             CREATE VIEW app.v AS SELECT 'app.t'::text AS name, 'app.t'::regclass AS c;
             CREATE TABLE app.other (name text DEFAULT 'in app');
             ALTER DATABASE {db} SET search_path = app, public;
             ALTER DATABASE {db} SET my.place = 'app'",
            db = source.name()
        ));
        let archive = Archive::of(&source);
        let copy = TestDb::adopt(&server, &unique("made"));
        let map = ["--create", "--map-schema", "app=new"];
        let told = archive.restore(&copy, &map).fails(2);
        for one in ["FUNCTION public.by_body", "VIEW app.v", "TABLE app.other", "a setting"] {
            assert!(told.contains(&format!("{one} names \"app\"")) || told.contains(one), "{told}");
        }
        assert!(!told.contains("harmless") && !told.contains("app.t names"), "{told}");
        let told = archive.restore(&copy, &[&map[..], &["--map-schema-text=keep"]].concat()).ok();
        assert!(told.stderr.contains("FUNCTION public.by_body"), "{}", told.stderr);
        assert_eq!(copy.value("SELECT name FROM new.v"), "app.t");
        assert_eq!(copy.value("SELECT c FROM new.v"), "t");
        let path = "SELECT setconfig::text FROM pg_db_role_setting s JOIN pg_database d \
             ON d.oid = setdatabase WHERE datname = current_database()";
        assert!(copy.value(path).contains("search_path=new, public"), "{}", copy.value(path));
    }
}

#[test]
fn a_functions_own_search_path_follows() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(
        "CREATE SCHEMA app; CREATE TABLE app.t (id integer);
         CREATE FUNCTION app.found(a text) RETURNS bigint LANGUAGE sql SECURITY DEFINER
             SET search_path TO app, pg_temp SET work_mem TO '8MB' AS 'SELECT count(*) FROM t'",
    );
    let copy = TestDb::new(&server);
    Archive::of(&source).restore(&copy, &["--map-schema", "app=new"]).ok();
    assert_eq!(copy.value("SELECT new.found('')"), "0");
    let settings = "SELECT proconfig::text FROM pg_proc WHERE proname = 'found'";
    assert!(copy.value(settings).contains("search_path=new, pg_temp"), "{}", copy.value(settings));
}
