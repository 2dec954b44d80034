//! Who is in a room, told from server to server.
//!
//! Each server keeps its share of each room under a key of its own, which expires where it is not written again: a server that
//! ends without a word takes those who were connected to it along.

use super::follow::Failure;
use super::streams::token;
use super::{AGAIN, Shared};
use crate::channels::bus::Gathering;
use async_nats::jetstream::kv::{Config, Operation, Store};
use async_nats::jetstream::stream::StorageType;
use futures_util::StreamExt as _;
use protocol::fault::Label as Name;
use protocol::room::{Member, NAMED, Notice, Share};
use protocol::session::Public;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval, sleep, sleep_until};
use tracing::debug;

/// The bucket.
pub(super) const BUCKET: &str = "heartwire-presence";
/// Within the time that a server is believed it says the same so often.
const REPEATS: u32 = 3;
/// So long changes are gathered.
const GATHER: Duration = Duration::from_millis(250);

/// What a server says, as a room tells it to its clients.
#[derive(Deserialize)]
struct Said {
    here: u32,
    members: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

impl Shared {
    /// Tells and hears who is in a room, as long as it is there.
    pub(super) async fn gather(self: Arc<Self>, name: Name, hall: Weak<dyn Gathering>) {
        let mut heard = HashMap::new();
        while hall.strong_count() > 0 {
            if let Err(error) = self.gather_until_it_fails(&name, &hall, &mut heard).await {
                debug!(room = %name, error, "who is in a room can't be told or heard");
                sleep(AGAIN).await;
            }
        }
    }

    /// `heard`: when another server said something last.
    async fn gather_until_it_fails(
        &self,
        name: &Name,
        hall: &Weak<dyn Gathering>,
        heard: &mut HashMap<u64, Instant>,
    ) -> Result<(), Failure> {
        let bucket = self.bucket().await?;
        let mut others = bucket.watch_with_history(format!("{}.*", token(name))).await?;
        let key = format!("{}.{:016x}", token(name), self.node);
        let Some(changed) = hall.upgrade().map(|hall| hall.changed()) else { return Ok(()) };
        let mut repeat = interval(self.believed / REPEATS);
        repeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let over = heard.values().min().map(|at| *at + self.believed);
            tokio::select! {
                entry = others.next() => {
                    let entry = entry.ok_or("the watch ended")??;
                    let server = entry.key.rsplit_once('.').and_then(|(_, server)| u64::from_str_radix(server, 16).ok());
                    let Some(server) = server.filter(|server| *server != self.node) else { continue };
                    let Some(hall) = hall.upgrade() else { return Ok(()) };
                    let said = (entry.operation == Operation::Put).then(|| read(&entry.value)).flatten();
                    heard.insert(server, Instant::now());
                    hall.set_elsewhere(server, said.unwrap_or_default());
                    continue;
                }
                () = changed.notified() => sleep(GATHER).await,
                _ = repeat.tick() => {}
                () = sleep_until(over.unwrap_or_else(Instant::now).into()), if over.is_some() => {}
            }
            let Some(hall) = hall.upgrade() else { return Ok(()) };
            heard.retain(|server, at| {
                let is_there = at.elapsed() < self.believed;
                if !is_there {
                    hall.set_elsewhere(*server, Share::default());
                }
                is_there
            });
            let Share { here, members } = hall.share();
            drop(hall);
            if here > 0 {
                bucket.put(&key, Notice::Present { members, here }.write().into()).await?;
            } else if bucket.get(&key).await?.is_some() {
                bucket.delete(&key).await?;
            }
        }
    }

    async fn bucket(&self) -> Result<Store, Failure> {
        if let Ok(bucket) = self.context.get_key_value(BUCKET).await {
            return Ok(bucket);
        }
        let config = Config {
            bucket: BUCKET.to_owned(),
            max_age: self.believed,
            history: 1,
            storage: StorageType::Memory,
            num_replicas: self.replicas,
            ..Config::default()
        };
        Ok(self.context.create_key_value(config).await?)
    }
}

fn read(bytes: &[u8]) -> Option<Share> {
    let Said { here, members } = serde_json::from_slice(bytes).ok()?;
    let member =
        |Named { id, name }| Some(Member { client: Public(u64::from_str_radix(&id, 16).ok()?), name });
    let members = members.into_iter().take(NAMED).filter_map(member).collect();
    Some(Share { here: usize::try_from(here).ok()?, members })
}
