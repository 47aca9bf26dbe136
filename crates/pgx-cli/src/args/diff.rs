//! `pgx diff`.

use super::member::MemberArgs;
use super::omitted::OmittedArgs;

/// Tell two databases apart, each in an archive or on a server
///
/// A and B are archives (files; "-" reads stdin) or databases: a name, a URI, or a "key=value …" string.
/// One line is printed for each object that only one has or that is not the same in both, and for each
/// table with other rows. Nothing is printed of rows but their number. Exit code 0 says that the two are
/// equal, 1 that they differ.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, after_help = EXAMPLES)]
pub(crate) struct DiffArgs {
    /// An archive or a database
    #[arg(value_name = "A")]
    pub(crate) a: String,

    /// What it is compared with
    #[arg(value_name = "B")]
    pub(crate) b: String,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) omitted: OmittedArgs,

    #[command(flatten)]
    pub(crate) member: MemberArgs,
}

const EXAMPLES: &str = "\
Examples:
  pgx diff shop.pgx postgres://db/shop            what changed since the dump
  pgx diff --no-owner --no-privileges shop.pgx postgres://db/shop
  pgx diff --json shop.pgx shop.pgx";
