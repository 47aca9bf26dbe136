//! Reading rows: the framed stream of a session against tokio-postgres's COPY OUT, on the same tables.
//!
//! `PGX_COPY_SOURCE=URI cargo bench -p pgx-core --bench copy` reads the largest tables of a database as
//! COPY BINARY. Printed are the bytes, and for each way wall time, CPU of the client and CPU of its
//! backend (least of several runs, milliseconds): the server alone, which writes to its own `/dev/null`;
//! a session, with nothing done to the bytes; the same in ranges of blocks; a session whose rows are cut
//! and summed, as a dump does; tokio-postgres. The role is a superuser, and the server runs on Linux.

use std::hint::black_box;
use std::pin::pin;
use std::time::Instant;

use futures_util::StreamExt;
use pgx_core::connect::quote::qualified;
use pgx_core::connect::{Config, Interrupt, Overrides, Session, Side, pinned_settings};
use pgx_core::error::{Error, Result};
use pgx_core::rows::{CHUNK_BYTES, Cut, Cutter, RowSum};
use pgx_core::toc::RowFormat;
use rustix::time::{ClockId, clock_gettime};

const TABLES: usize = 4;
const RUNS: usize = 5;

fn main() {
    let Ok(source) = std::env::var("PGX_COPY_SOURCE") else {
        println!("PGX_COPY_SOURCE names no database: nothing is measured");
        return;
    };
    measure(&source).expect("the database can be read");
}

