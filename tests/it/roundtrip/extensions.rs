//! The extensions that come with servers, installed and used; members that were added to one.

use pgx_core::archive::FileReader;
use pgx_core::toc::Kind;

use crate::support::{self, Archive, Role, Server, TestDb, assert_same};

/// Every extension that some server of the tests brings, and that needs no interpreter of another language.
const ALL: &[&str] = &[
    "adminpack",
    "amcheck",
    "autoinc",
    "bloom",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dblink",
    "dict_int",
    "dict_xsyn",
    "earthdistance",
    "file_fdw",
    "fuzzystrmatch",
    "hstore",
    "insert_username",
    "intagg",
    "intarray",
    "isn",
    "lo",
    "ltree",
    "moddatetime",
    "old_snapshot",
    "pageinspect",
    "pg_buffercache",
    "pg_freespacemap",
    "pg_logicalinspect",
    "pg_prewarm",
    "pg_stat_statements",
    "pg_surgery",
    "pg_trgm",
    "pg_visibility",
    "pg_walinspect",
    "pgcrypto",
    "pgrowlocks",
    "pgstattuple",
    "postgres_fdw",
    "refint",
    "seg",
    "sslinfo",
    "tablefunc",
    "tcn",
    "timetravel",
    "tsm_system_rows",
    "tsm_system_time",
    "unaccent",
    "uuid-ossp",
    "xml2",
];

/// Makes those that the server has.
fn create_all(database: &TestDb) {
    let names = ALL.join("', '");
    database.sql(&format!(
        "CREATE SCHEMA ext;
         DO $$
         DECLARE
             one text;
         BEGIN
             FOREACH one IN ARRAY ARRAY['{names}'] LOOP
                 BEGIN
                     EXECUTE format('CREATE EXTENSION %I SCHEMA ext CASCADE', one);
                 EXCEPTION
                     WHEN undefined_file OR feature_not_supported OR undefined_object OR internal_error THEN NULL;
                     -- One that can stand in one schema only.
                     WHEN invalid_object_definition THEN EXECUTE format('CREATE EXTENSION %I', one);
                 END;
             END LOOP;
         END$$"
    ));
}

