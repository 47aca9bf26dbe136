//! Certificates, keys and revocation lists: PEM files, where libpq looks for them.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use crate::error::{Code, Error, Result};

/// More is no file of certificates.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// A client's certificate with those that lead to its authority, and its key.
pub(super) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The certificates of trusted authorities.
pub(super) fn roots(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    certificates(path, "the file of trusted authorities")
}

/// The client's certificate and key.
///
/// # Errors
/// [`Code::Insecure`]: there is no key beside the certificate, others may read the key, either is malformed.
pub(super) fn identity(certificate: &Path, key: Option<&Path>) -> Result<Identity> {
    let chain = certificates(certificate, "the client's certificate")?;
    let key = key.filter(|key| key.exists()).ok_or_else(|| {
        fault("the client's certificate has no private key beside it", certificate)
            .hint("name the key with sslkey or PGSSLKEY")
    })?;
    Ok((chain, private_key(key)?))
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    let what = "the client's private key";
    let text = read(path, what, |metadata| {
        // A key of root's may be read by a group that it is shared with.
        let others = if metadata.uid() == 0 { 0o037 } else { 0o077 };
        match metadata.mode() & others {
            0 => Ok(()),
            _ => Err("group or others have access to it; use chmod 600"),
        }
    })?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match text_of(&text) {
        text if text.contains("ENCRYPTED") => {
            fault("the client's private key is encrypted, which pgx cannot read", path).hint(
                "write it without a password: openssl pkey -in KEY -out PLAIN, then chmod 600",
            )
        }
        _ => malformed(what, path, &error),
    })
}

fn text_of(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The revocation lists of a file, or of all files in a directory.
pub(super) fn revocations(
    file: Option<&Path>,
    directory: Option<&Path>,
) -> Result<Vec<CertificateRevocationListDer<'static>>> {
    const WHAT: &str = "the certificate revocation list";
    let mut files: Vec<PathBuf> = file.map(Path::to_owned).into_iter().collect();
    if let Some(directory) = directory {
        let listed = std::fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let listed = listed.map_err(|error| unreadable(WHAT, directory, error))?;
        files.extend(listed.into_iter().map(|entry| entry.path()).filter(|path| path.is_file()));
    }
    let mut lists = Vec::new();
    for path in &files {
        let text = read(path, WHAT, |_| Ok(()))?;
        let found: Result<Vec<_>, _> =
            CertificateRevocationListDer::pem_slice_iter(&text).collect();
        lists.extend(found.map_err(|error| malformed(WHAT, path, &error))?);
    }
    if lists.is_empty() && (file.is_some() || directory.is_some()) {
        let path = file.or(directory).unwrap_or(Path::new(""));
        return Err(fault(format!("{WHAT} holds no list"), path));
    }
    Ok(lists)
}

fn certificates(path: &Path, what: &str) -> Result<Vec<CertificateDer<'static>>> {
    let text = read(path, what, |_| Ok(()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|error| malformed(what, path, &error))?;
    if found.is_empty() {
        return Err(fault(format!("{what} holds no certificate"), path)
            .hint("it is a text file with lines of BEGIN CERTIFICATE and END CERTIFICATE"));
    }
    Ok(found)
}

fn read(
    path: &Path,
    what: &str,
    check: impl FnOnce(&std::fs::Metadata) -> Result<(), &'static str>,
) -> Result<Vec<u8>> {
    let unreadable = |error| unreadable(what, path, error);
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_file() {
        check(&metadata).map_err(|reason| fault(format!("{what} is not used: {reason}"), path))?;
    } else {
        return Err(fault(format!("{what} is not a plain file"), path));
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn unreadable(what: &str, path: &Path, error: io::Error) -> Error {
    fault(format!("{what} cannot be read"), path).source(error)
}

/// Nothing of the text is repeated: it may be a key.
fn malformed(what: &str, path: &Path, error: &pem::Error) -> Error {
    let reason = match error {
        pem::Error::NoItemsFound => "it holds none",
        pem::Error::Base64Decode(_) => "its text is not Base64",
        pem::Error::MissingSectionEnd { .. } => "it is cut off",
        _ => "it is not PEM",
    };
    fault(format!("{what} is malformed: {reason}"), path)
}

pub(super) fn fault(what: impl Into<String>, path: &Path) -> Error {
    Error::new(Code::Insecure, what).object(format!("file {}", path.display()))
}
