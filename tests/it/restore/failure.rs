//! A restore that fails leaves the target as it was, sequences included.

use super::{Archived, SHOP, State, some_versions};
use crate::support::{self, TestDb};

/// An index that can only be built in a database of this name.
pub(super) fn only_here(database: &TestDb) -> String {
    format!(
        "CREATE FUNCTION public.only_here(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
           IF current_database() <> '{}' THEN RAISE 'not here' USING ERRCODE = 'P0001'; END IF;
           RETURN $1; END $$;
         CREATE TABLE public.zz_guard (a int); INSERT INTO public.zz_guard VALUES (1);
         CREATE INDEX zz_guard_here ON public.zz_guard (public.only_here(a));",
        database.name()
    )
}

const OTHER: &str = "
CREATE SCHEMA other;
CREATE TABLE other.kept (id serial PRIMARY KEY, b text);
INSERT INTO other.kept (b) VALUES ('x'), ('y');
CREATE SEQUENCE other.unused START 5;
CREATE SEQUENCE other.used; SELECT nextval('other.used'), nextval('other.used');
";

#[test]
fn a_failure_after_the_rows_leaves_the_target_as_it_was() {
    support::each_version(|server| {
        let source = TestDb::new(server);
        source.sql(SHOP);
        source.sql(&only_here(&source));
        let archive = Archived::new(&source, &[]);
        let target = TestDb::new(server);
        target.sql(OTHER);
        let before = State::of(&target);
        let said = archive.restore(&target, &[]).fails(8);
        assert!(said.contains("zz_guard_here") && said.contains("P0001"), "{said}");
        assert!(said.contains("the target was not changed"), "{said}");
        assert_eq!(State::of(&target), before);
        archive.restore_from_stdin(&target, &["-1"]).fails(8);
        assert_eq!(State::of(&target), before);
    });
}

#[test]
fn an_object_in_the_way_is_refused_before_anything() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(SHOP);
        let archive = Archived::new(&source, &[]);
        let target = TestDb::new(server);
        target.sql("CREATE TABLE note (other int); CREATE SCHEMA app");
        let before = State::of(&target);
        let said = archive.restore(&target, &[]).fails(8);
        assert!(said.contains("E0802") && said.contains("public.note"), "{said}");
        assert!(said.contains("SCHEMA app"), "all of them are named: {said}");
        assert_eq!(State::of(&target), before);
    });
}

/// The rows fail at the very end, when sequences have been set and defaults have advanced others.
#[test]
fn rows_that_fail_bring_set_and_advanced_sequences_back() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(
            "CREATE TABLE parent (id serial PRIMARY KEY);
             CREATE TABLE child (id serial PRIMARY KEY, parent int);
             INSERT INTO parent SELECT FROM generate_series(1, 5);
             INSERT INTO child (parent) SELECT g FROM generate_series(1, 6) g;",
        );
        let archive = Archived::new(&source, &[]);
        let target = TestDb::new(server);
        target.sql(
            "CREATE SEQUENCE extra_seq; SELECT nextval('extra_seq');
             CREATE TABLE parent (id serial PRIMARY KEY, extra int DEFAULT nextval('extra_seq'),
                 always int GENERATED ALWAYS AS IDENTITY (START 50));
             CREATE TABLE child (id serial PRIMARY KEY, parent int
                 REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
             INSERT INTO parent (id) VALUES (100); SELECT setval('child_id_seq', 9, false);",
        );
        let before = State::of(&target);
        let said = archive.restore(&target, &["-a"]).fails(8);
        assert!(said.contains("child_parent_fkey") && said.contains("23503"), "{said}");
        assert_eq!(State::of(&target), before);
        source.sql("DELETE FROM child WHERE parent = 6");
        Archived::new(&source, &[]).restore(&target, &["-a"]).ok();
        let after = "SELECT (SELECT last_value FROM parent_id_seq) || ' ' || \
                     (SELECT last_value FROM child_id_seq) || ' ' || \
                     (SELECT last_value FROM extra_seq) || ' ' || \
                     (SELECT last_value FROM parent_always_seq)";
        assert_eq!(target.value(after), "5 6 7 55");
    });
}

#[test]
fn a_rejected_row_is_named_by_table_constraint_and_number_without_its_values() {
    some_versions(|server| {
        let source = TestDb::new(server);
        source.sql(
            "CREATE TABLE t (id int, secret text);
             INSERT INTO t SELECT g, 'hidden-' || g FROM generate_series(1, 9) g;",
        );
        let archive = Archived::new(&source, &[]);
        let target = TestDb::new(server);
        target.sql(
            "CREATE TABLE t (id int, secret text CONSTRAINT no_six CHECK (secret <> 'hidden-6'))",
        );
        let before = State::of(&target);
        let said = archive.restore(&target, &["-a"]).fails(8);
        let parts = ["E0805", "table public.t, constraint no_six, row 6", "23514"];
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        assert!(!said.contains("hidden-6"), "{said}");
        assert_eq!(State::of(&target), before);
        let shown = archive.restore(&target, &["-a", "--show-row-values"]).fails(8);
        assert!(shown.contains("hidden-6"), "{shown}");
    });
}
