//! From a [`Config`] to a session: one host after the other, each of its addresses, encrypted or not, until
//! one will do; and what every session pins first.

use super::config::Config;
use super::dial::{self, Address};
use super::encoding::Encoding;
use super::enter::{self, Outcome};
use super::interrupt::Registration;
use super::role;
use super::session::Session;
use super::target_session::SessionAttrs;
use super::wire::Wire;
use super::{config::Host, quote};
use crate::error::{Code, Error, Result};

/// The oldest major version pgx knows. A newer one than it knows is looked at object by object.
const OLDEST: u32 = 10;

/// An authenticated stream that stands behind its first ReadyForQuery.
pub(super) struct Opened {
    pub(super) wire: Wire,
    pub(super) place: String,
    pub(super) process_id: i32,
    pub(super) registration: Registration,
}

/// Connects to the first host that will do; every later session of the run goes to the same address. A
/// host that answers and refuses ends the search, since a wrong password is not mended by asking elsewhere.
pub(super) fn connect(config: &Config) -> Result<Session> {
    let mut search = Search { config, failures: Vec::new(), refusal: None };
    if let Some(host) = config.terms.found.host.get() {
        let session = search.try_host(host, SessionAttrs::Any)?;
        return session.ok_or_else(|| search.nobody());
    }
    for attrs in config.terms.target.passes() {
        for host in ordered(config.hosts.iter().collect(), config.terms.shuffled) {
            if let Some(session) = search.try_host(host, *attrs)? {
                return Ok(session);
            }
        }
    }
    Err(search.nobody())
}

/// The way through hosts and addresses, with what went wrong on it.
struct Search<'c> {
    config: &'c Config,
    failures: Vec<String>,
    /// What the last host that is not ready yet said.
    refusal: Option<Error>,
}

impl Search<'_> {
    fn try_host(&mut self, host: &Host, attrs: SessionAttrs) -> Result<Option<Session>> {
        let addresses = match dial::addresses(host) {
            Ok(addresses) => ordered(addresses, self.config.terms.shuffled),
            Err(error) => {
                self.failures.push(format!("{host}: {error}"));
                return Ok(None);
            }
        };
        for address in &addresses {
            self.config.interrupt.check()?;
            match enter::enter(self.config, host, address) {
                Ok(opened) => {
                    return self.fit(Session::begin(opened, self.config), (host, address), attrs);
                }
                Err(Outcome::NextAddress(error)) => {
                    self.failures.push(format!("{}: {error}", address.host(host)));
                }
                Err(Outcome::NextHost(error)) => {
                    self.failures.push(format!("{host}: {error}"));
                    self.refusal = Some(error);
                    return Ok(None);
                }
                Err(Outcome::End(error)) => {
                    self.config.interrupt.check()?;
                    return Err(self.with_failures(error));
                }
            }
        }
        Ok(None)
    }

    /// Keeps a session that is as it must be.
    fn fit(
        &mut self,
        mut session: Session,
        (host, address): (&Host, &Address),
        attrs: SessionAttrs,
    ) -> Result<Option<Session>> {
        match attrs.misfit(&mut session)? {
            None => {
                // Another session of the run may have been first; they then all go where that one went.
                let _ = self.config.terms.found.host.set(address.host(host));
                Ok(Some(session))
            }
            Some(reason) => {
                self.failures.push(format!("{host}: {reason}"));
                Ok(None)
            }
        }
    }

    fn nobody(&mut self) -> Error {
        if let Some(error) = self.refusal.take_if(|_| self.failures.len() == 1) {
            return error;
        }
        let attrs = self.config.terms.target != SessionAttrs::Any;
        let (what, hint) = match attrs {
            true => (
                "no server can be reached that is as target_session_attrs demands",
                "add the host of such a server, or change target_session_attrs",
            ),
            false => (
                "the server cannot be reached",
                "check host and port, and that the server runs and accepts connections there",
            ),
        };
        let error = Error::new(Code::ConnectFailed, what)
            .object(format!("database {}", self.config.place()))
            .hint(hint);
        self.with_failures(error)
    }

    fn with_failures(&mut self, error: Error) -> Error {
        self.failures.drain(..).fold(error, Error::note)
    }
}

/// As they are, or in an order of chance.
fn ordered<T>(mut list: Vec<T>, shuffled: bool) -> Vec<T> {
    use std::hash::{BuildHasher, RandomState};
    if shuffled {
        let chance = RandomState::new();
        for last in (1..list.len()).rev() {
            let other = chance.hash_one(last) % (last as u64 + 1);
            list.swap(last, usize::try_from(other).unwrap_or(last));
        }
    }
    list
}

/// The database and the host, as messages name them.
pub(super) fn place(config: &Config, host: &Host) -> String {
    format!("database {} at {host}", quote::ident(&config.database))
}

/// What every session needs before anything else. The first statement empties `search_path`, so that
/// nothing a database owner has planted is ever called by name, and lifts the limits that roles and
/// databases set: reading a large catalog or making a database takes as long as it takes. What the server
/// deparses it writes with plain backslashes, as all later versions read them.
pub(super) fn pin(session: &mut Session) -> Result<()> {
    let row = session.query_one(
        "SELECT pg_catalog.set_config('search_path', '', false), \
         pg_catalog.set_config('standard_conforming_strings', 'on', false), \
         pg_catalog.set_config('statement_timeout', '0', false), \
         pg_catalog.set_config('lock_timeout', '0', false), \
         pg_catalog.current_setting('server_version_num') AS version, \
         pg_catalog.current_setting('server_encoding') AS encoding",
    )?;
    let version: u32 = row.int("version")?;
    if version / 10_000 < OLDEST {
        return Err(Error::new(
            Code::ServerUnsupported,
            format!("the server is PostgreSQL {}, pgx knows 10 to 19", version / 10_000),
        )
        .object(session.place().to_owned()));
    }
    session.set_version(version);
    session.set_encoding(&Encoding::new(row.str("encoding")?))?;
    role::take_on(session)
}
