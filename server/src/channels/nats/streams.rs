//! The streams of channels: how they are called, how they count, and how many there are.

use super::Shared;
use super::follow::Failure;
use super::presence::BUCKET;
use crate::channels::channel::{Held, fresh_epoch};
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{DeleteStreamErrorKind, GetStreamErrorKind};
use async_nats::jetstream::stream::{Config, DiscardPolicy, Info, StorageType, Stream};
use futures_util::TryStreamExt as _;
use protocol::fault::Label as Name;
use protocol::session::{Epoch, Position, Public};
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;
use tracing::{debug, error, info};

const PREFIX: &str = "heartwire";
/// Of those that may go so many are looked up at a time.
const LOOKED_UP: usize = 64;
/// So long NATS recognises a message by its id.
const RECOGNISED: Duration = Duration::from_secs(120);
/// What a message takes in a stream beside its data, in bytes, at most: ids, name, headers.
const OVERHEAD: usize = 512;

/// What a stream says of itself beside NATS's own: the epoch of its offsets, and the first offset that is of this epoch.
const EPOCH: &str = "heartwire-epoch";
const FIRST: &str = "heartwire-first";
/// The header of a message that tells the latest offset its server knew of. In a stream that has lost nothing it lies behind.
pub(super) const HEAD: &str = "Heartwire-Head";

/// A stream that may go, as long as it is as it was.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Idle {
    /// Nothing was ever said there.
    is_empty: bool,
    /// When something was said last, or it was made, in nanoseconds since 1970.
    since: i128,
    stream: String,
}

