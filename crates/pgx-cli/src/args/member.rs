//! What of a cluster archive.

use pgx_core::archive::cluster::Member;

/// One member of a cluster archive.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Cluster archives")]
pub(crate) struct MemberArgs {
    /// Of a cluster archive, this database by itself
    #[arg(long, value_name = "NAME", conflicts_with = "globals_only")]
    pub(crate) database: Option<String>,

    /// Of a cluster archive, roles and tablespaces by themselves
    #[arg(long)]
    pub(crate) globals_only: bool,
}

/// Some databases of a cluster archive.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Cluster archives")]
pub(crate) struct DatabasesArgs {
    /// Of a cluster archive, leave out databases that match; can be repeated
    #[arg(long, value_name = "PATTERN", conflicts_with_all = ["database", "globals_only"])]
    pub(crate) exclude_database: Vec<String>,

    /// Of a cluster archive, roles, tablespaces and this database only; can be repeated
    #[arg(long, value_name = "NAME", conflicts_with_all = ["database", "globals_only"])]
    pub(crate) only_database: Vec<String>,
}

impl MemberArgs {
    /// What is asked for, for messages; none when it is all there is.
    pub(crate) fn what(&self) -> Option<String> {
        let globals = self.globals_only.then(|| "globals".to_owned());
        self.database.as_ref().map(|name| format!("database {name}")).or(globals)
    }

    /// Whether it is this one.
    pub(crate) fn is(&self, member: &Member) -> bool {
        match &self.database {
            Some(name) => !member.is_globals() && *name == member.database,
            None => member.is_globals(),
        }
    }
}

impl DatabasesArgs {
    /// The first option that is set.
    pub(crate) fn option(&self) -> Option<&'static str> {
        let exclude = (!self.exclude_database.is_empty()).then_some("--exclude-database");
        exclude.or((!self.only_database.is_empty()).then_some("--only-database"))
    }
}
