//! `cargo xtask bench server`: what the server alone needs for the work of a dump and a restore, with
//! nothing sent to a client: no client can be faster.

use std::collections::VecDeque;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow};
use pgx_core::connect::quote;

use super::measure::{measure, median};
use super::place::{Fresh, Place, told};
use super::samples::{self, Sample};
use super::table::{Table, number};
use super::{Subject, report};
use crate::{process, stop};

/// `cargo xtask bench server`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// Databases of that server, which are only read [default: generated ones]
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "NAME", requires = "server")]
    databases: Vec<String>,
    /// The size of generated databases: at 1 about 1 GB each, or 10,000 tables
    #[arg(long, default_value_t = 0.1, conflicts_with = "databases")]
    scale: f64,
    /// A directory where the server may write the rows of a database
    #[arg(long, value_name = "DIR", default_value = "/tmp")]
    server_scratch: String,
    /// Memory for each index build [default: the server's setting]
    #[arg(long, value_name = "SIZE")]
    maintenance_work_mem: Option<String>,
    /// Every figure is the median of so many runs
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
}

/// The lines of the table.
const STEPS: [&str; 7] = [
    "COPY to /dev/null, 1 session",
    "COPY to /dev/null, 2 sessions",
    "COPY FREEZE from files, 1 session",
    "COPY FREEZE from files, 2 sessions",
    "CREATE INDEX, 1 session",
    "CREATE INDEX, 2 sessions",
    "ADD FOREIGN KEY, 1 session",
];

/// Measures every database, and prints a table.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let ground = arguments.subject.ground(None)?;
    let (mut names, mut columns) = (Vec::new(), Vec::new());
    let mut add = |name: &str, database: &str| -> Result<()> {
        names.push(name.to_owned());
        columns
            .push(Alone { place: &ground.place, pgx: &ground.pgx, arguments, database }.figures()?);
        Ok(())
    };
    for database in &arguments.databases {
        add(database, database)?;
    }
    let samples: &[Sample] = if arguments.databases.is_empty() { &samples::ALL } else { &[] };
    for sample in samples {
        let made = sample.make(&ground.place, arguments.scale)?;
        add(sample.name, &made.name)?;
    }
    let memory = arguments.maintenance_work_mem.as_deref().unwrap_or("as the server says");
    let text = format!(
        "Seconds. {}; PostgreSQL {}, on {}; memory for index builds: {memory}.\n\n{}",
        report::runs(arguments.runs),
        ground.place.version,
        report::machine(),
        table(&names, &columns)
    );
    arguments.subject.tell("server", &text)
}

fn table(names: &[String], columns: &[[f64; STEPS.len()]]) -> Table {
    let head: Vec<&str> =
        std::iter::once("the server alone").chain(names.iter().map(String::as_str)).collect();
    let mut table = Table::new(&head);
    for (at, step) in STEPS.iter().enumerate() {
        let figures = columns.iter().map(|column| number(Some(column[at])));
        table.line(std::iter::once((*step).to_owned()).chain(figures).collect());
    }
    table
}

/// Tables that are nobody's members, the largest first; binary where every type has such a form.
const TABLES: &str = "
    SELECT format('%I.%I', n.nspname, c.relname) AS value,
           CASE WHEN bool_and(t.typsend <> 0 AND t.typreceive <> 0) THEN 'binary' ELSE 'text' END
               AS format
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type t ON t.oid = a.atttypid
     WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                          AND d.objid = c.oid AND d.deptype = 'e')
     GROUP BY n.nspname, c.relname, c.oid
     ORDER BY pg_table_size(c.oid) DESC, 1";

/// Definitions of indexes, the largest first.
const INDEXES: &str = "
    SELECT pg_get_indexdef(i.indexrelid) AS value, format('%I.%I', n.nspname, c.relname) AS format
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indexrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind = 'i'
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                          AND d.objid = i.indrelid AND d.deptype = 'e')
     ORDER BY pg_relation_size(c.oid) DESC, 1";

/// Foreign keys.
const KEYS: &str = "
    SELECT format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', n.nspname, c.relname, k.conname,
                  pg_get_constraintdef(k.oid)) AS value,
           format('ALTER TABLE %I.%I DROP CONSTRAINT %I', n.nspname, c.relname, k.conname) AS format
      FROM pg_constraint k
      JOIN pg_class c ON c.oid = k.conrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE k.contype = 'f' AND k.conparentid = 0
     ORDER BY 1";

/// One database.
struct Alone<'a> {
    place: &'a Place,
    pgx: &'a Path,
    arguments: &'a Arguments,
    database: &'a str,
}

