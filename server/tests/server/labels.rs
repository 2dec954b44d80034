//! Connections with a label, as a test suite steers and questions them.

use crate::support::{HttpResponse, RawClient, TestServer, frame, upgrade_request};
use serde_json::{Value, json};
use server::{AllowedOrigin, ApiToken, OriginPolicy};
use std::io::ErrorKind;

const TEXT: u8 = 0x1;
const PING: u8 = 0x9;

fn json_of(response: &HttpResponse) -> Value {
    assert_eq!(response.header("content-type"), Some("application/json"), "{}", response.text());
    serde_json::from_slice(&response.body).unwrap()
}

fn get(server: &TestServer, target: &str) -> Value {
    json_of(&server.get(target, &[]))
}

/// Steers, and tells how many connections it was for.
fn steer(server: &TestServer, target: &str) -> u64 {
    let answer = server.request("POST", target, &[]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    json_of(&answer)["connections"].as_u64().unwrap()
}

/// A connection with the label, once it is open.
fn open(server: &TestServer, query: &str) -> RawClient {
    let client = server.upgrade(&format!("/ws?{query}"));
    let label = query.split('&').find_map(|pair| pair.strip_prefix("label=")).unwrap();
    let number = get(server, &format!("/api/labels/{label}"))["count"].as_u64().unwrap();
    let wait = format!("/api/labels/{label}/wait-for?event=open&filter=conn:{number}");
    assert_eq!(server.get(&wait, &[]).status, 200);
    client
}

#[test]
fn connections_are_listed_with_what_they_carried_and_why_they_ended() {
    let server = TestServer::start();
    let mut first = open(&server, "label=list&delay=1ms");
    first.send(&frame(TEXT, b"hello"));
    assert_eq!(first.frame(), (0x81, b"hello".to_vec()));
    let _second = open(&server, "label=list");
    first.send(&frame(0x8, &[0x0f, 0xa0]));
    first.expect_close(4000);
    assert_eq!(server.get("/api/labels/list/wait-for?event=ended&filter=code:4000", &[]).status, 200);

    let list = get(&server, "/api/labels/list");
    assert_eq!(list["count"], 2);
    let shown = &list["connections"];
    assert_eq!((&shown[0]["connection"], &shown[0]["ended"]), (&json!(1), &json!("peer closed")));
    assert_eq!((&shown[0]["messages_in"], &shown[0]["bytes_out"]), (&json!(1), &json!(5)));
    assert_eq!(shown[0]["faults"], "delay=1ms&label=list");
    assert_eq!((&shown[1]["connection"], &shown[1]["ended"]), (&json!(2), &Value::Null));
    assert!(shown[1]["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert_eq!(get(&server, "/api/labels")["labels"][0]["name"], "list");
}

#[test]
fn connections_are_killed_all_or_one() {
    let server = TestServer::start();
    let (mut first, mut second) = (open(&server, "label=k"), open(&server, "label=k"));
    assert_eq!(steer(&server, "/api/labels/k/kill?connection=2"), 1);
    assert_eq!(second.try_read_to_end().unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(steer(&server, "/api/labels/k/kill?how=fin"), 1);
    first.expect_end();
    // Whoever comes within the time is killed too.
    assert_eq!(steer(&server, "/api/labels/k/kill?for=1h"), 0);
    let mut third = server.upgrade("/ws?label=k");
    assert_eq!(third.try_read_to_end().unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_close_is_sent() {
    let server = TestServer::start();
    for (query, sent) in
        [("", &[0x03, 0xe8][..]), ("?code=4001&reason=why", b"\x0f\xa1why"), ("?code=none", b"")]
    {
        let mut client = open(&server, "label=c");
        assert_eq!(steer(&server, &format!("/api/labels/c/close{query}")), 1);
        assert_eq!(client.frame(), (0x88, sent.to_vec()));
        client.send(&frame(0x8, sent));
        client.expect_end();
        assert_eq!(server.get("/api/labels/c/wait-for?event=ended", &[]).status, 200);
    }
}

#[test]
fn silence_holds_until_it_is_ended_or_over() {
    let server = TestServer::start();
    let mut client = open(&server, "label=s");
    assert_eq!(steer(&server, "/api/labels/s/silence"), 1);
    assert_eq!(server.get("/api/labels/s/wait-for?filter=silence", &[]).status, 200);
    client.send(&frame(TEXT, b"anybody?"));
    client.send(&frame(PING, b"ping"));
    let waited = server.get("/api/labels/s/wait-for?event=message&timeout=50ms", &[]);
    assert_eq!((waited.status, &json_of(&waited)["met"]), (409, &json!(false)));
    assert_eq!(steer(&server, "/api/labels/s/resume"), 1);
    assert_eq!(client.frame(), (0x81, b"anybody?".to_vec()));
    assert_eq!(client.frame(), (0x8a, b"ping".to_vec()));

    assert_eq!(steer(&server, "/api/labels/s/silence?for=20ms"), 1);
    client.send(&frame(TEXT, b"later"));
    assert_eq!(client.frame(), (0x81, b"later".to_vec()));
}

#[test]
fn who_vanished_can_be_brought_back() {
    let server = TestServer::start();
    let mut client = open(&server, "label=back&vanish-after=1&duplicate=100%25");
    client.send(&frame(TEXT, b"a"));
    assert_eq!([client.frame(), client.frame()], [(0x81, b"a".to_vec()), (0x81, b"a".to_vec())]);
    client.send(&frame(TEXT, b"b"));
    assert_eq!(steer(&server, "/api/labels/back/resume"), 1);
    assert_eq!([client.frame(), client.frame()], [(0x81, b"b".to_vec()), (0x81, b"b".to_vec())]);
}

#[test]
fn messages_and_pings_are_sent() {
    let server = TestServer::start();
    let mut client = open(&server, "label=m&duplicate=100%25");
    let send =
        |path: &str, kind: &str, body: &[u8]| server.post(&format!("/api/labels/m/{path}"), kind, body);
    assert_eq!(send("send", "text/plain", "grüße".as_bytes()).status, 200);
    for _ in 0..2 {
        assert_eq!(client.frame(), (0x81, "grüße".into()), "faults hold for it too");
    }
    assert_eq!(send("faults", "text/plain", b"").status, 200);
    assert_eq!(send("send", "Application/Octet-Stream; charset=x", b"\xff\0").status, 200);
    assert_eq!(client.frame(), (0x82, b"\xff\0".to_vec()));
    assert_eq!(send("send", "text/plain", b"\xff").status, 400);
    assert_eq!(send("ping", "text/plain", b"there?").status, 200);
    assert_eq!(client.frame(), (0x89, b"there?".to_vec()));
    assert_eq!(send("ping", "text/plain", &[b'x'; 126]).status, 400);
    assert_eq!(send("send", "text/plain", &vec![b'x'; 2 << 20]).status, 413);
}

#[test]
fn faults_are_put_into_force_and_taken_back() {
    let server = TestServer::start();
    let mut client = open(&server, "label=f");
    let mut says = |text: &str, answers: &[&str]| {
        client.send(&frame(TEXT, text.as_bytes()));
        client.send(&frame(PING, b"last"));
        for answer in answers {
            assert_eq!(client.frame(), (0x81, answer.as_bytes().to_vec()));
        }
        assert_eq!(client.frame(), (0x8a, b"last".to_vec()));
    };
    assert_eq!(steer(&server, "/api/labels/f/faults?drop=100%25"), 1);
    assert_eq!(server.get("/api/labels/f/wait-for?event=steered", &[]).status, 200);
    says("gone", &[]);
    assert_eq!(get(&server, "/api/labels/f")["connections"][0]["faults"], "drop=100%25");
    assert_eq!(steer(&server, "/api/labels/f/faults?duplicate=100%25&for=30ms"), 1);
    assert_eq!(server.get("/api/labels/f/wait-for?event=steered&count=2", &[]).status, 200);
    // Afterwards the ones from before are back.
    while get(&server, "/api/labels/f")["connections"][0]["faults"] != "drop=100%25" {
        std::thread::yield_now();
    }
    says("gone", &[]);
    assert_eq!(steer(&server, "/api/labels/f/faults"), 1);
    assert_eq!(server.get("/api/labels/f/wait-for?event=steered&count=3", &[]).status, 200);
    says("there", &["there"]);
}

#[test]
fn the_journal_tells_what_happened_in_order() {
    let server = TestServer::start();
    let mut client = open(&server, "label=j&drop=100%25&every=2&violate=rsv1&from=3");
    for text in ["one", "two", "three", "four"] {
        client.send(&frame(TEXT, text.as_bytes()));
    }
    client.send(&frame(PING, b"p"));
    client.send(&frame(0x8, b"\x03\xe8bye"));
    assert_eq!(server.get("/api/labels/j/wait-for?event=ended", &[]).status, 200);
    let journal = get(&server, "/api/labels/j/journal");
    let told: Vec<String> = journal["entries"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(
        told,
        [
            "handshake",
            "open",
            "message in one",
            "message out one",
            "message in two",
            "message out two",
            "message in three",
            "message out three",
            "message in four",
            "violation rsv1",
            "dropped out",
            "ping in",
            "pong out",
            "close in bye",
            "close out bye",
            "ended peer closed",
        ]
    );
    assert_eq!((&journal["lost"], &journal["last"]), (&json!(0), &json!(16)));
    let after = get(&server, "/api/labels/j/journal?after=14&filter=dir:out");
    assert_eq!(after["entries"].as_array().unwrap().len(), 1);
}

fn told(entry: &Value) -> String {
    let words = ["event", "direction", "text", "name", "reason"].map(|name| entry[name].as_str());
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[test]
fn reconnects_are_waited_for() {
    let server = TestServer::start();
    std::thread::scope(|scope| {
        let wait = "/api/labels/r/wait-for?event=open&count=3&within=5s";
        let waiting = scope.spawn(|| server.get(wait, &[]));
        for _ in 0..3 {
            let mut client = server.upgrade("/ws?label=r&times=2&reset-after=0");
            let _ = client.try_read_to_end();
        }
        let answer = json_of(&waiting.join().unwrap());
        assert_eq!(answer["met"], true);
        assert_eq!(answer["entries"].as_array().unwrap().len(), 3);
    });
}

#[test]
fn what_is_ordered_holds_once_it_is_answered() {
    let server = TestServer::start();
    let mut client = open(&server, "label=now");
    let order = |order: &str| assert_eq!(server.request("POST", order, &[]).status, 200);
    for round in 0..30_u8 {
        order("/api/labels/now/faults?drop=in:100%");
        client.send(&frame(TEXT, b"lost"));
        client.send(&frame(0x9, b"?"));
        assert_eq!(client.frame(), (0x8a, b"?".to_vec()), "{round}");
        order("/api/labels/now/faults");
        client.send(&frame(TEXT, &[b'0' + round]));
        assert_eq!(client.frame(), (0x81, vec![b'0' + round]));
    }
    // Who is still to be answered obeys then, and nobody waits for it.
    let mut slow = server.connect();
    slow.send(upgrade_request("/ws?label=slow&handshake-delay=1h", &[]).as_bytes());
    assert_eq!(server.get("/api/labels/slow/wait-for?event=handshake", &[]).status, 200);
    order("/api/labels/slow/kill");
}

#[test]
fn what_happened_is_verified() {
    let server = TestServer::start();
    let mut client = open(&server, "label=v");
    for text in [r#"{"op":"login"}"#, r#"{"op":"subscribe"}"#] {
        client.send(&frame(TEXT, text.as_bytes()));
        client.frame();
    }
    let verify =
        |body: Value| server.post("/api/labels/v/verify", "application/json", body.to_string().as_bytes());
    let passed = verify(json!({
        "expect": [{"filter": "dir:in $.op", "count": 2}, {"event": "open", "count": 1}, {"event": "ended", "max": 0}],
        "order": ["kind:connected", "dir:in $.op == login", "dir:in $.op == subscribe"],
    }));
    assert_eq!((passed.status, &json_of(&passed)["passed"]), (200, &json!(true)), "{}", passed.text());
    let failed = verify(json!({"order": ["dir:in $.op == subscribe", "dir:in $.op == login"]}));
    assert_eq!((failed.status, &json_of(&failed)["order"]["missing"]), (409, &json!("dir:in $.op == login")));
    assert_eq!(verify(json!({"expects": []})).status, 400);
    // What asks for nothing proves nothing.
    for nothing in [json!({}), json!([]), json!({"expect": [], "order": []})] {
        assert_eq!(verify(nothing.clone()).status, 400, "{nothing}");
    }
    assert_eq!(verify(json!({"order": ["("]})).status, 400);
}

#[test]
fn what_can_not_be_followed_is_refused_and_said() {
    let server = TestServer::start();
    let _client = open(&server, "label=w");
    for (method, target, status, said) in [
        ("GET", "/api/labels/none", 404, "no connection had the label none"),
        ("GET", "/api/labels/a%2fb", 400, "is no name"),
        ("GET", "/api/nothing", 404, "openapi.json"),
        ("GET", "/api/labels/w/kill", 405, "POST, OPTIONS"),
        ("POST", "/api/labels/w/kill?how=gently", 400, "use reset or fin"),
        ("POST", "/api/labels/w/kill?for=soon", 400, "such as 10s"),
        ("POST", "/api/labels/w/kill?connection=x", 400, "use a number"),
        ("POST", "/api/labels/w/kill?now=1", 400, "now is no parameter here"),
        ("POST", "/api/labels/w/close?code=1005", 400, "1000-1003"),
        ("POST", "/api/labels/w/close?code=none&reason=x", 400, "none without a reason"),
        ("POST", "/api/labels/w/faults?dleay=5ms", 400, "did you mean delay?"),
        ("POST", "/api/labels/w/faults?own=1", 400, "own is no parameter"),
        ("POST", "/api/labels/w/faults?handshake-status=503", 400, "the handshake is over"),
        ("POST", "/api/labels/w/faults?times=2", 400, "times can't be set"),
        ("POST", "/api/labels/w/faults?strict=maybe", 400, "strict takes on or off"),
        ("POST", "/api/labels/w/faults?for=1s&for=2s", 400, "for is there twice"),
        ("POST", "/api/labels/w/silence?for=25h", 400, "up to 24h"),
        ("POST", "/api/labels/w/verify?x=1", 400, "x is no parameter here"),
        ("GET", "/api/labels?label=w", 400, "label is no parameter here"),
        ("GET", "/api/conformance/w?format=json&format=junit", 400, "format is there twice"),
        ("GET", "/api/labels/w/wait-for?evnt=open", 400, "evnt is no parameter here"),
        ("GET", "/api/labels/w/journal?filter=(", 400, "can't be read"),
    ] {
        let response = server.request(method, target, &[]);
        assert_eq!(response.status, status, "{method} {target}: {}", response.text());
        assert!(response.text().contains(said), "{method} {target}: {}", response.text());
    }
    // What says when to come back goes into a Close, and being strict costs nothing here.
    let set = "/api/labels/w/faults?restart-after=1h&retry-after=5s&strict=on";
    assert_eq!(server.request("POST", set, &[]).status, 200);
    assert_eq!(server.request("OPTIONS", "/api/labels/w/kill", &[]).header("allow"), Some("POST, OPTIONS"));
    assert_eq!(server.request("HEAD", "/api/faults", &[]).status, 200);
}

#[test]
fn who_writes_a_query_of_faults_is_told_what_would_be_right() {
    let server = TestServer::start();
    let upgrade = [
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    let check = |query: &str| get(&server, &format!("/api/faults/check?{query}"));
    assert_eq!(check("delay=0.05s&drop=10%25")["faults"], "delay=50ms&drop=10%25");
    assert_eq!(check("")["faults"], "");
    for (query, said) in [
        ("delay=soon", "delay=soon can't be followed"),
        ("dleay=1s", "did you mean delay?"),
        ("times=2", "times needs label"),
        ("echo=off&echo=off", "there twice"),
    ] {
        let answer = check(query);
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(said), "{query}: {error}");
        // In the words of the refusal that a connection would meet.
        let refusal = server.get(&format!("/ws?{query}"), &upgrade);
        assert_eq!((refusal.status, refusal.text().trim()), (400, error));
    }
}

#[test]
fn others_need_the_token() {
    let secret = "0123456789abcdef";
    let with_token = TestServer::start_with(|config| config.api_token = Some(ApiToken::new(secret)));
    let without = TestServer::start();
    // Who comes through a proxy is not on this machine, as far as anybody can tell.
    let elsewhere = "X-Forwarded-For: 192.0.2.1";
    for (server, headers, status) in [
        (&without, vec![], 200),
        (&without, vec![elsewhere], 403),
        (&with_token, vec![], 200),
        (&with_token, vec![elsewhere], 401),
        (&with_token, vec![elsewhere, "Authorization: Bearer 0123456789abcdee"], 401),
        (&with_token, vec![elsewhere, "Authorization: 0123456789abcdef"], 401),
        (&with_token, vec![elsewhere, "Authorization: Basic 0123456789abcdef"], 401),
        (&with_token, vec![elsewhere, "Authorization: Bearer 0123456789abcdef"], 200),
        // The name of the scheme has no case (RFC 9110 §11.1).
        (&with_token, vec![elsewhere, "Authorization: bearer  0123456789abcdef"], 200),
    ] {
        assert_eq!(server.get("/api/labels", &headers).status, status, "{headers:?}");
        assert_eq!(server.get("/api/faults", &headers).status, 200, "what there is, everybody may know");
    }
    assert_eq!(with_token.get("/api/labels", &[elsewhere]).header("www-authenticate"), Some("Bearer"));
}

#[test]
fn pages_of_others_steer_nothing() {
    let server = TestServer::start_with(|config| {
        config.origins = OriginPolicy::new(["https://friend.example".parse::<AllowedOrigin>().unwrap()]);
    });
    let own = format!("Origin: http://{}", server.address);
    for (header, status) in [
        (own.as_str(), 200),
        ("Origin: https://friend.example", 200),
        ("Origin: https://evil.example", 403),
        ("Origin: null", 403),
    ] {
        assert_eq!(server.request("POST", "/api/labels/p/kill", &[header]).status, status, "{header}");
    }
    let mut client = server.connect();
    client.send(b"POST /api/labels/p/kill HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(client.response().status, 403, "a name that was led here");
}

#[test]
fn the_description_is_that_of_the_routes() {
    let server = TestServer::start();
    let document = get(&server, "/api/openapi.json");
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    assert!(!paths.is_empty());
    for (path, methods) in paths {
        let target =
            ["{label}", "{name}"].iter().fold(path.clone(), |path, name| path.replace(name, "described"));
        let target = ["{number}", "{id}"].iter().fold(target, |path, name| path.replace(name, "7"));
        let there: Vec<String> =
            methods.as_object().unwrap().keys().map(|name| name.to_uppercase()).collect();
        let allowed = server.request("OPTIONS", &target, &[]);
        assert_eq!(allowed.status, 204, "{path}");
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let is_there = allowed.header("allow").unwrap().split(", ").any(|allowed| allowed == method);
            assert_eq!(there.iter().any(|there| there == method), is_there, "{method} {path}");
            let waits = path.ends_with("wait-for") || path.ends_with("/held");
            let query = if waits { "?timeout=1ms" } else { "" };
            let answered = server.request(method, &format!("{target}{query}"), &[]).status;
            assert_eq!(answered == 405, !is_there, "{method} {path}: {answered}");
            let described = &document["paths"][path][method.to_lowercase()]["responses"];
            assert!(!is_there || described[answered.to_string()].is_object(), "{method} {path}: {answered}");
        }
        for (method, operation) in methods.as_object().unwrap() {
            for parameter in operation["parameters"].as_array().unwrap() {
                let name = parameter["name"].as_str().unwrap();
                // Every parameter that is described is known: its value is what is wrong, if anything.
                if parameter["in"] == "query" {
                    let wait =
                        if path.ends_with("wait-for") && name != "timeout" { "timeout=1ms&" } else { "" };
                    let response =
                        server.request(&method.to_uppercase(), &format!("{target}?{wait}{name}=x"), &[]);
                    assert!(
                        !response.text().contains("is no parameter"),
                        "{path} {name}: {}",
                        response.text()
                    );
                }
            }
        }
    }
}

#[test]
fn the_catalogue_lists_every_parameter_with_an_example_that_works() {
    let server = TestServer::start();
    let catalogue = get(&server, "/api/faults");
    for parameter in catalogue["parameters"].as_array().unwrap() {
        let name = parameter["name"].as_str().unwrap();
        for field in ["group", "summary", "values", "default", "example"] {
            assert!(parameter[field].as_str().is_some_and(|text| !text.is_empty()), "{name} {field}");
        }
        let example = parameter["example"].as_str().unwrap();
        if name.starts_with("handshake") || name == "retry-after" || name == "location" {
            continue;
        }
        drop(server.upgrade(&format!("/ws?{example}")));
    }
}

#[test]
fn a_client_is_judged_by_what_it_did() {
    let server = TestServer::start();
    let cases = get(&server, "/api/conformance/strict/cases");
    let cases = cases["cases"].as_array().unwrap();
    let target = |name: &str| {
        let case = cases.iter().find(|case| case["case"]["name"] == name).unwrap();
        case["target"].as_str().unwrap().to_owned()
    };
    // It refuses one, drops another, and takes a third.
    let mut client = server.upgrade(&target("masked-frame"));
    client.send(&frame(0x8, &[0x03, 0xea]));
    client.read_to_end();
    drop(server.upgrade(&target("bad-utf8")));
    let mut client = server.upgrade(&target("rsv2"));
    client.send(&frame(TEXT, b"thank you"));
    drop(client);
    assert_eq!(server.get("/api/labels/strict/wait-for?event=ended&count=3", &[]).status, 200);
    let report = get(&server, "/api/conformance/strict");
    assert_eq!((&report["passed"], &report["failed"]), (&json!(2), &json!(1)));
    assert_eq!(report["missing"], cases.len() - 3);
    let failed = report["cases"].as_array().unwrap().iter().find(|case| case["verdict"] == "failed").unwrap();
    assert_eq!((&failed["name"], &failed["did"]), (&json!("rsv2"), &json!("carried on and sent a message")));
    let junit = server.get("/api/conformance/strict?format=junit", &[]);
    assert_eq!(junit.header("content-type"), Some("application/xml"));
    assert!(junit.text().contains("failures=\"1\""), "{}", junit.text());
    assert_eq!(server.get("/api/conformance/strict?format=csv", &[]).status, 400);
    assert_eq!(server.get("/api/conformance/none", &[]).status, 404);
}

#[test]
fn a_client_of_sessions_is_judged_by_what_it_says() {
    let server = TestServer::start();
    let cases = get(&server, "/api/conformance/mine/session/cases");
    let cases = cases["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["case"]["name"] == "hello").unwrap();
    assert_eq!(case["publish"], json!(["mine 1"]));
    let target = case["target"].as_str().unwrap();
    let hello = |session: char| {
        let (client, session) = ("0".repeat(32), session.to_string().repeat(32));
        format!(r#"{{"type":"hello","client":"{client}","session":"{session}","connection":1}}"#)
    };
    // One says too much.
    let mut client = server.upgrade(target);
    client.send(&frame(TEXT, br#"{"type":"publish","seq":1,"data":"mine 1"}"#));
    client.send(&frame(0x8, &4409_u16.to_be_bytes()));
    assert_eq!(client.expect_close(4409), "hello failed: said something else before hello");
    let report = get(&server, "/api/conformance/mine/session");
    assert_eq!((&report["passed"], &report["failed"]), (&json!(0), &json!(1)));
    let junit = server.get("/api/conformance/mine/session?format=junit", &[]);
    assert!(junit.text().contains(r#"<failure message="said something else before hello"/>"#));
    // Another one says what it should, and what the first one did counts no more.
    let mut client = server.upgrade(target);
    client.send(&frame(TEXT, hello('1').as_bytes()));
    let (_, welcome) = client.frame();
    assert!(welcome.starts_with(br#"{"type":"welcome","#), "{}", String::from_utf8_lossy(&welcome));
    client.send(&frame(TEXT, br#"{"type":"publish","seq":1,"data":"mine 1"}"#));
    assert_eq!(client.frame(), (0x80 | TEXT, br#"{"type":"ack","from":1,"to":1}"#.to_vec()));
    let (first, close) = client.frame();
    assert_eq!((first, &close[2..]), (0x88, &b"hello passed: connections: 1, messages: 1"[..]));
    let report = get(&server, "/api/conformance/mine/session");
    assert_eq!((&report["passed"], &report["failed"]), (&json!(1), &json!(0)));
    assert_eq!(report["missing"], cases.len() - 1);

    for (target, status) in
        [("/ws/conformance/session/hello", 400), ("/ws/conformance/session/none?label=mine", 404)]
    {
        let mut client = server.connect();
        client.send(upgrade_request(target, &[]).as_bytes());
        assert_eq!(client.response().status, status, "{target}");
    }
    assert_eq!(server.get("/api/conformance/none/session", &[]).status, 404);
}

#[test]
fn the_conformance_page_loads_what_is_there_and_nothing_else() {
    let server = TestServer::start();
    let page = server.get("/conformance", &[]);
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let references = page.text().split(['"', '\'']).filter(|text| text.starts_with('/'));
    let mut count = 0;
    for reference in references {
        assert_eq!(server.get(reference, &[]).status, 200, "{reference}");
        count += 1;
    }
    assert_eq!(count, 3);
    let script = server.get("/conformance.js", &[]);
    let (_, imported) = script.text().split_once("from \"").unwrap();
    assert_eq!(server.get(imported.split_once('"').unwrap().0, &[]).status, 200);
    assert_eq!(server.request("POST", "/conformance", &[]).status, 405);
    let mut client = server.connect();
    client.send(b"GET /conformance HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(client.response().status, 403);
}
