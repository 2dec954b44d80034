//! 1: framing. 2: Ping and Pong. 3: reserved bits. 4: opcodes. 5: fragmentation.

use interop::probe::fragments;
use wire::MessageKind;
use wire::frame::{RSV1, RSV2, RSV3};
use wire::raw::RawFrame;

use super::{
    Case, Step, binary, case, close, echo, echo_binary, fails, more, one_by_one, ping, pong, send, text,
    trickle,
};

pub(crate) fn cases() -> Vec<Case> {
    [lens(), pings(), reserved_bits(), opcodes(), fragmentation()].into_iter().flatten().collect()
}

fn lens() -> Vec<Case> {
    let mut cases = Vec::new();
    for (number, len) in [0, 125, 126, 127, 128, 65_535, 65_536].into_iter().enumerate() {
        let (letters, bytes) = (vec![b'*'; len], vec![0xfe; len]);
        let number = number + 1;
        cases.push(case(format!("1.1.{number}"), [send(&[text(&letters)]), echo(letters), Step::Close]));
        cases.push(case(format!("1.2.{number}"), [send(&[binary(&bytes)]), echo_binary(bytes), Step::Close]));
    }
    let (letters, bytes) = (vec![b'*'; 65_536], vec![0xfe; 65_536]);
    cases.push(case("1.1.8", [Step::Chop(text(&letters).to_bytes(), 997), echo(letters), Step::Close]));
    cases.push(case("1.2.8", [Step::Chop(binary(&bytes).to_bytes(), 997), echo_binary(bytes), Step::Close]));
    cases
}

fn pings() -> Vec<Case> {
    let mut cases = Vec::new();
    let payloads: [&[u8]; 4] =
        [b"", b"Hello, world!", &[0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff], &[0xfe; 125]];
    for (number, payload) in payloads.into_iter().enumerate() {
        let id = format!("2.{}", number + 1);
        cases.push(case(id, [send(&[ping(payload)]), Step::Pong(payload.into()), Step::Close]));
    }
    cases.push(case("2.5", [send(&[ping([0xfe; 126])]), fails(1002)]));
    cases.push(case("2.6", [trickle(&[ping([0xfe; 125])]), Step::Pong(vec![0xfe; 125]), Step::Close]));
    cases.push(case("2.7", [send(&[pong("")]), Step::Close]));
    cases.push(case("2.8", [send(&[pong("unasked")]), Step::Close]));
    let steps = [send(&[pong("unasked"), ping("asked")]), Step::Pong(b"asked".into()), Step::Close];
    cases.push(case("2.9", steps));
    let payloads: Vec<String> = (0..10).map(|number| format!("payload-{number}")).collect();
    let frames: Vec<RawFrame> = payloads.iter().map(ping).collect();
    for (id, first) in [("2.10", send(&frames)), ("2.11", trickle(&frames))] {
        let mut steps = vec![first];
        steps.extend(payloads.iter().map(|payload| Step::Pong(payload.clone().into())));
        steps.push(Step::Close);
        cases.push(case(id, steps));
    }
    cases
}

fn reserved_bits() -> Vec<Case> {
    let hello = || text("Hello, world!");
    let greeted = || echo("Hello, world!");
    let second = |bits| [hello(), hello().reserved(bits), ping("")];
    let mut third = one_by_one(&second(RSV2 | RSV3));
    third.extend([greeted(), fails(1002)]);
    vec![
        case("3.1", [send(&[hello().reserved(RSV3)]), fails(1002)]),
        case("3.2", [send(&second(RSV2)), greeted(), fails(1002)]),
        case("3.3", third),
        case("3.4", [trickle(&second(RSV1)), greeted(), fails(1002)]),
        case("3.5", [send(&[binary([0x00, 0xff, 0xfe]).reserved(RSV1 | RSV3)]), fails(1002)]),
        case("3.6", [send(&[ping("Hello, world!").reserved(RSV1 | RSV2)]), fails(1002)]),
        case("3.7", [send(&[close(1000, "").reserved(RSV1 | RSV2 | RSV3)]), fails(1002)]),
    ]
}

