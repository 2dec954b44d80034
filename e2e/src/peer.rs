//! Servers of other people's, as npm packages under node: those that drop a client which does not answer them.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{SOON, evidence_folder};

const PACKAGES: &str = include_str!("../peers/package.json");
const SCRIPT: &str = include_str!("../peers/peer.mjs");

/// A running server; it ends with this value.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    port: u16,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl Peer {
    /// npm `socket.io`. It pings every `ping_millis` and waits as long for the answer.
    ///
    /// # Errors
    /// It cannot be installed or does not start.
    pub fn socket_io(ping_millis: u64) -> Result<Peer> {
        Peer::start("socket.io", ping_millis)
    }

    /// npm `graphql-ws`, at `/graphql`. It waits twenty times `ping_millis` for `connection_init` and then pings each `ping_millis`.
    ///
    /// # Errors
    /// As [`Peer::socket_io`].
    pub fn graphql_ws(ping_millis: u64) -> Result<Peer> {
        Peer::start("graphql-ws", ping_millis)
    }

    /// Where it listens: host and port.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// How often it has said that something `is` so: `joined`, `answered` or `closed`.
    #[must_use]
    pub fn count(&self, is: &str) -> usize {
        lock(&self.seen).iter().filter(|event| event["is"] == is).count()
    }

    /// Everything it has said.
    #[must_use]
    pub fn said(&self) -> String {
        lock(&self.seen).iter().map(|event| format!("{event}\n")).collect()
    }

    fn start(kind: &str, ping_millis: u64) -> Result<Peer> {
        let folder = install()?;
        fs::create_dir_all(evidence_folder())?;
        let errors = File::create(evidence_folder().join(format!("{kind}.log")))?;
        let mut child = Command::new("node")
            .arg(folder.join("peer.mjs"))
            .args([kind, &ping_millis.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .context("cannot run node")?;
        let stdout = child.stdout.take().context("no pipe to node")?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (sender, receiver) = mpsc::channel();
        let kept = Arc::clone(&seen);
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let Ok(event) = serde_json::from_str::<Value>(&line) else { continue };
                match event["port"].as_u64().and_then(|port| u16::try_from(port).ok()) {
                    // Nobody listens after the first.
                    Some(port) => drop(sender.send(port)),
                    None => lock(&kept).push(event),
                }
            }
        });
        let mut peer = Peer { child, port: 0, seen };
        peer.port = receiver.recv_timeout(SOON).with_context(|| format!("{kind} does not start"))?;
        Ok(peer)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Failure means that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lock(seen: &Mutex<Vec<Value>>) -> MutexGuard<'_, Vec<Value>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The packages and the script in a folder of the build's, installed once for each version of the list.
fn install() -> Result<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/e2e-peers");
    let (list, script) = (folder.join("package.json"), folder.join("peer.mjs"));
    let is_new = fs::read_to_string(&list).is_ok_and(|text| text == PACKAGES);
    if !is_new {
        fs::create_dir_all(&folder)?;
        fs::write(&list, PACKAGES)?;
        let output = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
            .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"])
            .current_dir(&folder)
            .output()
            .context("cannot run npm")?;
        if !output.status.success() {
            // The next test is to try again.
            fs::remove_file(&list)?;
        }
        ensure!(output.status.success(), "npm install: {}", String::from_utf8_lossy(&output.stderr));
    }
    fs::write(script, SCRIPT)?;
    Ok(folder)
}
