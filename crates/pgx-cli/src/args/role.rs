//! The role that acts.

/// As whom sessions act once they are logged in.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct RoleArgs {
    /// Act as this role after logging in (SET ROLE), in every session
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<String>,
}
