//! `pgx diagram`.

use std::path::PathBuf;

use super::member::MemberArgs;

/// Draw tables and foreign keys of a database or an archive, as Mermaid or SVG
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, after_help = EXAMPLES)]
pub(crate) struct DiagramArgs {
    /// An archive (a file; "-" reads stdin) or a database: a name, a URI, or a "key=value …" string
    #[arg(value_name = "ARCHIVE|DATABASE")]
    pub(crate) place: String,

    /// Only tables that match, and keys between these; can be repeated
    #[arg(short = 't', long = "table", value_name = "PATTERN", help_heading = "Selection")]
    pub(crate) tables: Vec<String>,

    /// Only tables in schemas that match; can be repeated
    #[arg(short = 'n', long = "schema", value_name = "PATTERN", help_heading = "Selection")]
    pub(crate) schemas: Vec<String>,

    /// Write to this file; without it, to stdout
    #[arg(short = 'f', long, value_name = "FILE", help_heading = "Output")]
    pub(crate) file: Option<PathBuf>,

    /// What is written [default: svg into a file of that ending, else mermaid]
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = "Output")]
    pub(crate) format: Option<Format>,

    /// Replace the file if it exists
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) member: MemberArgs,
}

/// How a diagram is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    Mermaid,
    Svg,
}

impl DiagramArgs {
    /// As asked for, else as the file's ending says.
    pub(crate) fn format(&self) -> Format {
        let is_svg = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "svg");
        let by_name = match self.file.as_ref().is_some_and(is_svg) {
            true => Format::Svg,
            false => Format::Mermaid,
        };
        self.format.unwrap_or(by_name)
    }
}

const EXAMPLES: &str = "\
Examples:
  pgx diagram shop.pgx                            Mermaid, on stdout
  pgx diagram shop -f shop.svg                    a picture
  pgx diagram shop.pgx -t 'order*' -f orders.mmd";
