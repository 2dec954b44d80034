//! Against Python's `websockets`, both roles, with every compression setting it has.

use std::path::Path;
use std::process::ExitCode;

use interop::peer::Peer;
use interop::recorded;
use interop::report::Suite;
use interop::settings::{Inbound, Outbound, add, agreed, bits, compressor, offer};
use serde_json::{Value, json};
use wire::deflate::{ClientWindow, Offer, ServerPolicy};

fn main() -> ExitCode {
    let mut suite = Suite::default();
    let peer = Peer::websockets(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop"));
    let peer = add(&mut suite, peer, &json!({}), outbound(), inbound());
    recorded::add(&mut suite, peer, json!({}));
    suite.run()
}

/// `websockets` is the server. It can't deflate with a window of 8 bits, and declines to.
fn outbound() -> Vec<Outbound> {
    let mut list = Vec::new();
    let mut add = |name: &str, peer: Value, offers: Vec<Offer>, agreed| {
        let deflate = compressor(list.len());
        list.push(Outbound { name: name.to_owned(), peer, offers, deflate, agreed });
    };
    add("no compression", json!(false), vec![offer()], None);
    add("nothing offered", json!({}), vec![], None);
    add("defaults", json!({}), vec![offer()], agreed(false, false, 15, 15));
    add("an offer without parameters", json!({}), vec![Offer::default()], agreed(false, false, 15, 15));
    for (server, client) in [(true, false), (false, true), (true, true)] {
        let name = format!("no context takeover: server {server}, client {client}");
        let options = json!({ "server_no_context_takeover": server, "client_no_context_takeover": client });
        add(&name, options, vec![offer()], agreed(server, client, 15, 15));
        let asking =
            Offer { server_no_context_takeover: server, client_no_context_takeover: client, ..offer() };
        add(&format!("asked for, {name}"), json!({}), vec![asking], agreed(server, client, 15, 15));
    }
    let narrow = Offer { server_max_window_bits: Some(bits(8)), ..offer() };
    add("a window of 8 bits is declined", json!({}), vec![narrow], None);
    add("and the next offer taken", json!({}), vec![narrow, offer()], agreed(false, false, 15, 15));
    for n in 9..=15 {
        let options = json!({ "server_max_window_bits": n });
        add(&format!("server_max_window_bits {n}"), options, vec![offer()], agreed(false, false, n, 15));
        let asking = Offer { server_max_window_bits: Some(bits(n)), ..offer() };
        add(
            &format!("server_max_window_bits={n} offered"),
            json!({}),
            vec![asking],
            agreed(false, false, n, 15),
        );
    }
    for n in 8..=15 {
        let options = json!({ "client_max_window_bits": n });
        add(&format!("client_max_window_bits {n}"), options, vec![offer()], agreed(false, false, 15, n));
        let asking = Offer { client_max_window_bits: ClientWindow::AtMost(bits(n)), ..offer() };
        add(
            &format!("client_max_window_bits={n} offered"),
            json!({}),
            vec![asking],
            agreed(false, false, 15, n),
        );
    }
    let required = json!({ "client_max_window_bits": 12, "require_client_max_window_bits": true });
    add("a required parameter is missing", required.clone(), vec![Offer::default()], None);
    add("a required parameter is there", required, vec![offer()], agreed(false, false, 15, 12));
    for level in [1, 9] {
        let options = json!({ "compress_settings": { "level": level, "memLevel": level } });
        add(&format!("level {level}"), options, vec![offer()], agreed(false, false, 15, 15));
    }
    list
}

/// `websockets` is the client.
fn inbound() -> Vec<Inbound> {
    let mut list = Vec::new();
    let mut add = |name: &str, peer: Value, policy: Option<ServerPolicy>, agreed| {
        let deflate = compressor(list.len());
        list.push(Inbound { name: name.to_owned(), peer, policy, deflate, agreed });
    };
    let takeover = ServerPolicy::TAKEOVER;
    add("no compression here", json!({}), None, None);
    add("no compression there", json!(false), Some(takeover), None);
    add("context takeover", json!({}), Some(takeover), agreed(false, false, 15, 15));
    add("no context takeover", json!({}), Some(ServerPolicy::default()), agreed(true, true, 15, 15));
    for (server, client) in [(true, false), (false, true), (true, true)] {
        let policy = ServerPolicy {
            server_no_context_takeover: server,
            client_no_context_takeover: client,
            ..takeover
        };
        let name = format!("no context takeover: server {server}, client {client}");
        add(&name, json!({}), Some(policy), agreed(server, client, 15, 15));
        let options = json!({ "server_no_context_takeover": server, "client_no_context_takeover": client });
        add(&format!("asked for, {name}"), options, Some(takeover), agreed(server, client, 15, 15));
    }
    for n in 8..=15 {
        let policy = ServerPolicy { server_max_window_bits: bits(n), ..takeover };
        add(&format!("our window is {n} bits"), json!({}), Some(policy), agreed(false, false, n, 15));
        let options = json!({ "server_max_window_bits": n });
        add(&format!("server_max_window_bits {n}"), options, Some(takeover), agreed(false, false, n, 15));
    }
    // It can't deflate with a window of 8 bits.
    for n in 9..=15 {
        let policy = ServerPolicy { client_max_window_bits: bits(n), ..takeover };
        add(&format!("its window is {n} bits"), json!({}), Some(policy), agreed(false, false, 15, n));
        let options = json!({ "client_max_window_bits": n });
        add(&format!("client_max_window_bits {n}"), options, Some(takeover), agreed(false, false, 15, n));
    }
    let fixed = json!({ "client_max_window_bits": null });
    let policy = ServerPolicy { client_max_window_bits: bits(9), ..takeover };
    add("its window is its own business", fixed, Some(policy), agreed(false, false, 15, 15));
    for level in [1, 9] {
        let options = json!({ "compress_settings": { "level": level, "memLevel": level } });
        add(&format!("level {level}"), options, Some(takeover), agreed(false, false, 15, 15));
    }
    list
}
