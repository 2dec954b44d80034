//! Text and binary as the wire has them, and as plans and relays do: neither of those crates knows the other.

use protocol::fault::Kind;
use socket::wire::MessageKind;

pub(crate) fn to_wire(kind: Kind) -> MessageKind {
    match kind {
        Kind::Text => MessageKind::Text,
        Kind::Binary => MessageKind::Binary,
    }
}

pub(crate) fn from_wire(kind: MessageKind) -> Kind {
    match kind {
        MessageKind::Text => Kind::Text,
        MessageKind::Binary => Kind::Binary,
    }
}
