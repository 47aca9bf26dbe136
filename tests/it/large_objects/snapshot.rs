//! Large objects and tables are dumped as of one moment.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use super::on_some_versions;
use crate::support::{Archive, Role, TestDb};

/// Writes the same number into a table and two large objects, transaction by transaction.
fn count_up(database: &TestDb, stop: &AtomicBool, written: &AtomicU32) {
    let mut session = database.session();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let bytes = format!("'{number:010}'::bytea");
        session
            .execute(&format!(
                "UPDATE n SET number = {number}; \
                 SELECT lo_put(50001, 0, {bytes}), lo_put(59999, 1000000, {bytes})"
            ))
            .expect("large objects can be written");
        written.store(number, Ordering::Relaxed);
    }
}

/// What the three say in a copy.
fn numbers(copy: &TestDb) -> Vec<String> {
    let of = |oid: u32, at: u32| format!("convert_from(lo_get({oid}, {at}, 10), 'UTF8')::int");
    ["(SELECT number FROM n)".to_owned(), of(50001, 0), of(59999, 1_000_000)]
        .iter()
        .map(|sql| copy.value(&format!("SELECT {sql}")))
        .collect()
}

#[test]
fn what_is_written_meanwhile_comes_whole_or_not_at_all() {
    on_some_versions(|server| {
        let owner = Role::new(server, "lo_o", "LOGIN");
        let original = TestDb::new(server);
        original.sql(&format!(
            "CREATE TABLE n (number int); INSERT INTO n VALUES (0); ALTER TABLE n OWNER TO {0};
             SET ROLE {0}; SELECT lo_from_bytea(o::oid, '0000000000') FROM generate_series(50001, 59999) o;
             SELECT lo_put(59999, 1000000, '0000000000'); RESET ROLE",
            owner.name()
        ));
        for uri in [original.uri(), original.uri_as(owner.name())] {
            let (stop, written) = (AtomicBool::new(false), AtomicU32::new(0));
            let (archive, during) = thread::scope(|scope| {
                scope.spawn(|| count_up(&original, &stop, &written));
                while written.load(Ordering::Relaxed) == 0 {
                    thread::yield_now();
                }
                let before = written.load(Ordering::Relaxed);
                let (archive, ran) = Archive::attempt_from(&uri, &[]);
                let during = written.load(Ordering::Relaxed) - before;
                stop.store(true, Ordering::Relaxed);
                ran.ok();
                (archive, during)
            });
            assert!(during > 0, "nothing was written while the dump ran");
            let copy = archive.restored_into_empty(server);
            let numbers = numbers(&copy);
            assert!(numbers[0] != "0" && numbers.iter().all(|n| *n == numbers[0]), "{numbers:?}");
        }
        drop(original);
    });
}
