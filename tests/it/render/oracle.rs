//! Asks servers what they print, and compares.

use std::thread;

use pgx_core::connect::{Session, pinned_settings, quote};
use pgx_core::rows::render::{self, Origin};

use super::case::Case;
use super::copied::{self, Value};
use crate::support::{self, Server, TestDb, skip};

/// Among the versions that are asked are the oldest, the newest, and one between.
const MAJORS: [u32; 4] = [10, 14, 18, 19];

/// Random values of each case.
const RANDOM_ROWS: usize = 600;

/// Differences shown of one case.
const SHOWN_MAX: usize = 6;

/// What cases make random values with.
const FUNCTIONS: &str = r#"
    -- A whole number from low to high.
    CREATE FUNCTION whole(low int8, high int8) RETURNS int8 LANGUAGE sql VOLATILE AS
        'SELECT low + floor(random() * (high - low + 1)::float8)::int8';
    -- A whole number of any size, small ones as often as large ones.
    CREATE FUNCTION sized() RETURNS int8 LANGUAGE sql VOLATILE AS
        'SELECT ((whole(0, 4294967295) << 32) | whole(0, 4294967295)) >> whole(0, 63)::int';
    -- Lower-case hexadecimal digits, two per byte.
    CREATE FUNCTION hex(bytes int8) RETURNS text LANGUAGE sql VOLATILE AS
        $$SELECT coalesce(string_agg(lpad(to_hex(whole(0, 255)), 2, '0'), ''), '')
          FROM generate_series(1, bytes)$$;
    -- One of the texts.
    CREATE FUNCTION pick(VARIADIC texts text[]) RETURNS text LANGUAGE sql VOLATILE AS
        'SELECT texts[whole(1, cardinality(texts))]';
    -- Text of at most so many characters, among them every one that some syntax quotes.
    CREATE FUNCTION words(most int8) RETURNS text LANGUAGE sql VOLATILE AS
        $$SELECT coalesce(string_agg(CASE WHEN random() < 0.6 THEN chr(whole(97, 122)::int)
              WHEN random() < 0.8 THEN chr(whole(32, 126)::int)
              ELSE pick(E'\n', E'\r', E'\t', E'\b', E'\f', E'\v', E'\001', E'\x7f', E'\\', '''',
                  '"', ',', '{', '}', '(', ')', ' ', 'ä', '→', '😀') END, ''), '')
          FROM generate_series(1, whole(0, most))$$;
    -- A double of any size that random() can make, with few or many digits.
    CREATE FUNCTION double() RETURNS float8 LANGUAGE sql VOLATILE AS
        $$SELECT CASE whole(0, 2) WHEN 0 THEN whole(-99999, 99999) / 100.0::float8
              WHEN 1 THEN (random() - 0.5) * 10.0::float8 ^ whole(-20, 20)
              ELSE (random() - 0.5) * 10.0::float8 ^ whole(-300, 300) END$$;
"#;

/// Compares the cases on servers of old, middling and new versions, and on the one with extensions.
pub(super) fn compare(cases: &[Case]) {
    on_each_asked(|server| {
        let database = TestDb::new(server);
        database.sql(FUNCTIONS);
        differences(&database, cases)
    });
}

/// The same for special values only, in databases whose encoding is LATIN1.
pub(super) fn compare_latin1(cases: &[Case]) {
    on_each_asked(|server| {
        let options = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'";
        differences(&TestDb::with(server, options), cases)
    });
}

fn on_each_asked(differences: impl Fn(&Server) -> Vec<String> + Sync) {
    let asked = |server: &Server| {
        server.has_postgis() || MAJORS.contains(&server.major) && server.name.parse::<u32>().is_ok()
    };
    let servers: Vec<Server> = support::servers().into_iter().filter(asked).collect();
    let differences = &differences;
    let wrong: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> =
            servers.iter().map(|server| scope.spawn(move || differences(server))).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("a comparison")).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn differences(database: &TestDb, cases: &[Case]) -> Vec<String> {
    let server = database.server();
    let fitting = cases.iter().filter(|case| case.since <= server.major);
    fitting
        .filter(|case| has_extension(database, case))
        .flat_map(|case| {
            let wrong = Table { database, case }.differences();
            let more = wrong.len().saturating_sub(SHOWN_MAX);
            let more = (more > 0).then(|| format!("… and {more} more"));
            let label = format!("PostgreSQL {}, {}: ", server.name, case.label());
            wrong.into_iter().take(SHOWN_MAX).chain(more).map(move |line| label.clone() + &line)
        })
        .collect()
}

fn has_extension(database: &TestDb, case: &Case) -> bool {
    let Some(name) = case.extension else { return true };
    let sql = format!("CREATE EXTENSION IF NOT EXISTS {name} CASCADE");
    let created = database.session().execute(&sql);
    if let Err(error) = &created {
        skip(&format!("PostgreSQL {}: {name}: {error}", database.server().name));
    }
    created.is_ok()
}

/// The table `public.t (v)` of one case.
struct Table<'d> {
    database: &'d TestDb,
    case: &'d Case,
}

impl Table<'_> {
    /// Every value whose text is not the server's, and every one that the server receives as another.
    fn differences(&self) -> Vec<String> {
        if let Err(error) = self.fill() {
            return vec![format!("{error:?}")];
        }
        let mut session = self.database.session();
        let major = session.major();
        let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ{}", pinned_settings(major));
        session.execute(&begin).expect("beginning a transaction");
        let binary = copied::binary(&mut session, "public.t");
        assert!(binary.len() > 1 && binary.contains(&None), "{} has no values", self.case.label());
        let printed: Vec<Value> =
            binary.iter().map(|value| self.print(&session, value.as_deref())).collect();
        let text = copied::text(&mut session, "public.t");
        let mut wrong = self.received_otherwise(&mut session, &binary, &text);
        if self.case.floats && major < 12 {
            let expected = self.read_back(&mut session, &text);
            let found = self.read_back(&mut session, &printed);
            wrong.extend(unlike(&binary, &printed, &expected, &found));
        } else {
            wrong.extend(unlike(&binary, &printed, &text, &printed));
        }
        wrong
    }

    /// What the server makes of its own bytes, where a restore would send them.
    fn received_otherwise(
        &self,
        session: &mut Session,
        binary: &[Value],
        text: &[Value],
    ) -> Vec<String> {
        let origin = Origin::new(session.version(), session.encoding().name());
        if !origin.is_received(&self.case.shape(), session.version()) {
            return Vec::new();
        }
        session
            .execute("SAVEPOINT received; CREATE TABLE public.received (LIKE public.t)")
            .expect("a table to receive");
        let sql = "COPY public.received FROM STDIN (FORMAT binary)";
        let sent = copied::try_send(session, sql, &copied::tuples_of(binary));
        let wrong = match sent {
            Ok(()) => {
                let received = copied::text(session, "public.received");
                unlike(binary, &received, text, &received)
            }
            Err(error) => vec![format!("not received: {error}")],
        };
        session.execute("ROLLBACK TO SAVEPOINT received").expect("rolling back");
        wrong
    }

    fn print(&self, session: &Session, value: Option<&[u8]>) -> Value {
        let origin = Origin::new(session.version(), session.encoding().name());
        let mut out = Vec::new();
        match render::value(&self.case.shape(), value?, origin, &mut out) {
            Ok(()) => Some(out),
            Err(error) => Some(format!("<{error}>").into_bytes()),
        }
    }

    /// What the server makes of texts.
    fn read_back(&self, session: &mut Session, texts: &[Value]) -> Vec<Value> {
        let table =
            "END; DROP TABLE IF EXISTS public.back; CREATE TABLE public.back (LIKE public.t)";
        session.execute(table).expect("a second table");
        copied::send(session, "COPY public.back FROM STDIN", &copied::lines(texts));
        copied::binary(session, "public.back")
    }

    fn fill(&self) -> pgx_core::Result<()> {
        let mut session = self.database.session();
        let column = self.case.column;
        let mut sql = format!(
            "{}; SET TimeZone = 'UTC'; DROP TABLE IF EXISTS t, back; CREATE TABLE t (v {column}); \
             INSERT INTO t VALUES (NULL); SELECT setseed(0.25)",
            self.case.prepare
        );
        for special in self.specials(session.major()) {
            sql.push_str(&format!("; INSERT INTO t VALUES ({})", quote::literal(special)));
        }
        if let Some(random) = self.case.random {
            sql.push_str(&format!(
                "; INSERT INTO t SELECT {random} FROM generate_series(1, {RANDOM_ROWS}) i"
            ));
        }
        session.execute(&sql)?;
        if let Some(width) = self.case.bits {
            let bytes = noise(width * RANDOM_ROWS * 4);
            let rows = copied::tuples(bytes.chunks_exact(width));
            copied::send(&mut session, "COPY t FROM STDIN (FORMAT binary)", &rows);
        }
        Ok(())
    }

    fn specials(&self, major: u32) -> impl Iterator<Item = &str> {
        let newer = self.case.newer.iter().filter(move |(since, _)| *since <= major);
        let newer = newer.flat_map(|(_, values)| values.iter());
        self.case.specials.iter().chain(newer).copied()
    }
}

/// Where what was found is not what was expected.
fn unlike(binary: &[Value], printed: &[Value], expected: &[Value], found: &[Value]) -> Vec<String> {
    assert_eq!(expected.len(), found.len(), "as many rows both ways");
    let rows = expected.iter().zip(found).zip(binary.iter().zip(printed));
    rows.filter(|((expected, found), _)| expected != found)
        .map(|((expected, _), (binary, printed))| {
            let hex: Option<String> =
                binary.as_ref().map(|bytes| bytes.iter().map(|b| format!("{b:02x}")).collect());
            format!("{hex:?} must be {:?}, is {:?}", Shown(expected), Shown(printed))
        })
        .collect()
}

struct Shown<'v>(&'v Value);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(bytes) => write!(f, "{}", bytes.escape_ascii()),
            None => f.write_str("null"),
        }
    }
}

/// Bytes that look random and are the same in every run.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}
