//! What the kernel says about a process: the CPU time it used, the memory it holds, the core it may use.

use std::time::{Duration, Instant};
use std::{fs, io};

use hdrhistogram::Histogram;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::time::ClockId;
use nix::unistd::Pid;

use crate::stats::Sample;

/// What it means that a server's clock can't be read any more.
pub const ENDED: &str = "the server has ended";

/// A process whose CPU time can be read at any moment.
#[derive(Debug, Clone, Copy)]
pub struct CpuClock(ClockId);

impl CpuClock {
    /// The clock of a running process, all its threads included, ended ones too.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn of(pid: u32) -> io::Result<Self> {
        Ok(Self(ClockId::pid_cpu_clock_id(pid_of(pid)?)?))
    }

    /// User and system time so far. The scheduler's own accounting in nanoseconds (`clock_getcpuclockid(3)`), not
    /// the 10 ms ticks of `/proc/PID/stat`. On loopback it holds the cost of handing what the process sends to
    /// the receiving socket as well, which the kernel does within the sender's system call.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn used(self) -> io::Result<Duration> {
        Ok(Duration::from(self.0.now()?))
    }
}

/// What a server and its load use from one moment to another.
#[derive(Debug)]
pub struct Meter {
    servers: Vec<CpuClock>,
    own: CpuClock,
    servers_before: Duration,
    own_before: Duration,
    started: Instant,
}

/// What was used.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    /// CPU time of the server's process, or processes.
    pub server: Duration,
    /// CPU time of this process.
    pub own: Duration,
    /// Time that passed.
    pub wall: Duration,
}

impl Meter {
    /// Begins to measure a server of one process or several.
    ///
    /// # Errors
    /// When the server has ended.
    pub fn start(servers: impl IntoIterator<Item = CpuClock>) -> io::Result<Self> {
        let own = CpuClock::of(std::process::id())?;
        let servers: Vec<_> = servers.into_iter().collect();
        let (servers_before, own_before) = (used_by(&servers)?, own.used()?);
        Ok(Self { servers, own, servers_before, own_before, started: Instant::now() })
    }

    /// What was used since.
    ///
    /// # Errors
    /// When the server has ended.
    pub fn stop(self) -> io::Result<Used> {
        let wall = self.started.elapsed();
        let server = used_by(&self.servers)?.saturating_sub(self.servers_before);
        Ok(Used { server, own: self.own.used()?.saturating_sub(self.own_before), wall })
    }
}

impl Used {
    /// For `count` messages, deliveries or connections, at least one, and how long each of them took.
    pub fn sample(self, count: u64, nanos: &Histogram<u64>, reply_bytes: u64) -> Sample {
        let (count, wall) = (count.max(1) as f64, self.wall.as_secs_f64());
        let millis = |quantile| nanos.value_at_quantile(quantile) as f64 / 1e6;
        Sample {
            cpu_us: self.server.as_secs_f64() * 1e6 / count,
            per_s: count / wall,
            p50_ms: millis(0.5),
            p99_ms: millis(0.99),
            reply_bytes: reply_bytes as f64 / count,
            busy: self.server.as_secs_f64() / wall,
            load_busy: self.own.as_secs_f64() / wall,
            bus_us: 0.0,
        }
    }
}

/// Memory that belongs to this process alone, in bytes: `Private_Clean`, `Private_Dirty` and swapped-out pages of
/// `/proc/PID/smaps_rollup`.
///
/// Pages of program text shared with another process don't count, the kernel's socket buffers don't either.
///
/// # Errors
/// When the process has ended, or belongs to someone else.
pub fn private_memory(pid: u32) -> io::Result<u64> {
    parse_private(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "smaps_rollup without private memory"))
}

