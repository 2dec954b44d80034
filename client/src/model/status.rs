//! A phase in words.

use link::{Close, Final, Phase, Pulse, Time};

use super::format::countdown;
use super::log::words::code_and_reason;
use super::visible::foreign;
use crate::texts::common::Common;
use crate::texts::fill;

/// What the status line says, with what is left of a wait.
pub fn sentence(phase: Phase, last_close: Option<&Close>, now: Time, t: &Common) -> String {
    let left =
        |until: Time| countdown(u64::try_from(until.saturating_since(now).as_millis()).unwrap_or(u64::MAX));
    match phase {
        Phase::Idle => t.idle.to_owned(),
        Phase::Connecting { attempt: 1 } => t.connecting.to_owned(),
        Phase::Connecting { attempt } => fill(t.connecting_attempt, &[&attempt]),
        Phase::Open => t.connected.to_owned(),
        Phase::Closing => t.closing.to_owned(),
        Phase::Waiting { attempt, until } => fill(t.waiting, &[&left(until), &attempt]),
        Phase::Offline { attempt, until } => fill(t.offline, &[&left(until), &attempt]),
        Phase::Suspended { .. } => t.suspended.to_owned(),
        Phase::Closed(last) => closed(last, last_close, t),
    }
}

/// What a screen reader hears: the same without the countdown, which would never let it finish.
pub fn announcement(phase: Phase, last_close: Option<&Close>, t: &Common) -> String {
    match phase {
        // Nothing has happened yet that would be worth interrupting for.
        Phase::Idle => String::new(),
        Phase::Waiting { attempt, .. } => {
            let next = fill(t.waiting_attempt, &[&attempt]);
            match last_close {
                Some(close) => format!("{} {next}", fill(t.disconnected_code, &[&close.code])),
                None => next,
            }
        }
        Phase::Offline { .. } => t.offline_short.to_owned(),
        _ => sentence(phase, last_close, Time::ZERO, t),
    }
}

/// Whether the status line changes with time alone.
pub fn counts_down(phase: Phase) -> bool {
    matches!(phase, Phase::Waiting { .. } | Phase::Offline { .. })
}

/// The heartbeat's state in a word.
pub fn pulse(pulse: Pulse, t: &Common) -> &'static str {
    match pulse {
        Pulse::Off => t.pulse_off,
        Pulse::Waiting => t.pulse_waiting,
        Pulse::Alive => t.pulse_alive,
        Pulse::Late => t.pulse_late,
        Pulse::Missed => t.pulse_missed,
    }
}

/// The heartbeat's state for attributes and style sheets.
pub fn pulse_slug(pulse: Pulse) -> &'static str {
    match pulse {
        Pulse::Off => "off",
        Pulse::Waiting => "waiting",
        Pulse::Alive => "alive",
        Pulse::Late => "late",
        Pulse::Missed => "missed",
    }
}

fn closed(last: Final, last_close: Option<&Close>, t: &Common) -> String {
    let code =
        last_close.map(|close| foreign(&code_and_reason(close.code, &close.reason))).unwrap_or_default();
    match last {
        Final::Refused => t.refused.to_owned(),
        Final::Cancelled => t.cancelled.to_owned(),
        Final::Withheld => t.withheld.to_owned(),
        Final::AttemptsExhausted => fill(t.gave_up, &[&code]),
        Final::ByUser | Final::StopCode(_) | Final::ReconnectOff if code.is_empty() => t.closed.to_owned(),
        Final::ByUser | Final::StopCode(_) | Final::ReconnectOff => fill(t.closed_code, &[&code]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: &Common = &Common::EN;

    fn close(code: u16, reason: &str) -> Close {
        Close { code, reason: reason.to_owned(), was_clean: true }
    }

    #[test]
    fn a_wait_counts_down_and_names_the_attempt() {
        let phase = Phase::Waiting { attempt: 4, until: Time::from_millis(10_000) };
        assert_eq!(sentence(phase, None, Time::from_millis(6_800), T), "Waiting 3.2 s for attempt 4");
        assert_eq!(sentence(phase, None, Time::from_millis(99_000), T), "Waiting 0.0 s for attempt 4");
    }

    #[test]
    fn a_final_close_shows_code_and_reason() {
        let why = close(4001, "why");
        assert_eq!(
            sentence(Phase::Closed(Final::StopCode(4001)), Some(&why), Time::ZERO, T),
            "Closed 4001 why"
        );
        assert_eq!(
            sentence(Phase::Closed(Final::ByUser), Some(&close(1000, "")), Time::ZERO, T),
            "Closed 1000"
        );
        assert_eq!(sentence(Phase::Closed(Final::ByUser), None, Time::ZERO, T), "Closed");
    }

    #[test]
    fn a_reason_from_the_far_end_reads_as_what_it_is() {
        let why = close(4000, "\u{202e}evil\0");
        let shown = sentence(Phase::Closed(Final::StopCode(4000)), Some(&why), Time::ZERO, T);
        assert_eq!(shown, "Closed \u{2068}4000 ⟨U+202E⟩evil␀\u{2069}");
    }

    #[test]
    fn announcements_stay_the_same_while_time_passes() {
        let waiting = |until| Phase::Waiting { attempt: 2, until: Time::from_millis(until) };
        let lost = close(1006, "");
        assert_eq!(
            announcement(waiting(1), Some(&lost), T),
            "Disconnected, code 1006. Waiting for attempt 2"
        );
        assert_eq!(announcement(waiting(1), Some(&lost), T), announcement(waiting(999), Some(&lost), T));
        assert_eq!(announcement(Phase::Open, Some(&lost), T), "Connected");
        assert_eq!(announcement(Phase::Idle, None, T), "");
    }
}
