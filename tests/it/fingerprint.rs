//! The fingerprint is the same for what is the same, and sees every small change.

use pgx_core::connect::Session;
use pgx_core::verify::fingerprint::{self, Fingerprint};

use crate::support::{self, Role, Scenario, Server, TestDb, scenario};

fn read(database: &TestDb) -> Fingerprint {
    read_in(&mut database.session())
}

fn read_in(session: &mut Session) -> Fingerprint {
    fingerprint::read(session).unwrap_or_else(|error| panic!("{error:?}"))
}

fn filled(server: &Server, scenario: Scenario) -> TestDb {
    let database = TestDb::new(server);
    database.sql(scenario.sql);
    database
}

fn copy_of(database: &TestDb) -> TestDb {
    let copy = TestDb::adopt(database.server(), &format!("{}_copy", database.name()));
    let sql = format!("CREATE DATABASE {} TEMPLATE {}", copy.name(), database.name());
    database.server().session().execute(&sql).expect("nobody is connected to it");
    copy
}

#[test]
fn every_scenario_loads() {
    let check = |server: &Server| {
        for scenario in support::scenarios(server) {
            let lines = read(&filled(server, scenario)).lines().len();
            assert!(lines > 300, "{}: {lines} lines", scenario.name);
        }
    };
    support::each_version(check);
    support::gis().iter().for_each(check);
}

#[test]
fn a_copy_of_a_database_is_equal() {
    support::each_version(|server| {
        let database = filled(server, scenario("application"));
        let differences = Fingerprint::difference(&read(&database), &read(&copy_of(&database)));
        assert!(differences.is_empty(), "{differences:#?}");
    });
}

#[test]
fn the_same_definitions_are_equal_whatever_their_oids() {
    support::each_version(|server| {
        for scenario in ["application", "cycles_12", "losses_12"].map(scenario) {
            if !scenario.fits(server) {
                continue;
            }
            let (first, second) = (filled(server, scenario), TestDb::new(server));
            second.sql("CREATE TABLE shift (a serial PRIMARY KEY); DROP TABLE shift");
            second.sql(scenario.sql);
            let differences = Fingerprint::difference(&read(&first), &read(&second));
            assert!(differences.is_empty(), "{}: {differences:#?}", scenario.name);
        }
    });
}

/// Small changes to a scenario, the version they need, and a line that must tell of each.
type Changes = &'static [(u32, &'static str, &'static str)];

