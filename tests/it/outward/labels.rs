//! Security labels. No provider comes with the servers, so labels are put into the catalog by hand, and
//! no server sets one: it reads the statement, and then says that the provider is not loaded.

use pgx_core::ddl::label;
use pgx_core::toc::SecurityLabel;

use super::entries;
use crate::support::{self, Archive, Server, TestDb};

const OBJECTS: &str = "
CREATE SCHEMA s;
CREATE TABLE s.t (a integer, \"b \"\"c\" text);
CREATE VIEW s.v AS SELECT a FROM s.t;
CREATE MATERIALIZED VIEW s.m AS SELECT a FROM s.t;
CREATE SEQUENCE s.q;
CREATE FOREIGN DATA WRAPPER label_nowhere;
CREATE SERVER label_nowhere FOREIGN DATA WRAPPER label_nowhere;
CREATE FOREIGN TABLE s.f (a integer) SERVER label_nowhere;
CREATE FUNCTION s.fun(integer, text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE s.agg(integer) (SFUNC = int4pl, STYPE = integer);
CREATE TYPE s.e AS ENUM ('a');
CREATE TYPE s.comp AS (x integer, y integer);
CREATE DOMAIN s.dom AS integer;
CREATE FUNCTION s.ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER labelled ON sql_drop EXECUTE PROCEDURE s.ev();
SELECT lo_create(7001), lo_create(7002);
";

/// The catalog, the object's OID, the number of a column, and what SECURITY LABEL calls it.
const LABELLED: &[(&str, &str, &str, &str)] = &[
    ("pg_namespace", "'s'::regnamespace", "0", r#"SCHEMA "s""#),
    ("pg_class", "'s.t'::regclass", "0", r#"TABLE "s"."t""#),
    ("pg_class", "'s.t'::regclass", "2", r#"COLUMN "s"."t"."b ""c""#),
    ("pg_class", "'s.v'::regclass", "0", r#"VIEW "s"."v""#),
    ("pg_class", "'s.v'::regclass", "1", r#"COLUMN "s"."v"."a""#),
    ("pg_class", "'s.m'::regclass", "0", r#"MATERIALIZED VIEW "s"."m""#),
    ("pg_class", "'s.q'::regclass", "0", r#"SEQUENCE "s"."q""#),
    ("pg_class", "'s.f'::regclass", "0", r#"FOREIGN TABLE "s"."f""#),
    ("pg_class", "'s.f'::regclass", "1", r#"COLUMN "s"."f"."a""#),
    ("pg_proc", "'s.fun'::regproc", "0", r#"FUNCTION "s"."fun"(integer, text)"#),
    ("pg_proc", "'s.agg'::regproc", "0", r#"AGGREGATE "s"."agg"(integer)"#),
    ("pg_type", "'s.e'::regtype", "0", r#"TYPE "s"."e""#),
    ("pg_type", "'s.comp'::regtype", "0", r#"TYPE "s"."comp""#),
    ("pg_class", "'s.comp'::regclass", "2", r#"COLUMN "s"."comp"."y""#),
    ("pg_type", "'s.dom'::regtype", "0", r#"DOMAIN "s"."dom""#),
    (
        "pg_event_trigger",
        "(SELECT oid FROM pg_event_trigger WHERE evtname = 'labelled')",
        "0",
        r#"EVENT TRIGGER "labelled""#,
    ),
    ("pg_largeobject", "7002", "0", "LARGE OBJECT 7002"),
];

/// A database in which each of [`LABELLED`] has a label of each of two providers.
fn labelled(server: &Server) -> TestDb {
    let database = TestDb::new(server);
    database.sql(OBJECTS);
    for (catalog, oid, column, _) in LABELLED {
        database.sql(&format!(
            "INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label) \
             SELECT {oid}::oid, '{catalog}'::regclass, {column}, p, 'it''s \\{catalog}' \
             FROM unnest(ARRAY['pgx Guard', 'pgx_guard']) p"
        ));
    }
    database
}

fn security_labels(archive: &Archive) -> Vec<SecurityLabel> {
    entries(archive).into_iter().flat_map(|entry| entry.labels).collect()
}

#[test]
fn every_label_is_in_the_archive_as_a_statement_that_the_server_understands() {
    support::each_version(|server| {
        let database = labelled(server);
        let found = security_labels(&Archive::of(&database));
        assert_eq!(found.len(), 2 * LABELLED.len(), "{found:?}");
        for (catalog, _, _, address) in LABELLED {
            let of: Vec<&SecurityLabel> =
                found.iter().filter(|label| label.address == *address).collect();
            let providers: Vec<&str> = of.iter().map(|label| label.provider.as_str()).collect();
            assert_eq!(providers, ["pgx Guard", "pgx_guard"], "{address}");
            assert!(of.iter().all(|label| label.text == format!("it's \\{catalog}")), "{of:?}");
        }
        for label in &found {
            let sql = label::statement(label);
            let error = database.session().execute(&sql).expect_err("no provider is loaded");
            assert_eq!(error.sqlstate(), Some("22023"), "{sql}: {error}");
        }
    });
}

#[test]
fn a_provider_that_is_not_loaded_is_told_in_one_sentence_before_anything() {
    for server in [10, 18].into_iter().filter_map(support::server) {
        let database = labelled(&server);
        let archive = Archive::of(&database);
        let copy = TestDb::new(&server);
        let told = archive.restore(&copy, &[]).fails(8);
        let sentence = "the target server has not loaded the security label provider \
                        \"pgx Guard\", \"pgx_guard\"";
        assert!(told.contains(sentence) && told.contains("--no-security-labels"), "{told}");
        assert_eq!(copy.value("SELECT count(*) FROM pg_namespace WHERE nspname = 's'"), "0");
        archive.restore(&copy, &["--no-security-labels"]).ok();
        assert_eq!(copy.value("SELECT count(*) FROM pg_seclabel"), "0");
        let without = Archive::with(&database, &["--no-security-labels"]);
        assert_eq!(security_labels(&without), []);
        without.restored_with_create(&server);
    }
}
