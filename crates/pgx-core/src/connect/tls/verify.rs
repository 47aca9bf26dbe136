//! Whether the server's certificate is to be believed, by libpq's rules: the chain in `verify-ca`, the
//! chain and the name in `verify-full`, nothing where no authority is known.

use std::sync::Arc;

use rustls::CertificateError as Fault;
use rustls::Error;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, SignatureScheme};

use super::der;
use crate::calendar::civil;

/// What is asked of the server's certificate.
#[derive(Debug)]
pub(super) struct Verifier {
    /// None believes any certificate; it must still be the server's own.
    pub(super) authorities: Option<Authorities>,
    /// The certificate must be for the host's name.
    pub(super) by_name: bool,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

/// Whom is believed.
#[derive(Debug)]
pub(super) struct Authorities {
    pub(super) chains: Arc<WebPkiServerVerifier>,
    /// The certificates of the file. A server's own may be among them: that one needs no authority.
    pub(super) trusted: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authorities) = &self.authorities else {
            return Ok(ServerCertVerified::assertion());
        };
        // Names are compared last, so that fault says that the chain is good.
        let verdict = match authorities.trusted.iter().any(|one| **one == **certificate) {
            true => in_time(certificate, now).and_then(|()| {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)
            }),
            false => {
                let chains = &authorities.chains;
                chains.verify_server_cert(certificate, intermediates, name, &[], now).map(drop)
            }
        };
        let Err(error) = verdict else { return Ok(ServerCertVerified::assertion()) };
        if !is_of_name(&error) || self.by_name && !has_common_name(certificate, &error, name) {
            return Err(error);
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn is_of_name(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(Fault::NotValidForName | Fault::NotValidForNameContext { .. })
    )
}

/// A certificate without names beside its subject is for the subject's common name, in which the first
/// label may be `*`.
fn has_common_name(certificate: &[u8], error: &Error, name: &ServerName<'_>) -> bool {
    let nameless = match error {
        Error::InvalidCertificate(Fault::NotValidForNameContext { presented, .. }) => {
            presented.is_empty()
        }
        _ => false,
    };
    let wanted = name.to_str();
    let matches = |common: &str| match (common.strip_prefix("*."), name) {
        (Some(domain), ServerName::DnsName(_)) => {
            wanted.split_once('.').is_some_and(|(_, parent)| parent.eq_ignore_ascii_case(domain))
        }
        _ => common.eq_ignore_ascii_case(&wanted),
    };
    nameless && der::common_name(certificate).is_some_and(matches)
}

fn in_time(certificate: &[u8], now: UnixTime) -> Result<(), Error> {
    let (from, to) = der::validity(certificate).ok_or(Fault::BadEncoding)?;
    let now = written(now.as_secs());
    match () {
        () if now < from => Err(Fault::NotValidYet.into()),
        () if now > to => Err(Fault::Expired.into()),
        () => Ok(()),
    }
}

/// Seconds since 1970 as `YYYYMMDDhhmmssZ`.
fn written(seconds: u64) -> String {
    let (year, month, day) = civil((seconds / 86_400).cast_signed());
    let second = seconds % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn days_are_written_as_in_certificates() {
        let cases = [
            (0, "19700101000000Z"),
            (951_782_399, "20000228235959Z"),
            (951_782_400, "20000229000000Z"),
            (1_709_251_199, "20240229235959Z"),
            (4_107_542_399, "21000228235959Z"),
            (4_107_542_400, "21000301000000Z"),
        ];
        for (seconds, text) in cases {
            assert_eq!(written(seconds), text);
        }
    }
}
