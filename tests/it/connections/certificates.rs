//! Which certificates of a server are believed: those that psql believes.

use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::authority::{self, Authority, Identity};
use super::tls_server::TlsServer;
use crate::support::{self, Ran, arg, pgx_command};

/// A certificate, what is said about TLS, and what pgx says if it does not believe.
type Case = (&'static str, &'static str, Option<&'static str>);

const UNTRUSTED: Option<&str> =
    Some("the server's certificate is not signed by a trusted authority");
const OWN: Option<&str> =
    Some("the server's certificate is an authority's own and not among the trusted ones");
const NAME: Option<&str> = Some("the server's certificate is not for the host's name");
const EXPIRED: Option<&str> = Some("the server's certificate has expired");

/// `{ca}`: the authority's certificate, `{own}`: that of the server that signed its own.
const CASES: &[Case] = &[
    ("good", "sslmode=require", None),
    ("good", "sslmode=verify-ca sslrootcert={ca}", None),
    ("good", "sslmode=verify-full sslrootcert={ca}", None),
    ("good", "sslmode=verify-full sslrootcert={own}", UNTRUSTED),
    ("good", "sslmode=require sslrootcert={own}", UNTRUSTED),
    ("good", "sslmode=verify-full sslrootcert={ca} sslcrl={crl}", None),
    ("other", "sslmode=verify-ca sslrootcert={ca}", None),
    ("other", "sslmode=verify-full sslrootcert={ca}", NAME),
    ("other", "sslmode=require", None),
    ("common", "sslmode=verify-full sslrootcert={ca}", None),
    ("wild", "sslmode=verify-full sslrootcert={ca} host=db.example.org", None),
    ("wild", "sslmode=verify-full sslrootcert={ca} host=a.db.example.org", NAME),
    ("wild", "sslmode=verify-full sslrootcert={ca}", NAME),
    ("expired", "sslmode=require", None),
    ("expired", "sslmode=verify-ca sslrootcert={ca}", EXPIRED),
    ("expired", "sslmode=require sslrootcert={ca}", EXPIRED),
    ("own", "sslmode=require", None),
    ("own", "sslmode=verify-ca sslrootcert={ca}", OWN),
    ("own", "sslmode=verify-ca sslrootcert={own}", None),
    ("own", "sslmode=verify-full sslrootcert={own}", None),
    ("own", "sslmode=verify-full sslrootcert={own} host=db.example", NAME),
    ("revoked", "sslmode=verify-full sslrootcert={ca}", None),
    (
        "revoked",
        "sslmode=verify-full sslrootcert={ca} sslcrl={crl}",
        Some("the server's certificate was revoked"),
    ),
    (
        "own",
        "sslmode=verify-full sslrootcert=/nonexistent",
        Some("the file of trusted authorities does not exist; file /nonexistent"),
    ),
    (
        "good",
        "sslmode=require sslrootcert={empty}",
        Some("the file of trusted authorities holds no certificate"),
    ),
];

struct Scene {
    dir: TempDir,
    servers: Vec<(&'static str, TlsServer)>,
}

impl Scene {
    fn new() -> Scene {
        let authority = Authority::new("an authority");
        let own = authority::self_signed("localhost");
        let dir = tempfile::tempdir().unwrap();
        let files = [
            ("ca", authority.pem()),
            ("own", own.certificate.clone()),
            ("crl", authority.revocations()),
            ("empty", String::new()),
        ];
        for (name, text) in files {
            authority::write(&dir.path().join(name), &text, 0o644);
        }
        let identities: [(&str, Identity); 7] = [
            ("good", authority.sign("somebody", &["localhost", "127.0.0.1"])),
            ("other", authority.sign("localhost", &["other.example"])),
            ("common", authority.sign("localhost", &[])),
            ("wild", authority.sign("somebody", &["*.example.org"])),
            ("expired", authority.sign_expired("localhost")),
            ("revoked", authority.sign_revoked("localhost")),
            ("own", own),
        ];
        let servers = identities.map(|(name, identity)| (name, TlsServer::new(&identity)));
        Scene { dir, servers: servers.into() }
    }

    fn server(&self, name: &str) -> &TlsServer {
        &self.servers.iter().find(|(known, _)| *known == name).unwrap().1
    }

    fn conninfo(&self, server: &TlsServer, said: &str) -> String {
        let mut said = said.to_owned();
        for name in ["ca", "own", "crl", "empty"] {
            said = said.replace(&format!("{{{name}}}"), arg(&self.dir.path().join(name)));
        }
        format!(
            "host=localhost hostaddr=127.0.0.1 port={} user=ann dbname=shop {said}",
            server.port()
        )
    }
}

#[test]
fn a_server_is_believed_for_its_certificate() {
    let scene = Scene::new();
    for (name, said, fault) in CASES {
        let server = scene.server(name);
        let ran = Ran::of(pgx_command().arg("dump").arg(scene.conninfo(server, said)));
        let told = ran.fails(4);
        match fault {
            None => assert!(told.starts_with("pgx: error[E0402]: "), "{name} {said}: {told}"),
            Some(fault) => {
                let sentence = format!("pgx: error[E0406]: {fault}");
                assert!(told.starts_with(&sentence), "{name} {said}: {told}");
                assert!(
                    told.contains("\n  = hint: ") || !told.contains("certificate is"),
                    "{told}"
                );
            }
        }
        assert_eq!(server.was_believed(), fault.is_none(), "{name} {said}");
    }
}

#[test]
fn psql_believes_the_same_certificates() {
    let scene = Scene::new();
    for (name, said, fault) in CASES {
        let Some((psql, _)) = support::psql_with_tls() else { return };
        let server = scene.server(name);
        let mut psql = Command::new(psql);
        psql.env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
        psql.args(["-w", "-X", "-d", &scene.conninfo(server, said)]);
        assert_eq!(Ran::of(&mut psql).code, Some(2), "{name} {said}");
        assert_eq!(server.was_believed(), fault.is_none(), "{name} {said}");
    }
}

/// With `prefer`, who is not believed is spoken to without TLS: as with psql, and documented.
#[test]
fn what_is_preferred_gives_way() {
    let scene = Scene::new();
    let server = scene.server("expired");
    let conninfo = scene.conninfo(server, "sslmode=prefer sslrootcert={ca}");
    let told = Ran::of(pgx_command().arg("dump").arg(conninfo)).fails(4);
    assert!(told.contains("the server's certificate has expired"), "{told}");
    assert!(!server.was_believed());
}
