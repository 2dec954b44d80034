//! The servers under test as child processes: what is needed to run each, and how to start it.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use peers::{Kit, Runner};

use crate::bus::Bus;
use crate::client::Target;
use crate::process::{self, CpuClock};

/// How long a server may take from its start to accepting connections.
const START_TIMEOUT: Duration = Duration::from_secs(15);
/// The name of Heartwire's own server in all output.
pub const OURS: &str = "heartwire";
/// The name of the bare TCP echo.
pub const TCP: &str = "tcp";
/// The name of the bare TCP relay.
pub const TCP_HOP: &str = "tcp-hop";
/// The name of the peer that our cost of a connection is held against.
pub const TUNGSTENITE: &str = "tokio-tungstenite";

/// Every server there is, in the order of the output.
pub const NAMES: [&str; 6] = [TCP, OURS, TUNGSTENITE, "gorilla", "ws", "websockets"];

/// Every server that is measured with a room, in the order of the output.
pub const ROOMS: [&str; 4] = [OURS, "ws", "socket.io", "socketify"];

/// How a server's room is spoken to. Whoever is connected is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Whatever anybody sends goes to everybody as it is.
    Plain,
    /// `heartwire.session.v1`, see `docs/session-protocol.md`.
    Session,
    /// Socket.IO 4 over Engine.IO 4.
    SocketIo,
}

/// How to run one server; its port is still to be chosen.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// In all output: one of [`NAMES`], with a level where there are several, or a [`Guest`]'s.
    pub name: String,
    program: PathBuf,
    /// Arguments; `{port}` stands for the port.
    args: Vec<String>,
    envs: Vec<(&'static str, PathBuf)>,
    path: Option<String>,
    /// Whether it speaks permessage-deflate.
    pub deflate: bool,
    dialect: Dialect,
}

/// A running server; dropping it ends its processes.
#[derive(Debug)]
pub struct Server {
    /// As in its [`Recipe`].
    pub name: String,
    /// How to reach it.
    pub target: Target,
    /// Whether it speaks permessage-deflate.
    pub deflate: bool,
    /// How its room is spoken to, if it has one.
    pub dialect: Dialect,
    /// Its CPU time.
    pub clock: CpuClock,
    /// Its process id.
    pub pid: u32,
    /// Further processes that its room is spread over.
    pub others: Vec<Server>,
    /// What they share the room by.
    pub bus: Option<Bus>,
    child: Child,
    log: PathBuf,
}

/// A server that somebody wants beside ours: `NAME=COMMAND`, or `NAME/PATH=COMMAND` where its echo is not at `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    name: String,
    path: String,
    /// For the shell; `{port}` stands for the port.
    command: String,
}

impl FromStr for Guest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, command) = text.split_once('=').unwrap_or((text, ""));
        let (name, path) = name.split_at(name.find('/').unwrap_or(name.len()));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(plain) || !command.contains("{port}") {
            return Err("expected NAME=COMMAND with {port} in the command, as uws='./echo {port}', or \
                        NAME/PATH=COMMAND for an echo that is not at /; the name in letters, digits, - _ ."
                .to_owned());
        }
        if NAMES.contains(&name) {
            return Err(format!("{name} is measured anyway, choose another name"));
        }
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self { name: name.to_owned(), path: path.to_owned(), command: command.to_owned() })
    }
}

impl Guest {
    /// How to run it. The shell becomes the server, so that the process measured is the server's.
    pub fn recipe(&self) -> Recipe {
        let (name, path) = (self.name.clone(), Some(self.path.clone()));
        let args = vec!["-c".to_owned(), format!("exec {}", self.command)];
        Recipe {
            name,
            program: "/bin/sh".into(),
            args,
            envs: Vec::new(),
            path,
            deflate: true,
            dialect: Dialect::Plain,
        }
    }
}

/// Where recipes come from.
#[derive(Debug)]
pub struct Kitchen {
    /// Folder for installed peers and server logs.
    pub cache: PathBuf,
    /// Heartwire's binary.
    pub server_bin: Option<PathBuf>,
    /// Further arguments for Heartwire.
    pub server_args: Vec<String>,
}

