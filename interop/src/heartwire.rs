//! The server itself, in this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::thread::JoinHandle;
use std::time::Duration;

use server::assets::Bundle;
use server::{Config, Driver, RunError, Server, Stop};

/// A running server. It ends with this value.
#[derive(Debug)]
pub struct Heartwire {
    /// Where it listens.
    pub address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<Result<(), RunError>>>,
}

impl Heartwire {
    /// The default configuration with a `change`, on one thread and a free port, its sockets moved by `driver`.
    ///
    /// # Errors
    /// Whatever the system refuses.
    pub fn start(driver: Driver, change: impl FnOnce(&mut Config)) -> anyhow::Result<Heartwire> {
        let mut config = Config {
            listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))],
            threads: NonZeroUsize::MIN,
            shutdown_delay: Duration::ZERO,
            driver,
            ..Config::default()
        };
        change(&mut config);
        let server = Server::bind(config, Bundle::new(&[]))?;
        let address = server.addresses()[0];
        let stop = Stop::new();
        let until = stop.clone();
        let thread = std::thread::spawn(move || server.run(&until));
        Ok(Heartwire { address, stop, thread: Some(thread) })
    }
}

impl Drop for Heartwire {
    fn drop(&mut self) {
        self.stop.at_once();
        if let Some(thread) = self.thread.take() {
            // A server that has failed has let its test fail.
            drop(thread.join());
        }
    }
}
