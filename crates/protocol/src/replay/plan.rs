use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use serde::Serialize;

use crate::fault::{PlanError, shown, take};
use crate::units;

/// The fastest and slowest that a recording is played back, in parts per million of its own speed.
const SPEEDS: std::ops::RangeInclusive<u64> = 1_000..=1_000_000_000_000;
/// The most fields that are left out of account.
const MAX_IGNORED: usize = 64;

/// How a connection is to be played back, from its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// When the server speaks.
    pub mode: Mode,
    /// Which of the recording's connections, from 1; `None`: the next one in turn.
    pub connection: Option<NonZeroUsize>,
    /// What becomes of a client that says something else.
    pub on_mismatch: OnMismatch,
}

/// When the server speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// When it did, whatever the client says.
    Timed {
        /// In parts per million of the recorded speed.
        speed: NonZeroU64,
        /// No wait is longer than this.
        max_gap: Option<Duration>,
    },
    /// At once, as soon as the client has said what it said.
    Lockstep(Matching),
}

/// When a message is the recorded one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Matching {
    /// Byte by byte, and of the same kind.
    #[default]
    Exact,
    /// The same JSON, but for members of these names wherever they stand. What is no JSON, byte by byte.
    Json {
        /// Names of members that don't matter.
        ignore: Vec<String>,
    },
}

/// What becomes of a client that says something else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMismatch {
    /// It is reported, and the recorded message still waited for.
    #[default]
    Wait,
    /// The connection closes with 4400.
    Close,
}

/// A parameter of `/ws/replay/NAME`, beside those of faults.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Parameter {
    /// As it stands in the query.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Which values it takes.
    pub values: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// How it is used.
    pub example: &'static str,
}

/// All of them.
pub const PARAMETERS: [Parameter; 7] = [
    Parameter {
        name: "mode",
        summary: "When the server speaks: when it did in the recording, or once the client has said what it said then.",
        values: "timed or lockstep",
        default: "timed",
        example: "mode=lockstep",
    },
    Parameter {
        name: "speed",
        summary: "In timed mode, how many times faster than it was recorded.",
        values: "a number from 0.001 to 1000000, such as 2 or 0.5",
        default: "1",
        example: "speed=10",
    },
    Parameter {
        name: "max-gap",
        summary: "In timed mode, the longest wait from one recorded message or Ping, of either side, to the next.",
        values: "a time up to 24h, such as 500ms or 2s; 0s waits for nothing",
        default: "as long as it was",
        example: "max-gap=2s",
    },
    Parameter {
        name: "match",
        summary: "In lockstep mode, when a message of the client is the recorded one: byte by byte, or as equal JSON.",
        values: "exact or json",
        default: "exact, or json where there is ignore",
        example: "mode=lockstep&match=json",
    },
    Parameter {
        name: "ignore",
        summary: "In lockstep mode, members of JSON objects that don't matter, wherever they stand.",
        values: "up to 64 names with commas between them",
        default: "every member matters",
        example: "mode=lockstep&ignore=id,ts",
    },
    Parameter {
        name: "on-mismatch",
        summary: "In lockstep mode, what happens when the client says something else: it is reported and the recorded message still waited for, or the connection closes with 4400 and the difference as its reason.",
        values: "wait or close",
        default: "wait",
        example: "mode=lockstep&on-mismatch=close",
    },
    Parameter {
        name: "connection",
        summary: "Which of the recording's connections is played back.",
        values: "a number from 1, as GET /api/replays counts them",
        default: "the first one, and for each further connection the next, over and over",
        example: "connection=2",
    },
];

/// The values as they stand in a query.
struct Values([Option<String>; PARAMETERS.len()]);

impl Plan {
    /// Takes the parameters of a replay out of a query, and gives back the rest of it, which is for faults.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn from_query(query: &str) -> Result<(Plan, String), PlanError> {
        let (values, rest) = take(query, PARAMETERS.map(|parameter| parameter.name))?;
        Ok((Values(values).plan()?, rest))
    }
}

impl Values {
    fn plan(&self) -> Result<Plan, PlanError> {
        let timed = match self.get("mode") {
            None | Some("timed") => true,
            Some("lockstep") => false,
            Some(_) => return Err(self.wrong("mode")),
        };
        for (names, of, needs) in [
            (&["speed", "max-gap"][..], true, "mode=timed, in which time has a part"),
            (&["match", "ignore", "on-mismatch"], false, "mode=lockstep, in which messages are compared"),
        ] {
            if let Some(name) = names.iter().find(|name| of != timed && self.get(name).is_some()) {
                return Err(PlanError::Needs { name, needs });
            }
        }
        let speed = self.read("speed", |value| {
            units::parse_decimal(value, 1_000_000)
                .filter(|speed| SPEEDS.contains(speed))
                .and_then(NonZeroU64::new)
        })?;
        let max_gap = self.read("max-gap", units::parse_time)?;
        let ignore = self.read("ignore", |value| {
            let names: Vec<String> =
                value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
            (1..=MAX_IGNORED).contains(&names.len()).then_some(names)
        })?;
        let on_mismatch = self.read("on-mismatch", |value| match value {
            "wait" => Some(OnMismatch::Wait),
            "close" => Some(OnMismatch::Close),
            _ => None,
        })?;
        let connection = self.read("connection", |value| value.parse().ok())?;
        let matching = match (self.get("match"), ignore) {
            (Some("exact"), Some(_)) => {
                return Err(PlanError::Needs {
                    name: "ignore",
                    needs: "match=json: byte by byte, nothing can be left out",
                });
            }
            (None | Some("exact"), None) => Matching::Exact,
            (None | Some("json"), ignore) => Matching::Json { ignore: ignore.unwrap_or_default() },
            _ => return Err(self.wrong("match")),
        };
        let mode = if timed {
            Mode::Timed { speed: speed.unwrap_or(NonZeroU64::new(1_000_000).expect("not zero")), max_gap }
        } else {
            Mode::Lockstep(matching)
        };
        Ok(Plan { mode, connection, on_mismatch: on_mismatch.unwrap_or_default() })
    }

    fn get(&self, name: &str) -> Option<&str> {
        let at = PARAMETERS.iter().position(|parameter| parameter.name == name)?;
        self.0[at].as_deref()
    }

    fn read<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, PlanError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.wrong(name))
    }

    fn wrong(&self, name: &str) -> PlanError {
        let parameter = PARAMETERS.iter().find(|parameter| parameter.name == name);
        let (name, allowed) = parameter.map_or(("", ""), |parameter| (parameter.name, parameter.values));
        PlanError::Value { name, value: shown(self.get(name).unwrap_or_default()), allowed }
    }
}
