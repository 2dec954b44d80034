//! The rooms of a server, and what all connections to one share.

use super::bus::{Bus, Gathering, NoRoom};
use super::channel::{Channel, Shared, Terms, Together};
use super::frame::Frame;
use super::memory::Memory;
use super::nats::{Nats, NatsError};
use super::pace::Pace;
use super::store::{Store, StoreError};
use crate::config::{Config, RoomConfig};
use crate::lock::lock;
use crate::metrics::ChannelCounters;
use crate::nats::NatsConfig;
use protocol::fault::Label as Name;
use protocol::room::{Lobby, Member, Notice, Share};
use protocol::session::{Limits, Public};
use socket::wire::Time;
use socket::wire::deflate::Settings;
use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Rooms at the same time. Of those that nobody is in, one that nothing was ever said in makes way for another, or else the one
/// that was left first: who only looks for rooms takes nobody's history away.
const MAX_ROOMS: usize = 1024;
/// So long a room that nobody is in stays open.
const IDLE: Duration = Duration::from_secs(60);
/// What a room remembers.
const HISTORY: Limits = Limits { entries: 1000, bytes: 512 << 10, sessions: 4096 };
/// What all rooms of a server remember together, and each whatever the others do: bytes of history, and sessions.
const ALL_BYTES: (usize, usize) = (128 << 20, 32 << 10);
const ALL_SESSIONS: (usize, usize) = (1 << 18, 64);
/// Notices that a slow reader may be behind. Beyond that it is told who is there anew.
const MAX_NOTICES: usize = 64;
/// How often anybody in a room may be told to be typing.
const TYPING_PER_SECOND: NonZeroU32 = NonZeroU32::new(10).expect("not zero");

/// The rooms of a server.
#[derive(Debug)]
pub(crate) struct Rooms {
    bus: Arc<dyn Bus>,
    rooms: Mutex<HashMap<Name, Arc<Room>>>,
    /// What the times of departures count from.
    began: Instant,
    config: RoomConfig,
    counters: ChannelCounters,
}

/// A room, as all connections to it have it.
#[derive(Debug)]
pub(crate) struct Room {
    pub(super) name: Name,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) channel: Arc<Channel>,
    pub(super) config: RoomConfig,
    pub(super) counters: ChannelCounters,
    hall: Mutex<Hall>,
    /// Told when those who are connected here have changed.
    share: Arc<Notify>,
    /// Changes with the hall, so that who has seen it need not look.
    changes: AtomicU32,
    /// When somebody left last, or it was opened, in microseconds since `began`.
    left: AtomicU64,
    began: Instant,
}

/// Who is there, and what was told of it.
#[derive(Debug)]
struct Hall {
    lobby: Lobby,
    notices: VecDeque<Frame>,
    /// The number of the next notice, as far as 32 bits tell.
    next: u32,
    /// Somebody sees to it that news are told.
    kept: bool,
    typing: Pace,
}

