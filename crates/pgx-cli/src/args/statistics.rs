//! Whether statistics of the planner are dumped or restored.

use pgx_core::toc::Parts;
use pgx_core::{Code, Error, Result};

/// The switches, named as pg_dump's.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct StatisticsArgs {
    /// Statistics of the planner, too
    #[arg(long)]
    pub(crate) statistics: bool,

    /// No statistics of the planner
    #[arg(long)]
    pub(crate) no_statistics: bool,

    /// Statistics of the planner only, no definitions and no rows
    #[arg(long)]
    pub(crate) statistics_only: bool,
}

impl StatisticsArgs {
    /// The parts, with what is said about statistics. `only` is the other switch that limits them to
    /// one part, and `default` whether statistics belong to all parts.
    ///
    /// # Errors
    /// [`Code::Usage`]: switches that contradict each other.
    pub(crate) fn of(self, parts: Parts, only: Option<&str>, default: bool) -> Result<Parts> {
        let also = [(self.statistics_only, "--statistics-only"), (self.statistics, "--statistics")];
        let against = [only, self.no_statistics.then_some("--no-statistics")];
        for (_, also) in also.into_iter().filter(|(set, _)| *set) {
            if let Some(against) = against.into_iter().flatten().next() {
                let what = format!("{also} and {against} contradict each other");
                return Err(Error::new(Code::Usage, what).hint("leave one of them out"));
            }
        }
        if self.statistics_only {
            return Ok(Parts { schema: false, data: false, statistics: true });
        }
        let unless = default && only.is_none();
        Ok(Parts { statistics: self.statistics || unless && !self.no_statistics, ..parts })
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

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: Parts = Parts { schema: false, data: true, statistics: false };

    #[test]
    fn statistics_come_when_asked_for_or_with_everything() {
        let none = StatisticsArgs::default();
        assert!(none.of(Parts::ALL, None, true).unwrap().statistics);
        assert!(!none.of(Parts::ALL, None, false).unwrap().statistics);
        assert!(!none.of(ROWS, Some("--data-only"), true).unwrap().statistics);
        let also = StatisticsArgs { statistics: true, ..none };
        assert!(also.of(Parts::ALL, None, false).unwrap().statistics);
        let without = StatisticsArgs { no_statistics: true, ..none };
        assert!(!without.of(Parts::ALL, None, true).unwrap().statistics);
        let only = StatisticsArgs { statistics_only: true, ..none };
        let parts = Parts { schema: false, data: false, statistics: true };
        assert_eq!(only.of(Parts::ALL, None, false).unwrap(), parts);
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let (statistics, no_statistics, statistics_only) = (true, true, true);
        let none = StatisticsArgs::default();
        let also = StatisticsArgs { statistics, ..none };
        let only = StatisticsArgs { statistics_only, ..none };
        also.of(ROWS, Some("--data-only"), false).unwrap_err();
        only.of(ROWS, Some("--data-only"), false).unwrap_err();
        StatisticsArgs { no_statistics, ..also }.of(Parts::ALL, None, false).unwrap_err();
        StatisticsArgs { no_statistics, ..only }.of(Parts::ALL, None, false).unwrap_err();
    }
}
