//! Databases and roles that end with the test.

use std::thread;
use std::time::{Duration, Instant};

use pgx_core::connect::Session;

use super::{Server, unique};

/// A terminated backend takes a moment to leave.
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// A database of one test; dropped with this value, whoever is still connected.
pub(crate) struct TestDb {
    server: Server,
    name: String,
}

impl TestDb {
    /// A new, empty database.
    pub(crate) fn new(server: &Server) -> TestDb {
        TestDb::with(server, "")
    }

    /// A new, empty database with options: `ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`.
    pub(crate) fn with(server: &Server, options: &str) -> TestDb {
        let database = TestDb::adopt(server, &unique("db"));
        let sql = format!("CREATE DATABASE {} TEMPLATE template0 {options}", database.name);
        execute(&mut server.session(), &sql);
        database
    }

    /// A database that somebody else will make, or that is there already.
    pub(crate) fn adopt(server: &Server, name: &str) -> TestDb {
        TestDb { server: server.clone(), name: name.to_owned() }
    }

    /// Its name, which needs no quotes.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Its URI, as the superuser.
    pub(crate) fn uri(&self) -> String {
        self.server.uri(&self.name)
    }

    /// Its URI, as another role.
    pub(crate) fn uri_as(&self, role: &str) -> String {
        self.server.uri_as(role, &self.name)
    }

    /// A superuser's session.
    pub(crate) fn session(&self) -> Session {
        self.server.session_in(&self.name)
    }

    /// A session of another role.
    pub(crate) fn session_as(&self, role: &str) -> Session {
        self.server.session_as(role, &self.name)
    }

    /// Runs statements in one implicit transaction.
    pub(crate) fn sql(&self, sql: &str) {
        execute(&mut self.session(), sql);
    }

    /// The rows of a query.
    pub(crate) fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let rows = self.session().query(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
        rows.iter().map(|row| row.values().to_vec()).collect()
    }

    /// The one value of a query, empty when it is null.
    pub(crate) fn value(&self, sql: &str) -> String {
        match &mut self.rows(sql)[..] {
            [row] if row.len() == 1 => row[0].take().unwrap_or_default(),
            rows => panic!("not exactly one value: {rows:?}\n{sql}"),
        }
    }

    /// Runs a script as pg_dump writes it: statements, and `COPY … FROM stdin;` with its rows.
    pub(crate) fn script(&self, text: &str) {
        let mut session = self.session();
        let mut statements = String::new();
        let mut lines = text.split_inclusive('\n');
        while let Some(line) = lines.next() {
            if line.starts_with("COPY ") && line.trim_end().ends_with(" FROM stdin;") {
                execute(&mut session, &std::mem::take(&mut statements));
                let rows = lines.by_ref().take_while(|line| line.trim_end() != "\\.");
                copy(&mut session, line, rows);
            } else if !line.starts_with('\\') {
                statements.push_str(line);
            }
        }
        execute(&mut session, &statements);
    }
}

impl TestDb {
    /// A database cannot be dropped while it has subscriptions.
    fn drop_subscriptions(&self) {
        let config = self.server.config(self.server.user(), &self.name);
        let Ok(mut session) = Session::open(&config) else { return };
        let sql = "DO $$DECLARE s name; BEGIN FOR s IN SELECT subname FROM pg_subscription \
             JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database() LOOP \
             EXECUTE format('ALTER SUBSCRIPTION %I SET (slot_name = NONE)', s); \
             EXECUTE format('DROP SUBSCRIPTION %I', s); END LOOP; END$$";
        drop(session.execute(sql));
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let name = &self.name;
        let sql = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        let first = self.server.session().execute(&format!("DROP DATABASE IF EXISTS {name}"));
        if first.is_err() {
            self.drop_subscriptions();
            drop_patiently(&self.server, &sql, &format!("DROP DATABASE IF EXISTS {name}"));
        }
    }
}

/// A role of one test; declare it before the databases in which it owns something.
pub(crate) struct Role {
    server: Server,
    name: String,
}

impl Role {
    /// A new role whose name ends with `suffix`, with options: `LOGIN CREATEDB`.
    pub(crate) fn new(server: &Server, suffix: &str, options: &str) -> Role {
        let name = unique(suffix);
        execute(&mut server.session(), &format!("CREATE ROLE {name} {options}"));
        Role { server: server.clone(), name }
    }

    /// Its name, which needs no quotes.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        drop_patiently(&self.server, "SELECT", &format!("DROP ROLE IF EXISTS {}", self.name));
    }
}

fn execute(session: &mut Session, sql: &str) {
    if let Err(error) = session.execute(sql) {
        panic!("{error:?}\n{sql}");
    }
}

fn copy<'t>(session: &mut Session, sql: &str, rows: impl Iterator<Item = &'t str>) {
    let mut copy = session.copy_in(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    for row in rows {
        copy.send(row.as_bytes()).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    }
    copy.finish().unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
}

/// A failure to clean up is told, but never hides the failure of the test itself.
fn drop_patiently(server: &Server, before: &str, sql: &str) {
    let start = Instant::now();
    let mut session = server.session();
    loop {
        let dropped = session.execute(before).and_then(|()| session.execute(sql));
        match dropped {
            Ok(()) => return,
            Err(_) if start.elapsed() < GONE_WITHIN => thread::sleep(Duration::from_millis(50)),
            Err(error) => {
                assert!(thread::panicking(), "cannot clean up: {error:?}");
                return eprintln!("cannot clean up: {error:?}");
            }
        }
    }
}
