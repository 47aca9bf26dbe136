//! Proving who one is: the exchange that follows the start-up message, and which of its forms the user
//! allows (`require_auth`, `channel_binding`).

use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{
    ChannelBinding, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramSha256,
};

use crate::error::{Code, Error, Result};

/// A way in which a server has a client prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Password,
    Md5,
    Gss,
    Sspi,
    Scram,
    OAuth,
    /// Nothing is asked: the server trusts, or knows by other means.
    None,
}

impl Method {
    /// The names of `require_auth`.
    pub(super) const ALL: [(&str, Method); 7] = [
        ("password", Method::Password),
        ("md5", Method::Md5),
        ("gss", Method::Gss),
        ("sspi", Method::Sspi),
        ("scram-sha-256", Method::Scram),
        ("oauth", Method::OAuth),
        ("none", Method::None),
    ];

    fn name(self) -> &'static str {
        Method::ALL.iter().find(|(_, method)| *method == self).map_or("", |(name, _)| name)
    }
}

/// `channel_binding`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Binding {
    Disable,
    #[default]
    Prefer,
    Require,
}

/// Which proofs the user allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AuthRules {
    /// None allows all.
    pub(super) allowed: Option<Vec<Method>>,
    pub(super) binding: Binding,
}

/// What a login can be bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    /// The connection is not encrypted.
    Plain,
    /// The server's certificate has no hash that both sides would agree on.
    Unbindable,
    /// The hash of the server's certificate.
    EndPoint(Vec<u8>),
}

/// Why a login ends on this side.
pub(super) enum Obstacle {
    /// A password is asked for and none is known.
    NeedsPassword,
    /// The server asks for what the user does not allow or pgx does not speak, or cheats.
    Refused(Error),
}

impl From<Error> for Obstacle {
    fn from(error: Error) -> Obstacle {
        Obstacle::Refused(error)
    }
}

