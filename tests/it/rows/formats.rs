//! Which tables travel as COPY BINARY, and that it makes no difference.

use super::{across, listed, rows_of};
use crate::support::{self, Archive, Server, TestDb, arg, pgx};

/// Tables for every server. How each travels by itself is the beginning of its name.
const TABLES: &str = r#"
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', '');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN percent AS numeric(5, 2) CHECK (VALUE <= 100);
CREATE DOMAIN share AS percent NOT NULL DEFAULT 0;
CREATE DOMAIN ints AS int[] CHECK (array_ndims(VALUE) = 1);
CREATE DOMAIN moods AS mood[];
CREATE TYPE moment_span AS RANGE (subtype = timestamptz);
CREATE TYPE mood_span AS RANGE (subtype = mood);
CREATE TYPE share_span AS RANGE (subtype = percent);

CREATE TABLE binary_plain (a int, b text, c bytea, d float8[], e int4range, f jsonb, g uuid);
INSERT INTO binary_plain VALUES
    (1, E'tab\t \\N', '\x00ff', '[0:1]={NaN,-0}', '[1,5)', '{"a": [1, null]}',
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL), (-1, '', '', '{}', 'empty', '"x"', NULL);
CREATE TABLE binary_enum (m mood, d share, e ints);
INSERT INTO binary_enum VALUES ('it''s ok', 99.99, '{1,2}'), ('', 0, NULL), (NULL, 1, '{}'::int[] || 3);
CREATE TABLE binary_spans (m moment_span, e mood_span, s share_span);
INSERT INTO binary_spans VALUES
    ('[2000-01-01 00:00:00+00,)', '[sad,it''s ok]', '(1,2]'), ('empty', '(,"")', '(,)'), (NULL, NULL, NULL);
CREATE TABLE binary_schema (n information_schema.cardinal_number, v int2vector, o oidvector, q "char");
INSERT INTO binary_schema VALUES (3, '1 2', '23 25', 'x'), (NULL, '', '', '');
CREATE TABLE binary_dropped (a int, b pair, c text);
INSERT INTO binary_dropped VALUES (1, ROW(1, 'x'), 'y');
ALTER TABLE binary_dropped DROP COLUMN b;
INSERT INTO binary_dropped VALUES (2, 'z');

CREATE TABLE text_composite (a int, b pair); INSERT INTO text_composite VALUES (1, ROW(2, 'x, "y"'));
CREATE TABLE text_enums (a mood[]); INSERT INTO text_enums VALUES ('{sad,NULL,""}'), (NULL);
CREATE TABLE text_enum_domain (a moods); INSERT INTO text_enum_domain VALUES ('{sad}');
CREATE TABLE text_name (a regclass, b int); INSERT INTO text_name VALUES ('text_enums', 1), (NULL, NULL);
CREATE TABLE text_type_names (a regtype[]); INSERT INTO text_type_names VALUES ('{int4,mood}');
CREATE TABLE text_own_rows (a binary_plain); INSERT INTO text_own_rows SELECT t FROM binary_plain t;
CREATE TABLE text_spans (a mood_span[]); INSERT INTO text_spans VALUES ('{"[sad,sad]",empty}');
CREATE TABLE text_no_columns (); INSERT INTO text_no_columns DEFAULT VALUES;
INSERT INTO text_no_columns SELECT FROM text_no_columns; INSERT INTO text_no_columns SELECT FROM text_no_columns;

CREATE TABLE "Whole" (a int, b text, m mood) PARTITION BY LIST (b);
CREATE TABLE binary_part (m mood, gone pair, b text, a int);
ALTER TABLE binary_part DROP COLUMN gone;
ALTER TABLE "Whole" ATTACH PARTITION binary_part FOR VALUES IN ('x');
CREATE TABLE binary_other PARTITION OF "Whole" FOR VALUES IN ('y', NULL);
INSERT INTO "Whole" VALUES (1, 'x', 'sad'), (2, 'y', NULL), (3, NULL, '');
"#;

const FROM_11: &str = "
CREATE TABLE hashed (a int, m mood) PARTITION BY HASH (m);
CREATE TABLE binary_hash_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE binary_hash_1 (m mood, a int);
ALTER TABLE hashed ATTACH PARTITION binary_hash_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO hashed SELECT g, (enum_range(NULL::mood))[1 + g % 3] FROM generate_series(1, 30) g;
CREATE DOMAIN pair_domain AS pair;
CREATE TABLE text_pair_domain (a pair_domain); INSERT INTO text_pair_domain VALUES (ROW(1, 'x'));
CREATE DOMAIN few AS int CHECK (VALUE < 9);
CREATE TABLE text_fews (a few[]); INSERT INTO text_fews VALUES ('{1,NULL}');
";

