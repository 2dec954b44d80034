//! Which of the person's values may go to which server.
//!
//! Placeholders make it easy to give a secret away: an address or a message of somebody else's that names `{{token}}`
//! would carry the person's token to a server of their choice. So a value goes to a server only once the person has
//! agreed to that, server by server and name by name.

use std::borrow::Cow;

use crate::json::Value;

/// Most servers that are remembered. The one that was agreed to longest ago is forgotten first.
pub const MAX_SERVERS: usize = 200;

/// What the person has agreed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Servers, the latest last, each with names.
    servers: Vec<(String, Vec<String>)>,
}

impl Grants {
    /// The names whose values the server has not been given leave for, in their order, each once. A server is told by
    /// scheme, host and port: what may go to it encrypted may not go in clear.
    #[must_use]
    pub fn missing(&self, server: &str, names: impl IntoIterator<Item = String>) -> Vec<String> {
        let given = self.servers.iter().find(|(known, _)| known == server).map(|(_, names)| names);
        let mut missing: Vec<String> = Vec::new();
        for name in names {
            if !given.is_some_and(|given| given.contains(&name)) && !missing.contains(&name) {
                missing.push(name);
            }
        }
        missing
    }

    /// The person agrees that these values go to the server.
    pub fn give(&mut self, server: &str, names: &[String]) {
        let missing = self.missing(server, names.iter().cloned());
        let known = self.servers.iter().position(|(known, _)| known == server);
        let mut entry = known.map_or_else(|| (server.to_owned(), Vec::new()), |at| self.servers.remove(at));
        entry.1.extend(missing);
        self.servers.push(entry);
        if self.servers.len() > MAX_SERVERS {
            self.servers.remove(0);
        }
    }

    /// As JSON: an object with a list of names for each server.
    #[must_use]
    pub fn to_json(&self) -> String {
        let string = |text: &str| Value::String(Cow::Owned(text.to_owned()));
        let servers = self.servers.iter().map(|(server, names)| {
            let names = names.iter().map(|name| string(name)).collect();
            (Cow::Owned(server.clone()), Value::Array(names))
        });
        let mut out = String::new();
        Value::Object(servers.collect()).write(&mut out);
        out
    }

    /// Reads what [`Grants::to_json`] writes. What is not understood is no leave.
    #[must_use]
    pub fn from_json(text: &str) -> Grants {
        let mut grants = Grants::default();
        if let Ok(Value::Object(servers)) = Value::parse(text) {
            for (server, names) in servers {
                let Value::Array(names) = names else { continue };
                let names: Vec<String> =
                    names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
                grants.give(&server, &names);
            }
        }
        grants
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn leave_is_given_server_by_server_and_name_by_name() {
        let mut grants = Grants::default();
        let server = "wss://a.test";
        assert_eq!(grants.missing(server, names(&["token", "user", "token"])), names(&["token", "user"]));
        grants.give(server, &names(&["token"]));
        assert_eq!(grants.missing(server, names(&["token", "user"])), names(&["user"]));
        for other in ["ws://a.test", "wss://b.test", "wss://a.test:8443"] {
            assert_eq!(grants.missing(other, names(&["token"])), names(&["token"]), "{other}");
        }
        assert_eq!(Grants::from_json(&grants.to_json()), grants);
    }

    #[test]
    fn what_is_not_understood_is_no_leave() {
        for text in ["", "[]", "{\"wss://a.test\":true}", "{\"wss://a.test\":[1]}"] {
            let grants = Grants::from_json(text);
            assert_eq!(grants.missing("wss://a.test", names(&["1"])), names(&["1"]), "{text}");
        }
    }

    #[test]
    fn the_servers_are_bounded() {
        let mut grants = Grants::default();
        for server in 0..=MAX_SERVERS {
            grants.give(&server.to_string(), &names(&["token"]));
        }
        assert_eq!(grants.missing("0", names(&["token"])).len(), 1);
        assert_eq!(grants.missing("1", names(&["token"])).len(), 0);
    }
}
