//! Kinds that few databases have: what needs them brings them, and extensions keep theirs.

use pgx_core::verify::fingerprint::Fingerprint;

use crate::support::{self, Archive, TestDb, assert_same, fingerprint_of};

/// A table whose column, default, check and index each need another kind, in schemas that nothing else
/// asks for; and as many objects that nothing needs.
const NEEDY: &str = "
    CREATE SCHEMA kinds; CREATE SCHEMA code; CREATE SCHEMA search; CREATE SCHEMA data;
    CREATE TYPE kinds.whole;
    CREATE FUNCTION code.whole_in(cstring) RETURNS kinds.whole LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
    CREATE FUNCTION code.whole_out(kinds.whole) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
    CREATE TYPE kinds.whole (INPUT = code.whole_in, OUTPUT = code.whole_out, LIKE = integer);
    CREATE TYPE kinds.span;
    CREATE FUNCTION code.canonical(kinds.span) RETURNS kinds.span LANGUAGE internal IMMUTABLE STRICT
        AS 'int4range_canonical';
    CREATE TYPE kinds.span AS RANGE (subtype = integer, canonical = code.canonical);
    CREATE FUNCTION code.handle() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
    CREATE LANGUAGE spoken HANDLER code.handle;
    CREATE FUNCTION code.a_default() RETURNS integer LANGUAGE spoken AS 'BEGIN RETURN 7; END';
    CREATE FUNCTION code.lexize(internal, internal, internal, internal) RETURNS internal
        LANGUAGE internal STRICT AS 'dsimple_lexize';
    CREATE TEXT SEARCH TEMPLATE search.plain (INIT = dsimple_init, LEXIZE = code.lexize);
    CREATE TEXT SEARCH DICTIONARY search.plain (TEMPLATE = search.plain);
    CREATE TEXT SEARCH PARSER search.words (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end,
        LEXTYPES = prsd_lextype);
    CREATE TEXT SEARCH CONFIGURATION search.plain (PARSER = search.words);
    ALTER TEXT SEARCH CONFIGURATION search.plain ADD MAPPING FOR asciiword WITH search.plain;
    CREATE ACCESS METHOD by_tree TYPE INDEX HANDLER spghandler;
    CREATE OPERATOR CLASS kinds.points DEFAULT FOR TYPE point USING by_tree AS
        OPERATOR 6 ~=, FUNCTION 1 spg_quad_config(internal, internal), FUNCTION 2 spg_quad_choose(internal, internal),
        FUNCTION 3 spg_quad_picksplit(internal, internal), FUNCTION 4 spg_quad_inner_consistent(internal, internal),
        FUNCTION 5 spg_quad_leaf_consistent(internal, internal);
    CREATE TABLE data.t (
        w kinds.whole, ws kinds.whole[], s kinds.span, d integer DEFAULT code.a_default(), a text, p point,
        v tsvector DEFAULT to_tsvector('search.plain'::regconfig, 'two words')
    );
    CREATE INDEX ON data.t USING by_tree (p);
    INSERT INTO data.t (w, ws, s, a, p) VALUES ('1', '{2,3}', '[1,5]', 'text', '(1,2)');
    CREATE TYPE kinds.unused;
    CREATE LANGUAGE unused HANDLER code.handle;
    CREATE ACCESS METHOD unused TYPE INDEX HANDLER hashhandler;
    CREATE CONVERSION search.unused FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
    CREATE TRANSFORM FOR macaddr8 LANGUAGE sql (TO SQL WITH FUNCTION macaddr8_recv(internal));
    CREATE TEXT SEARCH DICTIONARY search.unused (TEMPLATE = simple);
";

const UNUSED: &str = "
    DROP TYPE kinds.unused; DROP LANGUAGE unused; DROP ACCESS METHOD unused;
    DROP CONVERSION search.unused; DROP TRANSFORM FOR macaddr8 LANGUAGE sql;
    DROP TEXT SEARCH DICTIONARY search.unused;
";

#[test]
fn a_manifest_brings_the_kinds_that_its_table_needs() {
    support::each_version(|server| {
        let original = TestDb::new(server);
        original.sql(NEEDY);
        let archive = Archive::by_manifest(&original, "[[table]]\nname = \"data.t\"\n");
        let copy = archive.restored_into_empty(server);
        archive.rows_equal(&copy);
        original.sql(UNUSED);
        assert_same(&original, &copy);
        copy.sql("INSERT INTO data.t (w) VALUES ('5')");
        let made = "SELECT d || ' ' || v::text FROM data.t WHERE w::text = '5'";
        assert_eq!(copy.value(made), "7 'two':1 'words':2");
    });
}

