use std::collections::{BTreeMap, HashMap};

use super::{NAMED, Notice};
use crate::session::Public;

/// Somebody with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub client: Public,
    /// What it is called.
    pub name: String,
}

/// Who is in a room, and what of that has not been told. A client with several connections is there once.
#[derive(Debug, Default)]
pub struct Lobby {
    named: HashMap<Public, Present>,
    here: usize,
    /// What other servers have said of those that are connected to them.
    elsewhere: HashMap<u64, Share>,
    /// What those were called when it was last told whose presence changed since.
    changed: BTreeMap<Public, Option<String>>,
}

/// Those in a room that are connected to one server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many connections there are.
    pub here: usize,
    /// Those of them with a name, or the first [`NAMED`].
    pub members: Vec<Member>,
}

#[derive(Debug)]
struct Present {
    name: String,
    connections: usize,
}

impl Lobby {
    /// A connection of this client came, and says that it is called so.
    pub fn enter(&mut self, client: Public, name: Option<&str>) {
        self.here += 1;
        if let Some(name) = name {
            self.call(client, name, 1);
        }
    }

    /// A connection left whose client was called so.
    pub fn leave(&mut self, client: Public, name: Option<&str>) {
        self.here -= 1;
        if name.is_some() {
            self.forget(client);
        }
    }

    /// A connection's client is called something else. `before` is what that connection called it.
    pub fn rename(&mut self, client: Public, before: Option<&str>, name: Option<&str>) {
        match (before, name) {
            (before, Some(name)) => self.call(client, name, usize::from(before.is_none())),
            (Some(_), None) => self.forget(client),
            (None, None) => {}
        }
    }

    /// Those who are connected here.
    #[must_use]
    pub fn share(&self) -> Share {
        let mut others: HashMap<Public, usize> = HashMap::new();
        for member in self.elsewhere.values().flat_map(|share| &share.members) {
            *others.entry(member.client).or_default() += 1;
        }
        let is_here = |(client, present): &(&Public, &Present)| {
            present.connections > others.get(client).copied().unwrap_or(0)
        };
        let member =
            |(client, present): (&Public, &Present)| Member { client: *client, name: present.name.clone() };
        let members = self.named.iter().filter(is_here).take(NAMED).map(member).collect();
        let there: usize = self.elsewhere.values().map(|share| share.here).sum();
        Share { here: self.here - there, members }
    }

    /// Those who are connected to another server, as it says; nobody, where it says nothing any more.
    pub fn set_elsewhere(&mut self, server: u64, share: Share) {
        let before = self.elsewhere.remove(&server).unwrap_or_default();
        self.here = self.here - before.here + share.here;
        for Member { client, name } in &share.members {
            let is_new = before.members.iter().all(|member| member.client != *client);
            self.call(*client, name, usize::from(is_new));
        }
        for Member { client, .. } in &before.members {
            if share.members.iter().all(|member| member.client != *client) {
                self.forget(*client);
            }
        }
        if share != Share::default() {
            self.elsewhere.insert(server, share);
        }
    }

