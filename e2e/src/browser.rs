//! A browser of one's own, behind its driver: Chromium, or Firefox where `HEARTWIRE_BROWSER` is `firefox`.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use thirtyfour::common::capabilities::firefox::FirefoxPreferences;
use thirtyfour::{
    Capabilities, CapabilitiesHelper, ChromeCapabilities, ChromiumLikeCapabilities, FirefoxCapabilities,
    LoggingPrefsLogLevel, WebDriver,
};
use tokio::time::timeout;

use crate::{Page, SOON, eventually};

/// What a headless Chromium needs as root and without a network, and what keeps it from looking for one.
const ARGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--ignore-certificate-errors",
    "--window-size=1200,800",
];

/// Which browser. Firefox has no DevTools protocol: a test that needs it says so with [`Browser::is_firefox`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Chromium,
    Firefox,
}

/// A driver with one browser and an empty profile; all gone when dropped.
#[derive(Debug)]
pub struct Browser {
    driver: WebDriver,
    args: Vec<String>,
    has_crashed: AtomicBool,
    // Dropped after the driver, which speaks to it until then.
    process: Process,
}

/// The driver and everything it started.
#[derive(Debug)]
struct Process {
    child: Child,
    port: u16,
    kind: Kind,
    // Dropped last: what was started writes to it until then.
    folder: Arc<Folder>,
}

/// What browsers with the same profile share: that profile, and what they save.
#[derive(Debug)]
struct Folder(PathBuf);

impl Browser {
    /// Starts a driver on a free port, and a browser with `more` arguments.
    ///
    /// # Errors
    /// There is no driver or no browser, or they do not start within some seconds.
    pub async fn start(more: &[&str]) -> Result<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("heartwire-e2e-{}-{number}", std::process::id()));
        fs::create_dir_all(folder.join("downloads"))?;
        let folder = Arc::new(Folder(folder));
        let args = more.iter().map(|arg| (*arg).to_owned()).collect();
        Self::launch(folder, args).await
    }

    /// Starts a browser with the profile of this one, which must have come to its end. Its driver is another one as well:
    /// Firefox's has one session, and keeps that of a browser that crashed.
    ///
    /// # Errors
    /// As for [`Self::start`].
    pub async fn again(&self) -> Result<Self> {
        Self::launch(self.process.folder.clone(), self.args.clone()).await
    }

    /// Takes the browser away without a chance to tidy up, as a crash or a power failure would.
    pub fn crash(&self) {
        self.has_crashed.store(true, Ordering::Relaxed);
        self.process.kill_browser();
    }

    async fn launch(folder: Arc<Folder>, args: Vec<String>) -> Result<Self> {
        let process = Process::start(&folder)?;
        let capabilities = match process.kind {
            Kind::Chromium => chromium(&process.folder.0, &args)?,
            Kind::Firefox => firefox(&process.folder.0)?,
        };
        let start = WebDriver::new(format!("http://127.0.0.1:{}", process.port), capabilities);
        let driver = timeout(Duration::from_secs(60), start)
            .await
            .context("the browser did not start within 60 s")??;
        driver.set_script_timeout(Duration::from_secs(90)).await?;
        driver.set_page_load_timeout(Duration::from_secs(15)).await?;
        Ok(Self { driver, args, has_crashed: AtomicBool::new(false), process })
    }

    /// What it shows.
    #[must_use]
    pub fn page(&self) -> Page {
        Page::new(self.driver.clone())
    }

    /// A folder for files of the test; gone with the browser.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.process.folder.0
    }

    /// Does something that has the browser save a file, and returns the file's name and text.
    ///
    /// # Errors
    /// No file is saved within some seconds.
    pub async fn download(&self, act: impl AsyncFnOnce() -> Result<()>) -> Result<(String, String)> {
        let folder = self.process.folder.0.join("downloads");
        act().await?;
        eventually(SOON, "a file is saved", async || {
            let files = fs::read_dir(&folder)?.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
            // What is under way has a name of its own beside the final one, which is kept free by an empty file.
            let [path] = files.as_slice() else { return Ok(None) };
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(path).unwrap_or_default();
            if name.ends_with(".crdownload") || name.starts_with('.') || text.is_empty() {
                return Ok(None);
            }
            fs::remove_file(path)?;
            Ok(Some((name, text)))
        })
        .await
    }

    /// The session.
    #[must_use]
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Whether it is Firefox, which does not do everything that Chromium's DevTools protocol does.
    #[must_use]
    pub fn is_firefox(&self) -> bool {
        self.process.kind == Kind::Firefox
    }

    /// What the page wrote to its console since the last call, as `LEVEL text`. Firefox's driver does not tell.
    ///
    /// # Errors
    /// The driver does not answer.
    pub async fn console(&self) -> Result<Vec<String>> {
        if self.is_firefox() {
            return Ok(Vec::new());
        }
        let entries = self.driver.browser_log().await?;
        Ok(entries.into_iter().map(|entry| format!("{} {}", entry.level, entry.message)).collect())
    }

    /// Closes the browser, then the driver.
    ///
    /// # Errors
    /// The browser does not close within some seconds; it is killed then.
    pub async fn quit(self) -> Result<()> {
        let Self { driver, process, has_crashed, .. } = self;
        let result = timeout(SOON, driver.quit()).await;
        drop(process);
        if has_crashed.into_inner() {
            // Geckodriver minds that there is nothing to close any more, chromedriver does not.
            return Ok(());
        }
        result.context("the browser did not quit")?.context("the browser did not quit")
    }
}

