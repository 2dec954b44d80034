//! What the page's own address asks for: `?url=…&connect=1&hb=…&deadline=…&min=…&max=…`.

use workbench::query::decode;

/// Parameters of the page. Unknown names and values that are not numbers are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// `url`: the WebSocket address to start with.
    pub url: Option<String>,
    /// `connect=1`: connect at once.
    pub connect: bool,
    /// `hb`: heartbeat interval, milliseconds; 0 turns the heartbeat off.
    pub heartbeat_millis: Option<u64>,
    /// `deadline`: how long a heartbeat may stay unanswered, milliseconds.
    pub deadline_millis: Option<u64>,
    /// `min`: least delay before a reconnect, milliseconds.
    pub min_delay_millis: Option<u64>,
    /// `max`: greatest delay before a reconnect, milliseconds.
    pub max_delay_millis: Option<u64>,
}

/// Milliseconds above a day are held to a day.
const MAX_MILLIS: u64 = 24 * 60 * 60 * 1000;

impl Params {
    /// Reads `location.search`, with or without its question mark.
    pub fn parse(search: &str) -> Params {
        let mut params = Params::default();
        for pair in search.trim_start_matches('?').split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value);
            match name {
                "url" if !value.is_empty() => params.url = Some(value),
                "connect" => params.connect = matches!(value.as_str(), "" | "1" | "true" | "yes"),
                "hb" => params.heartbeat_millis = millis(&value),
                "deadline" => params.deadline_millis = millis(&value),
                "min" => params.min_delay_millis = millis(&value),
                "max" => params.max_delay_millis = millis(&value),
                _ => {}
            }
        }
        params
    }
}

fn millis(value: &str) -> Option<u64> {
    value.parse().ok().map(|millis: u64| millis.min(MAX_MILLIS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_parameter() {
        let params = Params::parse(
            "?url=ws%3A%2F%2Fh%3A1%2Fws%3Fa%3Db%26c&connect=1&hb=500&deadline=250&min=10&max=2000&other=x",
        );
        assert_eq!(
            params,
            Params {
                url: Some("ws://h:1/ws?a=b&c".to_owned()),
                connect: true,
                heartbeat_millis: Some(500),
                deadline_millis: Some(250),
                min_delay_millis: Some(10),
                max_delay_millis: Some(2000),
            }
        );
    }

    #[test]
    fn an_unescaped_url_is_read_up_to_the_ampersand() {
        assert_eq!(
            Params::parse("?url=ws://h/ws?close=4001&hb=1").url.as_deref(),
            Some("ws://h/ws?close=4001")
        );
    }

    #[test]
    fn nonsense_is_ignored() {
        assert_eq!(Params::parse(""), Params::default());
        assert_eq!(Params::parse("?&=&url=&hb=soon&connect=0&min=-1"), Params::default());
        assert_eq!(Params::parse("max=99999999999").max_delay_millis, Some(MAX_MILLIS));
    }
}