const FROM_12: &str = "
CREATE TABLE binary_generated (a int, b pair GENERATED ALWAYS AS (ROW(a, 'x')::pair) STORED, c text);
INSERT INTO binary_generated (a, c) VALUES (1, 'x'), (NULL, 'y');
CREATE TABLE text_generated_alone (b int GENERATED ALWAYS AS (7) STORED);
INSERT INTO text_generated_alone DEFAULT VALUES;
CREATE TABLE binary_path (p jsonpath); INSERT INTO binary_path VALUES ('$.a[*] ? (@ > 1)');
";

const FROM_14: &str = "
CREATE TYPE other_span AS RANGE (subtype = mood, multirange_type_name = other_spans);
CREATE TABLE binary_multi (i int4multirange, m other_spans, s pg_snapshot);
INSERT INTO binary_multi VALUES ('{[1,2),[5,9)}', '{[sad,sad]}', '10:20:10,14'), ('{}', NULL, NULL);
CREATE TABLE text_multi (m other_spans[]); INSERT INTO text_multi VALUES ('{\"{[sad,sad]}\"}');
";

const FROM_18: &str = "
CREATE TABLE binary_virtual (a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL);
INSERT INTO binary_virtual (a) VALUES (4);
";

const POSTGIS: &str = "
CREATE EXTENSION postgis;
CREATE TABLE binary_place (g geometry(Point, 4326), h geography);
INSERT INTO binary_place VALUES ('SRID=4326;POINT(1.5 -2)', 'LINESTRING(0 0, 1 1)'), (NULL, NULL);
CREATE TABLE text_box (b box2d, c box3d); INSERT INTO text_box VALUES ('BOX(0 0,1 1)', 'BOX3D(0 0 0,1 1 1)');
CREATE TABLE text_dump (d geometry_dump);
INSERT INTO text_dump SELECT ST_Dump('MULTIPOINT(0 0, 1 1)'::geometry);
CREATE TABLE text_places (g geometry[]); INSERT INTO text_places VALUES (ARRAY['POINT(0 0)'::geometry]);
";

fn extensions(server: &Server) -> String {
    // Their binary form came with 13 and 14.
    let (ltree, cube) = match server.major {
        ..13 => ("text", "text"),
        13 => ("binary", "text"),
        _ => ("binary", "binary"),
    };
    format!(
        "CREATE SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext; CREATE EXTENSION citext;
         CREATE EXTENSION ltree; CREATE EXTENSION cube; CREATE EXTENSION isn;
         CREATE TABLE binary_hstore (h ext.hstore, c citext);
         INSERT INTO binary_hstore VALUES ('a=>1, b=>NULL, \"c d\"=>\"\"', 'Ab'), ('', ''), (NULL, NULL);
         CREATE TABLE text_hstores (h ext.hstore[]); INSERT INTO text_hstores VALUES ('{{a=>1}}');
         CREATE TABLE {ltree}_tree (l ltree, q lquery, t ltxtquery);
         INSERT INTO {ltree}_tree VALUES ('a.b', 'a.*{{1,2}}', 'a & b'), (NULL, NULL, NULL);
         CREATE TABLE {cube}_cube (c cube); INSERT INTO {cube}_cube VALUES ('(1,2),(3,4)'), ('(0.5)');
         CREATE TABLE text_book (b isbn); INSERT INTO text_book VALUES ('0-393-04002-X');"
    )
}

/// All of it that the server can take.
fn menagerie(server: &Server) -> TestDb {
    let database = TestDb::new(server);
    let since = [(10, TABLES), (11, FROM_11), (12, FROM_12), (14, FROM_14), (18, FROM_18)];
    for (_, sql) in since.into_iter().filter(|(major, _)| *major <= server.major) {
        database.sql(sql);
    }
    database.sql(&extensions(server));
    if server.has_postgis() {
        database.sql(POSTGIS);
    }
    database
}

fn servers() -> Vec<Server> {
    across().into_iter().chain(support::gis()).collect()
}

fn in_format(database: &TestDb, format: &str) -> Archive {
    Archive::with(database, &["--copy-format", format])
}

/// Every table is stored as its name says, and `pgx inspect` shows it.
fn assert_formats(archive: &Archive, server: &Server) {
    let tables = listed(archive);
    assert!(tables.len() > 15, "{tables:?}");
    let ran = pgx(&["inspect", arg(archive.path())]).ok();
    let ours = |name: &str| name != "spatial_ref_sys";
    for (name, table) in tables.iter().filter(|(name, _)| ours(name)) {
        let (wanted, _) = name.split_once('_').unwrap();
        assert_eq!(table["format"], wanted, "{} of {}", name, server.name);
        let named = format!("public.{name}");
        let line = ran.stdout_text().lines().rfind(|line| line.starts_with(&format!("{named} ")));
        let words: Vec<&str> = line.unwrap().split_whitespace().collect();
        assert_eq!(words[..3], [&named, &table["rows"].to_string(), wanted]);
    }
}

