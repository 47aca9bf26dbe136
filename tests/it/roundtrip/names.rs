//! Names that hurt, of every kind of object, and the same texts as comments, labels, defaults and bodies.

use crate::support::{self, Archive, Server, TestDb, assert_same, pgx, unique};

/// Makes objects of every kind by each name in the table `hurting`.
const OF_EVERY_KIND: &str = "
CREATE SCHEMA k_types; CREATE SCHEMA k_domains; CREATE SCHEMA k_functions; CREATE SCHEMA k_views; CREATE SCHEMA k_others;
CREATE FUNCTION k_others.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
DO $do$
DECLARE
    one text;
    statement text;
BEGIN
    FOREACH one IN ARRAY (SELECT names FROM hurting) LOOP
        FOREACH statement IN ARRAY ARRAY[
            'CREATE SCHEMA %1$I',
            'CREATE TYPE k_types.%1$I AS ENUM (%2$L, ''other'')',
            'CREATE DOMAIN k_domains.%1$I AS text DEFAULT %2$L CONSTRAINT %1$I CHECK (VALUE <> '''')',
            'CREATE FUNCTION k_functions.%1$I(%1$I text DEFAULT %2$L) RETURNS text LANGUAGE sql IMMUTABLE AS %3$L',
            'CREATE TABLE %1$I.%1$I (%1$I k_types.%1$I, the_domain k_domains.%1$I,
                CONSTRAINT %1$I CHECK (%1$I <> %2$L OR the_domain IS NOT NULL))',
            'CREATE INDEX ON %1$I.%1$I (%1$I)',
            'CREATE VIEW k_views.%1$I AS SELECT t.%1$I AS %1$I, k_functions.%1$I(%1$I => t.the_domain) AS other FROM %1$I.%1$I AS t',
            'CREATE TRIGGER %1$I BEFORE UPDATE OF %1$I ON %1$I.%1$I FOR EACH ROW
                WHEN (NEW.%1$I IS NULL) EXECUTE PROCEDURE k_others.nothing(%2$L, %1$I)',
            'CREATE POLICY %1$I ON %1$I.%1$I USING (%1$I = %2$L)',
            'CREATE RULE %1$I AS ON INSERT TO k_views.%1$I DO INSTEAD INSERT INTO %1$I.%1$I (%1$I) VALUES (NEW.%1$I)',
            'COMMENT ON TABLE %1$I.%1$I IS %2$L',
            'COMMENT ON COLUMN %1$I.%1$I.%1$I IS %2$L',
            'COMMENT ON CONSTRAINT %1$I ON %1$I.%1$I IS %2$L',
            'INSERT INTO %1$I.%1$I (%1$I, the_domain) VALUES (%2$L, %2$L)'
        ] LOOP
            EXECUTE format(statement, one, one, format('SELECT %L::text || $1', one));
        END LOOP;
    END LOOP;
END$do$";

/// Some versions: one before and two after much has changed.
fn on_some_versions(test: impl Fn(&Server)) {
    [10, 14, 18].into_iter().filter_map(support::server).for_each(|server| test(&server));
}

/// What databases with such names are made like.
const AS_NAMED: &str = "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'";

/// A database of objects of every kind by the names that `names`, a query of one array, gives.
fn named(server: &Server, names: &str) -> TestDb {
    let database = TestDb::with(server, AS_NAMED);
    database.sql(&format!(
        "CREATE TEMPORARY TABLE hurting AS SELECT ({names})::text[] AS names; {OF_EVERY_KIND}"
    ));
    database
}

fn comes_back(original: &TestDb) {
    let archive = Archive::of(original);
    let copy = archive.restored_with_create(original.server());
    assert_same(original, &copy);
    archive.rows_equal(&copy);
}

/// One array literal of names.
fn array(names: &[&str]) -> String {
    let quoted: Vec<String> =
        names.iter().map(|name| format!("'{}'", name.replace('\'', "''"))).collect();
    format!("ARRAY[{}]", quoted.join(", "))
}

#[test]
fn every_keyword_of_the_server_is_a_name_of_everything() {
    on_some_versions(|server| {
        let database = named(server, "SELECT array_agg(word) FROM pg_get_keywords()");
        let tables = "SELECT count(*) FROM pg_class c JOIN pg_get_keywords() k ON k.word = relname \
             WHERE relkind = 'r'";
        assert!(database.value(tables).parse::<u32>().unwrap() > 400);
        comes_back(&database);
    });
}

const HURTING: &[&str] = &[
    "quote \" inside",
    "\"quoted\"",
    "it's",
    "''",
    "line\nbreak",
    "carriage\r\nreturn",
    "\n",
    "\\",
    "back\\slash\\",
    "\\.",
    "\\N",
    "tab\there",
    " leading",
    "trailing ",
    " ",
    "$$",
    "$1",
    "$_$",
    "$body$",
    "-- comment",
    "/* comment",
    "*/",
    "a;b",
    "; DROP SCHEMA k_others CASCADE; --",
    "%",
    "%s %I %L %1$s",
    "{}",
    "{0}",
    "{a,\"b\"}",
    "(a,b)",
    "a.b",
    ".",
    "a,b",
    "a=b",
    "=UC/postgres",
    "public.t",
    ":name",
    ":'name'",
    "\\restrict x",
    "\\connect x",
    "Pg_Class",
    "UPPER",
    "ünïcödé",
    "中文",
    "🐘",
    "e\u{301}",
    "\u{feff}bom",
    "\u{202e}turned",
    "null",
    "NULL",
    "true",
    "0",
    "1e5",
];

#[test]
fn quotes_line_breaks_and_what_looks_like_sql_are_names() {
    on_some_versions(|server| comes_back(&named(server, &array(HURTING))));
}

#[test]
fn every_character_of_ascii_is_part_of_a_name() {
    on_some_versions(|server| {
        let alone = "SELECT array_agg(chr(i)) FROM generate_series(1, 127) i \
             WHERE chr(i) !~ '[[:alnum:]]'";
        comes_back(&named(server, alone));
        let many = "SELECT array_agg(name) FROM (SELECT string_agg(chr(i), '' ORDER BY i) AS name \
             FROM generate_series(1, 127) i GROUP BY i / 60) names";
        comes_back(&named(server, many));
    });
}

/// Names of 63 bytes, whole and cut by the server between characters; what they make is cut again.
#[test]
fn the_longest_names_come_back_and_what_collides_when_cut() {
    let long: Vec<String> = ["x", "é", "€", "🐘"]
        .iter()
        .flat_map(|one| ["", "a", "ab", "abc"].map(|before| (before, one)))
        .map(|(before, one)| format!("{before}{}", one.repeat((63 - before.len()) / one.len())))
        .collect();
    let mut names: Vec<&str> = long.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    on_some_versions(|server| {
        let database = named(server, &array(&names));
        // Sequences, keys, indexes and array types of tables that are alike in their first 58 bytes.
        let start = "t".repeat(60);
        for end in ["_a", "_b", "_c", "€"] {
            database.sql(&format!(
                "CREATE TABLE \"{start}{end}\" (\"{start}{end}\" serial PRIMARY KEY, b integer UNIQUE CHECK (b > 0), \
                    c integer GENERATED BY DEFAULT AS IDENTITY); \
                 CREATE INDEX ON \"{start}{end}\" (b); CREATE INDEX ON \"{start}{end}\" (b); \
                 INSERT INTO \"{start}{end}\" (b) VALUES (1)"
            ));
        }
        comes_back(&database);
    });
}

/// A user's objects that are called as the server's own are.
const CATALOGS_OWN: &str = r#"
CREATE TABLE public.pg_class (oid_ integer, relname text DEFAULT 'mine');
CREATE TABLE public.pg_type (typname text);
CREATE TABLE public.pg_namespace (nspname text PRIMARY KEY);
CREATE TYPE public.int4 AS ENUM ('one', 'two');
CREATE TYPE public."integer" AS (a pg_catalog.int4, b public.int4);
CREATE DOMAIN public."char" AS pg_catalog."char" DEFAULT 'c';
CREATE DOMAIN public.text AS pg_catalog.text CHECK (VALUE <> '');
CREATE DOMAIN public.bpchar AS pg_catalog.bpchar;
CREATE TYPE public."timestamp with time zone" AS ENUM ('then');
CREATE TYPE public.regclass AS ENUM ('x');
CREATE COLLATION public."C" FROM "POSIX";
CREATE FUNCTION public.now() RETURNS pg_catalog.text LANGUAGE sql AS 'SELECT ''mine''::pg_catalog.text';
CREATE FUNCTION public.lower(pg_catalog.text) RETURNS pg_catalog.text LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION public.nextval(pg_catalog.regclass) RETURNS bigint LANGUAGE sql AS 'SELECT 7::bigint';
CREATE FUNCTION public.lo_create(pg_catalog.oid) RETURNS pg_catalog.oid LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION public.setval(pg_catalog.regclass, bigint, boolean) RETURNS bigint LANGUAGE sql AS 'SELECT 1 / 0::bigint';
CREATE FUNCTION public.format_type(pg_catalog.oid, pg_catalog.int4) RETURNS pg_catalog.text LANGUAGE sql AS 'SELECT ''wrong''::pg_catalog.text';
CREATE FUNCTION public.never(pg_catalog.int4, pg_catalog.int4) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR public.= (PROCEDURE = public.never, LEFTARG = pg_catalog.int4, RIGHTARG = pg_catalog.int4);
CREATE OPERATOR public.> (PROCEDURE = public.never, LEFTARG = pg_catalog.int4, RIGHTARG = pg_catalog.int4);
CREATE AGGREGATE public.count(pg_catalog.int4) (SFUNC = pg_catalog.int4pl, STYPE = pg_catalog.int4);
CREATE OPERATOR CLASS public.int4_ops FOR TYPE pg_catalog.int4 USING hash AS OPERATOR 1 pg_catalog.=, FUNCTION 1 hashint4(pg_catalog.int4);
CREATE TEXT SEARCH DICTIONARY public.simple (TEMPLATE = pg_catalog.simple);
CREATE TEXT SEARCH CONFIGURATION public.english (PARSER = pg_catalog."default");
CREATE TABLE public.uses (
    id serial,
    a pg_catalog.int4 CHECK (a OPERATOR(public.=) 1 OR a OPERATOR(pg_catalog.>) 1),
    b public.int4 DEFAULT 'one',
    c public."integer",
    d public."char",
    e "char" DEFAULT 'e',
    f public.text COLLATE public."C" DEFAULT public.now(),
    g pg_catalog.text COLLATE pg_catalog."C" DEFAULT pg_catalog.now(),
    h bigint DEFAULT public.nextval('public.uses_id_seq'),
    i public."timestamp with time zone",
    j timestamp with time zone,
    k public.regclass,
    l pg_catalog.regclass DEFAULT 'public.pg_class',
    v tsvector DEFAULT to_tsvector('public.english'::pg_catalog.regconfig, 'x')
);
CREATE INDEX uses_lower ON public.uses (public.lower(g), pg_catalog.lower(g) COLLATE public."C");
CREATE INDEX uses_hash ON public.uses USING hash (a public.int4_ops);
CREATE VIEW public.pg_tables AS SELECT u.a OPERATOR(public.=) u.a AS mine, u.a = u.a AS found, public.now() AS here, pg_catalog.now() AS there,
    public.count(u.a) AS my_count, pg_catalog.count(u.a) AS n, (SELECT c.relname FROM pg_catalog.pg_class c LIMIT 1) AS theirs,
    (SELECT relname FROM public.pg_class) AS ours FROM public.uses u GROUP BY u.a;
CREATE FUNCTION public.takes(public.int4, pg_catalog.int4, public."integer", "char", public."char", pg_catalog.text[])
    RETURNS SETOF public.pg_class LANGUAGE sql AS 'SELECT * FROM public.pg_class';
COMMENT ON FUNCTION public.takes(public.int4, pg_catalog.int4, public."integer", "char", public."char", pg_catalog.text[]) IS 'mine';
INSERT INTO public.uses (a, c, d, f, j, k) VALUES (5, ROW(1, 'two'), 'x', 'y', '2020-01-01 00:00:00+00', 'x');
INSERT INTO public.pg_class VALUES (1);
SELECT pg_catalog.lo_from_bytea(73001, 'x');
"#;

#[test]
fn objects_that_are_called_as_the_servers_own_are_told_apart() {
    on_some_versions(|server| {
        let database = TestDb::new(server);
        database.sql(CATALOGS_OWN);
        // Whoever logs in finds public before the server's own schema.
        let path = "SET search_path = public, pg_catalog";
        database.sql(&format!("ALTER DATABASE {} {path}", database.name()));
        comes_back(&database);
    });
}

/// A role by a name that hurts, gone with this value.
struct Named<'s>(&'s Server, String);

impl<'s> Named<'s> {
    fn new(server: &'s Server, name: &str) -> Named<'s> {
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        server.session().execute(&format!("CREATE ROLE {quoted}")).expect("any role can be made");
        Named(server, quoted)
    }
}

impl Drop for Named<'_> {
    fn drop(&mut self) {
        drop(self.0.session().execute(&format!("DROP ROLE IF EXISTS {}", self.1)));
    }
}

#[test]
fn owners_and_grantees_have_names_that_hurt() {
    let hurting = ["=r/", " \"a\" ", "it's\n", "$$ \\ --", "{x,y}", "PUBLIC ", "select", "ü🐘"];
    on_some_versions(|server| {
        let start = unique("role");
        let roles: Vec<Named<'_>> =
            hurting.iter().map(|name| Named::new(server, &format!("{name}{start}"))).collect();
        let database = TestDb::new(server);
        for (at, Named(_, role)) in roles.iter().enumerate() {
            let next = &roles[(at + 1) % roles.len()].1;
            database.sql(&format!(
                "CREATE SCHEMA s{at} AUTHORIZATION {role}; CREATE TABLE s{at}.t (a integer, b text); \
                 ALTER TABLE s{at}.t OWNER TO {role}; GRANT SELECT, INSERT ON s{at}.t TO {next} WITH GRANT OPTION; \
                 GRANT UPDATE (b) ON s{at}.t TO {next}; GRANT USAGE ON SCHEMA s{at} TO {next}; \
                 SET ROLE {next}; GRANT SELECT ON s{at}.t TO PUBLIC; RESET ROLE; \
                 CREATE POLICY p ON s{at}.t TO {role}, {next} USING (true); \
                 ALTER DEFAULT PRIVILEGES FOR ROLE {role} IN SCHEMA s{at} GRANT SELECT ON TABLES TO {next}; \
                 CREATE FOREIGN DATA WRAPPER w{at}; CREATE SERVER s{at} FOREIGN DATA WRAPPER w{at}; \
                 CREATE USER MAPPING FOR {role} SERVER s{at} OPTIONS (\"user\" 'x'); \
                 SELECT lo_create({oid}); ALTER LARGE OBJECT {oid} OWNER TO {role}; \
                 GRANT SELECT ON LARGE OBJECT {oid} TO {next}",
                oid = 74000 + at,
            ));
        }
        comes_back(&database);
    });
}

/// Bytes of a URI, each in its escaped form.
fn escaped(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn databases_have_names_that_look_like_something_else() {
    let Some(server) = support::newest() else { return };
    let start = unique("n");
    for name in [
        "dbname=postgres host=nowhere",
        "postgresql://nowhere/",
        " leads and ends ",
        "a\nb\"c\\d$$e;f--",
        "%20%s{}",
        "ü🐘",
    ] {
        // From 19 on servers refuse line breaks in the names of databases.
        let name = if server.major < 19 { name.to_owned() } else { name.replace('\n', "n") };
        let (from, to) = (format!("{name}{start}"), format!("{name}{start}_"));
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let original = TestDb::adopt(&server, &quoted(&from));
        let copy = TestDb::adopt(&server, &quoted(&to));
        server.session().execute(&format!("CREATE DATABASE {}", original.name())).unwrap();
        server.session_in(&from).execute("CREATE TABLE t AS SELECT 7 AS a").unwrap();
        let archive = Archive::attempt_from(&server.uri(&escaped(&from)), &[]);
        archive.1.ok();
        let path = archive.0.path().to_str().expect("paths of tests are UTF-8");
        pgx(&["restore", path, "--create", "-d", &server.uri(&escaped(&to))]).ok();
        let found = server.session_in(&to).query_one("SELECT a FROM t").unwrap();
        assert_eq!(found.str("a").unwrap(), "7", "{name:?}");
        drop((original, copy));
    }
}

/// A client's encoding in the environment is not that of names, comments or rows in an archive.
#[test]
fn the_encoding_of_the_environment_changes_nothing() {
    let Some(server) = support::newest() else { return };
    let original = named(&server, &array(&["ünïcödé", "中文", "back\\slash", "表示"]));
    let archive = Archive::of(&original);
    for encoding in ["SJIS", "BIG5", "GB18030", "LATIN1", "EUC_JP", "SQL_ASCII"] {
        let copy = TestDb::with(&server, AS_NAMED);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dump.pgx").to_str().unwrap().to_owned();
        for arguments in [
            ["dump", "-d", &original.uri(), "-f", &path],
            ["restore", "-q", &path, "-d", &copy.uri()],
        ] {
            let mut command = support::pgx_command();
            support::Ran::of(command.env("PGCLIENTENCODING", encoding).args(arguments)).ok();
        }
        assert_same(&original, &copy);
        archive.rows_equal(&copy);
    }
}
