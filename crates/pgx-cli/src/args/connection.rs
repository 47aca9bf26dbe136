//! Options that say where the server is.

use pgx_core::connect::Overrides;
use pgx_core::{Code, Error, Result};

/// Where the server is. A connection string goes before the other options, as with psql; what is said
/// nowhere comes from the environment
/// (PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD, PGPASSFILE, …).
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArgs {
    /// Database: a name, a URI, or a "key=value …" string
    #[arg(short = 'd', long = "dbname", value_name = "DBNAME|URI")]
    pub(crate) dbname: Option<String>,

    /// Server's name, address or socket directory
    #[arg(short = 'h', long, value_name = "HOST")]
    pub(crate) host: Option<String>,

    /// Server's port
    #[arg(short = 'p', long, value_name = "PORT")]
    pub(crate) port: Option<String>,

    /// Role to log in as
    #[arg(short = 'U', long, value_name = "NAME")]
    pub(crate) username: Option<String>,

    /// Never ask for a password
    #[arg(short = 'w', long)]
    pub(crate) no_password: bool,

    /// Ask for a password before connecting
    #[arg(short = 'W', long = "password", conflicts_with = "no_password")]
    pub(crate) ask_password: bool,
}

impl ConnectionArgs {
    /// The options that a connection string goes before.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            host: self.host.clone(),
            port: self.port.clone(),
            user: self.username.clone(),
            ..Overrides::default()
        }
    }

    /// The database, named by `-d` or as an argument.
    ///
    /// # Errors
    /// [`Code::Usage`] when both name it.
    pub(crate) fn database<'a>(&'a self, argument: Option<&'a str>) -> Result<Option<&'a str>> {
        match (&self.dbname, argument) {
            (Some(_), Some(_)) => Err(Error::new(
                Code::Usage,
                "the database is given twice: by -d and as an argument",
            )
            .hint("leave one of them out")),
            (option, argument) => Ok(option.as_deref().or(argument)),
        }
    }
}
