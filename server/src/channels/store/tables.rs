//! What lies in the file, and where.

use crate::channels::channel::Channel;
use crate::channels::post::Post;
use protocol::session::{Epoch, Limits, Position};
use redb::{
    Database, Durability, Error, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _,
    StorageError, Table, TableDefinition,
};
use sha2::{Digest as _, Sha256};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

/// Channels that are kept. Of more than that, the one that was written to longest ago goes.
const MAX_CHANNELS: u64 = 4096;
/// What an entry takes beside its bytes, in bytes, as in memory.
const OVERHEAD: u64 = 160;
/// The form of what is described here.
const FORMAT: u64 = 1;

/// By its name: its number, its epoch, the offset of its first message and of the next, the bytes of all, and when it was
/// written to last, as a count of writes.
pub(super) const CHANNELS: TableDefinition<'_, &str, Row> = TableDefinition::new("channels");
/// By its channel's number and its offset, as [`Post::write`] has it.
pub(super) const MESSAGES: TableDefinition<'_, (u64, u64), &[u8]> = TableDefinition::new("messages");
/// What there is once.
pub(super) const ONCE: TableDefinition<'_, &str, u64> = TableDefinition::new("once");

pub(super) type Row = (u64, u64, u64, u64, u64, u64);

/// Messages of one channel that are to be kept.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) channel: Arc<Channel>,
    pub(super) posts: Vec<Post>,
}

/// What there is of a channel.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) epoch: Epoch,
    pub(super) first: u64,
    pub(super) posts: Vec<Post>,
}

#[derive(Debug)]
pub(super) struct Tables(pub(super) Database);

impl Tables {
    /// Those in this file, or new ones.
    pub(super) fn new(database: Database) -> Result<Self, Error> {
        let write = database.begin_write()?;
        {
            write.open_table(CHANNELS)?;
            write.open_table(MESSAGES)?;
            let mut once = write.open_table(ONCE)?;
            let format = once.get("format")?.map(|format| format.value());
            match format {
                Some(FORMAT) => {}
                Some(other) => {
                    let error = format!("its format is {other}, and this program knows {FORMAT}");
                    return Err(Error::Corrupted(error));
                }
                None => {
                    once.insert("format", FORMAT)?;
                    // As good as random.
                    once.insert("identity", RandomState::new().hash_one("identity"))?;
                }
            }
        }
        write.commit()?;
        Ok(Self(database))
    }

    /// A channel as it was left.
    pub(super) fn load(&self, name: &str, limits: Limits) -> Result<Loaded, Error> {
        let read = self.0.begin_read()?;
        let row = read.open_table(CHANNELS)?.get(name)?.map(|row| row.value());
        let Some((number, epoch, first, next, ..)) = row else {
            let epoch =
                empty_epoch(name, |key| Ok(read.open_table(ONCE)?.get(key)?.map(|value| value.value())))?;
            return Ok(Loaded { epoch, first: 1, posts: Vec::new() });
        };
        // The limits may have been others.
        let first = first.max(next.saturating_sub(limits.entries as u64));
        let messages = read.open_table(MESSAGES)?;
        let mut posts = Vec::new();
        for (offset, message) in (first..).zip(messages.range((number, first)..(number, next))?) {
            let (key, bytes) = message?;
            let post = Post::read(bytes.value()).filter(|_| key.value().1 == offset);
            posts.push(
                post.ok_or_else(|| Error::Corrupted(format!("message {offset} of {name} is not there")))?,
            );
        }
        Ok(Loaded { epoch: Epoch(epoch), first, posts })
    }

    /// A channel's latest message.
    pub(super) fn head(&self, name: &str) -> Result<Position, Error> {
        let read = self.0.begin_read()?;
        if let Some(row) = read.open_table(CHANNELS)?.get(name)? {
            let (_, epoch, _, next, ..) = row.value();
            return Ok(Position { epoch: Epoch(epoch), offset: next - 1 });
        }
        let once = read.open_table(ONCE)?;
        let epoch = empty_epoch(name, |key| Ok(once.get(key)?.map(|value| value.value())))?;
        Ok(Position::start(epoch))
    }

