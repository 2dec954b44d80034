use self::operator::Operator;
use self::peer::Cluster;
use super::*;
use crate::channels::bus::suite::{self, Guest, hello, numbers};
use crate::channels::rooms::{Keeper, Room, Rooms};
use crate::config::RoomConfig;
use crate::metrics::ChannelCounters;
use futures_util::TryStreamExt as _;
use protocol::session::{Hello, NotTaken};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use std::collections::HashSet;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::thread;

#[path = "operator.rs"]
mod operator;
#[path = "../../../tests/proxy/nats.rs"]
mod peer;

/// Longer than anything here takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

impl Cluster {
    /// The server that decides for the stream of the channel `a`.
    async fn leader(&self, node: &Nats) -> usize {
        let stream = node.shared.context.get_stream("heartwire-room-a").await.unwrap();
        let leader = stream.cached_info().cluster.as_ref().unwrap().leader.clone().unwrap();
        leader.strip_prefix('n').unwrap().parse().unwrap()
    }

    fn config(&self) -> NatsConfig {
        let servers = self.ports.iter().map(|(port, _)| format!("nats://127.0.0.1:{port}").parse().unwrap());
        let (servers, replicas) = (servers.collect(), self.ports.len());
        NatsConfig { servers, replicas, ..plain() }
    }

    /// A node of ours.
    async fn node(&self) -> Nats {
        self.join(&self.config()).await
    }

