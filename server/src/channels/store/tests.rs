use super::tables::{CHANNELS, Loaded, MESSAGES, ONCE, make_room};
use super::*;
use crate::channels::bus::suite::{self, Guest, hello, numbers};
use protocol::session::{Hello, Limits, Position};
use redb::backends::InMemoryBackend;
use redb::{ReadableDatabase as _, ReadableTableMetadata as _, StorageBackend};
use std::fs;

/// A folder of a test's own, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("heartwire-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }

    fn open(&self) -> Store {
        Store::open(&self.0, suite::terms()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn messages(tables: &Tables) -> u64 {
    tables.0.begin_read().unwrap().open_table(MESSAGES).unwrap().len().unwrap()
}

#[tokio::test]
async fn channels_in_a_file_do_what_every_bus_does() {
    suite::run(&Folder::new("store-suite").open()).await;
}

#[tokio::test]
async fn epoch_offsets_and_what_a_session_had_published_outlive_a_restart() {
    let folder = Folder::new("store-restart");
    let store = folder.open();
    let mut ann = Guest::join(&store, "a", &hello(1, None)).await.unwrap();
    let silent = Guest::join(&store, "b", &hello(1, None)).await.unwrap();
    (1..=5).for_each(|seq| ann.publish(seq).unwrap());
    ann.answers(5).await;
    let (position, memory) = (ann.position, ann.memory);
    let silent = silent.position;
    drop(ann);
    drop(store);
    let store = folder.open();
    let hello = Hello { connection: 2, memory, known: 3, sent: 7, ..hello(1, Some(position)) };
    let mut ann = Guest::join(&store, "a", &hello).await.unwrap();
    assert_eq!((ann.position, ann.seq), (position, Some(5)));
    (6..=7).for_each(|seq| ann.publish(seq).unwrap());
    assert_eq!(ann.answers(7).await, [(6, true), (7, true)]);
    assert_eq!(ann.messages(7).await, numbers(1, 7));
    let again = Guest::join(&store, "b", &suite::hello(1, Some(silent))).await.unwrap();
    assert_eq!(again.position, silent, "nothing was lost where nothing was said");
}

#[tokio::test]
async fn what_falls_out_of_history_is_gone_from_the_file_and_so_is_the_channel_that_is_left_longest() {
    let folder = Folder::new("store-prune");
    let limits = Limits { entries: 3, bytes: 10_000, sessions: 9 };
    let store = Store::open(&folder.0, Terms { limits, ..suite::terms() }).unwrap();
    let mut ann = Guest::join(&store, "a", &hello(1, None)).await.unwrap();
    (1..=50).for_each(|seq| ann.publish(seq).unwrap());
    ann.answers(50).await;
    drop(ann);
    drop(store);
    let tables = Tables::new(Database::create(folder.0.join(FILE)).unwrap()).unwrap();
    let loaded = tables.load("a", limits).unwrap();
    assert_eq!((loaded.first, loaded.posts.len()), (48, 3));
    assert_eq!(messages(&tables), 3);
    // Bytes count as well, but for the latest message.
    let limits = Limits { bytes: 1, ..limits };
    let loaded = |name: &str| Loaded { posts: Vec::new(), ..tables.load(name, limits).unwrap() };
    let append = |name: &str| {
        let state = State::new(loaded(name).epoch, limits);
        let channel = Arc::new(Channel::new(suite::name(name), state, suite::terms()));
        channel.restore(tables.load(name, limits).unwrap().posts);
        tables.append(&[Group { channel, posts: tables.load("a", limits).unwrap().posts }], &limits).unwrap();
    };
    append("b");
    assert_eq!((loaded("b").first, messages(&tables)), (3, 4));
    // The one that nobody wrote to for longest makes room.
    let before = loaded("a").epoch;
    let write = tables.0.begin_write().unwrap();
    {
        let (mut channels, mut messages) =
            (write.open_table(CHANNELS).unwrap(), write.open_table(MESSAGES).unwrap());
        make_room(&mut channels, &mut messages, &mut write.open_table(ONCE).unwrap(), 2).unwrap();
    }
    write.commit().unwrap();
    assert_eq!((loaded("a").first, messages(&tables)), (1, 1));
    assert_ne!(loaded("a").epoch, before, "its count does not go on");
    assert_eq!(loaded("b").first, 3);
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let folder = Folder::new("store-start");
    let store = folder.open();
    let error = Store::open(&folder.0, suite::terms()).unwrap_err().to_string();
    assert!(error.starts_with("another process uses ") && error.contains(FILE), "{error}");
    drop(store);
    fs::write(folder.0.join(FILE), "what somebody else wrote").unwrap();
    let error = Store::open(&folder.0, suite::terms()).unwrap_err().to_string();
    assert!(error.ends_with("move it away to begin without"), "{error}");
    fs::remove_file(folder.0.join(FILE)).unwrap();
    let write = Database::create(folder.0.join(FILE)).unwrap().begin_write().unwrap();
    write.open_table(ONCE).unwrap().insert("format", 7).unwrap();
    write.commit().unwrap();
    let error = Store::open(&folder.0, suite::terms()).unwrap_err().to_string();
    assert!(error.contains("its format is 7, and this program knows 1"), "{error}");
    let error = Store::open(&folder.0.join(FILE), suite::terms()).unwrap_err().to_string();
    assert!(error.starts_with("can't use ") && error.contains("as --data-dir"), "{error}");
}

/// A disk that fails when it is told to, and keeps what it has.
#[derive(Clone, Debug)]
struct Disk {
    bytes: Arc<InMemoryBackend>,
    fails: Arc<Fails>,
}

#[derive(Debug, Default)]
struct Fails {
    writes: AtomicBool,
    /// After so many more.
    syncs: AtomicUsize,
}

fn broken() -> io::Error {
    io::Error::other("the disk is broken")
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.bytes.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.bytes.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.fails.syncs.load(Ordering::Relaxed) > 0
            && self.fails.syncs.fetch_sub(1, Ordering::Relaxed) == 1
        {
            return Err(broken());
        }
        self.bytes.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if self.fails.writes.load(Ordering::Relaxed) {
            return Err(broken());
        }
        self.bytes.write(offset, data)
    }
}

#[tokio::test]
async fn a_disk_that_fails_has_messages_refused_or_kept_and_told_so_and_then_goes_on() {
    let disk = Disk { bytes: Arc::new(InMemoryBackend::new()), fails: Arc::default() };
    let fails = Arc::clone(&disk.fails);
    let open = move || Database::builder().create_with_backend(disk.clone());
    let store = Store::over(open.clone(), suite::terms(), Path::new("nowhere")).unwrap();
    let mut ann = Guest::join(&store, "a", &hello(1, None)).await.unwrap();
    ann.publish(1).unwrap();
    let mut told = ann.answers(1).await;
    fails.writes.store(true, Ordering::Relaxed);
    ann.publish(2).unwrap();
    while store.ready().is_ok() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    ann.publish(3).unwrap();
    assert_eq!(store.open(&suite::name("b")).await.unwrap_err(), NoRoom::Unavailable);
    fails.writes.store(false, Ordering::Relaxed);
    told.extend(ann.answers(3).await);
    // Wherever the sync fails, what is said of a message is true.
    for (sync, seq) in (1..=4).zip((4..).step_by(2)) {
        while store.ready().is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        fails.syncs.store(sync, Ordering::Relaxed);
        ann.publish(seq).unwrap();
        ann.publish(seq + 1).unwrap();
        told.extend(ann.answers(seq + 1).await);
        fails.syncs.store(0, Ordering::Relaxed);
    }
    assert_eq!(told[..3], [(1, true), (2, false), (3, false)]);
    let acknowledged: Vec<_> =
        told.iter().filter(|(_, is_published)| *is_published).map(|(seq, _)| seq.to_string()).collect();
    let position = Position { offset: 0, ..ann.position };
    drop(ann);
    for round in 0..2 {
        // What there is in memory, and what there is on the disk.
        let reopened =
            (round == 1).then(|| Store::over(open.clone(), suite::terms(), Path::new("x")).unwrap());
        let store = reopened.as_ref().unwrap_or(&store);
        let mut all = Guest::join(store, "a", &hello(9, Some(position))).await.unwrap();
        let there = all.messages(acknowledged.len()).await;
        assert_eq!(there.into_iter().map(|(_, said)| said).collect::<Vec<_>>(), acknowledged);
        assert!(all.is_quiet());
    }
}

/// A disk that is full has files opened, and fails with the first that is written: whoever publishes has it tried no more often.
#[tokio::test]
async fn a_disk_that_fails_again_and_again_is_tried_once_a_second() {
    let disk = Disk { bytes: Arc::new(InMemoryBackend::new()), fails: Arc::default() };
    let (fails, opened) = (Arc::clone(&disk.fails), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&opened);
    let open = move || {
        count.fetch_add(1, Ordering::Relaxed);
        Database::builder().create_with_backend(disk.clone())
    };
    let store = Store::over(open, suite::terms(), Path::new("nowhere")).unwrap();
    let mut ann = Guest::join(&store, "a", &hello(1, None)).await.unwrap();
    let begun = Instant::now();
    for seq in 1..=3 {
        fails.syncs.store(1, Ordering::Relaxed);
        ann.publish(seq).unwrap();
        ann.answers(seq).await;
    }
    // At the start, after the first failure, and then once a second.
    let most = 2 + begun.elapsed().as_secs();
    let opened = opened.load(Ordering::Relaxed);
    assert!(opened as u64 <= most, "{opened}");
}
