//! TLS by rustls: which modes there are, what is made of the user's files, and the handshake.

mod der;
mod files;
mod stream;
mod verify;

use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, RootCertStore, SupportedProtocolVersion,
};

pub(super) use self::stream::Stream;
use self::verify::{Authorities, Verifier};
use super::dial::Socket;
use crate::error::{Code, Error, Result};

/// `sslmode`, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    Disable,
    Allow,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// `sslrootcert`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Roots {
    /// There is no such file, and no home where it could be.
    #[default]
    None,
    /// The authorities that the system trusts.
    System,
    File(PathBuf),
}

/// What the user says about TLS. The files are read when TLS is begun the first time; clones share them.
#[derive(Clone, Default)]
pub(super) struct Settings {
    pub(super) mode: Mode,
    /// TLS from the first byte (`sslnegotiation=direct`), without asking.
    pub(super) direct: bool,
    pub(super) roots: Roots,
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
    pub(super) revocations: Option<PathBuf>,
    pub(super) revocations_directory: Option<PathBuf>,
    /// The server is not told which name it is called by.
    pub(super) nameless: bool,
    /// Of TLS 1.2 and 1.3, those that are not to be used.
    pub(super) without_12: bool,
    pub(super) without_13: bool,
    pub(super) ready: Arc<OnceLock<Arc<ClientConfig>>>,
}

/// The name that PostgreSQL's protocol has in TLS (ALPN).
const PROTOCOL: &[u8] = b"postgresql";

/// What a client sends first to ask for TLS: a length, and a number in place of a version.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Why there is no encrypted stream.
pub(super) enum Refusal {
    /// The server has no TLS; the socket can be used without.
    NoTls(Socket),
    /// The user's own files will not do, or what answers is no server.
    Final(Error),
    /// The handshake failed: for the user's conditions, or because what answers does not speak TLS.
    Handshake(Error),
    /// The network failed.
    Io(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        match explain(&error) {
            Some(explained) => Refusal::Handshake(explained),
            None => Refusal::Io(error),
        }
    }
}

impl Settings {
    /// Encrypts a fresh connection. `name` is the host's, `ip` its address.
    pub(super) fn encrypt(
        &self,
        name: &str,
        ip: Option<IpAddr>,
        mut socket: Socket,
    ) -> Result<Stream, Refusal> {
        if !self.direct {
            socket = ask(socket)?;
        }
        let config = self.ready().map_err(Refusal::Final)?;
        let named = ServerName::try_from(name.to_owned()).ok().or(ip.map(ServerName::from));
        let named = named.ok_or_else(|| {
            let what = "the host's name cannot be that of a certificate";
            Refusal::Handshake(Error::new(Code::Insecure, what))
        })?;
        let stream = Stream::open(config, named, socket)?;
        if self.direct && stream.protocol() != Some(PROTOCOL) {
            let what = "the server does not confirm that TLS carries PostgreSQL's protocol";
            let hint = "sslnegotiation=direct needs PostgreSQL 17 or newer; leave it out";
            return Err(Refusal::Handshake(Error::new(Code::Insecure, what).hint(hint)));
        }
        Ok(stream)
    }

    fn ready(&self) -> Result<Arc<ClientConfig>> {
        if let Some(ready) = self.ready.get() {
            return Ok(ready.clone());
        }
        let config = Arc::new(self.client_config()?);
        Ok(self.ready.get_or_init(|| config).clone())
    }

    fn client_config(&self) -> Result<ClientConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Verifier {
            authorities: self.authorities(&provider)?,
            by_name: self.mode == Mode::VerifyFull,
            algorithms: provider.signature_verification_algorithms,
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.versions())
            .map_err(|error| Error::internal("TLS has no versions").source(error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match self.certificate.as_deref().filter(|path| path.exists()) {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let (chain, key) = files::identity(path, self.key.as_deref())?;
                builder.with_client_auth_cert(chain, key).map_err(|error| {
                    files::fault("the client's certificate and private key do not fit", path)
                        .source(error)
                })?
            }
        };
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        config.enable_sni = !self.nameless;
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        let both = [(self.without_12, &TLS12), (self.without_13, &TLS13)];
        both.into_iter().filter(|(without, _)| !without).map(|(_, version)| version).collect()
    }

    /// As with libpq, a file of authorities is obeyed in every mode, and may only be absent where the mode
    /// asks for no verification.
    fn authorities(&self, provider: &Arc<CryptoProvider>) -> Result<Option<Authorities>> {
        let trusted = match &self.roots {
            Roots::System => system_roots()?,
            Roots::File(path) if path.exists() => files::roots(path)?,
            _ if self.mode < Mode::VerifyCa => return Ok(None),
            Roots::File(path) => {
                return Err(files::fault("the file of trusted authorities does not exist", path)
                    .hint("name it with sslrootcert, or use sslrootcert=system"));
            }
            Roots::None => {
                return Err(Error::new(Code::Insecure, "no trusted authorities are known")
                    .hint("name their file with sslrootcert, or use sslrootcert=system"));
            }
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(trusted.iter().cloned());
        let revoked =
            files::revocations(self.revocations.as_deref(), self.revocations_directory.as_deref())?;
        let chains = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone())
            .with_crls(revoked)
            .enforce_revocation_expiration()
            .build()
            .map_err(|error| {
                Error::new(Code::Insecure, "the certificates of authorities cannot be used")
                    .source(error)
            })?;
        Ok(Some(Authorities { chains, trusted }))
    }
}