fn measure(source: &str) -> Result<()> {
    let (overrides, env) = (Overrides::default(), |name: &str| std::env::var(name).ok());
    let interrupt = Interrupt::new();
    let config = Config::resolve(Some(source), &overrides, &env, Side::Source, &interrupt)?;
    let mut session = Session::open(&config)?;
    let pins = pinned_settings(session.major());
    session.execute(&format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY{pins}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let client = runtime.block_on(connect(source));
    println!(
        "{:<32} {:>11} {:<16} {:>8} {:>8} {:>8}",
        "table", "bytes", "", "wall", "client", "server"
    );
    for table in largest(&mut session)? {
        let copy = format!("COPY {table} TO");
        report(&table, "server alone", least(|| alone(&mut session, &copy)));
        report(&table, "session", least(|| framed(&mut session, &copy)));
        report(&table, "ranges", least(|| ranges(&mut session, &table)));
        report(&table, "cut, summed", least(|| cut_and_summed(&mut session, &copy)));
        report(&table, "tokio-postgres", least(|| runtime.block_on(streamed(&client, &copy))));
    }
    Ok(())
}

fn largest(session: &mut Session) -> Result<Vec<String>> {
    let tables = session.query(&format!(
        "SELECT n.nspname, c.relname \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
         ORDER BY pg_catalog.pg_table_size(c.oid) DESC LIMIT {TABLES}"
    ))?;
    tables.iter().map(|row| Ok(qualified(row.str("nspname")?, row.str("relname")?))).collect()
}

/// What a way of reading gave, and the CPU time that its backend has used so far.
struct Read {
    bytes: usize,
    server: f64,
}

impl Read {
    fn by(session: &mut Session, bytes: usize) -> Read {
        let row = session.query_one(SERVER_CPU).expect("a superuser of a server on Linux");
        Read { bytes, server: nanoseconds(row.str("cpu").expect("a text")) }
    }
}

/// What the kernel says of the backend's time on a processor.
const SERVER_CPU: &str = "SELECT pg_catalog.split_part( \
    pg_catalog.pg_read_file('/proc/self/schedstat', 0, 99), ' ', 1) AS cpu";

fn nanoseconds(text: &str) -> f64 {
    text.parse::<f64>().expect("a number") * 1e-9
}

fn alone(session: &mut Session, copy: &str) -> Read {
    session.execute(&format!("{copy} '/dev/null' (FORMAT binary)")).expect("a superuser");
    Read::by(session, 0)
}

fn framed(session: &mut Session, copy: &str) -> Read {
    let mut bytes = 0;
    let copied = session.copy_out(&format!("{copy} STDOUT (FORMAT binary)"), |piece| {
        bytes += black_box(piece).len();
        Ok(())
    });
    copied.expect("the table can be read");
    Read::by(session, bytes)
}

/// Blocks of a range, as in a dump.
const RANGE_BLOCKS: u64 = 8192;

fn ranges(session: &mut Session, table: &str) -> Read {
    let blocks = session.query_one(&format!(
        "SELECT pg_catalog.pg_relation_size('{table}') \
         / pg_catalog.current_setting('block_size')::pg_catalog.int8 AS blocks"
    ));
    let blocks: u64 = blocks.and_then(|row| row.int("blocks")).expect("a size");
    let ranges = (0..=blocks).step_by(RANGE_BLOCKS as usize);
    let bytes = ranges.map(|from| {
        let rows = format!(
            "(SELECT * FROM ONLY {table} WHERE ctid >= '({from},0)' AND ctid < '({},0)')",
            from + RANGE_BLOCKS
        );
        framed(session, &format!("COPY {rows} TO")).bytes
    });
    let bytes = bytes.sum();
    Read::by(session, bytes)
}

fn cut_and_summed(session: &mut Session, copy: &str) -> Read {
    let mut bytes = 0;
    let mut cutter = Cutter::new(CHUNK_BYTES, RowSum::new(RowFormat::Binary));
    let copied = session.copy_out(&format!("{copy} STDOUT (FORMAT binary)"), |piece| {
        cutter.push(piece, |cut: Cut, _| {
            bytes += black_box(cut.raw).len();
            Ok::<_, Error>(())
        })
    });
    copied.expect("the table can be read");
    let rest = cutter.finish().expect("the rows are whole");
    black_box(cutter.sum().value());
    Read::by(session, bytes + rest.map_or(0, |cut| cut.raw.len()))
}

async fn connect(source: &str) -> tokio_postgres::Client {
    let connected = tokio_postgres::connect(source, tokio_postgres::NoTls).await;
    let (client, connection) = connected.expect("the database can be reached");
    tokio::spawn(connection);
    client
}

async fn streamed(client: &tokio_postgres::Client, copy: &str) -> Read {
    let stream = client.copy_out(&format!("{copy} STDOUT (FORMAT binary)")).await;
    let mut stream = pin!(stream.expect("the table can be read"));
    let mut bytes = 0;
    while let Some(piece) = stream.next().await {
        bytes += black_box(piece.expect("the table can be read")).len();
    }
    let row = client.query_one(SERVER_CPU, &[]).await.expect("a superuser of a server on Linux");
    Read { bytes, server: nanoseconds(row.get("cpu")) }
}

/// Times in seconds: on the wall, and on processors of the client and the server.
struct Figures {
    bytes: usize,
    wall: f64,
    client: f64,
    server: f64,
}

/// The least times of several runs behind one that is not counted.
fn least(mut work: impl FnMut() -> Read) -> Figures {
    let mut server = work().server;
    let infinite = f64::INFINITY;
    let mut least = Figures { bytes: 0, wall: infinite, client: infinite, server: infinite };
    for _ in 0..RUNS {
        let (started, before) = (Instant::now(), cpu_time());
        let read = work();
        least.bytes = read.bytes;
        least.wall = least.wall.min(started.elapsed().as_secs_f64());
        least.client = least.client.min(cpu_time() - before);
        least.server = least.server.min(read.server - server);
        server = read.server;
    }
    least
}

fn cpu_time() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
}

fn report(table: &str, way: &str, figures: Figures) {
    let Figures { bytes, wall, client, server } = figures;
    let [wall, client, server] = [wall, client, server].map(|time| time * 1e3);
    println!("{table:<32} {bytes:>11} {way:<16} {wall:>8.0} {client:>8.0} {server:>8.0}");
}