impl Alone<'_> {
    /// Seconds of each step.
    fn figures(&self) -> Result<[f64; STEPS.len()]> {
        eprintln!("{}", self.database);
        let scratch = &self.arguments.server_scratch;
        let files = format!("{scratch}/pgx_bench_{}_", std::process::id());
        let tables = self.list(TABLES)?;
        let nowhere = each(&tables, |_, table, format| {
            format!("COPY {table} TO '/dev/null' (FORMAT {format})")
        });
        let out =
            [self.median(&nowhere, self.database, 1)?, self.median(&nowhere, self.database, 2)?];
        let to_files = each(&tables, |at, table, format| {
            let file = quote::literal(&format!("{files}{at}"));
            format!("COPY {table} TO {file} (FORMAT {format})")
        });
        let from_files = each(&tables, |at, table, format| {
            let file = quote::literal(&format!("{files}{at}"));
            format!("TRUNCATE {table}; COPY {table} FROM {file} (FORMAT {format}, FREEZE)")
        });
        self.spread(&to_files, self.database, 2)?;
        let copy = self.copy();
        let loaded = copy.and_then(|copy| {
            let load = [
                self.median(&from_files, &copy.name, 1)?,
                self.median(&from_files, &copy.name, 2)?,
            ];
            Ok((copy, load))
        });
        let remove = quote::literal(&format!("rm -f {files}*"));
        self.place.run(&format!("COPY (SELECT 1) TO PROGRAM {remove}"))?;
        let (copy, load) = loaded?;
        let [one, two, keys] = self.after_rows(&copy.name)?;
        Ok([out[0], out[1], load[0], load[1], one, two, keys])
    }

    /// A database with tables and without rows, indexes and keys.
    fn copy(&self) -> Result<Fresh<'_>> {
        let dir = tempfile::Builder::new().prefix("pgx-bench-").tempdir()?;
        let archive = dir.path().join("archive");
        let name = format!("pgx_bench_{}_alone", std::process::id());
        let copy = self.place.fresh(&name, self.database)?;
        let run = |words: &[&str], database: &str| {
            let mut command = Command::new(self.pgx);
            command.args(words).arg(&archive).args(["-d", &self.place.uri(database)]);
            process::without_pg_environment(&mut command);
            self.place.introduce(&mut command);
            measure(&mut command, None)
        };
        run(&["dump", "-q", "--section", "pre-data", "-f"], self.database)?;
        run(&["restore", "-q", "--no-analyze", "--section", "pre-data"], &copy.name)?;
        Ok(copy)
    }

    /// Indexes by one and by two sessions, and keys.
    fn after_rows(&self, copy: &str) -> Result<[f64; 3]> {
        let indexes = self.list(INDEXES)?;
        let make = each(&indexes, |_, definition, _| definition.to_owned());
        let drop = each(&indexes, |_, _, name| format!("DROP INDEX {name}"));
        let keys = self.list(KEYS)?;
        let add = each(&keys, |_, definition, _| definition.to_owned());
        let remove = each(&keys, |_, _, removal| removal.to_owned());
        let (mut one, mut two, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.arguments.runs {
            one.push(self.timed(&make, copy, 1)?);
            self.spread(&drop, copy, 1)?;
            two.push(self.timed(&make, copy, 2)?);
            keys.push(self.timed(&add, copy, 1)?);
            self.spread(&remove, copy, 1)?;
            self.spread(&drop, copy, 1)?;
        }
        Ok([median(one), median(two), median(keys)])
    }

    fn list(&self, sql: &str) -> Result<Vec<(String, String)>> {
        let mut session = self.place.session(self.database)?;
        session.execute("SET search_path = ''").map_err(told)?;
        let rows = session.query(sql).map_err(told)?;
        let pair = |row| -> pgx_core::Result<(String, String)> {
            let row: &pgx_core::connect::Row = row;
            Ok((row.text("value")?, row.text("format")?))
        };
        rows.iter().map(|row| pair(row).map_err(told)).collect()
    }

    fn median(&self, statements: &[String], database: &str, sessions: usize) -> Result<f64> {
        let runs = (0..self.arguments.runs).map(|_| self.timed(statements, database, sessions));
        Ok(median(runs.collect::<Result<Vec<f64>>>()?))
    }

    fn timed(&self, statements: &[String], database: &str, sessions: usize) -> Result<f64> {
        self.place.checkpoint()?;
        let start = Instant::now();
        self.spread(statements, database, sessions)?;
        Ok(start.elapsed().as_secs_f64())
    }

    /// Runs statements in several sessions: each takes the next when it is free.
    fn spread(&self, statements: &[String], database: &str, sessions: usize) -> Result<()> {
        let queue = Mutex::new(statements.iter().collect::<VecDeque<_>>());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let work = || -> Result<()> {
            let mut session = self.place.session(database)?;
            if let Some(size) = &self.arguments.maintenance_work_mem {
                let size = quote::literal(size);
                session.execute(&format!("SET maintenance_work_mem = {size}")).map_err(told)?;
            }
            while let Some(statement) = next() {
                stop::check()?;
                session.execute(statement).map_err(told)?;
            }
            Ok(())
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..sessions).map(|_| scope.spawn(work)).collect();
            let mut joined = threads.into_iter().map(|thread| thread.join());
            joined.try_for_each(|end| end.map_err(|_| anyhow!("a session panicked"))?)
        })
    }
}

/// A statement for each pair.
fn each(pairs: &[(String, String)], make: impl Fn(usize, &str, &str) -> String) -> Vec<String> {
    pairs.iter().enumerate().map(|(at, (name, more))| make(at, name, more)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_its_line() {
        let columns = [[0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]];
        let text = table(&["dias".to_owned()], &columns).to_string();
        assert_eq!(text.lines().count(), 2 + STEPS.len());
        assert!(text.lines().last().is_some_and(|line| line.ends_with("| 6.00 |")), "{text}");
    }

    #[test]
    fn statements_are_numbered() {
        let pairs = [("a".to_owned(), "x".to_owned()), ("b".to_owned(), "y".to_owned())];
        assert_eq!(each(&pairs, |at, name, more| format!("{at}{name}{more}")), ["0ax", "1by"]);
    }
}
