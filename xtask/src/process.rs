//! Child processes that cannot outlive their time.
//!
//! Children stay in the task's own process group (on Windows: at its console), so Ctrl-C reaches all of them without a
//! handler. On a time-out the child and everything it started are killed.

use std::env::consts::EXE_SUFFIX;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Runs `command` with its output passed through; fails if it fails or needs longer than `limit`.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<()> {
    let status = wait(spawn(command.stdin(Stdio::null()))?, &name(command), limit)?;
    require_success(status, &name(command))
}

/// Runs `command` and returns what it wrote to its standard output; its errors are dropped.
pub(crate) fn output(command: &mut Command, limit: Duration) -> Result<String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = spawn(command)?;
    let mut stdout = child.stdout.take().context("no pipe to the child")?;
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes).map(|_| bytes)
    });
    let status = wait(child, &name(command), limit)?;
    let bytes = reader.join().map_err(|_| anyhow::anyhow!("the reader of {} failed", name(command)))??;
    require_success(status, &name(command))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Runs `command`, passes every line of its standard output through as it comes and shows it to `on_line`.
pub(crate) fn stream(
    command: &mut Command,
    limit: Duration,
    mut on_line: impl FnMut(&str) + Send,
) -> Result<ExitStatus> {
    let mut child = spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let stdout = child.stdout.take().context("no pipe to the child")?;
    thread::scope(|scope| {
        let reader = scope.spawn(move || -> io::Result<()> {
            let mut lines = BufReader::new(stdout);
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line)? > 0 {
                io::stdout().write_all(&line)?;
                io::stdout().flush()?;
                on_line(String::from_utf8_lossy(&line).trim_end());
                line.clear();
            }
            Ok(())
        });
        let status = wait(child, &name(command), limit);
        reader.join().map_err(|_| anyhow::anyhow!("the reader of {} failed", name(command)))??;
        status
    })
}

/// Becomes `command`, so that signals and the exit code are its own. Where a process can't become another program it
/// waits for it and passes its exit code on.
pub(crate) fn replace_with(command: &mut Command) -> Result<ExitCode> {
    #[cfg(unix)]
    {
        let error = std::os::unix::process::CommandExt::exec(command);
        Err(error).with_context(|| format!("cannot start `{}`", name(command)))
    }
    #[cfg(not(unix))]
    {
        let status = spawn(command)?.wait()?;
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
    }
}

/// The path of the program called `program` on PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).find_map(|folder| find_in(&folder, program))
}

/// The path of the program called `program` in `folder`.
pub(crate) fn find_in(folder: &Path, program: &str) -> Option<PathBuf> {
    // On Windows npm and its like are scripts.
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd", ".bat"] } else { &[EXE_SUFFIX] };
    endings.iter().map(|ending| folder.join(format!("{program}{ending}"))).find(|path| path.is_file())
}

/// The program and its arguments as a person would type them.
pub(crate) fn name(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn spawn(command: &mut Command) -> Result<Child> {
    command.spawn().with_context(|| format!("cannot start `{}`", name(command)))
}

fn require_success(status: ExitStatus, name: &str) -> Result<()> {
    if status.success() { Ok(()) } else { bail!("`{name}` failed ({status})") }
}

fn wait(mut child: Child, name: &str, limit: Duration) -> Result<ExitStatus> {
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= deadline {
            kill_tree(&mut child);
            bail!("`{name}` did not finish within {} s and was stopped", limit.as_secs());
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Kills `child` and its descendants.
#[cfg(unix)]
fn kill_tree(child: &mut Child) {
    let mut family = vec![child.id()];
    let parents = parents();
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    let list: Vec<String> = family[1..].iter().map(u32::to_string).collect();
    // Failure means that the process is gone already, which is what is wanted.
    let _ = child.kill();
    if !list.is_empty() {
        let _ = Command::new("sh").arg("-c").arg(format!("kill -KILL {}", list.join(" "))).status();
    }
    let _ = child.wait();
}

/// Kills `child` and its descendants.
#[cfg(not(unix))]
fn kill_tree(child: &mut Child) {
    // Failure means that the process is gone already, which is what is wanted.
    let _ = Command::new("taskkill")
        .args(["/T", "/F", "/PID", &child.id().to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let _ = child.kill();
    let _ = child.wait();
}

/// Every process and its parent, from `/proc` or, where there is none, from `ps`.
#[cfg(unix)]
fn parents() -> Vec<(u32, u32)> {
    if let Ok(entries) = std::fs::read_dir("/proc") {
        let pair = |entry: std::fs::DirEntry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // proc_pid_stat(5): the name is in brackets and may hold anything; state and parent follow it.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((pid, parent))
        };
        return entries.flatten().filter_map(pair).collect();
    }
    let listed = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).stdin(Stdio::null()).output();
    listed.map_or_else(|_| Vec::new(), |listed| pairs(&String::from_utf8_lossy(&listed.stdout)))
}

/// The lines of `ps`: a process and its parent each.
#[cfg(unix)]
fn pairs(listed: &str) -> Vec<(u32, u32)> {
    let pair = |line: &str| {
        let (pid, parent) = line.trim().split_once(char::is_whitespace)?;
        Some((pid.parse().ok()?, parent.trim().parse().ok()?))
    };
    listed.lines().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What writes two lines and ends well, on any system.
    #[cfg(unix)]
    fn lines() -> Command {
        shell("echo a; echo b")
    }

    #[cfg(not(unix))]
    fn lines() -> Command {
        let mut command = Command::new("cmd");
        command.args(["/c", "echo a& echo b"]);
        command
    }

    #[test]
    fn output_is_what_the_child_wrote() {
        let text = output(&mut lines(), Duration::from_secs(5)).unwrap();
        assert_eq!(text.lines().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn stream_shows_every_line() {
        let mut seen = Vec::new();
        let status = stream(&mut lines(), Duration::from_secs(5), |line| seen.push(line.to_owned()));
        assert!(status.unwrap().success());
        assert_eq!(seen, ["a", "b"]);
    }

    #[test]
    fn programs_are_found_by_their_plain_name() {
        let folder = std::env::temp_dir().join(format!("heartwire-find-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let tool = folder.join(format!("tool{EXE_SUFFIX}"));
        std::fs::write(&tool, "").unwrap();
        assert_eq!(find_in(&folder, "tool"), Some(tool));
        assert_eq!(find_in(&folder, "too"), None);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[cfg(unix)]
    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(script);
        command
    }

    #[cfg(unix)]
    #[test]
    fn a_failing_child_is_an_error_that_names_it() {
        let error = output(&mut shell("exit 3"), Duration::from_secs(5)).unwrap_err().to_string();
        assert!(error.contains("sh -c exit 3") && error.contains('3'), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_child_that_takes_too_long_is_stopped_with_everything_it_started() {
        // The grandchild holds the pipe open: unless it is killed as well, reading waits for it, and the test with it.
        let error =
            output(&mut shell("sleep 600 & sleep 600"), Duration::from_millis(200)).unwrap_err().to_string();
        assert!(error.contains("did not finish"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn the_list_of_processes_is_read() {
        assert_eq!(pairs("    1     0\n  402   1\nnonsense\n"), [(1, 0), (402, 1)]);
        assert!(parents().iter().any(|(pid, _)| *pid == std::process::id()));
    }
}
