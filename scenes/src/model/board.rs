//! A market as its reader sees it: prices, which way they went, and what was missed.

use std::time::Duration;

use link::MessageRef;
use protocol::ticker::{MAX_SYMBOLS, name_of, number_of};
use workbench::json::Value;

use super::recovery::Tally;
use super::talk::{Does, SILENT, Talk};
use super::trail::Trail;

/// A connection that tells nothing for so long is given up: a market moves in every tick, at least once a second.
const PATIENCE: Duration = Duration::from_secs(10);
/// Samples of each price that are kept, a second.
const SAMPLES_HZ: u64 = 4;
/// A price that changed so recently is marked.
pub const MARKED: Duration = Duration::from_millis(400);
/// Over so long what comes is counted.
const COUNTED: Duration = Duration::from_secs(1);

/// A price board.
#[derive(Debug)]
pub struct Board {
    /// By the numbers of their symbols.
    quotes: Vec<Option<Quote>>,
    /// The numbers of those that are there.
    known: Vec<u16>,
    tick: Option<u64>,
    sample_every: u64,
    next_sample: u64,
    /// When something came last, while there is a connection.
    heard: Option<Duration>,
    gives_up: bool,
    /// There was a connection before this one.
    was_away: bool,
    tally: Tally,
    rates: Rates,
    error: Option<String>,
}

/// A symbol and its price, in hundredths.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// The latest.
    pub price: i32,
    /// The first that was known.
    pub first: i32,
    /// Whether the latest is higher than the one before.
    pub rose: bool,
    /// When it became that.
    pub changed: Duration,
    /// How it went.
    pub trail: Trail,
}

/// What comes in, a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Messages.
    pub messages: u64,
    /// Prices in them.
    pub prices: u64,
    /// Bytes of them.
    pub bytes: u64,
}

#[derive(Debug, Default)]
struct Rates {
    since: Duration,
    counting: Rate,
    latest: Rate,
}

/// In which order symbols are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By name, as the market counts them.
    #[default]
    Name,
    /// Those that rose most since the first price come first.
    Rise,
    /// Those that fell most come first.
    Fall,
}

impl Quote {
    /// By how much it differs from the first one, in hundredths of a percent.
    pub fn change(&self) -> i32 {
        let change = i64::from(self.price - self.first) * 10_000 / i64::from(self.first.max(1));
        i32::try_from(change).unwrap_or(i32::MAX)
    }
}

impl Board {
    /// Of a market with so many ticks a second.
    pub fn new(hz: u32) -> Board {
        Board {
            quotes: vec![None; MAX_SYMBOLS],
            known: Vec::new(),
            tick: None,
            sample_every: (u64::from(hz) / SAMPLES_HZ).max(1),
            next_sample: 0,
            heard: None,
            gives_up: false,
            was_away: false,
            tally: Tally::default(),
            rates: Rates::default(),
            error: None,
        }
    }

    /// The symbol of this number.
    pub fn quote(&self, number: u16) -> Option<&Quote> {
        self.quotes.get(usize::from(number))?.as_ref()
    }

    /// The numbers of the symbols whose names have `text` in them, in an order.
    pub fn listed(&self, text: &str, order: Order) -> Vec<u16> {
        let text = text.trim().to_ascii_uppercase();
        let has = |number: &u16| text.is_empty() || name_of(usize::from(*number)).contains(&text);
        let mut listed: Vec<u16> = self.known.iter().copied().filter(has).collect();
        let change = |number: &u16| self.quote(*number).map_or(0, Quote::change);
        match order {
            Order::Name => {}
            Order::Rise => listed.sort_by_key(|number| -change(number)),
            Order::Fall => listed.sort_by_key(change),
        }
        listed
    }

    /// How many symbols there are.
    pub fn symbols(&self) -> usize {
        self.known.len()
    }

    /// The market's time.
    pub fn tick(&self) -> Option<u64> {
        self.tick
    }

    /// What came in during the last whole second.
    pub fn rate(&self) -> Rate {
        self.rates.latest
    }

