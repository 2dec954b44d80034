//! `bench soak`: many clients under random faults for a while. The server's memory has to stay as it is, every end has to
//! have a reason, and the same seeds have to make the same things happen.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use protocol::fault::Parameter;
use serde::Serialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use wire::OpCode;

use crate::api::{get, request};
use crate::frames::client_frame;
use crate::payload::Random;
use crate::peers::Server;
use crate::process::private_memory;
use crate::verdict::Verdict;

/// Labels that the clients share: a server remembers 128.
const LABELS: usize = 100;
/// Connections whose journals are compared.
const REPEATED: usize = 24;
/// Messages that each of those sends.
const MESSAGES: usize = 30;
/// Memory may grow by this factor from the middle of the run to its end, and by this much beside that.
const GROWTH: f64 = 1.25;
const SLACK: f64 = 16.0 * 1024.0 * 1024.0;
/// How long the last connections may take to go: a heartbeat and its patience.
const AFTERMATH: Duration = Duration::from_secs(60);
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What to run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Clients at a time.
    pub connections: usize,
    /// How long.
    pub time: Duration,
    /// What clients and faults are made from.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// What the run was made from; the same makes it again.
    pub seed: u64,
    /// Connections that were asked for.
    pub connections: u64,
    /// Why those ended that opened, as the server says.
    pub ends: BTreeMap<String, u64>,
    /// The faults of connections that were still there a minute after the last client had gone, those left out that play dead
    /// by their faults.
    pub left: Vec<String>,
    /// The most private memory of the server's process, in bytes: in the second quarter of the time, and in the last.
    pub memory: [u64; 2],
    /// Connections that were run twice from the same seed, and how many journals of those differed.
    pub repeated: usize,
    /// Of those.
    pub differing: usize,
}

/// Runs it against this server, which is Heartwire's.
///
/// # Errors
/// When the server can't be reached or ends.
pub fn run(server: &Server, plan: Plan) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let address = server.target.address;
        let began = Instant::now();
        let mut clients = JoinSet::new();
        for number in 0..plan.connections {
            let random = Random(plan.seed.wrapping_mul(1_000_003).wrapping_add(number as u64 + 1));
            clients.spawn(client(address, number, random, began + plan.time));
        }
        let mut memory = [0; 2];
        while began.elapsed() < plan.time {
            sleep(Duration::from_millis(500)).await;
            let now = private_memory(server.pid).context("the server has ended")?;
            match began.elapsed().as_secs_f64() / plan.time.as_secs_f64() {
                0.25..0.5 => memory[0] = now.max(memory[0]),
                0.75.. => memory[1] = now.max(memory[1]),
                _ => {}
            }
        }
        let mut connections = 0;
        while let Some(asked) = clients.join_next().await {
            connections += asked?;
        }
        let (ends, left) = aftermath(address).await?;
        let mut differing = 0;
        for number in 0..REPEATED {
            let seed = plan.seed.wrapping_add(number as u64);
            let first = repeatable(address, &format!("once-{number}"), seed).await?;
            let second = repeatable(address, &format!("again-{number}"), seed).await?;
            differing += usize::from(first != second);
        }
        Ok(Outcome { seed: plan.seed, connections, ends, left, memory, repeated: REPEATED, differing })
    })
}

/// How it came out.
#[must_use]
pub fn verdict(outcome: &Outcome) -> Verdict {
    let Outcome { seed, connections, ends, left, memory, repeated, differing } = outcome;
    let mut verdict = Verdict::default();
    verdict.say(format!("{connections} connections, seed {seed}; ends: {ends:?}"));
    let [middle, end] = memory.map(|bytes| bytes as f64);
    let mib = |bytes: f64| bytes / 1024.0 / 1024.0;
    verdict.say(format!("memory: {:.1} MiB in the middle, {:.1} MiB at the end", mib(middle), mib(end)));
    verdict.judge("memory at the end", mib(end), mib(middle * GROWTH + SLACK), " MiB");
    let unexplained = ends.iter().filter(|(reason, _)| reason.is_empty() || *reason == "cut off");
    verdict.judge("ends without a reason", unexplained.map(|(_, count)| *count as f64).sum(), 0.0, "");
    verdict.judge("connections that did not end", left.len() as f64, 0.0, "");
    for faults in left.iter().take(10) {
        verdict.say(format!("did not end: {faults}"));
    }
    verdict.judge(&format!("journals of {repeated} that differ"), *differing as f64, 0.0, "");
    verdict
}