    /// Keeps messages behind the latest of their channels. They are durable once this returns. Where it fails, some may be, and
    /// the file has to be opened anew.
    pub(super) fn append(&self, groups: &[Group], limits: &Limits) -> Result<(), Error> {
        let mut write = self.0.begin_write()?;
        // All that "acknowledged" promises rests on this: the sync is before the acknowledgement.
        write.set_durability(Durability::Immediate)?;
        {
            let mut channels = write.open_table(CHANNELS)?;
            let mut messages = write.open_table(MESSAGES)?;
            let mut once = write.open_table(ONCE)?;
            let written = once.get("written")?.map_or(0, |written| written.value()) + 1;
            once.insert("written", written)?;
            for Group { channel, posts } in groups {
                let name = channel.name.as_str();
                let row = channels.get(name)?.map(|row| row.value());
                let (number, epoch, mut first, mut next, mut bytes, _) = match row {
                    Some(row) => row,
                    None => {
                        make_room(&mut channels, &mut messages, &mut once, MAX_CHANNELS)?;
                        let number = once.get("channels")?.map_or(0, |number| number.value()) + 1;
                        once.insert("channels", number)?;
                        // It may be one that had to make room while somebody was in it.
                        let Position { epoch, offset } = channel.head();
                        (number, epoch.0, offset + 1, offset + 1, 0, 0)
                    }
                };
                for post in posts {
                    let post = post.write();
                    messages.insert((number, next), post.as_slice())?;
                    (next, bytes) = (next + 1, bytes + post.len() as u64 + OVERHEAD);
                }
                let is_full = |first, bytes| {
                    next - first > limits.entries.max(1) as u64
                        || (bytes > limits.bytes as u64 && next - first > 1)
                };
                while is_full(first, bytes) {
                    let removed = messages.remove((number, first))?;
                    let size = removed.map_or(0, |message| message.value().len() as u64 + OVERHEAD);
                    (first, bytes) = (first + 1, bytes.saturating_sub(size));
                }
                channels.insert(name, (number, epoch, first, next, bytes, written))?;
            }
        }
        write.commit()?;
        Ok(())
    }
}

/// The epoch of a channel that nothing was ever said in: the same after a restart, and another once channels were removed.
fn empty_epoch(name: &str, get: impl Fn(&str) -> Result<Option<u64>, Error>) -> Result<Epoch, Error> {
    let (identity, removed) = (get("identity")?.unwrap_or(0), get("removed")?.unwrap_or(0));
    let digest = Sha256::new().chain_update(identity.to_be_bytes()).chain_update(removed.to_be_bytes());
    let digest = digest.chain_update(name).finalize();
    let (epoch, _) = digest.split_first_chunk().expect("32 bytes");
    Ok(Epoch(u64::from_be_bytes(*epoch)))
}

/// Removes the channel that was written to longest ago, where there are `most`.
pub(super) fn make_room(
    channels: &mut Table<'_, &str, Row>,
    messages: &mut Table<'_, (u64, u64), &[u8]>,
    once: &mut Table<'_, &str, u64>,
    most: u64,
) -> Result<(), StorageError> {
    if channels.len()? < most {
        return Ok(());
    }
    let mut oldest: Option<(String, Row)> = None;
    for channel in channels.iter()? {
        let (name, row) = channel?;
        if oldest.as_ref().is_none_or(|(_, oldest)| row.value().5 < oldest.5) {
            oldest = Some((name.value().to_owned(), row.value()));
        }
    }
    if let Some((name, (number, _, first, next, ..))) = oldest {
        channels.remove(name.as_str())?;
        messages.retain_in((number, first)..(number, next), |_, _| false)?;
        let removed = once.get("removed")?.map_or(0, |removed| removed.value());
        once.insert("removed", removed + 1)?;
    }
    Ok(())
}
