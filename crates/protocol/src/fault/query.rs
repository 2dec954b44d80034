use std::borrow::Cow;
use std::collections::BTreeSet;

use super::FaultPlan;
use super::catalogue::{Parameter, Read};
use crate::units::Progress;

/// What stands in front of a name that is for a relay's target.
const TARGET: &str = "target.";
/// A value's bytes in an error.
const SHOWN: usize = 80;
/// So many of the names that are no parameter are listed.
const LISTED: usize = 32;

/// All that a query asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The faults.
    pub plan: FaultPlan,
    /// Names that are no parameter, each once, at most 32: the client's own.
    pub others: Vec<String>,
}

/// What of a query is for the target behind a relay, as it was written: all that is no parameter, and what begins with
/// `target.`, without that. `target.delay=5` reaches a parameter of the target that has the name of one of ours.
#[must_use]
pub fn query_for_target(query: &str) -> String {
    let mut kept: Vec<Cow<'_, str>> = Vec::new();
    for part in query.split('&') {
        let Some((name, value)) = form_urlencoded::parse(part.as_bytes()).next() else { continue };
        match (part.strip_prefix(TARGET), name.strip_prefix(TARGET)) {
            (Some(rest), _) => kept.push(rest.into()),
            // Some write escapes where none are needed.
            (None, Some(name)) => {
                let mut rest = form_urlencoded::Serializer::new(String::new());
                kept.push(rest.append_pair(name, &value).finish().into());
            }
            (None, None) if Parameter::named(&name).is_some() => {}
            (None, None) => kept.push(part.into()),
        }
    }
    kept.join("&")
}

/// A query that can't be followed. The text says what would be right; send it with a 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A value that the parameter does not take.
    #[error("{name}={value} can't be followed: {name} takes {allowed}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// What it was given, as far as it is shown.
        value: String,
        /// What it takes.
        allowed: &'static str,
    },
    /// A parameter that may be there once, or something for one direction, twice.
    #[error("{name} is there twice, or together with something that says the same")]
    Twice {
        /// The parameter.
        name: &'static str,
    },
    /// A name that is almost a parameter's.
    #[error("{name} is no parameter: did you mean {meant}? (GET /api/faults lists them all)")]
    Misspelt {
        /// What was written.
        name: String,
        /// The nearest parameter.
        meant: &'static str,
    },
    /// Names that are no parameter, and `strict`.
    #[error("{names} is no parameter, and strict=on allows no others (GET /api/faults lists them all)")]
    Unknown {
        /// The names, with commas.
        names: String,
    },
    /// A parameter without the one that it belongs to.
    #[error("{name} needs {needs}")]
    Needs {
        /// The parameter.
        name: &'static str,
        /// What it belongs to, and an example.
        needs: &'static str,
    },
    /// `until` before `from`.
    #[error("until={until} comes before from={from}")]
    EmptyWindow {
        /// Where it would begin.
        from: Progress,
        /// Where it would end.
        until: Progress,
    },
}

impl Asked {
    /// Reads the query part of a URL, without its question mark. A percent sign that is not the beginning of an escape
    /// stands for itself, so that `drop=10%` is as good as `drop=10%25`.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn from_query(query: &str) -> Result<Asked, PlanError> {
        let mut asked = Asked::default();
        let mut seen = BTreeSet::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if name.starts_with(TARGET) {
                continue;
            }
            let Some(parameter) = Parameter::named(&name) else {
                if let Some(parameter) = Parameter::resembling(&name) {
                    return Err(PlanError::Misspelt { name: shown(&name), meant: parameter.name });
                }
                if asked.others.len() < LISTED && !asked.others.iter().any(|other| *other == name) {
                    asked.others.push(shown(&name));
                }
                continue;
            };
            let name = parameter.name;
            if !seen.insert(name) && !parameter.repeats {
                return Err(PlanError::Twice { name });
            }
            match (parameter.read)(&mut asked.plan, &value) {
                Read::Done => {}
                Read::Twice => return Err(PlanError::Twice { name }),
                Read::Wrong => {
                    return Err(PlanError::Value { name, value: shown(&value), allowed: parameter.values });
                }
            }
        }
        if asked.plan.strict && !asked.others.is_empty() {
            return Err(PlanError::Unknown { names: asked.others.join(", ") });
        }
        asked.plan.check()?;
        Ok(asked)
    }
}

