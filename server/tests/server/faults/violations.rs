use crate::support::{TestServer, upgrade_request};

/// What each violation begins with on the wire.
const BYTES: [(&str, &[u8]); 35] = [
    ("masked-frame", b"\x81\x86\x37\xfa\x21\x3d"),
    ("rsv1", b"\xc1\x03rsv"),
    ("rsv2", b"\xa1\x03rsv"),
    ("rsv3", b"\x91\x03rsv"),
    ("opcode-3", b"\x83\0"),
    ("opcode-4", b"\x84\0"),
    ("opcode-5", b"\x85\0"),
    ("opcode-6", b"\x86\0"),
    ("opcode-7", b"\x87\0"),
    ("opcode-11", b"\x8b\0"),
    ("opcode-12", b"\x8c\0"),
    ("opcode-13", b"\x8d\0"),
    ("opcode-14", b"\x8e\0"),
    ("opcode-15", b"\x8f\0"),
    ("fragmented-control", b"\x09\x08fragment"),
    ("oversized-control", b"\x89\x7e\0\x7exxx"),
    ("continuation-without-start", b"\x80\x0aof nothing"),
    ("message-inside-message", b"\x01\x05outer\x81\x05inner"),
    ("bad-utf8", b"\x81\x05bad \xff"),
    ("bad-utf8-split", b"\x01\x05bad \xe2\x80\x01\x28"),
    ("bad-utf8-reason", b"\x88\x03\x03\xe8\xff"),
    ("close-code-0", b"\x88\x02\0\0"),
    ("close-code-999", b"\x88\x02\x03\xe7"),
    ("close-code-1004", b"\x88\x02\x03\xec"),
    ("close-code-1005", b"\x88\x02\x03\xed"),
    ("close-code-1006", b"\x88\x02\x03\xee"),
    ("close-code-1015", b"\x88\x02\x03\xf7"),
    ("close-code-1100", b"\x88\x02\x04\x4c"),
    ("close-code-2999", b"\x88\x02\x0b\xb7"),
    ("close-code-5000", b"\x88\x02\x13\x88"),
    ("one-byte-close", b"\x88\x01\x03"),
    ("non-minimal-length-16", b"\x81\x7e\0\x04long"),
    ("non-minimal-length-64", b"\x81\x7f\0\0\0\0\0\0\0\x06longer"),
    ("length-top-bit", b"\x81\x7f\x80\0\0\0\0\0\0\0"),
    ("data-after-close", b"\x88\x02\x03\xe8\x81\x0fafter the Close"),
];
/// The same with permessage-deflate.
const COMPRESSED: [(&str, &[u8]); 4] = [
    ("rsv1", b"\x01\x03rsv\xc0\x011"),
    ("bad-deflate", b"\xc1\x03\x07\0\0"),
    ("deflate-bomb", b"\xc1"),
    ("compressed-control", b"\xc9\x01\0"),
];

#[test]
pub(super) fn every_rule_is_broken_on_the_wire() {
    let server = TestServer::start();
    for (name, bytes) in BYTES {
        let mut client = server.upgrade(&format!("/ws?violate={name}"));
        assert_eq!(client.read_exact(bytes.len()), bytes, "{name}");
    }
    for (name, bytes) in COMPRESSED {
        let mut client = server.connect();
        let offer = "+Sec-WebSocket-Extensions: permessage-deflate";
        client.send(upgrade_request(&format!("/ws?violate={name}"), &[offer]).as_bytes());
        assert_eq!(client.response().status, 101);
        assert_eq!(client.read_exact(bytes.len()), bytes, "{name}");
    }
}

#[test]
fn the_list_of_violations_is_what_is_tested_here() {
    let server = TestServer::start();
    let catalogue: serde_json::Value = serde_json::from_slice(&server.get("/api/faults", &[]).body).unwrap();
    let listed =
        catalogue["violations"].as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap());
    let tested: Vec<_> = BYTES.iter().chain(&COMPRESSED).map(|(name, _)| *name).collect();
    for name in listed {
        assert!(tested.contains(&name), "{name}");
    }
}

#[test]
fn several_are_broken_one_after_the_other() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?violate=rsv2,rsv3&from=1");
    client.send(&crate::support::frame(0x1, b"go"));
    let bytes = b"\xa1\x03rsv\x91\x03rsv\x81\x02go";
    assert_eq!(client.read_exact(bytes.len()), bytes);
}
