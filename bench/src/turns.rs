//! Servers measured in turn, round after round, so that the noise of the machine meets all of them alike.

use std::fmt::Display;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use crate::peers::Server;
use crate::stats::Sample;

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Full load before anything counts.
    pub warm_up: Duration,
    /// What counts.
    pub window: Duration,
}

/// One server with the load on it, and what was measured so far.
#[derive(Debug)]
pub struct Contender<'a, L> {
    /// Which server.
    pub server: &'a Server,
    /// One per round, `None` once the server has failed.
    pub samples: Vec<Option<Sample>>,
    /// Gone once the server has failed.
    load: Option<L>,
}

impl<'a, L> Contender<'a, L> {
    /// Takes part with `load`; a failure to put it on is reported on standard error.
    ///
    /// # Errors
    /// When standard error is closed.
    pub fn new(server: &'a Server, load: anyhow::Result<L>, place: &impl Display) -> io::Result<Self> {
        let load = keep(server, load, place)?;
        Ok(Self { server, samples: Vec::new(), load })
    }

    /// Whether the server has done all that was asked of it.
    pub fn holds(&self) -> bool {
        self.load.is_some()
    }

    /// What is on it, as long as it holds.
    pub fn load(&self) -> Option<&L> {
        self.load.as_ref()
    }
}

/// Measures every contender once a round, each round beginning with the next one, until `rounds` are done or `end` has
/// come. The load stays on a server between its turns, but nothing is asked of it then.
///
/// # Errors
/// When standard error is closed; a contender that fails is reported there and left out from then on.
pub fn take<L>(
    contenders: &mut [Contender<'_, L>],
    rounds: usize,
    end: Instant,
    place: &impl Display,
    measure: impl Fn(&mut L, &Server) -> anyhow::Result<Sample>,
) -> io::Result<()> {
    let count = contenders.len();
    for round in 0..rounds {
        if Instant::now() > end {
            break;
        }
        for turn in 0..count {
            let contender = &mut contenders[(round + turn) % count];
            let Contender { server, samples, load } = contender;
            let result = load.as_mut().map(|load| measure(load, server));
            samples.push(match result {
                None => None,
                Some(result) => {
                    let sample = keep(server, result, place)?;
                    if sample.is_none() {
                        *load = None;
                    }
                    sample
                }
            });
        }
    }
    Ok(())
}

/// The value, or a report of why there is none.
fn keep<T>(server: &Server, result: anyhow::Result<T>, place: &impl Display) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            writeln!(io::stderr(), "{} fails at {place}: {error:#} {}", server.name, server.last_words())?;
            Ok(None)
        }
    }
}
