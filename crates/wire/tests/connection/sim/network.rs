//! A transport of limited capacity and some latency, as TCP looks to its two ends.

use std::collections::VecDeque;
use std::time::Duration;

use wire::Time;

/// One direction.
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) latency: Duration,
    /// Bytes that the kernels on both sides hold together.
    pub(super) capacity: usize,
    /// Nothing that is written arrives any more, and nobody is told.
    pub(super) silent: bool,
    /// On their way, with the time at which they arrive.
    transit: VecDeque<(Time, Vec<u8>)>,
    arrived: Vec<u8>,
    /// The writer will send nothing more: this arrives behind everything.
    end: Option<(Time, Ending)>,
    /// The reader is gone; writing has consequences.
    pub(super) reader_gone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Fin,
    Reset,
}

/// What reading comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Bytes(usize),
    Nothing,
    End(Ending),
}

impl Pipe {
    pub(super) fn new(latency: Duration, capacity: usize) -> Pipe {
        Pipe {
            latency,
            capacity,
            silent: false,
            transit: VecDeque::new(),
            arrived: Vec::new(),
            end: None,
            reader_gone: false,
        }
    }

    /// How much may be written.
    pub(super) fn room(&self) -> usize {
        let waiting = self.arrived.len() + self.transit.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        self.capacity.saturating_sub(waiting)
    }

    pub(super) fn write(&mut self, bytes: &[u8], now: Time) {
        // Behind a break it goes nowhere.
        if self.end.is_none() {
            let at = self.arrival(now);
            self.transit.push_back((at, bytes.to_vec()));
        }
    }

    /// The transport breaks: what has not arrived never will.
    pub(super) fn cut(&mut self, now: Time) {
        self.transit.clear();
        self.end(Ending::Reset, now);
    }

    /// The writer ends its side: that arrives behind all it has written.
    pub(super) fn end(&mut self, ending: Ending, now: Time) {
        if self.end.is_none_or(|(_, before)| before == Ending::Fin) {
            self.end = Some((self.arrival(now), ending));
        }
    }

    /// When something arrives next.
    pub(super) fn next(&self) -> Option<Time> {
        if self.silent {
            return None;
        }
        self.transit.front().map(|(at, _)| *at).or(self.end.map(|(at, _)| at))
    }

    pub(super) fn advance(&mut self, now: Time) {
        while !self.silent
            && let Some((_, bytes)) = self.transit.pop_front_if(|(at, _)| *at <= now)
        {
            self.arrived.extend(bytes);
        }
    }

    pub(super) fn is_readable(&self, now: Time) -> bool {
        !self.arrived.is_empty() || (!self.silent && self.end.is_some_and(|(at, _)| at <= now))
    }

    pub(super) fn has_unread(&self) -> bool {
        !self.arrived.is_empty()
    }

    pub(super) fn read(&mut self, buffer: &mut [u8], now: Time) -> Read {
        let count = buffer.len().min(self.arrived.len());
        if count > 0 {
            buffer[..count].copy_from_slice(&self.arrived[..count]);
            self.arrived.drain(..count);
            return Read::Bytes(count);
        }
        match self.end {
            Some((at, ending)) if at <= now && self.transit.is_empty() && !self.silent => Read::End(ending),
            _ => Read::Nothing,
        }
    }

    fn arrival(&self, now: Time) -> Time {
        let behind = self.transit.back().map_or(now, |(at, _)| *at);
        behind.max(now + self.latency)
    }
}
