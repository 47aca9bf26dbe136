//! Getting into one server at one address: encrypted or not as `sslmode` says, and what a failure means
//! for the search.

use std::io;
use std::time::Instant;

use super::auth::{Channel, Obstacle};
use super::cancel::CancelRequest;
use super::config::{Config, Host, Side};
use super::dial::{Address, Patience, Socket};
use super::open::{self, Opened};
use super::server_error;
use super::startup::{self, BackendKey, Failure};
use super::tls::{self, Mode, Refusal};
use super::transport::Transport;
use super::wire::Wire;
use crate::error::{Code, Error, ServerError};

/// What a failure means for the search.
pub(super) enum Outcome {
    /// Nobody is there: another address may do.
    NextAddress(io::Error),
    /// The server is not ready, and says so: another host may do.
    NextHost(Error),
    /// Asking elsewhere mends nothing.
    End(Error),
}

/// How a connection is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Plain,
    Tls,
    /// Without TLS where the server has none.
    TlsIfAny,
}

/// Why an attempt failed.
enum Trouble {
    /// Nobody was reached, or not in time.
    Unreachable(io::Error),
    /// The server refused.
    Server(Box<ServerError>),
    /// TLS failed, or there is none.
    Tls(Error),
    NeedsPassword,
    /// Nothing that another way would mend.
    Final(Error),
}

/// A failed attempt.
struct Failed {
    trouble: Trouble,
    encrypted: bool,
    /// What came of the other way.
    besides: Option<String>,
}

impl Failed {
    fn new(trouble: Trouble, encrypted: bool) -> Failed {
        Failed { trouble, encrypted, besides: None }
    }
}

/// The server is starting up, shutting down or in recovery.
const CANNOT_CONNECT_NOW: &str = "57P03";

/// No line of pg_hba.conf fits, or the role may not log in.
const NO_ENTRY: &str = "28000";

/// Logs in at one address.
pub(super) fn enter(config: &Config, host: &Host, address: &Address) -> Result<Opened, Outcome> {
    let known = password(config, host);
    match try_ways(config, host, address, known.as_deref()) {
        Err(Failed { trouble: Trouble::NeedsPassword, .. }) => {
            let password = ask(config, host)?;
            try_ways(config, host, address, Some(&password))
        }
        outcome => outcome,
    }
    .map_err(|failed| outcome(config, host, failed))
}

/// The password that was said, else that of the password file, else what the user answered before.
fn password(config: &Config, host: &Host) -> Option<String> {
    let terms = &config.terms;
    let said = config.password.clone().filter(|password| !password.is_empty());
    said.or_else(|| terms.passfile.password(host, &config.database, &config.user))
        .or_else(|| terms.found.password.get().cloned())
}

fn ask(config: &Config, host: &Host) -> Result<String, Outcome> {
    let terms = &config.terms;
    let asked = terms.ask.as_ref().map_or_else(|| Err(passwordless()), |ask| ask(&config.user));
    let asked = asked.map_err(|error| Outcome::End(error.object(who(config, host))))?;
    Ok(terms.found.password.get_or_init(|| asked).clone())
}

fn passwordless() -> Error {
    Error::new(Code::AuthFailed, "the server asks for a password and none was given")
        .hint("set PGPASSWORD or write a password file (PGPASSFILE, ~/.pgpass)")
}

