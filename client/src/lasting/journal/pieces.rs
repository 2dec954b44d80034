//! A journal cut into pieces of a size that storage likes.

use std::collections::VecDeque;

use workbench::export::jsonl;
use workbench::time::Micros;

use super::db::Change;

/// A piece that has reached this many bytes is not written again. The last one is rewritten with what is new.
const PIECE_BYTES: usize = 64 * 1024;

/// All pieces of a log hold about this much; the oldest give way.
const MAX_BYTES: usize = 64 << 20;

/// What is stored of one log.
#[derive(Debug)]
pub(super) struct Pieces {
    prefix: String,
    epoch: Option<u64>,
    /// The last piece, which may still grow.
    tail: String,
    tail_number: u64,
    /// Number and size of the pieces before it.
    full: VecDeque<(u64, usize)>,
    bytes: usize,
    max_bytes: usize,
}

impl Pieces {
    pub(super) fn new(prefix: String) -> Pieces {
        Pieces {
            prefix,
            epoch: None,
            tail: String::new(),
            tail_number: 1,
            full: VecDeque::new(),
            bytes: 0,
            max_bytes: MAX_BYTES,
        }
    }

    /// What all keys begin with.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Bytes stored.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.tail.len()
    }

    /// Whether it holds this log, or nothing at all.
    pub(super) fn is_of(&self, epoch: u64) -> bool {
        self.epoch.is_none_or(|own| own == epoch)
    }

    /// Adds lines. Another epoch is another log: the one before is removed.
    pub(super) fn write(&mut self, epoch: u64, now: Micros, lines: &str, changes: &mut Vec<Change>) {
        if self.epoch.is_some_and(|own| own != epoch) {
            changes.push(Change::DeleteAll(self.prefix.clone()));
            *self = Pieces { max_bytes: self.max_bytes, ..Pieces::new(std::mem::take(&mut self.prefix)) };
        }
        if lines.is_empty() {
            return;
        }
        if self.epoch.is_none() {
            self.epoch = Some(epoch);
            let mut first = String::new();
            jsonl::write_header(&mut first, now);
            // The log is offered by the address of its first connection.
            first.extend(
                lines.split_inclusive('\n').next().filter(|line| line.starts_with(jsonl::CONNECTION)),
            );
            changes.push(Change::Put(self.key(0), first.into_bytes()));
        }
        self.tail.push_str(lines);
        changes.push(Change::Put(self.key(self.tail_number), self.tail.clone().into_bytes()));
        if self.tail.len() >= PIECE_BYTES {
            self.full.push_back((self.tail_number, self.tail.len()));
            self.bytes += self.tail.len();
            self.tail.clear();
            self.tail_number += 1;
        }
        while self.bytes > self.max_bytes
            && let Some((number, bytes)) = self.full.pop_front()
        {
            self.bytes -= bytes;
            changes.push(Change::Delete(self.key(number)));
        }
    }

    fn key(&self, number: u64) -> String {
        format!("{}{number:010}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Storage as the browser has it.
    fn apply(stored: &mut BTreeMap<String, Vec<u8>>, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Put(key, bytes) => drop(stored.insert(key, bytes)),
                Change::Delete(key) => drop(stored.remove(&key)),
                Change::DeleteAll(prefix) => stored.retain(|key, _| !key.starts_with(&prefix)),
            }
        }
    }

    fn text(stored: &BTreeMap<String, Vec<u8>>) -> String {
        String::from_utf8(stored.values().flatten().copied().collect()).unwrap()
    }

    #[test]
    fn pieces_in_order_are_the_journal() {
        let (mut pieces, mut stored) = (Pieces::new("v/000001/".to_owned()), BTreeMap::new());
        let line = "x".repeat(20_000) + "\n";
        let connection = format!("{}1,\"address\":\"ws://h/\"}}\n", jsonl::CONNECTION);
        for number in 0..30 {
            let mut changes = Vec::new();
            let line = if number == 0 { connection.clone() + &line } else { line.clone() };
            pieces.write(0, Micros(0), &line, &mut changes);
            apply(&mut stored, changes);
        }
        let text = text(&stored);
        assert!(text.starts_with("{\"heartwire\":\"log\"") && text.contains("ws://h/"));
        assert_eq!(text.lines().count(), 33, "what is said twice is the connection");
        assert!(stored.len() < 12, "small writes share a piece");
    }

    #[test]
    fn the_oldest_gives_way_but_the_first_line_stays() {
        let mut pieces = Pieces { max_bytes: 200_000, ..Pieces::new("v/000001/".to_owned()) };
        let mut stored = BTreeMap::new();
        for number in 0..20 {
            let mut changes = Vec::new();
            let line = format!("{number}{}\n", "x".repeat(PIECE_BYTES));
            pieces.write(0, Micros(0), &line, &mut changes);
            apply(&mut stored, changes);
        }
        let text = text(&stored);
        let numbers: Vec<&str> = text.lines().skip(1).map(|line| line.trim_end_matches('x')).collect();
        assert_eq!(numbers, ["17", "18", "19"]);
        assert!(pieces.bytes() <= 200_000);
    }

    #[test]
    fn a_cleared_log_is_forgotten() {
        let (mut pieces, mut stored) = (Pieces::new("v/000001/".to_owned()), BTreeMap::new());
        let mut changes = Vec::new();
        pieces.write(0, Micros(0), "old\n", &mut changes);
        assert!(!pieces.is_of(1));
        pieces.write(1, Micros(0), "", &mut changes);
        pieces.write(1, Micros(0), "new\n", &mut changes);
        apply(&mut stored, changes);
        assert_eq!(text(&stored).lines().skip(1).collect::<Vec<_>>(), ["new"]);
    }
}
