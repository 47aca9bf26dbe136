//! From 19 to older servers and back: what cannot be had there is refused by name, or left out and told.

use crate::support::{self, Archive, Server, TestDb};

/// A server of 19 and one before.
fn pair() -> Option<(Server, Server)> {
    Some((support::server(19)?, support::server(18)?))
}

const LESS_THAN_IT_WAS: &str = "
CREATE SCHEMA s;
CREATE PUBLICATION sequences FOR ALL TABLES, ALL SEQUENCES;
CREATE FUNCTION s.connects(oid, oid, internal) RETURNS text LANGUAGE internal AS 'textin';
CREATE FOREIGN DATA WRAPPER w CONNECTION s.connects;
CREATE FUNCTION s.nowhere() RETURNS integer LANGUAGE sql SET search_path TO NULL
    SET session_preload_libraries TO NULL SET work_mem TO '1MB' AS 'SELECT 1';
CREATE AGGREGATE s.helped (integer) (SFUNC = pg_catalog.int4pl, STYPE = integer, SSPACE = -5,
    SUPPORT = pg_catalog.int8inc_support);
CREATE TABLE s.t (a integer, b integer GENERATED ALWAYS AS (a * 2) VIRTUAL, c inet)
    WITH (autovacuum_parallel_workers = 2, fillfactor = 50);
CREATE INDEX addresses ON s.t USING gist (c);
CREATE STATISTICS s.of_virtual ON (b) FROM s.t;
CREATE TABLE s.parent (a integer, CONSTRAINT loose CHECK (a > 0) NOT ENFORCED);
CREATE TABLE s.child () INHERITS (s.parent);
ALTER TABLE s.child ALTER CONSTRAINT loose ENFORCED;
INSERT INTO s.t (a, c) VALUES (1, '10.0.0.1');
";

#[test]
fn what_is_less_on_an_older_server_is_made_and_told() {
    let Some((server, older)) = pair() else { return };
    let original = TestDb::new(&server);
    original.sql(LESS_THAN_IT_WAS);
    let archive = Archive::of(&original);
    let copy = TestDb::new(&older);
    let ran = archive.restore(&copy, &[]);
    for told in [
        "PUBLICATION sequences is made without ALL SEQUENCES",
        "FUNCTION s.nowhere is made without SET session_preload_libraries=",
        "FOREIGN DATA WRAPPER w is made without CONNECTION s.connects",
        "AGGREGATE s.helped is made without SUPPORT",
        "TABLE s.t is made without autovacuum_parallel_workers=2",
        "STATISTICS of_virtual on s.t: servers before 19 have no statistics on virtual columns",
        "loose on s.child: servers before 19 cannot enforce it where a parent does not",
    ] {
        assert!(ran.stderr.contains(told), "{told}\n{}", ran.stderr);
    }
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    archive.rows_equal(&copy);
    let class = "SELECT o.opcname || ' ' || n.nspname FROM pg_index i \
        JOIN pg_opclass o ON o.oid = i.indclass[0] JOIN pg_namespace n ON n.oid = o.opcnamespace \
        WHERE i.indexrelid = 's.addresses'::regclass";
    assert_eq!(copy.value(class), "inet_ops pg_catalog");
    assert_eq!(
        copy.value("SELECT proconfig FROM pg_proc WHERE proname = 'nowhere'"),
        r#"{"search_path=\"\"",work_mem=1MB}"#
    );
}

#[test]
fn what_would_be_something_else_is_refused_by_name_before_any_work() {
    let Some((server, older)) = pair() else { return };
    for (sql, name, switch) in [
        (
            "CREATE TABLE t (a integer); CREATE PUBLICATION p FOR ALL TABLES EXCEPT (TABLE t)",
            "PUBLICATION p (ALL TABLES EXCEPT)",
            Some("--no-publications"),
        ),
        (
            "CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw; \
             CREATE USER MAPPING FOR CURRENT_USER SERVER s; \
             CREATE SUBSCRIPTION p SERVER s PUBLICATION p WITH (connect = false)",
            "SUBSCRIPTION p (SERVER)",
            Some("--no-subscriptions"),
        ),
        ("CREATE TABLE t (a oid8)", "TABLE public.t (oid8 of column a)", None),
        ("CREATE TABLE t (a regdatabase[])", "TABLE public.t (regdatabase[] of column a)", None),
    ] {
        let original = TestDb::new(&server);
        original.sql(sql);
        let archive = Archive::of(&original);
        let copy = TestDb::new(&older);
        let told = archive.restore(&copy, &[]).fails(8);
        assert!(told.contains(name) && told.contains("PostgreSQL 18 cannot make"), "{told}");
        let made = TestDb::adopt(&older, &support::unique("made"));
        let told = archive.restore(&made, &["--create"]).fails(8);
        assert!(told.contains(name) && told.contains("no database was made"), "{told}");
        if let Some(switch) = switch {
            assert!(told.contains(switch), "{told}");
            archive.restore(&copy, &[switch]).ok();
        }
    }
}