const APPLICATION: Changes = &[
    (10, "GRANT DELETE ON shop.item TO PUBLIC", "+ pg_class | shop.item | relacl = {=d/"),
    (
        10,
        "REVOKE SELECT (id) ON shop.customer FROM pgx_test_reader",
        "- pg_attribute | shop.customer.id | attacl",
    ),
    (
        10,
        "COMMENT ON COLUMN shop.item.amount IS 'x'",
        "+ pg_description | table column shop.item.amount | description = x",
    ),
    (10, "COMMENT ON SCHEMA public IS NULL", "- pg_description | schema public | description"),
    (
        10,
        "ALTER TABLE shop.orders DISABLE TRIGGER changed",
        "+ pg_trigger | changed on shop.orders | tgenabled = D",
    ),
    (
        10,
        "ALTER TABLE shop.orders DISABLE TRIGGER ALL",
        "+ pg_trigger | trigger of orders_customer on shop.orders at shop.orders",
    ),
    (
        10,
        "ALTER TABLE shop.item ALTER article SET STATISTICS 7",
        "+ pg_attribute | shop.item.article | attstattarget = 7",
    ),
    (
        10,
        "ALTER TABLE shop.item ALTER article SET STORAGE MAIN",
        "+ pg_attribute | shop.item.article | attstorage = m",
    ),
    (
        10,
        "ALTER TABLE shop.item ALTER article DROP NOT NULL",
        "+ pg_attribute | shop.item.article | attnotnull = false",
    ),
    (
        10,
        "ALTER TABLE shop.customer RESET (toast.autovacuum_enabled)",
        "- pg_class | shop.customer | reltoastrelid = {autovacuum_enabled=false}",
    ),
    (10, "SELECT nextval('shop.countdown')", "+ pg_sequence | shop.countdown | last_value = 98"),
    (
        10,
        "SELECT setval('shop.invoice_number', 5000, false)",
        "+ pg_sequence | shop.invoice_number | is_called = false",
    ),
    (
        10,
        "ALTER TABLE shop.customer NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY",
        "+ pg_class | shop.customer | relrowsecurity = false",
    ),
    (
        10,
        "ALTER POLICY own ON shop.customer TO pgx_test_reader",
        "+ pg_policy | own on shop.customer | polroles = {pgx_test_reader}",
    ),
    (
        10,
        "ALTER VIEW shop.grouped OWNER TO pgx_test_owner",
        "+ pg_class | shop.grouped | relowner = pgx_test_owner",
    ),
    (
        10,
        "CREATE OR REPLACE VIEW shop.cheap AS SELECT * FROM shop.item WHERE price < 4",
        "+ pg_rewrite | \"_RETURN\" on shop.cheap | ev_action = ",
    ),
    (
        10,
        "ALTER FUNCTION shop.slug(text) COST 7",
        "+ pg_proc | shop.slug(pg_catalog.text) | procost = 7",
    ),
    (
        10,
        "ALTER TYPE shop.address RENAME ATTRIBUTE street TO road CASCADE",
        "+ pg_attribute | shop.address.road | attnum = 1",
    ),
    (
        10,
        "ALTER DOMAIN shop.email DROP CONSTRAINT email_short",
        "- pg_constraint | email_short on shop.email | conbin = ",
    ),
    (
        10,
        "ALTER TABLE shop.item VALIDATE CONSTRAINT item_amount",
        "+ pg_constraint | item_amount on shop.item | convalidated = true",
    ),
    (
        10,
        "ALTER TABLE shop.orders RENAME CONSTRAINT orders_once TO renamed",
        "+ pg_constraint | renamed on shop.orders | contype = x",
    ),
    (
        10,
        "ALTER TABLE shop.customer SET WITHOUT CLUSTER",
        "+ pg_index | shop.customer_pkey | indisclustered = false",
    ),
    (
        10,
        "ALTER SEQUENCE shop.customer_id_seq OWNED BY NONE",
        "- pg_depend | sequence shop.customer_id_seq | on = a table column shop.customer.id",
    ),
    (10, "ALTER TABLE shop.basket SET LOGGED", "+ pg_class | shop.basket | relpersistence = p"),
    (
        10,
        "REFRESH MATERIALIZED VIEW shop.revenue WITH NO DATA",
        "+ pg_class | shop.revenue | relispopulated = false",
    ),
    (
        10,
        "ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT INSERT ON TABLES TO pgx_test_reader",
        "+ pg_default_acl | for role ",
    ),
    (
        10,
        "GRANT SELECT ON pg_catalog.pg_authid TO pgx_test_reader",
        "+ pg_class | pg_catalog.pg_authid | relacl = ",
    ),
    (
        10,
        "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(double precision) FROM PUBLIC",
        "+ pg_proc | pg_catalog.pg_sleep(double precision) | proacl = ",
    ),
    (10, "SELECT lo_create(4711)", "+ pg_largeobject_metadata | 4711 | lomowner = "),
    (
        10,
        "ALTER TABLE shop.measure_2022 DETACH PARTITION shop.measure_2022_b",
        "- pg_inherits | shop.measure_2022_b of shop.measure_2022",
    ),
    (
        10,
        "ALTER TABLE shop.measure_old ALTER value SET DEFAULT 9",
        "+ pg_attrdef | shop.measure_old.value | adbin = ",
    ),
    (
        10,
        "ALTER TYPE shop.status RENAME VALUE 'new' TO 'newer'",
        "+ pg_enum | shop.status 'newer' | enumsortorder = 1",
    ),
    (
        10,
        "COMMENT ON EXTENSION plpgsql IS 'x'",
        "+ pg_description | extension plpgsql | description = x",
    ),
];