impl Shared {
    /// The stream of a channel, if there is one.
    pub(super) async fn find_stream(&self, name: &Name) -> Result<Option<Stream>, Failure> {
        let stream = match self.context.get_stream(stream_name(name)).await {
            Ok(stream) => stream,
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(error) if is_missing(&error) => return Ok(None),
                _ => return Err(error.into()),
            },
        };
        let (epoch, _) = count(stream.cached_info());
        if stream.cached_info().config.subjects == [subjects(name, epoch)] {
            return Ok(Some(stream));
        }
        error!(room = %name, "the stream of a room takes messages of other epochs: another epoch begins");
        self.begin_epoch(name, epoch).await?;
        Ok(Some(self.context.get_stream(stream_name(name)).await?))
    }

    /// The same where there is none: a new one.
    pub(super) async fn make_stream(&self, name: &Name) -> Result<Stream, Failure> {
        let stream = stream_name(name);
        let (limits, epoch) = (self.terms.limits, fresh_epoch(name));
        let config = Config {
            name: stream.clone(),
            subjects: vec![subjects(name, epoch)],
            max_messages: i64::try_from(limits.entries)?,
            max_bytes: i64::try_from(limits.bytes + OVERHEAD * limits.entries)?,
            discard: DiscardPolicy::Old,
            storage: StorageType::File,
            num_replicas: self.replicas,
            duplicate_window: RECOGNISED,
            metadata: metadata(epoch, 1),
            ..Config::default()
        };
        match self.context.create_stream(config).await {
            Ok(stream) => Ok(stream),
            Err(error) => {
                debug!(%error, stream, "perhaps another server has just made it");
                Ok(self.context.get_stream(stream).await.map_err(|_| error)?)
            }
        }
    }

    /// Has another epoch begin behind all that the stream has, unless one has begun since `over`. From then on NATS takes
    /// messages of the new one alone: what another server hands in before it has heard of that is refused.
    pub(super) async fn begin_epoch(&self, name: &Name, over: Epoch) -> Result<(), Failure> {
        let stream = self.context.get_stream(stream_name(name)).await?;
        let info = stream.cached_info();
        if count(info).0 != over {
            return Ok(());
        }
        let (epoch, kept) = (fresh_epoch(name), info.state.last_sequence);
        error!(room = %name, kept, "NATS has lost messages that it had acknowledged: another epoch begins");
        let mut config = info.config.clone();
        config.subjects = vec![subjects(name, epoch)];
        config.metadata.extend(metadata(epoch, kept + 1));
        self.context.update_stream(config).await?;
        Ok(())
    }

    /// Sees to it that there is room for another stream. False: there are as many as there may be, all in use.
    pub(super) async fn make_way(&self, held: &Held) -> Result<bool, Failure> {
        let account = self.context.query_account().await?;
        let may =
            account.limits.max_streams.and_then(|most| usize::try_from(most).ok()).filter(|most| *most > 0);
        if account.streams < self.rooms.min(may.unwrap_or(usize::MAX)) {
            return Ok(true);
        }
        let mut idle = self.idle.lock().await;
        let mut in_use = None;
        for again in [false, true] {
            while let Some(next) = idle.pop_front() {
                if in_use.is_none() {
                    in_use = Some(self.in_use(held).await?);
                }
                let is_used = in_use.as_ref().is_some_and(|used| used.contains(&next.stream));
                if !is_used && self.remove_if_idle(&next).await? {
                    return Ok(true);
                }
            }
            if again {
                break;
            }
            let used = self.in_use(held).await?;
            let mut all: Vec<Info> = self.context.streams().try_collect().await?;
            all.retain(|info| info.config.name.starts_with(&stream_prefix()));
            if all.len() < self.rooms && may.is_none_or(|most| account.streams < most) {
                // Others of the account are not ours to count.
                return Ok(true);
            }
            let mut found: Vec<_> =
                all.iter().map(Idle::of).filter(|idle| !used.contains(&idle.stream)).collect();
            found.sort_by_key(|idle| (!idle.is_empty, idle.since));
            found.truncate(LOOKED_UP);
            *idle = VecDeque::from(found);
            in_use = Some(used);
        }
        Ok(false)
    }

    /// The streams of rooms that somebody has here, or is in elsewhere.
    pub(super) async fn in_use(&self, held: &Held) -> Result<HashSet<String>, Failure> {
        let mut used: HashSet<_> = held.all().map(|channel| stream_name(&channel.name)).collect();
        // Without the bucket nobody has told anything.
        let Ok(bucket) = self.context.get_key_value(BUCKET).await else { return Ok(used) };
        let mut keys = bucket.keys().await?;
        while let Some(key) = keys.try_next().await? {
            if let Some((room, _)) = key.rsplit_once('.') {
                used.insert(stream_prefix() + room);
            }
        }
        Ok(used)
    }

    /// Removes a stream, if nothing was said there in the meantime. True: it is gone, whoever removed it.
    async fn remove_if_idle(&self, idle: &Idle) -> Result<bool, Failure> {
        match self.context.get_stream(&idle.stream).await {
            Ok(stream) if Idle::of(stream.cached_info()) != *idle => return Ok(false),
            Ok(_) => {}
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(error) if is_missing(&error) => return Ok(true),
                _ => return Err(error.into()),
            },
        }
        match self.context.delete_stream(&idle.stream).await {
            Ok(_) => info!(
                stream = idle.stream,
                "a room that nobody is in makes way for another, with its history"
            ),
            Err(error) => match error.kind() {
                DeleteStreamErrorKind::JetStream(error) if is_missing(&error) => {}
                _ => return Err(error.into()),
            },
        }
        Ok(true)
    }
}

impl Idle {
    fn of(info: &Info) -> Self {
        let spoken = info.state.last_timestamp.unix_timestamp_nanos();
        Self {
            is_empty: info.state.last_sequence == 0,
            since: spoken.max(info.created.unix_timestamp_nanos()),
            stream: info.config.name.clone(),
        }
    }
}

fn is_missing(error: &async_nats::jetstream::Error) -> bool {
    error.error_code() == ErrorCode::STREAM_NOT_FOUND
}

/// Where the messages of an epoch go. NATS itself refuses those of another.
fn subjects(name: &Name, epoch: Epoch) -> String {
    format!("{PREFIX}.room.{}.{epoch}.*", token(name))
}

/// Where a session's messages go.
pub(super) fn subject(name: &Name, epoch: Epoch, session: Public) -> String {
    format!("{PREFIX}.room.{}.{epoch}.{session}", token(name))
}

/// The epoch of a message by its subject.
pub(super) fn subject_epoch(subject: &str) -> Option<Epoch> {
    let epoch = subject.rsplit('.').nth(1)?;
    u64::from_str_radix(epoch, 16).ok().map(Epoch)
}

pub(super) fn stream_name(name: &Name) -> String {
    stream_prefix() + &token(name)
}

fn stream_prefix() -> String {
    format!("{PREFIX}-room-")
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

fn metadata(epoch: Epoch, first: u64) -> HashMap<String, String> {
    HashMap::from([(EPOCH.to_owned(), epoch.to_string()), (FIRST.to_owned(), first.to_string())])
}