#[test]
fn older_servers_are_given_what_they_know() {
    let (Some(server), Some(older)) = (support::server(18), support::server(14)) else { return };
    let original = TestDb::new(&server);
    original.sql(
        "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a * 2) VIRTUAL, c integer, \
          CONSTRAINT once UNIQUE NULLS NOT DISTINCT (c), CONSTRAINT loose CHECK (a > 0) NOT ENFORCED); \
         GRANT MAINTAIN, SELECT ON t TO PUBLIC; \
         CREATE FUNCTION f() RETURNS integer LANGUAGE sql SET transaction_timeout TO '9s' AS 'SELECT 1'; \
         INSERT INTO t VALUES (1, DEFAULT, 2)",
    );
    let copy = TestDb::new(&older);
    let ran = Archive::of(&original).restore(&copy, &[]);
    for told in [
        "VIRTUAL of column b, which is STORED",
        "is made without NULLS NOT DISTINCT",
        "servers before 18 have no NOT ENFORCED",
        "the privilege MAINTAIN on 1 objects",
        "is made without SET transaction_timeout=9s",
    ] {
        assert!(ran.stderr.contains(told), "{told}\n{}", ran.stderr);
    }
    assert_eq!(copy.value("SELECT a || ' ' || b || ' ' || c FROM t"), "1 2 2");
    assert!(copy.value("SELECT relacl FROM pg_class WHERE relname = 't'").contains("=r/"));
    let original = TestDb::new(&server);
    original.sql(
        "CREATE TABLE t (a int4range, b int4range, CONSTRAINT k PRIMARY KEY (a, b WITHOUT OVERLAPS))",
    );
    let told = Archive::of(&original).restore(&TestDb::new(&older), &[]).fails(8);
    assert!(told.contains("CONSTRAINT k on public.t (WITHOUT OVERLAPS)"), "{told}");
}

/// What older servers had, and 19 has not or has by itself.
const GONE: &str = "
CREATE FUNCTION as_uuid(bytea) RETURNS uuid LANGUAGE sql IMMUTABLE AS 'SELECT encode($1, ''hex'')::uuid';
CREATE CAST (bytea AS uuid) WITH FUNCTION as_uuid(bytea);
CREATE FUNCTION warned() RETURNS integer LANGUAGE sql SET escape_string_warning TO off
    SET standard_conforming_strings TO off SET work_mem TO '1MB' AS 'SELECT 1';
CREATE CONVERSION to_mule FOR 'LATIN1' TO 'MULE_INTERNAL' FROM latin1_to_mic;
CREATE TABLE t (a inet, b integer);
CREATE INDEX addresses ON t USING gist (a inet_ops);
INSERT INTO t VALUES ('10.0.0.1', 1);
";

#[test]
fn what_19_has_no_more_is_left_out_and_told() {
    let Some(server) = support::server(19) else { return };
    for older in [10, 14, 18].into_iter().filter_map(support::server) {
        let original = TestDb::new(&older);
        original.sql(GONE);
        original
            .sql(&format!("ALTER DATABASE {} SET escape_string_warning TO off", original.name()));
        let archive = Archive::of(&original);
        let copy = TestDb::adopt(&server, &support::unique("made"));
        let ran = archive.restore(&copy, &["--create"]);
        for told in [
            "CAST (bytea AS uuid): servers from 19 on have a cast of their own",
            "CONVERSION public.to_mule: servers from 19 on do not know MULE_INTERNAL",
            "FUNCTION public.warned is made without SET escape_string_warning=off, \
             SET standard_conforming_strings=off",
            "a setting is left out",
        ] {
            assert!(ran.stderr.contains(told), "from {}: {told}\n{}", older.major, ran.stderr);
        }
        archive.rows_equal(&copy);
        let config = copy.value("SELECT proconfig FROM pg_proc WHERE proname = 'warned'");
        assert_eq!(config, "{work_mem=1MB}");
    }
}

#[test]
fn addresses_keep_the_operator_class_of_btree_gist() {
    let Some((server, older)) = pair() else { return };
    let original = TestDb::new(&older);
    original.sql(
        "CREATE EXTENSION btree_gist; \
         CREATE TABLE t (a inet, b integer, EXCLUDE USING gist (b WITH =, a WITH =)); \
         CREATE INDEX addresses ON t USING gist (a, b); INSERT INTO t VALUES ('10.0.0.1', 1)",
    );
    let copy = Archive::of(&original).restored_into_empty(&server);
    let classes = "SELECT string_agg(o.opcname, ' ' ORDER BY c.relname, u.n) FROM pg_index i \
        JOIN pg_class c ON c.oid = i.indexrelid, unnest(i.indclass) WITH ORDINALITY u(oid, n) \
        JOIN pg_opclass o ON o.oid = u.oid WHERE i.indrelid = 't'::regclass";
    assert_eq!(copy.value(classes), original.value(classes));
}

#[test]
fn a_line_break_in_a_databases_name_is_refused_for_19() {
    let Some((server, older)) = pair() else { return };
    let archive = Archive::of(&TestDb::new(&older));
    let uri = server.uri("a%0Ab");
    let ran = support::pgx(&["restore", support::arg(archive.path()), "-d", &uri, "--create"]);
    assert!(ran.fails(8).contains("has a line break"));
}
