//! Keys whose parent was left out of the archive: made where the target has the parent.

use super::{Archived, some_versions};
use crate::support::{self, TestDb, arg, pgx};

const MANIFEST: &str = "foreign_keys = \"ignore\"\n[[table]]\nname = \"public.child\"\n";

const SOURCE: &str = "
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE other (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, parent int, other int,
    CONSTRAINT child_parent FOREIGN KEY (parent) REFERENCES parent,
    CONSTRAINT child_other FOREIGN KEY (other) REFERENCES other);
COMMENT ON CONSTRAINT child_parent ON child IS 'wanted';
INSERT INTO parent SELECT generate_series(1, 10); INSERT INTO other SELECT generate_series(1, 10);
INSERT INTO child SELECT g, g, g FROM generate_series(1, 10) g;
";

const KEYS: &str = "SELECT string_agg(conname || ' ' || convalidated, ', ' ORDER BY conname) \
                    FROM pg_constraint WHERE contype = 'f'";

fn archived(server: &support::Server) -> Archived {
    let source = TestDb::new(server);
    source.sql(SOURCE);
    Archived::by_manifest(&source, MANIFEST)
}

#[test]
fn a_key_is_made_where_the_target_has_the_parent_and_reported_where_not() {
    support::each_version(|server| {
        let archive = archived(server);
        let target = TestDb::new(server);
        target.sql("CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1)");
        target.sql("INSERT INTO parent SELECT generate_series(2, 20)");
        let said = archive.restore(&target, &[]).fails(3);
        assert_eq!(target.value(KEYS), "child_parent true");
        assert_eq!(
            target.value(
                "SELECT obj_description(oid) FROM pg_constraint \
            WHERE conname = 'child_parent'"
            ),
            "wanted"
        );
        assert!(said.contains("child_other") && !said.contains("child_parent"), "{said}");
        assert!(said.contains("the target has no table public.other"), "{said}");
        archive.verify(&target).ok();
    });
}

#[test]
fn a_key_that_rows_violate_is_reported_and_everything_else_restored() {
    some_versions(|server| {
        let archive = archived(server);
        let target = TestDb::new(server);
        target.sql(
            "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1);
             CREATE TABLE other (id int PRIMARY KEY);
             INSERT INTO other SELECT generate_series(1, 10)",
        );
        let said = archive.restore(&target, &[]).fails(3);
        let reason = "child_parent on public.child: some rows have no parent in public.parent";
        assert!(said.contains(reason) && !said.contains("child_other"), "{said}");
        assert_eq!(target.value(KEYS), "child_other true");
        archive.verify(&target).ok();
    });
}

#[test]
fn a_parent_the_key_does_not_fit_is_reported_too() {
    some_versions(|server| {
        let archive = archived(server);
        let target = TestDb::new(server);
        target.sql(
            "CREATE TABLE parent (name text); CREATE TABLE other (id int);
             INSERT INTO other SELECT generate_series(1, 10)",
        );
        let said = archive.restore(&target, &[]).fails(3);
        assert!(said.contains("child_parent") && said.contains("child_other"), "{said}");
        assert_eq!(target.value(KEYS), "");
        archive.verify(&target).ok();
        let made = TestDb::adopt(server, &support::unique("made"));
        archive.restore(&made, &["--create"]).fails(3);
        archive.verify(&made).ok();
    });
}

#[test]
fn a_dry_run_tells_of_the_condition() {
    let Some(server) = support::newest() else { return };
    let target = TestDb::new(&server);
    let archive = archived(&server);
    let plan = pgx(&["restore", "--dry-run", arg(&archive.file())]).ok();
    let line = "FK CONSTRAINT child_parent on public.child (if the target has public.parent)\n";
    assert!(plan.stdout_text().contains(line), "{}", plan.stdout_text());
    // Asked for its opinion, the target decides.
    let ran = archive.restore(&target, &["--dry-run"]);
    let line =
        "FK CONSTRAINT child_parent on public.child: the target has no table public.parent\n";
    assert!(ran.code == Some(3) && ran.stdout_text().contains(line), "{}", ran.stdout_text());
}
