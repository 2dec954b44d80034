//! The cases of the Autobahn test suite, numbered as there, against the server in this process. Expected is what the suite
//! calls OK, never NON-STRICT, and a clean end. How to run the suite itself: `crates/wire/AUTOBAHN.md`.
//!
//! Every case is run on every driver that this system has.
//!
//! Where the suite waits a second to see what comes, these cases ask for what has to come and are done.

mod closing;
mod compression;
mod framing;
mod load;
mod utf8;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use interop::heartwire::Heartwire;
use interop::probe::{Probe, Received, frame};
use interop::report::Suite;
use interop::{DRIVERS, driver_name};
use server::{Compression, Driver};
use wire::raw::RawFrame;
use wire::{MessageKind, OpCode};

/// One case.
struct Case {
    id: String,
    /// Made when the case runs: some are many megabytes.
    steps: Box<dyn FnOnce() -> Vec<Step> + Send>,
}

/// What the client does or expects.
#[derive(Clone)]
enum Step {
    /// Sends this in one write.
    Send(Vec<u8>),
    /// Sends this in writes of so many bytes.
    Chop(Vec<u8>, usize),
    /// Expects this message.
    Echo(MessageKind, Vec<u8>),
    /// Expects a Pong with this payload.
    Pong(Vec<u8>),
    /// Expects nothing, for a moment.
    Quiet,
    /// Expects a Close with this code and the end of TCP.
    End(Option<u16>),
    /// Closes with 1000 and expects the same back, then the end of TCP.
    Close,
}

/// The servers that the cases of this file share.
struct Servers {
    /// As it is without flags.
    usual: Heartwire,
    /// With context takeover.
    takeover: Heartwire,
}

/// The same, started by the first case that needs them.
#[derive(Clone, Default)]
struct LazyServers(Arc<OnceLock<Option<Servers>>>);

impl LazyServers {
    fn get(&self, driver: Driver) -> anyhow::Result<&Servers> {
        let start = || {
            let usual = Heartwire::start(driver, |_| {}).ok()?;
            let takeover =
                Heartwire::start(driver, |config| config.socket.compression = Compression::Takeover).ok()?;
            Some(Servers { usual, takeover })
        };
        self.0.get_or_init(start).as_ref().context("the servers did not start")
    }
}

fn main() -> ExitCode {
    let mut suite = Suite::default();
    for &driver in DRIVERS {
        let servers = LazyServers::default();
        for cases in [framing::cases(), utf8::cases(), closing::cases(), load::cases()] {
            for Case { id, steps } in cases {
                let servers = servers.clone();
                suite.test(format!("{}::{id}", driver_name(driver)), move || {
                    let address = servers.get(driver)?.usual.address;
                    run(&mut Probe::connect(address, "/ws", &[])?, steps())
                });
            }
        }
        compression::add(&mut suite, driver, &servers);
    }
    suite.run()
}

fn run(probe: &mut Probe, steps: Vec<Step>) -> anyhow::Result<()> {
    for step in steps {
        match step {
            Step::Send(bytes) => probe.send(&bytes)?,
            Step::Chop(bytes, len) => probe.send_chopped(&bytes, len)?,
            Step::Echo(kind, payload) => probe.expect(&Received::Message(kind, payload))?,
            Step::Pong(payload) => probe.expect(&Received::Pong(payload))?,
            Step::Quiet => probe.expect_quiet()?,
            Step::End(code) => probe.expect_close(code)?,
            Step::Close => probe.close()?,
        }
    }
    Ok(())
}

fn case(id: impl Into<String>, steps: impl Into<Vec<Step>>) -> Case {
    let steps = steps.into();
    large_case(id, move || steps)
}

fn large_case(id: impl Into<String>, steps: impl FnOnce() -> Vec<Step> + Send + 'static) -> Case {
    Case { id: id.into(), steps: Box::new(steps) }
}

/// Frames in one write.
fn send(frames: &[RawFrame]) -> Step {
    Step::Send(bytes(frames))
}

/// Frames byte by byte.
fn trickle(frames: &[RawFrame]) -> Step {
    Step::Chop(bytes(frames), 1)
}

/// Frames in a write each.
fn one_by_one(frames: &[RawFrame]) -> Vec<Step> {
    frames.iter().map(|frame| Step::Send(frame.to_bytes())).collect()
}

fn bytes(frames: &[RawFrame]) -> Vec<u8> {
    frames.iter().flat_map(RawFrame::to_bytes).collect()
}

fn text(payload: impl AsRef<[u8]>) -> RawFrame {
    frame(OpCode::Text, payload.as_ref())
}

fn binary(payload: impl AsRef<[u8]>) -> RawFrame {
    frame(OpCode::Binary, payload.as_ref())
}

fn more(payload: impl AsRef<[u8]>) -> RawFrame {
    frame(OpCode::Continuation, payload.as_ref())
}

fn ping(payload: impl AsRef<[u8]>) -> RawFrame {
    frame(OpCode::Ping, payload.as_ref())
}

fn pong(payload: impl AsRef<[u8]>) -> RawFrame {
    frame(OpCode::Pong, payload.as_ref())
}

fn close(code: u16, reason: impl AsRef<[u8]>) -> RawFrame {
    let body = [&code.to_be_bytes(), reason.as_ref()].concat();
    frame(OpCode::Close, &body)
}

fn echo(payload: impl Into<Vec<u8>>) -> Step {
    Step::Echo(MessageKind::Text, payload.into())
}

fn echo_binary(payload: impl Into<Vec<u8>>) -> Step {
    Step::Echo(MessageKind::Binary, payload.into())
}

/// Expects that the connection is failed.
fn fails(code: u16) -> Step {
    Step::End(Some(code))
}
