//! `pgx dump`.

use std::path::PathBuf;
use std::time::Duration;

use super::connection::ConnectionArgs;

/// Write a database, or some of its tables, into an archive
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, after_help = EXAMPLES)]
pub(crate) struct DumpArgs {
    /// Database: a name, a URI, or a "key=value …" string
    #[arg(value_name = "DBNAME|URI")]
    pub(crate) database: Option<String>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    #[command(flatten)]
    pub(crate) selection: SelectionArgs,

    /// Write the archive to this file; without it, to stdout
    #[arg(short = 'f', long, value_name = "FILE", help_heading = "Output")]
    pub(crate) file: Option<PathBuf>,

    /// Replace the file if it exists
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,

    /// Compression of rows: zstd, zstd:LEVEL (1 to 19) or none
    #[arg(
        short = 'Z',
        long,
        value_name = "METHOD",
        default_value = "zstd",
        help_heading = "Output",
        value_parser = compression
    )]
    pub(crate) compress: Compression,

    /// Leave out what pgx cannot reproduce, say so, and end with exit code 3
    #[arg(long, help_heading = "Behaviour")]
    pub(crate) skip_unsupported: bool,

    /// Fail when a table's lock is not obtained in this time (500ms, 10s, 2min; plain: milliseconds)
    #[arg(long, value_name = "TIME", help_heading = "Behaviour", value_parser = duration)]
    pub(crate) lock_wait_timeout: Option<Duration>,
}

/// Which objects and rows.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct SelectionArgs {
    /// Dump only tables that match (as in psql: s.t, t*, "Quoted"); can be repeated
    #[arg(short = 't', long = "table", value_name = "PATTERN")]
    pub(crate) tables: Vec<String>,

    /// Leave out tables that match; can be repeated
    #[arg(short = 'T', long = "exclude-table", value_name = "PATTERN")]
    pub(crate) exclude_tables: Vec<String>,

    /// Dump only schemas that match; can be repeated
    #[arg(short = 'n', long = "schema", value_name = "PATTERN")]
    pub(crate) schemas: Vec<String>,

    /// Leave out schemas that match; can be repeated
    #[arg(short = 'N', long = "exclude-schema", value_name = "PATTERN")]
    pub(crate) exclude_schemas: Vec<String>,

    /// Large objects too, where -t, -n or --tables-from choose; otherwise they are taken anyway
    #[arg(short = 'b', long, visible_alias = "blobs")]
    pub(crate) large_objects: bool,

    /// Leave large objects out
    #[arg(short = 'B', long, visible_alias = "no-blobs")]
    pub(crate) no_large_objects: bool,

    /// Definitions only, no rows
    #[arg(short = 's', long)]
    pub(crate) schema_only: bool,

    /// Rows only, no definitions
    #[arg(short = 'a', long)]
    pub(crate) data_only: bool,

    /// Take the tables from a manifest, a filter file or a list; "-" reads stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) tables_from: Vec<PathBuf>,

    /// A TOML manifest, pg_dump's --filter, or one table per line; without it, the file tells
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) tables_format: Option<TablesFormat>,
}

/// Forms of the file behind `--tables-from`. (Comments on the words would become help, and blow all of
/// it up.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TablesFormat {
    Toml,
    Filter,
    List,
}

/// How rows are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    /// Not at all.
    None,
    /// zstd at a level.
    Zstd(i32),
}

/// Level 1 compresses at several times the speed at which one server process sends rows.
const ZSTD_LEVEL: i32 = 1;

fn compression(text: &str) -> Result<Compression, String> {
    let (method, level) = match text.split_once(':') {
        Some((method, level)) => (method, Some(level)),
        None => (text, None),
    };
    let level = match level {
        None => ZSTD_LEVEL,
        Some(level) => level
            .parse()
            .ok()
            .filter(|level| (1..=19).contains(level))
            .ok_or("the level of zstd is a number from 1 to 19")?,
    };
    match (method, text) {
        ("zstd", _) => Ok(Compression::Zstd(level)),
        (_, "none" | "0") => Ok(Compression::None),
        _ => Err("the methods are zstd, zstd:LEVEL and none".to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let milliseconds_each: u64 = match unit.trim() {
        "" | "ms" => 1,
        "s" => 1000,
        "min" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        _ => return Err("the units of time are ms, s, min and h".to_owned()),
    };
    // A server's lock_timeout is a 32-bit number of milliseconds.
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(milliseconds_each))
        .filter(|&milliseconds| (1..=i32::MAX as u64).contains(&milliseconds))
        .map(Duration::from_millis)
        .ok_or_else(|| "a time is a number above 0 with a unit, at most 24 days".to_owned())
}

const EXAMPLES: &str = "\
What no option says comes from the connection string, then from the environment: PGHOST, PGPORT,
PGUSER, PGDATABASE, PGPASSWORD, PGPASSFILE (~/.pgpass) and others, as with libpq.

Examples:
  pgx dump shop -f shop.pgx                       the whole database
  pgx dump postgres://ann@db/shop -t 'public.order*' -f orders.pgx
  pgx dump shop --tables-from parcels.toml -f parcels.pgx
  pgx dump shop | ssh backup 'cat > shop.pgx'     through a pipe";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compression_is_a_method_and_a_level() {
        assert_eq!(compression("zstd"), Ok(Compression::Zstd(1)));
        assert_eq!(compression("zstd:19"), Ok(Compression::Zstd(19)));
        assert_eq!(compression("none"), Ok(Compression::None));
        for wrong in ["", "zstd:", "zstd:0", "zstd:20", "none:1", "gzip", "9"] {
            assert!(compression(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("250"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("3 min"), Ok(Duration::from_secs(180)));
        for wrong in ["", "0", "-1", "1d", "s", "99999999999h", "1000h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
