//! What is measured: the grid of connections, message sizes and messages in flight.

use std::fmt;
use std::str::FromStr;

use crate::print;

/// One point of the grid, written `CONNECTIONSxBYTESxIN_FLIGHT`, with `+deflate` behind it when compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Connections open at once.
    pub connections: usize,
    /// Bytes of one message before compression.
    pub bytes: usize,
    /// Messages each connection keeps unanswered.
    pub in_flight: usize,
    /// Whether messages are compressed (permessage-deflate, no context takeover).
    pub deflate: bool,
}

/// Connections and message bytes measured plain, each with 1 and with 16 in flight.
const PLAIN: [(usize, usize); 5] = [(1, 16), (100, 16), (100, 1024), (100, 65_536), (1000, 16)];
/// The same for compressed messages.
const DEFLATE: [(usize, usize); 3] = [(100, 16), (100, 1024), (100, 65_536)];
const IN_FLIGHT: [usize; 2] = [1, 16];

impl Point {
    /// The whole grid.
    pub fn all() -> Vec<Self> {
        let mut points = Self::plain();
        points.extend(Self::deflate());
        points
    }

    /// The part without compression.
    pub fn plain() -> Vec<Self> {
        Self::grid(&PLAIN, false)
    }

    /// The part with compression.
    pub fn deflate() -> Vec<Self> {
        Self::grid(&DEFLATE, true)
    }

    /// What the JSON calls the compression.
    pub fn compression(self) -> &'static str {
        print::compression(self.deflate)
    }

    /// Reads a comma-separated list of points and of the names `all`, `plain` and `deflate`.
    ///
    /// # Errors
    /// Says which item cannot be read.
    pub fn list(text: &str) -> Result<Vec<Self>, String> {
        let mut points = Vec::new();
        for item in text.split(',').map(str::trim) {
            match item {
                "all" => points.extend(Self::all()),
                "plain" => points.extend(Self::plain()),
                "deflate" => points.extend(Self::deflate()),
                item => points.push(item.parse()?),
            }
        }
        Ok(points)
    }

    fn grid(sizes: &[(usize, usize)], deflate: bool) -> Vec<Self> {
        let with = |in_flight| move |&(connections, bytes)| Self { connections, bytes, in_flight, deflate };
        IN_FLIGHT.iter().flat_map(|&in_flight| sizes.iter().map(with(in_flight))).collect()
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (grid, deflate) = match text.strip_suffix("+deflate") {
            Some(grid) => (grid, true),
            None => (text, false),
        };
        let numbers: Option<Vec<usize>> = grid.split('x').map(|number| number.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[connections @ 1..=5000, bytes @ 1..=1_048_576, in_flight @ 1..=256]) => {
                Ok(Self { connections, bytes, in_flight, deflate })
            }
            Some([_, _, _]) => {
                Err(format!("{text}: at most 5000 connections, 1048576 bytes, 256 in flight, none of them 0"))
            }
            _ => Err(format!(
                "{text}: expected CONNECTIONSxBYTESxIN_FLIGHT, as 100x1024x16 or 100x16x1+deflate"
            )),
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, bytes, in_flight, deflate } = self;
        write!(f, "{connections}x{bytes}x{in_flight}{}", if *deflate { "+deflate" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_read_back_what_they_print() {
        for point in Point::all() {
            assert_eq!(point.to_string().parse(), Ok(point));
        }
        assert_eq!(Point::all().len(), 16);
    }

    #[test]
    fn lists_mix_names_and_points() {
        let points = Point::list("deflate, 1x16x1").unwrap();
        assert_eq!(points.len(), 7);
        assert_eq!(points[6], Point { connections: 1, bytes: 16, in_flight: 1, deflate: false });
    }

    #[test]
    fn nonsense_is_refused_with_an_example() {
        for text in ["", "1x16", "0x16x1", "1x16x0", "1x16x1+gzip", "axbxc", "1x16x1000"] {
            assert!(Point::list(text).is_err(), "{text}");
        }
    }
}
