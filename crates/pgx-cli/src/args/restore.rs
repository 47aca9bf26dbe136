//! `pgx restore`.

use super::connection::ConnectionArgs;
use super::extensions::ExtensionArgs;
use super::globals::RestoreGlobalsArgs;
use super::maps::MapArgs;
use super::member::{DatabasesArgs, MemberArgs};
use super::memory::MemoryArgs;
use super::omitted::OmittedArgs;
use super::parts::PartsArgs;
use super::restore_jobs::RestoreJobsArgs;
use super::role::RoleArgs;

/// Load an archive into a database, or a cluster archive into a cluster, all of it or nothing
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, after_help = EXAMPLES)]
pub(crate) struct RestoreArgs {
    /// The archive; "-" or nothing reads stdin
    #[arg(value_name = "ARCHIVE")]
    pub(crate) archive: Option<String>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    #[command(flatten)]
    pub(crate) role: RoleArgs,

    /// Everything in one transaction: the default into an existing database; with --create, one
    /// transaction instead of many in a database that nobody sees before it is complete
    #[arg(short = '1', long, help_heading = "Target")]
    pub(crate) single_transaction: bool,

    /// Make a new database: the one -d names, else one named as in the archive
    #[arg(short = 'C', long, help_heading = "Target")]
    pub(crate) create: bool,

    /// With --create: the owner of the new database
    #[arg(long, value_name = "ROLE", help_heading = "Target")]
    pub(crate) owner: Option<String>,

    /// With --create: the database to connect to first [default: postgres, then template1]
    #[arg(long, value_name = "DBNAME", help_heading = "Target")]
    pub(crate) maintenance_db: Option<String>,

    #[command(flatten)]
    pub(crate) parts: PartsArgs,

    /// Restore only tables that match; can be repeated
    #[arg(short = 't', long = "table", value_name = "PATTERN", help_heading = "Selection")]
    pub(crate) tables: Vec<String>,

    /// Restore only schemas that match; can be repeated
    #[arg(short = 'n', long = "schema", value_name = "PATTERN", help_heading = "Selection")]
    pub(crate) schemas: Vec<String>,

    /// Leave large objects out; -t and -n do so too
    #[arg(short = 'B', long, visible_alias = "no-blobs", help_heading = "Selection")]
    pub(crate) no_large_objects: bool,

    #[command(flatten)]
    pub(crate) omitted: OmittedArgs,

    #[command(flatten)]
    pub(crate) globals: RestoreGlobalsArgs,

    #[command(flatten)]
    pub(crate) extensions: ExtensionArgs,

    #[command(flatten)]
    pub(crate) maps: MapArgs,

    #[command(flatten)]
    pub(crate) member: MemberArgs,

    #[command(flatten)]
    pub(crate) databases: DatabasesArgs,

    #[command(flatten)]
    pub(crate) jobs: RestoreJobsArgs,

    /// Leave out what the role may not make on the target, with all that needs it
    #[arg(long, help_heading = "Behaviour")]
    pub(crate) skip_denied: bool,

    #[command(flatten)]
    pub(crate) memory: MemoryArgs,

    /// No ANALYZE afterwards
    #[arg(long, help_heading = "Behaviour")]
    pub(crate) no_analyze: bool,

    /// Print what would be done, and change nothing; with -d, check the target too
    #[arg(long, help_heading = "Behaviour")]
    pub(crate) dry_run: bool,

    /// Let error reports show values of rows
    #[arg(long, help_heading = "Behaviour")]
    pub(crate) show_row_values: bool,
}

const EXAMPLES: &str = "\
Restoring runs SQL chosen by whoever owned the source; --data-only runs none of it.

Examples:
  pgx restore shop.pgx -d shop_copy               into an existing, empty database
  pgx restore shop.pgx --create -d shop_copy      into a new one
  pgx restore rows.pgx -d shop --data-only        rows only, into tables that exist
  pgx dump shop | pgx restore -d shop_copy        without a file between
  pgx restore shop.pgx -d shop_copy -j 4          over four sessions, to be resumed if it stops
  pgx restore shop.pgx -d shop_copy --dry-run     the plan only
  pgx restore globals.pgx --dry-run               the same for roles and tablespaces
  pgx restore cluster.pgx -d postgres://ann@db/postgres
                                                  roles, tablespaces and every database
  pgx restore cluster.pgx --database shop --create -d shop_copy";
