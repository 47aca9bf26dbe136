//! `pgx diagram`.

use std::fs;

use crate::support::{self, TestDb, arg, fill_parcels, pgx};

/// The demonstration's parcels, without their scale and geometry.
const PARCELS: &str = "\
erDiagram
    t1[\"dias_catalogue\"] {
";

const SHOP: &str = r#"
CREATE SCHEMA stock;
CREATE TABLE client (id serial PRIMARY KEY, "full name" varchar(20) NOT NULL);
CREATE TABLE bill (client int NOT NULL REFERENCES client, no int, PRIMARY KEY (client, no));
CREATE TABLE stock.item (sku text PRIMARY KEY, price numeric(10,2));
CREATE TABLE stock.sold (client int, no int, sku text REFERENCES stock.item,
    FOREIGN KEY (client, no) REFERENCES bill (client, no));
CREATE TABLE log (at date) PARTITION BY RANGE (at);
CREATE TABLE log_2020 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
"#;

const SHOP_MERMAID: &str = r#"erDiagram
    t1["public.bill"] {
        integer client PK, FK
        integer no PK
    }
    t2["public.client"] {
        integer id PK
        character_varying(20) full_name "full name"
    }
    t3["public.log"] {
        date at
    }
    t4["stock.item"] {
        text sku PK
        numeric(10_2) price
    }
    t5["stock.sold"] {
        integer client FK
        integer no FK
        text sku FK
    }
    t2 ||--o{ t1 : "bill_client_fkey"
    t1 |o--o{ t5 : "sold_client_fkey"
    t4 |o--o{ t5 : "sold_sku_fkey"
"#;

#[test]
fn a_database_and_its_archive_give_the_same_diagram_on_every_version() {
    support::each_version(|server| {
        let database = TestDb::new(server);
        database.sql(SHOP);
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.pgx");
        pgx(&["dump", "-s", &database.uri(), "-q", "-f", arg(&file)]).ok();
        // How a server names the key of two columns changed with 12.
        let named = |text: &str| text.replace("sold_client_no_fkey", "sold_client_fkey");
        for place in [database.uri().as_str(), arg(&file)] {
            let ran = pgx(&["diagram", place]).ok();
            assert_eq!(named(ran.stdout_text()), SHOP_MERMAID, "{place}");
        }
    });
}

#[test]
fn patterns_choose_tables() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    database.sql(SHOP);
    let ran = pgx(&["diagram", &database.uri(), "-n", "stock"]).ok();
    let text = ran.stdout_text();
    assert!(text.contains("t1[\"item\"]") && text.contains("t2[\"sold\"]"), "{text}");
    assert_eq!(text.matches("--o{").count(), 1, "{text}");
    let said = pgx(&["diagram", &database.uri(), "-t", "cliend"]).fails(2);
    assert!(said.contains("E0204") && said.contains("cliend"), "{said}");
}

#[test]
fn the_parcels_are_drawn_as_mermaid_and_as_a_picture() {
    let Some(server) = support::newest() else { return };
    let database = TestDb::new(&server);
    fill_parcels(&database, 100);
    let dir = tempfile::tempdir().unwrap();
    let (mermaid, svg) = (dir.path().join("p.mmd"), dir.path().join("p.svg"));
    pgx(&["diagram", &database.uri(), "-f", arg(&mermaid)]).ok();
    pgx(&["diagram", &database.uri(), "-f", arg(&svg)]).ok();
    let text = fs::read_to_string(&mermaid).unwrap();
    assert!(text.starts_with(PARCELS), "{text}");
    let keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f'";
    let keys: usize = database.value(keys).parse().unwrap();
    assert_eq!(text.matches("--o{").count(), keys, "{text}");
    let picture = fs::read_to_string(&svg).unwrap();
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"), "{picture}");
    assert!(picture.contains("<title>public.parcel_set</title>"), "{picture}");
    assert_eq!(picture.matches("class=\"e\"").count(), keys);
    let said = pgx(&["diagram", &database.uri(), "-f", arg(&svg)]).fails(2);
    assert!(said.contains("E0207"), "{said}");
    let ran = pgx(&["diagram", &database.uri(), "--format", "svg"]).ok();
    assert_eq!(ran.stdout_text(), picture);
}
