//! What the fuzzer does with its input: a query, a line break, and a script for the connection that it is for.

use std::sync::Arc;
use std::time::Duration;

use protocol::fault::{Action, Asked, Direction, Machine, Message};
use protocol::journal::{Condition, Journal};

/// More steps than this tell nothing new.
const STEPS: usize = 64;
/// So often a machine is asked before time has to pass.
const PATIENCE: usize = 10_000;

/// Reads the plan, writes it, reads it again, and runs a connection under it: whatever the script, the machine comes to rest
/// at each moment, holds no more than it was given, and nothing panics.
pub(crate) fn run(data: &[u8]) {
    let (query, script) = match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[][..]),
    };
    let Ok(query) = std::str::from_utf8(query) else { return };
    let _ = Condition::from_query(query).map(|(condition, _)| condition.find(&Journal::default()).is_some());
    let Ok(asked) = Asked::from_query(query) else { return };
    let written = asked.plan.to_query();
    let again = Asked::from_query(&written).expect("what is written is read");
    assert_eq!(again.plan, asked.plan, "{written}");

    let mut machine = Machine::new(Arc::new(asked.plan), 1);
    let mut now = Duration::ZERO;
    let mut given = 0;
    settle(&mut machine, now, &mut given);
    for step in script.chunks(2).take(STEPS) {
        let (what, amount) = (step[0], usize::from(*step.last().unwrap_or(&0)));
        match what % 4 {
            0 => now += Duration::from_millis(amount as u64),
            1 => now = machine.next_timeout().unwrap_or(now).max(now),
            2 => {
                given += amount;
                machine.handle_message(Direction::In, Message::binary(vec![what; amount]), now);
            }
            _ => {
                given += amount;
                machine.handle_message(Direction::In, Message::text("x".repeat(amount)), now);
            }
        }
        settle(&mut machine, now, &mut given);
    }
}

/// Does what is to be done now, as an echo would.
fn settle(machine: &mut Machine, now: Duration, given: &mut usize) {
    for _ in 0..PATIENCE {
        match machine.poll(now) {
            None => return,
            Some(Action::Deliver { message, .. }) => {
                *given += message.payload.len();
                machine.handle_message(Direction::Out, message, now);
            }
            Some(Action::End(_)) => {
                assert_eq!((machine.held(), machine.next_timeout(), machine.poll(now)), (0, None, None));
                return;
            }
            Some(_) => {}
        }
    }
    // Only a flood has so much to say at one moment, and it catches up with no more than a second.
    assert!(machine.plan().traffic.flood.is_some(), "{machine:?}");
}
