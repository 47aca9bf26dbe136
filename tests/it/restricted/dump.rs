//! What a dump says before it reads a row.

use super::on_each;
use crate::support::{Archive, Role, Server, TestDb, arg, pgx};

/// A shop that another role owns, of which the reader may read a part.
fn shop(server: &Server, owner: &Role, reader: &Role) -> TestDb {
    let shop = TestDb::new(server);
    let identity = "bigint GENERATED ALWAYS AS IDENTITY";
    shop.sql(&format!(
        "CREATE SCHEMA app; CREATE SCHEMA closed;
         GRANT USAGE ON SCHEMA app TO {1};
         CREATE TABLE app.open (id {identity}, a int);
         CREATE TABLE app.some_columns (a int, b int);
         CREATE TABLE app.to_fill (a int);
         CREATE TABLE app.mine_only (a int, who name);
         ALTER TABLE app.mine_only ENABLE ROW LEVEL SECURITY;
         CREATE POLICY mine ON app.mine_only USING (who = current_user);
         CREATE SEQUENCE app.numbers;
         CREATE TABLE closed.t (a int); CREATE TABLE closed.u (a int);
         CREATE VIEW app.seen AS SELECT a FROM closed.t;
         GRANT SELECT ON app.open, app.mine_only, closed.u TO {1};
         GRANT SELECT (a, b) ON app.some_columns TO {1};
         GRANT INSERT ON app.to_fill TO {1};
         INSERT INTO app.mine_only VALUES (1, '{1}'), (2, 'other');
         ALTER SCHEMA app OWNER TO {0}; ALTER TABLE app.open OWNER TO {0};
         ALTER TABLE app.mine_only OWNER TO {0};
         SELECT lo_create(70001);
         CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER far FOREIGN DATA WRAPPER nothing;
         CREATE USER MAPPING FOR {0} SERVER far;
         CREATE SUBSCRIPTION heard CONNECTION 'host=nowhere' PUBLICATION p
          WITH (connect = false, slot_name = NONE)",
        owner.name(),
        reader.name()
    ));
    shop
}

#[test]
fn everything_that_cannot_be_read_is_listed_at_once() {
    on_each(|server| {
        let (owner, reader) = (Role::new(server, "o", ""), Role::new(server, "r", "LOGIN"));
        let shop = shop(server, &owner, &reader);
        let (archive, ran) = Archive::attempt_from(&shop.uri_as(reader.name()), &[]);
        let said = ran.fails(11);
        let expected = format!(
            "pgx: error[E1101]: 11 objects cannot be read; user \"{reader}\"
  = schema closed: no USAGE, and 2 chosen relations in it
  = sequence app.numbers: no SELECT
  = sequence app.open_id_seq: no SELECT
  = table app.some_columns: no SELECT
  = table app.to_fill: no SELECT
  = table closed.t: no SELECT
  = table app.mine_only: row security hides rows from the role
  = large object 70001: no SELECT
  = SUBSCRIPTION heard, whose connection string only a superuser can read
  = USER MAPPING FOR {owner} SERVER far, whose options only a superuser can read
  = hint: grant what is missing (from 14 on: membership in pg_read_all_data); leave relations out \
with -T or -N; dump as a role with BYPASSRLS, or leave such rows out with --exclude-table-data; \
leave large objects out with --no-large-objects; leave what is hidden out with --skip-unsupported
",
            reader = reader.name(),
            owner = owner.name()
        )
        .replace("11 objects", "10 objects");
        assert_eq!(said, expected);
        assert!(!archive.path().exists());
        refused_by_the_server(&shop, &reader);
        drop(shop);
    });
}

/// The server is asked for every line, and for what no line says.
fn refused_by_the_server(shop: &TestDb, reader: &Role) {
    let mut session = shop.session_as(reader.name());
    let old = shop.server().major < 16;
    let tries = [
        ("LOCK TABLE closed.u IN ACCESS SHARE MODE", true),
        ("SELECT last_value FROM app.numbers", true),
        ("SELECT last_value FROM app.open_id_seq", true),
        ("LOCK TABLE app.some_columns IN ACCESS SHARE MODE", true),
        ("LOCK TABLE app.to_fill IN ACCESS SHARE MODE", old),
        ("COPY app.to_fill TO STDOUT", true),
        ("SET row_security = off; SELECT FROM app.mine_only", true),
        ("SELECT lo_get(70001)", true),
        ("SELECT subconninfo FROM pg_subscription", true),
        ("LOCK TABLE app.open IN ACCESS SHARE MODE; SELECT FROM app.open", false),
        ("LOCK TABLE app.mine_only IN ACCESS SHARE MODE", false),
        ("SELECT pg_get_viewdef('app.seen'::regclass)", false),
    ];
    for (sql, refused) in tries {
        session.execute("BEGIN").unwrap();
        let outcome = session.execute(sql);
        assert_eq!(outcome.is_err(), refused, "{sql}: {outcome:?}");
        session.execute("ROLLBACK").unwrap();
    }
}