/// One client after another, until the time is over; tells how many there were.
async fn client(address: SocketAddr, number: usize, mut random: Random, until: Instant) -> u64 {
    let label = format!("soak-{}", number % LABELS);
    let mut count = 0;
    while Instant::now() < until {
        count += 1;
        let faults = faults(&mut random);
        let target = format!("/ws?label={label}&seed={}&{faults}", below(&mut random, 1 << 20));
        let life = Duration::from_millis(200 + below(&mut random, 4000)).min(until - Instant::now());
        let farewell = below(&mut random, 3);
        let pace = Duration::from_millis(20 + below(&mut random, 200));
        let size = [10, 200, 5000, 70_000][below(&mut random, 4) as usize];
        // Whatever becomes of it, the server has to bear it.
        let _ =
            timeout(life + Duration::from_secs(2), converse(address, &target, life, pace, size, farewell))
                .await;
        // A server that refuses at once is not to be asked again at once.
        sleep(Duration::from_millis(50)).await;
    }
    count
}

async fn converse(
    address: SocketAddr,
    target: &str,
    life: Duration,
    pace: Duration,
    size: usize,
    farewell: u64,
) -> std::io::Result<()> {
    let mut stream = ask(address, target).await?;
    let mut message = Vec::new();
    client_frame(&mut message, OpCode::Text, false, KEY, &vec![b'x'; size]);
    let (mut read, mut write) = stream.split();
    let mut buffer = vec![0; 16 << 10];
    let ends = sleep(life);
    tokio::pin!(ends);
    let mut due = tokio::time::interval(pace);
    loop {
        tokio::select! {
            () = &mut ends => break,
            came = read.read(&mut buffer) => if came? == 0 { return Ok(()) },
            _ = due.tick() => write.write_all(&message).await?,
        }
    }
    // Some say goodbye, some hang up, some just stop reading for a moment first.
    if farewell == 0 {
        let mut close = Vec::new();
        client_frame(&mut close, OpCode::Close, false, KEY, &1000_u16.to_be_bytes());
        write.write_all(&close).await?;
        while read.read(&mut buffer).await? > 0 {}
    } else if farewell == 1 {
        sleep(Duration::from_millis(300)).await;
    }
    Ok(())
}

async fn ask(address: SocketAddr, target: &str) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

/// One to three faults that go together, as the catalogue shows them. Which parameters may stand beside each other is the
/// server's to say: a refusal is an end like any other.
fn faults(random: &mut Random) -> String {
    let all: Vec<_> = Parameter::all()
        .filter(|parameter| !["label", "seed", "strict", "times"].contains(&parameter.name))
        .collect();
    let some = 1 + below(random, 3);
    let chosen: Vec<_> = (0..some).map(|_| all[below(random, all.len() as u64) as usize].example).collect();
    chosen.join("&")
}

