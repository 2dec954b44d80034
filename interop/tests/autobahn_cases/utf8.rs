//! 6: UTF-8. The sequences of 6.5 and later are those of Markus Kuhn's "UTF-8 decoder capability and stress test".

use interop::probe::{KEY, fragments};
use wire::MessageKind;
use wire::frame::Header;

use super::{Case, Step, case, echo, fails, more, one_by_one, ping, send, text};

const GREETING: &str = "Hello-µ@ßöäüàá-UTF-8!!";
const WORD: &[u8] = "\u{3ba}\u{1f79}\u{3c3}\u{3bc}\u{3b5}".as_bytes();
/// U+110000 in the scheme of UTF-8, which ends at U+10FFFF: wrong from the second byte on.
const BEYOND: &[u8] = b"\xf4\x90\x80\x80";
const EDITED: &[u8] = b"edited";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("6.1.1", [send(&[text("")]), echo(""), Step::Close]),
        case("6.1.2", [send(&[text("").fin(false), more("").fin(false), more("")]), echo(""), Step::Close]),
        case(
            "6.1.3",
            [
                send(&[text("").fin(false), more("middle frame payload").fin(false), more("")]),
                echo("middle frame payload"),
                Step::Close,
            ],
        ),
        case("6.2.1", [send(&[text(GREETING)]), echo(GREETING), Step::Close]),
        case(
            "6.2.2",
            [send(&[text("Hello-µ@ßöä").fin(false), more("üàá-UTF-8!!")]), echo(GREETING), Step::Close],
        ),
        case("6.2.3", [bytewise(GREETING.as_bytes()), echo(GREETING), Step::Close]),
        case("6.2.4", [bytewise(WORD), echo(WORD), Step::Close]),
    ];
    let invalid = [WORD, b"\xed\xa0\x80", EDITED].concat();
    cases.push(case("6.3.1", [send(&[text(&invalid)]), fails(1007)]));
    cases.push(case("6.3.2", [bytewise(&invalid), fails(1007)]));
    cases.extend(fail_fast());
    for (group, sequences) in (5..).zip(sequences()) {
        for (number, sequence) in (1..).zip(sequences) {
            let valid = std::str::from_utf8(&sequence).is_ok();
            let sent = send(&[text(&sequence)]);
            let steps = if valid { vec![sent, echo(sequence), Step::Close] } else { vec![sent, fails(1007)] };
            cases.push(case(format!("6.{group}.{number}"), steps));
        }
    }
    cases
}

/// 6.4: the failure comes with the first byte that can't be right, not with the end of the frame or the message.
fn fail_fast() -> Vec<Case> {
    let whole = [WORD, BEYOND, EDITED].concat();
    let mut cases = Vec::new();
    for (number, good, bad) in [(1, WORD.len(), WORD.len() + 4), (2, WORD.len() + 1, WORD.len() + 2)] {
        // In frames of their own; a Ping shows that all is well up to there.
        let frames = [text(&whole[..good]).fin(false), ping("well?")];
        let mut steps = one_by_one(&frames);
        steps.extend([Step::Pong(b"well?".into()), send(&[more(&whole[good..bad]).fin(false)]), fails(1007)]);
        cases.push(case(format!("6.4.{number}"), steps));

        // Within one frame.
        let frame = text(&whole).to_bytes();
        let header = frame.len() - whole.len();
        let steps = [
            Step::Send(frame[..header + good].to_vec()),
            Step::Quiet,
            Step::Send(frame[header + good..header + bad].to_vec()),
            fails(1007),
        ];
        cases.push(case(format!("6.4.{}", number + 2), steps));
    }
    // A frame that declares a mebibyte is failed by its third byte.
    let mut begun = Header::new(true, wire::OpCode::Text, Some(KEY), 1 << 20).write().to_vec();
    wire::mask::append(b"ok\xff", KEY, &mut begun);
    cases.push(case("6.4, long before the end", [Step::Send(begun), fails(1007)]));
    cases
}

fn bytewise(payload: &[u8]) -> Step {
    Step::Send(fragments(MessageKind::Text, payload, 1))
}

