//! Other implementations, each in a process of its own that takes orders on standard input and answers on standard output,
//! a line of JSON each. An order has a number, and so has its answer; answers come in any order.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::PATIENCE;

/// A running peer. It ends with this value.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    orders: Mutex<Orders>,
    waiting: Waiting,
    log: PathBuf,
}

#[derive(Debug)]
struct Orders {
    stdin: ChildStdin,
    latest: u64,
}

type Waiting = Arc<Mutex<HashMap<u64, mpsc::Sender<Value>>>>;

impl Peer {
    /// npm `ws`, under node.
    ///
    /// # Errors
    /// What is missing to run it.
    pub fn ws(cache: &Path) -> anyhow::Result<Peer> {
        let files = [
            ("package.json", include_str!("../peers/ws/package.json")),
            ("peer.mjs", include_str!("../peers/ws/peer.mjs")),
        ];
        let kit = peers::Kit::new(&cache.join("ws"), &files)?;
        Peer::start(kit.node()?.command().arg("peer.mjs"), kit.folder())
    }

    /// Python's `websockets`.
    ///
    /// # Errors
    /// What is missing to run it.
    pub fn websockets(cache: &Path) -> anyhow::Result<Peer> {
        let files = [
            ("requirements.txt", include_str!("../peers/websockets/requirements.txt")),
            ("peer.py", include_str!("../peers/websockets/peer.py")),
        ];
        let kit = peers::Kit::new(&cache.join("websockets"), &files)?;
        Peer::start(kit.python()?.command().arg("peer.py"), kit.folder())
    }

    fn start(command: &mut Command, folder: &Path) -> anyhow::Result<Peer> {
        let log = folder.join(format!("errors-{}.log", std::process::id()));
        command.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&log)?);
        let mut child = command.spawn().with_context(|| format!("cannot run {:?}", command.get_program()))?;
        let stdin = child.stdin.take().context("standard input is piped")?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        let waiting = Waiting::default();
        let answered = Arc::clone(&waiting);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let Ok(answer) = serde_json::from_str::<Value>(&line) else { continue };
                if let Some(asker) = answer["order"].as_u64().and_then(|order| lock(&answered).remove(&order))
                {
                    // The asker may have lost its patience.
                    let _ = asker.send(answer);
                }
            }
            // The process has ended: whoever waits learns it now.
            lock(&answered).clear();
        });
        Ok(Peer { child, orders: Mutex::new(Orders { stdin, latest: 0 }), waiting, log })
    }

    /// Gives an order and waits for the answer.
    ///
    /// # Errors
    /// The answer's `error`, or that none came.
    pub fn ask(&self, mut order: Value) -> anyhow::Result<Value> {
        let (asker, answer) = mpsc::channel();
        {
            let mut orders = lock(&self.orders);
            orders.latest += 1;
            order["order"] = orders.latest.into();
            lock(&self.waiting).insert(orders.latest, asker);
            writeln!(orders.stdin, "{order}").with_context(|| self.last_words())?;
        }
        let answer = answer.recv_timeout(PATIENCE).with_context(|| self.last_words())?;
        match answer["error"].as_str() {
            Some(error) => bail!("the peer says: {error}"),
            None => Ok(answer),
        }
    }

    fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        format!(
            "the peer did not answer; its latest words: {}",
            lines[lines.len().saturating_sub(6)..].join(" | ")
        )
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Both fail only where the process has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_file(&self.log));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
