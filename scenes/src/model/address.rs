//! Where a scene connects to, and what the page's own address asks for.

use std::fmt::Write as _;

use protocol::fault::Label;
use workbench::query::decode;

/// Which scene.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scene {
    /// A room.
    #[default]
    Chat,
    /// The market.
    Ticker,
    /// The game.
    Game,
}

/// What the page's address asks for: `scenes.html?room=lounge&faults=delay%3D150ms#chat`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// `room`: a name of 1 to 64 letters, digits, dots, dashes and underscores. Default `lounge`.
    pub room: String,
    /// `symbols`: how many, or their names with commas between them. Default 100.
    pub symbols: String,
    /// `hz`: ticks a second. Default 10.
    pub hz: u32,
    /// `seed`: which market. Default 1.
    pub seed: u64,
    /// `arena`: which game. Default `main`.
    pub arena: String,
    /// `name`: what others call the person.
    pub name: Option<String>,
    /// `faults`: parameters of faults, for all scenes.
    pub faults: String,
}

impl Default for Params {
    fn default() -> Params {
        Params {
            room: "lounge".to_owned(),
            symbols: "100".to_owned(),
            hz: 10,
            seed: 1,
            arena: "main".to_owned(),
            name: None,
            faults: String::new(),
        }
    }
}

impl Scene {
    /// Each of them.
    pub const ALL: [Scene; 3] = [Scene::Chat, Scene::Ticker, Scene::Game];

    /// Its word in the page's address.
    pub fn slug(self) -> &'static str {
        match self {
            Scene::Chat => "chat",
            Scene::Ticker => "ticker",
            Scene::Game => "game",
        }
    }

    /// The scene of an address' fragment, with or without its `#`.
    pub fn of(fragment: &str) -> Scene {
        let word = fragment.trim_start_matches('#');
        Scene::ALL.into_iter().find(|scene| scene.slug() == word).unwrap_or_default()
    }
}

impl Params {
    /// Reads `location.search`, with or without its question mark. What is no value leaves the default.
    pub fn parse(search: &str) -> Params {
        let mut params = Params::default();
        for pair in search.trim_start_matches('?').split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value);
            match name {
                "room" if is_name(&value) => params.room = value,
                "arena" if is_name(&value) => params.arena = value,
                "symbols" if !value.is_empty() => params.symbols = value,
                "hz" => {
                    params.hz = value.parse().ok().filter(|hz| (1..=50).contains(hz)).unwrap_or(params.hz);
                }
                "seed" => params.seed = value.parse().unwrap_or(params.seed),
                "name" if !value.trim().is_empty() => params.name = Some(value),
                "faults" => params.faults = value,
                _ => {}
            }
        }
        params
    }

    /// Where a scene connects to, on the server at `base`, such as `ws://127.0.0.1:8080`.
    pub fn target(&self, scene: Scene, base: &str) -> String {
        let (path, mut query) = match scene {
            Scene::Chat => (format!("room/{}", self.room), String::new()),
            Scene::Ticker => {
                let symbols = encode(&self.symbols);
                ("ticker".to_owned(), format!("symbols={symbols}&hz={}&seed={}", self.hz, self.seed))
            }
            Scene::Game => ("game".to_owned(), format!("arena={}", self.arena)),
        };
        if !self.faults.is_empty() {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(&self.faults);
        }
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{base}/ws/{path}{mark}{query}")
    }
}

/// Whether a room or an arena can be called so.
pub fn is_name(name: &str) -> bool {
    Label::parse(name).is_some()
}

/// The workbench, with a connection to `target`, relative to this page.
pub fn workbench(target: &str) -> String {
    format!("./?url={}", encode(target))
}

/// For a query. What has a meaning there, or might have one elsewhere in an address, is written in hexadecimal digits.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,:/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_address_asks_for_is_what_is_connected_to() {
        let params =
            Params::parse("?room=a.b-c&symbols=BAB,BEB&hz=50&seed=7&faults=delay%3D100..200ms&arena=x");
        let target = |scene| params.target(scene, "ws://host");
        assert_eq!(target(Scene::Chat), "ws://host/ws/room/a.b-c?delay=100..200ms");
        assert_eq!(
            target(Scene::Ticker),
            "ws://host/ws/ticker?symbols=BAB,BEB&hz=50&seed=7&delay=100..200ms"
        );
        assert_eq!(target(Scene::Game), "ws://host/ws/game?arena=x&delay=100..200ms");
        assert_eq!(Params::default().target(Scene::Chat, "ws://host"), "ws://host/ws/room/lounge");
    }

    #[test]
    fn what_is_no_value_leaves_the_default() {
        let params = Params::parse("?room=..&hz=51&seed=x&symbols=&name=+&arena=&other=1");
        assert_eq!(params, Params::default());
        assert_eq!(Params::parse("name=Ann+B%C3%A9&x=%zz%").name.as_deref(), Some("Ann Bé"));
        assert_eq!(
            (Scene::of("#game"), Scene::of(""), Scene::of("#else")),
            (Scene::Game, Scene::Chat, Scene::Chat)
        );
    }

    #[test]
    fn the_workbench_gets_the_whole_address() {
        assert_eq!(workbench("ws://h/ws?a=1&b=2"), "./?url=ws://h/ws%3Fa%3D1%26b%3D2");
    }
}
