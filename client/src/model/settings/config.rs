//! What is set as the link takes it, and as other connections do.

use std::time::Duration;

use link::{Config, Message, OnMissed};
use workbench::profile::{Answer, Options};

/// Keeps for new connections what was changed for one, unless it belongs to that one's server: whether heartbeats are
/// sent, what they say and what answers them, opening messages and answers.
pub fn keep_for_new(kept: &mut Options, before: &Options, after: &Options) {
    fn keep<T: PartialEq + Clone>(kept: &mut T, before: &T, after: &T) {
        if before != after {
            kept.clone_from(after);
        }
    }
    let (beat, was, is) = (&mut kept.heartbeat, &before.heartbeat, &after.heartbeat);
    keep(&mut beat.interval_millis, &was.interval_millis, &is.interval_millis);
    keep(&mut beat.deadline_millis, &was.deadline_millis, &is.deadline_millis);
    keep(&mut beat.even_when_busy, &was.even_when_busy, &is.even_when_busy);
    keep(&mut beat.reconnect_when_missed, &was.reconnect_when_missed, &is.reconnect_when_missed);
    let (rules, was, is) = (&mut kept.reconnect, &before.reconnect, &after.reconnect);
    keep(&mut rules.enabled, &was.enabled, &is.enabled);
    // One without the other may be no pair.
    if (was.min_delay_millis, was.max_delay_millis) != (is.min_delay_millis, is.max_delay_millis) {
        (rules.min_delay_millis, rules.max_delay_millis) = (is.min_delay_millis, is.max_delay_millis);
    }
    keep(&mut rules.max_attempts, &was.max_attempts, &is.max_attempts);
    keep(&mut rules.stop_codes, &was.stop_codes, &is.stop_codes);
}

/// The link's settings. `payload` and `opening` are the messages that the options' drafts make; without a payload there
/// is no heartbeat.
pub fn to_config(options: &Options, payload: Option<Message>, opening: Vec<Message>) -> Config {
    let Options { heartbeat, reconnect, .. } = options;
    let mut config = Config { opening, ..Config::default() };
    config.heartbeat = payload.map(|payload| link::Heartbeat {
        interval: Duration::from_millis(heartbeat.interval_millis),
        deadline: Duration::from_millis(heartbeat.deadline_millis),
        even_when_busy: heartbeat.even_when_busy,
        payload,
        answer: match &heartbeat.answer {
            Answer::Echo => link::Answer::Echo,
            Answer::Exact(text) => link::Answer::Exact(text.clone()),
            Answer::Contains(text) => link::Answer::Contains(text.clone()),
            Answer::JsonField { name, value } => {
                link::Answer::JsonField { name: name.clone(), value: value.clone() }
            }
            Answer::AnyMessage => link::Answer::AnyMessage,
            Answer::None => link::Answer::None,
        },
        on_missed: if heartbeat.reconnect_when_missed { OnMissed::Reconnect } else { OnMissed::Report },
        ..link::Heartbeat::default()
    });
    config.reconnect = link::Reconnect {
        enabled: reconnect.enabled,
        min_delay: Duration::from_millis(reconnect.min_delay_millis),
        max_delay: Duration::from_millis(reconnect.max_delay_millis),
        max_attempts: reconnect.max_attempts,
        stop_codes: reconnect.stop_codes.clone(),
        ..config.reconnect
    };
    config
}

#[cfg(test)]
mod tests {
    use workbench::draft::Draft;
    use workbench::profile::Switch;

    use super::*;

    #[test]
    fn defaults_are_the_links_own() {
        let payload = Some(Message::Text(Options::default().heartbeat.payload.text));
        assert_eq!(to_config(&Options::default(), payload, Vec::new()), Config::default());
    }

    #[test]
    fn what_belongs_to_one_server_is_not_kept_for_others() {
        let before = Options::default();
        let mut after = before.clone();
        after.heartbeat.enabled = Switch::On;
        after.heartbeat.payload.text = "2".to_owned();
        after.heartbeat.answer = Answer::Exact("3".to_owned());
        after.opening = vec![Draft::default()];
        after.answers = vec![workbench::answers::Rule::default()];
        let mut kept = Options::default();
        keep_for_new(&mut kept, &before, &after);
        assert_eq!(kept, Options::default());
        after.heartbeat.interval_millis = 1;
        after.reconnect.enabled = false;
        kept.reconnect.max_attempts = Some(3);
        keep_for_new(&mut kept, &before, &after);
        let seen = (kept.heartbeat.interval_millis, kept.reconnect.enabled, kept.reconnect.max_attempts);
        assert_eq!(seen, (1, false, Some(3)), "and what was not changed stays");
        assert_eq!(kept.heartbeat.payload, Options::default().heartbeat.payload);
    }
}
