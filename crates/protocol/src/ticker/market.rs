use fastrand::Rng;

/// A market has so many symbols.
pub const MAX_SYMBOLS: usize = 1000;
/// Where prices begin, in hundredths.
const FIRST: std::ops::Range<i64> = 1_000..50_000;
/// What no price falls below, in hundredths.
const LOWEST: i64 = 100;
/// Of so many symbols one changes in a tick.
const CALM: usize = 2;

/// Prices that move at random, tick by tick. The same seed gives the same market.
#[derive(Clone, Debug)]
pub struct Market {
    random: Rng,
    tick: u64,
    prices: Vec<Price>,
}

#[derive(Clone, Copy, Debug)]
struct Price {
    /// In hundredths.
    now: i64,
    /// The tick in which it became that.
    since: u64,
}

/// Some of the symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription([u64; MAX_SYMBOLS.div_ceil(64)]);

impl Market {
    /// At tick 0.
    #[must_use]
    pub fn new(seed: u64) -> Market {
        let mut random = Rng::with_seed(seed);
        let prices = (0..MAX_SYMBOLS).map(|_| Price { now: random.i64(FIRST), since: 0 }).collect();
        Market { random, tick: 0, prices }
    }

    /// How many ticks have passed.
    #[must_use]
    pub fn tick(&self) -> u64 {
        self.tick
    }

    /// Lets one pass: about half of the prices change, by up to 0.2 %, and at least a hundredth.
    pub fn advance(&mut self) {
        self.tick += 1;
        for price in &mut self.prices {
            if self.random.usize(0..CALM) == 0 {
                let most = (price.now / 500).max(1);
                let step = self.random.i64(1..=most);
                price.now =
                    (if self.random.bool() { price.now + step } else { price.now - step }).max(LOWEST);
                price.since = self.tick;
            }
        }
    }

    /// The symbols among `chosen` whose price has changed since a tick, and the prices in hundredths.
    pub fn changed<'m>(
        &'m self,
        since: u64,
        chosen: &'m Subscription,
    ) -> impl Iterator<Item = (usize, i64)> + 'm {
        let changed = move |(number, price): (usize, &Price)| {
            (price.since > since && chosen.has(number)).then_some((number, price.now))
        };
        self.prices.iter().enumerate().filter_map(changed)
    }

    /// All symbols among `chosen` and their prices in hundredths.
    pub fn all<'m>(&'m self, chosen: &'m Subscription) -> impl Iterator<Item = (usize, i64)> + 'm {
        let prices = self.prices.iter().enumerate();
        prices.filter(|(number, _)| chosen.has(*number)).map(|(number, price)| (number, price.now))
    }
}

impl Subscription {
    /// The first so many symbols.
    #[must_use]
    pub fn first(count: usize) -> Subscription {
        let mut chosen = Subscription([0; MAX_SYMBOLS.div_ceil(64)]);
        (0..count.min(MAX_SYMBOLS)).for_each(|number| chosen.set(number, true));
        chosen
    }

    /// Adds or removes one.
    pub fn set(&mut self, number: usize, on: bool) {
        if let Some(word) = self.0.get_mut(number / 64).filter(|_| number < MAX_SYMBOLS) {
            let bit = 1 << (number % 64);
            *word = if on { *word | bit } else { *word & !bit };
        }
    }

    /// Whether it is among them.
    #[must_use]
    pub fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }
}

const CONSONANTS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const VOWELS: &[u8; 5] = b"AEIOU";

/// What a symbol is called: three letters.
#[must_use]
pub fn name_of(number: usize) -> String {
    let letters = [CONSONANTS[number / 50 % 20], VOWELS[number % 5], CONSONANTS[number / 5 % 10 * 2]];
    letters.iter().map(|letter| char::from(*letter)).collect()
}

/// The symbol that is called so.
#[must_use]
pub fn number_of(name: &str) -> Option<usize> {
    let [first, second, third] = <[u8; 3]>::try_from(name.as_bytes()).ok()?;
    let place =
        |letters: &[u8], letter: u8| letters.iter().position(|known| *known == letter.to_ascii_uppercase());
    let (first, second, third) =
        (place(CONSONANTS, first)?, place(VOWELS, second)?, place(CONSONANTS, third)?);
    (third % 2 == 0).then_some(first * 50 + third / 2 * 5 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_has_a_name_of_its_own() {
        for number in 0..MAX_SYMBOLS {
            assert_eq!(number_of(&name_of(number)), Some(number));
        }
        assert_eq!(
            (name_of(0), number_of("bab"), number_of("BAC"), number_of("é")),
            ("BAB".into(), Some(0), None, None)
        );
    }

    #[test]
    fn the_same_seed_is_the_same_market_and_another_is_another() {
        let all = Subscription::first(MAX_SYMBOLS);
        let after = |seed| {
            let mut market = Market::new(seed);
            (0..50).for_each(|_| market.advance());
            market.all(&all).collect::<Vec<_>>()
        };
        assert_eq!(after(1), after(1));
        assert_ne!(after(1), after(2));
        assert!(after(3).iter().all(|(_, price)| *price >= LOWEST));
    }

    #[test]
    fn who_skips_ticks_gets_the_latest_of_each_price_that_changed() {
        let mut market = Market::new(7);
        let chosen = Subscription::first(20);
        let mut seen: Vec<_> = market.all(&chosen).collect();
        for ticks in [1, 3, 10] {
            let since = market.tick();
            (0..ticks).for_each(|_| market.advance());
            for (number, price) in market.changed(since, &chosen) {
                seen[number].1 = price;
            }
            assert_eq!(seen, market.all(&chosen).collect::<Vec<_>>());
        }
        assert_eq!(market.changed(market.tick(), &chosen).count(), 0);
    }
}
