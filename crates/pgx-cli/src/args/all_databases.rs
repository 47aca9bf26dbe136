//! A whole cluster: roles, tablespaces, and every database.

/// The whole cluster instead of a database.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct AllDatabasesArgs {
    /// Dump roles, tablespaces and every database into one archive; -d only says where to connect first
    #[arg(long)]
    pub(crate) all_databases: bool,

    /// With --all-databases: leave out databases that match (as in psql); can be repeated
    #[arg(long, value_name = "PATTERN", requires = "all_databases")]
    pub(crate) exclude_database: Vec<String>,
}