/// From 6.5 on.
fn sequences() -> Vec<Vec<Vec<u8>>> {
    let list = |sequences: &[&[u8]]| sequences.iter().map(|sequence| sequence.to_vec()).collect::<Vec<_>>();
    let spaced = |first: u8, end: u8| (first..end).flat_map(|byte| [byte, b' ']).collect::<Vec<u8>>();
    let unfinished: [&[u8]; 10] = [
        b"\xc0",
        b"\xe0\x80",
        b"\xf0\x80\x80",
        b"\xf8\x80\x80\x80",
        b"\xfc\x80\x80\x80\x80",
        b"\xdf",
        b"\xef\xbf",
        b"\xf7\xbf\xbf",
        b"\xfb\xbf\xbf\xbf",
        b"\xfd\xbf\xbf\xbf\xbf",
    ];
    let mut unexpected: Vec<Vec<u8>> = vec![vec![0x80], vec![0xbf]];
    unexpected.extend((2..=6).map(|len| [0x80, 0xbf].into_iter().cycle().take(len).collect()));
    unexpected.push((0x80..0xbf).collect());
    vec![
        // 6.5: valid.
        list(&[
            b"hello$world",
            b"hello\xc2\xa2world",
            b"hello\xe2\x82\xacworld",
            b"hello\xf0\xa4\xad\xa2world",
            WORD,
        ]),
        // 6.6: all that a word begins with.
        (1..=WORD.len()).map(|len| WORD[..len].to_vec()).collect(),
        // 6.7 and 6.8: the first sequence of each length.
        list(&[b"\x00", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"]),
        list(&[b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"]),
        // 6.9 and 6.10: the last one.
        list(&[b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"]),
        list(&[b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"]),
        // 6.11: other boundaries.
        list(&[b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80"]),
        // 6.12: unexpected continuation bytes.
        unexpected,
        // 6.13: lonely start bytes.
        [(0xc0, 0xdf), (0xe0, 0xef), (0xf0, 0xf7), (0xf8, 0xfb), (0xfc, 0xfd)]
            .map(|(a, b)| spaced(a, b))
            .into(),
        // 6.14 and 6.15: the last continuation byte missing, and all of these in a row.
        list(&unfinished),
        vec![unfinished.concat()],
        // 6.16: bytes that are never there.
        list(&[b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"]),
        // 6.17 to 6.19: overlong.
        list(&[
            b"\xc0\xaf",
            b"\xe0\x80\xaf",
            b"\xf0\x80\x80\xaf",
            b"\xf8\x80\x80\x80\xaf",
            b"\xfc\x80\x80\x80\x80\xaf",
        ]),
        list(&[
            b"\xc1\xbf",
            b"\xe0\x9f\xbf",
            b"\xf0\x8f\xbf\xbf",
            b"\xf8\x87\xbf\xbf\xbf",
            b"\xfc\x83\xbf\xbf\xbf\xbf",
        ]),
        list(&[
            b"\xc0\x80",
            b"\xe0\x80\x80",
            b"\xf0\x80\x80\x80",
            b"\xf8\x80\x80\x80\x80",
            b"\xfc\x80\x80\x80\x80\x80",
        ]),
        // 6.20 and 6.21: surrogates, alone and in pairs.
        list(&[
            b"\xed\xa0\x80",
            b"\xed\xad\xbf",
            b"\xed\xae\x80",
            b"\xed\xaf\xbf",
            b"\xed\xb0\x80",
            b"\xed\xbe\x80",
            b"\xed\xbf\xbf",
        ]),
        list(&[
            b"\xed\xa0\x80\xed\xb0\x80",
            b"\xed\xa0\x80\xed\xbf\xbf",
            b"\xed\xad\xbf\xed\xb0\x80",
            b"\xed\xad\xbf\xed\xbf\xbf",
            b"\xed\xae\x80\xed\xb0\x80",
            b"\xed\xae\x80\xed\xbf\xbf",
            b"\xed\xaf\xbf\xed\xb0\x80",
            b"\xed\xaf\xbf\xed\xbf\xbf",
        ]),
        // 6.22: noncharacters are characters all the same.
        (0..=0x10)
            .flat_map(|plane| [plane << 16 | 0xfffe, plane << 16 | 0xffff])
            .filter_map(char::from_u32)
            .map(|character| character.to_string().into_bytes())
            .collect(),
        // 6.23: specials.
        ('\u{fff9}'..='\u{ffff}').map(|character| character.to_string().into_bytes()).collect(),
    ]
}
