//! Targets that are mounted while the server runs.

use crate::support::{HttpResponse, TestServer, frame, upgrade_request};
use crate::via::Target;
use serde_json::{Value, json};
use server::{ApiToken, Resolver};
use std::net::{Ipv4Addr, SocketAddr};

fn make(server: &TestServer, name: &str, body: &Value) -> HttpResponse {
    server.post(&format!("/api/vias/{name}"), "application/json", body.to_string().as_bytes())
}

fn listed(server: &TestServer) -> Value {
    serde_json::from_slice::<Value>(&server.get("/api/vias", &[]).body).unwrap()["vias"].take()
}

#[test]
fn a_target_is_mounted_carries_clients_and_is_removed() {
    let target = Target::new();
    let server =
        TestServer::start_with(|config| config.via = vec!["fixed=ws://127.0.0.1:1".parse().unwrap()]);
    let url = format!("ws://127.0.0.1:{}/feed?key=secret", target.port());
    let made = make(&server, "api", &json!({ "url": url, "headers": [["Authorization", "Bearer hidden"]] }));
    assert_eq!(made.status, 200, "{}", made.text());
    let mut client = server.connect();
    client.send(upgrade_request("/ws/via/api?a=b&fragment=2", &["+Authorization: mine"]).as_bytes());
    let mut end = target.accept("");
    assert_eq!(client.response().status, 101);
    assert_eq!(end.asked.target, "/feed?key=secret&a=b");
    assert_eq!(end.asked.headers["authorization"], "Bearer hidden");
    end.send(b"\x81\x03abc");
    // Faults hold here as everywhere.
    assert_eq!((client.frame(), client.frame()), ((0x01, b"ab".to_vec()), (0x80, b"c".to_vec())));

    let list = listed(&server);
    assert_eq!(list[0]["name"], "api");
    assert_eq!((&list[0]["url"], &list[0]["made"]), (&json!("/ws/via/api"), &json!(true)));
    assert_eq!((&list[1]["name"], &list[1]["made"]), (&json!("fixed"), &json!(false)));
    assert!(!list.to_string().contains("secret") && !list.to_string().contains("hidden"), "{list}");

    assert_eq!(server.request("DELETE", "/api/vias/api", &[]).status, 200);
    let mut newcomer = server.connect();
    newcomer.send(upgrade_request("/ws/via/api", &[]).as_bytes());
    assert_eq!(newcomer.response().status, 404);
    // Who was carried there stays.
    client.send(&frame(0x1, b"still here"));
    assert_eq!(end.frame().1, b"still here");
}

#[test]
fn what_can_not_be_mounted_is_told_why() {
    let server = TestServer::start_with(|config| {
        config.via = vec!["fixed=ws://127.0.0.1:1".parse().unwrap()];
        config.relay_deny = vec!["denied.example".parse().unwrap()];
    });
    let good = json!({ "url": "ws://h" });
    for (name, body, status, said) in [
        ("fixed", good.clone(), 409, "given on the command line"),
        ("a%20b", good, 400, "is no name"),
        ("x", json!({}), 400, "a target needs url"),
        ("x", json!([]), 400, "JSON object"),
        ("x", json!({ "url": "https://h" }), 400, "ws:// or wss://"),
        ("x", json!({ "url": "ws://h", "subprotocols": [] }), 400, "a target has no subprotocols"),
        ("x", json!({ "url": "ws://h", "headers": { "Authorization": "hidden" } }), 400, "pairs"),
        ("x", json!({ "url": "ws://h", "headers": [["a b", "hidden"]] }), 400, "header"),
        ("x", json!({ "url": "wss://h", "tls": { "roots": "hidden" } }), 400, "no certificate in PEM"),
        ("x", json!({ "url": "wss://h", "tls": { "key": "hidden" } }), 400, "both certificate and key"),
        ("x", json!({ "url": "ws://denied.example" }), 400, "--relay-deny"),
    ] {
        let answer = make(&server, name, &body);
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(
            answer.text().contains(said) && !answer.text().contains("hidden"),
            "{body}: {}",
            answer.text()
        );
    }
    assert_eq!(server.request("DELETE", "/api/vias/fixed", &[]).status, 409);
    assert_eq!(server.request("DELETE", "/api/vias/none", &[]).status, 404);
    assert_eq!(listed(&server).as_array().unwrap().len(), 1);
}

#[test]
fn who_may_not_relay_mounts_nothing_and_what_is_inside_is_left_alone() {
    let elsewhere =
        ["X-Forwarded-For: 192.0.2.1", "Authorization: Bearer 0123456789abcdef", "Content-Length: 0"];
    let server = TestServer::start_with(|config| config.api_token = Some(ApiToken::new("0123456789abcdef")));
    let answer = server.request("POST", "/api/vias/x", &elsewhere);
    assert_eq!((answer.status, answer.text().contains("--relay")), (403, true), "{}", answer.text());
    let no_token = server.request("POST", "/api/vias/x", &[elsewhere[0], elsewhere[2]]);
    assert_eq!(no_token.status, 401);

    // For others the relay leaves this machine alone, by whatever name, each time somebody is carried there.
    let target = Target::new();
    let server = TestServer::start_with(|config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.relay = true;
        config.api_token = Some(ApiToken::new("0123456789abcdef"));
        config.resolver = Resolver::new(|_, port| {
            std::future::ready(Ok(vec![SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)]))
        });
    });
    for host in ["127.0.0.1", "inside.example"] {
        let body = json!({ "url": format!("ws://{host}:{}", target.port()) }).to_string();
        let mut client = server.connect();
        client.send(
            format!(
                "POST /api/vias/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer 0123456789abcdef\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        );
        assert_eq!(client.response().status, 200, "{host}");
        let mut client = server.connect();
        client.send(upgrade_request("/ws/via/x", &[]).as_bytes());
        let answer = client.response();
        assert_eq!((answer.status, answer.text().contains("leaves alone")), (403, true), "{}", answer.text());
    }
    target.listener.set_nonblocking(true).unwrap();
    assert!(target.listener.accept().is_err(), "nobody came");
}
