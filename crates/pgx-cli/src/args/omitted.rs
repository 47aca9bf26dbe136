//! What a dump or a restore leaves out, whatever is chosen.

use pgx_core::toc::Omitted;

/// The switches, named as pg_dump's.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Leaving out")]
pub(crate) struct OmittedArgs {
    /// No owners: everything belongs to the role that restores
    #[arg(short = 'O', long)]
    pub(crate) no_owner: bool,

    /// No grants and revokes
    #[arg(short = 'x', long, visible_alias = "no-acl")]
    pub(crate) no_privileges: bool,

    /// No tablespaces: everything in the database's default
    #[arg(long)]
    pub(crate) no_tablespaces: bool,

    /// No access methods of tables: all of them as the target's default says
    #[arg(long)]
    pub(crate) no_table_access_method: bool,

    /// No compression methods of columns
    #[arg(long)]
    pub(crate) no_toast_compression: bool,

    /// No comments
    #[arg(long)]
    pub(crate) no_comments: bool,

    /// No row security and no policies
    #[arg(long)]
    pub(crate) no_policies: bool,

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
            owners: self.no_owner,
            privileges: self.no_privileges,
            tablespaces: self.no_tablespaces,
            table_access_methods: self.no_table_access_method,
            toast_compression: self.no_toast_compression,
            comments: self.no_comments,
            policies: self.no_policies,
            publications: self.no_publications,
            security_labels: self.no_security_labels,
            subscriptions: self.no_subscriptions,
        }
    }

    /// The switches that are set, as they were written.
    pub(crate) fn words(self) -> impl Iterator<Item = String> {
        let switches = [
            (self.no_owner, "--no-owner"),
            (self.no_privileges, "--no-privileges"),
            (self.no_tablespaces, "--no-tablespaces"),
            (self.no_table_access_method, "--no-table-access-method"),
            (self.no_toast_compression, "--no-toast-compression"),
            (self.no_comments, "--no-comments"),
            (self.no_policies, "--no-policies"),
            (self.no_publications, "--no-publications"),
            (self.no_security_labels, "--no-security-labels"),
            (self.no_subscriptions, "--no-subscriptions"),
        ];
        switches.into_iter().filter(|(set, _)| *set).map(|(_, word)| word.to_owned())
    }
}
