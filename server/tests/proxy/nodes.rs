//! Three servers that share their rooms over NATS, behind a proxy: clients go on wherever they come to.

use super::nats::{self, Cluster};
use super::{KINDS, Kind, NAME, Proxy, is_installed};
use crate::guest::Session;
use crate::process::{Process, heartwire};
use crate::support::{PATIENCE, RawClient};
use libtest_mimic::Trial;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// The servers' addresses in the blocks.
const SERVERS: [&str; 3] = ["127.0.0.1:8081", "127.0.0.1:8082", "127.0.0.1:8083"];
/// Messages between two reconnects.
const EACH: u64 = 20;

/// One test for each program that has a block.
pub(super) fn trials() -> Vec<Trial> {
    let trial = |kind: Kind| {
        let file = match kind.program {
            "nginx" => "nodes/nginx.conf",
            "haproxy" => "nodes/haproxy.cfg",
            _ => return None,
        };
        let missing = !is_installed(kind.program) || nats::program().is_none();
        let without = if missing { "_which_or_nats_is_not_installed" } else { "" };
        let name = format!("deploy_nodes_{}{without}", kind.program);
        let run = move || {
            check(&kind, file);
            Ok(())
        };
        Some(Trial::test(name, run).with_ignored_flag(missing))
    };
    KINDS.into_iter().filter_map(trial).collect()
}

fn check(kind: &Kind, file: &str) {
    let cluster = Cluster::start(kind.program, 1).unwrap();
    let nats = SocketAddr::from((Ipv4Addr::LOCALHOST, cluster.ports[0].0));
    let begun = Instant::now();
    while TcpStream::connect(nats).is_err() {
        assert!(begun.elapsed() < PATIENCE, "there is no NATS");
        std::thread::sleep(Duration::from_millis(20));
    }
    let nats = format!("nats://{nats}");
    let mut servers: Vec<_> = SERVERS.iter().map(|_| start(&nats)).collect();
    let addresses: Vec<_> = SERVERS.into_iter().zip(servers.iter().map(|server| server.address)).collect();
    let proxy = Proxy::start(kind, file, &addresses);
    let begun = Instant::now();
    while get(proxy.address, "/healthz").0 != 200 {
        assert!(begun.elapsed() < PATIENCE, "{} reaches no server", kind.program);
    }
    let mut session = Session::default();
    let mut visited = [0; 3];
    for round in 1..=9 {
        let mut guest = session.join(proxy.address);
        // Some of what it publishes is on its way when it leaves, and comes again over another server.
        session.publish(&mut guest, EACH * round, EACH * round - 15);
        for (server, visited) in servers.iter().zip(&mut visited) {
            *visited += rooms(server);
        }
        if round == 5 {
            servers.pop();
        }
    }
    assert!(visited[..2].iter().all(|times| *times > 0) && visited.iter().sum::<u64>() >= 9, "{visited:?}");
    let mut guest = session.join(proxy.address);
    session.publish(&mut guest, EACH * 9, EACH * 9);
    while session.offset < EACH * 9 {
        let message = guest.next();
        session.hear(&message);
    }
    assert_eq!(session.heard, (1..=EACH * 9).collect::<Vec<_>>());
}

/// A server. Dropped, it is killed.
fn start(nats: &str) -> Process {
    let args = ["--listen", "127.0.0.1:0", "--nats", nats, "--trusted-proxy", "127.0.0.1", "--host", NAME];
    let more = ["--metrics-public", "--room-rate", "0", "--threads", "1"];
    Process::start(&mut heartwire(&[&args[..], &more].concat()))
}

/// How many connections a server has to rooms.
fn rooms(server: &Process) -> u64 {
    let (_, metrics) = get(server.address, "/metrics");
    let line = metrics.lines().find(|line| line.starts_with("heartwire_connections ")).map(ToOwned::to_owned);
    line.and_then(|line| line.split_once(' ').and_then(|(_, count)| count.parse().ok())).unwrap_or(0)
}

fn get(address: SocketAddr, target: &str) -> (u16, String) {
    let mut client = RawClient::connect(address);
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    client.send(request.as_bytes());
    let response = client.response();
    (response.status, response.text().to_owned())
}