/// Tries the ways that `sslmode` allows, by libpq's rules: what a server refuses on one way it may take on
/// the other, as pg_hba.conf can demand either.
fn try_ways(
    config: &Config,
    host: &Host,
    address: &Address,
    password: Option<&str>,
) -> Result<Opened, Failed> {
    let mode = config.terms.tls.mode;
    let (way, another) = match (address, mode) {
        (Address::Unix(_), _) | (_, Mode::Disable) => (Way::Plain, None),
        (_, Mode::Allow) => (Way::Plain, Some(Way::Tls)),
        (_, Mode::Prefer) => (Way::TlsIfAny, Some(Way::Plain)),
        _ => (Way::Tls, None),
    };
    let first = match attempt(config, (host, address), way, password) {
        Ok(opened) => return Ok(opened),
        Err(failed) => failed,
    };
    let Some(another) = another.filter(|_| first.encrypted == (mode == Mode::Prefer)) else {
        return Err(first);
    };
    match &first.trouble {
        Trouble::Server(error) if error.sqlstate == CANNOT_CONNECT_NOW => Err(first),
        Trouble::Server(_) | Trouble::Tls(_) => attempt(config, (host, address), another, password)
            .map_err(|second| weightier(first, second)),
        _ => Err(first),
    }
}

/// Of two refusals the one that is not about the way alone; the other is told beside it.
fn weightier(first: Failed, second: Failed) -> Failed {
    let of_the_way = |failed: &Failed| match &failed.trouble {
        Trouble::Server(error) => error.sqlstate == NO_ENTRY,
        Trouble::Tls(_) => true,
        _ => false,
    };
    let (kept, other) = match (of_the_way(&first), of_the_way(&second)) {
        (true, false) => (second, first),
        _ => (first, second),
    };
    let reason = match &other.trouble {
        Trouble::Server(error) => error.message.clone(),
        Trouble::Tls(error) | Trouble::Final(error) => error.what().to_owned(),
        Trouble::Unreachable(error) => error.to_string(),
        Trouble::NeedsPassword => "a password is asked for".to_owned(),
    };
    let besides = Some(format!("{}: {reason}", how(other.encrypted)));
    Failed { besides, ..kept }
}

fn how(encrypted: bool) -> &'static str {
    if encrypted { "with TLS" } else { "without TLS" }
}

fn attempt(
    config: &Config,
    (host, address): (&Host, &Address),
    way: Way,
    password: Option<&str>,
) -> Result<Opened, Failed> {
    let until = config.connect_timeout.map(|limit| Instant::now() + limit);
    let patience = Patience { until, interrupt: config.interrupt.clone() };
    let socket = Socket::open(address, patience, &config.terms.tuning)
        .map_err(|error| Failed::new(Trouble::Unreachable(error), false))?;
    let transport = encrypted(config, (host, address), way, socket)
        .map_err(|trouble| Failed::new(trouble, way != Way::Plain))?;
    let channel = match &transport {
        Transport::Plain(_) => Channel::Plain,
        Transport::Tls(stream) => stream.end_point().map_or(Channel::Unbindable, Channel::EndPoint),
    };
    let encrypted = channel != Channel::Plain;
    let mut wire = Wire::new(transport);
    let key = startup::log_in(&mut wire, config, password, channel)
        .map_err(|failure| Failed::new(login_trouble(failure), encrypted))?;
    wire.be_patient();
    Ok(opened(config, (host, address), wire, (key, encrypted)))
}

fn opened(
    config: &Config,
    (host, address): (&Host, &Address),
    wire: Wire,
    (key, encrypted): (BackendKey, bool),
) -> Opened {
    let registration = config.interrupt.register(CancelRequest {
        host: host.clone(),
        address: address.clone(),
        tls: encrypted.then(|| config.terms.tls.clone()),
        key,
    });
    Opened { wire, place: open::place(config, host), process_id: key.process_id, registration }
}

fn encrypted(
    config: &Config,
    (host, address): (&Host, &Address),
    way: Way,
    socket: Socket,
) -> Result<Transport, Trouble> {
    if way == Way::Plain {
        return Ok(Transport::Plain(socket));
    }
    let settings = &config.terms.tls;
    let name = host.name().unwrap_or_default();
    match settings.encrypt(name, address.ip(), socket) {
        Ok(stream) => Ok(Transport::Tls(Box::new(stream))),
        Err(Refusal::NoTls(socket)) if way == Way::TlsIfAny => Ok(Transport::Plain(socket)),
        Err(Refusal::NoTls(_)) => Err(Trouble::Tls(
            Error::new(Code::Insecure, "the server does not offer TLS, which sslmode demands")
                .hint("turn ssl on on the server, or connect by a tunnel with sslmode=prefer"),
        )),
        Err(Refusal::Final(error)) => Err(Trouble::Final(error)),
        Err(Refusal::Handshake(error)) => Err(Trouble::Tls(error)),
        Err(Refusal::Io(error)) => Err(broken(error, settings.direct)),
    }
}