/// A login in progress.
pub(super) struct Exchange<'a> {
    user: &'a str,
    password: Option<&'a str>,
    rules: &'a AuthRules,
    channel: Channel,
    scram: Option<ScramSha256>,
    /// The method whose last word is said.
    done: Option<Method>,
    bound: bool,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(
        user: &'a str,
        password: Option<&'a str>,
        rules: &'a AuthRules,
        channel: Channel,
    ) -> Exchange<'a> {
        let password = password.filter(|password| !password.is_empty());
        Exchange { user, password, rules, channel, scram: None, done: None, bound: false }
    }

    /// Answers a message of authentication, its body given: none where nothing is to be said.
    pub(super) fn answer(&mut self, body: &[u8]) -> Result<Option<Vec<u8>>, Obstacle> {
        let (kind, data) = body.split_first_chunk().ok_or_else(|| wrong("it is cut off"))?;
        match u32::from_be_bytes(*kind) {
            0 => self.finish().map(|()| None),
            3 => {
                self.allow(Method::Password)?;
                let answer = terminated(self.password()?);
                self.done = Some(Method::Password);
                Ok(Some(answer))
            }
            5 => {
                self.allow(Method::Md5)?;
                let salt = data.try_into().map_err(|_| wrong("its salt has not four bytes"))?;
                let hash = md5_hash(self.user.as_bytes(), self.password()?.as_bytes(), salt);
                self.done = Some(Method::Md5);
                Ok(Some(terminated(&hash)))
            }
            10 => self.begin_scram(data).map(Some),
            11 => self
                .scram()?
                .update(data)
                .map_err(scram_fault)
                .and_then(|()| Ok(Some(self.scram()?.message().to_vec()))),
            12 => {
                self.scram()?.finish(data).map_err(scram_fault)?;
                self.done = Some(Method::Scram);
                self.scram = None;
                Ok(None)
            }
            7 | 8 => Err(self.unspoken(Method::Gss, "GSSAPI")),
            9 => Err(self.unspoken(Method::Sspi, "SSPI")),
            other => Err(wrong(&format!("its kind {other} is unknown"))),
        }
    }

    fn password(&self) -> Result<&'a str, Obstacle> {
        self.password.ok_or(Obstacle::NeedsPassword)
    }

    fn scram(&mut self) -> Result<&mut ScramSha256, Obstacle> {
        self.scram.as_mut().ok_or_else(|| wrong("no exchange has begun"))
    }

    /// Whether the user allows this method, before anything secret is said.
    fn allow(&self, method: Method) -> Result<(), Obstacle> {
        let bindable = matches!(method, Method::Scram | Method::None);
        if self.rules.binding == Binding::Require && !bindable {
            return Err(insecure(
                format!("channel_binding=require, and the server asks for {}", asked(method)),
                "have pg_hba.conf ask for scram-sha-256, or use channel_binding=prefer",
            ));
        }
        match &self.rules.allowed {
            Some(allowed) if !allowed.contains(&method) => Err(insecure(
                format!("require_auth does not allow what the server asks for: {}", asked(method)),
                "change pg_hba.conf on the server, or require_auth",
            )),
            _ => Ok(()),
        }
    }

    fn unspoken(&self, method: Method, name: &str) -> Obstacle {
        match self.allow(method) {
            Err(obstacle) => obstacle,
            Ok(()) => Error::new(
                Code::ServerUnsupported,
                format!("the server asks for {name} authentication, which pgx does not speak"),
            )
            .hint("have pg_hba.conf ask for scram-sha-256, or for a client certificate")
            .into(),
        }
    }

    /// Takes the strongest mechanism on offer.
    fn begin_scram(&mut self, offer: &[u8]) -> Result<Vec<u8>, Obstacle> {
        let offer: Vec<&[u8]> = offer.split(|&byte| byte == 0).collect();
        let offers = |name: &str| offer.contains(&name.as_bytes());
        if self.scram.is_some() || self.done.is_some() {
            return Err(wrong("it begins a second time"));
        }
        if !offers(SCRAM_SHA_256) && !offers(SCRAM_SHA_256_PLUS) {
            return Err(self.unspoken(Method::OAuth, "OAuth or another kind of SASL"));
        }
        self.allow(Method::Scram)?;
        let (binding, mechanism) = self.binding(offers(SCRAM_SHA_256_PLUS))?;
        self.bound = mechanism == SCRAM_SHA_256_PLUS;
        let scram = ScramSha256::new(self.password()?.as_bytes(), binding);
        let mut answer = terminated(mechanism);
        let length = u32::try_from(scram.message().len()).unwrap_or(0);
        answer.extend_from_slice(&length.to_be_bytes());
        answer.extend_from_slice(scram.message());
        self.scram = Some(scram);
        Ok(answer)
    }

    /// The server learns whether the client could have bound the login: so nobody between them can
    /// take the stronger mechanism from the offer.
    fn binding(&self, offered: bool) -> Result<(ChannelBinding, &'static str), Obstacle> {
        let rule = self.rules.binding;
        match (&self.channel, offered) {
            (Channel::Plain, true) => {
                Err(wrong("it offers to bind the login to TLS on a connection without TLS"))
            }
            (Channel::EndPoint(hash), true) if rule != Binding::Disable => {
                Ok((ChannelBinding::tls_server_end_point(hash.clone()), SCRAM_SHA_256_PLUS))
            }
            _ if rule == Binding::Require => Err(insecure(
                format!("channel_binding=require, and {}", self.unbound()),
                "use a server of version 11 or newer with TLS, or channel_binding=prefer",
            )),
            (Channel::EndPoint(_), false) if rule != Binding::Disable => {
                Ok((ChannelBinding::unrequested(), SCRAM_SHA_256))
            }
            _ => Ok((ChannelBinding::unsupported(), SCRAM_SHA_256)),
        }
    }

    fn unbound(&self) -> &'static str {
        match self.channel {
            Channel::Plain => "the connection is not encrypted",
            Channel::Unbindable => "the server's certificate has a signature without a hash",
            Channel::EndPoint(_) => "the server does not offer it",
        }
    }

    /// The server says that the client is who it says.
    fn finish(&mut self) -> Result<(), Obstacle> {
        if self.scram.is_some() {
            return Err(insecure(
                "the server ended the login without proving that it knows the password".to_owned(),
                "somebody may stand between pgx and the server",
            ));
        }
        if self.done.is_none() {
            self.allow(Method::None)?;
        }
        match self.rules.binding {
            Binding::Require if !self.bound => Err(insecure(
                "channel_binding=require, and the server let pgx in without it".to_owned(),
                "have pg_hba.conf ask for scram-sha-256, or use channel_binding=prefer",
            )),
            _ => Ok(()),
        }
    }
}

