//! https and wss on the port of a server with a certificate.

use crate::support::TestServer;
use rcgen::{CertifiedKey, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use server::{TlsError, TlsSource};
use socket::{ConnectError, ConnectOptions, OwnedMessage, connect};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A certificate for localhost in files of its own.
pub(crate) struct Files {
    pub(crate) folder: PathBuf,
    made: CertifiedKey<KeyPair>,
}

impl Files {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("heartwire-tls-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut files = Self { folder, made: make() };
        files.renew();
        files
    }

    pub(crate) fn source(&self) -> TlsSource {
        TlsSource::Files { cert: self.folder.join("cert.pem"), key: self.folder.join("key.pem") }
    }

    /// Puts another certificate in the files.
    fn renew(&mut self) {
        self.made = make();
        fs::write(self.folder.join("cert.pem"), self.made.cert.pem()).unwrap();
        fs::write(self.folder.join("key.pem"), self.made.signing_key.serialize_pem()).unwrap();
    }

    /// Trusts what is in the files at this moment, and nothing else.
    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.made.cert.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        Arc::new(config.unwrap().with_root_certificates(roots).with_no_client_auth())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn make() -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap()
}

fn server(files: &Files) -> TestServer {
    TestServer::start_with(|config| config.tls = Some(files.source()))
}

async fn echo(server: &TestServer, tls: Arc<ClientConfig>) -> Result<(), ConnectError> {
    let options = ConnectOptions { tls: Some(tls), ..ConnectOptions::default() };
    let connected = connect(&format!("wss://localhost:{}/ws", server.address.port()), &options).await?;
    let mut channel = connected.channel();
    for size in [5, 0, 300_000] {
        let message = OwnedMessage::Binary(vec![7; size]);
        channel.send(message.clone()).await.unwrap();
        assert!(channel.recv().await == Some(message));
    }
    channel.close(None).await.unwrap();
    assert_eq!(channel.recv().await, None);
    Ok(())
}

#[tokio::test]
async fn wss_and_https_share_the_port() {
    let files = Files::new();
    let server = server(&files);
    echo(&server, files.client()).await.unwrap();

    let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(files.client());
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = connector.connect(name, stream).await.unwrap();
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("\r\nok\n"), "{response}");
}

#[test]
fn plain_http_is_told_to_use_tls() {
    let files = Files::new();
    let server = server(&files);
    let response = server.get("/", &[]);
    assert_eq!(response.status, 400);
    assert!(response.text().contains("https://"), "{}", response.text());
}

#[test]
fn a_client_that_begins_no_handshake_is_let_go() {
    let files = Files::new();
    let server = TestServer::start_with(|config| {
        config.tls = Some(files.source());
        config.limits.handshake_timeout = Duration::from_millis(200);
    });
    for sent in [&b""[..], b"\x16\x03\x01"] {
        let mut client = server.connect();
        client.send(sent);
        client.expect_end();
    }
}

#[tokio::test]
async fn a_reload_shows_new_connections_the_new_certificate() {
    let mut files = Files::new();
    let server = server(&files);
    let certificate = server.certificate.clone().unwrap();
    // Clients that don't resume each other's sessions, so that each one checks the certificate.
    let [first, second, third] = [files.client(), files.client(), files.client()];
    let old_fingerprint = certificate.fingerprint();
    echo(&server, first).await.unwrap();

    files.renew();
    echo(&server, second).await.unwrap();
    certificate.reload().unwrap();
    assert_ne!(certificate.fingerprint(), old_fingerprint);
    assert!(matches!(echo(&server, third).await, Err(ConnectError::Tls { .. })));
    echo(&server, files.client()).await.unwrap();
}

#[tokio::test]
async fn a_reload_of_bad_files_keeps_the_old_certificate() {
    let files = Files::new();
    let server = server(&files);
    let certificate = server.certificate.clone().unwrap();
    let (cert, key) = (files.folder.join("cert.pem"), files.folder.join("key.pem"));
    let (good_cert, good_key) = (fs::read(&cert).unwrap(), fs::read(&key).unwrap());

    fs::write(&key, make().signing_key.serialize_pem()).unwrap();
    assert!(matches!(certificate.reload(), Err(TlsError::Pair { .. })));
    fs::write(&key, &good_key).unwrap();
    fs::write(&cert, "").unwrap();
    assert!(matches!(certificate.reload(), Err(TlsError::NoCertificate(_))));
    fs::write(&cert, &good_cert).unwrap();
    fs::remove_file(&key).unwrap();
    let error = certificate.reload().unwrap_err();
    assert!(matches!(error, TlsError::Read { .. }) && error.to_string().contains("key.pem"), "{error}");

    echo(&server, files.client()).await.unwrap();
}

#[test]
fn a_server_does_not_start_without_its_certificate() {
    let missing = TlsSource::Files { cert: "no/such/cert.pem".into(), key: "no/such/key.pem".into() };
    let config = server::Config {
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        tls: Some(missing),
        ..server::Config::default()
    };
    let error = server::Server::bind(config, server::assets::Bundle::new(&[])).unwrap_err();
    assert!(error.to_string().contains("no/such/cert.pem"), "{error}");
}

#[test]
fn a_key_that_can_not_be_used_says_what_to_do() {
    let files = Files::new();
    let key = files.folder.join("key.pem");
    let start = |text: &str| {
        fs::write(&key, text).unwrap();
        let config = server::Config {
            listen: vec!["127.0.0.1:0".parse().unwrap()],
            tls: Some(files.source()),
            ..server::Config::default()
        };
        server::Server::bind(config, server::assets::Bundle::new(&[])).unwrap_err().to_string()
    };
    for encrypted in [
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIIB\n\
         -----END RSA PRIVATE KEY-----\n",
    ] {
        let error = start(encrypted);
        assert!(error.contains("key.pem is encrypted") && error.contains("openssl pkey -in"), "{error}");
    }
    for empty in ["", "nothing", &files.made.cert.pem()] {
        let error = start(empty);
        assert!(error.contains("holds no private key") && error.contains("--tls-key"), "{error}");
    }
}

#[tokio::test]
async fn faults_hold_over_tls_as_well() {
    let files = Files::new();
    let server = server(&files);
    let options = ConnectOptions { tls: Some(files.client()), ..ConnectOptions::default() };
    let url = |query: &str| format!("wss://localhost:{}/ws?{query}", server.address.port());
    for step in ["request", "head"] {
        let refused = connect(&url(&format!("handshake-reset={step}")), &options).await.unwrap_err();
        assert!(matches!(refused, ConnectError::Broken(_)), "{refused}");
    }
    let mut channel =
        connect(&url("duplicate=100%25&close-after=1&delay=1ms"), &options).await.unwrap().channel();
    let message = OwnedMessage::Text("twice".to_owned());
    channel.send(message.clone()).await.unwrap();
    assert_eq!(channel.recv().await.as_ref(), Some(&message));
    assert_eq!(channel.recv().await.as_ref(), Some(&message));
    assert_eq!(channel.recv().await, None);
    assert_eq!(channel.summary().unwrap().close_received, Some(Some(socket::wire::CloseCode::NORMAL)));
    let mut channel = connect(&url("reset-after=0"), &options).await.unwrap().channel();
    assert_eq!(channel.recv().await, None);
    assert_eq!(channel.summary().unwrap().close_received, None);
}
