//! Following the stream of a channel.

use super::{AGAIN, PATIENCE, Shared};
use crate::channels::bus::Unavailable;
use crate::channels::channel::{Channel, State, fresh_epoch};
use crate::channels::post::Post;
use crate::lock::lock;
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::stream::{Config, DiscardPolicy, Info, StorageType, Stream};
use futures_util::StreamExt as _;
use protocol::fault::Label as Name;
use protocol::session::{Epoch, Position, Public};
use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tracing::{debug, error, warn};

/// So long NATS recognises a message by its id.
const RECOGNISED: Duration = Duration::from_secs(120);
/// What a message takes in a stream beside its data, in bytes, at most: ids, name, headers.
const OVERHEAD: usize = 512;
/// How often it is looked whether anybody has the channel, and whether the stream is the one that it was.
const LOOK: Duration = Duration::from_secs(10);
/// After so long a server of NATS knows what the others have.
const SURE: Duration = Duration::from_secs(2);
/// Messages that are taken over at once.
const BATCH: usize = 256;

/// What a stream says of itself beside NATS's own: the epoch of its offsets, and the first offset that is of this epoch.
const EPOCH: &str = "heartwire-epoch";
const FIRST: &str = "heartwire-first";

pub(super) type Failure = Box<dyn Error + Send + Sync>;

