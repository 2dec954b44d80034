//! What is said in the query of steering.

use super::routes;
use protocol::fault::{Asked, FaultPlan, Parameter};
use protocol::units;
use socket::wire::CloseCode;
use std::time::Duration;

/// The parameters of steering.
pub(super) struct Steering {
    /// How long it holds.
    pub(super) lasting: Option<Duration>,
    /// The only connection that it is for.
    pub(super) connection: Option<u64>,
    /// What else there is.
    rest: Vec<(String, String)>,
}

impl Steering {
    pub(super) fn from_query(query: &str) -> Result<Self, String> {
        let mut steering = Self { lasting: None, connection: None, rest: Vec::new() };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "for" => {
                    let time = units::parse_time(&value);
                    steering.lasting = Some(time.ok_or_else(|| {
                        format!("for={value} can't be followed: use a time up to 24h, such as 10s")
                    })?);
                }
                "connection" => {
                    let number = value.parse();
                    steering.connection = Some(number.map_err(|_| {
                        format!("connection={value} can't be followed: use a number, as GET /api/labels/NAME lists them")
                    })?);
                }
                _ => steering.rest.push((name.into_owned(), value.into_owned())),
            }
        }
        Ok(steering)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let place = self.rest.iter().position(|(there, _)| there == name)?;
        Some(self.rest.remove(place).1)
    }

    pub(super) fn take_status(&mut self) -> Result<Option<(u16, String)>, String> {
        let (code, reason) = (self.take("code"), self.take("reason").unwrap_or_default());
        if reason.len() > socket::wire::close::MAX_REASON_LEN {
            return Err(format!("reason is {} bytes long; a Close holds at most 123", reason.len()));
        }
        match code.as_deref() {
            None => Ok(Some((1000, reason))),
            Some("none") if reason.is_empty() => Ok(None),
            Some(text) => {
                let code = text.parse().ok().filter(|code| CloseCode(*code).may_appear_on_the_wire());
                let code = code.ok_or_else(|| {
                    format!("code={text} can't be sent: use 1000-1003, 1007-1014, 3000-4999, or none without a reason")
                })?;
                Ok(Some((code, reason)))
            }
        }
    }

    pub(super) fn take_plan(&mut self) -> Result<FaultPlan, String> {
        let rest = std::mem::take(&mut self.rest);
        let known = |name: &str| Parameter::named(name);
        if let Some(late) = rest.iter().filter_map(|(name, _)| known(name)).find(|late| !routes::sets(late)) {
            return Err(format!(
                "{} can't be set: the handshake is over and the label given, so that only faults of traffic, ends and violations can",
                late.name
            ));
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        // Nobody's own names are here.
        if rest.iter().all(|(name, _)| name != "strict") {
            query.append_pair("strict", "on");
        }
        query.extend_pairs(rest);
        let plan = Asked::from_query(&query.finish()).map_err(|error| error.to_string())?.plan;
        Ok(FaultPlan { strict: false, ..plan })
    }
}
