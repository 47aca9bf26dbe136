//! Somebody changes tables between any two steps of a dump.
//!
//! A dump is stopped before its first query, its second, … and its last. While it stands there, one
//! thing after the other is tried from outside until one is possible; what the dump's locks forbid is
//! not.
//! Whatever happens, the archive is what the database was before or after, or there is none.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use pgx_core::connect::{Config, Session};
use pgx_core::verify::fingerprint::Fingerprint;

use crate::support::{self, Archive, Proxy, Ran, Server, TestDb, contents, fingerprint_of};

/// Three tables with rows, a foreign key, a sequence and a view.
const SCHEMA: &str = "
CREATE SCHEMA app;
CREATE TABLE app.parent (id int PRIMARY KEY, v text);
CREATE TABLE app.child (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES app.parent, v text);
CREATE TABLE app.lone (id int, v text);
CREATE SEQUENCE app.numbers START 42;
CREATE VIEW app.pairs AS
  SELECT p.v, c.parent_id FROM app.parent p JOIN app.child c ON c.parent_id = p.id;
INSERT INTO app.parent SELECT i, 'p' || i FROM generate_series(1, 30) i;
INSERT INTO app.child SELECT i, 1 + i / 3, 'c' || i FROM generate_series(1, 80) i;
INSERT INTO app.lone SELECT i, 'l' || i FROM generate_series(1, 50) i;";

/// What happens from outside, in one transaction: its name and its statements.
type Event = (&'static str, &'static str);

/// What needs a table for itself, and thus cannot happen beside the dump's locks.
const EXCLUSIVE: &[Event] = &[
    ("truncated", "TRUNCATE app.child; INSERT INTO app.parent VALUES (1000, 'child is empty')"),
    ("vacuumed", "VACUUM FULL app.child"),
    (
        "rewritten",
        "CLUSTER app.child USING child_pkey; ALTER TABLE app.lone ALTER COLUMN id TYPE bigint",
    ),
    (
        "altered",
        "ALTER TABLE app.parent ADD COLUMN more int DEFAULT 7; ALTER TABLE app.lone DROP COLUMN v; \
         ALTER TABLE app.child RENAME COLUMN v TO w",
    ),
    ("renamed", "ALTER TABLE app.child RENAME TO pupil"),
    ("dropped", "DROP TABLE app.child CASCADE"),
    (
        "replaced",
        "DROP TABLE app.lone; CREATE TABLE app.lone (other int); INSERT INTO app.lone VALUES (1)",
    ),
];

/// What can happen to tables at any time.
const CREATED: Event = (
    "created",
    "CREATE TABLE app.late (parent_id int REFERENCES app.parent); \
     INSERT INTO app.parent VALUES (2000, 'late'); INSERT INTO app.late VALUES (2000)",
);

/// What can happen to views at any time.
const OF_VIEWS: &[Event] = &[
    ("view dropped", "DROP VIEW app.pairs"),
    (
        "view replaced",
        "CREATE TABLE app.late AS SELECT 1 AS one; \
         CREATE OR REPLACE VIEW app.pairs AS \
            SELECT p.v, l.one AS parent_id FROM app.parent p, app.late l",
    ),
];

/// The rewriting that only server 19 and later know.
const REPACKED: Event = ("repacked", "REPACK app.child");

/// What can happen to tables of a server, in the order in which it is tried.
fn of_tables(server: &Server) -> Vec<Event> {
    let newer = (server.major >= 19).then_some(REPACKED);
    newer.into_iter().chain(EXCLUSIVE.iter().copied()).chain([CREATED]).collect()
}

/// Makes the schema, anew if it is there.
fn make(database: &TestDb) {
    database.sql(&format!("DROP SCHEMA IF EXISTS app CASCADE; {SCHEMA}"));
}

/// What archives of the database hold in each of its states: untouched (`""`), and after an event.
type States = BTreeMap<&'static str, Vec<String>>;

/// The archive of a database at rest, which comes back as it was.
fn state(database: &TestDb) -> Vec<String> {
    let archive = Archive::with(database, &["-j", "1"]);
    let copy = archive.restored_into_empty(database.server());
    let (a, b) = (fingerprint_of(database), fingerprint_of(&copy));
    assert_eq!(Fingerprint::difference(&a, &b), Vec::<String>::new());
    archive.rows_equal(&copy);
    contents(archive.path())
}

fn states(database: &TestDb, events: &[Event]) -> States {
    let mut states = States::new();
    for (name, sql) in [("", "SELECT")].iter().chain(events) {
        make(database);
        database.sql(sql);
        states.insert(name, state(database));
    }
    states
}

/// The events that are left to try at a stop, and what came of the one try.
#[derive(Default)]
struct Stop {
    left: Vec<Event>,
    happened: Option<&'static str>,
    /// An error other than a lock that the dump holds.
    failed: Option<String>,
}

impl Stop {
    /// Tries until something happens.
    fn come(&mut self, database: &Config) {
        let mut session = Session::open(database).expect("the server runs");
        session.execute("SET lock_timeout = '5ms'").expect("a setting");
        while self.happened.is_none() && !self.left.is_empty() {
            let (name, sql) = self.left.remove(0);
            match session.execute(sql) {
                Ok(()) => self.happened = Some(name),
                Err(error) if error.sqlstate() == Some("55P03") => {}
                Err(error) => self.failed = Some(format!("{name}: {error:?}")),
            }
        }
    }
}

