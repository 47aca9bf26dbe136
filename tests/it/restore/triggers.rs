//! User triggers fire when rows alone are loaded, and never when they are restored with the tables.

use super::{Archived, State};
use crate::support::{self, Role, TestDb};

const TABLES: &str = "
CREATE TABLE app.t (id int PRIMARY KEY, up int REFERENCES app.t, n int);
CREATE TABLE app.log (id serial PRIMARY KEY, t int);
CREATE FUNCTION app.note() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO app.log (t) VALUES (NEW.id); RETURN NULL; END $$;
CREATE TRIGGER t_note AFTER INSERT ON app.t FOR EACH ROW EXECUTE PROCEDURE app.note();
";

const ROWS: &str = "INSERT INTO app.t SELECT g, 11 - g, g FROM generate_series(1, 10) g;";

#[test]
fn a_counting_trigger_counts_every_row_that_is_loaded() {
    support::each_version(|server| {
        let owner = Role::new(server, "owner", "LOGIN");
        let source = TestDb::new(server);
        source.sql(&format!("CREATE SCHEMA app; {TABLES} {ROWS}"));
        let archive = Archived::new(&source, &["-t", "app.t"]);
        let whole = TestDb::new(server);
        Archived::new(&source, &[]).restore(&whole, &[]).ok();
        assert_eq!(whole.value("SELECT count(*) FROM app.log"), "10");
        let target = TestDb::new(server);
        target.sql(&format!(
            "CREATE SCHEMA app AUTHORIZATION {role}; SET SESSION AUTHORIZATION {role}; {TABLES}",
            role = owner.name()
        ));
        archive.restore_to(&target.uri_as(owner.name()), &["-a"]).ok();
        assert_eq!(target.value("SELECT count(*) || ' ' || sum(t) FROM app.log"), "10 55");
        let enabled = "SELECT string_agg(tgenabled::text, '') FROM pg_trigger \
                       WHERE tgrelid = 'app.t'::regclass";
        assert_eq!(target.value(enabled), source.value(enabled));
        drop(target);
    });
}

#[test]
fn what_a_trigger_has_done_is_undone_with_the_rows() {
    support::each_version(|server| {
        let owner = Role::new(server, "owner", "LOGIN");
        let source = TestDb::new(server);
        source.sql(&format!("CREATE SCHEMA app; {TABLES} {ROWS}"));
        let archive = Archived::new(&source, &["-t", "app.t"]);
        let target = TestDb::new(server);
        target.sql(&format!(
            "CREATE SCHEMA app AUTHORIZATION {role}; SET SESSION AUTHORIZATION {role}; {TABLES}
             ALTER TABLE app.t ADD CHECK (n < 10); INSERT INTO app.log (t) VALUES (0)",
            role = owner.name()
        ));
        let before = State::of(&target);
        archive.restore_to(&target.uri_as(owner.name()), &["-a"]).fails(8);
        assert_eq!(State::of(&target), before, "sequences a trigger advances included");
        drop(target);
    });
}

#[test]
fn rows_that_a_trigger_turns_away_are_reported() {
    let Some(server) = support::newest() else { return };
    let source = TestDb::new(&server);
    source.sql("CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 10)");
    let archive = Archived::new(&source, &[]);
    let target = TestDb::new(&server);
    target.sql(
        "CREATE TABLE t (a int);
         CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN IF NEW.a % 2 = 0 THEN RETURN NULL; END IF; RETURN NEW; END $$;
         CREATE TRIGGER odd BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE odd()",
    );
    let said = archive.restore(&target, &["-a"]).ok().stderr;
    assert!(said.contains("the target took 5 rows and the archive holds 10"), "{said}");
    assert_eq!(target.value("SELECT count(*) FROM t"), "5");
}

/// Warnings fill the way back while rows fill the way there: whoever only writes waits for ever.
#[test]
fn a_trigger_that_warns_of_every_row_does_not_stop_the_rows() {
    let Some(server) = support::newest() else { return };
    let table = "CREATE SCHEMA app; CREATE TABLE app.t (id int)";
    let source = TestDb::new(&server);
    source.sql(&format!("{table}; INSERT INTO app.t SELECT generate_series(1, 100000)"));
    let target = TestDb::new(&server);
    target.sql(&format!(
        "{table};
         CREATE FUNCTION app.warn() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE WARNING '%', repeat('w', 500); RETURN NEW; END $$;
         CREATE TRIGGER t_warn BEFORE INSERT ON app.t FOR EACH ROW EXECUTE PROCEDURE app.warn()"
    ));
    Archived::new(&source, &[]).restore(&target, &["-a"]).ok();
    assert_eq!(target.value("SELECT count(*) FROM app.t"), "100000");
}