/// Waits until the server has no connection any more but those that play dead for ten minutes, and ends these; tells why they
/// ended, and the faults of those that are left.
async fn aftermath(address: SocketAddr) -> anyhow::Result<(BTreeMap<String, u64>, Vec<String>)> {
    let began = Instant::now();
    let left = loop {
        let list = get(address, "/api/connections?limit=1000").await?;
        let list = list["connections"].as_array().context("no list of connections")?;
        let faults = list.iter().map(|shown| shown["faults"].as_str().unwrap_or_default().to_owned());
        let left: Vec<_> = faults.filter(|faults| !faults.contains("vanish-after")).collect();
        if left.is_empty() || began.elapsed() > AFTERMATH {
            break left;
        }
        sleep(Duration::from_millis(500)).await;
    };
    for number in 0..LABELS {
        request(address, "POST", &format!("/api/labels/soak-{number}/kill")).await?;
    }
    let began = Instant::now();
    while get(address, "/api/connections?limit=1").await?["total"] != 0 {
        if began.elapsed() > AFTERMATH {
            bail!("connections live on that were killed");
        }
        sleep(Duration::from_millis(100)).await;
    }
    let mut ends = BTreeMap::new();
    let all = get(address, "/api/labels").await?;
    for label in all["labels"].as_array().into_iter().flatten() {
        for connection in label["connections"].as_array().into_iter().flatten() {
            if let Some(reason) = connection["ended"].as_str() {
                *ends.entry(reason.to_owned()).or_default() += 1;
            }
        }
    }
    Ok((ends, left))
}

/// What a connection with faults that only count, and a client that does always the same, has in its journal: what came in,
/// what went out, and the end, each in its order. When things happen is not the seed's to say.
async fn repeatable(address: SocketAddr, label: &str, seed: u64) -> anyhow::Result<[Vec<String>; 3]> {
    let mut random = Random(seed.wrapping_add(1));
    let some = [
        "drop=both:20%25",
        "duplicate=30%25",
        "corrupt=10%25",
        "reorder=20%25",
        "fragment=3",
        "respond=%7B%7Bn%7D%7D",
    ];
    let chosen: Vec<_> = some.into_iter().filter(|_| below(&mut random, 2) == 0).collect();
    let close = format!("close-after={MESSAGES}msg");
    let faults = chosen.into_iter().chain([close.as_str()]).collect::<Vec<_>>().join("&");
    let mut stream = ask(address, &format!("/ws?label={label}&seed={seed}&{faults}")).await?;
    let mut messages = Vec::new();
    for number in 0..MESSAGES {
        client_frame(&mut messages, OpCode::Text, false, KEY, format!("message {number}").as_bytes());
    }
    stream.write_all(&messages).await?;
    let mut close = Vec::new();
    client_frame(&mut close, OpCode::Close, false, KEY, &1000_u16.to_be_bytes());
    let mut came = Vec::new();
    timeout(Duration::from_secs(10), async {
        // The server closes; what follows its Close is the answer to it.
        loop {
            let before = came.len();
            if stream.read_buf(&mut came).await? == 0 {
                return Ok(());
            }
            if came[before..].windows(2).any(|pair| pair == [0x88, 2]) {
                // It may be gone already.
                let _ = stream.write_all(&close).await;
            }
        }
    })
    .await
    .context("a connection with close-after did not end")?
    .or_else(|error: std::io::Error| if came.is_empty() { Err(error) } else { Ok(()) })?;
    drop(stream);
    get(address, &format!("/api/labels/{label}/wait-for?event=ended")).await?;
    let journal = get(address, &format!("/api/labels/{label}/journal")).await?;
    let mut parts: [Vec<String>; 3] = Default::default();
    for entry in journal["entries"].as_array().into_iter().flatten() {
        // It names the label, which differs.
        if entry["event"] == "handshake" {
            continue;
        }
        let mut entry = entry.clone();
        if let Some(fields) = entry.as_object_mut() {
            fields.retain(|name, _| !["seq", "at_us", "connection"].contains(&name.as_str()));
        }
        let part = match entry["direction"].as_str() {
            Some("in") => 0,
            Some("out") => 1,
            _ => 2,
        };
        parts[part].push(entry.to_string());
    }
    Ok(parts)
}

/// A number below `bound`.
fn below(random: &mut Random, bound: u64) -> u64 {
    random.next_u64() % bound
}
