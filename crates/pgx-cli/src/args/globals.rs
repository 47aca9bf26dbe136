//! Roles and tablespaces, which belong to no database.

use pgx_core::catalog::globals::Parts;
use pgx_core::{Code, Error, Result};

/// Globals instead of a database.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Globals")]
pub(crate) struct GlobalsArgs {
    /// Dump roles and tablespaces instead of a database
    #[arg(short = 'g', long)]
    pub(crate) globals_only: bool,

    /// Dump roles only: their memberships, settings and privileges on parameters included
    #[arg(short = 'r', long)]
    pub(crate) roles_only: bool,

    /// Dump tablespaces only
    #[arg(long)]
    pub(crate) tablespaces_only: bool,

    /// No passwords of roles; so nobody need be a superuser
    #[arg(long)]
    pub(crate) no_role_passwords: bool,
}

impl GlobalsArgs {
    /// What is dumped instead of a database; none when it is one.
    ///
    /// # Errors
    /// [`Code::Usage`]: the switches contradict each other.
    pub(crate) fn parts(self) -> Result<Option<Parts>> {
        let chosen: Vec<&str> = self.choices().collect();
        let refused = |what: String, hint: &str| Err(Error::new(Code::Usage, what).hint(hint));
        match chosen.as_slice() {
            [] if self.no_role_passwords => refused(
                "a database holds no passwords of roles".to_owned(),
                "add --globals-only or --roles-only, or leave --no-role-passwords out",
            ),
            [] => Ok(None),
            [_] if self.tablespaces_only && self.no_role_passwords => {
                refused("tablespaces have no passwords".to_owned(), "leave --no-role-passwords out")
            }
            [_] => Ok(Some(Parts {
                roles: !self.tablespaces_only,
                passwords: !self.no_role_passwords,
                tablespaces: !self.roles_only,
            })),
            [first, second, ..] => refused(
                format!("{first} and {second} contradict each other"),
                "leave one of them out",
            ),
        }
    }

    /// What is asked for instead of a database.
    fn choices(self) -> impl Iterator<Item = &'static str> {
        let switches = [
            (self.globals_only, "--globals-only"),
            (self.roles_only, "--roles-only"),
            (self.tablespaces_only, "--tablespaces-only"),
        ];
        switches.into_iter().filter(|(set, _)| *set).map(|(_, word)| word)
    }

    /// The switches that are set, as they were written.
    pub(crate) fn words(self) -> impl Iterator<Item = &'static str> {
        self.choices().chain(self.no_role_passwords.then_some("--no-role-passwords"))
    }
}

/// Globals at a restore.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Globals")]
pub(crate) struct RestoreGlobalsArgs {
    /// No passwords of roles: those of existing roles stay, new roles have none
    #[arg(long)]
    pub(crate) no_role_passwords: bool,
}