fn login_trouble(failure: Failure) -> Trouble {
    match failure {
        Failure::Server(error) => Trouble::Server(error),
        Failure::Obstacle(Obstacle::NeedsPassword) => Trouble::NeedsPassword,
        Failure::Obstacle(Obstacle::Refused(error)) => Trouble::Final(error),
        Failure::Io(error) => match tls::explain(&error) {
            Some(explained) => Trouble::Final(explained),
            None => broken(error, false),
        },
    }
}

/// The connection failed before the session began. One that takes too long is left for the next.
fn broken(error: io::Error, direct: bool) -> Trouble {
    match error.kind() {
        io::ErrorKind::TimedOut => Trouble::Unreachable(error),
        io::ErrorKind::UnexpectedEof => {
            let what = "the server closed the connection before the session began";
            let hint = "see the server's log; sslnegotiation=direct needs PostgreSQL 17 or newer";
            let hint = if direct { hint } else { "see the server's log" };
            Trouble::Final(Error::new(Code::ConnectFailed, what).hint(hint))
        }
        _ => Trouble::Final(
            Error::new(Code::ConnectFailed, "the connection could not be set up").source(error),
        ),
    }
}

fn outcome(config: &Config, host: &Host, failed: Failed) -> Outcome {
    let error = match failed.trouble {
        Trouble::Unreachable(error) => return Outcome::NextAddress(error),
        Trouble::Server(error) => {
            let ready = error.sqlstate != CANNOT_CONNECT_NOW;
            let error = refused(config, host, *error, failed.encrypted);
            let error = failed.besides.into_iter().fold(error, Error::note);
            return if ready { Outcome::End(error) } else { Outcome::NextHost(error) };
        }
        Trouble::NeedsPassword => passwordless(),
        Trouble::Tls(error) | Trouble::Final(error) => error,
    };
    let error = with_certificate(config, error).object(who(config, host));
    Outcome::End(failed.besides.into_iter().fold(error, Error::note))
}

fn refused(config: &Config, host: &Host, server: ServerError, encrypted: bool) -> Error {
    let sentence = match config.side {
        Side::Source => "the source server refused the connection",
        Side::Target => "the target server refused the connection",
    };
    let by_password = server.sqlstate == "28P01";
    let refusal = server_error::refused(config.side, server);
    let code = match refusal.code() {
        code @ (Code::AuthFailed | Code::NoDatabase | Code::Denied) => code,
        _ => Code::ConnectFailed,
    };
    let mut error = refusal.with_code(code).with_what(sentence).object(who(config, host));
    if code == Code::AuthFailed {
        error = error.note(format!("the connection was made {}", how(encrypted)));
    }
    let passfile = &config.terms.passfile;
    let said = config.password.as_deref().is_some_and(|password| !password.is_empty());
    if by_password && !said && passfile.password(host, &config.database, &config.user).is_some() {
        error =
            error.note(format!("the password is that of the file {}", passfile.path().display()));
    }
    with_certificate(config, error)
}

/// A certificate that is not there is not sent, as with libpq; a server that wants one says less.
fn with_certificate(config: &Config, error: Error) -> Error {
    let about = error.to_string().contains("client certificate");
    match config.terms.tls.certificate.as_deref().filter(|path| about && !path.exists()) {
        Some(path) => {
            let path = path.display();
            error.note(format!("no client certificate was sent: there is no file {path}"))
        }
        None => error,
    }
}

fn who(config: &Config, host: &Host) -> String {
    format!("user {}, {}", config.user, open::place(config, host))
}