fn asked(method: Method) -> &'static str {
    match method {
        Method::Password => "the password in clear",
        Method::None => "nothing",
        other => other.name(),
    }
}

fn terminated(text: &str) -> Vec<u8> {
    [text.as_bytes(), b"\0"].concat()
}

fn insecure(what: String, hint: &str) -> Obstacle {
    Error::new(Code::Insecure, what).hint(hint).into()
}

fn wrong(what: &str) -> Obstacle {
    let what = format!("the server's request for authentication is malformed: {what}");
    Error::new(Code::ServerUnsupported, what).into()
}

/// Neither side's words are repeated.
fn scram_fault(error: std::io::Error) -> Obstacle {
    Error::new(Code::Insecure, "the exchange of proofs with the server (SCRAM) failed")
        .source(error)
        .hint("somebody may stand between pgx and the server; see the server's log")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: &[u8] = b"\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0";
    const PLAIN: &[u8] = b"\0\0\0\x0aSCRAM-SHA-256\0\0";

    /// What a client answers to an offer: mechanism and the beginning of its first message.
    fn answer(offer: &[u8], binding: Binding, channel: Channel) -> Result<String, Code> {
        let rules = AuthRules { allowed: None, binding };
        let mut exchange = Exchange::new("ann", Some("sesame"), &rules, channel);
        match exchange.answer(offer) {
            Ok(answer) => {
                let answer = answer.unwrap();
                let end = answer.iter().position(|&byte| byte == 0).unwrap();
                let message = String::from_utf8_lossy(&answer[end + 5..]).into_owned();
                let header = message.split("n=").next().unwrap_or_default();
                Ok(format!("{} {header}", String::from_utf8_lossy(&answer[..end])))
            }
            Err(Obstacle::Refused(error)) => Err(error.code()),
            Err(Obstacle::NeedsPassword) => panic!("a password was given"),
        }
    }

    #[test]
    fn a_login_is_bound_where_it_can_be() {
        let hash = || Channel::EndPoint(vec![7; 32]);
        let cases = [
            (BOTH, Binding::Prefer, hash(), Ok("SCRAM-SHA-256-PLUS p=tls-server-end-point,,")),
            (BOTH, Binding::Require, hash(), Ok("SCRAM-SHA-256-PLUS p=tls-server-end-point,,")),
            (BOTH, Binding::Disable, hash(), Ok("SCRAM-SHA-256 n,,")),
            (BOTH, Binding::Prefer, Channel::Unbindable, Ok("SCRAM-SHA-256 n,,")),
            (BOTH, Binding::Require, Channel::Unbindable, Err(Code::Insecure)),
            (BOTH, Binding::Prefer, Channel::Plain, Err(Code::ServerUnsupported)),
            // A server that never heard of it, or somebody who took it from the offer.
            (PLAIN, Binding::Prefer, hash(), Ok("SCRAM-SHA-256 y,,")),
            (PLAIN, Binding::Require, hash(), Err(Code::Insecure)),
            (PLAIN, Binding::Prefer, Channel::Plain, Ok("SCRAM-SHA-256 n,,")),
            (PLAIN, Binding::Require, Channel::Plain, Err(Code::Insecure)),
        ];
        for (offer, binding, channel, wanted) in cases {
            let got = answer(offer, binding, channel.clone());
            assert_eq!(got, wanted.map(str::to_owned), "{binding:?} {channel:?}");
        }
    }

    #[test]
    fn malformed_requests_are_refused() {
        let rules = AuthRules::default();
        for body in
            [&b""[..], b"\0\0", b"\0\0\0\x05sal", b"\0\0\0\x0b", b"\0\0\0\x0c", b"\0\0\0\x63"]
        {
            let mut exchange = Exchange::new("ann", Some("sesame"), &rules, Channel::Plain);
            assert!(matches!(exchange.answer(body), Err(Obstacle::Refused(_))), "{body:?}");
        }
        let mut exchange = Exchange::new("ann", Some(""), &rules, Channel::Plain);
        assert!(matches!(exchange.answer(PLAIN), Err(Obstacle::NeedsPassword)));
    }
}
