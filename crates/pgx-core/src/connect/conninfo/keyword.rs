//! The settings of a connection: their names, the environment variables behind them, and what pgx
//! makes of each.
//!
//! Source: "Parameter Key Words" and "Environment Variables" of PostgreSQL's documentation of libpq.

use std::collections::BTreeMap;

use crate::error::{Code, Error, Result};

/// What pgx does with a setting.
#[derive(Clone, Copy)]
enum Use {
    /// It is obeyed.
    Obeyed,
    /// It changes nothing that pgx does, or only tunes: taken and left aside.
    NoEffect,
    /// Values that ask for nothing special; any other asks for something pgx would silently not do.
    Only(&'static [&'static str]),
}

struct Keyword {
    name: &'static str,
    variable: Option<&'static str>,
    usage: Use,
}

const fn obeyed(name: &'static str, variable: &'static str) -> Keyword {
    Keyword { name, variable: Some(variable), usage: Use::Obeyed }
}

/// No variable of the environment says it.
const fn of_strings(name: &'static str) -> Keyword {
    Keyword { name, variable: None, usage: Use::Obeyed }
}

const fn no_effect(name: &'static str) -> Keyword {
    Keyword { name, variable: None, usage: Use::NoEffect }
}

const fn only(
    name: &'static str,
    variable: Option<&'static str>,
    values: &'static [&'static str],
) -> Keyword {
    Keyword { name, variable, usage: Use::Only(values) }
}

