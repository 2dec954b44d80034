//! 9: large messages, many fragments, small pieces, many messages. 10: automatic fragmentation.

use interop::probe::{fragments, frame};
use wire::MessageKind;

use super::{Case, Step, case, large_case, send};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    // Text in one group of cases, binary in the next.
    for (group, kind) in (0..).zip([MessageKind::Text, MessageKind::Binary]) {
        let mut add = |group: u8,
                       number: u8,
                       count: usize,
                       len: usize,
                       sent: fn(MessageKind, &[u8], usize) -> Step,
                       cut| {
            cases.push(large_case(format!("9.{group}.{number}"), move || {
                let payload = payload(kind, len);
                let round = [sent(kind, &payload, cut), Step::Echo(kind, payload)];
                std::iter::repeat_n(round, count).flatten().chain([Step::Close]).collect()
            }));
        };
        for (number, len) in (1..).zip([64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB]) {
            add(1 + group, number, 1, len, whole, 0);
        }
        let cuts = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB];
        for (number, cut) in (1..).zip(cuts) {
            add(3 + group, number, 1, 4 * MIB, fragmented, cut);
        }
        for (number, cut) in (1..).zip([64, 128, 256, 512, 1024, 2048]) {
            add(5 + group, number, 1, MIB, chopped, cut);
        }
        for (number, len) in (1..).zip([0, 16, 64, 256, 1024, 4096]) {
            add(7 + group, number, 1000, len, whole, 0);
        }
    }
    let letters = payload(MessageKind::Text, 65_536);
    let sent = fragmented(MessageKind::Text, &letters, 1300);
    cases.push(case("10.1.1", [sent, Step::Echo(MessageKind::Text, letters), Step::Close]));
    cases
}

fn whole(kind: MessageKind, payload: &[u8], _: usize) -> Step {
    send(&[frame(kind.into(), payload)])
}

fn fragmented(kind: MessageKind, payload: &[u8], cut: usize) -> Step {
    Step::Send(fragments(kind, payload, cut))
}

fn chopped(kind: MessageKind, payload: &[u8], cut: usize) -> Step {
    Step::Chop(frame(kind.into(), payload).to_bytes(), cut)
}

fn payload(kind: MessageKind, len: usize) -> Vec<u8> {
    if kind == MessageKind::Text {
        return "BAsd7&jh23".bytes().cycle().take(len).collect();
    }
    let mut bytes = vec![0; len];
    fastrand::Rng::with_seed(len as u64).fill(&mut bytes);
    bytes
}