    /// What the server had against something.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    fn snapshot(&mut self, value: &Value<'_>, now: Duration) -> Option<usize> {
        let tick = value.get("tick")?.as_u64()?;
        if let Some(before) = self.tick.replace(tick)
            && self.was_away
        {
            self.tally.skip(before, tick);
            for quote in self.quotes.iter_mut().flatten() {
                quote.trail.push(None);
            }
        }
        self.was_away = false;
        let count = self.prices(value, now)?;
        self.known = (0..MAX_SYMBOLS as u16).filter(|number| self.quote(*number).is_some()).collect();
        self.next_sample = 0;
        self.sample(tick);
        Some(count)
    }

    fn delta(&mut self, value: &Value<'_>, now: Duration) -> Option<usize> {
        let tick = value.get("tick")?.as_u64()?;
        self.tick = Some(tick);
        let count = self.prices(value, now)?;
        self.sample(tick);
        Some(count)
    }

    fn prices(&mut self, value: &Value<'_>, now: Duration) -> Option<usize> {
        let Value::Object(prices) = value.get("prices")? else { return None };
        for (name, price) in prices {
            let (Some(number), Value::Number(digits)) = (number_of(name), price) else { continue };
            let (Some(place), Some(price)) = (self.quotes.get_mut(number), hundredths(digits)) else {
                continue;
            };
            match place {
                Some(quote) if quote.price != price => {
                    quote.rose = price > quote.price;
                    (quote.price, quote.changed) = (price, now);
                }
                Some(_) => {}
                None => {
                    let trail = Trail::default();
                    let changed = now.saturating_sub(MARKED);
                    *place = Some(Quote { price, first: price, rose: false, changed, trail });
                }
            }
        }
        Some(prices.len())
    }

    fn sample(&mut self, tick: u64) {
        if tick >= self.next_sample {
            self.next_sample = tick + self.sample_every;
            for quote in self.quotes.iter_mut().flatten() {
                quote.trail.push(Some(quote.price));
            }
        }
    }
}

impl Rates {
    fn count(&mut self, prices: usize, bytes: usize, now: Duration) {
        if now.saturating_sub(self.since) >= COUNTED {
            let is_whole = now.saturating_sub(self.since) < 2 * COUNTED;
            self.latest = if is_whole { self.counting } else { Rate::default() };
            (self.since, self.counting) = (now, Rate::default());
        }
        self.counting.messages += 1;
        self.counting.prices += prices as u64;
        self.counting.bytes += bytes as u64;
    }
}

/// A price as it is written: whole ones, a dot, two digits.
fn hundredths(digits: &str) -> Option<i32> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = match *part.as_bytes() {
        [] => 0,
        [tens @ b'0'..=b'9'] => i32::from(tens - b'0') * 10,
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] => i32::from(tens - b'0') * 10 + i32::from(ones - b'0'),
        _ => return None,
    };
    whole.parse::<i32>().ok()?.checked_mul(100)?.checked_add(part)
}

impl Talk for Board {
    fn opened(&mut self, now: Duration) {
        self.heard = Some(now);
        self.was_away = self.tick.is_some();
    }

    fn closed(&mut self, _: u16) {
        (self.heard, self.gives_up) = (None, false);
        self.rates.latest = Rate::default();
    }

    fn received(&mut self, message: MessageRef<'_>, now: Duration) {
        self.heard = Some(now);
        let MessageRef::Text(text) = message else { return };
        let Ok(value) = Value::parse(text) else { return };
        let count = match value.get("type").and_then(Value::as_str) {
            Some("snapshot") => self.snapshot(&value, now),
            Some("delta") => self.delta(&value, now),
            Some("error") => {
                self.error = value.get("error").and_then(Value::as_str).map(ToOwned::to_owned);
                None
            }
            _ => None,
        };
        self.rates.count(count.unwrap_or(0), text.len(), now);
    }

    fn timeout(&mut self, now: Duration) {
        self.gives_up |= self.next_timeout().is_some_and(|due| due <= now);
    }

    fn poll(&mut self, _: Duration) -> Option<Does> {
        let gives_up = std::mem::take(&mut self.gives_up);
        gives_up.then_some(Does::Close(SILENT, "nothing comes"))
    }

