//! A database by its connection string, and the copy that is made of it.

use std::process::Command;

use anyhow::{Result, anyhow};
use pgx_core::connect::{self, Config, Host, Interrupt, Overrides, Session, Side, quote};
use pgx_core::verify::fingerprint::{self, Fingerprint};

/// A database of any server.
pub(super) struct Database {
    config: Config,
    /// `18.1 (Debian …)`
    pub(super) version: String,
    pub(super) major: u32,
    /// On disk.
    pub(super) bytes: u64,
}

impl Database {
    /// The one that a connection string and the environment name.
    pub(super) fn named(dsn: &str, side: Side) -> Result<Database> {
        let env = |name: &str| std::env::var(name).ok();
        let none = Overrides::default();
        let config = Config::resolve(Some(dsn), &none, &env, side, &Interrupt::new());
        let config = config.map_err(told)?;
        let mut session = Session::open(&config).map_err(told)?;
        let row = session.query_one(
            "SELECT pg_catalog.current_setting('server_version') AS version,
                    pg_catalog.pg_database_size(pg_catalog.current_database()) AS bytes",
        );
        let row = row.map_err(told)?;
        Ok(Database {
            config,
            version: row.text("version").map_err(told)?,
            major: session.major(),
            bytes: row.int("bytes").map_err(told)?,
        })
    }

    /// Another one of the same server, there or not.
    pub(super) fn beside(&self, name: &str) -> Database {
        let config = self.config.with_database(name);
        Database { config, version: self.version.clone(), ..*self }
    }

    /// Makes it, empty, with the encoding and the locale of another.
    pub(super) fn create_like(&self, other: &Database) -> Result<()> {
        let mut session = Session::open(&other.config).map_err(told)?;
        let row = session.query_one(
            "SELECT pg_catalog.pg_encoding_to_char(encoding) AS encoding, datcollate, datctype
               FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()",
        );
        let row = row.map_err(told)?;
        let value = |column| row.text(column).map(|value| quote::literal(&value)).map_err(told);
        let sql = format!(
            "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}",
            quote::ident(&self.config.database),
            value("encoding")?,
            value("datcollate")?,
            value("datctype")?
        );
        let mut session = connect::open_maintenance(&self.config).map_err(told)?;
        session.execute(&sql).map_err(told)
    }

    /// Where it is, for people.
    pub(super) fn place(&self) -> String {
        self.config.place()
    }

    /// A connection string without the password.
    pub(super) fn conninfo(&self) -> String {
        let (hosts, ports): (Vec<String>, Vec<String>) =
            self.config.hosts.iter().map(Host::host_and_port).unzip();
        let options = self.config.options.clone().unwrap_or_default();
        let words = [
            ("host", hosts.join(",")),
            ("port", ports.join(",")),
            ("user", self.config.user.clone()),
            ("dbname", self.config.database.clone()),
            ("options", options),
        ];
        let said = words.iter().filter(|(_, value)| !value.is_empty());
        said.map(|(word, value)| format!("{word}={}", quoted(value))).collect::<Vec<_>>().join(" ")
    }

    /// Lets a program connect by [`Database::conninfo`].
    pub(super) fn introduce(&self, command: &mut Command) {
        if let Some(password) = &self.config.password {
            command.env("PGPASSWORD", password);
        }
    }

    /// What its catalogs say.
    pub(super) fn fingerprint(&self) -> Result<Fingerprint> {
        let mut session = Session::open(&self.config).map_err(told)?;
        fingerprint::read(&mut session).map_err(told)
    }
}

/// A database that ends with this value, unless it is to be kept.
pub(super) struct Copy {
    pub(super) database: Database,
    pub(super) keep: bool,
}

impl Drop for Copy {
    fn drop(&mut self) {
        let config = &self.database.config;
        if self.keep {
            println!("kept      {}", self.database.place());
            return;
        }
        let sql = format!("DROP DATABASE IF EXISTS {}", quote::ident(&config.database));
        let dropped = connect::open_maintenance(config)
            .and_then(|mut session| session.execute(&sql).map(|()| session));
        if let Err(error) = dropped {
            eprintln!("xtask: database {} is left behind: {error:?}", config.database);
        }
    }
}

/// A value of a connection string.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

fn told(error: pgx_core::Error) -> anyhow::Error {
    anyhow!("{error:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_string_leads_back_to_its_database() {
        let dsn = r"host=/run,h port=1,2 user='o\'b r' dbname='a\\b' options='-c x=y' password=p";
        let resolve = |dsn: &str| {
            let (none, interrupt) = (Overrides::default(), Interrupt::new());
            Config::resolve(Some(dsn), &none, &|_| None, Side::Source, &interrupt).unwrap()
        };
        let (config, version) = (resolve(dsn), String::new());
        let database = Database { config, version, major: 18, bytes: 0 };
        let (a, b) = (&database.config, resolve(&database.conninfo()));
        assert_eq!((&a.user, &a.database, &a.options), (&b.user, &b.database, &b.options));
        assert_eq!((a.place(), &b.password), (b.place(), &None));
    }
}
