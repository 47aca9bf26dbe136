//! How many sessions restore.

/// Options of a restore by several sessions.
#[derive(Debug, clap::Args)]
pub(crate) struct RestoreJobsArgs {
    /// Load tables, make indexes and check foreign keys over N sessions, and one that leads them; with
    /// --create all or nothing as ever
    #[arg(
        short,
        long,
        value_name = "N",
        default_value_t = 1,
        help_heading = "Behaviour",
        value_parser = clap::value_parser!(u16).range(1..=256)
    )]
    pub(crate) jobs: u16,
}
