//! From what a user says (options, a connection string, the environment) to a [`Config`], by the rules
//! of libpq, so that the same words reach the same server.
//!
//! Order of precedence: command-line options, the connection string, the environment, the password
//! file, defaults. What pgx knows but would not obey is refused, never ignored; see [`keyword`].

mod hosts;
mod keyword;
#[cfg(test)]
mod tests;
mod text;
mod uri;

use std::time::Duration;

use self::hosts::Place;
use self::keyword::Settings;
use super::config::{Config, Side};
use super::interrupt::Interrupt;
use super::passfile;
use crate::error::{Code, Error, Result};

/// The name sessions carry in `pg_stat_activity` unless the user gives another.
const APPLICATION_NAME: &str = "pgx";

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
    let database_named = settings.get("dbname").is_some();
    settings.fill_from(env);
    settings.check_demands()?;
    let places = hosts::places(&settings)?;
    let user = settings.get("user").map_or_else(system_user, |user| Ok(user.to_owned()))?;
    let database = settings.get("dbname").unwrap_or(&user).to_owned();
    let mut warnings = Vec::new();
    let password = match settings.get("password") {
        Some(password) => Some(password.to_owned()),
        None => {
            let file = passfile::path(settings.get("passfile"), env);
            let file = file.and_then(|file| passfile::read(&file, &mut warnings));
            let file = file.unwrap_or_default();
            password_from(&file, &places, &database, &user)?
        }
    };
    let config = Config {
        hosts: places.into_iter().map(|place| place.host).collect(),
        password,
        connect_timeout: connect_timeout(&settings)?,
        application_name: application_name(&settings),
        options: settings.get("options").map(str::to_owned),
        user,
        role: None,
        database,
        side,
        interrupt: interrupt.clone(),
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
        .unwrap_or(APPLICATION_NAME)
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

/// The password of all places; they share one, since a run's sessions are opened from one `Config`.
fn password_from(
    file: &str,
    places: &[Place],
    database: &str,
    user: &str,
) -> Result<Option<String>> {
    let mut found = places.iter().map(|place| {
        passfile::find(file, [&place.passfile_host, &place.port.to_string(), database, user])
    });
    let first = found.next().flatten();
    if found.any(|other| other != first) {
        return Err(Error::new(
            Code::Conninfo,
            "the password file does not give the same password for every host",
        )
        .hint("name one host, or give the password in PGPASSWORD"));
    }
    Ok(first)
}
