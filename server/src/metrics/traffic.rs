use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;
use socket::wire::Counts;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the round-trip times that are told apart, in microseconds: three to each power of ten.
const RTT_BOUNDS_MICROS: [u64; 14] = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
    10_000_000,
];

/// What the sockets of one thread carry. That thread alone writes, so adding is a load and a store; the others
/// read.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Traffic {
    messages_in: Number,
    messages_out: Number,
    wire_in: Number,
    wire_out: Number,
    payload_in: Number,
    payload_out: Number,
    queued: Number,
    dropped_messages: Number,
    dropped_bytes: Number,
    rtt: Rtt,
}

/// Round-trip times by bucket; the last one is for those beyond all bounds.
#[derive(Debug, Default)]
struct Rtt {
    buckets: [Number; RTT_BOUNDS_MICROS.len() + 1],
    sum_micros: Number,
}

#[derive(Debug, Default)]
struct Number(AtomicU64);

impl Traffic {
    /// Adds what a socket carried in one turn.
    #[inline]
    pub(crate) fn add(&self, carried: &Counts) {
        // What moved in neither direction, as with most wake-ups by a timer, costs a comparison.
        if carried.wire_in != 0 {
            self.wire_in.add(carried.wire_in);
            self.messages_in.add(carried.messages_in);
            self.payload_in.add(carried.payload_in);
        }
        if carried.wire_out != 0 || carried.messages_out != 0 {
            self.wire_out.add(carried.wire_out);
            self.messages_out.add(carried.messages_out);
            self.payload_out.add(carried.payload_out);
        }
        if carried.messages_dropped != 0 {
            self.dropped_messages.add(carried.messages_dropped);
        }
    }

    /// Follows the bytes that wait in a socket's queue.
    #[inline]
    pub(crate) fn queue(&self, before: usize, now: usize) {
        if before != now {
            self.queued.add((now as u64).wrapping_sub(before as u64));
        }
    }

    /// Output that nobody will get.
    pub(crate) fn dropped(&self, bytes: usize) {
        self.dropped_bytes.add(bytes as u64);
    }

    /// A Ping was answered.
    pub(crate) fn rtt(&self, rtt: Duration) {
        let micros = u64::try_from(rtt.as_micros()).unwrap_or(u64::MAX);
        let bucket = RTT_BOUNDS_MICROS.partition_point(|bound| *bound < micros);
        self.rtt.buckets[bucket].add(1);
        self.rtt.sum_micros.add(micros);
    }
}

impl Number {
    /// By the one thread that writes. Wraps, so that a gauge can be lowered.
    #[inline]
    fn add(&self, more: u64) {
        self.0.store(self.get().wrapping_add(more), Ordering::Relaxed);
    }