fn system_roots() -> Result<Vec<CertificateDer<'static>>> {
    let found = rustls_native_certs::load_native_certs();
    match found.certs.is_empty() {
        false => Ok(found.certs),
        true => Err(Error::new(Code::Insecure, "the system has no list of trusted authorities")
            .hint("install ca-certificates, or name a file with sslrootcert")),
    }
}

/// Asks for TLS. One byte is read, so whatever an attacker put behind it meets the handshake; and what
/// comes in its place, be it an error message, is not shown: nobody knows yet who speaks.
fn ask(mut socket: Socket) -> Result<Socket, Refusal> {
    let mut answer = [0];
    socket.write_all(&SSL_REQUEST).and_then(|()| socket.read_exact(&mut answer))?;
    match answer {
        [b'S'] => Ok(socket),
        [b'N'] => Err(Refusal::NoTls(socket)),
        _ => {
            let what = "the server answered the request for TLS with something else";
            let hint = "check that host and port are PostgreSQL's";
            Err(Refusal::Final(Error::new(Code::ConnectFailed, what).hint(hint)))
        }
    }
}

impl Stream {
    /// What binds a login to this connection; none where the certificate's signature has no hash.
    pub(super) fn end_point(&self) -> Option<Vec<u8>> {
        self.certificate().and_then(der::end_point)
    }
}

/// What a failure of TLS means, unless it is one of the network.
pub(super) fn explain(error: &io::Error) -> Option<Error> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let (what, hint): (String, &str) = match error {
        rustls::Error::InvalidCertificate(fault) => certificate_fault(fault),
        rustls::Error::AlertReceived(alert) => alerted(*alert),
        rustls::Error::PeerIncompatible(_) => (
            "the server and pgx have no way of TLS in common".into(),
            "pgx speaks TLS 1.2 and 1.3; see ssl_min_protocol_version and the server's settings",
        ),
        _ => (
            format!("the TLS handshake failed: {error}"),
            "check that host and port are PostgreSQL's, and the server's log",
        ),
    };
    let explained = Error::new(Code::Insecure, what).hint(hint);
    Some(match error {
        rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext {
            presented,
            ..
        }) => {
            // rustls writes names as `DnsName("db.example")`.
            let names = presented.iter().map(|name| name.split('"').nth(1).unwrap_or(name));
            names.fold(explained, |error, name| error.note(format!("it is for {name}")))
        }
        _ => explained,
    })
}

fn certificate_fault(fault: &CertificateError) -> (String, &'static str) {
    use CertificateError as Fault;
    let renew = "have the server's certificate renewed";
    let (what, hint) = match fault {
        Fault::UnknownIssuer => (
            "is not signed by a trusted authority",
            "name the certificate of its authority with sslrootcert",
        ),
        // The one fault of rustls' verifier that has no name of its own.
        Fault::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => (
            "is an authority's own and not among the trusted ones",
            "name the certificate itself with sslrootcert",
        ),
        Fault::NotValidForName | Fault::NotValidForNameContext { .. } => (
            "is not for the host's name",
            "connect by a name of the certificate; hostaddr gives the address",
        ),
        Fault::Expired | Fault::ExpiredContext { .. } => ("has expired", renew),
        Fault::NotValidYet | Fault::NotValidYetContext { .. } => {
            ("is not valid yet", "check the clocks of both machines")
        }
        Fault::Revoked => ("was revoked", renew),
        Fault::UnknownRevocationStatus => (
            "is of an authority that no certificate revocation list is of",
            "add the list of each authority of the chain to the file of sslcrl",
        ),
        Fault::ExpiredRevocationList | Fault::ExpiredRevocationListContext { .. } => (
            "cannot be checked: the certificate revocation list has expired",
            "get the authority's new list",
        ),
        _ => return (format!("the server's certificate is not valid: {fault}"), renew),
    };
    (format!("the server's certificate {what}"), hint)
}

/// What the server says by which it ends the handshake: mostly about the client's certificate.
fn alerted(alert: AlertDescription) -> (String, &'static str) {
    use AlertDescription as Alert;
    let what = match alert {
        Alert::CertificateRequired => "the server asks for a client certificate and none was sent",
        Alert::UnknownCA => "the server does not trust the authority of the client's certificate",
        Alert::CertificateExpired => "the client's certificate has expired",
        Alert::CertificateRevoked => "the client's certificate was revoked",
        Alert::BadCertificate | Alert::UnsupportedCertificate | Alert::CertificateUnknown => {
            "the server refuses the client's certificate"
        }
        Alert::NoApplicationProtocol | Alert::ProtocolVersion | Alert::HandshakeFailure => {
            let hint = "pgx speaks TLS 1.2 and 1.3 and names the protocol postgresql (ALPN)";
            return ("the server and pgx have no way of TLS in common".into(), hint);
        }
        alert => {
            let what = format!("the server ended the TLS handshake: {alert:?}");
            return (what, "see the server's log");
        }
    };
    (what.into(), "name the certificate with sslcert and its key with sslkey")
}
