//! The `heartwire` binary as a process.

use crate::support::{PATIENCE, RawClient, upgrade_request};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

pub(crate) fn heartwire(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heartwire"));
    // The variables of whoever runs the tests are not part of them.
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"HEARTWIRE_"))
    {
        command.env_remove(name);
    }
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs to the end.
pub(crate) fn output(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A serving process, ended with the test.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) stdout: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line
            .strip_prefix("heartwire listening on ")
            .and_then(|url| url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")))
            .and_then(|address| address.trim_end().parse().ok())
            .unwrap_or_else(|| panic!("unexpected first line: {line:?}"));
        Self { child, stdout, address }
    }

    pub(crate) fn upgrade(&self) -> RawClient {
        let mut client = RawClient::connect(self.address);
        client.send(upgrade_request("/ws", &[]).as_bytes());
        assert_eq!(client.response().status, 101);
        client
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Its exit code and what it logged.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the process goes on");
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut log = String::new();
        // A test that looked at the log itself has it.
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut log).unwrap();
        }
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