impl Kitchen {
    /// How to run `name`, installing what it needs.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn recipe(&self, name: &str) -> anyhow::Result<Recipe> {
        match name {
            TCP => self.built_in(name, "tcp", None),
            TCP_HOP => self.built_in(name, "tcp-hop", None),
            TUNGSTENITE => self.built_in(name, "tungstenite", Some("/")),
            OURS => self.heartwire(),
            "gorilla" => self.gorilla(),
            "ws" => self.ws(),
            "websockets" => self.websockets(),
            _ => bail!("there is no such server"),
        }
    }

    /// How to run `name` with a room.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn room(&self, name: &str) -> anyhow::Result<Recipe> {
        match name {
            OURS => {
                let recipe = self.heartwire()?.variant(OURS.to_owned(), &["--room-rate", "0"]);
                Ok(Recipe { path: Some("/ws/room/bench".to_owned()), dialect: Dialect::Session, ..recipe })
            }
            "ws" => {
                let package = include_str!("../peers/room-ws/package.json");
                self.script(name, "room-ws", package, include_str!("../peers/room-ws/server.mjs"))
            }
            "socket.io" => {
                let package = include_str!("../peers/room-socketio/package.json");
                let server = include_str!("../peers/room-socketio/server.mjs");
                let recipe = self.script(name, "room-socketio", package, server)?;
                let path = Some("/socket.io/?EIO=4&transport=websocket".to_owned());
                Ok(Recipe { path, dialect: Dialect::SocketIo, ..recipe })
            }
            "socketify" => {
                let requirements = include_str!("../peers/room-socketify/requirements.txt");
                let server = include_str!("../peers/room-socketify/server.py");
                self.snake(name, "room-socketify", requirements, server)
            }
            _ => bail!("there is no such server with a room"),
        }
    }

    fn built_in(&self, name: &str, kind: &str, path: Option<&str>) -> anyhow::Result<Recipe> {
        let program = std::env::current_exe()?;
        let args = ["serve", kind, "--listen", "127.0.0.1:{port}"].map(str::to_owned).to_vec();
        let (name, path) = (name.to_owned(), path.map(str::to_owned));
        Ok(Recipe { name, program, args, envs: Vec::new(), path, deflate: false, dialect: Dialect::Plain })
    }

    fn heartwire(&self) -> anyhow::Result<Recipe> {
        let program = self.server_bin.clone().context("--server-bin was not given")?;
        if !program.is_file() {
            bail!("{} is not there", program.display());
        }
        let plain_echo = ["--listen", "127.0.0.1:{port}", "--threads", "1", "--log-level", "warn"];
        let mut args = plain_echo.map(str::to_owned).to_vec();
        args.extend(self.server_args.iter().cloned());
        let (name, path) = (OURS.to_owned(), Some("/ws".to_owned()));
        Ok(Recipe { name, program, args, envs: Vec::new(), path, deflate: true, dialect: Dialect::Plain })
    }

    fn ws(&self) -> anyhow::Result<Recipe> {
        let package = include_str!("../peers/ws/package.json");
        self.script("ws", "ws", package, include_str!("../peers/ws/server.mjs"))
    }

    fn websockets(&self) -> anyhow::Result<Recipe> {
        let requirements = include_str!("../peers/websockets/requirements.txt");
        self.snake("websockets", "websockets", requirements, include_str!("../peers/websockets/server.py"))
    }

    /// A server in JavaScript.
    fn script(&self, name: &str, folder: &str, package: &str, server: &str) -> anyhow::Result<Recipe> {
        let files = [("package.json", package), ("server.mjs", server)];
        let kit = Kit::new(&self.cache.join(folder), &files)?;
        Ok(Recipe::installed(name, kit.node()?, &[&kit.folder().join("server.mjs").display().to_string()]))
    }

    /// A server in Python.
    fn snake(&self, name: &str, folder: &str, requirements: &str, server: &str) -> anyhow::Result<Recipe> {
        let files = [("requirements.txt", requirements), ("server.py", server)];
        let kit = Kit::new(&self.cache.join(folder), &files)?;
        let script = kit.folder().join("server.py").display().to_string();
        Ok(Recipe::installed(name, kit.python()?, &[&script]))
    }

    fn gorilla(&self) -> anyhow::Result<Recipe> {
        let files = [
            ("go.mod", include_str!("../peers/gorilla/go.mod")),
            ("go.sum", include_str!("../peers/gorilla/go.sum")),
            ("main.go", include_str!("../peers/gorilla/main.go")),
        ];
        Ok(Recipe::installed("gorilla", Kit::new(&self.cache.join("gorilla"), &files)?.go()?, &[]))
    }
}