/// A table travels as text for one unknown type, its neighbours as binary, and all of them are equal.
#[test]
fn archives_in_either_format_restore_to_equal_databases_and_agree_with_them() {
    for server in servers() {
        let source = menagerie(&server);
        let (auto, text) = (in_format(&source, "auto"), in_format(&source, "text"));
        assert_formats(&auto, &server);
        assert!(listed(&text).values().all(|table| table["format"] == "text"));
        let (from_auto, from_text) =
            (auto.restored_into_empty(&server), text.restored_with_create(&server));
        let rows = rows_of(&source);
        assert!(rows.iter().all(|(_, rows)| !rows.is_empty()), "{rows:?}");
        assert_eq!(rows_of(&from_auto), rows, "{}", server.name);
        assert_eq!(rows_of(&from_text), rows, "{}", server.name);
        for (archive, database) in [(&auto, &source), (&auto, &from_text), (&text, &from_auto)] {
            archive.rows_equal(database);
        }
    }
}

/// A base type of its own, whose values look like text in either form.
const OWN: &str = "
CREATE TYPE own;
CREATE FUNCTION own_in(cstring) RETURNS own LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION own_out(own) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE FUNCTION own_recv(internal) RETURNS own LANGUAGE internal IMMUTABLE STRICT AS 'textrecv';
CREATE FUNCTION own_send(own) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'textsend';
CREATE TYPE own (INPUT = own_in, OUTPUT = own_out, RECEIVE = own_recv, SEND = own_send);
CREATE TABLE t (a own, b int);
";

/// Definitions of base types are not dumped; rows of their tables are.
#[test]
fn a_type_of_the_users_own_making_travels_as_text() {
    for server in across() {
        let (source, target) = (TestDb::new(&server), TestDb::new(&server));
        source.sql(OWN);
        source.sql("INSERT INTO t VALUES (E'tab\\t', 1), ('', 2), (NULL, NULL)");
        target.sql(OWN);
        let archive = Archive::with(&source, &["-a", "-t", "t"]);
        assert_eq!(listed(&archive)["t"]["format"], "text");
        archive.restore(&target, &["-a"]).ok();
        assert_eq!(rows_of(&target), rows_of(&source));
        let ran = Archive::attempt(&source, &["-a", "-t", "t", "--copy-format", "binary"]).1;
        let said = ran.fails(2);
        assert!(said.contains("public.t.a (public.own)"), "{said}");
    }
}

#[test]
fn binary_alone_is_refused_for_an_unknown_type_by_table_column_and_type() {
    let Some(server) = support::newest() else { return };
    let source = menagerie(&server);
    let refused = [
        ("text_composite", "public.text_composite.b (public.pair)"),
        ("text_enums", "public.text_enums.a (public.mood[])"),
        ("text_name", "public.text_name.a (regclass)"),
        ("text_type_names", "public.text_type_names.a (regtype[])"),
        ("text_spans", "public.text_spans.a (public.mood_span[])"),
        ("text_book", "public.text_book.b (public.isbn)"),
        ("text_fews", "public.text_fews.a (public.few[])"),
    ];
    for (table, column) in refused {
        let (archive, ran) = Archive::attempt(&source, &["--copy-format", "binary", "-t", table]);
        let said = ran.fails(2);
        assert!(said.contains("a table has ") && said.contains(column), "{said}");
        assert!(said.contains("hint: ") && !archive.path().exists(), "{said}");
    }
    let said = Archive::attempt(&source, &["--copy-format", "binary"]).1.fails(2);
    assert!(
        said.contains("public.text_composite.b (public.pair)") && said.contains(" more"),
        "{said}"
    );
}

#[test]
fn binary_alone_takes_what_is_known_and_rows_without_columns() {
    for server in [10, 18].into_iter().filter_map(support::server) {
        let source = menagerie(&server);
        let known = Archive::with(
            &source,
            &["--copy-format", "binary", "-t", "binary_*", "-t", "text_no_columns"],
        );
        let tables = listed(&known);
        assert!(tables.len() > 8 && tables.values().all(|t| t["format"] == "binary"), "{tables:?}");
        assert_eq!(tables["text_no_columns"]["rows"], 4);
        known.rows_equal(&source);
        let copy = TestDb::new(&server);
        copy.sql("CREATE TABLE text_no_columns ()");
        let only =
            Archive::with(&source, &["--copy-format", "binary", "-a", "-t", "text_no_columns"]);
        only.restore(&copy, &["-a"]).ok();
        assert_eq!(copy.value("SELECT count(*) FROM text_no_columns"), "4");
        only.rows_equal(&copy);
    }
}
