//! Following the stream of a channel.

use super::streams::{HEAD, count, counts_as, subject_epoch};
use super::{AGAIN, PATIENCE, Shared};
use crate::channels::bus::{NoRoom, Unavailable};
use crate::channels::channel::{Channel, State};
use crate::channels::post::Post;
use crate::lock::lock;
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::stream::Stream;
use futures_util::StreamExt as _;
use protocol::fault::Label as Name;
use std::error::Error;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tracing::{error, warn};

/// How often it is looked whether anybody has the channel, and whether the stream is the one that it was.
const LOOK: Duration = Duration::from_secs(10);
/// After so long a server of NATS knows what the others have.
const SURE: Duration = Duration::from_secs(2);
/// Messages that are taken over at once.
const BATCH: usize = 256;

pub(super) type Failure = Box<dyn Error + Send + Sync>;

impl Shared {
    /// The channel, with all that its stream has.
    pub(super) async fn open(self: &Arc<Self>, name: &Name) -> Result<Arc<Channel>, NoRoom> {
        let mut held = self.held.lock().await;
        if let Some(channel) = held.get(name) {
            return Ok(channel);
        }
        // Nobody has to wait for what does not answer.
        self.ready()?;
        let stream = match self.find_stream(name).await {
            Ok(Some(stream)) => Ok(stream),
            Ok(None) => match self.make_way(&held).await {
                Ok(true) => self.make_stream(name).await,
                Ok(false) => return Err(NoRoom::Full),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        let stream = stream.map_err(|error| {
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
                return Err(Unavailable.into());
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
        let mut stream = match self.find_stream(name).await? {
            Some(stream) => stream,
            None => self.make_stream(name).await?,
        };
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
        let mut behind = None;
        loop {
            let batch = tokio::select! {
                batch = messages.next() => Some(batch.ok_or("the consumer ended")?),
                _ = look.tick() => None,
                () = asks.notified() => None,
            };
            let Some(batch) = batch else {
                let asked = Instant::now();
                let Some(channel) = followed.upgrade() else { return Ok(()) };
                let info = stream.get_info().await?;
                let head = channel.head();
                if !counts_as(&info, head) {
                    return Ok(());
                }
                channel.counts(asked);
                // A message that was lost with a connection is sent again only once another one shows that it is missing.
                // Where none comes, a new consumer begins with it.
                let was_behind = behind.take();
                if info.state.last_sequence > head.offset {
                    match was_behind {
                        Some(before) if before == head => return Ok(()),
                        Some(_) => {}
                        None => {
                            behind = Some(head);
                            look.reset_after(AGAIN);
                        }
                    }
                }
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
                let told = message.headers.as_ref().and_then(|headers| headers.get(HEAD));
                let told: u64 = told.map_or(Ok(0), |told| told.as_str().parse())?;
                let epoch = channel.head().epoch;
                if subject_epoch(&message.subject) != Some(epoch) || told >= offset {
                    // Of another epoch, or from a server that knew of more than there was when this came: what the stream has
                    // lost was made up for before anybody compared. None of it was told to anybody here.
                    channel.keep(posts.drain(..));
                    return self.begin_epoch(name, epoch).await;
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
        // Offsets that were told are given anew. All that was counted so far is of an epoch that is over.
        self.begin_epoch(&channel.name, head.epoch).await?;
        let (epoch, first) = count(stream.info().await?);
        channel.renew(epoch, first);
        Ok(())
    }
}