    /// What is new since it was last told. Where that is long, everybody who is there instead.
    pub fn news(&mut self) -> Option<Notice<'static>> {
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        for (client, before) in std::mem::take(&mut self.changed) {
            match self.named.get(&client).map(|present| present.name.clone()) {
                after if after == before => {}
                Some(name) => joined.push(Member { client, name }),
                None => left.push(client),
            }
        }
        match joined.len() + left.len() {
            0 => None,
            1..=NAMED => Some(Notice::Presence { joined, left, here: self.here }),
            _ => Some(self.present()),
        }
    }

    /// Whether there may be [news](Self::news).
    #[must_use]
    pub fn has_news(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Who is there.
    #[must_use]
    pub fn present(&self) -> Notice<'static> {
        let member =
            |(client, present): (&Public, &Present)| Member { client: *client, name: present.name.clone() };
        let mut members: Vec<_> = self.named.iter().take(NAMED).map(member).collect();
        members.sort_unstable_by_key(|member| member.client);
        Notice::Present { members, here: self.here }
    }

    fn call(&mut self, client: Public, name: &str, connections: usize) {
        let before = self.named.get(&client).map(|present| present.name.clone());
        self.changed.entry(client).or_insert(before);
        let present =
            self.named.entry(client).or_insert_with(|| Present { name: String::new(), connections: 0 });
        present.connections += connections;
        name.clone_into(&mut present.name);
    }

    fn forget(&mut self, client: Public) {
        let Some(present) = self.named.get_mut(&client) else { return };
        self.changed.entry(client).or_insert_with(|| Some(present.name.clone()));
        present.connections -= 1;
        if present.connections == 0 {
            self.named.remove(&client);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lobby: &mut Lobby) -> String {
        lobby.news().map_or("nothing".to_owned(), |notice| notice.write())
    }

    const ANN: Public = Public(1);

    #[test]
    fn a_client_is_there_once_and_until_its_last_connection_leaves() {
        let mut lobby = Lobby::default();
        lobby.enter(ANN, Some("Ann"));
        lobby.enter(ANN, Some("Ann"));
        lobby.enter(Public(2), None);
        assert_eq!(
            told(&mut lobby),
            r#"{"type":"presence","joined":[{"id":"0000000000000001","name":"Ann"}],"here":3}"#
        );
        lobby.leave(ANN, Some("Ann"));
        assert_eq!(told(&mut lobby), "nothing");
        lobby.rename(ANN, Some("Ann"), Some("Anna"));
        assert_eq!(
            told(&mut lobby),
            r#"{"type":"presence","joined":[{"id":"0000000000000001","name":"Anna"}],"here":2}"#
        );
        lobby.leave(ANN, Some("Anna"));
        assert_eq!(told(&mut lobby), r#"{"type":"presence","left":["0000000000000001"],"here":1}"#);
        lobby.leave(Public(2), None);
        assert!(!lobby.has_news());
    }

    #[test]
    fn who_comes_back_before_it_was_told_never_left() {
        let mut lobby = Lobby::default();
        lobby.enter(ANN, Some("Ann"));
        told(&mut lobby);
        lobby.leave(ANN, Some("Ann"));
        lobby.enter(ANN, Some("Ann"));
        assert!(lobby.has_news());
        assert_eq!(told(&mut lobby), "nothing");
        lobby.rename(ANN, Some("Ann"), None);
        lobby.rename(ANN, None, Some("Ann"));
        assert_eq!(told(&mut lobby), "nothing");
    }

    #[test]
    fn a_crowd_is_told_as_a_whole_and_bounded() {
        let mut lobby = Lobby::default();
        for client in 0..=NAMED as u64 {
            lobby.enter(Public(client), Some("somebody"));
        }
        let Some(Notice::Present { members, here }) = lobby.news() else { panic!("a crowd") };
        assert_eq!((members.len(), here), (NAMED, NAMED + 1));
    }

    #[test]
    fn those_at_other_servers_are_there_and_go_with_them_and_each_client_is_there_once() {
        let member = |client, name: &str| Member { client, name: name.to_owned() };
        let mut lobby = Lobby::default();
        lobby.enter(ANN, Some("Ann"));
        lobby
            .set_elsewhere(7, Share { here: 3, members: vec![member(Public(2), "Bob"), member(ANN, "Ann")] });
        let joined = told(&mut lobby);
        assert!(
            joined.contains("Ann") && joined.contains("Bob") && joined.contains("\"here\":4"),
            "{joined}"
        );
        assert_eq!(lobby.share(), Share { here: 1, members: vec![member(ANN, "Ann")] });
        // She leaves here, and is there still.
        lobby.leave(ANN, Some("Ann"));
        assert_eq!((told(&mut lobby), lobby.share()), ("nothing".to_owned(), Share::default()));
        lobby.set_elsewhere(7, Share { here: 2, members: vec![member(Public(2), "Rob")] });
        let changed = told(&mut lobby);
        assert!(changed.contains("\"joined\":[{\"id\":\"0000000000000002\",\"name\":\"Rob\"}]"), "{changed}");
        assert!(changed.contains("\"left\":[\"0000000000000001\"],\"here\":2"), "{changed}");
        lobby.set_elsewhere(7, Share::default());
        assert!(told(&mut lobby).ends_with("\"left\":[\"0000000000000002\"],\"here\":0}"));
    }
}
