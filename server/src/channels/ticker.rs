//! A simulated market, and what stands behind a connection to it.

use super::frame::Frame;
use crate::lock::lock;
use protocol::session::ServerMessage;
use protocol::session::json::write_server;
use protocol::ticker::{Command, MAX_SYMBOLS, Market, Plan, Subscription, write_delta, write_snapshot};
use socket::wire::deflate::Settings;
use socket::wire::{Message, MessageKind, Outgoing, Time};
use socket::{Endpoint, Mailbox};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

/// Markets at the same time: each costs its ticks, however many read it.
const MAX_MARKETS: usize = 64;
/// A market has no more to make up for than so many seconds: those before did not happen.
const CATCHES_UP: u32 = 2;
/// The memory that a market takes, in bytes.
const MARKET_SIZE: usize = 16 * MAX_SYMBOLS;

/// The markets that somebody reads.
#[derive(Debug)]
pub(crate) struct Tickers {
    markets: Mutex<HashMap<(u64, u32), Weak<Running>>>,
    compression: Option<Settings>,
}

/// A market that goes on as time does.
#[derive(Debug)]
struct Running {
    hz: u32,
    state: Mutex<State>,
    compression: Option<Settings>,
}

#[derive(Debug)]
struct State {
    market: Market,
    /// When tick 0 was.
    began: Instant,
    /// The latest prices that were told, for others who want the same.
    told: Option<Told>,
}

#[derive(Debug)]
struct Told {
    since: u64,
    tick: u64,
    chosen: Subscription,
    compresses: bool,
    frame: Frame,
}

/// A connection to the ticker.
#[derive(Debug)]
pub(crate) struct Reader {
    running: Arc<Running>,
    chosen: Box<Subscription>,
    /// What changed up to this tick was told.
    seen: u64,
    /// When the next tick is.
    due: Option<Time>,
}

/// Why a market is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there are {MAX_MARKETS} markets that somebody reads: come back later, or use the seed and hz of one of those"
)]
pub(crate) struct NoMarket;

impl Tickers {
    /// None yet.
    pub(crate) fn new(compression: Option<Settings>) -> Self {
        Self { markets: Mutex::default(), compression }
    }

    /// What is to be behind a connection that asks for this.
    ///
    /// # Errors
    /// There are too many markets.
    pub(crate) fn read(&self, plan: Plan) -> Result<Reader, NoMarket> {
        let Plan { symbols, hz, seed } = plan;
        let mut markets = lock(&self.markets);
        let running = match markets.get(&(seed, hz)).and_then(Weak::upgrade) {
            Some(there) => there,
            None => {
                markets.retain(|_, market| market.strong_count() > 0);
                if markets.len() >= MAX_MARKETS {
                    return Err(NoMarket);
                }
                let state = State { market: Market::new(seed), began: Instant::now(), told: None };
                let compression = self.compression;
                let running = Arc::new(Running { hz, state: Mutex::new(state), compression });
                markets.insert((seed, hz), Arc::downgrade(&running));
                running
            }
        };
        Ok(Reader { running, chosen: Box::new(symbols), seen: 0, due: None })
    }
}

impl Running {
    /// The market as it is by now, and how long it stays so.
    fn now(&self) -> (MutexGuard<'_, State>, Duration) {
        let mut state = lock(&self.state);
        let each = Duration::from_secs(1) / self.hz;
        let most = each * (CATCHES_UP * self.hz);
        let behind = state.began.elapsed().saturating_sub(ticks(each, state.market.tick()));
        if let Some(missed) = behind.checked_sub(most) {
            state.began += missed;
        }
        while state.began.elapsed() >= ticks(each, state.market.tick() + 1) {
            state.market.advance();
        }
        let next = ticks(each, state.market.tick() + 1).saturating_sub(state.began.elapsed());
        (state, next)
    }
}

impl State {
    /// What changed since a tick, made once for all who want the same.
    fn delta(&mut self, since: u64, chosen: &Subscription, compression: Option<Settings>) -> Option<Frame> {
        let (tick, compresses) = (self.market.tick(), compression.is_some());
        if let Some(told) = &self.told
            && (told.since, told.tick, told.compresses) == (since, tick, compresses)
            && told.chosen == *chosen
        {
            return Some(told.frame.clone());
        }
        self.market.changed(since, chosen).next()?;
        let frame = Frame::text(write_delta(tick, since, self.market.changed(since, chosen)), compression);
        let (chosen, made) = (chosen.clone(), frame.clone());
        self.told = Some(Told { since, tick, chosen, compresses, frame: made });
        Some(frame)
    }
}

