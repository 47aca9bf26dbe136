//! `pgx inspect --ddl`.

use crate::support::{self, Role, TestDb, arg, pgx};

const TABLES: &str = r#"
CREATE TABLE client (id int PRIMARY KEY, name text NOT NULL DEFAULT 'a;b');
COMMENT ON TABLE client IS 'who''s who';
CREATE TABLE bill (client int REFERENCES client, "at" date);
CREATE INDEX bill_at ON bill ("at");
CREATE VIEW clients AS SELECT id FROM client;
"#;

#[test]
fn the_statements_of_a_table_make_it_with_owner_grants_and_comments() {
    support::each_version(|server| {
        let role = Role::new(server, "owner", "");
        let (database, copy) = (TestDb::new(server), TestDb::new(server));
        database.sql(TABLES);
        let name = role.name();
        database
            .sql(&format!("ALTER TABLE client OWNER TO {name}; GRANT SELECT ON client TO PUBLIC"));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.pgx");
        pgx(&["dump", &database.uri(), "-f", arg(&file)]).ok();
        let ran = pgx(&["inspect", "--ddl", "client", arg(&file)]).ok();
        let text = ran.stdout_text();
        assert!(!text.contains("bill") && !text.contains("VIEW"), "{text}");
        copy.sql(text);
        let told = "SELECT relowner::regrole || ' ' || obj_description(oid) || ' ' || relacl[2]
            FROM pg_class WHERE relname = 'client'";
        assert_eq!(copy.value(told), database.value(told));
        assert_eq!(copy.value(told), format!("{name} who's who =r/{name}"));
        let key =
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'client_pkey'";
        assert_eq!(copy.value(key), "PRIMARY KEY (id)");
    });
}

#[test]
fn a_pattern_takes_several_and_what_sits_on_them() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    database.sql(TABLES);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.pgx");
    pgx(&["dump", &database.uri(), "-f", arg(&file)]).ok();
    let ran = pgx(&["inspect", "--ddl", "public.*", arg(&file)]).ok();
    let copy = TestDb::new(&server);
    copy.sql(ran.stdout_text());
    assert_eq!(copy.value("SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'"), "2");
    assert_eq!(copy.value("SELECT count(*) FROM pg_constraint WHERE contype = 'f'"), "1");
    assert_eq!(copy.value("SELECT count(*) FROM clients"), "0");
    let said = pgx(&["inspect", "--ddl", "Bils", arg(&file)]).fails(2);
    assert!(said.contains("E0204") && said.contains("Bils"), "{said}");
}