impl Shared {
    /// The channel, with all that its stream has.
    pub(super) async fn open(self: &Arc<Self>, name: &Name) -> Result<Arc<Channel>, Unavailable> {
        let mut held = self.held.lock().await;
        if let Some(channel) = held.get(name) {
            return Ok(channel);
        }
        // Nobody has to wait for what does not answer.
        self.ready()?;
        let stream = self.stream(name).await.map_err(|error| {
            // Anybody may ask for any room, and each may be one too many.
            let mut told = lock(&self.told);
            if told.is_none_or(|told| told.elapsed() > LOOK) {
                *told = Some(Instant::now());
                error!(room = %name, error, "the history of a room can't be had from NATS");
            }
            Unavailable
        })?;
        let info = stream.cached_info();
        let (epoch, first) = count(info);
        let first = first.max(info.state.first_sequence).max(1);
        let state = State::resumed(epoch, first, self.terms.limits).shared();
        let channel = Arc::new(Channel::new(name.clone(), state, self.terms.clone()));
        let (last, begun) = (info.state.last_sequence, Instant::now());
        tokio::spawn(Arc::clone(self).follow(Arc::downgrade(&channel), name.clone()));
        while channel.head().offset < last {
            if begun.elapsed() > PATIENCE {
                return Err(Unavailable);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        held.add(&channel);
        Ok(channel)
    }

    /// Follows the stream as long as somebody has the channel.
    async fn follow(self: Arc<Self>, channel: Weak<Channel>, name: Name) {
        while channel.strong_count() > 0 {
            if let Err(error) = self.follow_once(&channel, &name).await {
                warn!(room = %name, error, "NATS does not tell what is new: trying again");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    /// Follows it until something fails, or it is time to look whether it is still the same.
    async fn follow_once(&self, followed: &Weak<Channel>, name: &Name) -> Result<(), Failure> {
        let asked = Instant::now();
        let mut stream = self.stream(name).await?;
        let Some(channel) = followed.upgrade() else { return Ok(()) };
        self.compare(&channel, &mut stream).await?;
        channel.counts(asked);
        let asks = Arc::clone(&channel.look);
        let start_sequence = channel.head().offset + 1;
        drop(channel);
        let config = OrderedConfig {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence },
            // Half of it is how often the server shows that it is there. One that is not is replaced after twice as long.
            max_expires: Duration::from_secs(2),
            ..OrderedConfig::default()
        };
        let mut messages = stream.create_consumer(config).await?.messages().await?.ready_chunks(BATCH);
        let mut look = tokio::time::interval_at(tokio::time::Instant::now() + LOOK, LOOK);
        loop {
            let batch = tokio::select! {
                batch = messages.next() => Some(batch.ok_or("the consumer ended")?),
                _ = look.tick() => None,
                () = asks.notified() => None,
            };
            let Some(batch) = batch else {
                let asked = Instant::now();
                let Some(channel) = followed.upgrade() else { return Ok(()) };
                if !counts_as(&stream.get_info().await?, channel.head()) {
                    return Ok(());
                }
                channel.counts(asked);
                continue;
            };
            let Some(channel) = followed.upgrade() else { return Ok(()) };
            let mut posts = Vec::with_capacity(batch.len());
            let mut next = channel.head().offset + 1;
            for message in batch {
                let message = message?;
                let offset = message.info()?.stream_sequence;
                if offset < next {
                    continue;
                }
                if offset > next {
                    channel.keep(posts.drain(..));
                    channel.skip_to(offset);
                }
                posts
                    .push(Post::read(&message.payload).ok_or("a message in the stream is none of a room's")?);
                next = offset + 1;
            }
            channel.keep(posts);
        }
    }

    /// Sees to it that the channel counts as the stream does.
    async fn compare(&self, channel: &Channel, stream: &mut Stream) -> Result<(), Failure> {
        let info = stream.cached_info();
        let ((epoch, first), state, head) = (count(info), &info.state, channel.head());
        if epoch == head.epoch && state.last_sequence >= head.offset {
            if state.first_sequence > head.offset + 1 {
                channel.skip_to(state.first_sequence);
            }
            return Ok(());
        }
        if epoch != head.epoch {
            error!(room = %channel.name, "the stream of a room was replaced, or has lost messages: another epoch begins");
            channel.renew(epoch, first.max(state.first_sequence).max(1));
            return Ok(());
        }
        // Who has just come back may not know the latest.
        tokio::time::sleep(SURE).await;
        let info = stream.info().await?;
        if count(info).0 != head.epoch || info.state.last_sequence >= head.offset {
            return Err("the stream has changed again".into());
        }
        let state = &info.state;
        // Offsets that were told are given anew. All that was counted so far is of an epoch that is over.
        let (kept, told) = (state.last_sequence, head.offset);
        error!(room = %channel.name, kept, told, "NATS has lost messages that it had acknowledged: another epoch begins");
        let mut config = info.config.clone();
        config.metadata.extend(fresh_count(&channel.name, state.last_sequence + 1));
        self.context.update_stream(config).await?;
        let (epoch, first) = count(stream.info().await?);
        channel.renew(epoch, first);
        Ok(())
    }

    /// The stream of a channel, as it is or new.
    async fn stream(&self, name: &Name) -> Result<Stream, Failure> {
        let stream = stream_name(name);
        let limits = self.terms.limits;
        let config = Config {
            name: stream.clone(),
            subjects: vec![format!("{PREFIX}.room.{}.*", token(name))],
            max_messages: i64::try_from(limits.entries)?,
            max_bytes: i64::try_from(limits.bytes + OVERHEAD * limits.entries)?,
            discard: DiscardPolicy::Old,
            storage: StorageType::File,
            num_replicas: self.replicas,
            duplicate_window: RECOGNISED,
            metadata: fresh_count(name, 1),
            ..Config::default()
        };
        match self.context.get_or_create_stream(config).await {
            Ok(stream) => Ok(stream),
            Err(error) => {
                debug!(%error, stream, "perhaps another server has just made it");
                Ok(self.context.get_stream(stream).await.map_err(|_| error)?)
            }
        }
    }
}

const PREFIX: &str = "heartwire";

/// Where a session's messages go.
pub(super) fn subject(name: &Name, session: Public) -> String {
    format!("{PREFIX}.room.{}.{session}", token(name))
}

pub(super) fn stream_name(name: &Name) -> String {
    format!("{PREFIX}-room-{}", token(name))
}

/// Dots part the tokens of a subject, and a name has no other sign that means something there.
pub(super) fn token(name: &Name) -> String {
    name.as_str().replace('.', "=")
}

pub(super) fn count(info: &Info) -> (Epoch, u64) {
    let metadata = &info.config.metadata;
    let epoch = metadata.get(EPOCH).and_then(|epoch| u64::from_str_radix(epoch, 16).ok());
    let first = metadata.get(FIRST).and_then(|first| first.parse().ok());
    (Epoch(epoch.unwrap_or(0)), first.unwrap_or(1))
}

/// Whether the stream still counts as a channel does whose latest message is `head`.
pub(super) fn counts_as(info: &Info, head: Position) -> bool {
    count(info).0 == head.epoch && info.state.last_sequence >= head.offset
}

pub(super) fn fresh_count(name: &Name, first: u64) -> HashMap<String, String> {
    HashMap::from([(EPOCH.to_owned(), fresh_epoch(name).to_string()), (FIRST.to_owned(), first.to_string())])
}