const KEYWORDS: &[Keyword] = &[
    obeyed("host", "PGHOST"),
    obeyed("hostaddr", "PGHOSTADDR"),
    obeyed("port", "PGPORT"),
    obeyed("user", "PGUSER"),
    obeyed("dbname", "PGDATABASE"),
    obeyed("password", "PGPASSWORD"),
    obeyed("passfile", "PGPASSFILE"),
    obeyed("service", "PGSERVICE"),
    obeyed("servicefile", "PGSERVICEFILE"),
    obeyed("connect_timeout", "PGCONNECT_TIMEOUT"),
    obeyed("options", "PGOPTIONS"),
    obeyed("application_name", "PGAPPNAME"),
    of_strings("fallback_application_name"),
    obeyed("target_session_attrs", "PGTARGETSESSIONATTRS"),
    obeyed("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    of_strings("keepalives"),
    of_strings("keepalives_idle"),
    of_strings("keepalives_interval"),
    of_strings("keepalives_count"),
    of_strings("tcp_user_timeout"),
    obeyed("sslmode", "PGSSLMODE"),
    obeyed("sslnegotiation", "PGSSLNEGOTIATION"),
    obeyed("sslrootcert", "PGSSLROOTCERT"),
    obeyed("sslcert", "PGSSLCERT"),
    obeyed("sslkey", "PGSSLKEY"),
    obeyed("sslcertmode", "PGSSLCERTMODE"),
    obeyed("sslcrl", "PGSSLCRL"),
    obeyed("sslcrldir", "PGSSLCRLDIR"),
    obeyed("sslsni", "PGSSLSNI"),
    obeyed("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    obeyed("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
    obeyed("channel_binding", "PGCHANNELBINDING"),
    obeyed("require_auth", "PGREQUIREAUTH"),
    only("gssencmode", Some("PGGSSENCMODE"), &["disable", "prefer"]),
    only("gssdelegation", Some("PGGSSDELEGATION"), &["0"]),
    only("requirepeer", Some("PGREQUIREPEER"), &[]),
    only("replication", None, &["false", "off", "no", "0"]),
    only("min_protocol_version", Some("PGMINPROTOCOLVERSION"), &["3.0"]),
    only("scram_client_key", None, &[]),
    only("scram_server_key", None, &[]),
    only("oauth_issuer", None, &[]),
    only("oauth_client_id", None, &[]),
    only("sslkeylogfile", None, &[]),
    no_effect("oauth_client_secret"),
    no_effect("oauth_scope"),
    no_effect("max_protocol_version"),
    no_effect("client_encoding"),
    no_effect("sslcompression"),
    no_effect("sslpassword"),
    no_effect("krbsrvname"),
    no_effect("gsslib"),
];

/// How near a name must be to be suggested (Jaro-Winkler, 0 to 1).
const NEAR: f64 = 0.85;

/// The settings of one connection, each at most once. Holds the password: never printed.
#[derive(Default)]
pub(super) struct Settings(BTreeMap<&'static str, String>);

impl Settings {
    /// The value; none when it is absent or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Takes a setting of a connection string.
    ///
    /// # Errors
    /// An unknown name. What follows a password may be the rest of one that lacks its quotes, so the
    /// name is not repeated then.
    pub(super) fn set(&mut self, name: &str, value: String) -> Result<()> {
        let Some(keyword) = KEYWORDS.iter().find(|keyword| keyword.name == name) else {
            return Err(unknown(name, self.0.contains_key("password")));
        };
        self.0.insert(keyword.name, value);
        Ok(())
    }

    /// Takes a setting that nobody has said so far; false if there is none of the name.
    pub(super) fn fill(&mut self, name: &str, value: &str) -> bool {
        let keyword = KEYWORDS.iter().find(|keyword| keyword.name == name);
        if let Some(keyword) = keyword {
            self.0.entry(keyword.name).or_insert_with(|| value.to_owned());
        }
        keyword.is_some()
    }

    /// Takes a command-line option over what the connection string says; an empty one says nothing.
    pub(super) fn override_with(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.0.insert(name, value.to_owned());
        }
    }

    /// Fills from the environment what nobody has said so far.
    pub(super) fn fill_from(&mut self, env: &dyn Fn(&str) -> Option<String>) {
        for keyword in KEYWORDS {
            let value = keyword.variable.filter(|_| !self.0.contains_key(keyword.name));
            if let Some(value) = value.and_then(env) {
                self.0.insert(keyword.name, value);
            }
        }
        // Older than sslmode, and still obeyed by libpq.
        if env("PGREQUIRESSL").is_some_and(|value| value.starts_with('1')) {
            self.0.entry("sslmode").or_insert_with(|| "require".to_owned());
        }
    }

    /// Refuses what pgx would silently not do.
    ///
    /// # Errors
    /// [`Code::ServerUnsupported`] for a known demand, [`Code::Conninfo`] for a value nobody knows.
    pub(super) fn check_demands(&self) -> Result<()> {
        for keyword in KEYWORDS {
            let Use::Only(harmless) = keyword.usage else { continue };
            match self.get(keyword.name) {
                Some(value) if !harmless.contains(&value) => {
                    return Err(not_obeyed(keyword, harmless));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The value is not repeated: some of these settings are secrets.
fn not_obeyed(keyword: &Keyword, harmless: &[&str]) -> Error {
    let error = Error::new(
        Code::ServerUnsupported,
        format!("the connection setting {} asks for what pgx does not do", keyword.name),
    );
    let error = match keyword.variable {
        Some(variable) => error.note(format!("it can also come from the environment: {variable}")),
        None => error,
    };
    match harmless {
        [] => error.hint(format!("leave {} out", keyword.name)),
        values => error.hint(format!("leave it out, or use {}", values.join(" or "))),
    }
}

fn unknown(name: &str, may_be_secret: bool) -> Error {
    let error = Error::new(Code::Conninfo, "the connection string has an unknown setting");
    if may_be_secret {
        return error.hint(
            "check the names of settings; put a value that holds spaces between single quotes",
        );
    }
    let near = KEYWORDS
        .iter()
        .map(|keyword| (strsim::jaro_winkler(name, keyword.name), keyword.name))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let error = error.object(format!("setting {name:?}"));
    match near {
        Some((_, near)) => error.hint(format!("did you mean {near}?")),
        None => error.hint("see the list of connection settings in PostgreSQL's documentation"),
    }
}