    fn next_timeout(&self) -> Option<Duration> {
        self.heard.map(|heard| heard + PATIENCE)
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn is_caught_up(&self) -> bool {
        self.heard.is_some() && self.tick.is_some() && !self.was_away
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn hear(board: &mut Board, text: &str, millis: u64) {
        board.received(MessageRef::Text(text), at(millis));
    }

    fn listed(board: &Board, text: &str, order: Order) -> Vec<String> {
        board.listed(text, order).into_iter().map(|number| name_of(usize::from(number))).collect()
    }

    #[test]
    fn prices_change_and_say_which_way() {
        let mut board = Board::new(10);
        board.opened(at(0));
        let snapshot = r#"{"type":"snapshot","tick":7,"prices":{"BAB":100.00,"BEB":88.10,"BIB":9.5}}"#;
        hear(&mut board, snapshot, 1000);
        hear(&mut board, r#"{"type":"delta","tick":8,"since":7,"prices":{"BAB":101.50,"BEB":88.00}}"#, 1100);
        let quote = |number| board.quote(number).unwrap();
        assert_eq!((quote(0).price, quote(0).rose, quote(0).change()), (10_150, true, 150));
        assert_eq!((quote(1).price, quote(1).rose, quote(1).change()), (8_800, false, -11));
        assert_eq!((quote(2).price, quote(2).change(), board.tick()), (950, 0, Some(8)));
        assert_eq!(listed(&board, "", Order::Name), ["BAB", "BEB", "BIB"]);
        assert_eq!(listed(&board, "", Order::Rise), ["BAB", "BIB", "BEB"]);
        assert_eq!(listed(&board, "", Order::Fall), ["BEB", "BIB", "BAB"]);
        assert_eq!(listed(&board, " be", Order::Name), ["BEB"]);
    }

    #[test]
    fn what_went_by_while_it_was_away_is_counted_and_breaks_the_line() {
        let mut board = Board::new(1);
        board.opened(at(0));
        hear(&mut board, r#"{"type":"snapshot","tick":7,"prices":{"BAB":100.00}}"#, 0);
        assert!(board.is_caught_up());
        board.closed(1006);
        assert!(!board.is_caught_up());
        board.opened(at(9000));
        assert!(!board.is_caught_up());
        hear(&mut board, r#"{"type":"snapshot","tick":16,"prices":{"BAB":100.00}}"#, 9000);
        assert!(board.is_caught_up());
        assert_eq!(board.tally().skipped, 9);
        let samples: Vec<_> = board.quote(0).unwrap().trail.samples().collect();
        assert_eq!(samples, [Some(10_000), None, Some(10_000)]);
        hear(&mut board, r#"{"type":"snapshot","tick":17,"prices":{"BEB":1.00}}"#, 9100);
        assert_eq!(board.tally().skipped, 9, "other symbols were asked for");
        board.opened(at(10_000));
        hear(&mut board, r#"{"type":"snapshot","tick":2,"prices":{"BAB":100.00}}"#, 10_000);
        assert_eq!((board.tally().skipped, board.tally().anew), (9, 1), "nobody was there meanwhile");
    }

    #[test]
    fn a_connection_that_tells_nothing_is_given_up() {
        let mut board = Board::new(10);
        board.opened(at(0));
        board.timeout(at(9_999));
        assert_eq!(board.poll(at(9_999)), None);
        board.timeout(at(10_000));
        assert!(matches!(board.poll(at(10_000)), Some(Does::Close(SILENT, _))));
    }

    #[test]
    fn what_comes_is_counted_by_the_second() {
        let mut board = Board::new(10);
        board.opened(at(5_000));
        for tick in 0..25 {
            let text = format!(r#"{{"type":"delta","tick":{tick},"since":0,"prices":{{"BAB":1.00}}}}"#);
            hear(&mut board, &text, 5_000 + tick * 100);
        }
        assert_eq!((board.rate().messages, board.rate().prices), (10, 10));
    }

    #[test]
    fn prices_are_read_without_a_fraction() {
        let read = ["12.34", "5", "5.1", "-1.x", "x", "99999999999.00"].map(hundredths);
        assert_eq!(read, [Some(1234), Some(500), Some(510), None, None, None]);
    }
}
