//! Schemas of whole applications, with rows.

use crate::support::{
    self, Archive, PARCELS_MANIFEST, Server, TestDb, assert_same, assert_same_contents, brief,
    differences, fill_parcels, scenario,
};

/// The scenarios of these names in one database, as far as the server can take them.
fn filled(server: &Server, names: &[&str]) -> TestDb {
    let database = TestDb::new(server);
    for scenario in names.iter().map(|name| scenario(name)).filter(|one| one.fits(server)) {
        database.sql(scenario.sql);
    }
    database
}

fn comes_back(server: &Server, names: &[&str]) {
    let original = filled(server, names);
    let archive = Archive::of(&original);
    let copy = archive.restored_with_create(server);
    assert_same(&original, &copy);
    archive.rows_equal(&copy);
    assert_same_contents(&archive, &Archive::of(&copy));
}

#[test]
fn circles_of_foreign_keys_come_back_on_every_version() {
    support::each_version(|server| comes_back(server, &["cycles", "cycles_12"]));
}

#[test]
fn values_of_every_type_come_back_on_every_version() {
    support::each_version(|server| comes_back(server, &["types", "types_14"]));
}

#[test]
fn an_application_comes_back_on_every_version() {
    let names = [
        "application",
        "application_11",
        "application_12",
        "application_14",
        "application_15",
        "application_18",
    ];
    support::each_version(|server| comes_back(server, &names));
}

#[test]
fn twenty_nine_tables_come_back_whole() {
    support::each_version(|server| comes_back(server, &["myrtea"]));
}

/// The manifest that takes the definitions of 29 tables and the rows of 16.
const PACKAGE: &str = include_str!("../../fixtures/manifest/package.toml");

/// The two tables that the package's page marks as packaged and its command leaves without rows.
const CALENDARS: &[&str] = &["calendar_v1", "calendar_union_v1"];

#[test]
fn an_application_package_without_its_calendars_is_refused() {
    let Some(server) = support::newest() else { return };
    let original = filled(&server, &["myrtea"]);
    let told = Archive::attempt_manifest(&original, PACKAGE).1.fails(2);
    assert!(told.contains("3 foreign keys point to rows that are not in the dump"), "{told}");
    assert!(told.contains("missing public.calendar_v1\n"), "{told}");
}

#[test]
fn an_application_package_is_definitions_of_all_and_rows_of_some() {
    support::each_version(|server| {
        let original = filled(server, &["myrtea"]);
        let manifest = whole_calendars();
        let archive = Archive::by_manifest(&original, &manifest);
        let copy = archive.restored_into_empty(server);
        archive.rows_equal(&copy);
        original
            .sql(&format!("TRUNCATE {} RESTART IDENTITY", definitions(&manifest, 11).join(", ")));
        assert_same(&original, &copy);
    });
}

#[test]
fn keys_into_tables_without_rows_are_reported_when_that_is_asked_for() {
    let Some(server) = support::newest() else { return };
    let original = filled(&server, &["myrtea"]);
    let ignoring = PACKAGE.replace("foreign_keys = \"check\"", "foreign_keys = \"ignore\"");
    assert_ne!(ignoring, PACKAGE);
    let archive = Archive::by_manifest(&original, &ignoring);
    let copy = TestDb::new(&server);
    let told = archive.restore(&copy, &[]).fails(3);
    for table in ["situation_definition", "situation_template_instances", "rules"] {
        let key = format!("{table}_v1_calendar_id_fkey");
        assert!(told.contains(&key), "{key} is not told\n{told}");
        assert_eq!(
            copy.value(&format!("SELECT count(*) FROM pg_constraint WHERE conname = '{key}'")),
            "0"
        );
    }
    archive.rows_equal(&copy);
    let keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f'";
    let count = |database: &TestDb| database.value(keys).parse::<u32>().unwrap();
    assert_eq!(count(&copy) + 3, count(&original));
}

