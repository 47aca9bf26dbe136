//! Which parts of a database: definitions, rows, statistics, sections.

use super::statistics::StatisticsArgs;
use pgx_core::toc::{Parts, Section, Sections};
use pgx_core::{Code, Error, Result};

/// The switches, named as pg_dump's.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Parts")]
pub(crate) struct PartsArgs {
    /// Definitions only, no rows
    #[arg(short = 's', long, conflicts_with = "no_schema")]
    pub(crate) schema_only: bool,

    /// Rows only, no definitions; such a restore fills tables that exist, and runs no SQL of the archive
    #[arg(short = 'a', long, conflicts_with = "no_data")]
    pub(crate) data_only: bool,

    /// No definitions
    #[arg(long)]
    pub(crate) no_schema: bool,

    /// No rows
    #[arg(long)]
    pub(crate) no_data: bool,

    #[command(flatten)]
    pub(crate) statistics: StatisticsArgs,

    /// Only this section: definitions that rows need, rows, or all that follows; can be repeated
    #[arg(long, value_name = "SECTION", value_enum)]
    pub(crate) section: Vec<SectionName>,
}

/// A section as pg_dump names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SectionName {
    PreData,
    Data,
    PostData,
}

impl PartsArgs {
    /// Definitions, rows, statistics; `default` says whether these come without being asked for.
    ///
    /// # Errors
    /// [`Code::Usage`]: nothing is left.
    pub(crate) fn parts(&self, default: bool) -> Result<Parts> {
        let (all, only) = (!self.statistics.statistics_only, self.schema_only || self.data_only);
        let parts = Parts {
            schema: all && !self.data_only && !self.no_schema,
            data: all && !self.schema_only && !self.no_data,
            statistics: self.statistics.wanted(default && !only),
        };
        if !self.sections().of(parts).is_nothing() {
            return Ok(parts);
        }
        let words: Vec<String> = self.words().collect();
        Err(Error::new(Code::Usage, format!("{} leave nothing", words.join(" and ")))
            .hint("leave one of them out"))
    }

    /// Whether definitions are not wanted.
    pub(crate) fn without_schema(&self) -> bool {
        self.data_only || self.no_schema || self.statistics.statistics_only
    }

    pub(crate) fn sections(&self) -> Sections {
        let named: Vec<Section> = self.section.iter().map(|name| name.section()).collect();
        Sections::named(&named)
    }

    /// What is set, as it was written.
    pub(crate) fn words(&self) -> impl Iterator<Item = String> {
        let switches = [
            (self.schema_only, "--schema-only"),
            (self.data_only, "--data-only"),
            (self.no_schema, "--no-schema"),
            (self.no_data, "--no-data"),
        ];
        let switches =
            switches.into_iter().filter(|(set, _)| *set).map(|(_, word)| word.to_owned());
        let switches = switches.chain(self.statistics.words());
        switches.chain(self.section.iter().map(|name| format!("--section={}", name.section())))
    }
}

impl SectionName {
    fn section(self) -> Section {
        match self {
            SectionName::PreData => Section::PreData,
            SectionName::Data => Section::Data,
            SectionName::PostData => Section::PostData,
        }
    }
}
