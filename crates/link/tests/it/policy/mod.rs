//! One rule each.

mod closing;
mod heartbeat;
mod hints;
mod messages;
mod timers;

use std::time::Duration;

use link::{
    Action, Answer, Close, CloseError, CloseRequest, Config, Confirmation, Event, Final, Heartbeat, Hint,
    Inbound, Link, Message, MessageRef, OnMissed, Origin, Phase, Pulse, SendError, SocketId, Time, Why,
};

use crate::sim::{ServerMode, Sim};

const FIRST: SocketId = SocketId(1);

fn at(millis: u64) -> Time {
    Time::from_millis(millis)
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn with_heartbeat(heartbeat: Heartbeat) -> Config {
    Config { heartbeat: Some(heartbeat), ..Config::default() }
}

fn actions(link: &mut Link) -> Vec<Action> {
    std::iter::from_fn(|| link.poll_action()).collect()
}

/// The actions of a socket that puts everything on the network at once.
fn flushed_actions(link: &mut Link, now: Time) -> Vec<Action> {
    let actions = actions(link);
    link.handle_buffered(now, FIRST, 0);
    actions
}

fn events(link: &mut Link) -> Vec<Event> {
    std::iter::from_fn(|| link.poll_event()).collect()
}

/// A link that is open at time zero, with nothing left to drain.
fn open_link(config: Config) -> Link {
    let mut link = Link::new(config, 1, at(0));
    link.open(at(0));
    assert_eq!(actions(&mut link), [Action::Connect { socket: FIRST }]);
    link.handle_open(at(0), FIRST);
    actions(&mut link);
    events(&mut link);
    link
}

fn heartbeats(actions: &[Action]) -> Vec<&Message> {
    let heartbeats = actions.iter().filter_map(|action| match action {
        Action::Send { origin: Origin::Heartbeat, message, .. } => Some(message),
        _ => None,
    });
    heartbeats.collect()
}