/// Their types, operators, classes, functions, triggers, dictionaries and wrappers in a user's objects. A few
/// are not for every server.
const USES: &[&str] = &[
    "CREATE TABLE used.texts (c ext.citext PRIMARY KEY, t text, a integer[], CHECK (c OPERATOR(ext.<>) 'no'))",
    "CREATE INDEX ON used.texts USING gin (t ext.gin_trgm_ops)",
    "CREATE INDEX ON used.texts USING gist (t ext.gist_trgm_ops, a ext.gist__int_ops)",
    "CREATE INDEX ON used.texts USING gin (a ext.gin__int_ops)",
    "CREATE INDEX ON used.texts (ext.soundex(t), ext.levenshtein(t, 'x'))",
    "INSERT INTO used.texts VALUES ('Ab', 'some text', '{1,2}'), ('cd', 'another', NULL)",
    "CREATE TABLE used.cubes (c ext.cube, s ext.seg, h ext.hstore, l ext.ltree, q ext.lquery, x ext.ltxtquery)",
    "CREATE INDEX ON used.cubes USING gist (c, s, l)",
    "CREATE INDEX ON used.cubes USING gin (h)",
    "CREATE INDEX ON used.cubes USING btree (h, l)",
    "CREATE INDEX ON used.cubes USING hash (h)",
    "INSERT INTO used.cubes VALUES ('(1,2),(3,4)', '1..2', 'a=>1, b=>NULL', 'a.b.c', '*.b.*', 'a & b*')",
    "CREATE VIEW used.points AS SELECT ext.ll_to_earth(52.5, 13.4) AS berlin, c OPERATOR(ext.<->) c AS far FROM used.cubes",
    "CREATE TABLE used.spheres (e ext.earth DEFAULT ext.ll_to_earth(0, 0))",
    "INSERT INTO used.spheres DEFAULT VALUES",
    "CREATE TABLE used.numbers (i ext.isbn13, e ext.ean13, s ext.issn, u ext.upc, n integer, EXCLUDE USING gist (n WITH =))",
    "CREATE INDEX ON used.numbers USING gin (n)",
    "INSERT INTO used.numbers VALUES ('978-0-393-04002-9', '978-0-393-04002-9', '1436-4522', '220356483481', 7)",
    "CREATE TABLE used.keys (id uuid PRIMARY KEY DEFAULT ext.uuid_generate_v5(ext.uuid_ns_url(), 'x'), secret bytea DEFAULT ext.digest('x', 'sha256'))",
    "INSERT INTO used.keys DEFAULT VALUES",
    "CREATE TABLE used.many (a integer, b integer, c text)",
    "INSERT INTO used.many SELECT i, -i, i::text FROM generate_series(1, 100) i",
    "CREATE INDEX ON used.many USING bloom (a, b, c) WITH (length = 100, col1 = 4)",
    "CREATE TABLE used.files (l ext.lo, at timestamp, who text, next integer)",
    "CREATE TRIGGER manages BEFORE UPDATE OR DELETE ON used.files FOR EACH ROW EXECUTE PROCEDURE ext.lo_manage(l)",
    "CREATE TRIGGER moves BEFORE UPDATE ON used.files FOR EACH ROW EXECUTE PROCEDURE ext.moddatetime(at)",
    "CREATE TRIGGER names BEFORE UPDATE ON used.files FOR EACH ROW EXECUTE PROCEDURE ext.insert_username(who)",
    "CREATE TRIGGER notifies AFTER INSERT ON used.files FOR EACH ROW EXECUTE PROCEDURE ext.triggered_change_notification()",
    "CREATE SEQUENCE used.next",
    "CREATE TRIGGER counts BEFORE INSERT ON used.files FOR EACH ROW EXECUTE PROCEDURE ext.autoinc(next, 'used.next')",
    "CREATE TEXT SEARCH DICTIONARY used.numbers (TEMPLATE = ext.intdict_template, maxlen = 4, rejectlong = true)",
    "CREATE TEXT SEARCH CONFIGURATION used.plain (COPY = pg_catalog.simple)",
    "ALTER TEXT SEARCH CONFIGURATION used.plain ALTER MAPPING FOR word, asciiword WITH ext.unaccent, used.numbers, simple",
    "CREATE TABLE used.searched (t text, v tsvector DEFAULT to_tsvector('used.plain'::regconfig, 'Größe 12345'))",
    "INSERT INTO used.searched VALUES ('x')",
    "CREATE SERVER kitchen_far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nowhere', dbname 'x', extensions 'cube, seg')",
    "CREATE FOREIGN TABLE used.far (a integer OPTIONS (column_name 'b')) SERVER kitchen_far OPTIONS (schema_name 's', table_name 't')",
    "CREATE USER MAPPING FOR CURRENT_USER SERVER kitchen_far OPTIONS (user 'u', password 'p')",
    "CREATE SERVER kitchen_files FOREIGN DATA WRAPPER file_fdw",
    "CREATE FOREIGN TABLE used.lines (a text) SERVER kitchen_files OPTIONS (filename '/dev/null', format 'csv', delimiter ';')",
    "CREATE VIEW used.crossed AS SELECT * FROM ext.crosstab('SELECT 1, 2, 3') AS c (a integer, b integer)",
    "CREATE VIEW used.sampled AS SELECT a FROM used.many TABLESAMPLE ext.system_rows (5)",
    "CREATE VIEW used.linked AS SELECT * FROM ext.dblink('dbname=x', 'SELECT 1') AS d (a integer)",
    "CREATE VIEW used.statements AS SELECT query, calls FROM ext.pg_stat_statements",
    "CREATE VIEW used.pages AS SELECT ext.get_raw_page('used.many', 0) AS page, ext.pgstattuple('used.many') AS s",
    "CREATE MATERIALIZED VIEW used.summed AS SELECT ext.int_array_aggregate(a) AS all_of FROM used.many",
    "CREATE FUNCTION used.takes(ext.hstore, VARIADIC ext.citext[]) RETURNS ext.cube LANGUAGE sql AS 'SELECT NULL::ext.cube'",
    "CREATE AGGREGATE used.longest(ext.citext) (SFUNC = ext.citext_larger, STYPE = ext.citext, SORTOP = OPERATOR(ext.>))",
    "CREATE DOMAIN used.mail AS ext.citext CHECK (VALUE OPERATOR(ext.~) '@')",
    "CREATE TYPE used.row AS (h ext.hstore, c ext.citext, p ext.ltree[])",
    "CREATE TABLE used.rows (r used.row, rs used.row[], m used.mail)",
    "INSERT INTO used.rows VALUES (ROW('x=>y', 'A', '{a.b,c}'), NULL, 'A@b')",
    "CREATE TYPE used.words AS RANGE (subtype = ext.citext)",
    "CREATE OPERATOR CLASS used.own FOR TYPE ext.seg USING hash AS STORAGE ext.seg",
    "CREATE CAST (ext.seg AS ext.cube) WITH INOUT AS ASSIGNMENT",
];

