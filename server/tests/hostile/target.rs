//! The server as a process, what it takes, and the honest client beside the hostile ones.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket::wire::OpCode;

use crate::frame;

/// Longer than anything here takes on a busy machine; only failing tests wait for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// What every server starts with, quick to lose its patience, where a test doesn't say otherwise.
const FLAGS: [&str; 11] = [
    "serve",
    "--listen=127.0.0.1:0",
    "--threads=1",
    "--log-level=warn",
    "--handshake-timeout=1s",
    "--ping-interval=2s",
    "--ping-timeout=2s",
    "--message-timeout=1s",
    "--send-timeout=1s",
    "--close-timeout=1s",
    "--shutdown-delay=0s",
];

/// A server under attack.
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    child: Child,
    /// Where its standard error goes.
    log: PathBuf,
    honest: Option<Honest>,
    begun: Instant,
    /// Memory when the attack begins, in bytes.
    before: u64,
}

/// A client that only wants its echo.
struct Honest {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u32>,
}

/// A hostile connection.
pub(crate) struct Attacker(pub(crate) TcpStream);

impl Target {
    /// Starts a server and the honest client.
    pub(crate) fn start(flags: &[&str]) -> Target {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let log = format!("hostile-{}-{number}.log", std::process::id());
        let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(log);
        let mut command = Command::new(env!("CARGO_BIN_EXE_heartwire"));
        // The variables of whoever runs the tests are not part of them.
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"HEARTWIRE_") {
                command.env_remove(name);
            }
        }
        let name = |flag: &str| flag.split('=').next().unwrap().to_owned();
        let usual = FLAGS.iter().filter(|usual| flags.iter().all(|flag| name(flag) != name(usual)));
        command
            .args(usual)
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().rsplit('/').next().unwrap().parse().unwrap();
        let honest = Some(Honest::start(address));
        let mut target = Target { address, child, log, honest, begun: Instant::now(), before: 0 };
        target.before = target.memory("VmRSS");
        target
    }

    /// A connection that has said nothing yet.
    pub(crate) fn connect(&self) -> Attacker {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Attacker(stream)
    }

    /// A WebSocket; `extra` are further lines of the request.
    pub(crate) fn upgrade(&self, path: &str, extra: &str) -> Attacker {
        let mut attacker = self.connect();
        attacker.0.write_all(request(path, extra).as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            attacker.0.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
        attacker
    }

    /// So many WebSockets.
    pub(crate) fn upgrades(&self, count: usize) -> Vec<Attacker> {
        (0..count).map(|_| self.upgrade("/ws", "")).collect()
    }

    /// Checks that the attack did no harm: all its connections are gone, memory never grew by more than `bytes`, and
    /// the honest client was and is served.
    pub(crate) fn survived(mut self, bytes: u64) {
        let deadline = Instant::now() + PATIENCE;
        while self.open_sockets() != 1 {
            assert!(Instant::now() < deadline, "{} sockets are still open", self.open_sockets());
            std::thread::sleep(Duration::from_millis(20));
        }
        let echoes = self.honest.take().unwrap().stop();
        let wanted = self.begun.elapsed().as_secs() * 2;
        assert!(u64::from(echoes) >= wanted, "the honest client had {echoes} echoes only, not {wanted}");
        let grown = self.memory("VmHWM").saturating_sub(self.before);
        assert!(grown <= bytes, "memory grew by {} KiB, allowed are {} KiB", grown >> 10, bytes >> 10);
        assert!(self.child.try_wait().unwrap().is_none(), "the server has ended");
        let log = std::fs::read_to_string(&self.log).unwrap();
        assert!(!log.contains("panicked"), "{log}");
        // Whoever comes next is welcome.
        Honest::start(self.address).stop();
    }

    fn open_sockets(&self) -> u32 {
        let mut client = self.connect().0;
        client.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut page = String::new();
        client.read_to_string(&mut page).unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix("heartwire_connections "));
        line.unwrap_or_else(|| panic!("no number of sockets in {page}")).parse().unwrap()
    }

    /// A line of the process's status, in bytes.
    fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap().trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.log);
    }
}

impl Honest {
    fn start(address: SocketAddr) -> Honest {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut client = TcpStream::connect(address).unwrap();
            client.set_nodelay(true).unwrap();
            // An honest client is not kept waiting: a second is long for an echo, five are for a busy machine.
            client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            client.write_all(request("/ws", "").as_bytes()).unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                client.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            let mut echoes = 0_u32;
            while echoes < 10 || !stopped.load(Ordering::Relaxed) {
                let message = format!("message {echoes:>8}");
                client.write_all(&frame(OpCode::Text, message.as_bytes()).to_bytes()).unwrap();
                let mut echo = vec![0; 2 + message.len()];
                client.read_exact(&mut echo).unwrap();
                assert_eq!((echo[0], &echo[2..]), (0x81, message.as_bytes()));
                echoes += 1;
                std::thread::sleep(Duration::from_millis(5));
            }
            client.write_all(&frame(OpCode::Close, &[0x03, 0xe8]).to_bytes()).unwrap();
            let mut close = Vec::new();
            client.read_to_end(&mut close).unwrap();
            assert_eq!(close, [0x88, 2, 0x03, 0xe8]);
            echoes
        });
        Honest { stop, thread }
    }

    /// How many echoes it had. Fails if any was wrong or late.
    fn stop(self) -> u32 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the honest client is served")
    }
}

impl Attacker {
    /// Sends until the server takes no more, or hangs up.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok()
    }

    /// Reads to the end of the connection, orderly or not, and gives what came.
    pub(crate) fn drain(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let mut buffer = [0; 64 << 10];
        loop {
            match self.0.read(&mut buffer) {
                Ok(0) => return all,
                Ok(count) => all.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return all,
                Err(error) => panic!("the server holds on to the connection: {error}"),
            }
        }
    }

    /// Expects a Close with this code as the last thing that the server says.
    pub(crate) fn expect_close(&mut self, code: u16) {
        let came = self.drain();
        let close = [&[0x88][..], &code.to_be_bytes()].concat();
        let found = came.windows(4).any(|at| at[0] == close[0] && at[2..] == close[1..]);
        assert!(found, "no Close with {code} in {:?}", &came[came.len().saturating_sub(130)..]);
    }
}

/// A correct handshake.
pub(crate) fn request(path: &str, extra: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{extra}\r\n"
    )
}