/// Members of these extensions are of every kind here but conversions and parsers.
const EXTENDED: &str = "
    CREATE SCHEMA ext;
    CREATE EXTENSION unaccent SCHEMA ext;
    CREATE EXTENSION dict_int SCHEMA ext;
    CREATE EXTENSION ltree SCHEMA ext;
    CREATE EXTENSION bloom SCHEMA ext;
    CREATE TEXT SEARCH CONFIGURATION public.plainly (COPY = simple);
    ALTER TEXT SEARCH CONFIGURATION public.plainly ALTER MAPPING FOR word WITH ext.unaccent, simple;
    CREATE TEXT SEARCH DICTIONARY public.short (TEMPLATE = ext.intdict_template, maxlen = '3');
    CREATE TABLE public.t (
        path ext.ltree, a text, v tsvector DEFAULT to_tsvector('public.plainly'::regconfig, 'Größe')
    );
    CREATE INDEX ON public.t USING bloom (a ext.text_ops);
    REVOKE USAGE ON TYPE ext.ltree FROM PUBLIC;
    INSERT INTO public.t VALUES ('a.b', 'text');
";

#[test]
fn members_of_extensions_stay_with_them() {
    support::each_version(|server| {
        let original = TestDb::with(server, "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        original.sql(EXTENDED);
        let archive = Archive::of(&original);
        let copy = archive.restored_with_create(server);
        archive.rows_equal(&copy);
        assert_same(&original, &copy);
    });
}

/// A language's name alone was enough for a server before 13, which has its functions among its own.
#[test]
fn a_language_made_by_its_name_is_made_by_its_name() {
    for server in [10, 12].into_iter().filter_map(support::server) {
        let original = TestDb::new(&server);
        original.sql(
            "DROP EXTENSION plpgsql; CREATE LANGUAGE plpgsql; \
             CREATE FUNCTION one() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
        );
        let archive = Archive::of(&original);
        for target in [Some(server), support::newest()].into_iter().flatten() {
            let copy = archive.restored_into_empty(&target);
            assert_eq!(copy.value("SELECT one()"), "1");
        }
    }
}

/// Extensions with base types of every form, and what is made for those: casts, operators, classes for
/// every access method, templates and dictionaries.
const TO_ABANDON: [&str; 11] = [
    "citext",
    "hstore",
    "ltree",
    "cube",
    "seg",
    "intarray",
    "btree_gist",
    "pg_trgm",
    "unaccent",
    "dict_int",
    "bloom",
];

/// Takes the members out of every extension and drops it.
const ABANDON: &str = "DO $$
    DECLARE
        extension record;
        member record;
    BEGIN
        FOR extension IN SELECT oid, extname FROM pg_extension WHERE extname <> 'plpgsql' LOOP
            FOR member IN SELECT (pg_identify_object(d.classid, d.objid, 0)).* FROM pg_depend d
                WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
                AND d.refobjid = extension.oid
            LOOP
                IF member.identity NOT LIKE '%[]' THEN
                    EXECUTE format('ALTER EXTENSION %I DROP %s %s', extension.extname, member.type, member.identity);
                END IF;
            END LOOP;
            EXECUTE format('DROP EXTENSION %I', extension.extname);
        END LOOP;
    END $$";

#[test]
fn what_extensions_left_behind_comes_back() {
    for server in [10, 13, 18].into_iter().filter_map(support::server) {
        let original = TestDb::new(&server);
        TO_ABANDON.iter().for_each(|name| original.sql(&format!("CREATE EXTENSION {name}")));
        original.sql(ABANDON);
        original.sql(
            "CREATE TABLE t (a citext, b hstore, c ltree[], d cube, e seg, EXCLUDE USING gist (e WITH &&)); \
             CREATE INDEX ON t USING gist (c gist__ltree_ops, d); CREATE INDEX ON t USING bloom (a text_ops); \
             INSERT INTO t VALUES ('A', 'a=>1', '{a.b}', '(1,2)', '1..2')",
        );
        let archive = Archive::of(&original);
        let copy = archive.restored_into_empty(&server);
        archive.rows_equal(&copy);
        assert_same(&original, &copy);
    }
}

/// pg_dump of versions before this was found refuses such a function, so only the catalogs are compared.
const MANY_TRANSFORMS: &str = "DO $$BEGIN
    FOR i IN 1 .. 120 LOOP
        EXECUTE format('CREATE TYPE t%s AS ENUM ()', i);
        EXECUTE format('CREATE TRANSFORM FOR t%s LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))', i);
    END LOOP;
    EXECUTE (SELECT format('CREATE FUNCTION f(t1) RETURNS integer TRANSFORM %s LANGUAGE sql AS %L',
        string_agg(format('FOR TYPE t%s', i), ', '), 'SELECT 1') FROM generate_series(1, 120) i);
END$$";

#[test]
fn a_function_has_more_than_a_hundred_transforms() {
    support::each_version(|server| {
        let original = TestDb::new(server);
        original.sql(MANY_TRANSFORMS);
        let copy = Archive::of(&original).restored_with_create(server);
        assert_eq!(
            Fingerprint::difference(&fingerprint_of(&original), &fingerprint_of(&copy)),
            Vec::<String>::new()
        );
        let types = "SELECT array_length(protrftypes, 1) FROM pg_proc WHERE proname = 'f'";
        assert_eq!(copy.value(types), "120");
    });
}