fn used(server: &Server) -> TestDb {
    let database = TestDb::with(server, "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
    create_all(&database);
    let made: u32 = database.value("SELECT count(*) FROM pg_extension").parse().unwrap();
    let wanted = if server.major == 10 { 20 } else { 40 };
    assert!(made > wanted, "only {made} extensions could be made");
    let mut session = database.session();
    session.execute("CREATE SCHEMA used").unwrap();
    let refused: Vec<_> =
        USES.iter().filter_map(|sql| Some((sql, session.execute(sql).err()?))).collect();
    assert!(refused.len() < 5, "{refused:?}");
    drop(session);
    database
}

#[test]
fn every_extension_of_a_server_is_installed_used_and_comes_back() {
    support::each_version(|server| {
        let original = used(server);
        let archive = Archive::of(&original);
        let copy = archive.restored_with_create(server);
        archive.rows_equal(&copy);
        assert_same(&original, &copy);
    });
}

/// A script of an extension cannot be written here. What one would make is made by hand and added to `seg`:
/// on both sides, as CREATE EXTENSION would.
const MEMBERS: &str = "
CREATE EXTENSION seg;
CREATE SCHEMA members;
CREATE SEQUENCE members.counted;
CREATE TABLE members.configured (id integer DEFAULT nextval('members.counted') PRIMARY KEY, own boolean, t text);
CREATE TABLE members.refers (id integer REFERENCES members.configured, a integer);
CREATE TABLE members.plain (a integer, b text);
CREATE FUNCTION members.f(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1';
CREATE AGGREGATE members.total(integer) (SFUNC = int4pl, STYPE = integer);
CREATE TYPE members.kind AS ENUM ('a', 'b');
CREATE VIEW members.seen AS SELECT a FROM members.plain;
CREATE ACCESS METHOD members_method TYPE INDEX HANDLER hashhandler;
ALTER EXTENSION seg ADD SEQUENCE members.counted;
ALTER EXTENSION seg ADD TABLE members.configured;
ALTER EXTENSION seg ADD TABLE members.refers;
ALTER EXTENSION seg ADD TABLE members.plain;
ALTER EXTENSION seg ADD FUNCTION members.f(integer);
ALTER EXTENSION seg ADD AGGREGATE members.total(integer);
ALTER EXTENSION seg ADD TYPE members.kind;
ALTER EXTENSION seg ADD VIEW members.seen;
ALTER EXTENSION seg ADD ACCESS METHOD members_method;
UPDATE pg_extension SET extconfig = ARRAY['members.refers'::regclass::oid, 'members.configured'::regclass, 'members.counted'::regclass],
    extcondition = ARRAY['', 'WHERE own AND t <> ''it''''s''', ''] WHERE extname = 'seg';
INSERT INTO members.configured (own, t) VALUES (false, 'as installed');
";

/// What a user adds to all that.
const ADDED: &str = "
INSERT INTO members.configured (own, t) VALUES (true, 'one'), (true, 'it''s'), (true, 'two');
INSERT INTO members.refers VALUES (2, 1), (4, 2);
INSERT INTO members.plain VALUES (1, 'not configured');
CREATE TABLE own (id integer DEFAULT nextval('members.counted'), k members.kind, p integer REFERENCES members.configured);
INSERT INTO own VALUES (1, 'b', 4);
CREATE VIEW own_view AS SELECT members.f(a) AS f FROM members.seen;
CREATE TABLE members.beside (a integer);
GRANT SELECT, INSERT ON members.plain TO PUBLIC;
GRANT UPDATE (b) ON members.plain TO PUBLIC;
REVOKE EXECUTE ON FUNCTION members.f(integer) FROM PUBLIC;
";

#[test]
fn members_stay_with_their_extension_and_configured_rows_come_with_it() {
    support::each_version(|server| {
        let (original, copy) = (TestDb::new(server), TestDb::new(server));
        original.sql(MEMBERS);
        original.sql(ADDED);
        copy.sql(MEMBERS);
        let archive = Archive::of(&original);
        let reader = FileReader::open(archive.path()).unwrap();
        let made = |entry: &&pgx_core::toc::Entry| !entry.create.is_empty();
        let names: Vec<String> = reader.toc().iter().filter(made).map(|e| e.label()).collect();
        let of_members = names.iter().filter(|name| name.contains("members")).count();
        assert_eq!(of_members, 2, "the schema and the table beside: {names:?}");
        assert!(!reader.toc().iter().any(|entry| entry.kind == Kind::AccessMethod));
        // The schema of the members is there already, since the extension brought it.
        copy.sql("ALTER EXTENSION seg ADD SCHEMA members");
        original.sql("ALTER EXTENSION seg ADD SCHEMA members");
        Archive::of(&original).restore(&copy, &[]).ok();
        let configured =
            "SELECT string_agg(id || ' ' || t, ', ' ORDER BY id) FROM members.configured";
        assert_eq!(copy.value(configured), "1 as installed, 2 one, 4 two");
        assert_eq!(copy.value("SELECT nextval('members.counted')"), "5");
        assert_eq!(copy.value("SELECT count(*) FROM members.plain"), "0");
        original.sql("DELETE FROM members.configured WHERE t = 'it''s'; TRUNCATE members.plain; SELECT nextval('members.counted')");
        assert_same(&original, &copy);
    });
}

/// The extension's script granted something to a role that was dropped since: its number is left in what
/// the privileges are compared with, and a REVOKE names it.
#[test]
fn an_extension_that_granted_to_a_role_now_gone_is_dumped() {
    support::each_version(|server| {
        let original = TestDb::new(server);
        original.sql("CREATE EXTENSION seg");
        {
            let role = Role::new(server, "gone", "");
            original.sql(&format!(
                "INSERT INTO pg_init_privs SELECT 'seg_size(seg)'::regprocedure, 'pg_proc'::regclass, 0, 'e', \
                 acldefault('f', oid) || makeaclitem('{}'::regrole, oid, 'EXECUTE', false) \
                 FROM pg_roles WHERE rolname = current_user",
                role.name()
            ));
        }
        let archive = Archive::of(&original);
        let copy = TestDb::new(server);
        let told = archive.restore(&copy, &[]).fails(8);
        assert!(told.contains("the target lacks the role"), "{told}");
        archive.restore(&copy, &["--no-privileges"]).ok();
        assert_eq!(copy.value("SELECT seg_size('1 .. 3')"), "2");
    });
}

/// A configuration table with rows of its own, a type with modifiers, a wrapper's functions.
#[test]
fn postgis_brings_its_rows_and_comes_back() {
    let Some(server) = support::gis() else { return };
    let original = TestDb::new(&server);
    original.sql(
        "CREATE EXTENSION postgis;
         INSERT INTO spatial_ref_sys VALUES (990001, 'own', 1, 'LOCAL_CS[\"own\"]', '+proj=longlat');
         CREATE TABLE places (id serial PRIMARY KEY, at geometry(Point, 4326), b geography(Polygon), c box2d,
             CHECK (ST_IsValid(at)));
         CREATE INDEX ON places USING gist (at); CREATE INDEX ON places USING spgist (at);
         CREATE INDEX ON places USING brin (at brin_geometry_inclusion_ops_3d);
         CREATE VIEW near AS SELECT id, at <-> 'SRID=4326;POINT(1 2)'::geometry AS far FROM places;
         INSERT INTO places (at, b, c) SELECT ST_SetSRID(ST_MakePoint(i, i), 4326),
             'POLYGON((0 0,0 1,1 1,0 0))', 'BOX(0 0,1 1)' FROM generate_series(1, 20) i",
    );
    let archive = Archive::of(&original);
    let copy = archive.restored_with_create(&server);
    archive.rows_equal(&copy);
    assert_same(&original, &copy);
    assert_eq!(copy.value("SELECT auth_name FROM spatial_ref_sys WHERE srid = 990001"), "own");
}
