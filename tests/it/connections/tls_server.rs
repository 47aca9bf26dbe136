//! A server that speaks TLS with a certificate of the test's, notes whether it was believed, and lets
//! nobody in.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::authority::Identity;

/// A visit is known when its program has ended, or a moment later.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct TlsServer {
    port: u16,
    believed: Receiver<bool>,
}

impl TlsServer {
    pub(super) fn new(identity: &Identity) -> TlsServer {
        let chain = vec![CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, believed) = channel();
        let config = Arc::new(config);
        thread::spawn(move || {
            listener.incoming().for_each(|stream| receive(stream.unwrap(), &config, &sender));
        });
        TlsServer { port, believed }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Whether a program that has ended spoke to it over TLS.
    pub(super) fn was_believed(&self) -> bool {
        let mut believed = self.believed.recv_timeout(PATIENCE).expect("somebody came");
        // With the weaker modes who does not believe comes again, without TLS.
        while let Ok(again) = self.believed.try_recv() {
            believed |= again;
        }
        believed
    }
}

fn receive(mut stream: TcpStream, config: &Arc<ServerConfig>, believed: &Sender<bool>) {
    let mut request = [0; 8];
    let asked = stream.read_exact(&mut request).and_then(|()| stream.write_all(b"S"));
    if asked.is_err() || request[4..] != [4, 210, 22, 47] {
        return;
    }
    let connection = ServerConnection::new(config.clone()).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    // Only who believes the certificate says who he is.
    let spoke = stream.read_exact(&mut [0; 4]).is_ok();
    let _ = believed.send(spoke);
    let body = b"SFATAL\0VFATAL\0C28P01\0Mnobody is let in\0\0";
    let message = [b"E", &(body.len() as u32 + 4).to_be_bytes()[..], body].concat();
    let _ = stream.write_all(&message).and_then(|()| stream.flush());
}
