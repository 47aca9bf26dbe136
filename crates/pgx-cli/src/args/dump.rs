//! `pgx dump`.

use std::path::PathBuf;
use std::time::Duration;

use pgx_core::stripe::StreamCodec;

use super::all_databases::AllDatabasesArgs;
use super::connection::ConnectionArgs;
use super::globals::GlobalsArgs;
use super::omitted::OmittedArgs;
use super::parts::PartsArgs;
use super::role::RoleArgs;

/// Write a database, some of its tables, or a cluster's roles and tablespaces into an archive
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, after_help = EXAMPLES)]
pub(crate) struct DumpArgs {
    /// Database: a name, a URI, or a "key=value …" string
    #[arg(value_name = "DBNAME|URI")]
    pub(crate) database: Option<String>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    #[command(flatten)]
    pub(crate) role: RoleArgs,

    #[command(flatten)]
    pub(crate) selection: SelectionArgs,

    #[command(flatten)]
    pub(crate) globals: GlobalsArgs,

    #[command(flatten)]
    pub(crate) cluster: AllDatabasesArgs,

    #[command(flatten)]
    pub(crate) parts: PartsArgs,

    #[command(flatten)]
    pub(crate) omitted: OmittedArgs,

    /// Write the archive to this file; without it, to stdout
    #[arg(short = 'f', long, value_name = "FILE", help_heading = "Output")]
    pub(crate) file: Option<PathBuf>,

    /// Replace the file if it exists
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,

    /// Compression of rows: zstd, zstd:LEVEL (1 to 19), gzip, gzip:LEVEL (1 to 9), lz4 or none
    #[arg(
        short = 'Z',
        long,
        value_name = "METHOD",
        default_value = "zstd",
        help_heading = "Output",
        value_parser = compression
    )]
    pub(crate) compress: StreamCodec,

    /// How rows travel and are stored: binary where every type of a table is known, or always text
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value = "auto",
        help_heading = "Output"
    )]
    pub(crate) copy_format: CopyFormat,

    /// Sessions that read side by side, all in one snapshot [default: 2 where more than 32 MiB of rows
    /// or 500 tables are read, else 1]
    #[arg(
        short = 'j',
        long,
        value_name = "N",
        help_heading = "Behaviour",
        value_parser = clap::value_parser!(u16).range(1..=256)
    )]
    pub(crate) jobs: Option<u16>,

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

    /// As -t, with all partitions and children of what matches; can be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) table_and_children: Vec<String>,

    /// As -T, with all partitions and children of what matches; can be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude_table_and_children: Vec<String>,

    /// No rows of tables that match, but their definitions; can be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude_table_data: Vec<String>,

    /// The same with all partitions and children of what matches; can be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude_table_data_and_children: Vec<String>,

    /// No rows of unlogged tables, no values of unlogged sequences
    #[arg(long)]
    pub(crate) no_unlogged_table_data: bool,

    /// Dump only extensions that match; can be repeated
    #[arg(short = 'e', long = "extension", value_name = "PATTERN")]
    pub(crate) extensions: Vec<String>,

    /// Leave out extensions that match; can be repeated
    #[arg(long = "exclude-extension", value_name = "PATTERN")]
    pub(crate) exclude_extensions: Vec<String>,

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

    /// Rows of the foreign tables of servers that match, too; can be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) include_foreign_data: Vec<String>,

    /// Take the tables from a manifest, a filter file or a list; "-" reads stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) tables_from: Vec<PathBuf>,

    /// A TOML manifest, pg_dump's --filter, or one table per line; without it, the file tells
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) tables_format: Option<TablesFormat>,
}

/// How rows travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum CopyFormat {
    Auto,
    Binary,
    Text,
}

/// Forms of the file behind `--tables-from`. (Comments on the words would become help, and blow all of
/// it up.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TablesFormat {
    Toml,
    Filter,
    List,
}

/// Levels of a method: the one it has when none is said, and the highest.
const ZSTD_LEVELS: (u32, u32) = (1, 19);
const GZIP_LEVELS: (u32, u32) = (6, 9);

/// `METHOD`, `METHOD:LEVEL`, `METHOD:level=LEVEL`, or a level alone, which is gzip's, as with pg_dump.
fn compression(text: &str) -> Result<StreamCodec, String> {
    if let Ok(number) = text.parse::<u32>() {
        return match number {
            0 => Ok(StreamCodec::None),
            _ => level(Some(text), "gzip", GZIP_LEVELS).map(StreamCodec::Gzip),
        };
    }
    let (method, detail) = match text.split_once(':') {
        Some((method, detail)) => (method, Some(detail.strip_prefix("level=").unwrap_or(detail))),
        None => (text, None),
    };
    match (method, detail) {
        ("zstd", _) => {
            let level = level(detail, method, ZSTD_LEVELS)?;
            Ok(StreamCodec::Zstd(i32::try_from(level).unwrap_or(1)))
        }
        ("gzip", _) => level(detail, method, GZIP_LEVELS).map(StreamCodec::Gzip),
        ("lz4", None) => Ok(StreamCodec::Lz4),
        ("none", None) => Ok(StreamCodec::None),
        ("lz4" | "none", _) => Err(format!("{method} has no levels")),
        _ => Err("the methods are zstd, gzip, lz4 and none".to_owned()),
    }
}

fn level(text: Option<&str>, method: &str, levels: (u32, u32)) -> Result<u32, String> {
    let (default, highest) = levels;
    let level = match text {
        None => Some(default),
        Some(text) => text.parse().ok().filter(|level| (1..=highest).contains(level)),
    };
    level.ok_or_else(|| format!("the level of {method} is a number from 1 to {highest}"))
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
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
  pgx dump --globals-only -f globals.pgx          roles and tablespaces of the cluster
  pgx dump --all-databases postgres://ann@db/ -f cluster.pgx
  pgx dump shop | ssh backup 'cat > shop.pgx'     through a pipe";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compression_is_a_method_and_a_level() {
        for (text, codec) in [
            ("zstd", StreamCodec::Zstd(1)),
            ("zstd:19", StreamCodec::Zstd(19)),
            ("zstd:level=3", StreamCodec::Zstd(3)),
            ("gzip", StreamCodec::Gzip(6)),
            ("gzip:9", StreamCodec::Gzip(9)),
            ("4", StreamCodec::Gzip(4)),
            ("lz4", StreamCodec::Lz4),
            ("none", StreamCodec::None),
            ("0", StreamCodec::None),
        ] {
            assert_eq!(compression(text), Ok(codec), "{text}");
        }
        for wrong in ["", "zstd:", "zstd:0", "zstd:20", "none:1", "gzip:10", "10", "lz4:1", "xz"] {
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