/// The cores for the server and for the load, from those this process may use: the first and the last one.
/// With a single core, or none of our choosing, they are the same one and figures are of little use.
///
/// # Errors
/// When the kernel won't tell.
pub fn two_cores() -> io::Result<(usize, usize)> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    let mut cores = (0..CpuSet::count()).filter(|&core| allowed.is_set(core).unwrap_or(false));
    let first = cores.next().ok_or_else(|| io::Error::other("no core is allowed"))?;
    Ok((first, cores.next_back().unwrap_or(first)))
}

/// Binds the calling thread, and what it starts from now on, to one core.
///
/// # Errors
/// When the core isn't allowed.
pub fn pin_to(core: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(core)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

/// Lets this process and its children open `files` files, raising the hard limit too where that is allowed, and
/// returns how many they may open.
///
/// # Errors
/// When the kernel won't tell, or refuses what is within the hard limit.
pub fn allow_open_files(files: u64) -> io::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft >= files {
        return Ok(soft);
    }
    if setrlimit(Resource::RLIMIT_NOFILE, files, hard.max(files)).is_ok() {
        return Ok(files);
    }
    let within = hard.min(files);
    setrlimit(Resource::RLIMIT_NOFILE, within, hard)?;
    Ok(within)
}

fn used_by(clocks: &[CpuClock]) -> io::Result<Duration> {
    clocks.iter().map(|clock| clock.used()).sum()
}

fn pid_of(pid: u32) -> io::Result<Pid> {
    i32::try_from(pid).map(Pid::from_raw).map_err(io::Error::other)
}

fn parse_private(rollup: &str) -> Option<u64> {
    let kib = |name: &str| {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    Some((kib("Private_Clean")? + kib("Private_Dirty")? + kib("Swap").unwrap_or(0)) * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_memory_is_read_from_a_rollup() {
        let rollup = "55d0-7ffd ---p 00000000 00:00 0    [rollup]\nRss:    9999 kB\nPss:  8888 kB\nPss_Dirty: 7777 kB\n\
            Shared_Clean:  3 kB\nPrivate_Clean:     10 kB\nPrivate_Dirty:   200 kB\nSwap:      4 kB\nSwapPss: 99 kB\n";
        assert_eq!(parse_private(rollup), Some(214 * 1024));
        assert_eq!(parse_private("Rss: 1 kB\n"), None);
    }

    #[test]
    fn what_was_used_is_shared_among_what_was_done() {
        let time = Duration::from_millis;
        let used = Used { server: time(300), own: time(150), wall: time(600) };
        let mut nanos = Histogram::new(3).unwrap();
        nanos.record_n(500_000, 98).unwrap();
        nanos.record_n(1_500_000, 2).unwrap();
        let Sample { cpu_us, per_s, p50_ms, p99_ms, reply_bytes, busy, load_busy, bus_us: _ } =
            used.sample(1000, &nanos, 18_000);
        let near = |value: f64, expected: f64| {
            assert!((value / expected - 1.0).abs() < 1e-3, "{value}, not {expected}");
        };
        near(cpu_us, 300.0);
        near(per_s, 1000.0 / 0.6);
        near(p50_ms, 0.5);
        near(p99_ms, 1.5);
        near(reply_bytes, 18.0);
        near(busy, 0.5);
        near(load_busy, 0.25);
    }

    #[test]
    fn own_memory_grows_by_what_is_touched() {
        let before = private_memory(std::process::id()).unwrap();
        let held = vec![1_u8; 32 << 20];
        let after = private_memory(std::process::id()).unwrap();
        assert!(after - before >= held.len() as u64 * 9 / 10, "{before} to {after}");
    }

    #[test]
    fn own_cpu_clock_advances_with_work_and_not_with_sleep() {
        let clock = CpuClock::of(std::process::id()).unwrap();
        let start = clock.used().unwrap();
        let mut random = crate::payload::Random(3);
        let mut sum = 0_u64;
        for _ in 0..20_000_000 {
            sum ^= random.next_u64();
        }
        std::hint::black_box(sum);
        assert!(clock.used().unwrap() - start > Duration::from_millis(2));
        assert!(CpuClock::of(u32::MAX).is_err());
    }
}
