//! 7: closing.

use interop::probe::frame;
use wire::OpCode;

use super::{Case, Step, case, close, echo, fails, more, ping, send, text};

/// Text that is cut short by a surrogate, which UTF-8 has no place for.
const BROKEN: &[u8] = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited";

pub(crate) fn cases() -> Vec<Case> {
    let hello = || text("Hello World!");
    let empty = || frame(OpCode::Close, b"");
    let normal = || Step::End(Some(1000));
    let long = vec![b'*'; 256 << 10];
    let mut cases = vec![
        case("7.1.1", [send(&[hello()]), echo("Hello World!"), Step::Close]),
        case("7.1.2", [send(&[close(1000, ""), empty()]), normal()]),
        case("7.1.3", [send(&[close(1000, ""), ping("")]), normal()]),
        case("7.1.4", [send(&[close(1000, ""), hello()]), normal()]),
        case("7.1.5", [send(&[text("fragment1").fin(false), close(1000, ""), more("fragment2")]), normal()]),
        case(
            "7.1.6",
            [
                send(&[text(&long), hello(), close(1000, ""), ping("")]),
                echo(long),
                echo("Hello World!"),
                normal(),
            ],
        ),
        case("7.3.1", [send(&[empty()]), Step::End(None)]),
        case("7.3.2", [send(&[frame(OpCode::Close, b"a")]), fails(1002)]),
        case("7.3.3", [send(&[close(1000, "")]), normal()]),
        case("7.3.4", [send(&[close(1000, "Hello World!")]), normal()]),
        case("7.3.5", [send(&[close(1000, [b'*'; 123])]), normal()]),
        case("7.3.6", [send(&[close(1000, [b'*'; 124])]), fails(1002)]),
        case("7.5.1", [send(&[close(1000, BROKEN)]), fails(1007)]),
    ];
    let valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
    for (number, code) in (1..).zip(valid) {
        cases.push(case(format!("7.7.{number}"), [send(&[close(code, "")]), Step::End(Some(code))]));
    }
    let invalid = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
    for (number, code) in (1..).zip(invalid) {
        cases.push(case(format!("7.9.{number}"), [send(&[close(code, "")]), fails(1002)]));
    }
    // The suite leaves open what becomes of these; here they are refused like the others.
    for (number, code) in (1..).zip([5000, 65_535]) {
        cases.push(case(format!("7.13.{number}"), [send(&[close(code, "")]), fails(1002)]));
    }
    cases
}
