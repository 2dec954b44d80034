//! A phase in words.

use link::{Close, Final, Phase, Pulse, Time};

use super::format::countdown;
use super::store::code_and_reason;

/// What the status line says, with what is left of a wait.
pub fn sentence(phase: Phase, last_close: Option<&Close>, now: Time) -> String {
    let left =
        |until: Time| countdown(u64::try_from(until.saturating_since(now).as_millis()).unwrap_or(u64::MAX));
    match phase {
        Phase::Idle => "Not connected".to_owned(),
        Phase::Connecting { attempt: 1 } => "Connecting".to_owned(),
        Phase::Connecting { attempt } => format!("Connecting, attempt {attempt}"),
        Phase::Open => "Connected".to_owned(),
        Phase::Closing => "Closing".to_owned(),
        Phase::Waiting { attempt, until } => format!("Waiting {} for attempt {attempt}", left(until)),
        Phase::Offline { attempt, until } => format!("Offline, attempt {attempt} in {}", left(until)),
        Phase::Suspended { .. } => "Suspended with the page".to_owned(),
        Phase::Closed(last) => closed(last, last_close),
    }
}

/// What a screen reader hears: the same without the countdown, which would never let it finish.
pub fn announcement(phase: Phase, last_close: Option<&Close>) -> String {
    match phase {
        // Nothing has happened yet that would be worth interrupting for.
        Phase::Idle => String::new(),
        Phase::Waiting { attempt, .. } => {
            let ended =
                last_close.map(|close| format!("Disconnected, code {}. ", close.code)).unwrap_or_default();
            format!("{ended}Waiting for attempt {attempt}")
        }
        Phase::Offline { .. } => "Offline, waiting for the network".to_owned(),
        _ => sentence(phase, last_close, Time::ZERO),
    }
}

/// Whether the status line changes with time alone.
pub fn counts_down(phase: Phase) -> bool {
    matches!(phase, Phase::Waiting { .. } | Phase::Offline { .. })
}

/// The heartbeat's state in a word, for people, attributes and style sheets.
pub fn pulse(pulse: Pulse) -> &'static str {
    match pulse {
        Pulse::Off => "off",
        Pulse::Waiting => "waiting",
        Pulse::Alive => "alive",
        Pulse::Late => "late",
        Pulse::Missed => "missed",
    }
}

fn closed(last: Final, last_close: Option<&Close>) -> String {
    let code = last_close.map(code_and_reason).unwrap_or_default();
    match last {
        Final::Refused => "Refused by the browser".to_owned(),
        Final::AttemptsExhausted => format!("Gave up, {code}"),
        Final::ByUser | Final::StopCode(_) | Final::ReconnectOff => {
            format!("Closed {code}").trim_end().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(code: u16, reason: &str) -> Close {
        Close { code, reason: reason.to_owned(), was_clean: true }
    }

    #[test]
    fn a_wait_counts_down_and_names_the_attempt() {
        let phase = Phase::Waiting { attempt: 4, until: Time::from_millis(10_000) };
        assert_eq!(sentence(phase, None, Time::from_millis(6_800)), "Waiting 3.2 s for attempt 4");
        assert_eq!(sentence(phase, None, Time::from_millis(99_000)), "Waiting 0.0 s for attempt 4");
    }

    #[test]
    fn a_final_close_shows_code_and_reason() {
        let why = close(4001, "why");
        assert_eq!(sentence(Phase::Closed(Final::StopCode(4001)), Some(&why), Time::ZERO), "Closed 4001 why");
        assert_eq!(sentence(Phase::Closed(Final::ByUser), Some(&close(1000, "")), Time::ZERO), "Closed 1000");
        assert_eq!(sentence(Phase::Closed(Final::ByUser), None, Time::ZERO), "Closed");
    }

    #[test]
    fn announcements_stay_the_same_while_time_passes() {
        let waiting = |until| Phase::Waiting { attempt: 2, until: Time::from_millis(until) };
        let lost = close(1006, "");
        assert_eq!(announcement(waiting(1), Some(&lost)), "Disconnected, code 1006. Waiting for attempt 2");
        assert_eq!(announcement(waiting(1), Some(&lost)), announcement(waiting(999), Some(&lost)));
        assert_eq!(announcement(Phase::Open, Some(&lost)), "Connected");
        assert_eq!(announcement(Phase::Idle, None), "");
    }
}
