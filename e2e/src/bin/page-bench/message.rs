//! What the flood consists of: the same messages on any day, of which it is known how many a filter keeps.

/// Bytes of a message.
pub(crate) const BYTES: usize = 97;

const SYMBOLS: [&str; 8] = ["ACME", "GLBX", "INIT", "HOOL", "UMBR", "STRK", "WAYN", "CYBR"];

/// A small record as feeds send them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    number: usize,
    symbol: &'static str,
    cents: u64,
    volume: u64,
}

/// Something to write into the filter field.
pub(crate) struct Filter {
    pub(crate) kind: &'static str,
    pub(crate) text: &'static str,
    /// Whether it keeps a message.
    pub(crate) keeps: fn(Message) -> bool,
}

/// One of each sort, each with another answer.
pub(crate) const FILTERS: [Filter; 3] = [
    Filter { kind: "text", text: "UMBR", keeps: |message| message.symbol == "UMBR" },
    Filter {
        kind: "regex",
        text: r#"/"price":9\d+\.\d5,/"#,
        keeps: |message| message.cents / 10_000 == 9 && message.cents % 10 == 5,
    },
    Filter { kind: "json path", text: "$.volume > 9000", keeps: |message| message.volume > 9000 },
];

impl Message {
    /// Messages are numbered from 1.
    pub(crate) fn new(number: usize) -> Self {
        // SplitMix64's finish: neighbours differ, as the ticks of a feed do.
        let mut bits = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        Self {
            number,
            symbol: SYMBOLS[(bits % 8) as usize],
            cents: 10_000 + (bits >> 8) % 90_000,
            volume: 1000 + (bits >> 32) % 9000,
        }
    }

    /// What no other message begins with.
    pub(crate) fn mark(number: usize) -> String {
        format!("{{\"n\":{number},")
    }

    /// The message itself, of [`BYTES`] bytes.
    pub(crate) fn text(&self) -> String {
        let Self { number, symbol, cents, volume } = self;
        let mark = Self::mark(*number);
        let (whole, rest) = (cents / 100, cents % 100);
        let mut text =
            format!(r#"{mark}"symbol":"{symbol}","price":{whole}.{rest:02},"volume":{volume},"note":""#);
        while text.len() < BYTES - 2 {
            text.push('.');
        }
        text.push_str("\"}");
        text
    }

    /// The message as an unmasked text frame (RFC 6455 section 5.2).
    pub(crate) fn write_frame(&self, out: &mut Vec<u8>) {
        const FIN_TEXT: u8 = 0x81;
        out.extend([FIN_TEXT, BYTES as u8]);
        out.extend(self.text().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_json_of_one_size() {
        for number in [1, 9, 10, 99_999, 1_000_000, 9_999_999] {
            let text = Message::new(number).text();
            assert_eq!(text.len(), BYTES, "{text}");
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["n"], number);
            assert!(text.starts_with(&Message::mark(number)));
            let mut frame = Vec::new();
            Message::new(number).write_frame(&mut frame);
            assert_eq!((frame.len(), &frame[..2]), (BYTES + 2, &[0x81, 97][..]));
        }
    }

    #[test]
    fn each_filter_keeps_some_of_them() {
        for filter in FILTERS {
            let kept = (1..=100_000).filter(|&number| (filter.keeps)(Message::new(number))).count();
            assert!((500..20_000).contains(&kept), "{}: {kept}", filter.text);
        }
    }
}
