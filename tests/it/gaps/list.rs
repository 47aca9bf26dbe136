//! Every gap: what pg_dump loses, how a database comes to have it, and a query that sees it.

/// One thing that pg_dump loses and pgx keeps.
pub(super) struct Gap {
    /// What is lost.
    pub(super) what: &'static str,
    /// The first major version that can have it.
    pub(super) from: u32,
    /// Makes it, in a schema of its own.
    pub(super) sql: &'static str,
    /// Gives one value, which is another where it is lost.
    pub(super) probe: &'static str,
}

const fn gap(what: &'static str, from: u32, sql: &'static str, probe: &'static str) -> Gap {
    Gap { what, from, sql, probe }
}

pub(super) const GAPS: &[Gap] = &[
    gap(
        "the name of a NOT NULL of its own on an inherited column, when it needs quotes",
        18,
        r#"CREATE SCHEMA g1; CREATE TABLE g1.p (a integer NOT NULL);
           CREATE TABLE g1.c (CONSTRAINT "Needs Quotes" NOT NULL a) INHERITS (g1.p)"#,
        "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass('g1.c') AND contype = 'n'",
    ),
    gap(
        // Late minor releases of 15 refuse such a column.
        "that a column is generated, when its expression calls a function of the row's type",
        16,
        "CREATE SCHEMA g2; CREATE TABLE g2.t (a integer);
         CREATE FUNCTION g2.f(g2.t, integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $2 * 2';
         ALTER TABLE g2.t ADD COLUMN b integer GENERATED ALWAYS AS (g2.f(NULL, a)) STORED;
         ALTER TABLE g2.t ADD COLUMN c integer CHECK (c > b); COMMENT ON COLUMN g2.t.c IS 'behind it';
         ALTER TABLE g2.t ADD COLUMN d integer GENERATED ALWAYS AS (g2.f(NULL, c)) STORED NOT NULL;
         CREATE VIEW g2.v AS SELECT b, c FROM g2.t; INSERT INTO g2.t (a, c) VALUES (1, 3)",
        "SELECT string_agg(attname || attgenerated::text, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = to_regclass('g2.t') AND attnum > 0",
    ),
    gap(
        "a domain whose default calls a function that returns the domain, and that function",
        10,
        "CREATE SCHEMA g3; CREATE DOMAIN g3.d AS integer;
         CREATE FUNCTION g3.f() RETURNS g3.d LANGUAGE sql AS 'SELECT 1::g3.d';
         ALTER DOMAIN g3.d SET DEFAULT g3.f()",
        "SELECT typdefault FROM pg_type WHERE typname = 'd' AND typnamespace = to_regnamespace('g3')",
    ),
    gap(
        "a function whose argument's default calls a function whose body calls the first",
        14,
        "CREATE SCHEMA g4a; CREATE FUNCTION g4a.g() RETURNS integer LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION g4a.f(a integer DEFAULT g4a.g()) RETURNS integer LANGUAGE sql AS 'SELECT a';
         CREATE OR REPLACE FUNCTION g4a.g() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT g4a.f(5); END",
        "SELECT string_agg(proname || coalesce(pg_get_function_sqlbody(oid), '') || coalesce(pg_get_expr(proargdefaults, 0), ''), ', ' ORDER BY proname) FROM pg_proc WHERE pronamespace = to_regnamespace('g4a')",
    ),
    gap(
        "a table partitioned by a function whose body reads the table",
        14,
        "CREATE SCHEMA g4b; CREATE FUNCTION g4b.k(a integer) RETURNS integer IMMUTABLE LANGUAGE sql RETURN a;
         CREATE TABLE g4b.t (a integer) PARTITION BY LIST (g4b.k(a));
         CREATE OR REPLACE FUNCTION g4b.k(a integer) RETURNS integer IMMUTABLE LANGUAGE sql
            BEGIN ATOMIC SELECT CASE a WHEN 5 THEN (SELECT max(t.a) FROM g4b.t) ELSE a END; END;
         CREATE TABLE g4b.t_1 PARTITION OF g4b.t FOR VALUES IN (1);
         INSERT INTO g4b.t_1 VALUES (1)",
        "SELECT pg_get_partkeydef(to_regclass('g4b.t')) || pg_get_function_sqlbody(to_regprocedure('g4b.k(integer)'))",
    ),
    gap(
        "that a foreign key's triggers are disabled",
        10,
        "CREATE SCHEMA g5a; CREATE TABLE g5a.p (id integer PRIMARY KEY);
         CREATE TABLE g5a.t (id integer REFERENCES g5a.p);
         ALTER TABLE g5a.t DISABLE TRIGGER ALL",
        "SELECT string_agg(tgenabled::text, '' ORDER BY tgfoid) FROM pg_trigger WHERE tgrelid = to_regclass('g5a.t')",
    ),
    gap(
        "the same on a partition",
        12,
        "CREATE SCHEMA g5b; CREATE TABLE g5b.p (id integer PRIMARY KEY);
         CREATE TABLE g5b.t (id integer REFERENCES g5b.p) PARTITION BY LIST (id);
         CREATE TABLE g5b.t_1 PARTITION OF g5b.t FOR VALUES IN (1);
         ALTER TABLE g5b.t_1 DISABLE TRIGGER ALL",
        "SELECT string_agg(tgenabled::text, '' ORDER BY tgfoid) FROM pg_trigger WHERE tgrelid = to_regclass('g5b.t_1')",
    ),
    gap(
        "the comment on an inherited CHECK",
        10,
        "CREATE SCHEMA g8a; CREATE TABLE g8a.p (a integer, CONSTRAINT k CHECK (a > 0));
         CREATE TABLE g8a.c () INHERITS (g8a.p); COMMENT ON CONSTRAINT k ON g8a.c IS 'below'",
        "SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conrelid = to_regclass('g8a.c') AND contype = 'c'",
    ),
    gap(
        "the comment on a partition's clone of a trigger",
        11,
        "CREATE SCHEMA g8b; CREATE FUNCTION g8b.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TABLE g8b.t (a integer) PARTITION BY LIST (a);
         CREATE TABLE g8b.t_1 PARTITION OF g8b.t FOR VALUES IN (1);
         CREATE TRIGGER tr AFTER INSERT ON g8b.t FOR EACH ROW EXECUTE PROCEDURE g8b.f();
         COMMENT ON TRIGGER tr ON g8b.t_1 IS 'clone'",
        "SELECT obj_description(oid, 'pg_trigger') FROM pg_trigger WHERE tgrelid = to_regclass('g8b.t_1')",
    ),
    gap(
        "name and comment of a partition's foreign key that is part of its parent's",
        12,
        "CREATE SCHEMA g9; CREATE TABLE g9.p (id integer PRIMARY KEY);
         CREATE TABLE g9.t (id integer) PARTITION BY LIST (id);
         CREATE TABLE g9.t_1 (id integer CONSTRAINT own_name REFERENCES g9.p);
         ALTER TABLE g9.t ADD CONSTRAINT whole FOREIGN KEY (id) REFERENCES g9.p;
         ALTER TABLE g9.t ATTACH PARTITION g9.t_1 FOR VALUES IN (1);
         COMMENT ON CONSTRAINT own_name ON g9.t_1 IS 'own'",
        "SELECT conname || obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conrelid = to_regclass('g9.t_1') AND contype = 'f'",
    ),
    gap(
        "privileges on a table's row type",
        10,
        "CREATE SCHEMA g10; CREATE TABLE g10.t (a integer); REVOKE USAGE ON TYPE g10.t FROM PUBLIC",
        "SELECT array_length(typacl, 1) FROM pg_type WHERE oid = to_regtype('g10.t')",
    ),
    gap(
        "the type of an identity column's sequence, when it is not the column's",
        10,
        "CREATE SCHEMA g11; CREATE TABLE g11.t (a integer GENERATED ALWAYS AS IDENTITY);
         ALTER SEQUENCE g11.t_a_seq AS bigint",
        "SELECT format_type(seqtypid, NULL) FROM pg_sequence WHERE seqrelid = to_regclass('g11.t_a_seq')",
    ),
    gap(
        "that a partition was being detached",
        14,
        "CREATE SCHEMA g12; CREATE TABLE g12.t (a integer) PARTITION BY LIST (a);
         CREATE TABLE g12.t_1 PARTITION OF g12.t FOR VALUES IN (1);
         UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'g12.t_1'::regclass",
        "SELECT count(*) FROM pg_inherits WHERE inhparent = to_regclass('g12.t') AND NOT inhdetachpending",
    ),
    gap(
        "the rows of a materialized view that reads one emptied since",
        10,
        "CREATE SCHEMA g14; CREATE TABLE g14.t (a integer); INSERT INTO g14.t VALUES (1);
         CREATE MATERIALIZED VIEW g14.below AS SELECT a FROM g14.t;
         CREATE VIEW g14.between AS SELECT a FROM g14.below;
         CREATE MATERIALIZED VIEW g14.above AS SELECT a FROM g14.between;
         REFRESH MATERIALIZED VIEW g14.below WITH NO DATA",
        "SELECT string_agg(relname || relispopulated, ',' ORDER BY relname) FROM pg_class WHERE relkind = 'm' AND relnamespace = to_regnamespace('g14')",
    ),
    gap(
        "privileges on the information schema",
        10,
        "GRANT SELECT ON information_schema.sql_parts TO PUBLIC",
        "SELECT array_length(relacl, 1) FROM pg_class WHERE oid = 'information_schema.sql_parts'::regclass",
    ),
    gap(
        "the order of columns of a child whose parent got a column later",
        10,
        "CREATE SCHEMA g27; CREATE TABLE g27.p (a integer, b text);
         CREATE TABLE g27.c (x integer) INHERITS (g27.p); 
         ALTER TABLE g27.p ADD COLUMN late integer DEFAULT 7 NOT NULL, ADD CONSTRAINT k CHECK (late > 0);
         ALTER TABLE g27.c ADD COLUMN own text DEFAULT 'x' CHECK (own <> ''), ADD CHECK (late < x OR late > 2);
         ALTER TABLE g27.c ALTER COLUMN a SET STATISTICS 7; ALTER TABLE g27.c ALTER COLUMN b SET NOT NULL;
         CREATE TABLE g27.d () INHERITS (g27.c); ALTER TABLE g27.p ADD COLUMN again text COLLATE \"C\" NOT NULL DEFAULT 'n';
         ALTER TABLE g27.d ALTER COLUMN late DROP DEFAULT, ADD COLUMN last integer;
         COMMENT ON COLUMN g27.d.again IS 'late';
         INSERT INTO g27.c VALUES (1, 'b', 2, 3)",
        "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = to_regclass('g27.c') AND attnum > 0",
    ),
    gap(
        "privileges on the functions that a range brings along",
        10,
        "CREATE SCHEMA g33; CREATE TYPE g33.r AS RANGE (subtype = integer);
         REVOKE EXECUTE ON FUNCTION g33.r(integer, integer) FROM PUBLIC",
        "SELECT array_length(proacl, 1) FROM pg_proc WHERE oid = to_regprocedure('g33.r(integer,integer)')",
    ),
    gap(
        "a thesaurus that names a user's dictionary without its schema",
        10,
        "CREATE SCHEMA g34; SET search_path = g34; CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple);
         CREATE TEXT SEARCH DICTIONARY many (TEMPLATE = thesaurus, DICTFILE = thesaurus_sample, DICTIONARY = plain)",
        "SELECT dictinitoption FROM pg_ts_dict WHERE dictname = 'many' AND dictnamespace = to_regnamespace('g34')",
    ),
];