const LOSSES: Changes = &[
    (
        12,
        "ALTER TABLE leaf RENAME CONSTRAINT a_name_of_its_own TO another",
        "+ pg_constraint | another on public.leaf | conparentid = root_target on public.root",
    ),
    (
        12,
        "ALTER TABLE leaf DISABLE TRIGGER cloned",
        "+ pg_trigger | cloned on public.leaf | tgenabled = D",
    ),
    (
        12,
        "COMMENT ON TRIGGER cloned ON leaf IS NULL",
        "- pg_description | trigger cloned on public.leaf | description",
    ),
    (
        12,
        "COMMENT ON CONSTRAINT positive ON child IS NULL",
        "- pg_description | table constraint positive on public.child | description",
    ),
    (12, "GRANT USAGE ON TYPE target TO PUBLIC", "- pg_type | public.target | typacl = "),
    (
        12,
        "ALTER SEQUENCE counted_id_seq AS bigint",
        "+ pg_sequence | public.counted_id_seq | seqtypid = bigint",
    ),
    (
        12,
        "ALTER TABLE unchecked ENABLE TRIGGER ALL",
        "+ pg_trigger | trigger of unchecked_id_fkey on public.unchecked",
    ),
    (
        12,
        "ALTER INDEX one_booking ALTER COLUMN 1 SET STATISTICS 100",
        "+ pg_attribute | public.one_booking.#1 | attstattarget = 100",
    ),
    (
        12,
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'target_pkey'::regclass",
        "+ pg_index | public.target_pkey | indisvalid = false",
    ),
    (
        14,
        "UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'leaf'::regclass",
        "+ pg_inherits | public.leaf of public.root | inhdetachpending = true",
    ),
    (12, "CREATE EXTENSION lo", "+ pg_extension | lo | members = "),
];

#[test]
fn every_small_change_shows() {
    support::each_version(|server| {
        for (name, changes) in [("application", APPLICATION), ("losses_12", LOSSES)] {
            let scenario = scenario(name);
            if scenario.fits(server) {
                each_change_shows(&filled(server, scenario), changes);
            }
        }
    });
}

/// All changes are made, then each must be told: reading after every one takes minutes.
fn each_change_shows(database: &TestDb, changes: Changes) {
    let before = read(database);
    let major = database.server().major;
    let made = || changes.iter().filter(|(from, _, _)| *from <= major);
    let mut session = database.session();
    for (_, sql, _) in made() {
        session.execute(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    }
    let differences = Fingerprint::difference(&before, &read(database));
    for (_, sql, expected) in made() {
        let told = differences.iter().any(|line| line.starts_with(expected));
        assert!(told, "{sql}\nexpected {expected}\n{differences:#?}");
    }
}

#[test]
fn settings_and_transactions_of_the_caller_are_left_alone() {
    support::each_version(|server| {
        let database = filled(server, scenario("cycles"));
        let plain = read(&database);
        let mut session = database.session();
        session.execute("SET search_path = public; SET DateStyle = 'SQL, DMY'; BEGIN").unwrap();
        let inside = read_in(&mut session);
        assert!(Fingerprint::difference(&plain, &inside).is_empty());
        assert!(session.in_transaction());
        let path = session.query_one("SELECT current_setting('search_path') AS path").unwrap();
        assert_eq!(path.text("path").unwrap(), "public");
    });
}

#[test]
fn an_ordinary_role_reads_what_it_may() {
    support::each_version(|server| {
        let role = Role::new(server, "reader", "LOGIN");
        let database = filled(server, scenario("cycles"));
        let theirs = read_in(&mut database.session_as(role.name()));
        assert!(Fingerprint::difference(&read(&database), &theirs).iter().all(|line| {
            // It has no right to look into the sequences.
            line.starts_with("- pg_sequence | ")
        }));
    });
}

#[test]
fn everything_left_out_has_a_reason() {
    let excluded = fingerprint::excluded();
    assert!(excluded.iter().any(|(name, _)| name == "pg_class.relfilenode"));
    assert!(excluded.iter().all(|(_, reason)| !reason.is_empty()));
}
