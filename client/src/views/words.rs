//! Stages, durations and rates in words.

use workbench::decimal;
use workbench::series::Totals;

use crate::model::format::{count, size};
use crate::model::health::Stage;
use crate::texts::fill;
use crate::texts::health::Health as Texts;

/// A stage in a word.
pub(super) fn stage(stage: Stage, t: &Texts) -> &'static str {
    match stage {
        Stage::Idle => t.stage_idle,
        Stage::Connecting => t.stage_connecting,
        Stage::Open => t.stage_open,
        Stage::Closing => t.stage_closing,
        Stage::Waiting => t.stage_waiting,
        Stage::Offline => t.stage_offline,
        Stage::Suspended => t.stage_suspended,
        Stage::Closed => t.stage_closed,
    }
}

/// A duration: milliseconds below one second, tenths of seconds below ten, then two units at most.
pub(super) fn duration(micros: u64, t: &Texts) -> String {
    let seconds = micros / 1_000_000;
    match seconds {
        0 => fill(t.millis, &[&(micros / 1000)]),
        1..10 => fill(t.seconds, &[&format_args!("{}.{}", seconds, micros / 100_000 % 10)]),
        10..60 => fill(t.seconds, &[&seconds]),
        60..3600 if seconds.is_multiple_of(60) => fill(t.minutes, &[&(seconds / 60)]),
        60..3600 => fill(t.minutes_seconds, &[&(seconds / 60), &(seconds % 60)]),
        _ => fill(t.hours_minutes, &[&(seconds / 3600), &(seconds / 60 % 60)]),
    }
}

/// A round trip in milliseconds, with three digits that matter.
pub(super) fn round_trip(millis: f64, t: &Texts) -> String {
    let decimals = match millis {
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    fill(t.millis, &[&decimal::fixed(millis, decimals)])
}

/// A share of a whole: `100 %` only if it is all of it.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let permille = part.saturating_mul(1000) / whole;
    if permille >= 1000 { "100 %".to_owned() } else { format!("{}.{} %", permille / 10, permille % 10) }
}

/// One of the four counters of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counter {
    MessagesIn,
    BytesIn,
    MessagesOut,
    BytesOut,
}

impl Counter {
    pub(super) const ALL: [Counter; 4] =
        [Counter::MessagesIn, Counter::BytesIn, Counter::MessagesOut, Counter::BytesOut];

    pub(super) fn of(self, totals: Totals) -> u64 {
        match self {
            Counter::MessagesIn => totals.messages_in,
            Counter::BytesIn => totals.bytes_in,
            Counter::MessagesOut => totals.messages_out,
            Counter::BytesOut => totals.bytes_out,
        }
    }

    pub(super) fn name(self, t: &Texts) -> &'static str {
        match self {
            Counter::MessagesIn => t.messages_in,
            Counter::BytesIn => t.bytes_in,
            Counter::MessagesOut => t.messages_out,
            Counter::BytesOut => t.bytes_out,
        }
    }

    /// For attributes and style sheets.
    pub(super) fn slug(self) -> &'static str {
        match self {
            Counter::MessagesIn => "messages-in",
            Counter::BytesIn => "bytes-in",
            Counter::MessagesOut => "messages-out",
            Counter::BytesOut => "bytes-out",
        }
    }

    pub(super) fn text(self, value: u64) -> String {
        match self {
            Counter::MessagesIn | Counter::MessagesOut => count(value),
            Counter::BytesIn | Counter::BytesOut => size(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Lang;
    use crate::texts::tests::texts_in;

    #[test]
    fn durations_have_two_units_at_most() {
        let texts = [0, 250_000, 3_290_000, 59_900_000, 60_000_000, 125_000_000, 7_260_000_000]
            .map(|micros| duration(micros, &Texts::EN));
        assert_eq!(texts, ["0 ms", "250 ms", "3.2 s", "59 s", "1 min", "2 min 5 s", "2 h 1 min"]);
        assert_eq!(duration(125_000_000, &texts_in(Lang::Zh).health), "2 分 5 秒");
    }

    #[test]
    fn a_share_is_whole_only_if_nothing_is_missing() {
        assert_eq!(
            [share(0, 10), share(999_999, 1_000_000), share(5, 5), share(0, 0)],
            ["0.0 %", "99.9 %", "100 %", "–"]
        );
    }

    #[test]
    fn round_trips_show_three_digits() {
        let texts = [0.41, 12.34, 1234.5].map(|millis| round_trip(millis, &Texts::EN));
        assert_eq!(texts, ["0.41 ms", "12.3 ms", "1234 ms"]);
    }
}
