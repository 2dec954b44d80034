//! The real server, as a process.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{SOON, evidence_folder, required_path};

/// A running `heartwire`, killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: String,
    args: Vec<String>,
    log: PathBuf,
}

impl Server {
    /// Starts the binary on a free port of this machine.
    ///
    /// # Errors
    /// It is missing, or does not say within ten seconds where it listens.
    pub fn start(args: &[&str]) -> Result<Self> {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let folder = evidence_folder();
        fs::create_dir_all(&folder)?;
        let log = folder.join(format!("server-{}.log", fs::read_dir(&folder)?.count()));
        let (child, address) = spawn("127.0.0.1:0", &args, &log)?;
        Ok(Self { child, address, args, log })
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The origin of its page, as others are told to allow it.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The page's address, with `query` after the question mark.
    #[must_use]
    pub fn page(&self, query: &str) -> String {
        format!("http://{}/?{query}", self.address)
    }

    /// The echo endpoint.
    #[must_use]
    pub fn socket(&self) -> String {
        format!("ws://{}/ws", self.address)
    }

    /// Takes the process away without a chance to say goodbye: sockets break.
    ///
    /// # Errors
    /// The process cannot be signalled.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks for an orderly shutdown and waits for it.
    ///
    /// # Errors
    /// It does not end within ten seconds, or not with success.
    pub fn terminate(&mut self) -> Result<()> {
        self.signal(Signal::TERM)?;
        let deadline = std::time::Instant::now() + SOON;
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("the server ended with {status}: {}", self.log_text()),
                None if std::time::Instant::now() > deadline => bail!("SIGTERM did not end the server"),
                None => thread::sleep(std::time::Duration::from_millis(10)),
            }
        }
    }

    /// Stops the process where it stands: its sockets stay open and silent, as if the machine had vanished.
    ///
    /// # Errors
    /// The process cannot be signalled.
    pub fn freeze(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets a frozen process go on.
    ///
    /// # Errors
    /// The process cannot be signalled.
    pub fn thaw(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Starts the binary again on the same port after [`Self::kill`] or [`Self::terminate`].
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn restart(&mut self) -> Result<()> {
        (self.child, _) = spawn(&self.address, &self.args, &self.log)?;
        Ok(())
    }

    /// Everything the server has logged.
    #[must_use]
    pub fn log_text(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(Pid::from_child(&self.child), signal).with_context(|| format!("cannot send {signal:?}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Failure means that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(listen: &str, args: &[String], log: &PathBuf) -> Result<(Child, String)> {
    let binary = required_path("HEARTWIRE_BIN")?;
    let log = File::options().create(true).append(true).open(log)?;
    let mut child = Command::new(&binary)
        .args(["--listen", listen])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .with_context(|| format!("cannot start {}", binary.display()))?;
    let stdout = child.stdout.take().context("no pipe to the server")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some((_, address)) = line.split_once("://") {
                // Nobody listens after the first address.
                let _ = sender.send(address.trim_end_matches('/').to_owned());
            }
        }
    });
    match receiver.recv_timeout(SOON) {
        Ok(address) => Ok((child, address)),
        Err(_) => {
            let _ = child.kill();
            let status = child.wait()?;
            bail!("the server on {listen} said no address ({status})")
        }
    }
}