impl Recipe {
    /// For a WebSocket server from elsewhere, which speaks permessage-deflate and takes the port behind `args`.
    fn installed(name: &str, Runner { program, envs }: Runner, args: &[&str]) -> Self {
        let args = args.iter().copied().chain(["{port}"]).map(str::to_owned).collect();
        Self {
            name: name.to_owned(),
            program,
            args,
            envs,
            path: Some("/".to_owned()),
            deflate: true,
            dialect: Dialect::Plain,
        }
    }

    /// The same server with a name and further arguments of its own.
    #[must_use]
    pub fn variant(&self, name: String, args: &[&str]) -> Self {
        let mut recipe = Self { name, ..self.clone() };
        recipe.args.extend(args.iter().copied().map(str::to_owned));
        recipe
    }

    /// The same server, asked for its echo at this path.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        Self { path: Some(path.to_owned()), ..self.clone() }
    }

    /// Starts the server on `core` and waits until it accepts; the calling thread is back on `own_core` then.
    ///
    /// # Errors
    /// When it ends or doesn't listen in time; the end of what it wrote is in the message.
    pub fn start(&self, cache: &Path, core: usize, own_core: usize) -> anyhow::Result<Server> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let logs = cache.join("logs");
        fs::create_dir_all(&logs)?;
        let log = logs.join(format!("{}.log", self.name));
        let output = File::create(&log)?;
        let mut command = Command::new(&self.program);
        command
            .args(self.args.iter().map(|arg| arg.replace("{port}", &port.to_string())))
            .envs(self.envs.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = spawn_on(core, own_core, &mut command)?;
        let pid = child.id();
        let clock = CpuClock::of(pid)?;
        let target = Target { address, path: self.path.clone() };
        let Self { name, deflate, dialect, .. } = self.clone();
        let (others, bus) = (Vec::new(), None);
        let mut server = Server { name, target, deflate, dialect, clock, pid, others, bus, child, log };
        server.wait_until_it_accepts()?;
        Ok(server)
    }
}

impl Server {
    /// Its processes, itself first.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &Self> + Clone {
        (0..self.others.len() + 1)
            .map(move |node| node.checked_sub(1).map_or(self, |other| &self.others[other]))
    }

    /// The last lines the server wrote, for error messages.
    pub fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }

    fn wait_until_it_accepts(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        while TcpStream::connect_timeout(&self.target.address, Duration::from_secs(1)).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("ended with {status}: {}", self.last_words());
            }
            if Instant::now() > deadline {
                bail!("did not listen within {} s: {}", START_TIMEOUT.as_secs(), self.last_words());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

/// Starts a process on `core`; the calling thread is back on `own_core` then.
///
/// # Errors
/// It can't be run, or the core isn't allowed.
pub fn spawn_on(core: usize, own_core: usize, command: &mut Command) -> anyhow::Result<Child> {
    // A child inherits the affinity of the thread that starts it.
    process::pin_to(core)?;
    let spawned = command.spawn();
    process::pin_to(own_core)?;
    spawned.with_context(|| format!("cannot run {}", command.get_program().display()))
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when the process has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_have_a_name_a_command_and_maybe_a_path() {
        let guest: Guest = "uws=./echo --port {port} --key=a".parse().unwrap();
        assert_eq!((guest.name.as_str(), guest.path.as_str()), ("uws", "/"));
        assert_eq!(guest.recipe().args, ["-c", "exec ./echo --port {port} --key=a"]);
        let guest: Guest = "before/ws=old/heartwire --listen 127.0.0.1:{port}".parse().unwrap();
        assert_eq!((guest.name.as_str(), guest.path.as_str()), ("before", "/ws"));
        for text in ["", "uws", "uws=./echo", "=./echo {port}", "u ws=./echo {port}", "/ws=./echo {port}"] {
            assert!(text.parse::<Guest>().unwrap_err().contains("NAME=COMMAND"), "{text}");
        }
        assert!("gorilla=./echo {port}".parse::<Guest>().unwrap_err().contains("another name"));
    }
}
