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

    /// Print the SQL that makes the objects whose name matches, and all that sits on them, with owners,
    /// privileges and comments
    #[arg(long, value_name = "PATTERN", conflicts_with = "json")]
    pub(crate) ddl: Option<String>,

    #[command(flatten)]
    pub(crate) member: MemberArgs,
}

const EXAMPLES: &str = "\
Examples:
  pgx inspect shop.pgx
  pgx inspect --ddl orders shop.pgx               the statements that make the table
  pgx inspect --json shop.pgx | jq '.tables[] | .rows'";
