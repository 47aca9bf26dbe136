//! Whether statistics of the planner are dumped or restored.

/// The switches, named as pg_dump's.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Parts")]
pub(crate) struct StatisticsArgs {
    /// Statistics of the planner, too
    #[arg(long, conflicts_with_all = ["no_statistics", "schema_only", "data_only"])]
    pub(crate) statistics: bool,

    /// No statistics of the planner
    #[arg(long)]
    pub(crate) no_statistics: bool,

    /// Statistics of the planner only, no definitions and no rows
    #[arg(long, conflicts_with_all = ["no_statistics", "schema_only", "data_only"])]
    pub(crate) statistics_only: bool,
}

impl StatisticsArgs {
    /// Whether statistics are wanted; `default` where nothing is said.
    pub(crate) fn wanted(self, default: bool) -> bool {
        self.statistics || self.statistics_only || default && !self.no_statistics
    }

    /// The switches that are set, as they were written.
    pub(crate) fn words(self) -> impl Iterator<Item = String> {
        let switches = [
            (self.statistics, "--statistics"),
            (self.no_statistics, "--no-statistics"),
            (self.statistics_only, "--statistics-only"),
        ];
        switches.into_iter().filter(|(set, _)| *set).map(|(_, word)| word.to_owned())
    }
}
