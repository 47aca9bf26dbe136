//! `pgx clone`.

use std::time::Duration;

use super::dump::{CopyFormat, SelectionArgs, duration};
use super::extensions::ExtensionArgs;
use super::maps::MapArgs;
use super::omitted::OmittedArgs;
use super::parts::PartsArgs;

/// Copy a database into another, all of it or nothing, with no file between
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, after_help = EXAMPLES)]
pub(crate) struct CloneArgs {
    /// The database to read: a name, a URI, or a "key=value …" string
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,

    /// The database to fill, which is empty; with --create, the one to make
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,

    #[command(flatten)]
    pub(crate) roles: SideRoleArgs,

    /// Everything in one transaction: the default into an existing database; with --create, one
    /// transaction instead of many in a database that nobody sees before it is complete
    #[arg(short = '1', long, help_heading = "Target")]
    pub(crate) single_transaction: bool,

    /// Make a new database: the one TARGET names, else one named as the source
    #[arg(
        short = 'C',
        long,
        help_heading = "Target",
        conflicts_with_all = ["data_only", "no_schema", "statistics_only"]
    )]
    pub(crate) create: bool,

    /// With --create: the owner of the new database
    #[arg(long, value_name = "ROLE", help_heading = "Target", requires = "create")]
    pub(crate) owner: Option<String>,

    /// With --create: the database to connect to first [default: postgres, then template1]
    #[arg(long, value_name = "DBNAME", help_heading = "Target", requires = "create")]
    pub(crate) maintenance_db: Option<String>,

    #[command(flatten)]
    pub(crate) selection: SelectionArgs,

    #[command(flatten)]
    pub(crate) parts: PartsArgs,

    #[command(flatten)]
    pub(crate) omitted: OmittedArgs,

    #[command(flatten)]
    pub(crate) extensions: ExtensionArgs,

    #[command(flatten)]
    pub(crate) maps: MapArgs,

    #[command(flatten)]
    pub(crate) behaviour: BehaviourArgs,

    #[command(flatten)]
    pub(crate) elsewhere: ElsewhereArgs,
}

/// As whom sessions act.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct SideRoleArgs {
    /// Act as this role after logging in (SET ROLE), in every session of both sides
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<String>,

    /// The same at the source only
    #[arg(long, value_name = "NAME")]
    pub(crate) source_role: Option<String>,

    /// The same at the target only
    #[arg(long, value_name = "NAME")]
    pub(crate) target_role: Option<String>,
}

/// How it is done.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Behaviour")]
pub(crate) struct BehaviourArgs {
    /// Sessions that read side by side, all in one snapshot; with --create (without -1) as many fill the
    /// target, besides one that leads them [default: to read as for pgx dump, to fill 1]
    #[arg(
        short = 'j',
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=256)
    )]
    pub(crate) jobs: Option<u16>,

    /// How rows travel: binary where every type of a table is known, or always text
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "auto")]
    pub(crate) copy_format: CopyFormat,

    /// Leave out what pgx cannot reproduce, say so, and end with exit code 3
    #[arg(long)]
    pub(crate) skip_unsupported: bool,

    /// Leave out what the role may not make on the target, with all that needs it
    #[arg(long)]
    pub(crate) skip_denied: bool,

    /// Fail when a lock of the source is not obtained in this time (500ms, 10s, 2min)
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) lock_wait_timeout: Option<Duration>,

    /// No ANALYZE afterwards
    #[arg(long)]
    pub(crate) no_analyze: bool,

    /// Let error reports show values of rows
    #[arg(long)]
    pub(crate) show_row_values: bool,
}

/// What two commands and a pipe do, known here to say so.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct ElsewhereArgs {
    /// Refused: a clone is of one database
    #[arg(long, hide = true)]
    pub(crate) all_databases: bool,

    /// Refused: a clone is of one database
    #[arg(short = 'g', long, hide = true)]
    pub(crate) globals_only: bool,
}

const EXAMPLES: &str = "\
What a connection string does not say comes from the environment (PGHOST, PGPORT, PGUSER, …), for
both sides alike. Cloning runs SQL chosen by whoever owned the source; --data-only runs none of it.

Examples:
  pgx clone shop shop_copy                        into an existing, empty database
  pgx clone shop shop_copy --create               into a new one
  pgx clone postgres://ann@db/shop shop_copy --create -j 4
  pgx clone shop shop_copy -n public -T 'log*' --no-owner
  pgx clone shop shop_copy --tables-from parcels.toml";
