//! `pgx inspect`.

use super::member::MemberArgs;

/// List what an archive holds
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, after_help = EXAMPLES)]
pub(crate) struct InspectArgs {
    /// The archive; "-" reads stdin
    #[arg(value_name = "ARCHIVE")]
    pub(crate) archive: String,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) member: MemberArgs,
}

const EXAMPLES: &str = "\
Examples:
  pgx inspect shop.pgx
  pgx inspect --json shop.pgx | jq '.tables[] | .rows'";
