//! From `host`, `hostaddr` and `port` to places to try.

use std::net::IpAddr;
use std::path::PathBuf;

use super::keyword::Settings;
use crate::connect::Host;
use crate::connect::passfile::SOCKET_DIRECTORIES;
use crate::error::{Code, Error, Result};

/// PostgreSQL's port.
const DEFAULT_PORT: u16 = 5432;

/// Every place to try, in order.
///
/// # Errors
/// [`Code::Conninfo`]: lists of different lengths, a port that is none, an address that is none.
pub(super) fn hosts(settings: &Settings) -> Result<Vec<Host>> {
    let hosts = list(settings.get("host"));
    let addresses = list(settings.get("hostaddr"));
    let n_places = hosts.len().max(addresses.len()).max(1);
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(uneven("address", addresses.len(), hosts.len()));
    }
    let ports = ports(settings.get("port"), n_places)?;
    let mut places = Vec::new();
    for (at, port) in ports.into_iter().enumerate() {
        let host = hosts.get(at).copied().unwrap_or_default();
        match addresses.get(at).copied().unwrap_or_default() {
            "" if host.is_empty() => places.extend(default_sockets(port)),
            "" => places.push(place(host, port)?),
            address => places.push(addressed(host, address, port)?),
        }
    }
    Ok(places)
}

fn list(text: Option<&str>) -> Vec<&str> {
    text.map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default()
}

fn ports(text: Option<&str>, n_places: usize) -> Result<Vec<u16>> {
    let ports: Vec<u16> = list(text).into_iter().map(port).collect::<Result<_>>()?;
    match ports.len() {
        0 => Ok(vec![DEFAULT_PORT; n_places]),
        1 => Ok(vec![ports[0]; n_places]),
        n if n == n_places => Ok(ports),
        n => Err(uneven("port", n, n_places)),
    }
}

fn port(text: &str) -> Result<u16> {
    if text.is_empty() {
        return Ok(DEFAULT_PORT);
    }
    text.parse().ok().filter(|&port| port != 0).ok_or_else(|| {
        Error::new(Code::Conninfo, "a port is not a number from 1 to 65535")
            .object(format!("port {text:?}"))
    })
}

fn uneven(what: &str, n: usize, n_hosts: usize) -> Error {
    let s = if n == 1 { "" } else { "es" };
    let s = if what == "port" && n != 1 { "s" } else { s };
    Error::new(Code::Conninfo, format!("{n} {what}{s} do not match {n_hosts} hosts"))
        .hint("give one for each host, in the same order")
}

fn default_sockets(port: u16) -> impl Iterator<Item = Host> {
    SOCKET_DIRECTORIES.iter().map(move |directory| Host::Unix(PathBuf::from(directory), port))
}

fn place(host: &str, port: u16) -> Result<Host> {
    if host.starts_with('@') {
        return Err(Error::new(
            Code::ServerUnsupported,
            "sockets in the abstract namespace are not supported",
        )
        .object(format!("host {host:?}"))
        .hint("name a socket directory or a host"));
    }
    Ok(match host.starts_with('/') {
        true => Host::Unix(PathBuf::from(host), port),
        false => Host::Tcp(host.to_owned(), port),
    })
}

/// The address is where the connection goes; the name is what certificates and password files know.
fn addressed(host: &str, address: &str, port: u16) -> Result<Host> {
    let ip: IpAddr = address.parse().map_err(|_| {
        Error::new(Code::Conninfo, "hostaddr is not a network address")
            .object(format!("hostaddr {address:?}"))
            .hint("use host for a name")
    })?;
    Ok(Host::At(host.to_owned(), ip, port))
}
