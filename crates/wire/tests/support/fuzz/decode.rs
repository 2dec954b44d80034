//! Any bytes, through every layer: nothing panics, limits hold, a failure closes with its code.

use std::sync::Arc;

use wire::deflate::{Inflater, Params};
use wire::frame::Header;
use wire::{Assembler, Connection, Event, Limits, Role, Scratch, Sender, Step, TcpAdvice};

const LIMITS: Limits = Limits { frame_len: 3000, message_len: 5000, fragments: 40 };

pub(crate) fn run(data: &[u8]) {
    let Some((&choice, bytes)) = data.split_first() else { return };
    header(bytes);
    let role = if choice & 1 == 0 { Role::Server } else { Role::Client };
    let compression = choice & 2 != 0;
    let mut connection = Connection::new(role, Arc::new(LIMITS)).with_compression(compression);
    let mut assembler = if compression {
        Assembler::with_inflater(Inflater::new(&Params::default(), role), LIMITS.message_len)
    } else {
        Assembler::new()
    };
    let mut scratch = Scratch::default();
    let mut buf = bytes.to_vec();
    let mut replies = Vec::new();
    let mut at = 0;
    let failure = loop {
        match connection.step(&mut buf[at..], Sender::unmasked, &mut replies) {
            Ok(Step::Event { consumed, event }) => {
                if let Event::Data(data) = &event {
                    match assembler.push(data, &buf[at..], &mut scratch) {
                        Ok(Some(message)) => {
                            assert!(message.payload.len() as u64 <= LIMITS.message_len);
                            if message.kind == wire::MessageKind::Text {
                                assert!(std::str::from_utf8(&message.payload).is_ok());
                            }
                        }
                        Ok(None) => {}
                        Err(failure) => {
                            connection.fail(failure, Sender::unmasked, &mut replies);
                            break Some(failure);
                        }
                    }
                }
                at += consumed;
            }
            Ok(Step::NeedMore { at_least }) => {
                assert!(at_least > buf.len() - at);
                break None;
            }
            Ok(Step::Ended) => break None,
            Err(failure) => break Some(failure),
        }
    };
    replies_are_legal(role, &replies, failure.map(|failure| failure.close_code().0));
    if failure.is_some() {
        assert!(matches!(connection.tcp(), TcpAdvice::Close | TcpAdvice::AwaitEof));
    }
}

/// What the connection answered must pass a receiver of the other role and end with the failure's code.
fn replies_are_legal(role: Role, replies: &[u8], code: Option<u16>) {
    let mut peer = wire::Receiver::new(role.peer(), Arc::new(Limits::default()));
    let trace = crate::trace::trace(&mut peer, [replies]);
    assert_eq!(trace.failure, None);
    if let Some(code) = code {
        match trace.seen.last() {
            Some(crate::trace::Seen::Close(Some(sent), _)) => assert_eq!(*sent, code),
            other => panic!("the failure was not answered with a Close but {other:?}"),
        }
    }
}

/// A header survives being read and written, whatever its bits.
fn header(bytes: &[u8]) {
    match Header::read(bytes) {
        Ok((header, len)) => {
            assert_eq!(header.encoded_len(), len);
            assert_eq!(&*header.write(), &bytes[..len]);
        }
        Err(needed) => assert!(needed > bytes.len()),
    }
}
