//! However bytes are cut, and whether payloads move or stay: the same events, the same failure.

use super::{pieces, receiver};
use crate::trace::{trace, trace_compact};

pub(crate) fn run(data: &[u8]) {
    let &[choice, seed, ref bytes @ ..] = data else { return };
    let at_once = trace(&mut receiver(choice), [bytes]);
    let cut = trace(&mut receiver(choice), pieces(bytes, seed));
    let single = trace(&mut receiver(choice), bytes.chunks(1));
    let compact = trace_compact(&mut receiver(choice), bytes, 10 + usize::from(seed), false);
    assert_eq!(at_once, compact);
    let at_once = at_once.settled();
    assert_eq!(at_once, cut.settled());
    assert_eq!(at_once, single.settled());
}
