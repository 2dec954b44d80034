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
    use link::{Action, Inbound, Link, MessageRef, SocketId, Time};
    use workbench::draft::Draft;
    use workbench::preset::Preset;
    use workbench::profile::Switch;

    use super::*;

    /// A link kept as a preset says, connected, with what it has sent so far.
    fn connected(preset: Preset) -> (Link, SocketId, Vec<String>) {
        let mut options = Options::default();
        preset.apply(&mut options, &mut Vec::new());
        let payload = Message::Text(options.heartbeat.payload.text.clone());
        let opening = options.opening.iter().map(|draft| Message::Text(draft.text.clone())).collect();
        let mut link = Link::new(to_config(&options, Some(payload), opening), 1, Time::ZERO);
        link.open(Time::ZERO);
        let Some(Action::Connect { socket }) = link.poll_action() else { panic!("it connects") };
        link.handle_open(Time::ZERO, socket);
        let sent = sent(&mut link);
        (link, socket, sent)
    }

    fn sent(link: &mut Link) -> Vec<String> {
        std::iter::from_fn(|| link.poll_action())
            .filter_map(|action| match action {
                Action::Send { message: Message::Text(text), .. } => Some(text),
                _ => None,
            })
            .collect()
    }

    /// What the link sends by its next deadline, and when that is.
    fn next(link: &mut Link) -> (Time, Vec<String>) {
        let due = link.poll_timeout().expect("a deadline");
        link.handle_timeout(due);
        (due, sent(link))
    }

    #[test]
    fn phoenix_is_kept_with_its_own_heartbeat() {
        let (mut link, socket, first) = connected(Preset::Phoenix);
        assert!(first.is_empty(), "{first:?}");
        let (due, beats) = next(&mut link);
        assert_eq!(due, Time::ZERO + Duration::from_secs(30));
        let [beat] = &beats[..] else { panic!("{beats:?}") };
        let token = beat.split('"').nth(1).expect("a ref");
        assert_eq!(*beat, format!("[null,\"{token}\",\"phoenix\",\"heartbeat\",{{}}]"));
        // As the guide to writing a client has it.
        let other = "[\"3\",\"x\",\"phoenix\",\"phx_reply\",{\"response\":{},\"status\":\"ok\"}]";
        assert_eq!(link.handle_message(due, socket, MessageRef::Text(other)), Inbound::User);
        let reply =
            format!("[null,\"{token}\",\"phoenix\",\"phx_reply\",{{\"status\":\"ok\",\"response\":{{}}}}]");
        let answered = link.handle_message(due, socket, MessageRef::Text(&reply));
        assert!(matches!(answered, Inbound::Heartbeat { rtt: Some(_) }), "{answered:?}");
    }

    #[test]
    fn stomp_is_kept_with_newlines_at_least_every_ten_seconds() {
        let (mut link, socket, first) = connected(Preset::Stomp);
        let [connect] = &first[..] else { panic!("{first:?}") };
        assert!(connect.starts_with("CONNECT\n") && connect.ends_with("\n\n\0"), "{connect:?}");
        assert!(connect.contains("\nheart-beat:10000,10000\n"), "{connect:?}");
        let answer = "CONNECTED\nversion:1.2\nheart-beat:10000,10000\n\n\0";
        let mut before = Time::ZERO;
        for message in [answer, "\n", "MESSAGE\ndestination:/a\n\nhi\0"] {
            // Whatever the server sends in between takes nothing from the promise.
            link.handle_message(before, socket, MessageRef::Text(message));
            let (due, beats) = next(&mut link);
            assert_eq!(beats, ["\n"], "{message:?}");
            assert!(due.saturating_since(before) <= Duration::from_secs(10), "{due:?}");
            before = due;
        }
    }

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
