//! From what a user says (options, a connection string, the environment) to a [`Config`], by the rules
//! of libpq, so that the same words reach the same server.
//!
//! Order of precedence: the connection string, command-line options, the service, the environment, the
//! password file, defaults. What pgx knows but would not obey is refused, never ignored; see [`keyword`].

mod hosts;
mod keyword;
mod service;
mod terms;
#[cfg(test)]
mod tests;
mod text;
mod uri;

use std::time::Duration;

use self::keyword::Settings;
use super::config::{Config, Side};
use super::interrupt::Interrupt;
use super::passfile::{self, Passfile};
use crate::error::{Code, Error, Result};

/// Command-line options that go before the connection string. Empty ones say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `-h`: a name, an address, a socket directory, or a list with commas.
    pub host: Option<String>,
    /// `-p`: a port, or a list as long as that of the hosts.
    pub port: Option<String>,
    /// `-U`.
    pub user: Option<String>,
    /// The database, over what the connection string says.
    pub database: Option<String>,
    /// What was typed at `-W`.
    pub password: Option<String>,
}

/// A [`Config`] and what the user should know about how it came to be.
pub struct Resolved {
    /// Where to connect.
    pub config: Config,
    /// The user named the database, rather than the environment or a default.
    pub database_named: bool,
    /// A password file that was not read, and why.
    pub warnings: Vec<String>,
}

impl Config {
    /// [`resolve`] without its warnings.
    ///
    /// # Errors
    /// As [`resolve`].
    pub fn resolve(
        database: Option<&str>,
        overrides: &Overrides,
        env: &dyn Fn(&str) -> Option<String>,
        side: Side,
        interrupt: &Interrupt,
    ) -> Result<Config> {
        resolve(database, overrides, env, side, interrupt).map(|resolved| resolved.config)
    }
}

/// Says where to connect. `database` is a name, a URI or a `key=value` string; `env` looks a variable
/// of the environment up.
///
/// # Errors
/// [`Code::Conninfo`] for what is malformed, [`Code::ServerUnsupported`] for what pgx would not do. No
/// error holds a password.
pub fn resolve(
    database: Option<&str>,
    overrides: &Overrides,
    env: &dyn Fn(&str) -> Option<String>,
    side: Side,
    interrupt: &Interrupt,
) -> Result<Resolved> {
    let mut settings = said(database.unwrap_or_default(), overrides)?;
    let from_string = settings.get("service").is_some();
    let mut database_named = settings.get("dbname").is_some();
    service::fill(&mut settings, env)?;
    database_named |= from_string && settings.get("dbname").is_some();
    settings.fill_from(env);
    settings.check_demands()?;
    let hosts = hosts::hosts(&settings)?;
    let user = settings.get("user").map_or_else(system_user, |user| Ok(user.to_owned()))?;
    let mut warnings = Vec::new();
    let mut terms = terms::terms(&settings, &hosts, env)?;
    if settings.get("password").is_none()
        && let Some(file) = passfile::path(settings.get("passfile"), env)
    {
        terms.passfile = Passfile::read(file, &mut warnings);
    }
    let config = Config {
        hosts,
        password: settings.get("password").map(str::to_owned),
        connect_timeout: connect_timeout(&settings)?,
        application_name: application_name(&settings),
        options: settings.get("options").map(str::to_owned),
        database: settings.get("dbname").unwrap_or(&user).to_owned(),
        user,
        role: None,
        side,
        interrupt: interrupt.clone(),
        terms,
    };
    Ok(Resolved { config, database_named, warnings })
}

/// What the user said in so many words. As with psql and pg_dump, a connection string wins over the
/// options beside it, and the options over the environment.
fn said(database: &str, overrides: &Overrides) -> Result<Settings> {
    let mut settings = Settings::default();
    settings.override_with("host", overrides.host.as_deref());
    settings.override_with("port", overrides.port.as_deref());
    settings.override_with("user", overrides.user.as_deref());
    settings.override_with("dbname", overrides.database.as_deref());
    settings.override_with("password", overrides.password.as_deref());
    if let Some(uri) = uri::strip_scheme(database) {
        uri::parse(uri, &mut settings)?;
    } else if database.split('=').next().is_some_and(|head| head.contains("://")) {
        // Never taken for a name: names are printed, and this may hold a password.
        return Err(Error::new(Code::Conninfo, "the connection URI has an unknown scheme")
            .hint("write postgresql://…"));
    } else if database.contains('=') {
        text::parse(database, &mut settings)?;
    } else if !database.is_empty() {
        settings.override_with("dbname", Some(database));
    }
    Ok(settings)
}

fn system_user() -> Result<String> {
    whoami::username().map_err(|error| {
        Error::new(Code::Conninfo, "the operating system has no name for the user")
            .source(error)
            .hint("name the user with -U or PGUSER")
    })
}

fn application_name(settings: &Settings) -> String {
    ["application_name", "fallback_application_name"]
        .iter()
        .find_map(|name| settings.get(name))
        .unwrap_or(super::config::APPLICATION_NAME)
        .to_owned()
}

/// Seconds; zero and less wait without end.
fn connect_timeout(settings: &Settings) -> Result<Option<Duration>> {
    let Some(text) = settings.get("connect_timeout") else { return Ok(None) };
    let seconds: i64 = text.trim().parse().map_err(|_| {
        Error::new(Code::Conninfo, "connect_timeout is not a whole number of seconds")
            .object(format!("connect_timeout {text:?}"))
    })?;
    Ok(u64::try_from(seconds).ok().filter(|&seconds| seconds > 0).map(Duration::from_secs))
}
