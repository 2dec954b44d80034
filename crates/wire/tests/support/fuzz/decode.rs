//! Any bytes, through a whole connection: nothing panics, limits hold, a failure closes with its code, and a plain model
//! reads the same.

use wire::frame::Header;
use wire::{ConnectionSettings, Limits, MessageKind};

use super::{choice, is_bad_data};
use crate::support::driver::{Driver, Trace, Whole, trace};
use crate::support::model::{self, Outcome};

const LIMITS: Limits = Limits { frame_len: 3000, message_len: 5000, fragments: 40 };

pub(crate) fn run(data: &[u8]) {
    let Some((&first, bytes)) = data.split_first() else { return };
    header(bytes);
    let (role, compression) = choice(first);
    let settings = ConnectionSettings { limits: LIMITS, ..ConnectionSettings::default() };
    let mut driver = Driver::with(role, compression, settings);
    driver.feed(bytes);
    let held = driver.connection.held_bytes() as u64;
    assert!(held <= LIMITS.compressed_len() * 2 + (64 << 10), "{held} bytes are held");
    let trace = trace(driver, []);
    for whole in &trace.wholes {
        if let Whole::Message(kind, payload) = whole {
            assert!(payload.len() as u64 <= LIMITS.message_len);
            assert!(*kind == MessageKind::Binary || std::str::from_utf8(payload).is_ok());
        }
    }
    as_the_model_reads(&trace, &model::read(role, compression.as_ref(), &LIMITS, bytes));
}

fn as_the_model_reads(trace: &Trace, model: &model::Reading) {
    match model.outcome {
        Outcome::Open | Outcome::Closed => assert_eq!(trace.failure, None),
        Outcome::Failed(kind) => assert_eq!(trace.failure, Some(kind)),
        Outcome::BadData => assert!(trace.failure.is_some_and(is_bad_data), "{:?}", trace.failure),
        Outcome::Unknown => {}
    }
    if matches!(model.outcome, Outcome::BadData | Outcome::Unknown) {
        return assert!(trace.wholes.starts_with(&model.wholes));
    }
    assert_eq!(trace.wholes, model.wholes);
    // Pings and a Close are answered in their order, and nothing else is sent.
    let mut answers = model.wholes.iter().filter_map(|whole| match whole {
        Whole::Ping(payload) => Some(Whole::Pong(payload.clone())),
        Whole::Close(..) => Some(whole.clone()),
        _ => None,
    });
    let sent = trace.sent.len() - usize::from(trace.failure.is_some());
    assert!(trace.sent[..sent].iter().all(|sent| answers.next().as_ref() == Some(sent)));
    assert_eq!(answers.next(), None);
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
