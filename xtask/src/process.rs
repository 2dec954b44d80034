//! Child processes that cannot outlive their time.
//!
//! Children stay in the task's own process group, so Ctrl-C reaches all of them without a signal handler.
//! On a time-out the child and everything it started are killed.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
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

/// The path of the program called `program` on PATH.
pub(crate) fn find(program: &str) -> Option<std::path::PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// The program and its arguments as a person would type them.
pub(crate) fn name(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
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

/// Kills `child` and its descendants. Where there is no `/proc`, only the child itself.
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

/// Every process and its parent.
fn parents() -> Vec<(u32, u32)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // proc_pid_stat(5): the name is in brackets and may hold anything; state and parent follow it.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((pid, parent))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(script);
        command
    }

    #[test]
    fn output_is_what_the_child_wrote() {
        assert_eq!(output(&mut shell("echo hello"), Duration::from_secs(5)).unwrap(), "hello\n");
    }

    #[test]
    fn a_failing_child_is_an_error_that_names_it() {
        let error = output(&mut shell("exit 3"), Duration::from_secs(5)).unwrap_err().to_string();
        assert!(error.contains("sh -c exit 3") && error.contains('3'), "{error}");
    }

    #[test]
    fn a_child_that_takes_too_long_is_stopped_with_everything_it_started() {
        let begin = Instant::now();
        // The grandchild holds the pipe open: unless it is killed as well, reading would wait for it.
        let error =
            output(&mut shell("sleep 30 & sleep 30"), Duration::from_millis(200)).unwrap_err().to_string();
        assert!(error.contains("did not finish"), "{error}");
        assert!(begin.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn stream_shows_every_line() {
        let mut lines = Vec::new();
        let status = stream(&mut shell("echo a; echo b"), Duration::from_secs(5), |line| {
            lines.push(line.to_owned());
        });
        assert!(status.unwrap().success());
        assert_eq!(lines, ["a", "b"]);
    }
}
