//! From the first message of a session to the server's first ReadyForQuery.

use std::io;

use super::auth::{AuthRules, Channel, Exchange, Obstacle};
use super::config::Config;
use super::server_error;
use super::wire::{self, Header, Wire};
use crate::error::{Code, Error, ServerError};

/// Version 3.0 of the protocol.
const PROTOCOL: u32 = 3 << 16;

/// No message before the end of a login is longer. Whoever answers is not known yet.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// What the server gives to whom it lets in: with it, work is cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BackendKey {
    pub(super) process_id: i32,
    pub(super) secret: i32,
}

/// Why a login failed.
pub(super) enum Failure {
    Io(io::Error),
    /// The server's own word.
    Server(Box<ServerError>),
    Obstacle(Obstacle),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(error)
    }
}

/// Logs in.
pub(super) fn log_in(
    wire: &mut Wire,
    config: &Config,
    password: Option<&str>,
    channel: Channel,
) -> Result<BackendKey, Failure> {
    wire.send(&startup_message(config)?)?;
    let rules: &AuthRules = &config.terms.auth;
    let mut exchange = Exchange::new(&config.user, password, rules, channel);
    let (mut key, mut welcome) = (BackendKey::default(), false);
    loop {
        let header = wire.header()?;
        let body = body(wire, header)?;
        match header.kind {
            b'R' if !welcome => {
                let answer = exchange.answer(&body).map_err(Failure::Obstacle)?;
                welcome = body == [0; 4];
                if let Some(answer) = answer {
                    wire.send(&wire::message(b'p', &answer)?)?;
                }
            }
            b'E' => return Err(Failure::Server(Box::new(server_error::parse(&body)))),
            b'K' if welcome => key = backend_key(&body),
            b'Z' if welcome => return Ok(key),
            b'S' | b'N' | b'v' => {}
            _ => return Err(unexpected()),
        }
    }
}

fn startup_message(config: &Config) -> io::Result<Vec<u8>> {
    let mut body = PROTOCOL.to_be_bytes().to_vec();
    let options = config.options.as_deref().unwrap_or_default();
    let parameters = [
        ("user", config.user.as_str()),
        ("database", &config.database),
        ("application_name", &config.application_name),
        ("client_encoding", "UTF8"),
        ("options", options),
    ];
    for (name, value) in parameters.into_iter().filter(|(_, value)| !value.is_empty()) {
        if value.contains('\0') {
            let what = format!("the connection setting {name} holds a zero byte");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        for word in [name, value] {
            body.extend_from_slice(word.as_bytes());
            body.push(0);
        }
    }
    body.push(0);
    Ok([&wire::length(body.len())?[..], &body].concat())
}

fn body(wire: &mut Wire, header: Header) -> Result<Vec<u8>, Failure> {
    match header.body_len <= MESSAGE_BYTES_MAX {
        true => Ok(wire.body(header)?),
        false => Err(unexpected()),
    }
}

fn unexpected() -> Failure {
    let what = "what answers does not speak PostgreSQL's protocol";
    let error = Error::new(Code::ServerUnsupported, what);
    Failure::Obstacle(error.hint("check that host and port are PostgreSQL's").into())
}

fn backend_key(body: &[u8]) -> BackendKey {
    let number = |at: usize| {
        let bytes = body.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, i32::from_be_bytes)
    };
    BackendKey { process_id: number(0), secret: number(4) }
}
