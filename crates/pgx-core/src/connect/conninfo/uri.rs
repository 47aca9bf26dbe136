//! Connection strings of the form `postgresql://user:password@host:port,host:port/dbname?name=value`.
//!
//! Every part may be left out, and every part may hold `%XX`; a socket directory is written
//! `%2Frun%2Fpostgresql` as host, or given as `?host=/run/postgresql`.

use super::keyword::Settings;
use crate::error::{Code, Error, Result};

/// The text behind `postgresql://` or `postgres://`.
pub(super) fn strip_scheme(text: &str) -> Option<&str> {
    text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"))
}

/// Reads the text behind the scheme into `settings`.
///
/// # Errors
/// [`Code::Conninfo`]; the text itself is never repeated, since it may hold a password.
pub(super) fn parse(text: &str, settings: &mut Settings) -> Result<()> {
    let path = text.find('/').unwrap_or(text.len());
    let rest = match text[..path].split_once('@') {
        Some((credentials, _)) => {
            take_credentials(credentials, settings)?;
            &text[credentials.len() + 1..]
        }
        None => text,
    };
    let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, database) = place.split_once('/').unwrap_or((place, ""));
    take_hosts(hosts, settings)?;
    take(settings, "dbname", database)?;
    parameters
        .split('&')
        .filter(|one| !one.is_empty())
        .try_for_each(|parameter| take_parameter(parameter, settings))
}

fn take_credentials(credentials: &str, settings: &mut Settings) -> Result<()> {
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    take(settings, "user", user)?;
    take(settings, "password", password)
}

fn take_hosts(text: &str, settings: &mut Settings) -> Result<()> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for place in text.split(',') {
        let (host, port) = split_place(place)?;
        hosts.push(host);
        ports.push(port);
    }
    if hosts.iter().any(|host| !host.is_empty()) || hosts.len() > 1 {
        take(settings, "host", &hosts.join(","))?;
    }
    if ports.iter().any(|port| !port.is_empty()) {
        take(settings, "port", &ports.join(","))?;
    }
    Ok(())
}

/// Host and port; the host of an IPv6 address without its brackets.
fn split_place(place: &str) -> Result<(&str, &str)> {
    let Some(bracketed) = place.strip_prefix('[') else {
        return Ok(place.split_once(':').unwrap_or((place, "")));
    };
    let malformed = |what| Err(Error::new(Code::Conninfo, what).hint("write [address]:port"));
    match bracketed.split_once(']') {
        None => malformed("an IPv6 address in the connection URI lacks its closing bracket"),
        Some(("", _)) => malformed("an IPv6 address in the connection URI is empty"),
        Some((address, "")) => Ok((address, "")),
        Some((address, port)) => match port.strip_prefix(':') {
            Some(port) => Ok((address, port)),
            None => malformed("text follows an IPv6 address in the connection URI"),
        },
    }
}

fn take_parameter(parameter: &str, settings: &mut Settings) -> Result<()> {
    let malformed = |what| Error::new(Code::Conninfo, what).hint("write ?name=value&name=value");
    let (name, value) = parameter
        .split_once('=')
        .ok_or_else(|| malformed("a parameter of the connection URI has no value"))?;
    if value.contains('=') {
        return Err(malformed("a parameter of the connection URI has a second \"=\""));
    }
    // JDBC's spelling, which libpq takes too.
    if (name, value) == ("ssl", "true") {
        return settings.set("sslmode", "require".to_owned());
    }
    settings.set(&decode(name)?, decode(value)?)
}

fn take(settings: &mut Settings, name: &'static str, value: &str) -> Result<()> {
    match value {
        "" => Ok(()),
        value => settings.set(name, decode(value)?),
    }
}

/// Replaces every `%XX`.
fn decode(text: &str) -> Result<String> {
    let malformed = || {
        Error::new(Code::Conninfo, "the connection URI holds a malformed %XX")
            .hint("write % as %25, and other special characters by their two hexadecimal digits")
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, tail) = rest.split_at_checked(2).ok_or_else(malformed)?;
        let decoded = std::str::from_utf8(digits)
            .ok()
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(|&byte| byte != 0);
        bytes.push(decoded.ok_or_else(malformed)?);
        rest = tail;
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::new(Code::Conninfo, "the connection URI is not UTF-8 when decoded"))
}
