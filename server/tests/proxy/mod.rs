mod nats;
mod nodes;

use crate::support::{PATIENCE, RawClient, TestServer, frame, upgrade_request};
use libtest_mimic::Trial;
use server::{OriginPolicy, PerAddress};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The name in the blocks.
const NAME: &str = "heartwire.example";
/// The server's address in the blocks.
const SERVER: &str = "127.0.0.1:8080";

/// A program that a block is for.
struct Kind {
    program: &'static str,
    /// In `deploy/`.
    file: &'static str,
    /// Where the block says on which port to listen, and what that becomes.
    listen: (&'static str, fn(SocketAddr) -> String),
    /// The whole configuration around a block.
    around: fn(block: &str, folder: &Path) -> String,
    args: fn(config: &Path, folder: &Path) -> Vec<String>,
}

const KINDS: [Kind; 3] = [
    Kind {
        program: "nginx",
        file: "nginx.conf",
        listen: ("listen 80;", |address| format!("listen {address};")),
        around: |block, folder| {
            let folder = folder.display();
            let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .iter()
                .map(|kind| format!("{kind}_temp_path {folder}/{kind};\n"))
                .collect();
            format!(
                "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n\
                 http {{\naccess_log off;\n{temporary}{block}}}\n"
            )
        },
        args: |config, folder| vec![format!("-c{}", config.display()), format!("-p{}", folder.display())],
    },
    Kind {
        program: "caddy",
        file: "Caddyfile",
        // Without TLS: nobody gives a certificate for this name.
        listen: ("heartwire.example {", |address| {
            format!("http://{NAME}:{} {{\n\tbind {}", address.port(), address.ip())
        }),
        around: |block, _| format!("{{\n\tadmin off\n}}\n{block}"),
        args: |config, _| {
            ["run", "--adapter", "caddyfile", "--config", &config.display().to_string()]
                .map(Into::into)
                .into()
        },
    },
    Kind {
        program: "haproxy",
        file: "haproxy.cfg",
        listen: ("bind :80", |address| format!("bind {address}")),
        around: |block, _| block.to_owned(),
        args: |config, _| vec!["-db".to_owned(), "-f".to_owned(), config.display().to_string()],
    },
];

/// One test for each program.
pub(crate) fn trials() -> Vec<Trial> {
    let trial = |kind: Kind| {
        let missing = !is_installed(kind.program);
        // Seen in the list, where a line printed beside it would not be.
        let without = if missing { "_which_is_not_installed" } else { "" };
        let name = format!("deploy_{}{without}", kind.program);
        Trial::test(name, move || {
            check(&kind);
            Ok(())
        })
        .with_ignored_flag(missing)
    };
    KINDS.into_iter().map(trial).chain(nodes::trials()).collect()
}

fn is_installed(program: &str) -> bool {
    let version = if program == "caddy" { "version" } else { "-v" };
    let mut command = Command::new(program);
    command.arg(version).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn check(kind: &Kind) {
    let server = TestServer::start_with(|config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.origins = OriginPolicy::default().known_as([NAME.parse().unwrap()]);
        config.limits.max_connections_per_address = PerAddress::AtMost(NonZeroUsize::MIN);
    });
    let proxy = Proxy::start(kind, kind.file, &[(SERVER, server.address)]);
    let host = format!("{NAME}:{}", proxy.address.port());
    let get = |target: &str| {
        let mut client = connect(proxy.address, 2);
        client.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes());
        client.response().status
    };
    // HAProxy asks the server first whether it is ready.
    let begun = Instant::now();
    while get("/healthz") != 200 {
        assert!(begun.elapsed() < PATIENCE, "{} does not reach the server", kind.program);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(get("/metrics"), 404, "nobody's business");

    let upgrade = |from: u8, origin: &str, invented: &str| {
        let mut client = connect(proxy.address, from);
        let changes = [&format!("Host: {host}")[..], &format!("Origin: {origin}"), invented];
        client.send(upgrade_request("/ws", &changes).as_bytes());
        (client.response().status, client)
    };
    let own = format!("http://{host}");
    let (status, mut first) = upgrade(2, &own, "X-Forwarded-For: 203.0.113.1");
    assert_eq!(status, 101, "the page's own origin");
    first.send(&[frame(0x1, b"through"), frame(0x2, &[7; 100_000])].concat());
    assert_eq!(first.frame(), (0x81, b"through".to_vec()));
    assert_eq!(first.frame(), (0x82, vec![7; 100_000]));
    // The client is known by its address, whatever it says.
    assert_eq!(upgrade(2, &own, "X-Forwarded-For: 203.0.113.2").0, 429);
    assert_eq!(upgrade(2, &own, "Forwarded: for=203.0.113.2").0, 429);
    assert_eq!(upgrade(3, &own, "X-Forwarded-For: 203.0.113.1").0, 101);
    assert_eq!(upgrade(4, "http://other.example", "X-Nothing: said").0, 403);
    first.send(&frame(0x8, b"\x03\xE8"));
    first.expect_close(1000);
}

/// A client at 127.0.0.`from`.
fn connect(address: SocketAddr, from: u8) -> RawClient {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 0, from), 0)).into()).unwrap();
    socket.connect(&address.into()).unwrap();
    RawClient::over(socket.into())
}

/// A running proxy, ended with the test.
struct Proxy {
    address: SocketAddr,
    child: Child,
    folder: PathBuf,
}

impl Proxy {
    /// Starts one with a block for it, before `servers` in place of those that are in there.
    fn start(kind: &Kind, file: &str, servers: &[(&str, SocketAddr)]) -> Self {
        let name = format!("deploy-{}-{}", file.replace('/', "-"), std::process::id());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file);
        let mut block = fs::read_to_string(&path).unwrap();
        let (listen, becomes) = kind.listen;
        let servers = servers.iter().map(|(server, becomes)| (*server, becomes.to_string()));
        for (part, becomes) in servers.chain([(listen, becomes(address))]) {
            assert!(block.contains(part), "{part} is not in deploy/{file}");
            block = block.replace(part, &becomes);
        }
        let config = folder.join(kind.file);
        fs::write(&config, (kind.around)(&block, &folder)).unwrap();
        let log = fs::File::create(folder.join("log")).unwrap();
        let child = Command::new(kind.program)
            .args((kind.args)(&config, &folder))
            .env("HOME", &folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut proxy = Self { address, child, folder };
        let begun = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            let log = || fs::read_to_string(proxy.folder.join("log")).unwrap();
            assert!(proxy.child.try_wait().unwrap().is_none(), "{} ended: {}", kind.program, log());
            assert!(begun.elapsed() < PATIENCE, "{} does not listen: {}", kind.program, log());
            std::thread::sleep(Duration::from_millis(20));
        }
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
