//! Rows alone, into tables whose foreign keys form cycles, as the ordinary owner of the tables.

use super::{Archived, State, some_versions};
use crate::support::{self, Role, Server, TestDb};

/// How keys are declared, and the triggers that enforce them.
const KEYS: &str = "
SELECT concat_ws(' ', conrelid::regclass, conname, condeferrable, condeferred, convalidated,
    pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint')) AS line
FROM pg_constraint WHERE contype = 'f'
UNION ALL
SELECT concat_ws(' ', t.tgrelid::regclass, k.conname, t.tgfoid::regproc, t.tgenabled,
    t.tgdeferrable, t.tginitdeferred)
FROM pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint
ORDER BY line";

/// Dumps tables and rows, loads the rows into the same tables owned by an ordinary role, and expects
/// the same rows, and the target's keys as they were. `rows` are inserted with the keys deferred.
fn loads(server: &Server, tables: &str, rows: &str) {
    let (owner, archive, want) = archived(server, tables, rows);
    let target = owned(server, tables, &owner);
    let keys = target.rows(KEYS);
    assert!(!keys.is_empty());
    archive.restore_to(&target.uri_as(owner.name()), &["-a"]).ok();
    assert_eq!(target.rows(KEYS), keys, "on PostgreSQL {}", server.name);
    assert_eq!(State::rows_of(&target), want, "on PostgreSQL {}", server.name);
    drop(target);
}

type Rows = Vec<(String, String)>;

/// The keys of the source wait, so that rows can come in any order.
fn archived(server: &Server, tables: &str, rows: &str) -> (Role, Archived, Rows) {
    let owner = Role::new(server, "owner", "LOGIN");
    let source = TestDb::new(server);
    source.sql(&format!("CREATE SCHEMA app; SET search_path = app; {tables};"));
    source.sql(&format!("SET search_path = app; SET session_replication_role = replica; {rows}"));
    (owner, Archived::new(&source, &[]), State::rows_of(&source))
}

fn owned(server: &Server, tables: &str, owner: &Role) -> TestDb {
    let target = TestDb::new(server);
    target.sql(&format!(
        "CREATE SCHEMA app AUTHORIZATION {role}; SET SESSION AUTHORIZATION {role};
         SET search_path = app; {tables}",
        role = owner.name()
    ));
    target
}

#[test]
fn two_tables_that_refer_to_each_other() {
    support::each_version(|server| {
        loads(
            server,
            "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL);
             CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);
             ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b) REFERENCES b;
             COMMENT ON CONSTRAINT a_b ON a IS 'kept';",
            "INSERT INTO a SELECT g, 101 - g FROM generate_series(1, 100) g;
             INSERT INTO b SELECT g, 101 - g FROM generate_series(1, 100) g;",
        );
    });
}

#[test]
fn three_tables_with_keys_of_every_deferrability() {
    some_versions(|server| {
        loads(
            server,
            "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL);
             CREATE TABLE b (id int PRIMARY KEY, c int NOT NULL);
             CREATE TABLE c (id int PRIMARY KEY, a int NOT NULL
                 REFERENCES a ON UPDATE CASCADE ON DELETE SET NULL);
             CREATE TABLE aside (id int PRIMARY KEY, a int REFERENCES a);
             ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE INITIALLY IMMEDIATE;
             ALTER TABLE b ADD FOREIGN KEY (c) REFERENCES c DEFERRABLE INITIALLY DEFERRED;
             ALTER TABLE c ADD CONSTRAINT \"Odd \"\" name\" FOREIGN KEY (a) REFERENCES a;",
            "INSERT INTO a SELECT g, 11 - g FROM generate_series(1, 10) g;
             INSERT INTO b SELECT g, 11 - g FROM generate_series(1, 10) g;
             INSERT INTO c SELECT g, 11 - g FROM generate_series(1, 10) g;
             INSERT INTO aside SELECT g, g FROM generate_series(1, 10) g;",
        );
    });
}

#[test]
fn a_table_that_refers_to_itself_with_children_before_their_parents() {
    some_versions(|server| {
        loads(
            server,
            "CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree);
             CREATE TABLE leaf (id int PRIMARY KEY, tree int NOT NULL REFERENCES tree,
                 twin int REFERENCES leaf DEFERRABLE);",
            "INSERT INTO tree SELECT g, nullif(g - 1, 0) FROM generate_series(50, 1, -1) g;
             INSERT INTO leaf SELECT g, g, g % 50 + 1 FROM generate_series(50, 1, -1) g;",
        );
    });
}

/// Rows of several MiB come in several chunks, which one COPY must hold together.
#[test]
fn a_self_reference_holds_over_many_chunks() {
    let Some(server) = support::newest() else { return };
    loads(
        &server,
        "CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree, pad text)",
        "INSERT INTO tree SELECT g, nullif(g - 1, 0), repeat(md5(g::text), 60)
         FROM generate_series(6000, 1, -1) g;",
    );
}

#[test]
fn composite_keys_and_match_full_between_tables_out_of_order() {
    some_versions(|server| {
        loads(
            server,
            "CREATE TABLE z_parent (x int, y text, PRIMARY KEY (y, x));
             CREATE TABLE a_child (x int, y text,
                 FOREIGN KEY (y, x) REFERENCES z_parent (y, x) MATCH FULL);
             CREATE TABLE b_child (x int, y text, back int UNIQUE,
                 FOREIGN KEY (y, x) REFERENCES z_parent);
             ALTER TABLE z_parent ADD COLUMN b int REFERENCES b_child (back);",
            "INSERT INTO z_parent SELECT g, 'p' || g, g FROM generate_series(1, 30) g;
             INSERT INTO a_child SELECT x, y FROM z_parent;
             INSERT INTO a_child VALUES (NULL, NULL);
             INSERT INTO b_child SELECT x, y, x FROM z_parent;
             INSERT INTO b_child VALUES (NULL, 'half', 99);",
        );
    });
}

