//! The servers of `PGX_TEST_SERVERS`: `10=postgresql://postgres@/postgres?host=/dir&port=5410 15gis=…`.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use pgx_core::connect::{Config, Host, Session, Side};

use super::skip;

/// A running server.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// `10`; `15gis` where PostGIS can be created; `18primary` and `18standby`.
    pub(crate) name: String,
    /// Its major version, which its name begins with.
    pub(crate) major: u32,
    uri: Uri,
}

/// The parts of a URI that servers for tests need.
#[derive(Clone, Debug)]
struct Uri {
    user: String,
    password: Option<String>,
    /// A directory when it begins with a slash.
    host: String,
    port: u16,
}

/// All servers, those with PostGIS included; none, and a word about it, when the environment names none.
pub(crate) fn servers() -> Vec<Server> {
    match std::env::var("PGX_TEST_SERVERS") {
        Ok(text) => text.split_whitespace().map(Server::parse).collect(),
        Err(_) => {
            let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!in_ci, "PGX_TEST_SERVERS is not set: in CI that is a failure");
            skip("no servers; run cargo xtask test");
            Vec::new()
        }
    }
}

/// The server of a version.
pub(crate) fn server(major: u32) -> Option<Server> {
    find(|server| server.major == major && server.is_plain(), &format!("PostgreSQL {major}"))
}

/// The server of the newest version.
pub(crate) fn newest() -> Option<Server> {
    let all = servers();
    let none = all.is_empty();
    let newest = all.into_iter().filter(Server::is_plain).max_by_key(|server| server.major);
    if newest.is_none() && !none {
        skip("no plain server among PGX_TEST_SERVERS");
    }
    newest
}

/// The server with PostGIS.
pub(crate) fn gis() -> Option<Server> {
    find(Server::has_postgis, "PostGIS")
}

/// A primary and the standby that follows it, on which whatever conflicts with replay is cancelled soon.
pub(crate) fn standby() -> Option<(Server, Server)> {
    let primary = find(|server| server.name.ends_with("primary"), "primary")?;
    Some((primary, find(|server| server.name.ends_with("standby"), "standby")?))
}

/// Runs the test on every version, and names the versions it fails on.
pub(crate) fn each_version(test: impl Fn(&Server)) {
    let all = servers();
    let plain = all.iter().filter(|server| server.is_plain());
    let failed: Vec<&str> = plain
        .filter(|server| catch_unwind(AssertUnwindSafe(|| test(server))).is_err())
        .inspect(|server| eprintln!("^ on PostgreSQL {}", server.name))
        .map(|server| server.name.as_str())
        .collect();
    assert!(failed.is_empty(), "failed on PostgreSQL {}", failed.join(", "));
}

fn find(wanted: impl Fn(&Server) -> bool, what: &str) -> Option<Server> {
    let all = servers();
    let none = all.is_empty();
    let found = all.into_iter().find(wanted);
    if found.is_none() && !none {
        skip(&format!("no {what} among PGX_TEST_SERVERS"));
    }
    found
}

impl Server {
    pub(super) fn parse(entry: &str) -> Server {
        let (name, uri) = entry.split_once('=').expect("PGX_TEST_SERVERS is name=URI …");
        let digits = name.trim_end_matches(|c: char| !c.is_ascii_digit());
        let major = digits.parse().expect("a server's name begins with its major version");
        Server { name: name.to_owned(), major, uri: Uri::parse(uri) }
    }

    /// Whether it stands for its version: its name is a number.
    fn is_plain(&self) -> bool {
        self.name.parse() == Ok(self.major)
    }

    /// Whether PostGIS can be created.
    pub(crate) fn has_postgis(&self) -> bool {
        self.name.ends_with("gis")
    }

    /// The URI of a database there, as the superuser.
    pub(crate) fn uri(&self, database: &str) -> String {
        self.uri_as(&self.uri.user, database)
    }

    /// The URI of a database there, as another role.
    pub(crate) fn uri_as(&self, role: &str, database: &str) -> String {
        let Uri { host, port, .. } = &self.uri;
        let own = self.uri.password.as_ref().filter(|_| role == self.uri.user);
        let password = own.map(|password| format!(":{password}")).unwrap_or_default();
        format!("postgresql://{role}{password}@/{database}?host={host}&port={port}")
    }

    /// The superuser.
    pub(crate) fn user(&self) -> &str {
        &self.uri.user
    }

    /// The directory of its socket, or its address.
    pub(crate) fn host(&self) -> &str {
        &self.uri.host
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.uri.port
    }

    /// How to reach a database there as a role.
    pub(crate) fn config(&self, role: &str, database: &str) -> Config {
        let host = match self.uri.host.starts_with('/') {
            true => Host::Unix(PathBuf::from(&self.uri.host), self.uri.port),
            false => Host::Tcp(self.uri.host.clone(), self.uri.port),
        };
        Config {
            password: self.uri.password.clone(),
            application_name: "pgx tests".to_owned(),
            ..Config::new(host, role, database, Side::Source)
        }
    }

    /// A superuser's session in the database `postgres`.
    pub(crate) fn session(&self) -> Session {
        self.session_in("postgres")
    }

    /// A superuser's session in a database, in which unqualified names are found as in psql.
    pub(crate) fn session_in(&self, database: &str) -> Session {
        self.session_as(&self.uri.user, database)
    }

    /// The same as another role.
    pub(crate) fn session_as(&self, role: &str, database: &str) -> Session {
        let session = Session::open(&self.config(role, database));
        let mut session =
            session.unwrap_or_else(|error| panic!("PostgreSQL {}: {error:?}", self.name));
        session.execute("RESET search_path").expect("resetting a setting");
        session
    }
}

impl Uri {
    /// `postgresql://user[:password]@[host[:port]]/database[?host=…&port=…]`
    fn parse(uri: &str) -> Uri {
        let (_, rest) = uri.split_once("://").expect("a URI has a scheme");
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, place) = authority.rsplit_once('@').unwrap_or(("postgres", authority));
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(password.to_owned())),
            None => (login, None),
        };
        let (host, port) = place.split_once(':').unwrap_or((place, "5432"));
        let query: HashMap<&str, &str> =
            query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let host = query.get("host").copied().unwrap_or(host).to_owned();
        let port = query.get("port").copied().unwrap_or(port).parse().expect("a port is a number");
        Uri { user: user.to_owned(), password, host, port }
    }
}
