//! From a [`Config`] to an authenticated stream, and what every session pins first.

use std::io;

use tokio_postgres::config::SslMode;
use tokio_postgres::{CancelToken, NoTls};

use super::config::{Config, Host, Side};
use super::dial::{self, AsyncTransport, Transport};
use super::encoding::Encoding;
use super::handoff;
use super::interrupt::Registration;
use super::role;
use super::server_error;
use super::session::Session;
use crate::error::{Code, Error, Result};

/// The oldest major version pgx knows. A newer one than it knows is looked at object by object.
const OLDEST: u32 = 10;

/// An authenticated stream that stands behind its first ReadyForQuery.
pub(super) struct Opened {
    pub(super) transport: Transport,
    pub(super) place: String,
    pub(super) process_id: i32,
    pub(super) registration: Registration,
}

/// Connects to the first host that answers. A host that answers and refuses ends the search, since a
/// wrong password is not mended by asking elsewhere.
pub(super) fn handshake(config: &Config) -> Result<Opened> {
    let mut failures = Vec::new();
    for host in &config.hosts {
        config.interrupt.check()?;
        match dial::dial(host, config.connect_timeout) {
            Ok(transport) => return authenticate(config, host, transport),
            Err(error) => failures.push(format!("{host}: {error}")),
        }
    }
    let error = Error::new(Code::ConnectFailed, "the server cannot be reached")
        .object(format!("database {}", config.place()))
        .hint("check host and port, and that the server runs and accepts connections there");
    Err(failures.into_iter().fold(error, Error::note))
}

fn authenticate(config: &Config, host: &Host, transport: Transport) -> Result<Opened> {
    let failed = |error| unreachable_error(config, host, &error);
    let runtime = dial::runtime().map_err(failed)?;
    let (token, transport, process_id) = runtime.block_on(async {
        match transport {
            Transport::Tcp(stream) => {
                stream.set_nonblocking(true).map_err(failed)?;
                lend(config, host, tokio::net::TcpStream::from_std(stream).map_err(failed)?).await
            }
            Transport::Unix(stream) => {
                stream.set_nonblocking(true).map_err(failed)?;
                lend(config, host, tokio::net::UnixStream::from_std(stream).map_err(failed)?).await
            }
        }
    })?;
    let registration = config.interrupt.register(host.clone(), token);
    let place = format!("database {} at {host}", super::quote::ident(&config.database));
    Ok(Opened { transport, place, process_id, registration })
}

async fn lend<S: AsyncTransport>(
    config: &Config,
    host: &Host,
    stream: S,
) -> Result<(CancelToken, Transport, i32)> {
    let (lender, lent) = handoff::lend(stream);
    let handshake_config = handshake_config(config);
    let handshake = handshake_config.connect_raw(lent, NoTls);
    let outcome = match config.connect_timeout {
        Some(limit) => tokio::time::timeout(limit, handshake)
            .await
            .map_err(|_| unreachable_error(config, host, &io::ErrorKind::TimedOut.into()))?,
        None => handshake.await,
    };
    let token = match outcome {
        Ok((client, _connection)) => client.cancel_token(),
        Err(error) => return Err(handshake_error(config, host, error)),
    };
    let (stream, process_id) =
        lender.take_back().ok_or_else(|| Error::internal("the handshake ended early"))?;
    let transport =
        stream.into_blocking().map_err(|error| unreachable_error(config, host, &error))?;
    Ok((token, transport, process_id))
}

fn handshake_config(config: &Config) -> tokio_postgres::Config {
    let mut handshake = tokio_postgres::Config::new();
    handshake
        .user(&config.user)
        .dbname(&config.database)
        .application_name(&config.application_name)
        .ssl_mode(SslMode::Disable);
    if let Some(password) = &config.password {
        handshake.password(password);
    }
    if let Some(options) = &config.options {
        handshake.options(options);
    }
    handshake
}

fn unreachable_error(config: &Config, host: &Host, error: &io::Error) -> Error {
    Error::new(Code::ConnectFailed, "the server cannot be reached")
        .object(format!("database {} at {host}", super::quote::ident(&config.database)))
        .note(error.to_string())
        .hint("check host and port, and that the server runs and accepts connections there")
}

fn handshake_error(config: &Config, host: &Host, error: tokio_postgres::Error) -> Error {
    let place = format!(
        "user {}, database {} at {host}",
        config.user,
        super::quote::ident(&config.database)
    );
    let sentence = match config.side {
        Side::Source => "the source server refused the connection",
        Side::Target => "the target server refused the connection",
    };
    if let Some(refusal) = error.as_db_error() {
        let refusal = server_error::refused(config.side, server_error::from_handshake(refusal));
        let code = match refusal.code() {
            code @ (Code::AuthFailed | Code::NoDatabase | Code::Denied) => code,
            _ => Code::ConnectFailed,
        };
        return refusal.with_code(code).with_what(sentence).object(place);
    }
    if config.password.is_none() && error.to_string().contains("configuration") {
        return Error::new(Code::AuthFailed, "the server asks for a password and none was given")
            .object(place)
            .hint("set PGPASSWORD or write a password file (PGPASSFILE, ~/.pgpass)");
    }
    Error::new(Code::ConnectFailed, "the connection could not be set up")
        .object(place)
        .source(error)
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
