//! Publishing: one message of a session after the other, each exactly once whatever becomes of requests and connections.

use super::follow::Failure;
use super::streams::{HEAD, counts_as, stream_name, subject};
use super::{AGAIN, PATIENCE, Shared};
use crate::channels::channel::Channel;
use crate::channels::post::Post;
use crate::lock::lock;
use async_nats::HeaderMap;
use async_nats::header::{NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, NATS_MESSAGE_ID};
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::stream::{LastRawMessageErrorKind, Stream};
use protocol::session::Public;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

impl Shared {
    /// Publishes what waits of a session, until nothing does.
    pub(super) async fn deliver(self: &Arc<Self>, channel: &Channel, session: Public) {
        let key = (channel.name.clone(), session);
        let mut latest = None;
        loop {
            let next = lock(&self.queues).get(&key).and_then(|queue| queue.front().cloned());
            let Some(post) = next else { return };
            latest = self.deliver_one(channel, &post, latest).await;
            self.waiting.fetch_sub(post.data.len(), Ordering::Relaxed);
            let mut queues = lock(&self.queues);
            let Some(queue) = queues.get_mut(&key) else { return };
            queue.pop_front();
            if queue.is_empty() {
                queues.remove(&key);
                return;
            }
        }
    }

    /// Publishes a message, or finds that it was published, or that one behind it was. `latest` is where the session's latest
    /// message is known to lie; gives the same.
    ///
    /// What the channel makes of it follows from the stream: it is kept there, or passed over.
    async fn deliver_one(
        self: &Arc<Self>,
        channel: &Channel,
        post: &Post,
        latest: Option<u64>,
    ) -> Option<u64> {
        let (session, seq) = (post.author.session, post.author.seq);
        let mut expected = latest.max(channel.latest(session));
        loop {
            // The message is of this epoch, if it waits after that was asked.
            let head = channel.head();
            if !channel.is_waiting(session, seq) {
                return expected;
            }
            let subject = subject(&channel.name, head.epoch, session);
            let mut headers = HeaderMap::new();
            headers.insert(NATS_MESSAGE_ID, format!("{session}.{seq}"));
            headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, expected.unwrap_or(0).to_string());
            headers.insert(HEAD, head.offset.to_string());
            let sent = self.context.publish_with_headers(subject.clone(), headers, post.write().into()).await;
            let acknowledged = match sent {
                Ok(acknowledgement) => acknowledgement.await,
                Err(error) => Err(error),
            };
            match acknowledged {
                Ok(acknowledgement) => {
                    self.goes_well();
                    if acknowledgement.sequence <= head.offset && !acknowledgement.duplicate {
                        // Here something else was told under this offset. Those who follow the stream from there see that
                        // themselves, others do not.
                        while channel.is_waiting(session, seq)
                            && let Err(error) = self.begin_epoch(&channel.name, head.epoch).await
                        {
                            self.has_failed(&error);
                            tokio::time::sleep(AGAIN).await;
                        }
                        channel.look.notify_one();
                    }
                    return Some(acknowledgement.sequence);
                }
                Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => {
                    match self.latest(channel, &subject).await {
                        Ok(Some((at, latest))) if latest >= seq => return Some(at),
                        Ok(there) => {
                            let there = there.map(|(at, _)| at);
                            if there < expected {
                                // What was known to lie there is gone: from history, or with all of the stream.
                                self.catch_up(channel, post).await;
                            }
                            expected = there;
                        }
                        Err(error) => self.wait(channel, post, &error).await,
                    }
                }
                Err(error) => {
                    self.wait(channel, post, &error).await;
                    expected = latest.max(channel.latest(session));
                }
            }
        }
    }

    /// A session's latest message in the stream: where it lies, and its number.
    async fn latest(&self, channel: &Channel, subject: &str) -> Result<Option<(u64, u64)>, Failure> {
        let stream = self.context.get_stream_no_info(stream_name(&channel.name)).await;
        match stream?.get_last_raw_message_by_subject(subject).await {
            Ok(message) => {
                let post = Post::read(&message.payload);
                Ok(Some((message.sequence, post.map_or(u64::MAX, |post| post.author.seq))))
            }
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// It is not known what became of a message: it is tried again a while later, once that is known.
    async fn wait(self: &Arc<Self>, channel: &Channel, post: &Post, error: &(dyn fmt::Display + Sync)) {
        self.has_failed(error);
        tokio::time::sleep(AGAIN).await;
        self.catch_up(channel, post).await;
    }

    /// Before a message is tried again, all that the stream has by now has to be known: it may be there, and NATS knows it by
    /// its id for two minutes only. Where the stream counts otherwise than the channel, the channel has to follow it first,
    /// and the message is of an epoch that is over.
    async fn catch_up(&self, channel: &Channel, post: &Post) {
        while channel.is_waiting(post.author.session, post.author.seq) {
            let stream = self.context.get_stream(stream_name(&channel.name)).await;
            let Ok(info) = stream.as_ref().map(Stream::cached_info) else {
                tokio::time::sleep(AGAIN).await;
                continue;
            };
            if counts_as(info, channel.head()) {
                let (last, begun) = (info.state.last_sequence, Instant::now());
                while begun.elapsed() < PATIENCE {
                    if channel.head().offset >= last {
                        return;
                    }
                    tokio::time::sleep(AGAIN / 10).await;
                }
                // What is there does not come: whoever follows the stream may have lost it.
                channel.look.notify_one();
            } else {
                channel.look.notify_one();
                tokio::time::sleep(AGAIN / 10).await;
            }
        }
    }
}
