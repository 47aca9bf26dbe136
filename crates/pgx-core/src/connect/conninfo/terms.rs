//! From settings to the terms of a connection: encryption, authentication, which of several servers.

use std::path::{Path, PathBuf};

use super::keyword::Settings;
use crate::connect::Host;
use crate::connect::auth::{AuthRules, Binding, Method};
use crate::connect::dial::Tuning;
use crate::connect::target_session::SessionAttrs;
use crate::connect::terms::Terms;
use crate::connect::tls::{self, Mode, Roots};
use crate::error::{Code, Error, Result};

/// The terms.
///
/// # Errors
/// [`Code::Conninfo`]: a value nobody knows, values that contradict each other;
/// [`Code::ServerUnsupported`]: a version of TLS that pgx does not speak.
pub(super) fn terms(
    settings: &Settings,
    hosts: &[Host],
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Terms> {
    let tls = tls(settings, env)?;
    let nameless = |host: &Host| matches!(host, Host::At(name, ..) if name.is_empty());
    if tls.mode == Mode::VerifyFull && hosts.iter().any(nameless) {
        return Err(Error::new(
            Code::Conninfo,
            "sslmode=verify-full compares the host's name, and there is none",
        )
        .hint("give the name with host, beside its address in hostaddr"));
    }
    Ok(Terms {
        tls,
        auth: AuthRules { allowed: allowed(settings)?, binding: binding(settings)? },
        target: one_of(settings, "target_session_attrs", ATTRS)?.unwrap_or_default(),
        shuffled: one_of(settings, "load_balance_hosts", RANDOM)?.unwrap_or_default(),
        tuning: tuning(settings)?,
        ..Terms::default()
    })
}

const MODES: &[(&str, Mode)] = &[
    ("disable", Mode::Disable),
    ("allow", Mode::Allow),
    ("prefer", Mode::Prefer),
    ("require", Mode::Require),
    ("verify-ca", Mode::VerifyCa),
    ("verify-full", Mode::VerifyFull),
];

const ATTRS: &[(&str, SessionAttrs)] = &[
    ("any", SessionAttrs::Any),
    ("read-write", SessionAttrs::ReadWrite),
    ("read-only", SessionAttrs::ReadOnly),
    ("primary", SessionAttrs::Primary),
    ("standby", SessionAttrs::Standby),
    ("prefer-standby", SessionAttrs::PreferStandby),
];

const BINDINGS: &[(&str, Binding)] =
    &[("disable", Binding::Disable), ("prefer", Binding::Prefer), ("require", Binding::Require)];

const RANDOM: &[(&str, bool)] = &[("disable", false), ("random", true)];
const NEGOTIATIONS: &[(&str, bool)] = &[("postgres", false), ("direct", true)];
const SWITCH: &[(&str, bool)] = &[("0", false), ("1", true)];

/// `allow` sends a certificate if there is one and the server asks for it.
const CERTIFICATES: &[(&str, bool)] = &[("disable", false), ("allow", true)];

/// In order of age.
const VERSIONS: &[(&str, u8)] = &[("tlsv1", 0), ("tlsv1.1", 1), ("tlsv1.2", 2), ("tlsv1.3", 3)];

fn one_of<T: Copy>(settings: &Settings, name: &str, values: &[(&str, T)]) -> Result<Option<T>> {
    let Some(said) = settings.get(name) else { return Ok(None) };
    match values.iter().find(|(value, _)| *value == said) {
        Some((_, meaning)) => Ok(Some(*meaning)),
        None => Err(Error::new(Code::Conninfo, format!("{name} has a value nobody knows"))
            .hint(format!("use {}", alternatives(values)))),
    }
}

fn alternatives<T>(values: &[(&str, T)]) -> String {
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

fn contradiction(what: String, hint: &str) -> Error {
    Error::new(Code::Conninfo, what).hint(hint)
}

fn tls(settings: &Settings, env: &dyn Fn(&str) -> Option<String>) -> Result<tls::Settings> {
    let said = one_of(settings, "sslmode", MODES)?;
    let by_system = settings.get("sslrootcert") == Some("system");
    let mode = said.unwrap_or(if by_system { Mode::VerifyFull } else { Mode::Prefer });
    let strong = "use sslmode=verify-full";
    if by_system && mode != Mode::VerifyFull {
        let what = "sslrootcert=system contradicts an sslmode that compares no names";
        return Err(contradiction(what.to_owned(), strong));
    }
    let direct = one_of(settings, "sslnegotiation", NEGOTIATIONS)?.unwrap_or(false);
    if direct && mode < Mode::Require {
        let what = "sslnegotiation=direct contradicts an sslmode that can do without TLS";
        return Err(contradiction(what.to_owned(), "use sslmode=require or stronger"));
    }
    let home = Home::new(env);
    let certificate = match certificates(settings)? {
        true => home.file(settings, "sslcert", "postgresql.crt"),
        false => None,
    };
    let lists = (settings.get("sslcrl"), settings.get("sslcrldir"));
    let revocations = match lists {
        (None, Some(_)) => None,
        (None, None) => home.path("root.crl").filter(|path| path.exists()),
        (Some(path), _) => Some(path.into()),
    };
    let (without_12, without_13) = versions(settings)?;
    Ok(tls::Settings {
        mode,
        direct,
        roots: match home.file(settings, "sslrootcert", "root.crt") {
            _ if by_system => Roots::System,
            Some(path) => Roots::File(path),
            None => Roots::None,
        },
        certificate,
        key: home.file(settings, "sslkey", "postgresql.key"),
        revocations,
        revocations_directory: lists.1.map(PathBuf::from),
        nameless: one_of(settings, "sslsni", SWITCH)? == Some(false),
        without_12,
        without_13,
        ..tls::Settings::default()
    })
}

/// `~/.postgresql`, where files are that nobody named.
struct Home(Option<PathBuf>);

impl Home {
    fn new(env: &dyn Fn(&str) -> Option<String>) -> Home {
        let home = env("HOME").filter(|home| !home.is_empty());
        Home(home.map(|home| Path::new(&home).join(".postgresql")))
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.as_ref().map(|directory| directory.join(name))
    }

    fn file(&self, settings: &Settings, keyword: &str, name: &str) -> Option<PathBuf> {
        settings.get(keyword).map_or_else(|| self.path(name), |said| Some(said.into()))
    }
}

fn certificates(settings: &Settings) -> Result<bool> {
    if settings.get("sslcertmode") == Some("require") {
        let what = "sslcertmode=require asks for what pgx does not do";
        return Err(Error::new(Code::ServerUnsupported, what)
            .hint("leave it out; the server's pg_hba.conf can demand a certificate"));
    }
    Ok(one_of(settings, "sslcertmode", CERTIFICATES)?.unwrap_or(true))
}

/// Whether TLS 1.2 and TLS 1.3 are left out.
fn versions(settings: &Settings) -> Result<(bool, bool)> {
    let version = |name: &str| {
        let Some(said) = settings.get(name) else { return Ok(None) };
        let said = said.to_ascii_lowercase();
        let known = VERSIONS.iter().find(|(version, _)| *version == said);
        known.map(|(_, age)| Some(*age)).ok_or_else(|| {
            Error::new(Code::Conninfo, format!("{name} has a value nobody knows"))
                .hint("use TLSv1.2 or TLSv1.3")
        })
    };
    let least = version("ssl_min_protocol_version")?.unwrap_or(2);
    let most = version("ssl_max_protocol_version")?.unwrap_or(3);
    if most < 2 {
        let what = "ssl_max_protocol_version allows only versions of TLS that pgx does not speak";
        return Err(Error::new(Code::ServerUnsupported, what).hint("pgx speaks TLS 1.2 and 1.3"));
    }
    if least > most {
        let what = "ssl_min_protocol_version is newer than ssl_max_protocol_version";
        return Err(contradiction(what.to_owned(), "leave one of them out"));
    }
    Ok((least > 2, most < 3))
}

fn binding(settings: &Settings) -> Result<Binding> {
    Ok(one_of(settings, "channel_binding", BINDINGS)?.unwrap_or_default())
}

/// The methods of `require_auth`: those that are named, or all but those named with `!`.
fn allowed(settings: &Settings) -> Result<Option<Vec<Method>>> {
    let Some(text) = settings.get("require_auth") else { return Ok(None) };
    let (mut named, mut negated) = (Vec::new(), 0);
    for word in text.split(',').map(str::trim) {
        let name = word.strip_prefix('!').unwrap_or(word);
        negated += usize::from(name != word);
        let known = Method::ALL.iter().find(|(known, _)| *known == name);
        let (_, method) = known.ok_or_else(|| {
            contradiction(
                "require_auth has a method nobody knows".to_owned(),
                &format!("use {}", alternatives(&Method::ALL)),
            )
        })?;
        if named.contains(method) {
            let what = format!("require_auth names {name} twice");
            return Err(contradiction(what, "name each method once"));
        }
        named.push(*method);
    }
    match negated {
        0 => Ok(Some(named)),
        _ if negated == named.len() => {
            let all = Method::ALL.iter().map(|(_, method)| *method);
            Ok(Some(all.filter(|method| !named.contains(method)).collect()))
        }
        _ => Err(contradiction(
            "require_auth mixes methods that are wanted with methods that are not".to_owned(),
            "write ! before all of them, or before none",
        )),
    }
}

/// Zero and less is the system's own value.
fn tuning(settings: &Settings) -> Result<Tuning> {
    let default = Tuning::default();
    let seconds = |name, default| {
        number(settings, name)
            .map(|said| said.map_or(default, |n| u64::try_from(n).ok().filter(|&n| n > 0)))
    };
    let small = |name, default| {
        number(settings, name)
            .map(|said| said.map_or(default, |n| u32::try_from(n).ok().filter(|&n| n > 0)))
    };
    Ok(Tuning {
        keepalives: number(settings, "keepalives")?.is_none_or(|n| n != 0),
        idle: seconds("keepalives_idle", default.idle)?,
        interval: seconds("keepalives_interval", default.interval)?,
        count: small("keepalives_count", default.count)?,
        user_timeout: small("tcp_user_timeout", default.user_timeout)?,
    })
}

fn number(settings: &Settings, name: &str) -> Result<Option<i32>> {
    let Some(text) = settings.get(name) else { return Ok(None) };
    text.trim().parse().map(Some).map_err(|_| {
        Error::new(Code::Conninfo, format!("{name} is not a whole number"))
            .object(format!("{name} {text:?}"))
    })
}