#[test]
fn what_the_list_names_can_be_left_out_and_the_rest_is_dumped() {
    on_each(|server| {
        let (owner, reader) = (Role::new(server, "o", ""), Role::new(server, "r", "LOGIN"));
        let shop = shop(server, &owner, &reader);
        shop.sql(&format!("GRANT SELECT ON SEQUENCE app.open_id_seq TO {}", reader.name()));
        let options =
            ["-N", "closed", "-T", "app.(some|to|mine)_*", "-T", "app.numbers", "-B", "-T"];
        let options = [&options[..], &["app.some_columns", "-T", "app.to_fill"]].concat();
        let options = [&options[..], &["-T", "app.mine_only", "--skip-unsupported"]].concat();
        let (archive, ran) = Archive::attempt_from(&shop.uri_as(reader.name()), &options);
        let said = ran.fails(3);
        assert!(said.contains("SUBSCRIPTION heard") && said.contains("SERVER far"), "{said}");
        let listed = pgx(&["inspect", arg(archive.path())]).ok();
        assert!(listed.stdout_text().contains("app.open"), "{}", listed.stdout_text());
        drop(shop);
    });
}

/// Catalogs are everybody's, so that definitions alone take the right to lock tables and no more.
#[test]
fn definitions_alone_take_no_right_to_read_sequences_or_rows() {
    on_each(|server| {
        let (owner, reader) = (Role::new(server, "o", ""), Role::new(server, "r", "LOGIN"));
        let shop = shop(server, &owner, &reader);
        let uri = shop.uri_as(reader.name());
        let closed = ["-s", "-N", "closed", "-T", "app.some_columns", "--skip-unsupported"];
        let (_, ran) = Archive::attempt_from(&uri, &closed);
        match server.major {
            16.. => drop(ran.fails(3)),
            _ => assert!(ran.fails(11).contains("1 object cannot be read"), "to_fill"),
        }
        let (_, ran) = Archive::attempt_from(&uri, &[&closed[..], &["-T", "app.to_fill"]].concat());
        ran.fails(3);
        drop(shop);
    });
}

#[test]
fn more_than_fifty_are_counted() {
    on_each(|server| {
        let reader = Role::new(server, "r", "LOGIN");
        let source = TestDb::new(server);
        source.sql(
            "DO $$ BEGIN FOR i IN 1..60 LOOP EXECUTE format('CREATE TABLE t%s (a int)', i); \
             END LOOP; END $$; SELECT lo_create(70000 + g) FROM generate_series(1, 70) g",
        );
        let said = Archive::attempt_from(&source.uri_as(reader.name()), &[]).1.fails(11);
        assert!(said.contains("130 objects cannot be read"), "{said}");
        assert!(said.contains("\n  = and 80 more\n") && said.lines().count() == 53, "{said}");
        drop(source);
    });
}

#[test]
fn who_may_read_all_data_dumps_everything_but_what_policies_hide() {
    on_each(|server| {
        if server.major < 14 {
            return;
        }
        let (owner, reader) = (Role::new(server, "o", ""), Role::new(server, "r", "LOGIN"));
        let shop = shop(server, &owner, &reader);
        shop.sql(&format!("GRANT pg_read_all_data TO {}", reader.name()));
        let uri = shop.uri_as(reader.name());
        let said = Archive::attempt_from(&uri, &["--skip-unsupported"]).1.fails(11);
        assert!(said.contains("1 object cannot be read"), "{said}");
        shop.sql(&format!("ALTER ROLE {} BYPASSRLS", reader.name()));
        let (archive, ran) = Archive::attempt_from(&uri, &["--skip-unsupported"]);
        ran.fails(3);
        pgx(&["verify", arg(archive.path()), "--against", &shop.uri()]).ok();
        drop(shop);
    });
}
