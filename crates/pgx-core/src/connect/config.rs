//! Where a server is and as whom to enter.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::interrupt::Interrupt;
use super::terms::Terms;

/// The name sessions carry in `pg_stat_activity` unless the user gives another.
pub(super) const APPLICATION_NAME: &str = "pgx";

/// One place where the server may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name or address, and a port.
    Tcp(String, u16),
    /// A name, which may be empty, whose address is known; and a port. Certificates and password files
    /// go by the name.
    At(String, IpAddr, u16),
    /// A directory with a unix socket, and the port that names the socket in it.
    Unix(PathBuf, u16),
}

impl Host {
    /// What a connection string for another program says: name, address or directory, and port.
    pub fn host_and_port(&self) -> (String, String) {
        let host = match self {
            Host::Tcp(name, _) => name.clone(),
            Host::At(_, address, _) => address.to_string(),
            Host::Unix(directory, _) => directory.display().to_string(),
        };
        (host, self.port().to_string())
    }

    /// The name by which certificates go; none of a socket.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Host::Tcp(name, _) | Host::At(name, ..) => Some(name),
            Host::Unix(..) => None,
        }
    }

    pub(super) fn port(&self) -> u16 {
        match self {
            Host::Tcp(_, port) | Host::At(_, _, port) | Host::Unix(_, port) => *port,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Tcp(host, port) => write!(f, "{host}:{port}"),
            Host::At(name, address, port) if name.is_empty() => {
                write!(f, "{}", std::net::SocketAddr::new(*address, *port))
            }
            Host::At(name, address, port) if *name == address.to_string() => {
                write!(f, "{name}:{port}")
            }
            Host::At(name, address, port) => write!(f, "{name}:{port} ({address})"),
            Host::Unix(directory, port) => write!(f, "{}:{port}", directory.display()),
        }
    }
}

/// Whether a session reads the database that is dumped or writes the one that is restored into:
/// the same failure ends with another exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The database that is read.
    Source,
    /// The database that is written.
    Target,
}

impl Side {
    /// `source` or `target`, for messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Side::Source => "source",
            Side::Target => "target",
        }
    }
}

/// Everything needed to open sessions to one database. Every session of a run is opened from the
/// same value, so none can be weaker than the first.
#[derive(Clone)]
pub struct Config {
    /// Tried in order until one answers.
    pub hosts: Vec<Host>,
    /// The role to log in as.
    pub user: String,
    /// The role every session acts as (SET ROLE) once it is logged in.
    pub role: Option<String>,
    /// The database.
    pub database: String,
    /// The password, if one was given; otherwise it comes from the password file, or is asked for.
    pub password: Option<String>,
    /// How long one host may take to accept the connection; `None` waits as long as the system does.
    pub connect_timeout: Option<Duration>,
    /// `application_name`, as seen in `pg_stat_activity`.
    pub application_name: String,
    /// Command-line options for the backend (`options=` of a connection string).
    pub options: Option<String>,
    /// Source or target.
    pub side: Side,
    /// The run's switch for Ctrl-C.
    pub interrupt: Interrupt,
    /// Encryption, authentication and which of several servers.
    pub terms: Terms,
}

impl Config {
    /// A database at one place, by libpq's defaults.
    pub fn new(host: Host, user: &str, database: &str, side: Side) -> Config {
        Config {
            hosts: vec![host],
            user: user.to_owned(),
            role: None,
            database: database.to_owned(),
            password: None,
            connect_timeout: None,
            application_name: APPLICATION_NAME.to_owned(),
            options: None,
            side,
            interrupt: Interrupt::new(),
            terms: Terms::default(),
        }
    }

    /// The same server and user, another database.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Config {
        Config { database: database.to_owned(), ..self.clone() }
    }

    /// The statement that takes on `role`, if there is one: also after what resets roles.
    pub fn set_role(&self) -> Option<String> {
        self.role.as_deref().map(|role| format!("SET ROLE {}", super::quote::ident(role)))
    }

    /// Where the connection goes, without secrets: for messages.
    pub fn place(&self) -> String {
        let hosts: Vec<String> = self.hosts.iter().map(Host::to_string).collect();
        format!("{} at {}", super::quote::ident(&self.database), hosts.join(", "))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({} as {})", self.place(), self.user)
    }
}