/// The package as its page marks the tables: 18 with rows.
fn whole_calendars() -> String {
    CALENDARS.iter().fold(PACKAGE.to_owned(), |manifest, table| {
        let without_rows = format!("name = \"{table}\"\ntake = \"schema\"");
        assert!(manifest.contains(&without_rows), "{manifest}");
        manifest.replace(&without_rows, &format!("name = \"{table}\""))
    })
}

/// The tables that a manifest takes without rows.
fn definitions(manifest: &str, count: usize) -> Vec<&str> {
    let items = manifest.split("[[table]]").skip(1);
    let without_rows = items.filter(|item| item.contains("take = \"schema\""));
    let names: Vec<&str> = without_rows.filter_map(|item| item.split('"').nth(1)).collect();
    assert_eq!(names.len(), count);
    names
}

#[test]
fn parcels_come_back_by_manifest() {
    let Some(server) = support::gis() else { return };
    let original = TestDb::new(&server);
    fill_parcels(&original, 200_000);
    let archive = Archive::by_manifest(&original, PARCELS_MANIFEST);
    let copy = archive.restored_into_empty(&server);
    archive.rows_equal(&copy);
    let signatures = "SELECT (SELECT count(*) FROM roi2018_card_signatures) \
            + (SELECT count(*) FROM roi2019_card_signatures)";
    assert_eq!(copy.value(signatures), "200000");
    // What the manifest leaves behind.
    original.sql("DROP TABLE extraction_log");
    assert_same(&original, &copy);
    finds_by_geometry(&original, &copy);
}

/// The same parcels lie in a box, found by the index.
fn finds_by_geometry(original: &TestDb, copy: &TestDb) {
    let sql = "SET enable_seqscan = off; SELECT count(*), sum(ogc_fid) FROM parcel_set WHERE \
        wkb_geometry && ST_MakeEnvelope(550000, 5650000, 600000, 5700000, 32631)";
    let (set, sql) = sql.split_once("; ").expect("a setting and a query");
    let found = |database: &TestDb| {
        let mut session = database.session();
        session.execute(set).expect("the setting exists");
        let plan = session.query(&format!("EXPLAIN {sql}")).expect("a plan");
        let plan: Vec<String> =
            plan.iter().flat_map(|row| row.values().to_vec()).flatten().collect();
        assert!(plan.concat().contains("parcel_set_wkb_geometry_idx"), "{plan:?}");
        session.query(sql).expect("the parcels are found")[0].values().to_vec()
    };
    assert_eq!(found(original), found(copy));
}

#[test]
fn parcels_with_every_kind_of_geometry_come_back_whole() {
    let Some(server) = support::gis() else { return };
    comes_back(&server, &["parcels_gis"]);
}

/// What no text brings back, by the beginnings of the differences.
const LOSSES: &[&str] = &[
    // The server spells a list of varchar constants in another way once it has read its own text.
    "pg_constraint | spelled_v_check on public.spelled | conbin = ",
    "text |     CONSTRAINT spelled_v_check CHECK (((v)::text = ANY (",
];

#[test]
fn what_no_text_brings_back_is_known() {
    for server in [12, 18].into_iter().filter_map(support::server) {
        let original = filled(&server, &["losses_12"]);
        let archive = Archive::of(&original);
        let copy = archive.restored_into_empty(&server);
        archive.rows_equal(&copy);
        let found = differences(&original, &copy);
        for start in LOSSES.iter().filter(|start| !start.starts_with("text")) {
            let lost = found.iter().any(|line| line[2..].starts_with(start));
            assert!(lost, "not lost any more: {start}");
        }
        let known = |line: &&String| LOSSES.iter().any(|start| line[2..].starts_with(start));
        let more: Vec<String> = found.iter().filter(|line| !known(line)).cloned().collect();
        assert!(more.is_empty(), "{}", brief(&more));
    }
}
