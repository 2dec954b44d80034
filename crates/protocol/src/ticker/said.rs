use std::fmt::Write as _;

use super::market::{MAX_SYMBOLS, Subscription, name_of, number_of};
use crate::head::{Head, Writer, cut};
use crate::session::json::ReadError;
use workbench::json::Value;

/// What a reader of the ticker says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// These symbols too.
    Subscribe(Subscription),
    /// Not these any more.
    Unsubscribe(Subscription),
}

impl Command {
    /// Reads it.
    ///
    /// # Errors
    /// It is nothing that is known here, or names what there is not.
    pub fn read(text: &str) -> Result<Command, ReadError> {
        let mut head = Head::parse(text, "a message")?;
        let symbols = match head.kind.as_str() {
            "subscribe" | "unsubscribe" => head.take("symbols"),
            other => {
                return Err(ReadError(format!(
                    "{} is nothing that is known here: use subscribe or unsubscribe",
                    cut(other)
                )));
            }
        };
        let symbols = head.needs("symbols", symbols)?;
        let chosen = match &symbols {
            Value::Number(_) => {
                symbols.as_u64().and_then(|count| usize::try_from(count).ok()).and_then(first)
            }
            Value::Array(items) => {
                let mut chosen = Subscription::first(0);
                let mut are_names = true;
                for item in items {
                    match item.as_str() {
                        Some(name) => chosen.set(number_of(name).ok_or_else(|| unknown(name))?, true),
                        None => are_names = false,
                    }
                }
                Some(chosen).filter(|_| are_names)
            }
            _ => None,
        };
        let chosen = chosen.ok_or_else(|| {
            ReadError(format!("symbols is a list of names, or how many from 1 to {MAX_SYMBOLS}"))
        })?;
        let subscribes = head.kind == "subscribe";
        head.end()?;
        Ok(if subscribes { Command::Subscribe(chosen) } else { Command::Unsubscribe(chosen) })
    }
}

/// All prices of some symbols, in hundredths.
#[must_use]
pub fn write_snapshot(tick: u64, prices: impl Iterator<Item = (usize, i64)>) -> String {
    Writer::new("snapshot").number("tick", tick).raw("prices", &object(prices)).json()
}

/// The prices that changed between two ticks.
#[must_use]
pub fn write_delta(tick: u64, since: u64, prices: impl Iterator<Item = (usize, i64)>) -> String {
    Writer::new("delta").number("tick", tick).number("since", since).raw("prices", &object(prices)).json()
}

/// The first so many symbols.
pub(super) fn first(count: usize) -> Option<Subscription> {
    (1..=MAX_SYMBOLS).contains(&count).then(|| Subscription::first(count))
}

fn unknown(name: &str) -> ReadError {
    ReadError(format!("there is no symbol {}: a snapshot names those there are", cut(name).escape_debug()))
}

fn object(prices: impl Iterator<Item = (usize, i64)>) -> String {
    let mut json = "{".to_owned();
    for (number, price) in prices {
        let comma = if json.len() > 1 { "," } else { "" };
        let _ = write!(json, "{comma}\"{}\":{}.{:02}", name_of(number), price / 100, price % 100);
    }
    json.push('}');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_written_with_two_digits() {
        let prices = || [(0, 101), (1, 12_340)].into_iter();
        assert_eq!(
            write_snapshot(7, prices()),
            r#"{"type":"snapshot","tick":7,"prices":{"BAB":1.01,"BEB":123.40}}"#
        );
        assert_eq!(write_delta(8, 7, prices().take(0)), r#"{"type":"delta","tick":8,"since":7,"prices":{}}"#);
    }

    #[test]
    fn commands_name_symbols_or_count_them() {
        let read = |text| Command::read(text).map_err(|error| error.to_string());
        let mut one = Subscription::first(0);
        one.set(1, true);
        assert_eq!(read(r#"{"type":"subscribe","symbols":["beb"]}"#), Ok(Command::Subscribe(one)));
        let first = Subscription::first(3);
        assert_eq!(read(r#"{"type":"unsubscribe","symbols":3}"#), Ok(Command::Unsubscribe(first)));
        for (text, error) in [
            (r#"{"type":"buy"}"#, "buy is nothing that is known here: use subscribe or unsubscribe"),
            (r#"{"type":"subscribe"}"#, "subscribe needs symbols"),
            (r#"{"type":"subscribe","symbols":0}"#, "symbols is a list of names, or how many from 1 to 1000"),
            (
                r#"{"type":"subscribe","symbols":["BAB",1]}"#,
                "symbols is a list of names, or how many from 1 to 1000",
            ),
            (
                r#"{"type":"subscribe","symbols":["XYZ"]}"#,
                "there is no symbol XYZ: a snapshot names those there are",
            ),
        ] {
            assert_eq!(read(text), Err(error.to_owned()));
        }
    }
}
