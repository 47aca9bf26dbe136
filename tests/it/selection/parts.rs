//! Sections, and what is left out whatever is chosen: at the dump as at the restore.

use pgx_core::verify::fingerprint::Fingerprint;

use crate::support::{
    self, Archive, Role, Server, TestDb, arg, assert_same, brief, fingerprint_of, pgx, scenario,
};

/// Something for every switch to leave out.
const SAMPLE: &str = "
CREATE SCHEMA app;
CREATE TABLE app.customer (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE app.orders (id bigserial PRIMARY KEY,
    customer int NOT NULL CONSTRAINT of_customer REFERENCES app.customer, amount numeric);
CREATE INDEX ON app.orders (amount);
CREATE VIEW app.small AS SELECT id, amount FROM app.orders WHERE amount < 10;
CREATE MATERIALIZED VIEW app.total AS SELECT sum(amount) AS total FROM app.orders;
CREATE UNIQUE INDEX ON app.total (total);
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE INSERT ON app.orders FOR EACH ROW EXECUTE PROCEDURE app.touch();
COMMENT ON TABLE app.orders IS 'what was ordered';
COMMENT ON COLUMN app.orders.amount IS 'in euros';
COMMENT ON CONSTRAINT of_customer ON app.orders IS 'who ordered';
ALTER TABLE app.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON app.orders USING (amount > 0);
CREATE PUBLICATION changes FOR TABLE app.customer;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC;
GRANT SELECT ON app.customer TO PUBLIC;
INSERT INTO app.customer (name) VALUES ('Ann'), ('Bob');
INSERT INTO app.orders (customer, amount) SELECT 1 + i % 2, i FROM generate_series(1, 500) i;
REFRESH MATERIALIZED VIEW app.total;
SELECT lo_create(4711);
";

fn on_some_versions(test: impl Fn(&Server)) {
    [10, 14, 18].into_iter().filter_map(support::server).for_each(|server| test(&server));
}

fn sample(server: &Server, owner: &Role) -> TestDb {
    let database = TestDb::new(server);
    database.sql(SAMPLE);
    database.sql(&format!("ALTER TABLE app.customer OWNER TO {}", owner.name()));
    if server.major >= 12 {
        database.sql(
            "CREATE ACCESS METHOD other TYPE TABLE HANDLER heap_tableam_handler; \
             CREATE TABLE app.elsewhere (a int) USING other",
        );
    }
    if server.major >= 14 {
        database.sql("ALTER TABLE app.customer ALTER COLUMN name SET COMPRESSION pglz");
    }
    database
}

/// Switches, the first version where they change something, and what they take away in a fingerprint.
const SWITCHES: &[(&str, u32, &str)] = &[
    ("--no-owner", 10, "pg_class | app.customer | relowner"),
    ("--no-privileges", 10, "pg_class | app.customer | relacl"),
    ("--no-table-access-method", 12, "pg_class | app.elsewhere | relam"),
    ("--no-toast-compression", 14, "pg_attribute | app.customer.name | attcompression"),
    ("--no-comments", 10, "pg_description | table app.orders | description"),
    ("--no-policies", 10, "pg_policy | mine on app.orders | polname"),
    ("--no-publications", 10, "pg_publication | changes | pubname"),
];

#[test]
fn what_a_switch_leaves_out_is_left_out_at_the_dump_as_at_the_restore() {
    on_some_versions(|server| {
        let owner = Role::new(server, "switched", "");
        let original = sample(server, &owner);
        let (whole, before) = (Archive::of(&original), fingerprint_of(&original));
        for (switch, _, takes) in SWITCHES.iter().filter(|(_, from, _)| *from <= server.major) {
            let at_dump = Archive::with(&original, &[switch]).restored_into_empty(server);
            let at_restore = TestDb::new(server);
            whole.restore(&at_restore, &[switch]).ok();
            let (a, b) = (fingerprint_of(&at_dump), fingerprint_of(&at_restore));
            assert_eq!(Fingerprint::difference(&a, &b), [""; 0], "{switch}");
            let gone = Fingerprint::difference(&before, &a);
            assert!(gone.iter().any(|line| line.contains(takes)), "{switch}\n{}", brief(&gone));
            whole.rows_equal(&at_restore);
        }
    });
}

#[test]
fn without_an_owner_a_new_database_belongs_to_who_makes_it() {
    on_some_versions(|server| {
        let owner = Role::new(server, "owner", "");
        let original = TestDb::new(server);
        original.sql(&format!("ALTER DATABASE {} OWNER TO {}", original.name(), owner.name()));
        let made = Archive::with(&original, &["-O"]).restored_with_create(server);
        let of_database = "SELECT pg_get_userbyid(datdba) = current_user FROM pg_database \
            WHERE datname = current_database()";
        assert_eq!(made.value(of_database), "t");
    });
}

const SECTIONS: [&str; 3] = ["--section=pre-data", "--section=data", "--section=post-data"];

#[test]
fn sections_one_after_the_other_make_the_whole() {
    on_some_versions(|server| {
        let owner = Role::new(server, "sections", "");
        let original = sample(server, &owner);
        let whole = Archive::of(&original);
        let (at_dump, at_restore) = (TestDb::new(server), TestDb::new(server));
        for section in SECTIONS {
            Archive::with(&original, &[section]).restore(&at_dump, &[]).ok();
            whole.restore(&at_restore, &[section]).ok();
        }
        for copy in [at_dump, at_restore] {
            assert_same(&original, &copy);
            whole.rows_equal(&copy);
        }
    });
}

#[test]
fn rows_and_what_follows_them_go_into_tables_that_exist() {
    on_some_versions(|server| {
        let original = TestDb::new(server);
        original.sql(scenario("cycles").sql);
        let (copy, whole) = (TestDb::new(server), Archive::of(&original));
        whole.restore(&copy, &["--section=pre-data"]).ok();
        whole.restore(&copy, &["--section=data", "--section=post-data"]).ok();
        assert_same(&original, &copy);
        whole.rows_equal(&copy);
    });
}

#[test]
fn each_section_holds_its_own_only() {
    on_some_versions(|server| {
        let owner = Role::new(server, "own", "");
        let original = sample(server, &owner);
        let kinds = |options: &[&str]| {
            let archive = Archive::with(&original, options);
            let listed = pgx(&["inspect", "--json", arg(archive.path())]).ok();
            let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
            let entries = listed["entries"].as_array().expect("entries").clone();
            entries.iter().map(|entry| entry["kind"].to_string()).collect::<Vec<String>>()
        };
        let each: Vec<Vec<String>> = SECTIONS.iter().map(|section| kinds(&[section])).collect();
        assert_eq!(each.concat().len(), kinds(&[]).len());
        assert!(
            each[0].contains(&"\"TABLE\"".to_owned()) && !each[0].contains(&"\"INDEX\"".into())
        );
        assert!(each[1].contains(&"\"TABLE DATA\"".to_owned()), "{:?}", each[1]);
        assert!(each[1].contains(&"\"LARGE OBJECTS\"".to_owned()), "{:?}", each[1]);
        assert!(each[2].contains(&"\"MATERIALIZED VIEW DATA\"".to_owned()), "{:?}", each[2]);
    });
}

#[test]
fn rows_are_left_out_by_pattern_and_where_nothing_is_logged() {
    on_some_versions(|server| {
        let original = TestDb::new(server);
        original.sql(
            "CREATE TABLE kept (a int); CREATE TABLE emptied (a int); \
             CREATE UNLOGGED TABLE fleeting (a int); \
             CREATE TABLE parted (a int) PARTITION BY RANGE (a); \
             CREATE TABLE low PARTITION OF parted FOR VALUES FROM (0) TO (10); \
             INSERT INTO kept VALUES (1); INSERT INTO emptied VALUES (2); \
             INSERT INTO fleeting VALUES (3); INSERT INTO parted VALUES (4)",
        );
        let rows = |options: &[&str]| {
            let copy = Archive::with(&original, options).restored_into_empty(server);
            copy.value(
                "SELECT concat_ws(' ', (SELECT sum(a) FROM kept), (SELECT sum(a) FROM emptied), \
                 (SELECT sum(a) FROM fleeting), (SELECT sum(a) FROM parted))",
            )
        };
        assert_eq!(rows(&[]), "1 2 3 4");
        assert_eq!(rows(&["--exclude-table-data", "emptied"]), "1 3 4");
        assert_eq!(rows(&["--exclude-table-data", "parted"]), "1 2 3 4");
        assert_eq!(rows(&["--exclude-table-data-and-children", "parted"]), "1 2 3");
        assert_eq!(rows(&["--no-unlogged-table-data"]), "1 2 4");
        assert_eq!(rows(&["--no-data"]), "");
        assert_eq!(
            rows(&["--table-and-children", "parted", "-t", "kept|emptied|fleeting"]),
            "1 2 3 4"
        );
        assert_eq!(rows(&["-T", "nothing", "--exclude-table-and-children", "none"]), "1 2 3 4");
    });
}

#[test]
fn extensions_are_chosen_by_name() {
    on_some_versions(|server| {
        let original = TestDb::new(server);
        original.sql("CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE TABLE t (a int)");
        let extensions = |options: &[&str]| {
            let copy = Archive::with(&original, options).restored_into_empty(server);
            copy.value(
                "SELECT coalesce(string_agg(extname, ' ' ORDER BY extname), 'none') \
                 FROM pg_extension WHERE oid > 16383",
            )
        };
        assert_eq!(extensions(&["-e", "hst*"]), "hstore");
        assert_eq!(extensions(&["--exclude-extension", "hstore"]), "citext");
        assert_eq!(extensions(&["-t", "t"]), "none");
    });
}

#[test]
fn parts_that_leave_nothing_are_refused() {
    for options in [
        &["-s", "-a"][..],
        &["--no-schema", "--no-data"],
        &["-s", "--no-data", "--section=data"],
        &["-a", "--section=pre-data"],
        &["-s", "--no-schema"],
    ] {
        let ran = pgx(&[&["dump", "-d", "nowhere"], options].concat());
        assert_eq!(ran.code, Some(2), "{options:?}: {}", ran.stderr);
    }
}