impl FaultPlan {
    /// The plan as a query that reads as the same plan. Empty where there is nothing in it.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for parameter in Parameter::all() {
            for value in (parameter.write)(self) {
                query.append_pair(parameter.name, &value);
            }
        }
        query.finish()
    }

    /// Whether parameters that belong together are there together.
    fn check(&self) -> Result<(), PlanError> {
        let FaultPlan { handshake, ends, when, label, .. } = self;
        let needs = |name, needs| Err(PlanError::Needs { name, needs });
        if ends.status.code.is_some() && ends.close_after.is_none() {
            return needs("code", "close-after, as in close-after=3msg&code=4001");
        }
        if !ends.status.reason.is_empty() {
            if ends.close_after.is_none() {
                return needs("reason", "close or close-after, as in close=4001&reason=why");
            }
            if ends.status.code == Some(super::CloseCode::None) {
                return needs("reason", "a code: a Close without one has no reason");
            }
        }
        if handshake.retry_after.is_some() && handshake.status.is_none() && ends.restart_after.is_none() {
            return needs(
                "retry-after",
                "handshake-status or restart-after, as in handshake-status=503&retry-after=5s",
            );
        }
        if handshake.location.is_some() && handshake.status.is_none_or(|status| status >= 400) {
            return needs(
                "location",
                "a handshake-status from 300 to 399, as in handshake-status=302&location=wss://host/",
            );
        }
        if when.times.is_some() && label.is_none() {
            return needs("times", "label, under which connections are counted, as in label=ci&times=2");
        }
        match (when.from, when.until) {
            (Some(from @ Progress::Messages(first)), Some(until @ Progress::Messages(last)))
                if last < first =>
            {
                Err(PlanError::EmptyWindow { from, until })
            }
            (Some(from @ Progress::Time(start)), Some(until @ Progress::Time(end))) if end < start => {
                Err(PlanError::EmptyWindow { from, until })
            }
            _ => Ok(()),
        }
    }
}

impl Parameter {
    /// The parameter of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Parameter> {
        Parameter::all().find(|parameter| parameter.name == name)
    }

    /// The parameter that somebody meant who wrote this: at most two edits away (an edit changes, adds or removes a letter
    /// or swaps two), and less than half of the name. So `id` is not taken for `big`, nor `page` for `rate`.
    #[must_use]
    pub fn resembling(name: &str) -> Option<&'static Parameter> {
        let meant = nearest(name, Parameter::all().map(|parameter| parameter.name))?;
        Parameter::named(meant)
    }
}

/// The one of these names that somebody meant who wrote `name`, as [`Parameter::resembling`] has it.
pub(crate) fn nearest(name: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    // A longer name can't be that near, and the distance takes its square.
    if name.len() > 64 {
        return None;
    }
    let lower = name.to_ascii_lowercase().replace('_', "-");
    let distance = |known: &str| strsim::osa_distance(&lower, known);
    let nearest = names.min_by_key(|known| distance(known))?;
    let edits = distance(nearest);
    let longer = lower.len().max(nearest.len());
    (edits <= 2 && 2 * edits < longer).then_some(nearest)
}

/// Takes the parameters of these names out of a query, each there at most once, and gives back the rest of it, which is for
/// faults.
pub(crate) fn take<const N: usize>(
    query: &str,
    names: [&'static str; N],
) -> Result<([Option<String>; N], String), PlanError> {
    let mut values = [const { None }; N];
    let mut rest = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let Some((name, value)) = form_urlencoded::parse(part.as_bytes()).next() else { continue };
        match names.iter().position(|known| *known == name) {
            Some(at) => {
                if values[at].replace(value.into_owned()).is_some() {
                    return Err(PlanError::Twice { name: names[at] });
                }
            }
            None => {
                if Parameter::named(&name).is_none()
                    && let Some(meant) = nearest(&name, names.into_iter())
                {
                    return Err(PlanError::Misspelt { name: shown(&name), meant });
                }
                rest.push(part);
            }
        }
    }
    Ok((values, rest.join("&")))
}

/// As much of a value as is shown.
pub(crate) fn shown(text: &str) -> String {
    match text.len() {
        ..=SHOWN => text.to_owned(),
        _ => format!("{}…", &text[..text.floor_char_boundary(SHOWN)]),
    }
}