#[test]
fn keys_from_and_to_partitioned_tables() {
    support::each_version(|server| {
        if server.major < 12 {
            return;
        }
        loads(
            server,
            "CREATE TABLE parent (id int PRIMARY KEY, child int) PARTITION BY RANGE (id);
             CREATE TABLE parent_1 PARTITION OF parent FOR VALUES FROM (1) TO (50);
             CREATE TABLE parent_2 PARTITION OF parent FOR VALUES FROM (50) TO (200);
             CREATE TABLE child (id int PRIMARY KEY, parent int NOT NULL REFERENCES parent)
                 PARTITION BY HASH (id);
             CREATE TABLE child_1 PARTITION OF child FOR VALUES WITH (MODULUS 2, REMAINDER 0);
             CREATE TABLE child_2 PARTITION OF child FOR VALUES WITH (MODULUS 2, REMAINDER 1);
             CREATE TABLE a_plain (id int PRIMARY KEY, parent int NOT NULL REFERENCES parent);
             CREATE TABLE a_part (id int PRIMARY KEY, up int REFERENCES a_part)
                 PARTITION BY RANGE (id);
             CREATE TABLE a_part_1 PARTITION OF a_part FOR VALUES FROM (1) TO (50);
             CREATE TABLE a_part_2 PARTITION OF a_part FOR VALUES FROM (50) TO (200);",
            "INSERT INTO parent SELECT g, g FROM generate_series(1, 99) g;
             INSERT INTO child SELECT g, 100 - g FROM generate_series(1, 99) g;
             INSERT INTO a_plain SELECT g, 100 - g FROM generate_series(1, 99) g;
             INSERT INTO a_part SELECT g, 100 - g FROM generate_series(1, 99) g;",
        );
    });
}

#[test]
fn a_cycle_through_partitioned_tables() {
    support::each_version(|server| {
        if server.major < 12 {
            return;
        }
        loads(
            server,
            "CREATE TABLE a (id int PRIMARY KEY, b int) PARTITION BY LIST (id);
             CREATE TABLE a_1 PARTITION OF a FOR VALUES IN (1);
             CREATE TABLE a_2 PARTITION OF a FOR VALUES IN (2);
             CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);
             ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;",
            "INSERT INTO a VALUES (1, 2), (2, 1); INSERT INTO b VALUES (1, 2), (2, 1);",
        );
    });
}

/// The order follows the keys of the target, which the source need not have.
#[test]
fn the_targets_keys_decide_the_order() {
    some_versions(|server| {
        let rows = "INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1)";
        let (owner, archive, want) = archived(
            server,
            "CREATE TABLE a (id int, b int); CREATE TABLE b (id int, a int)",
            rows,
        );
        let target = owned(
            server,
            "CREATE TABLE b (id int PRIMARY KEY, a int);
             CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES b)",
            &owner,
        );
        archive.restore_to(&target.uri_as(owner.name()), &["-a"]).ok();
        assert_eq!(State::rows_of(&target), want);
        let other = owned(
            server,
            "CREATE TABLE a (id int PRIMARY KEY, b int);
             CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)",
            &owner,
        );
        archive.restore_to(&other.uri_as(owner.name()), &["-a"]).ok();
        assert_eq!(State::rows_of(&other), want);
        drop((target, other));
    });
}

#[test]
fn a_row_without_its_parent_in_a_cycle_changes_nothing() {
    some_versions(|server| {
        let tables = "CREATE TABLE a (id int PRIMARY KEY, b int);
             CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
             ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b) REFERENCES b";
        let rows = "INSERT INTO a VALUES (1, 1), (2, 7); INSERT INTO b VALUES (1, 1)";
        let (owner, archive, _) = archived(server, tables, rows);
        let target = owned(server, tables, &owner);
        let before = (target.rows(KEYS), State::rows_of(&target));
        let said = archive.restore_to(&target.uri_as(owner.name()), &["-a"]).fails(8);
        assert!(said.contains("E0805") && said.contains("constraint a_b"), "{said}");
        assert_eq!((target.rows(KEYS), State::rows_of(&target)), before);
        drop(target);
    });
}

#[test]
fn a_cycle_of_another_owner_is_refused_with_the_keys_named() {
    some_versions(|server| {
        let tables = "CREATE TABLE a (id int PRIMARY KEY, b int);
             CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
             ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b) REFERENCES b;";
        let rows = "INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1)";
        let (owner, archive, _) = archived(server, tables, rows);
        let target = owned(server, tables, &owner);
        let clerk = Role::new(server, "clerk", "LOGIN");
        target.sql(&format!(
            "GRANT USAGE ON SCHEMA app TO {clerk}; GRANT INSERT ON app.a, app.b TO {clerk}",
            clerk = clerk.name()
        ));
        let said = archive.restore_to(&target.uri_as(clerk.name()), &["-a"]).fails(11);
        assert!(said.contains("E1101") && said.contains("a_b"), "{said}");
        assert_eq!(target.value("SELECT count(*) FROM app.a"), "0");
        drop(target);
    });
}
