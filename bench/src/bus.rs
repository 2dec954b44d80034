//! Heartwire on several nodes, which share their rooms by NATS.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::peers::{OURS, Recipe, Server, spawn_on};
use crate::process::CpuClock;

/// How long NATS may take from its start to accepting connections.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// One `nats-server` with JetStream, as it is without any configuration; dropping it ends the process and removes what it
/// has kept.
#[derive(Debug)]
pub struct Bus {
    /// Its CPU time.
    pub clock: CpuClock,
    /// How nodes are told of it.
    url: String,
    child: Child,
    store: PathBuf,
}

impl Bus {
    /// Installs it where it is not there yet, and starts it.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn start(cache: &Path, core: usize, own_core: usize) -> anyhow::Result<Self> {
        let program = peers::nats_server(&cache.join("nats"))?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let store = std::env::temp_dir().join(format!("heartwire-bench-nats-{port}"));
        let logs = cache.join("logs");
        fs::create_dir_all(&logs)?;
        let output = File::create(logs.join("nats.log"))?;
        let mut command = Command::new(program);
        command.args(["--addr", "127.0.0.1", "--port", &port.to_string(), "--jetstream", "--store_dir"]);
        command.arg(&store).stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = spawn_on(core, own_core, &mut command)?;
        let clock = CpuClock::of(child.id())?;
        let bus = Self { clock, url: format!("nats://127.0.0.1:{port}"), child, store };
        let deadline = Instant::now() + START_TIMEOUT;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if Instant::now() > deadline {
                bail!("nats-server did not listen within {} s", START_TIMEOUT.as_secs());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(bus)
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        // All of them fail only where there is nothing left to do.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.store));
    }
}

/// Starts `nodes` of a server that share their rooms, all of them and NATS on `core`.
///
/// # Errors
/// Says what is missing.
pub fn start(
    recipe: &Recipe,
    nodes: usize,
    cache: &Path,
    core: usize,
    own_core: usize,
) -> anyhow::Result<Server> {
    let bus = Bus::start(cache, core, own_core)?;
    let node = |number: usize| {
        // Each has a log of its own by that name.
        let name = format!("{OURS}-{number}-of-{nodes}");
        recipe.variant(name, &["--nats", &bus.url]).start(cache, core, own_core)
    };
    let mut server = node(1)?;
    server.others = (2..=nodes).map(node).collect::<anyhow::Result<_>>()?;
    server.name = OURS.to_owned();
    server.bus = Some(bus);
    Ok(server)
}