impl Reader {
    fn obey(&mut self, command: &Command, out: &mut Outgoing<'_>) {
        let (chosen, on) = match command {
            Command::Subscribe(chosen) => (chosen, true),
            Command::Unsubscribe(chosen) => (chosen, false),
        };
        // What was told of the others so far goes first, so that ticks do not run backwards.
        self.go_on(out);
        (0..MAX_SYMBOLS).filter(|number| chosen.has(*number)).for_each(|number| self.chosen.set(number, on));
        if on {
            self.tell_all(chosen, out);
        }
    }

    fn tell_all(&mut self, chosen: &Subscription, out: &mut Outgoing<'_>) {
        let (state, _) = self.running.now();
        let snapshot = write_snapshot(state.market.tick(), state.market.all(chosen));
        drop(state);
        say(out, &snapshot);
    }

    /// Tells what is new, unless what was told before has not gone out: then the latest prices follow once it has.
    fn go_on(&mut self, out: &mut Outgoing<'_>) {
        self.due = None;
        if out.is_closing() {
            return;
        }
        if out.queued_bytes() > 0 {
            return out.wait_for_room();
        }
        let compression = self.running.compression.filter(|_| out.compresses());
        let (mut state, next) = self.running.now();
        let (tick, delta) = (state.market.tick(), state.delta(self.seen, &self.chosen, compression));
        drop(state);
        match delta.map(|frame| out.send_shared(frame.message())) {
            Some(Err(_)) => return out.wait_for_room(),
            Some(Ok(())) => self.seen = tick,
            // The next delta goes on where the last one ended.
            None => {}
        }
        self.due = Some(out.now() + next);
    }
}

impl Endpoint for Reader {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        let text = match message.kind {
            MessageKind::Text => std::str::from_utf8(message.payload).ok(),
            MessageKind::Binary => None,
        };
        let command = match text {
            Some(text) => Command::read(text).map_err(|error| error.to_string()),
            None => Err("the ticker takes JSON in text messages".to_owned()),
        };
        match command {
            Ok(command) => self.obey(&command, out),
            Err(error) => say(out, &write_server(&ServerMessage::Error { error })),
        }
    }

    fn opened(&mut self, _: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        let chosen = self.chosen.clone();
        self.seen = self.running.now().0.market.tick();
        self.tell_all(&chosen, out);
        self.go_on(out);
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.go_on(out);
    }

    fn deadline(&self) -> Option<Time> {
        self.due
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.go_on(out);
    }

    fn held(&self) -> usize {
        // Its own, where nobody else reads it.
        if Arc::strong_count(&self.running) == 1 { MARKET_SIZE } else { 0 }
    }
}

/// A reader that leaves no room for an answer reads none.
fn say(out: &mut Outgoing<'_>, text: &str) {
    let _ = out.send(MessageKind::Text, text.as_bytes());
}

fn ticks(each: Duration, ticks: u64) -> Duration {
    let nanos = u64::try_from(each.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(nanos.saturating_mul(ticks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;
    use serde_json::Value;
    use socket::Socket;
    use socket::wire::{ConnectionSettings, Role};
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol;

    /// What was told lies in a buffer that is soon full: what comes after it is made when there is room.
    #[tokio::test]
    async fn who_reads_slowly_gets_the_latest_prices_and_nothing_is_queued() {
        let tickers = Tickers::new(None);
        let plan = Plan { symbols: Subscription::first(MAX_SYMBOLS), hz: 50, seed: 1 };
        let reader = tickers.read(plan).unwrap();
        let running = Arc::clone(&reader.running);
        let (ours, theirs) = tokio::io::duplex(1 << 10);
        let settings = Arc::new(ConnectionSettings::default());
        tokio::spawn(Socket::new(ours, &[], Role::Server, None, settings, reader));
        while running.now().0.market.tick() < 12 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut client = WebSocketStream::from_raw_socket(theirs, protocol::Role::Client, None).await;
        let (mut tick, mut deltas) = (None, 0);
        while tick.is_none_or(|tick| tick < 12) {
            let message = client.next().await.unwrap().unwrap().into_text().unwrap();
            let message: Value = serde_json::from_str(&message).unwrap();
            if let Some(tick) = tick {
                assert_eq!(message["since"], tick);
                deltas += 1;
            }
            tick = message["tick"].as_u64();
        }
        assert!(deltas <= 2, "{deltas}");
    }

    #[test]
    fn a_market_that_nobody_looked_at_for_long_does_not_make_up_for_it() {
        let tickers = Tickers::new(None);
        let reader = tickers.read(Plan { symbols: Subscription::first(1), hz: 10, seed: 1 }).unwrap();
        lock(&reader.running.state).began -= Duration::from_secs(5);
        assert_eq!(reader.running.now().0.market.tick(), 20);
        assert_eq!(reader.running.now().0.market.tick(), 20);
    }
}
