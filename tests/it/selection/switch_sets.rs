//! A database of tricky names, and ways to choose from it.

/// Names in mixed case, with dots, quotes, wildcards and blanks; the same name in several schemas, one in the
/// role's search path and one outside it; views, sequences, partitions, inheritance children; kinds that
/// are chosen by their schema, and kinds that stand in none.
pub(super) const NAMES: &str = r#"
CREATE SCHEMA app;
CREATE SCHEMA "App";
CREATE SCHEMA app_old;
CREATE SCHEMA "a.b";
CREATE SCHEMA hidden;
CREATE TABLE public.t (a int);
CREATE TABLE public."T" (a int);
CREATE TABLE public."t.u" (a int);
CREATE TABLE public."t""q" (a int);
CREATE TABLE public."t$1" (a int);
CREATE TABLE public.t$2 (a int);
CREATE TABLE public."t*" (a int);
CREATE TABLE public."t?" (a int);
CREATE TABLE public."t|u" (a int);
CREATE TABLE public."t[1]" (a int);
CREATE TABLE public."t 1" (a int);
CREATE TABLE public."t\n" (a int);
CREATE TABLE public."(t)" (a int);
CREATE TABLE public."Größe" (a int);
CREATE TABLE public.größe (a int);
CREATE TABLE public.t1 (a int);
CREATE TABLE public.t12 (a int);
CREATE TABLE public.u (a int);
CREATE TABLE public.masked (a int);
CREATE TABLE app.masked (a int);
CREATE TABLE app.t (id serial PRIMARY KEY, a int);
CREATE TABLE app.orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t int REFERENCES app.t);
CREATE VIEW app.view_t AS SELECT a FROM app.t;
CREATE MATERIALIZED VIEW app.mat_t AS SELECT a FROM app.t;
CREATE SEQUENCE app.loose_seq;
CREATE TABLE "App".t (a int);
CREATE TABLE app_old.t (a int);
CREATE TABLE app_old.orders (a int);
CREATE TABLE "a.b".t (a int);
CREATE TABLE "a.b"."c.d" (a int);
CREATE TABLE hidden.t (a int);
CREATE TABLE hidden.secret (a int);
CREATE TABLE hidden.parted (a int) PARTITION BY RANGE (a);
CREATE TABLE hidden.parted_1 PARTITION OF hidden.parted FOR VALUES FROM (0) TO (10);
CREATE TABLE app.parted_2 PARTITION OF hidden.parted FOR VALUES FROM (10) TO (20);
CREATE TABLE hidden.base (a int);
CREATE TABLE app.child () INHERITS (hidden.base);
CREATE TYPE app.whole;
CREATE FUNCTION app.whole_in(cstring) RETURNS app.whole LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION app.whole_out(app.whole) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE app.whole (INPUT = app.whole_in, OUTPUT = app.whole_out, LIKE = integer);
CREATE TYPE hidden.announced;
CREATE LANGUAGE "Spoken" HANDLER plpgsql_call_handler;
CREATE ACCESS METHOD "By Hash" TYPE INDEX HANDLER hashhandler;
CREATE TRANSFORM FOR macaddr8 LANGUAGE sql (TO SQL WITH FUNCTION macaddr8_recv(internal));
CREATE CAST (bytea AS json) WITHOUT FUNCTION;
CREATE CONVERSION "App".c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH PARSER app.p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE hidden.t (LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY app.d (TEMPLATE = hidden.t);
CREATE TEXT SEARCH CONFIGURATION app_old.c (PARSER = app.p);
"#;

/// Switches that choose something.
pub(super) const SETS: &[&[&str]] = &[
    &[],
    &["-t", "t"],
    &["-t", "T"],
    &["-t", "\"T\""],
    &["-t", "masked"],
    &["-t", "public.masked"],
    &["-t", "secret|u", "-T", "nothing"],
    &["-t", "t*"],
    &["-t", "t?"],
    &["-t", "\"t*\""],
    &["-t", "t\"*\""],
    &["-t", "\"t.u\""],
    &["-t", "\"t\"\"q\""],
    &["-t", "t$1"],
    &["-t", "t$*"],
    &["-t", "\"t|u\""],
    &["-t", "t|u"],
    &["-t", "t[0-9]"],
    &["-t", "t[0-9]+"],
    &["-t", "\"t[1]\""],
    &["-t", "\"t 1\""],
    &["-t", "t 1"],
    &["-t", "\"t\\n\""],
    &["-t", "\"(t)\""],
    &["-t", "(t|u)(1|12)?"],
    &["-t", "größe"],
    &["-t", "\"Größe\""],
    &["-t", "gr*"],
    &["-t", "app.t"],
    &["-t", "APP.T"],
    &["-t", "\"App\".t"],
    &["-t", "app*.t"],
    &["-t", "*.t"],
    &["-t", "*.*"],
    &["-t", "*"],
    &["-t", "app.*", "-T", "app.t"],
    &["-t", "app.*t*", "-T", "*.*_t", "-T", "app.*seq"],
    &["-t", "\"a.b\".t"],
    &["-t", "\"a.b\".\"c.d\""],
    &["-t", "a?b.*"],
    &["-t", "app.loose_seq"],
    &["-t", "app.view_t", "-t", "app.mat_t"],
    &["-t", "app.t_id_seq"],
    &["-t", "app.orders"],
    &["-t", "hidden.parted"],
    &["-t", "hidden.parted*"],
    &["-t", "*.parted_?"],
    &["-t", "app.child"],
    &["-t", "{database}.app.orders"],
    &["-t", "t", "-T", "t"],
    &["-T", "t*"],
    &["-T", "*.t"],
    &["-T", "app.*", "-T", "nothing*"],
    &["-n", "app"],
    &["-n", "APP"],
    &["-n", "\"App\""],
    &["-n", "app*"],
    &["-n", "a*"],
    &["-n", "\"a.b\""],
    &["-n", "app|hidden"],
    &["-n", "app", "-n", "hidden"],
    &["-n", "app", "-T", "app.t"],
    &["-n", "app", "-t", "hidden.t"],
    &["-n", "app", "-t", "app.t"],
    &["-n", "*", "-N", "app"],
    &["-N", "app*"],
    &["-N", "public", "-N", "nothing*"],
    &["-N", "hidden", "-t", "*.t"],
    &["-n", "app*", "-N", "app_*", "-T", "*.orders"],
    &["-s", "-n", "app"],
    &["-a", "-n", "app"],
    &["-a", "-t", "app.*", "-T", "app.t"],
    &["-a", "-t", "*.t"],
];

/// Switches that pg_dump and pgx refuse alike.
pub(super) const REFUSED: &[&[&str]] = &[
    &["-t", "nothing"],
    &["-t", "secret"],
    &["-t", "t", "-t", "nothing*"],
    &["-t", "app.nothing"],
    &["-t", "nothing.t"],
    &["-t", "\"App\".orders"],
    &["-t", ""],
    &["-t", "other_database.app.t"],
    &["-t", "a.b.c.d"],
    &["-n", "nothing"],
    &["-n", "app", "-n", "nothing*"],
    &["-n", "other_database.app"],
    &["-n", "a.b.c"],
    &["-t", "t("],
    &["-s", "-a"],
];
