//! `pgx verify`.

use super::member::MemberArgs;

/// Check an archive against itself, or a database against an archive
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, after_help = EXAMPLES)]
pub(crate) struct VerifyArgs {
    /// The archive; "-" reads stdin
    #[arg(value_name = "ARCHIVE")]
    pub(crate) archive: String,

    /// Decode every chunk too, and count and sum its rows again
    #[arg(long)]
    pub(crate) deep: bool,

    /// Compare rows with this database: a name, a URI, or a "key=value …" string
    #[arg(long, value_name = "DBNAME|URI")]
    pub(crate) against: Option<String>,

    #[command(flatten)]
    pub(crate) member: MemberArgs,

    /// The database has the schema OLD of the archive as NEW; can be repeated
    #[arg(long, value_name = "OLD=NEW", requires = "against")]
    pub(crate) map_schema: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  pgx verify shop.pgx                             every stored checksum, every count
  pgx verify --deep shop.pgx                      every row, too
  pgx verify shop.pgx --against postgres://db/shop_copy
                                                  per table, rows and their order-free hash";
