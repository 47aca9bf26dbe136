//! `pgx manifest`.

use std::path::PathBuf;

use super::connection::ConnectionArgs;

/// Work with manifests of tables
#[derive(Debug, clap::Args)]
#[command(
    disable_help_flag = true,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = EXAMPLES
)]
pub(crate) struct ManifestArgs {
    #[command(subcommand)]
    pub(crate) command: ManifestCommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ManifestCommand {
    Init(ManifestInitArgs),
}

/// Write a manifest of a database's tables, to be edited
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, after_help = EXAMPLES)]
pub(crate) struct ManifestInitArgs {
    /// Database: a name, a URI, or a "key=value …" string
    #[arg(value_name = "DBNAME|URI")]
    pub(crate) database: Option<String>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    /// Only tables that match; can be repeated
    #[arg(short = 't', long = "table", value_name = "PATTERN", help_heading = "Selection")]
    pub(crate) tables: Vec<String>,

    /// What the manifest says about foreign keys that point outside
    #[arg(
        long,
        value_name = "POLICY",
        value_enum,
        default_value = "check",
        help_heading = "Output"
    )]
    pub(crate) foreign_keys: ForeignKeyPolicy,

    /// Write to this file; without it, to stdout
    #[arg(short = 'o', long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    /// Replace the file if it exists
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,
}

/// The words of a manifest's `foreign_keys`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ForeignKeyPolicy {
    Check,
    Follow,
    Ignore,
}

const EXAMPLES: &str = "\
Examples:
  pgx manifest init shop -o shop.toml
  pgx manifest init shop -t 'order*' --foreign-keys follow -o orders.toml";