/// Dumps with a stop before the query of this number; the queries that the dump took.
fn dump_stopped(database: &TestDb, at: u32, stop: &Arc<Mutex<Stop>>) -> (Archive, Ran, u32) {
    let config = database.server().config(database.server().user(), database.name());
    let (stop, count) = (stop.clone(), Arc::new(AtomicU32::new(0)));
    let counted = count.clone();
    let proxy = Proxy::watched(database.server(), move |number| {
        counted.store(number, Ordering::SeqCst);
        if number == at {
            stop.lock().expect("no thread panics").come(&config);
        }
    });
    let (archive, ran) = Archive::attempt_from(&proxy.uri(database.name()), &["-j", "1"]);
    (archive, ran, count.load(Ordering::SeqCst))
}

/// Every event at every stop of the dumps of a server.
struct Race<'r> {
    server: &'r Server,
    events: &'r [Event],
    states: States,
    /// Of an undisturbed dump.
    queries: u32,
    next: AtomicU32,
    /// At how many stops an event was possible.
    possible: Mutex<BTreeMap<&'static str, u32>>,
}

impl Race<'_> {
    /// Runs it to its end.
    fn run<'r>(server: &'r Server, events: &'r [Event]) -> Race<'r> {
        let original = TestDb::new(server);
        let states = states(&original, events);
        make(&original);
        let (_, ran, queries) = dump_stopped(&original, 0, &Arc::default());
        ran.ok();
        let (next, possible) = (AtomicU32::new(1), Mutex::default());
        let race = Race { server, events, states, queries, next, possible };
        thread::scope(|scope| {
            scope.spawn(|| race.lane());
            scope.spawn(|| race.lane());
        });
        race
    }

    /// One stop after the other, in a database of its own.
    fn lane(&self) {
        let database = TestDb::new(self.server);
        make(&database);
        let stops = || self.next.fetch_add(1, Ordering::SeqCst);
        std::iter::repeat_with(stops)
            .take_while(|at| *at <= self.queries)
            .for_each(|at| self.try_all_at(at, &database));
    }

    fn try_all_at(&self, at: u32, database: &TestDb) {
        let stop = Stop { left: self.events.to_vec(), ..Stop::default() };
        let stop = Arc::new(Mutex::new(stop));
        while !stop.lock().unwrap().left.is_empty() {
            let (archive, ran, queries) = dump_stopped(database, at, &stop);
            let mut stop = stop.lock().unwrap();
            assert_eq!(stop.failed, None, "before query {at}");
            assert!(queries >= at, "the dump ended after {queries} queries, before {at}");
            let happened = stop.happened.take();
            self.assert_is_a_state((&archive, &ran), happened, at);
            if let Some(event) = happened {
                *self.possible.lock().unwrap().entry(event).or_default() += 1;
                make(database);
            }
        }
    }

    /// The archive is of the state before or after; or the dump says why not, and leaves nothing.
    fn assert_is_a_state(&self, dump: (&Archive, &Ran), happened: Option<&str>, at: u32) {
        let (archive, ran) = dump;
        let what = format!("{happened:?} before query {at}: {:?} {}", ran.code, ran.stderr);
        if ran.code != Some(0) {
            assert!(happened.is_some() && ran.stderr.contains("error[E0603]"), "{what}");
            return assert!(!archive.path().exists(), "{what}");
        }
        let found = contents(archive.path());
        let mut states = [Some(""), happened].into_iter().flatten();
        assert!(states.any(|name| self.states[name] == found), "{what}\n{}", found.join("\n"));
    }

    /// At how many stops an event was possible.
    fn times(&self, event: Event) -> u32 {
        self.possible.lock().unwrap().get(event.0).copied().unwrap_or_default()
    }
}

/// Runs the test with servers side by side.
fn on_some_versions(test: impl Fn(&Server) + Sync) {
    let test = &test;
    thread::scope(|scope| {
        for server in [10, 18, 19].into_iter().filter_map(support::server) {
            scope.spawn(move || test(&server));
        }
    });
}

#[test]
fn tables_changed_between_any_two_steps_come_as_before_or_after_or_not_at_all() {
    on_some_versions(|server| {
        let events = of_tables(server);
        let race = Race::run(server, &events);
        for event in EXCLUSIVE {
            // Only before the locks.
            let times = race.times(*event);
            assert!((3..race.queries / 2).contains(&times), "{event:?}: {times}");
        }
        // Autovacuum may be in its way for a moment.
        assert!(race.times(CREATED) + 3 >= race.queries, "{}", race.times(CREATED));
    });
}

/// Views cannot be locked.
#[test]
fn views_changed_between_any_two_steps_come_as_before_or_after_or_not_at_all() {
    let Some(server) = support::newest() else { return };
    let race = Race::run(&server, OF_VIEWS);
    for event in OF_VIEWS {
        let times = race.times(*event);
        assert!(times + 3 >= race.queries, "{event:?}: {times}");
    }
}
