//! On which terms a server is spoken to: how the connection is encrypted, how one is known to the
//! other, and which of several servers will do. The defaults are libpq's.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::auth::AuthRules;
use super::config::Host;
use super::dial::Tuning;
use super::passfile::Passfile;
use super::target_session::SessionAttrs;
use super::tls;
use crate::error::Result;

/// Asks the user for the password of a role.
pub type AskPassword = Arc<dyn Fn(&str) -> Result<String> + Send + Sync>;

/// Everything beside place and name that a connection string may say. Clones share what the first
/// session found out, so that all sessions of a run go to one server with one password.
#[derive(Clone, Default)]
pub struct Terms {
    pub(super) tls: tls::Settings,
    pub(super) auth: AuthRules,
    pub(super) target: SessionAttrs,
    /// Hosts and their addresses are tried in random order.
    pub(super) shuffled: bool,
    pub(super) tuning: Tuning,
    pub(super) passfile: Passfile,
    pub(super) ask: Option<AskPassword>,
    pub(super) found: Arc<Found>,
}

/// What the first session found out.
#[derive(Default)]
pub(super) struct Found {
    /// The server, by its address: where a name has several, or several hosts are named, the sessions
    /// of a run must not be dealt out over them.
    pub(super) host: OnceLock<Host>,
    /// What the user answered.
    pub(super) password: OnceLock<String>,
}

impl Terms {
    /// Has the user asked when a server wants a password and none is known.
    pub fn ask_password(&mut self, ask: AskPassword) {
        self.ask = Some(ask);
    }
}

impl fmt::Debug for Terms {
    /// Without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terms").finish_non_exhaustive()
    }
}
