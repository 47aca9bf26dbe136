//! Only some tables or schemas of an archive.

use super::{Archived, SHOP, State, some_versions};
use crate::support::{self, TestDb};

const TABLES: &str = "SELECT string_agg(relname::text, ' ' ORDER BY relname::text COLLATE \"C\") \
                      FROM pg_class WHERE relnamespace::regnamespace::text IN ('app', 'public')";

#[test]
fn a_table_comes_with_everything_that_sits_on_it() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(SHOP);
        let archive = Archived::new(&source, &[]);
        let target = TestDb::new(server);
        target.sql(
            "CREATE SCHEMA app; CREATE TABLE app.customer (id int PRIMARY KEY);
             INSERT INTO app.customer SELECT generate_series(1, 20);
             CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql
             AS 'BEGIN RETURN NEW; END'",
        );
        archive.restore(&target, &["-t", "app.orders"]).ok();
        let names = "customer customer_pkey orders orders_id_seq orders_pkey orders_placed";
        assert_eq!(target.value(TABLES), names);
        let details = "SELECT array_to_string(ARRAY[ \
             (SELECT string_agg(conname || ' ' || contype::text, ' ' ORDER BY conname) \
              FROM pg_constraint WHERE conrelid = c.oid AND contype <> 'n'), \
             (SELECT string_agg(tgname, ' ') FROM pg_trigger WHERE tgrelid = c.oid \
              AND NOT tgisinternal), \
             pg_get_serial_sequence('app.orders', 'id'), col_description(c.oid, 4), \
             (SELECT count(*)::text FROM app.orders)], ',') \
             FROM pg_class c WHERE oid = 'app.orders'::regclass";
        let want = "orders_amount c orders_customer f orders_pkey p,orders_touch,\
                    app.orders_id_seq,in euros,90";
        assert_eq!(source.value(details), want);
        assert_eq!(target.value(details), want);
        assert_eq!(target.value("SELECT nextval('app.orders_id_seq')"), "91");
        archive.verify(&target).fails(1);
    });
}

#[test]
fn a_chosen_table_whose_parent_is_nowhere_comes_without_the_key_and_says_so() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(SHOP);
        let archive = Archived::new(&source, &[]);
        let target = TestDb::new(server);
        target.sql(
            "CREATE SCHEMA app; CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql
             AS 'BEGIN RETURN NEW; END'",
        );
        let said = archive.restore(&target, &["-t", "app.orders"]).fails(3);
        assert!(said.contains("orders_customer"), "{said}");
        assert!(said.contains("the target has no table app.customer"), "{said}");
        assert_eq!(target.value("SELECT count(*) FROM app.orders"), "90");
    });
}

#[test]
fn a_pattern_chooses_several_tables_and_their_keys_between_them() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(SHOP);
    let archive = Archived::new(&source, &[]);
    let target = TestDb::new(&server);
    target.sql(
        "CREATE SCHEMA app; CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql
         AS 'BEGIN RETURN NEW; END'",
    );
    archive.restore(&target, &["-t", "app.[co]*r*", "-t", "note"]).fails(2);
    archive.restore(&target, &["-t", "app.c*", "-t", "app.orders", "-t", "*.note"]).ok();
    let keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f'";
    assert_eq!(target.value(keys), "1");
    assert_eq!(target.value("SELECT count(*) FROM note"), "4");
}

#[test]
fn a_schema_comes_with_all_that_stands_in_it() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(SHOP);
        let archive = Archived::new(&source, &[]);
        let target = TestDb::new(server);
        archive.restore(&target, &["-n", "app"]).ok();
        assert_eq!(target.value("SELECT to_regclass('public.note')"), "");
        source.sql("DROP TABLE note");
        assert_eq!(State::of(&target), State::of(&source));
    });
}

#[test]
fn rows_of_one_table_and_of_one_schema_alone() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(SHOP);
    let archive = Archived::new(&source, &[]);
    let target = TestDb::new(&server);
    archive.restore(&target, &["-s"]).ok();
    let counts = "SELECT (SELECT count(*) FROM app.customer) || ' ' || \
                  (SELECT count(*) FROM app.orders) || ' ' || (SELECT count(*) FROM note)";
    archive.restore(&target, &["-a", "-t", "app.customer"]).ok();
    assert_eq!(target.value(counts), "20 0 0");
    assert_eq!(target.value("SELECT nextval('app.customer_id_seq')"), "21");
    assert_eq!(target.value("SELECT nextval('app.orders_id_seq')"), "1");
    archive.restore(&target, &["-a", "-n", "public"]).ok();
    assert_eq!(target.value(counts), "20 0 4");
}

#[test]
fn a_name_the_archive_does_not_hold_is_refused() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql(SHOP);
    let archive = Archived::new(&source, &[]);
    let target = TestDb::new(&server);
    let before = State::of(&target);
    let said = archive.restore(&target, &["-t", "app.order"]).fails(2);
    assert!(said.contains("E0204") && said.contains("app.order"), "{said}");
    archive.restore(&target, &["-n", "shop"]).fails(2);
    assert_eq!(State::of(&target), before);
}
