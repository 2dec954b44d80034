use super::market::{Subscription, number_of};
use super::said::first;
use crate::fault::{PlanError, shown, take};

const SYMBOLS: &str =
    "how many from 1 to 1000, such as 50, or names with commas between them, such as BAB,BEB";
const HZ: &str = "ticks a second from 1 to 50";
const SEED: &str = "a whole number";

/// What of which market a connection gets, from its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which symbols. Default: the first 10.
    pub symbols: Subscription,
    /// Ticks a second, from 1 to 50. Default 10.
    pub hz: u32,
    /// Which market: those who ask for the same seed and rate share one. Default 0.
    pub seed: u64,
}

impl Plan {
    /// Takes the parameters of the ticker out of a query, and gives back the rest of it, which is for faults. The seed stays
    /// there: faults have the same, if there are any.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn from_query(query: &str) -> Result<(Plan, String), PlanError> {
        let ([symbols, hz], rest) = take(query, ["symbols", "hz"])?;
        let seed = form_urlencoded::parse(rest.as_bytes()).find(|(name, _)| name == "seed");
        let seed = seed.map(|(_, value)| value.into_owned());
        let symbols = read("symbols", symbols, SYMBOLS, read_symbols)?;
        let hz = read("hz", hz, HZ, |value| value.parse().ok().filter(|hz| (1..=50).contains(hz)))?;
        let seed = read("seed", seed, SEED, |value| value.parse().ok())?;
        let symbols = symbols.unwrap_or_else(|| Subscription::first(10));
        Ok((Plan { symbols, hz: hz.unwrap_or(10), seed: seed.unwrap_or(0) }, rest))
    }
}

fn read_symbols(value: &str) -> Option<Subscription> {
    if let Ok(count) = value.parse() {
        return first(count);
    }
    let mut chosen = Subscription::first(0);
    for name in value.split(',') {
        chosen.set(number_of(name)?, true);
    }
    Some(chosen)
}

fn read<T>(
    name: &'static str,
    value: Option<String>,
    allowed: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, PlanError> {
    let Some(value) = value else { return Ok(None) };
    let read = read(&value).ok_or_else(|| PlanError::Value { name, value: shown(&value), allowed })?;
    Ok(Some(read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ticker_takes_its_parameters_and_leaves_the_rest_to_faults() {
        let (plan, rest) = Plan::from_query("symbols=beb,BAB&hz=50&seed=7&delay=50ms").unwrap();
        assert_eq!((plan.symbols, plan.hz, plan.seed), (Subscription::first(2), 50, 7));
        assert_eq!(rest, "seed=7&delay=50ms");
        let (plan, rest) = Plan::from_query("seed=7").unwrap();
        assert_eq!((plan.symbols, plan.hz, plan.seed), (Subscription::first(10), 10, 7));
        assert_eq!(rest, "seed=7");
        for (query, error) in [
            ("symbols=1001", "symbols=1001 can't be followed: symbols takes how many from 1 to 1000"),
            ("symbols=XYZ", "symbols=XYZ can't be followed"),
            ("hz=51", "hz=51 can't be followed: hz takes ticks a second from 1 to 50"),
            ("hz=1&hz=1", "hz is there twice"),
            ("seed=x", "seed=x can't be followed"),
            ("hzz=5", "hzz is no parameter: did you mean hz?"),
            ("symbol=5", "symbol is no parameter: did you mean symbols?"),
        ] {
            let told = Plan::from_query(query).unwrap_err().to_string();
            assert!(told.starts_with(error), "{query}: {told}");
        }
    }
}