    #[inline]
    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The sum over all threads, added up when it is asked for.
#[derive(Debug)]
pub(super) struct Collected(pub(super) Arc<[Arc<Traffic>]>);

impl Collected {
    fn sum(&self, number: impl Fn(&Traffic) -> &Number) -> u64 {
        self.0.iter().fold(0, |sum, traffic| sum.wrapping_add(number(traffic).get()))
    }
}

impl Collector for Collected {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counter = MetricType::Counter;
        let mut both = |name,
                        help,
                        unit: Option<&Unit>,
                        inward: fn(&Traffic) -> &Number,
                        outward: fn(&Traffic) -> &Number| {
            let mut family = encoder.encode_descriptor(name, help, unit, counter)?;
            encode(family.encode_family(&[("direction", "in")])?, self.sum(inward))?;
            encode(family.encode_family(&[("direction", "out")])?, self.sum(outward))
        };
        both("messages", "Data messages.", None, |t| &t.messages_in, |t| &t.messages_out)?;
        let help = "Payload of data messages, uncompressed.";
        both("payload", help, Some(&Unit::Bytes), |t| &t.payload_in, |t| &t.payload_out)?;
        let help = "Frames as they travel: compressed, with headers.";
        both("wire", help, Some(&Unit::Bytes), |t| &t.wire_in, |t| &t.wire_out)?;
        let help = "Messages that were not sent because their peer reads too slowly.";
        encode(
            encoder.encode_descriptor("dropped_messages", help, None, counter)?,
            self.sum(|t| &t.dropped_messages),
        )?;
        let help = "Output that still waited when its connection ended.";
        encode(
            encoder.encode_descriptor("dropped", help, Some(&Unit::Bytes), counter)?,
            self.sum(|t| &t.dropped_bytes),
        )?;
        let help = "Output that waits for peers to read.";
        encoder
            .encode_descriptor("queued", help, Some(&Unit::Bytes), MetricType::Gauge)?
            .encode_gauge(&self.sum(|t| &t.queued))?;
        self.encode_rtt(encoder.encode_descriptor(
            "ping_rtt",
            "Round-trip times of Pings.",
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?)
    }
}

impl Collected {
    fn encode_rtt(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let bounds = RTT_BOUNDS_MICROS.iter().map(|micros| *micros as f64 / 1e6).chain([f64::INFINITY]);
        let buckets: Vec<_> =
            bounds.enumerate().map(|(at, bound)| (bound, self.sum(|t| &t.rtt.buckets[at]))).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = self.sum(|t| &t.rtt.sum_micros) as f64 / 1e6;
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }
}

fn encode(mut encoder: MetricEncoder<'_>, value: u64) -> fmt::Result {
    encoder.encode_counter::<NoLabelSet, _, f64>(&value, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::registry::Registry;

    fn page(traffic: [Traffic; 2]) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Collected(traffic.map(Arc::new).into())));
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &registry).unwrap();
        page
    }

    #[test]
    fn threads_are_added_up() {
        let traffic = [Traffic::default(), Traffic::default()];
        let one = Counts {
            messages_in: 1,
            messages_out: 2,
            wire_in: 30,
            wire_out: 40,
            messages_dropped: 0,
            payload_in: 500,
            payload_out: 600,
        };
        let two = Counts { messages_in: 10, wire_in: 1, messages_dropped: 1, ..Counts::default() };
        traffic[0].add(&one);
        traffic[1].add(&one);
        traffic[1].add(&two);
        traffic[0].queue(0, 1000);
        traffic[1].queue(0, 50);
        traffic[0].queue(1000, 10);
        traffic[1].dropped(7);
        let page = page(traffic);
        for line in [
            "messages_total{direction=\"in\"} 12",
            "messages_total{direction=\"out\"} 4",
            "wire_bytes_total{direction=\"in\"} 61",
            "wire_bytes_total{direction=\"out\"} 80",
            "payload_bytes_total{direction=\"in\"} 1000",
            "payload_bytes_total{direction=\"out\"} 1200",
            "queued_bytes 60",
            "dropped_messages_total 1",
            "dropped_bytes_total 7",
        ] {
            assert!(page.contains(&format!("\n{line}\n")), "{line} in {page}");
        }
    }

    #[test]
    fn round_trip_times_are_cumulated_by_bucket() {
        let traffic = [Traffic::default(), Traffic::default()];
        for micros in [99, 100, 101, 1_500, 20_000_000] {
            traffic[0].rtt(Duration::from_micros(micros));
        }
        traffic[1].rtt(Duration::from_micros(150));
        let page = page(traffic);
        for line in [
            "ping_rtt_seconds_bucket{le=\"0.0001\"} 2",
            "ping_rtt_seconds_bucket{le=\"0.0002\"} 4",
            "ping_rtt_seconds_bucket{le=\"0.001\"} 4",
            "ping_rtt_seconds_bucket{le=\"0.002\"} 5",
            "ping_rtt_seconds_bucket{le=\"10.0\"} 5",
            "ping_rtt_seconds_bucket{le=\"+Inf\"} 6",
            "ping_rtt_seconds_count 6",
            "ping_rtt_seconds_sum 20.00195",
        ] {
            assert!(page.contains(&format!("\n{line}\n")), "{line} in {page}");
        }
    }
}
