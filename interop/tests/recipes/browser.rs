//! Browsers, started without a driver: the page that they open is served here, and sends its findings here.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};

/// A browser that is installed here.
pub(super) struct Browser {
    program: PathBuf,
    kind: Kind,
    /// Its name and major version.
    pub(super) name: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Chromium,
    Firefox,
}

/// A process that ends with this value.
struct Running(Child);

impl Browser {
    /// Those that the environment names, in the order in which they are in the tables.
    pub(super) fn named() -> anyhow::Result<Vec<Browser>> {
        let kinds = [("CHROME", Kind::Chromium, "Chromium"), ("FIREFOX", Kind::Firefox, "Firefox")];
        let mut found = Vec::new();
        for (variable, kind, name) in kinds {
            let Some(program) = env::var_os(variable).map(PathBuf::from) else { continue };
            let said = Command::new(&program).arg("--version").output().context(variable)?;
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            let version = said.split(' ').find(|word| word.starts_with(|sign: char| sign.is_ascii_digit()));
            let major = version.and_then(|version| version.split('.').next()).context("it has a version")?;
            found.push(Browser { program, kind, name: format!("{name} {major}") });
        }
        Ok(found)
    }

    /// What `script` says to `report` in a page of the origin that `listener` is.
    pub(super) fn run(&self, listener: &TcpListener, script: &str) -> anyhow::Result<String> {
        let profile = env::temp_dir().join(format!("heartwire-table-{}", std::process::id()));
        fs::create_dir_all(&profile)?;
        let running = self.open(&format!("http://{}/", listener.local_addr()?), &profile)?;
        let page = format!(
            "<!doctype html><title>table</title><script>\
             const report = (text) => fetch('/', {{ method: 'POST', body: text }});\n{script}</script>"
        );
        let said = loop {
            if let Some(said) = serve(listener.accept()?.0, &page)? {
                break said;
            }
        };
        drop(running);
        // Processes that are about to end may still write to it; what is left is the system's to tidy up.
        let _ = fs::remove_dir_all(&profile);
        Ok(said)
    }

    fn open(&self, url: &str, profile: &Path) -> anyhow::Result<Running> {
        let mut command = Command::new(&self.program);
        match self.kind {
            Kind::Chromium => {
                command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]);
                command.args(["--disable-background-networking", "--disable-component-update"]);
                command.args(["--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server"]);
                command.arg("--remote-debugging-port=0");
                command.arg(format!("--user-data-dir={}", profile.display()));
            }
            Kind::Firefox => {
                let preferences = "user_pref('network.proxy.type', 0);\n\
                                   user_pref('network.captive-portal-service.enabled', false);\n\
                                   user_pref('browser.shell.checkDefaultBrowser', false);\n";
                fs::write(profile.join("user.js"), preferences)?;
                command.args(["--headless", "--no-remote", "--profile"]).arg(profile);
            }
        }
        let child = command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Ok(Running(child.with_context(|| format!("{} can't be started", self.program.display()))?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Answers one request: with the page, or, where something was reported, with nothing; that is returned.
fn serve(stream: TcpStream, page: &str) -> anyhow::Result<Option<String>> {
    let mut reader = BufReader::new(stream);
    let (mut request, mut length) = (String::new(), 0);
    // A browser opens connections that it may not need.
    if reader.read_line(&mut request)? == 0 {
        return Ok(None);
    }
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    let reported = match request.split(' ').next() {
        Some("GET") => None,
        Some("POST") => {
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            Some(String::from_utf8(body)?)
        }
        _ => bail!("a browser asks {request:?}"),
    };
    let body = if reported.is_some() { "" } else { page };
    write!(
        reader.get_mut(),
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    Ok(reported)
}
