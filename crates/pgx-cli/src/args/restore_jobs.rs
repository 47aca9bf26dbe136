//! How many sessions restore.

/// Options of a restore by several sessions.
#[derive(Debug, clap::Args)]
pub(crate) struct RestoreJobsArgs {
    /// Load tables, make indexes and check foreign keys over N sessions, and one that leads them. With
    /// --create all or nothing as ever; into an existing database in many transactions, for definitions
    /// with or without rows, and --resume continues one that stopped
    #[arg(
        short,
        long,
        value_name = "N",
        default_value_t = 1,
        help_heading = "Behaviour",
        value_parser = clap::value_parser!(u16).range(1..=256)
    )]
    pub(crate) jobs: u16,

    /// Continue such a restore into an existing database: the same command again, and this
    #[arg(long, help_heading = "Behaviour")]
    pub(crate) resume: bool,
}
