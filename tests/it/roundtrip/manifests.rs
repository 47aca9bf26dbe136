//! What a manifest takes is restored into a database that has nothing else.

use crate::support::{self, Archive, Server, TestDb, assert_same};

/// Countries, cities in them, people in the cities; and what no manifest here takes.
fn places(server: &Server) -> TestDb {
    let database = TestDb::new(server);
    database.sql(
        "CREATE TABLE country (code text PRIMARY KEY); \
         CREATE TABLE city (id integer PRIMARY KEY, \
            code text CONSTRAINT city_country REFERENCES country, size integer); \
         CREATE TABLE person (id integer PRIMARY KEY, \
            city_id integer CONSTRAINT person_city REFERENCES city); \
         CREATE TABLE unrelated (a integer); \
         INSERT INTO country VALUES ('de'), ('nl'); \
         INSERT INTO city SELECT i, CASE WHEN i <= 60 THEN 'de' ELSE 'nl' END, i * 1000 \
            FROM generate_series(1, 100) i; \
         INSERT INTO person SELECT i, NULLIF(i % 101, 0) FROM generate_series(1, 1010) i; \
         INSERT INTO unrelated VALUES (1)",
    );
    database
}

fn manifest(policy: &str, tables: &[(&str, &str)]) -> String {
    let items = tables.iter().map(|(name, more)| format!("[[table]]\nname = \"{name}\"\n{more}\n"));
    format!("foreign_keys = \"{policy}\"\n{}", items.collect::<String>())
}

fn count(database: &TestDb, what: &str) -> u32 {
    database.value(&format!("SELECT count(*) FROM {what}")).parse().unwrap()
}

const KEYS: &str = "pg_constraint WHERE contype = 'f'";

#[test]
fn rows_that_a_filter_would_orphan_are_counted_and_refused() {
    support::each_version(|server| {
        let original = places(server);
        let tables = [("country", ""), ("city", "where = \"size <= 30000\""), ("person", "")];
        let (archive, ran) = Archive::attempt_manifest(&original, &manifest("check", &tables));
        let told = ran.fails(2);
        // Cities 31 to 100 are left out; each has ten people.
        assert!(told.contains("E0205") && told.contains("person_city"), "{told}");
        assert!(told.contains("700 rows"), "{told}");
        assert!(!told.contains("city_country"), "{told}");
        assert!(!archive.path().exists());
    });
}

#[test]
fn filters_that_agree_pass_the_check() {
    support::each_version(|server| {
        let original = places(server);
        let tables = [
            ("country", "where = \"code = 'de'\""),
            ("city", "where = \"size <= 30000\""),
            ("person", "where = \"city_id <= 30 OR city_id IS NULL\""),
        ];
        let archive = Archive::by_manifest(&original, &manifest("check", &tables));
        let copy = archive.into_empty(server);
        let counts = ["country", "city", "person", KEYS].map(|what| count(&copy, what));
        assert_eq!(counts, [1, 30, 310, 2]);
        original.sql(
            "DELETE FROM person WHERE city_id > 30; DELETE FROM city WHERE id > 30; \
             DELETE FROM country WHERE code <> 'de'; DROP TABLE unrelated",
        );
        assert_same(&original, &copy);
    });
}

#[test]
fn a_missing_parent_is_refused_by_the_catalog_alone() {
    let Some(server) = support::newest() else { return };
    let original = places(&server);
    original.sql("TRUNCATE person, city");
    let told = Archive::attempt_manifest(&original, &manifest("check", &[("person", "")]));
    let told = told.1.fails(2);
    assert!(told.contains("missing public.city\n") && told.contains("person_city"), "{told}");
}

#[test]
fn parents_are_followed_all_the_way() {
    support::each_version(|server| {
        let original = places(server);
        let archive = Archive::by_manifest(&original, &manifest("follow", &[("person", "")]));
        let copy = archive.into_empty(server);
        archive.rows_equal(&copy);
        original.sql("DROP TABLE unrelated");
        assert_same(&original, &copy);
    });
}

#[test]
fn an_ignored_key_is_reported_where_its_parent_is_missing() {
    support::each_version(|server| {
        let original = places(server);
        let manifest = manifest("ignore", &[("city", ""), ("person", "")]);
        let archive = Archive::by_manifest(&original, &manifest);
        let copy = TestDb::new(server);
        let told = archive.restore(&copy, &[]).fails(3);
        assert!(told.contains("city_country on public.city"), "{told}");
        assert!(told.contains("the target has no table public.country"), "{told}");
        assert_eq!(["person", KEYS].map(|what| count(&copy, what)), [1010, 1]);
    });
}

#[test]
fn an_ignored_key_is_added_where_the_target_has_its_parent() {
    support::each_version(|server| {
        let original = places(server);
        let manifest = manifest("ignore", &[("city", ""), ("person", "")]);
        let archive = Archive::by_manifest(&original, &manifest);
        let copy = TestDb::new(server);
        copy.sql("CREATE TABLE country (code text PRIMARY KEY)");
        copy.sql("INSERT INTO country VALUES ('nl'), ('de')");
        archive.restore(&copy, &[]).ok();
        assert_eq!(["country", "city", KEYS].map(|what| count(&copy, what)), [2, 100, 2]);
    });
}