    async fn join(&self, config: &NatsConfig) -> Nats {
        let begun = Instant::now();
        loop {
            // A server needs some time until it can keep something, and a cluster more.
            match Nats::connect(config, suite::terms()) {
                Ok(node) if node.open(&suite::name("probe")).await.is_ok() => return node,
                Ok(_) => {}
                Err(error) => assert!(begun.elapsed() < LIMIT, "{error}"),
            }
            assert!(begun.elapsed() < LIMIT, "there is no NATS");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// A server of NATS without TLS and users.
fn plain() -> NatsConfig {
    NatsConfig {
        servers: Vec::new(),
        credentials: None,
        roots: None,
        identity: None,
        replicas: 1,
        rooms: NatsConfig::ROOMS,
        believed: NatsConfig::BELIEVED,
    }
}

async fn until(what: &str, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < LIMIT, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn channels_in_nats_do_what_every_bus_does() {
    let Some(cluster) = Cluster::start("suite", 1) else { return };
    suite::run(&cluster.node().await).await;
}

#[tokio::test]
async fn a_session_that_moves_between_nodes_with_messages_on_their_way_has_each_published_once() {
    let Some(cluster) = Cluster::start("moves", 1) else { return };
    let nodes = [cluster.node().await, cluster.node().await];
    let mut ann = Guest::join(&nodes[0], "a", &hello(1, None)).await.unwrap();
    let mut bobs = Vec::new();
    for node in &nodes {
        bobs.push(Guest::join(node, "a", &hello(2, None)).await.unwrap());
    }
    let position = ann.position;
    let (mut known, mut sent) = (0, 0);
    for connection in 2..30 {
        // Some of these are on their way when she is elsewhere already, and come again.
        for seq in known + 1..=known + 5 {
            match ann.publish(seq) {
                Ok(()) | Err(NotTaken::Again) => sent = sent.max(seq),
                Err(error) => panic!("{error}"),
            }
        }
        if connection % 3 == 0 {
            known = ann.answers(known + 2).await.last().unwrap().0;
        }
        let hello = Hello { connection, memory: ann.memory, known, sent, ..hello(1, Some(position)) };
        let old = std::mem::replace(
            &mut ann,
            Guest::join(&nodes[usize::try_from(connection).unwrap() % 2], "a", &hello).await.unwrap(),
        );
        known = ann.seq.unwrap();
        drop(old);
    }
    for seq in known + 1..=sent {
        let _ = ann.publish(seq);
    }
    let answers = if known < sent { ann.answers(sent).await } else { Vec::new() };
    assert!(answers.iter().all(|(_, is_published)| *is_published), "{answers:?}");
    for bob in &mut bobs {
        assert_eq!(bob.messages(usize::try_from(sent).unwrap()).await, numbers(1, sent));
        assert!(bob.is_quiet());
    }
}

#[tokio::test]
async fn without_nats_messages_are_refused_and_what_was_on_its_way_is_settled_once_it_is_back() {
    let Some(mut cluster) = Cluster::start("loss", 1) else { return };
    let node = cluster.node().await;
    let mut ann = Guest::join(&node, "a", &hello(1, None)).await.unwrap();
    (1..=20).for_each(|seq| ann.publish(seq).unwrap());
    ann.answers(3).await;
    cluster.kill(0);
    until("the loss is noticed", || node.ready().is_err()).await;
    assert_eq!(node.open(&suite::name("b")).await.unwrap_err(), NoRoom::Unavailable);
    let _still_there = Guest::join(&node, "a", &hello(2, None)).await.unwrap();
    cluster.run(0);
    assert_eq!(ann.answers(20).await.last(), Some(&(20, true)));
    until("it is ready again", || node.ready().is_ok()).await;
    ann.publish(21).unwrap();
    ann.answers(21).await;
    let other = cluster.node().await;
    let position = Position { offset: 0, ..ann.position };
    for node in [&node, &other] {
        let mut all = Guest::join(node, "a", &hello(3, Some(position))).await.unwrap();
        assert_eq!(all.messages(21).await, numbers(1, 21));
        assert!(all.is_quiet());
    }
}

#[tokio::test]
async fn where_nats_comes_back_without_what_it_had_acknowledged_another_epoch_begins_on_all_nodes() {
    let Some(mut cluster) = Cluster::start("rollback", 1) else { return };
    let nodes = [cluster.node().await, cluster.node().await];
    let mut ann = Guest::join(&nodes[0], "a", &hello(1, None)).await.unwrap();
    let bob = Guest::join(&nodes[1], "a", &hello(2, None)).await.unwrap();
    (1..=3).for_each(|seq| ann.publish(seq).unwrap());
    ann.answers(3).await;
    // A disk as it was some messages ago.
    cluster.kill(0);
    let (store, before) = (cluster.store(0), cluster.folder.join("before"));
    copy(&store, &before);
    cluster.run(0);
    until("it is ready again", || nodes[0].ready().is_ok()).await;
    (4..=6).for_each(|seq| ann.publish(seq).unwrap());
    ann.answers(6).await;
    cluster.kill(0);
    fs::remove_dir_all(&store).unwrap();
    copy(&before, &store);
    cluster.run(0);
    let epoch = ann.position.epoch;
    until("both have another epoch, and the same", || {
        let (a, b) = (ann.head().epoch, bob.head().epoch);
        a != epoch && a == b
    })
    .await;
    let hello = Hello { connection: 2, known: 6, sent: 6, ..hello(1, None) };
    let mut again = Guest::join(&nodes[1], "a", &hello).await.unwrap();
    until("it is ready again", || nodes[1].ready().is_ok()).await;
    again.publish(7).unwrap();
    assert_eq!(again.answers(7).await, [(7, true)]);
    until("both hear of it", || ann.head() == bob.head() && ann.head().offset == 4).await;
}

#[tokio::test]
async fn who_is_in_a_room_is_known_at_all_servers() {
    let Some(cluster) = Cluster::start("presence", 1) else { return };
    drop(cluster.node().await);
    let (config, counters) = (cluster.config(), ChannelCounters::default);
    let new = || Rooms::new(RoomConfig::default(), None, counters(), Keeper::Nats(&config)).unwrap();
    let servers = [new(), new()];
    let name = suite::name("a");
    let (ann, bob) = (servers[0].enter(&name).await.unwrap(), servers[1].enter(&name).await.unwrap());
    ann.come(Public(1), Some("Ann"), false);
    bob.come(Public(2), Some("Bob"), false);
    // Somebody without a name looks who is there.
    let present = |room: &Arc<Room>| {
        let (present, ..) = room.come(Public(9), None, false);
        room.go(Public(9), None, false);
        present.as_text().to_owned()
    };
    until("each server knows both", || {
        [&ann, &bob].iter().all(|room| ["Ann", "Bob"].iter().all(|name| present(room).contains(name)))
    })
    .await;
    ann.rename(Public(1), Some("Ann"), Some("Anna"));
    bob.go(Public(2), Some("Bob"), false);
    until("each server knows who is left", || {
        [&ann, &bob].iter().all(|room| present(room).contains("Anna") && !present(room).contains("Bob"))
    })
    .await;
}

/// It takes those who were connected to it along, without a word of its own.
#[tokio::test]
async fn who_was_at_a_server_that_is_killed_has_left_once_that_is_believed_no_more() {
    let Some(cluster) = Cluster::start("killed", 1) else { return };
    drop(cluster.node().await);
    let config = NatsConfig { believed: Duration::from_secs(1), ..cluster.config() };
    let new = || {
        Rooms::new(RoomConfig::default(), None, ChannelCounters::default(), Keeper::Nats(&config)).unwrap()
    };
    let (stays, killed) = (new(), new());
    let name = suite::name("a");
    let room = stays.enter(&name).await.unwrap();
    let there = killed.enter(&name).await.unwrap();
    there.come(Public(2), Some("Bob"), false);
    room.come(Public(1), Some("Ann"), false);
    let present = || {
        let (present, ..) = room.come(Public(9), None, false);
        room.go(Public(9), None, false);
        present.as_text().to_owned()
    };
    until("Bob is there", || present().contains("Bob")).await;
    // Its thread ends, and says nothing of that.
    drop((there, killed));
    until("Bob has left", || !present().contains("Bob")).await;
    assert!(present().contains("Ann"));
}

/// Who comes from a server that has heard of another epoch is not sent back into the one that is over.
#[tokio::test]
async fn an_epoch_that_a_server_has_not_heard_of_is_looked_for_before_its_client_is_let_in() {
    let Some(cluster) = Cluster::start("behind", 1) else { return };
    let node = cluster.node().await;
    let ann = Guest::join(&node, "a", &hello(1, None)).await.unwrap();
    // Another server finds that the stream has lost something, and lets another epoch begin.
    let name = suite::name("a");
    node.shared.begin_epoch(&name, ann.head().epoch).await.unwrap();
    let stream = node.shared.context.get_stream(streams::stream_name(&name)).await.unwrap();
    let (epoch, _) = streams::count(stream.cached_info());
    assert_ne!(epoch, ann.head().epoch);
    let channel = node.open(&name).await.unwrap();
    let (position, came) = (Position { epoch, offset: 0 }, Instant::now());
    until("it has looked", || !node.may_have(&channel, position, came)).await;
    assert_eq!(channel.head().epoch, epoch);
    // Of one that is over nothing is waited for, once that is known.
    let (position, came) = (Position { epoch: ann.position.epoch, offset: 0 }, Instant::now());
    until("it has looked again", || !node.may_have(&channel, position, came)).await;
    assert_eq!(channel.head().epoch, epoch);
}

/// A way to a server of NATS. Once `loses` is set, the next message of the channel `a` does not come out of it.
fn lossy(server: u16, loses: &Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let loses = Arc::clone(loses);
    // On threads, since connecting to NATS holds up that of the test.
    thread::spawn(move || {
        while let Ok((mut client, _)) = listener.accept() {
            let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
            let (mut client_in, mut server_out) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || io::copy(&mut client_in, &mut server_out));
            let (mut lines, loses) = (BufReader::new(server), Arc::clone(&loses));
            thread::spawn(move || {
                let mut said = Vec::new();
                while lines.read_until(b'\n', &mut said)? > 0 {
                    let head = String::from_utf8_lossy(&said).into_owned();
                    if head.starts_with("MSG ") || head.starts_with("HMSG ") {
                        let len: usize = head.trim_end().rsplit(' ').next().unwrap().parse().unwrap();
                        said.resize(said.len() + len + 2, 0);
                        lines.read_exact(&mut said[head.len()..])?;
                    }
                    if !(head.contains("MSG heartwire.room.a.") && loses.swap(false, Ordering::Relaxed)) {
                        client.write_all(&said)?;
                    }
                    said.clear();
                }
                io::Result::Ok(())
            });
        }
    });
    port
}

/// NATS takes it for delivered, and shows that it is missing only by the next one.
#[tokio::test]
async fn a_message_that_is_lost_on_its_way_comes_though_none_follows_it() {
    let Some(cluster) = Cluster::start("lossy", 1) else { return };
    let loses = Arc::new(AtomicBool::new(false));
    let way = format!("nats://127.0.0.1:{}", lossy(cluster.ports[0].0, &loses));
    let far = cluster.join(&NatsConfig { servers: vec![way.parse().unwrap()], ..plain() }).await;
    let near = cluster.node().await;
    let mut ann = Guest::join(&near, "a", &hello(1, None)).await.unwrap();
    let mut bob = Guest::join(&far, "a", &hello(2, None)).await.unwrap();
    ann.publish(1).unwrap();
    assert_eq!(bob.messages(1).await, numbers(1, 1));
    loses.store(true, Ordering::Relaxed);
    ann.publish(2).unwrap();
    until("it is lost", || !loses.load(Ordering::Relaxed)).await;
    assert!(bob.is_quiet());
    // It would be looked for by itself after a while.
    far.open(&suite::name("a")).await.unwrap().look.notify_one();
    assert_eq!(bob.messages(1).await, numbers(2, 2));
    ann.publish(3).unwrap();
    assert_eq!(bob.messages(1).await, numbers(3, 3));
}

/// What a server hands in before it has heard that another epoch began is refused by NATS itself, and what it takes in between
/// is of no epoch.
#[tokio::test]
async fn a_message_of_an_epoch_that_is_over_is_not_kept_whoever_has_compared_epochs() {
    let Some(cluster) = Cluster::start("window", 1) else { return };
    let node = cluster.node().await;
    let ann = Guest::join(&node, "a", &hello(1, None)).await.unwrap();
    let (name, epoch) = (suite::name("a"), ann.head().epoch);
    let publish = async |epoch, offset: u64| {
        let subject = streams::subject(&name, epoch, Public(offset));
        let mut headers = async_nats::HeaderMap::new();
        headers.insert(streams::HEAD, offset.to_string());
        let sent = node.shared.context.publish_with_headers(subject, headers, "of nobody's".into()).await;
        sent.unwrap().await.map(|kept| kept.sequence)
    };
    // The stream is gone and made anew, before this server has noticed.
    node.shared.context.delete_stream(streams::stream_name(&name)).await.unwrap();
    node.shared.make_stream(&name).await.unwrap();
    publish(epoch, 0).await.unwrap_err();
    node.open(&name).await.unwrap().look.notify_one();
    until("it has noticed", || ann.head().epoch != epoch).await;
    // A server that knew of 9 messages hands one in where there are none: 9 were lost.
    let epoch = ann.head().epoch;
    assert_eq!(publish(epoch, 9).await.unwrap(), 1);
    until("another epoch begins", || ann.head().epoch != epoch).await;
    assert_eq!(ann.head().offset, 1, "behind what can't be told");
}

/// The stream of a disk that went back in time is as long as before, until somebody hands in what shows that.
#[tokio::test]
async fn an_offset_that_is_given_twice_begins_another_epoch() {
    let Some(cluster) = Cluster::start("twice", 1) else { return };
    let node = cluster.node().await;
    let mut ann = Guest::join(&node, "a", &hello(1, None)).await.unwrap();
    let mut bob = Guest::join(&node, "a", &hello(2, None)).await.unwrap();
    (1..=2).for_each(|seq| ann.publish(seq).unwrap());
    ann.answers(2).await;
    let (channel, epoch) = (node.open(&suite::name("a")).await.unwrap(), ann.head().epoch);
    // The server has heard of messages that the stream does not have.
    channel.skip_to(10);
    bob.publish(1).unwrap();
    until("another epoch begins", || ann.head().epoch != epoch).await;
    assert_eq!(ann.head().offset, 3);
}

#[tokio::test]
async fn rooms_in_nats_are_bounded_and_who_is_silent_for_longest_makes_way() {
    let Some(cluster) = Cluster::start("bounded", 1) else { return };
    let node = cluster.join(&NatsConfig { rooms: 3, ..cluster.config() }).await;
    let other = cluster.node().await;
    let streams = async || {
        let names = node.shared.context.stream_names().try_collect::<Vec<_>>().await.unwrap();
        let of_room = |name: &String| name.strip_prefix("heartwire-room-").map(str::to_owned);
        names.iter().filter_map(of_room).collect::<HashSet<_>>()
    };
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<HashSet<_>>();
    node.shared.context.delete_stream("heartwire-room-probe").await.unwrap();
    let say = async |room: &str| {
        let mut guest = Guest::join(&other, room, &hello(1, None)).await.unwrap();
        guest.publish(1).unwrap();
        guest.answers(1).await;
    };
    say("first").await;
    say("second").await;
    drop(Guest::join(&other, "silent", &hello(1, None)).await.unwrap());
    assert_eq!(streams().await, named(&["first", "second", "silent"]));
    // Nothing was ever said in one of them.
    let third = node.open(&suite::name("third")).await.unwrap();
    assert_eq!(streams().await, named(&["first", "second", "third"]));
    // Somebody at another server is in the one that was silent for longest.
    let rooms = Rooms::new(
        RoomConfig::default(),
        None,
        ChannelCounters::default(),
        Keeper::Nats(&NatsConfig { rooms: 3, ..cluster.config() }),
    )
    .unwrap();
    let first = rooms.enter(&suite::name("first")).await.unwrap();
    first.come(Public(1), Some("Ann"), false);
    let begun = Instant::now();
    while node.shared.in_use(&*node.shared.held.lock().await).await.unwrap().len() < 2 {
        assert!(begun.elapsed() < LIMIT, "it is told who is there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let fourth = node.open(&suite::name("fourth")).await.unwrap();
    assert_eq!(streams().await, named(&["first", "fourth", "third"]));
    assert_eq!(node.open(&suite::name("fifth")).await.unwrap_err(), NoRoom::Full);
    drop((third, fourth));
}

#[tokio::test]
async fn nats_with_a_token_is_joined_and_another_token_is_refused() {
    const TOKEN: &str = "not/for+the@log";
    let more = |_: &Path| format!("authorization {{ token: {TOKEN:?} }}\n");
    let Some(cluster) = Cluster::start_with("token", 1, more) else { return };
    let config = |login: &str| {
        let server = format!("nats://{login}127.0.0.1:{}", cluster.ports[0].0);
        NatsConfig { servers: vec![server.parse().unwrap()], ..plain() }
    };
    suite::run(&cluster.join(&config("not%2Ffor+the%40log@")).await).await;
    for login in ["", "another-secret@", "heart:not%2Ffor+the%40log@"] {
        let error = Nats::connect(&config(login), suite::terms()).unwrap_err().to_string();
        assert!(error.contains("a token (nats://TOKEN@HOST)"), "{error}");
        assert!(!error.contains("for+the") && !error.contains("another-secret"), "{error}");
    }
}

/// With TLS both ways and a user; whatever is wrong there is said, with what helps and without the secret.
#[tokio::test]
async fn nats_with_tls_and_users_is_joined_and_what_is_wrong_there_is_said() {
    // In the URL some of its signs are encoded.
    const SECRET: &str = "not/for+the@log";
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let Some(cluster) = Cluster::start_with("tls", 1, |folder| {
        ours.write(folder, "server", &["127.0.0.1"]);
        ours.write(folder, "client", &["heartwire"]);
        theirs.write(folder, "other", &["heartwire"]);
        let file = |name: &str| folder.join(name).display().to_string();
        format!(
            "tls {{ cert_file: {:?}, key_file: {:?}, ca_file: {:?}, verify: true }}\n\
             authorization {{ users: [{{ user: heart, password: {SECRET:?} }}] }}\n",
            file("server.pem"),
            file("server.key"),
            file("server.ca")
        )
    }) else {
        return;
    };
    let config = |user: &str, ca: &str, client: Option<&str>| {
        let file = |name: &str| cluster.folder.join(name);
        let server = format!("tls://{user}127.0.0.1:{}", cluster.ports[0].0);
        NatsConfig {
            servers: vec![server.parse().unwrap()],
            roots: Some(file(ca)),
            identity: client.map(|name| (file(&format!("{name}.pem")), file(&format!("{name}.key")))),
            ..plain()
        }
    };
    let heart = "heart:not%2Ffor+the%40log@".to_owned();
    let node = cluster.join(&config(&heart, "server.ca", Some("client"))).await;
    suite::run(&node).await;
    for (user, ca, client, said) in [
        (
            &*heart,
            "other.ca",
            Some("client"),
            "give the authority that signed its certificate with --nats-ca",
        ),
        (&*heart, "server.ca", None, "with --nats-cert and --nats-key"),
        (&*heart, "server.ca", Some("other"), "with --nats-cert and --nats-key"),
        ("heart:another-secret@", "server.ca", Some("client"), "give a user and a password that it knows"),
        ("", "server.ca", Some("client"), "give a user and a password that it knows"),
    ] {
        let error = Nats::connect(&config(user, ca, client), suite::terms()).unwrap_err().to_string();
        assert!(error.contains(said), "{ca} {client:?}: {error}");
        assert!(
            !error.contains(SECRET) && !error.contains("not%2Ffor") && !error.contains("another-secret"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn nats_with_credentials_is_joined_and_those_of_another_operator_are_refused() {
    let (ours, theirs) = (Operator::new(), Operator::new());
    let Some(cluster) = Cluster::start_with("creds", 1, |_| ours.config.clone()) else { return };
    let config = |name: &str, file: &str| {
        let path = cluster.folder.join(name);
        fs::write(&path, file).unwrap();
        NatsConfig { credentials: Some(path), ..cluster.config() }
    };
    let (file, _) = ours.user();
    let node = cluster.join(&config("ours.creds", &file)).await;
    suite::run(&node).await;
    let (file, seed) = theirs.user();
    let connect = |config: &NatsConfig| Nats::connect(config, suite::terms()).unwrap_err().to_string();
    let error = connect(&config("theirs.creds", &file));
    assert!(error.contains("with --nats-creds") && !error.contains(&seed), "{error}");
    let error = connect(&config("cut.creds", &file[..file.len() / 2]));
    assert!(error.contains("cut.creds") && !error.contains(&seed), "{error}");
    assert!(connect(&cluster.config()).contains("with --nats-creds"));
}

/// A private root, and what it signs.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// Certificate, key and root as `NAME.pem`, `.key` and `.ca`.
    fn write(&self, folder: &Path, name: &str, names: &[&str]) {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        for (kind, text) in
            [("pem", certificate), ("key", key.serialize_pem()), ("ca", self.certificate.clone())]
        {
            fs::write(folder.join(format!("{name}.{kind}")), text).unwrap();
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.unwrap().path(), to);
        let to = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &to);
        } else {
            fs::copy(&entry, &to).unwrap();
        }
    }
}

#[tokio::test]
async fn three_servers_lose_nothing_that_was_acknowledged_when_one_is_killed_and_refuse_when_two_are() {
    let Some(mut cluster) = Cluster::start("three", 3) else { return };
    let nodes = [cluster.node().await, cluster.node().await];
    let mut ann = Guest::join(&nodes[0], "a", &hello(1, None)).await.unwrap();
    let mut bob = Guest::join(&nodes[1], "a", &hello(2, None)).await.unwrap();
    (1..=20).for_each(|seq| ann.publish(seq).unwrap());
    let mut told = ann.answers(5).await;
    let leader = cluster.leader(&nodes[0]).await;
    cluster.kill(leader);
    if told.last().unwrap().0 < 20 {
        told.extend(ann.answers(20).await);
    }
    assert!(told.iter().all(|(_, is_published)| *is_published), "{told:?}");
    assert_eq!(bob.messages(20).await, numbers(1, 20));
    // One of three has no say.
    let second = (leader + 1) % 3;
    cluster.kill(second);
    ann.publish(21).unwrap();
    until("the loss is noticed", || nodes[0].ready().is_err()).await;
    cluster.run(second);
    assert_eq!(ann.answers(21).await, [(21, true)]);
    assert_eq!(bob.messages(1).await, numbers(21, 21));
    assert!(bob.is_quiet());
}

#[tokio::test]
async fn what_is_wrong_at_the_start_is_said() {
    let config = |server: &str| NatsConfig { servers: vec![server.parse().unwrap()], ..plain() };
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let connect = |config: &NatsConfig| Nats::connect(config, suite::terms()).unwrap_err().to_string();
    let error = connect(&config(&format!("nats://{free}")));
    assert!(error.starts_with(&format!("can't connect to NATS at {free}: ")), "{error}");
    let credentials = Some("nowhere.creds".into());
    let error = connect(&NatsConfig { credentials, ..config(&format!("nats://{free}")) });
    assert!(error.starts_with("can't read nowhere.creds: "), "{error}");
}
