//! What a dump or a restore leaves out, whatever is chosen.

use pgx_core::toc::Omitted;

/// The switches, named as pg_dump's.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct OmittedArgs {
    /// No comments
    #[arg(long)]
    pub(crate) no_comments: bool,

    /// No publications
    #[arg(long)]
    pub(crate) no_publications: bool,

    /// No security labels
    #[arg(long)]
    pub(crate) no_security_labels: bool,

    /// No subscriptions
    #[arg(long)]
    pub(crate) no_subscriptions: bool,
}

impl OmittedArgs {
    pub(crate) fn omitted(self) -> Omitted {
        Omitted {
            comments: self.no_comments,
            publications: self.no_publications,
            security_labels: self.no_security_labels,
            subscriptions: self.no_subscriptions,
        }
    }

    /// The switches that are set, as they were written.
    pub(crate) fn words(self) -> impl Iterator<Item = String> {
        let switches = [
            (self.no_comments, "--no-comments"),
            (self.no_publications, "--no-publications"),
            (self.no_security_labels, "--no-security-labels"),
            (self.no_subscriptions, "--no-subscriptions"),
        ];
        switches.into_iter().filter(|(set, _)| *set).map(|(_, word)| word.to_owned())
    }
}
