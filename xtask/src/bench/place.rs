//! The server that is measured, as pgx and as its peers reach it.

use std::process::Command;

use anyhow::{Result, anyhow};
use pgx_core::connect::{self, Config, Host, Interrupt, Overrides, Session, Side, quote};

use crate::stop;

/// Settings of a server that say what a figure is worth.
const SETTINGS: [&str; 12] = [
    "shared_buffers",
    "maintenance_work_mem",
    "max_wal_size",
    "checkpoint_timeout",
    "wal_level",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "max_parallel_maintenance_workers",
    "max_worker_processes",
    "max_connections",
    "max_locks_per_transaction",
];

/// A server.
pub(crate) struct Place {
    config: Config,
    peers: Config,
    /// `18.1`
    pub(crate) version: String,
    /// Major version.
    pub(crate) major: u32,
}

impl Place {
    /// The server of these connection strings; peers use the first where there is no second.
    pub(crate) fn at(server: &str, peers: Option<&str>) -> Result<Place> {
        let config = resolve(server)?;
        let peers = resolve(peers.unwrap_or(server))?;
        let mut session = connect::open_maintenance(&config).map_err(told)?;
        let version = value(&mut session, "SELECT current_setting('server_version') AS value")?;
        let version = version.split(' ').next().unwrap_or_default().to_owned();
        Ok(Place { config, peers, version, major: session.major() })
    }

    /// A database's URI, without the password.
    pub(crate) fn uri(&self, database: &str) -> String {
        uri(&self.config, database)
    }

    /// The same for peers.
    pub(crate) fn peers_uri(&self, database: &str) -> String {
        uri(&self.peers, database)
    }

    /// Lets a program connect by a URI.
    pub(crate) fn introduce(&self, command: &mut Command) {
        if let Some(password) = &self.config.password {
            command.env("PGPASSWORD", password);
        }
    }

    /// A session in which unqualified names are found, as in psql.
    pub(crate) fn session(&self, database: &str) -> Result<Session> {
        stop::check()?;
        let mut session = Session::open(&self.config.with_database(database)).map_err(told)?;
        session.execute("RESET search_path").map_err(told)?;
        Ok(session)
    }

    /// Runs statements outside of the measured databases.
    pub(crate) fn run(&self, sql: &str) -> Result<()> {
        let mut session = connect::open_maintenance(&self.config).map_err(told)?;
        session.execute(sql).map_err(told)
    }

    /// Nobody is to pay for what another has written.
    pub(crate) fn checkpoint(&self) -> Result<()> {
        stop::check()?;
        self.run("CHECKPOINT")
    }

    /// Makes an empty database with the encoding and the locale of another.
    pub(crate) fn fresh(&self, name: &str, like: &str) -> Result<Fresh<'_>> {
        let mut session = self.session(like)?;
        let options = value(
            &mut session,
            "SELECT format('ENCODING %L LC_COLLATE %L LC_CTYPE %L',
                           pg_encoding_to_char(encoding), datcollate, datctype) AS value
               FROM pg_database WHERE datname = current_database()",
        )?;
        let fresh = self.absent(name)?;
        self.run(&format!("CREATE DATABASE {} TEMPLATE template0 {options}", quote::ident(name)))?;
        Ok(fresh)
    }

    /// A database that somebody else makes.
    pub(crate) fn absent(&self, name: &str) -> Result<Fresh<'_>> {
        self.drop(name)?;
        Ok(Fresh { place: self, name: name.to_owned() })
    }

    /// Drops a database, whoever is in it.
    fn drop(&self, name: &str) -> Result<()> {
        let force = if self.major >= 13 { " WITH (FORCE)" } else { "" };
        self.run(&format!("DROP DATABASE IF EXISTS {}{force}", quote::ident(name)))
    }

    /// What the server's main settings are, in one line.
    pub(crate) fn settings(&self) -> Result<String> {
        let mut session = connect::open_maintenance(&self.config).map_err(told)?;
        let names = SETTINGS.map(quote::literal).join(", ");
        let sql = format!(
            "SELECT string_agg(format('`%s = %s`', name, current_setting(name)), ', '
                               ORDER BY array_position(ARRAY[{names}], name)) AS value
               FROM pg_settings WHERE name IN ({names})"
        );
        value(&mut session, &sql)
    }

    /// Bytes of a database on disk.
    pub(crate) fn bytes(&self, database: &str) -> Result<u64> {
        let sql = "SELECT pg_database_size(current_database()) AS value";
        Ok(value(&mut self.session(database)?, sql)?.parse()?)
    }

    /// How pgx connects, for people.
    pub(crate) fn way(&self) -> &'static str {
        match self.config.hosts.first() {
            Some(Host::Unix(..)) => "a unix socket",
            _ => "TCP",
        }
    }
}

/// A database that ends with this value.
pub(crate) struct Fresh<'p> {
    place: &'p Place,
    /// Its name.
    pub(crate) name: String,
}

impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.place.drop(&self.name) {
            eprintln!("xtask: database {} is left behind: {error:#}", self.name);
        }
    }
}

fn resolve(server: &str) -> Result<Config> {
    let env = |name: &str| std::env::var(name).ok();
    let (none, interrupt) = (Overrides::default(), Interrupt::new());
    Config::resolve(Some(server), &none, &env, Side::Target, &interrupt).map_err(told)
}

fn value(session: &mut Session, sql: &str) -> Result<String> {
    let row = session.query_one(sql).map_err(told)?;
    row.text("value").map_err(told)
}

fn uri(config: &Config, database: &str) -> String {
    let (hosts, ports): (Vec<String>, Vec<String>) =
        config.hosts.iter().map(Host::host_and_port).unzip();
    let (hosts, ports) = (escaped(&hosts.join(",")), ports.join(","));
    let options = config.options.iter().map(|options| format!("&options={}", escaped(options)));
    let (user, database) = (escaped(&config.user), escaped(database));
    format!(
        "postgresql://{user}@/{database}?host={hosts}&port={ports}{}",
        options.collect::<String>()
    )
}

/// As URIs want it.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/,".contains(&byte);
    let one = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

pub(crate) fn told(error: pgx_core::Error) -> anyhow::Error {
    anyhow!("{error:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_leads_back_to_its_database() {
        let dsn = r"host=/run,h port=1,2 user='o\'b r' dbname=x options='-c x=y' password=p";
        let first = resolve(dsn).unwrap();
        let second = resolve(&uri(&first, "a b/ü")).unwrap();
        assert_eq!((&first.user, &first.options), (&second.user, &second.options));
        assert_eq!(first.with_database("a b/ü").place(), second.place());
    }

    #[test]
    fn a_uri_holds_no_password() {
        assert!(!uri(&resolve("postgresql://u:secret@h/x").unwrap(), "x").contains("secret"));
    }
}
