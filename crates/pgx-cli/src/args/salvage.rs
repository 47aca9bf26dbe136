//! `pgx salvage`.

use std::path::PathBuf;

use super::member::MemberArgs;

/// Write what is whole of a damaged archive into a new one
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, after_help = EXAMPLES)]
pub(crate) struct SalvageArgs {
    /// The damaged archive, a file; it stays as it is
    #[arg(value_name = "DAMAGED")]
    pub(crate) archive: PathBuf,

    /// Tell table by table what is whole, what lost rows, and what is gone; write nothing
    #[arg(long, conflicts_with = "file")]
    pub(crate) list: bool,

    /// Write the repaired archive to this file
    #[arg(short = 'f', long, value_name = "REPAIRED", required_unless_present = "list")]
    pub(crate) file: Option<PathBuf>,

    /// Keep also the rows that can be read of tables that lost some
    #[arg(long, requires = "file", conflicts_with = "list")]
    pub(crate) partial: bool,

    /// Replace the file if it exists
    #[arg(long, requires = "file", conflicts_with = "list")]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) member: MemberArgs,
}

const EXAMPLES: &str = "\
What is lost is named, and the exit code is 3; it is 0 if nothing was lost. Foreign keys to a table
that lost rows are left out, since they could not be added.

Examples:
  pgx salvage shop.pgx --list                     what is left of it
  pgx salvage shop.pgx -f whole.pgx               every table that is whole
  pgx salvage shop.pgx -f most.pgx --partial      and every row that can be read";