/// What keeps what is said in rooms.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keeper<'a> {
    /// This process, until it ends.
    Memory,
    /// A file in this folder.
    Folder(&'a Path),
    /// NATS, for many servers.
    Nats(&'a NatsConfig),
}

impl<'a> Keeper<'a> {
    /// The one that was chosen. NATS keeps more than a file does, for more.
    pub(crate) fn of(config: &'a Config) -> Self {
        match (&config.nats, &config.data_dir) {
            (Some(nats), _) => Self::Nats(nats),
            (None, Some(folder)) => Self::Folder(folder),
            (None, None) => Self::Memory,
        }
    }
}

/// What is said in rooms can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum RoomsError {
    /// In a file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// In NATS.
    #[error(transparent)]
    Nats(#[from] NatsError),
}

impl Rooms {
    /// None yet.
    ///
    /// # Errors
    /// They can't be kept where they are to be.
    pub(crate) fn new(
        config: RoomConfig,
        compression: Option<Settings>,
        counters: ChannelCounters,
        keeper: Keeper<'_>,
    ) -> Result<Self, RoomsError> {
        let together = Together {
            bytes: Shared::new(ALL_BYTES.0, ALL_BYTES.1),
            sessions: Shared::new(ALL_SESSIONS.0, ALL_SESSIONS.1),
        };
        let terms =
            Terms { limits: HISTORY, compression, counters: counters.clone(), together: Arc::new(together) };
        let bus: Arc<dyn Bus> = match keeper {
            Keeper::Memory => Arc::new(Memory::new(terms)),
            Keeper::Folder(folder) => Arc::new(Store::open(folder, terms)?),
            Keeper::Nats(config) => Arc::new(Nats::connect(config, terms)?),
        };
        Ok(Self { bus, rooms: Mutex::default(), began: Instant::now(), config, counters })
    }

    /// The room of this name.
    ///
    /// # Errors
    /// There are too many, or what was said in it can't be had.
    pub(crate) async fn enter(&self, name: &Name) -> Result<Arc<Room>, NoRoom> {
        if let Some(room) = lock(&self.rooms).get(name) {
            return Ok(Arc::clone(room));
        }
        let channel = self.bus.open(name).await?;
        let mut rooms = lock(&self.rooms);
        // Others may have come at the same time.
        if let Some(room) = rooms.get(name) {
            return Ok(Arc::clone(room));
        }
        if rooms.len() >= MAX_ROOMS {
            let empty = rooms.values().filter(|room| room.is_empty());
            let age = |room: &&Arc<Room>| (room.channel.head().offset > 0, room.left.load(Ordering::Relaxed));
            let longest = empty.min_by_key(age).ok_or(NoRoom::Full)?;
            let longest = longest.name.clone();
            rooms.remove(&longest);
        }
        let hall = Hall {
            lobby: Lobby::default(),
            notices: VecDeque::new(),
            next: 0,
            kept: false,
            typing: Pace::new(),
        };
        let room = Arc::new(Room {
            name: name.clone(),
            bus: Arc::clone(&self.bus),
            channel,
            config: self.config,
            counters: self.counters.clone(),
            hall: Mutex::new(hall),
            share: Arc::default(),
            changes: AtomicU32::new(0),
            left: AtomicU64::new(micros(self.began.elapsed())),
            began: self.began,
        });
        rooms.insert(name.clone(), Arc::clone(&room));
        let hall: Weak<Room> = Arc::downgrade(&room);
        self.bus.gather(name, hall);
        Ok(room)
    }

    /// Has rooms that nobody is in take nothing, where what was said in them is kept elsewhere: they are opened again as they
    /// were. Never ends.
    pub(crate) async fn close_idle(&self) {
        loop {
            tokio::time::sleep(IDLE / 2).await;
            self.close_left_for(IDLE);
        }
    }

    fn close_left_for(&self, time: Duration) {
        if self.bus.keeps_on() {
            let Some(latest) = self.began.elapsed().checked_sub(time).map(micros) else { return };
            let is_over = |room: &Room| room.left.load(Ordering::Relaxed) <= latest;
            lock(&self.rooms).retain(|_, room| !room.is_empty() || !is_over(room));
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Room {
    /// Nobody is in it but the one who keeps it. To be asked under the lock that gives it to those who come.
    fn is_empty(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) == 1
    }

    /// A connection came, in the name of this client. Gives who is there, and what it has seen and what is next for
    /// [`notices`](Self::notices).
    pub(super) fn come(&self, client: Public, name: Option<&str>, compresses: bool) -> (Frame, u32, u32) {
        self.channel.come(compresses);
        let mut hall = lock(&self.hall);
        hall.lobby.enter(client, name);
        self.share.notify_one();
        let seen = self.changes.fetch_add(1, Ordering::Release);
        (Frame::text(hall.lobby.present().write(), self.channel.compression()), seen, hall.next)
    }

    /// It left.
    pub(super) fn go(&self, client: Public, name: Option<&str>, compresses: bool) {
        self.channel.go(compresses);
        self.left.store(micros(self.began.elapsed()), Ordering::Relaxed);
        self.change(|hall| hall.lobby.leave(client, name));
        self.share.notify_one();
        if name.is_some() {
            // Somebody has to see to it that this is told.
            self.channel.roster.nudge();
        }
    }

    pub(super) fn rename(&self, client: Public, before: Option<&str>, name: Option<&str>) {
        self.change(|hall| hall.lobby.rename(client, before, name));
        self.share.notify_one();
    }

    /// Tells all that somebody is typing, unless they are told so much already.
    pub(super) fn tell_typing(&self, member: &Member, now: Time) {
        let frame = Frame::text(Notice::Typing(member).write(), None);
        let told = self.change(|hall| {
            let tells = hall.typing.spend(TYPING_PER_SECOND, now).is_ok();
            if tells {
                hall.push(frame);
            }
            tells
        });
        if told {
            self.channel.roster.ring();
        }
    }

    /// Tells all what is new of who is there.
    pub(super) fn tell_news(&self) {
        let told = self.change(|hall| {
            hall.kept = false;
            let news =
                hall.lobby.news().map(|notice| Frame::text(notice.write(), self.channel.compression()));
            news.map(|frame| hall.push(frame)).is_some()
        });
        if told {
            self.channel.roster.ring();
        }
    }

    /// The notices from `next` on, where there may be some since `seen`; both move on. True: there is news, and the caller is
    /// the one to [tell](Self::tell_news) it after a while.
    pub(super) fn notices(&self, seen: &mut u32, next: &mut u32, into: &mut Vec<Frame>) -> bool {
        let changes = self.changes.load(Ordering::Acquire);
        if std::mem::replace(seen, changes) == changes {
            return false;
        }
        let mut hall = lock(&self.hall);
        match hall.notices.len().checked_sub(hall.next.wrapping_sub(*next) as usize) {
            Some(skip) => into.extend(hall.notices.iter().skip(skip).cloned()),
            None => into.push(Frame::text(hall.lobby.present().write(), None)),
        }
        *next = hall.next;
        let keeps = hall.lobby.has_news() && !hall.kept;
        hall.kept |= keeps;
        keeps
    }

    fn change<R>(&self, f: impl FnOnce(&mut Hall) -> R) -> R {
        let result = f(&mut lock(&self.hall));
        self.changes.fetch_add(1, Ordering::Release);
        result
    }
}

impl Gathering for Room {
    fn share(&self) -> Share {
        lock(&self.hall).lobby.share()
    }

    fn set_elsewhere(&self, server: u64, share: Share) {
        self.change(|hall| hall.lobby.set_elsewhere(server, share));
        // Somebody has to see to it that this is told.
        self.channel.roster.nudge();
    }

    fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.share)
    }
}

impl Hall {
    fn push(&mut self, frame: Frame) {
        self.notices.push_back(frame);
        self.next = self.next.wrapping_add(1);
        if self.notices.len() > MAX_NOTICES {
            self.notices.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::post::Post;
    use protocol::session::Author;

    #[tokio::test]
    async fn a_room_that_nobody_is_in_is_closed_where_it_can_be_opened_again() {
        let folder = std::env::temp_dir().join(format!("heartwire-idle-{}", std::process::id()));
        for (keeper, closes) in [(Keeper::Memory, false), (Keeper::Folder(&folder), true)] {
            let rooms = Rooms::new(RoomConfig::default(), None, ChannelCounters::default(), keeper).unwrap();
            let name = |name: &str| Name::parse(name).unwrap();
            let here = rooms.enter(&name("here")).await.unwrap();
            drop(rooms.enter(&name("empty")).await.unwrap());
            rooms.close_left_for(IDLE);
            assert_eq!(lock(&rooms.rooms).len(), 2);
            rooms.close_left_for(Duration::ZERO);
            assert_eq!(lock(&rooms.rooms).contains_key(&name("empty")), !closes);
            assert!(Arc::ptr_eq(&here, &rooms.enter(&name("here")).await.unwrap()));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    async fn an_empty_room_makes_way_and_one_with_somebody_in_it_does_not() {
        let rooms =
            Rooms::new(RoomConfig::default(), None, ChannelCounters::default(), Keeper::Memory).unwrap();
        let name = |number: usize| Name::parse(&format!("room-{number}")).unwrap();
        let mut kept = Vec::new();
        for number in 0..MAX_ROOMS - 1 {
            kept.push(rooms.enter(&name(number)).await.unwrap());
        }
        drop(rooms.enter(&name(5000)).await.unwrap());
        let last = rooms.enter(&name(5001)).await.unwrap();
        assert!(!lock(&rooms.rooms).contains_key(&name(5000)));
        assert_eq!(rooms.enter(&name(5002)).await.unwrap_err(), NoRoom::Full);
        drop(last);
        assert!(rooms.enter(&name(5002)).await.is_ok());
        // One that nothing was said in goes before one that was left earlier.
        let author = Author { client: Public(1), session: Public(1), seq: 1, name: String::new() };
        kept[7].channel.keep([Post { author, connection: 1, at: 0, data: b"1".to_vec() }]);
        drop((kept.remove(8), kept.remove(7)));
        assert!(rooms.enter(&name(5003)).await.is_ok());
        assert!(rooms.enter(&name(5004)).await.is_ok());
        let there = |number| lock(&rooms.rooms).contains_key(&name(number));
        assert_eq!([7, 8, 5002, 5003, 5004].map(there), [true, false, false, true, true]);
        assert!(Arc::ptr_eq(&kept[0], &rooms.enter(&name(0)).await.unwrap()));
    }
}
