//! However bytes are cut: the same messages, the same answers, the same failure.

use super::{driver, pieces, settled};
use crate::support::driver::trace;

pub(crate) fn run(data: &[u8]) {
    let &[choice, seed, ref bytes @ ..] = data else { return };
    let settled = |trace| settled(trace, choice & 2 != 0);
    let at_once = settled(trace(driver(choice), [bytes]));
    assert_eq!(at_once, settled(trace(driver(choice), pieces(bytes, seed))));
    assert_eq!(at_once, settled(trace(driver(choice), bytes.chunks(1))));
    // Some of them right behind the opening handshake.
    let (early, late) = bytes.split_at(bytes.len().min(usize::from(seed)));
    let mut driver = driver(choice);
    driver.connection.handle_early(&mut driver.turn, early);
    driver.have_turn(&mut |_, _| {});
    assert_eq!(at_once, settled(trace(driver, pieces(late, seed))));
}