#[test]
fn an_ignored_key_that_the_targets_rows_do_not_allow_is_reported() {
    let Some(server) = support::newest() else { return };
    let original = places(&server);
    let manifest = manifest("ignore", &[("city", ""), ("person", "")]);
    let archive = Archive::by_manifest(&original, &manifest);
    let parents = [
        "CREATE TABLE country (code text PRIMARY KEY); INSERT INTO country VALUES ('nl')",
        "CREATE TABLE country (code text)",
        "CREATE TABLE country (name text)",
        "CREATE TABLE country (code integer PRIMARY KEY)",
    ];
    for parent in parents {
        let copy = TestDb::new(&server);
        copy.sql(parent);
        let told = archive.restore(&copy, &[]).fails(3);
        assert!(told.contains("city_country on public.city"), "{told}");
        assert_eq!(["person", KEYS].map(|what| count(&copy, what)), [1010, 1], "{parent}");
        archive.rows_equal(&copy);
    }
}

/// Everything a table can need, in schemas that nothing else asks for.
const NEEDY: &str = "
    CREATE SCHEMA kinds; CREATE SCHEMA code; CREATE SCHEMA numbers; CREATE SCHEMA data; CREATE SCHEMA ext;
    CREATE EXTENSION citext SCHEMA ext;
    CREATE TYPE kinds.level AS ENUM ('low', 'high');
    CREATE DOMAIN kinds.percent AS integer CHECK (VALUE BETWEEN 0 AND 100);
    CREATE TYPE kinds.size AS (width integer, level kinds.level);
    CREATE TYPE kinds.span AS RANGE (subtype = numeric);
    CREATE FUNCTION code.inner_default() RETURNS integer LANGUAGE sql AS 'SELECT 7';
    CREATE FUNCTION code.a_default() RETURNS integer LANGUAGE plpgsql
        AS 'BEGIN RETURN code.inner_default(); END';
    CREATE FUNCTION code.is_fine(integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 < 1000';
    CREATE FUNCTION code.key_of(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT lower($1)';
    CREATE FUNCTION code.stamp() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN NEW.stamped := true; RETURN NEW; END';
    CREATE FUNCTION code.unused() RETURNS integer LANGUAGE sql AS 'SELECT 1';
    CREATE SEQUENCE numbers.free START 100;
    CREATE TABLE data.part (
        id bigint NOT NULL DEFAULT pg_catalog.nextval('numbers.free'),
        level kinds.level, share kinds.percent, sizes kinds.size[], span kinds.span,
        title ext.citext, made integer DEFAULT code.a_default() CHECK (code.is_fine(made)),
        stamped boolean, own serial
    ) PARTITION BY LIST (level);
    CREATE TABLE data.low PARTITION OF data.part FOR VALUES IN ('low') PARTITION BY RANGE (id);
    CREATE TABLE data.low_first PARTITION OF data.low FOR VALUES FROM (0) TO (1000);
    CREATE TABLE data.high PARTITION OF data.part FOR VALUES IN ('high');
    CREATE INDEX ON data.low_first (code.key_of(title::text));
    CREATE TRIGGER stamp BEFORE INSERT ON data.low_first
        FOR EACH ROW EXECUTE PROCEDURE code.stamp();
    INSERT INTO data.part (level, share, sizes, span, title)
        SELECT CASE WHEN i % 2 = 0 THEN 'low'::kinds.level ELSE 'high' END, i,
            ARRAY[ROW(i, 'high')::kinds.size], kinds.span(i, i + 1), 'Title ' || i
        FROM pg_catalog.generate_series(1, 100) i;
";

#[test]
fn what_a_partition_needs_comes_along() {
    support::each_version(|server| {
        let original = TestDb::new(server);
        original.sql(NEEDY);
        let archive =
            Archive::by_manifest(&original, &manifest("check", &[("data.low_first", "")]));
        let copy = archive.into_empty(server);
        archive.rows_equal(&copy);
        // What a function calls in its text nobody knows before it is called.
        original.sql("DROP TABLE data.high; DROP FUNCTION code.unused(), code.inner_default()");
        assert_same(&original, &copy);
        copy.sql(
            "INSERT INTO data.part (id, level, share, made, title, own) \
             VALUES (900, 'low', 100, 999, 'TITLE', 1)",
        );
        let stamped =
            "SELECT stamped FROM data.part WHERE title OPERATOR(ext.=) 'title'::ext.citext";
        assert_eq!(copy.value(stamped), "t");
        refuses(
            &copy,
            "INSERT INTO data.part (id, level, made) VALUES (901, 'low', 1000)",
            "23514",
        );
        refuses(
            &copy,
            "INSERT INTO data.part (id, level, made, share) VALUES (1, 'low', 1, 101)",
            "23514",
        );
        refuses(&copy, "SELECT code.unused()", "42883");
        refuses(&copy, "SELECT FROM data.high", "42P01");
    });
}

#[track_caller]
fn refuses(database: &TestDb, sql: &str, sqlstate: &str) {
    let error = database.session().execute(sql).expect_err(sql);
    assert_eq!(error.sqlstate(), Some(sqlstate), "{error:?}");
}
