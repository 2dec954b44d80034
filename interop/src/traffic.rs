//! Random messages from a seed.

use fastrand::Rng;
use socket::OwnedMessage;
use wire::MessageKind;

/// Where length forms, buffers and compressors change their ways.
const BOUNDARIES: [usize; 10] = [1, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 70 << 10];

/// Pieces of text: one to four bytes per character, both directions of writing, combining marks, noncharacters.
const SCRIPTS: [&str; 14] = [
    "The quick brown fox ",
    "Zwölf Boxkämpfer jagen ",
    "Ξεσκεπάζω την ψυχοφθόρα ",
    "Съешь же ещё этих ",
    "דג סקרן שט בים ",
    "نص حكيم له سر قاطع ",
    "ऋषियों को सताने वाले ",
    "เป็นมนุษย์สุดประเสริฐ ",
    "いろはにほへとちりぬるを",
    "다람쥐 헌 쳇바퀴에 ",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🦀👩‍👩‍👧🏳️‍🌈 ",
    "e\u{301}\u{323}o\u{308} ",
    "\u{0}\u{7f}\u{ffff}\u{fdd0}\u{10ffff}\u{feff}",
    "{\"id\":17,\"price\":42.5} ",
];

/// How many messages of a stream compress well, for sure, so that it shows whether compression is at work.
const WARM_UP: usize = 4;

/// An endless stream of messages; the same seed gives the same ones.
#[derive(Debug, Clone)]
pub struct Traffic {
    rng: Rng,
    given: usize,
}

impl Traffic {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Traffic {
        Traffic { rng: Rng::with_seed(seed), given: 0 }
    }

    fn len(&mut self) -> usize {
        match self.rng.u32(..100) {
            0..8 => 0,
            8..20 => BOUNDARIES[self.rng.usize(..6)],
            20..22 => BOUNDARIES[self.rng.usize(6..BOUNDARIES.len())],
            22..24 => self.rng.usize(..70 << 10),
            24..44 => self.rng.usize(..4 << 10),
            _ => self.rng.usize(..200),
        }
    }

    /// `len` bytes of text: whole pieces of it, and plain letters where the next one would be too long.
    fn text(&mut self, len: usize) -> String {
        let mut text = String::with_capacity(len);
        let mixed = self.rng.bool();
        let mut script = SCRIPTS[self.rng.usize(..SCRIPTS.len())];
        while text.len() + script.len() <= len {
            text.push_str(script);
            if mixed {
                script = SCRIPTS[self.rng.usize(..SCRIPTS.len())];
            }
        }
        while text.len() < len {
            text.push(self.rng.alphabetic());
        }
        text
    }

    /// `len` bytes that compress to nothing, somewhat, or not at all.
    fn binary(&mut self, len: usize) -> Vec<u8> {
        match self.rng.u32(..3) {
            0 => vec![self.rng.u8(..); len],
            1 => {
                let period = self.rng.usize(1..=300);
                let pattern: Vec<u8> = (0..period).map(|_| self.rng.u8(..)).collect();
                pattern.iter().copied().cycle().take(len).collect()
            }
            _ => {
                let mut bytes = vec![0; len];
                self.rng.fill(&mut bytes);
                bytes
            }
        }
    }
}

impl Iterator for Traffic {
    type Item = OwnedMessage;

    fn next(&mut self) -> Option<OwnedMessage> {
        self.given += 1;
        if self.given <= WARM_UP {
            return Some(OwnedMessage::Text("{\"symbol\":\"HRTW\",\"price\":42.5}\n".repeat(1000)));
        }
        let len = self.len();
        Some(if self.rng.bool() {
            OwnedMessage::Text(self.text(len))
        } else {
            OwnedMessage::Binary(self.binary(len))
        })
    }
}

/// Whether a message that came is the one expected; if not, where they part.
///
/// # Errors
/// One line for the person who reads the failed test.
pub fn compare(kind: MessageKind, payload: &[u8], expected: &OwnedMessage) -> anyhow::Result<()> {
    let wanted = expected.as_bytes();
    anyhow::ensure!(
        kind == expected.kind(),
        "{:?} of {} bytes came as {kind:?}",
        expected.kind(),
        wanted.len()
    );
    if payload != wanted {
        let at = payload.iter().zip(wanted).take_while(|(a, b)| a == b).count();
        anyhow::bail!("{} bytes came for {}, different from byte {at} on", payload.len(), wanted.len());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_has_all_that_libraries_stumble_over() {
        let messages: Vec<OwnedMessage> = Traffic::new(1).take(4000).collect();
        let lens: BTreeSet<usize> = messages.iter().map(|message| message.as_bytes().len()).collect();
        assert!(lens.contains(&0) && BOUNDARIES.iter().all(|len| lens.contains(len)), "{lens:?}");
        assert_eq!(lens.last(), Some(&(70 << 10)));
        let texts: String = messages
            .iter()
            .filter_map(|message| match message {
                OwnedMessage::Text(text) => Some(text.as_str()),
                OwnedMessage::Binary(_) => None,
            })
            .collect();
        assert!(SCRIPTS.iter().all(|script| texts.contains(script)));
    }

    #[test]
    fn the_same_seed_gives_the_same_messages() {
        assert!(Traffic::new(7).take(50).eq(Traffic::new(7).take(50)));
        assert!(!Traffic::new(7).take(50).eq(Traffic::new(8).take(50)));
    }
}
