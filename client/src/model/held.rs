//! What breakpoints hold on the page's own server, as it tells.

use workbench::bytes::from_hex;
use workbench::json::Value;
use workbench::view::Payload;

/// Everything at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    /// Grows with each change.
    pub revision: u64,
    /// Which messages are held.
    pub breakpoints: Vec<Breakpoint>,
    /// Those that are, the oldest first, as far as the server lists them.
    pub held: Vec<Held>,
    /// How many there are.
    pub total: u64,
    /// How many messages wait behind them.
    pub waiting: u64,
    /// The latest that nobody decided on, by their numbers, with the server's word for why.
    pub undecided: Vec<(u64, String)>,
}

/// Which messages are held.
#[derive(Clone, Debug, PartialEq)]
pub struct Breakpoint {
    /// Its number.
    pub number: u64,
    /// Of which connections, in the server's words; empty: of all.
    pub place: String,
    /// `to-target`, `to-client` or `both`.
    pub direction: String,
    /// Empty: all messages.
    pub filter: String,
    /// How long a message is held.
    pub deadline: String,
    /// Whether any are.
    pub on: bool,
}

/// A message that is held.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Its name.
    pub id: u64,
    /// The number of its connection.
    pub connection: u64,
    /// Of which target, if that has a name.
    pub via: String,
    /// Whether it goes to the target or to the client.
    pub to_target: bool,
    /// What it says, or its beginning.
    pub payload: Payload,
    /// Bytes of the whole.
    pub size: u64,
    /// Until it goes on by itself, when this was told.
    pub millis_left: u64,
}

impl Board {
    /// Reads the answer of `/api/held`.
    pub fn read(answer: &str) -> Option<Board> {
        let answer = Value::parse(answer).ok()?;
        let number = |name| answer.get(name).and_then(Value::as_u64);
        let all = |name| answer.get(name).map(Value::items).unwrap_or_default().iter();
        Some(Board {
            revision: number("revision")?,
            breakpoints: all("breakpoints").filter_map(Breakpoint::read).collect(),
            held: all("held").filter_map(Held::read).collect(),
            total: number("total")?,
            waiting: number("waiting")?,
            undecided: all("undecided")
                .filter_map(|one| Some((one.get("number")?.as_u64()?, one.get("why")?.as_str()?.to_owned())))
                .collect(),
        })
    }

    /// How many nobody decided on behind that number, for this reason.
    pub fn undecided_since(&self, number: u64, why: &str) -> usize {
        self.undecided.iter().filter(|(one, reason)| *one > number && reason == why).count()
    }

    /// The number of the latest that nobody decided on.
    pub fn last_undecided(&self) -> u64 {
        self.undecided.last().map_or(0, |(number, _)| *number)
    }
}

impl Breakpoint {
    fn read(of: &Value<'_>) -> Option<Breakpoint> {
        let text = |name| of.get(name).and_then(Value::as_str).unwrap_or_default();
        let mut places = Vec::new();
        for name in ["via", "label"] {
            if !text(name).is_empty() {
                places.push(format!("{name} {}", text(name)));
            }
        }
        places.extend(of.get("connection").and_then(Value::as_u64).map(|number| format!("#{number}")));
        Some(Breakpoint {
            number: of.get("breakpoint")?.as_u64()?,
            place: places.join(" "),
            direction: text("direction").to_owned(),
            filter: text("filter").to_owned(),
            deadline: text("deadline").to_owned(),
            on: of.get("on")?.as_bool()?,
        })
    }
}

impl Held {
    /// Reads a message, one of a list or the answer of `/api/held/ID`.
    pub fn read(of: &Value<'_>) -> Option<Held> {
        let number = |name| of.get(name).and_then(Value::as_u64);
        let text = |name| of.get(name).and_then(Value::as_str);
        let payload = match text("text") {
            Some(text) => Payload::Text(text.to_owned()),
            None => Payload::Binary(from_hex(text("hex")?).ok()?),
        };
        Some(Held {
            id: number("id")?,
            connection: number("connection")?,
            via: text("via").unwrap_or_default().to_owned(),
            to_target: text("direction")? == "to-target",
            payload,
            size: number("size")?,
            millis_left: (of.get("seconds_left").and_then(Value::as_f64).unwrap_or_default() * 1000.0) as u64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_the_server_is_read() {
        let answer = r#"{"revision":7,"breakpoints":[
            {"breakpoint":2,"via":"api","connection":5,"direction":"both","filter":"x","heartbeats":false,"deadline":"1m","on":true}
        ],"held":[
            {"id":3,"connection":5,"via":"api","peer":"127.0.0.1:1","direction":"to-target","breakpoint":2,"at_us":1,"seconds_left":1.5,"size":2,"cut":false,"text":"hi"},
            {"id":4,"connection":5,"peer":"127.0.0.1:1","direction":"to-client","breakpoint":2,"at_us":1,"seconds_left":2.0,"size":2,"cut":false,"hex":"00ff"}
        ],"total":2,"waiting":1,"undecided":[{"number":1,"why":"deadline"},{"number":2,"why":"gone"}]}"#;
        let board = Board::read(answer).unwrap();
        assert_eq!((board.revision, board.total, board.waiting), (7, 2, 1));
        assert_eq!(board.breakpoints[0].place, "via api #5");
        let [first, second] = &board.held[..] else { panic!("{board:?}") };
        assert_eq!((&first.payload, first.to_target), (&Payload::Text("hi".to_owned()), true));
        assert_eq!((first.millis_left, first.via.as_str()), (1500, "api"));
        assert_eq!(second.payload, Payload::Binary(vec![0, 0xff]));
        assert_eq!((board.undecided_since(0, "gone"), board.undecided_since(2, "gone")), (1, 0));
        assert_eq!(board.last_undecided(), 2);
        assert_eq!(Board::read("{}"), None);
    }
}
