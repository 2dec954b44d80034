//! A client's side as calls.

use socket::wire::{CloseCode, ConnectionSettings, End, Role};
use socket::{Channel, OwnedMessage};
use std::sync::Arc;
use tokio::io::{AsyncWriteExt as _, duplex};
use tokio::time::Instant;

/// What waits for the caller may cost so much, and a message so much beside its payload.
const INBOX: u64 = 1 << 20;
const MESSAGE: u64 = 64;

#[tokio::test]
async fn a_flood_of_empty_messages_stalls_until_they_are_taken() {
    const FLOOD: u64 = 100_000;
    let (near, mut far) = duplex(16 << 10);
    let flood = tokio::spawn(async move {
        far.write_all(&b"\x82\x00".repeat(FLOOD as usize)).await.expect("somebody reads");
        far
    });
    let settings = Arc::new(ConnectionSettings::default());
    let mut channel = Channel::new(near, &[], Role::Client, None, settings);
    // The connection moves on in every call, whether or not messages are taken.
    for _ in 0..100 {
        channel.ping(b"").await.expect("the way out is free");
        tokio::task::yield_now().await;
    }
    assert_eq!(channel.counts().messages_in, INBOX / MESSAGE + 1);
    assert!(!flood.is_finished());
    for _ in 0..FLOOD {
        assert_eq!(channel.recv().await, Some(OwnedMessage::Binary(Vec::new())));
    }
    drop(flood.await.expect("all is written"));
    assert_eq!(channel.recv().await, None);
    assert_eq!(channel.summary().map(|summary| summary.end), Some(End::ReceiveFailed));
}

#[tokio::test(start_paused = true)]
async fn a_close_that_comes_with_the_end_of_the_stream_is_the_end() {
    let (near, mut far) = duplex(1 << 10);
    far.write_all(b"\x88\x02\x03\xe8").await.expect("the pipe has room");
    far.shutdown().await.expect("a pipe can be shut down");
    let began = Instant::now();
    let mut channel = Channel::new(near, &[], Role::Client, None, Arc::new(ConnectionSettings::default()));
    assert_eq!(channel.recv().await, None);
    assert_eq!(began.elapsed().as_secs(), 0);
    let summary = channel.summary().expect("it has ended");
    assert_eq!((summary.end, summary.close_received), (End::PeerClosed, Some(Some(CloseCode::NORMAL))));
}