impl Process {
    /// Starts a driver. Chromedriver takes a free port for IPv4 and then the same one for IPv6, and ends if somebody was
    /// quicker there.
    fn start(folder: &Arc<Folder>) -> Result<Self> {
        const ATTEMPTS: usize = 5;
        let mut attempt = 1;
        loop {
            match Self::start_once(folder.clone()) {
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    /// Starts a driver, which says where it listens.
    fn start_once(folder: Arc<Folder>) -> Result<Self> {
        let kind = match env::var("HEARTWIRE_BROWSER").as_deref() {
            Ok("firefox") => Kind::Firefox,
            _ => Kind::Chromium,
        };
        let (variable, name) = match kind {
            Kind::Chromium => ("CHROMEDRIVER", "chromedriver"),
            Kind::Firefox => ("GECKODRIVER", "geckodriver"),
        };
        let program = env::var_os(variable).unwrap_or_else(|| name.into());
        let mut child = Command::new(&program)
            // It takes a free one and says which.
            .arg("--port=0")
            .env("TMPDIR", &folder.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let stdout = child.stdout.take().context("no pipe to the driver")?;
        let mut process = Self { child, port: 0, kind, folder };
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let port = port_of(&line);
                if let Some(port) = port {
                    // Nobody listens any more where starting took too long.
                    let _ = sender.send(port);
                }
            }
        });
        process.port = receiver.recv_timeout(SOON).context("the driver says no port")?;
        Ok(process)
    }

    /// Looked for while chromedriver lives: afterwards its children belong to someone else.
    fn kill_browser(&self) {
        for pid in descendants(self.child.id()) {
            if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
                // Failure means that it is gone already.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill_browser();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn chromium(folder: &Path, args: &[String]) -> Result<Capabilities> {
    let mut capabilities = ChromeCapabilities::new();
    for arg in ARGS.into_iter().chain(args.iter().map(String::as_str)) {
        capabilities.add_arg(arg)?;
    }
    capabilities.add_arg(&format!("--user-data-dir={}", folder.join("profile").display()))?;
    let preferences = json!({ "download.default_directory": folder.join("downloads") });
    capabilities.add_experimental_option("prefs", preferences)?;
    if let Some(chrome) = env::var_os("CHROME") {
        capabilities.set_binary(&chrome.to_string_lossy())?;
    }
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    Ok(capabilities.into())
}

fn firefox(folder: &Path) -> Result<Capabilities> {
    let mut preferences = FirefoxPreferences::new();
    preferences.set("browser.download.folderList", 2)?;
    preferences.set("browser.download.dir", folder.join("downloads").display().to_string())?;
    preferences.set("browser.download.useDownloadDir", true)?;
    // Nothing is asked of the network, and nothing is restored after a crash.
    preferences.set("network.proxy.type", 0)?;
    preferences.set("network.captive-portal-service.enabled", false)?;
    preferences.set("browser.sessionstore.resume_from_crash", false)?;
    let mut capabilities = FirefoxCapabilities::new();
    capabilities.set_preferences(preferences)?;
    let profile = folder.join("profile");
    fs::create_dir_all(&profile)?;
    for arg in ["-headless", "-width=1200", "-height=800", "-profile", &profile.display().to_string()] {
        capabilities.add_arg(arg)?;
    }
    if let Some(binary) = env::var_os("FIREFOX") {
        capabilities.set_firefox_binary(&binary.to_string_lossy())?;
    }
    capabilities.accept_insecure_certs(true)?;
    Ok(capabilities.into())
}

/// The port in a driver's line that says where it listens.
fn port_of(line: &str) -> Option<u16> {
    let (_, chromedriver) = line.rsplit_once("successfully on port ").unwrap_or_default();
    let (_, geckodriver) = line.rsplit_once("Listening on 127.0.0.1:").unwrap_or_default();
    chromedriver.trim_end_matches('.').parse().or_else(|_| geckodriver.trim().parse()).ok()
}

/// Every process that `root` started, directly or not.
fn descendants(root: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let parents: Vec<(u32, u32)> = entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // proc_pid_stat(5): the name is in brackets and may hold anything; state and parent follow it.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((pid, parent))
        })
        .collect();
    let mut family = vec![root];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    family.split_off(1)
}