fn opcodes() -> Vec<Case> {
    let mut cases = Vec::new();
    for (group, first) in [(1, 3), (2, 11)] {
        let odd = |number: u8, payload: &str| text(payload).opcode(first + number - 1);
        cases.push(case(format!("4.{group}.1"), [send(&[odd(1, "")]), fails(1002)]));
        cases.push(case(format!("4.{group}.2"), [send(&[odd(2, "reserved opcode payload")]), fails(1002)]));
        for number in 3..=5 {
            let payload = if number == 3 { "" } else { "Hello, world!" };
            let frames = [text("Hello, world!"), odd(number, payload), ping("")];
            let sent = if number == 5 { trickle(&frames) } else { send(&frames) };
            cases.push(case(format!("4.{group}.{number}"), [sent, echo("Hello, world!"), fails(1002)]));
        }
    }
    cases
}

fn fragmentation() -> Vec<Case> {
    let halves = [text("fragment1").fin(false), more("fragment2")];
    let whole = || echo("fragment1fragment2");
    let pinged = [halves[0].clone(), ping("ping payload"), halves[1].clone()];
    let ponged = || Step::Pong(b"ping payload".into());
    let mut cases = vec![
        case("5.1", [send(&[ping("fragment1").fin(false), more("fragment2")]), fails(1002)]),
        case("5.2", [send(&[pong("fragment1").fin(false), more("fragment2")]), fails(1002)]),
        case("5.3", [send(&halves), whole(), Step::Close]),
        case("5.4", [one_by_one(&halves), vec![whole(), Step::Close]].concat()),
        case("5.5", [trickle(&halves), whole(), Step::Close]),
        case("5.6", [send(&pinged), ponged(), whole(), Step::Close]),
        case("5.7", [one_by_one(&pinged), vec![ponged(), whole(), Step::Close]].concat()),
        case("5.8", [trickle(&pinged), ponged(), whole(), Step::Close]),
    ];
    for (fin, first) in [(true, 9), (false, 12)] {
        let frames = [more("non-continuation payload").fin(fin), text("Hello, world!")];
        let each = Step::Chop(super::bytes(&frames), frames[0].to_bytes().len());
        for (number, sent) in (first..).zip([send(&frames), each, trickle(&frames)]) {
            cases.push(case(format!("5.{number}"), [sent, fails(1002)]));
        }
    }
    let behind = [more("fragment3").fin(false), text("fragment4")];
    cases.push(case("5.15", [send(&[&halves[..], &behind].concat()), whole(), fails(1002)]));
    for (id, fin) in [("5.16", false), ("5.17", true)] {
        let round = [more("fragment1").fin(fin), text("fragment2").fin(false), more("fragment3")];
        cases.push(case(id, [send(&[round.clone(), round].concat()), fails(1002)]));
    }
    cases.push(case("5.18", [send(&[halves[0].clone(), text("fragment2")]), fails(1002)]));

    let part = |number: u8, fin| {
        let payload = format!("fragment{number}");
        (if number == 1 { text(payload) } else { more(payload) }).fin(fin)
    };
    let before = [part(1, false), part(2, false), ping("pongme 1!")];
    let after = [part(3, false), part(4, false), ping("pongme 2!"), part(5, true)];
    let answers = |sent: fn(&[RawFrame]) -> Vec<Step>| {
        let mut steps = sent(&before);
        // The first Pong doesn't wait for the end of the message.
        steps.extend([Step::Pong(b"pongme 1!".into()), Step::Quiet]);
        steps.extend(sent(&after));
        let message = "fragment1fragment2fragment3fragment4fragment5";
        steps.extend([Step::Pong(b"pongme 2!".into()), echo(message), Step::Close]);
        steps
    };
    cases.push(case("5.19", answers(|frames| vec![send(frames)])));
    cases.push(case("5.20", answers(one_by_one)));

    // Not in the suite, but what the reference servers stumble over.
    let unfinished = [text("fragment1").fin(false), close(1000, "enough"), more("fragment2")];
    cases.push(case("5, Close between fragments", [send(&unfinished), Step::End(Some(1000))]));
    let letters = vec![b'*'; 65_536];
    let sent = Step::Send(fragments(MessageKind::Text, &letters, 1));
    cases.push(case("5, 65,536 fragments", [sent, echo(letters), Step::Close]));
    let mut hollow = vec![text("").fin(false)];
    hollow.extend(std::iter::repeat_n(more("").fin(false), 65_534));
    hollow.push(more(""));
    cases.push(case("5, 65,536 empty fragments", [send(&hollow), echo(""), Step::Close]));
    cases
}
