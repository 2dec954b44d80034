//! Against npm `ws`, both roles, with every compression setting it has.

use std::path::Path;
use std::process::ExitCode;

use interop::peer::Peer;
use interop::report::Suite;
use interop::settings::{Inbound, Outbound, add, agreed, bits, compressor, offer};
use interop::{recorded, relayed};
use serde_json::{Value, json};
use wire::deflate::{ClientWindow, Offer, ServerPolicy};

fn main() -> ExitCode {
    let mut suite = Suite::default();
    let peer = Peer::ws(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop"));
    let peer = add(&mut suite, peer, &json!(true), outbound(), inbound());
    recorded::add(&mut suite, peer.clone(), json!(true));
    relayed::add(&mut suite, peer);
    suite.run()
}

/// `ws` is the server.
fn outbound() -> Vec<Outbound> {
    let mut list = Vec::new();
    let mut add = |name: &str, peer: Value, offers: Vec<Offer>, agreed| {
        let deflate = compressor(list.len());
        list.push(Outbound { name: name.to_owned(), peer, offers, deflate, agreed });
    };
    let all = agreed(false, false, 15, 15);
    add("no compression", json!(false), vec![offer()], None);
    add("nothing offered", json!(true), vec![], None);
    add("defaults", json!(true), vec![offer()], all);
    add("an offer without parameters", json!(true), vec![Offer::default()], all);
    for (server, client) in [(true, false), (false, true), (true, true)] {
        let name = format!("no context takeover: server {server}, client {client}");
        let options = json!({ "serverNoContextTakeover": server, "clientNoContextTakeover": client });
        add(&name, options, vec![offer()], agreed(server, client, 15, 15));
        let asking =
            Offer { server_no_context_takeover: server, client_no_context_takeover: client, ..offer() };
        add(&format!("asked for, {name}"), json!(true), vec![asking], agreed(server, client, 15, 15));
    }
    let refusing = json!({ "serverNoContextTakeover": false });
    let asking = Offer { server_no_context_takeover: true, ..offer() };
    add("the second offer is the acceptable one", refusing, vec![asking, offer()], all);
    for n in 9..=15 {
        let options = json!({ "serverMaxWindowBits": n, "threshold": 0 });
        add(&format!("serverMaxWindowBits {n}"), options, vec![offer()], agreed(false, false, n, 15));
        let options = json!({ "clientMaxWindowBits": n, "threshold": 0 });
        add(&format!("clientMaxWindowBits {n}"), options, vec![offer()], agreed(false, false, 15, n));
    }
    for n in 8..=15 {
        let asking = Offer { server_max_window_bits: Some(bits(n)), ..offer() };
        add(
            &format!("server_max_window_bits={n} offered"),
            json!(true),
            vec![asking],
            agreed(false, false, n, 15),
        );
        let asking = Offer { client_max_window_bits: ClientWindow::AtMost(bits(n)), ..offer() };
        add(
            &format!("client_max_window_bits={n} offered"),
            json!(true),
            vec![asking],
            agreed(false, false, 15, n),
        );
    }
    for level in [1, 9] {
        for threshold in [Value::Null, json!(0)] {
            let name = format!("level {level}, threshold {threshold}");
            let mut options =
                json!({ "serverNoContextTakeover": true, "zlibDeflateOptions": { "level": level } });
            if !threshold.is_null() {
                options["threshold"] = threshold;
            }
            add(&name, options, vec![offer()], agreed(true, false, 15, 15));
        }
    }
    list
}

/// `ws` is the client.
fn inbound() -> Vec<Inbound> {
    let mut list = Vec::new();
    let mut add = |name: &str, peer: Value, policy: Option<ServerPolicy>, agreed| {
        let deflate = compressor(list.len());
        list.push(Inbound { name: name.to_owned(), peer, policy, deflate, agreed });
    };
    let takeover = ServerPolicy::TAKEOVER;
    let all = agreed(false, false, 15, 15);
    add("no compression here", json!(true), None, None);
    add("no compression there", json!(false), Some(takeover), None);
    add("context takeover", json!(true), Some(takeover), all);
    add("no context takeover", json!(true), Some(ServerPolicy::default()), agreed(true, true, 15, 15));
    for (server, client) in [(true, false), (false, true), (true, true)] {
        let policy = ServerPolicy {
            server_no_context_takeover: server,
            client_no_context_takeover: client,
            ..takeover
        };
        let name = format!("no context takeover: server {server}, client {client}");
        add(&name, json!(true), Some(policy), agreed(server, client, 15, 15));
        let options = json!({ "serverNoContextTakeover": server, "clientNoContextTakeover": client });
        add(&format!("asked for, {name}"), options, Some(takeover), agreed(server, client, 15, 15));
    }
    for n in 8..=15 {
        let policy = ServerPolicy { server_max_window_bits: bits(n), ..takeover };
        add(&format!("our window is {n} bits"), json!(true), Some(policy), agreed(false, false, n, 15));
        let policy = ServerPolicy { client_max_window_bits: bits(n), ..takeover };
        add(&format!("its window is {n} bits"), json!(true), Some(policy), agreed(false, false, 15, n));
        let options = json!({ "serverMaxWindowBits": n });
        add(&format!("serverMaxWindowBits {n}"), options, Some(takeover), agreed(false, false, n, 15));
        let options = json!({ "clientMaxWindowBits": n });
        add(&format!("clientMaxWindowBits {n}"), options, Some(takeover), agreed(false, false, 15, n));
    }
    for level in [1, 9] {
        for threshold in [Value::Null, json!(0)] {
            let name = format!("level {level}, threshold {threshold}");
            let mut options =
                json!({ "clientNoContextTakeover": true, "zlibDeflateOptions": { "level": level } });
            if !threshold.is_null() {
                options["threshold"] = threshold;
            }
            add(&name, options, Some(takeover), agreed(false, true, 15, 15));
        }
    }
    list
}
