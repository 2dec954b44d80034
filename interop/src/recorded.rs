//! What a real client says to a real server, recorded on the way and done again without the server.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use server::{Driver, Output, RecordConfig, Recorder, ReplayFile, Stop, TlsSource, TrustFiles};

use crate::heartwire::Heartwire;
use crate::peer::Peer;
use crate::report::Suite;

const MESSAGES: usize = 60;
const NAME: &str = "recorded::over TLS, and played back in both modes";

/// Adds the test, or skips it for want of the peer. `options` are for its compression.
pub fn add(suite: &mut Suite, peer: Result<Arc<Peer>, String>, options: Value) {
    match peer {
        Ok(peer) => suite.test(NAME, move || record_and_replay(&peer, &options)),
        Err(missing) => suite.skip(NAME, &missing),
    }
}

/// Files that are gone with it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is the system's to tidy up.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn record_and_replay(peer: &Peer, options: &Value) -> anyhow::Result<()> {
    let name = if options == &json!(true) { "ws" } else { "websockets" };
    let folder = Folder(std::env::temp_dir().join(format!("heartwire-{name}-{}", std::process::id())));
    std::fs::create_dir_all(&folder.0)?;
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let (cert, key, file) =
        (folder.0.join("cert.pem"), folder.0.join("key.pem"), folder.0.join("conversation.jsonl"));
    std::fs::write(&cert, made.cert.pem())?;
    std::fs::write(&key, made.signing_key.serialize_pem())?;

    let served = peer.ask(json!({ "do": "serve", "options": options, "fragments": true, "seed": 5 }))?;
    let recorder = Recorder::bind(RecordConfig {
        listen: ([127, 0, 0, 1], 0).into(),
        to: format!("ws://127.0.0.1:{}", served["port"]).parse()?,
        output: Output::File(file.clone()),
        trust: TrustFiles::default(),
        tls: Some(TlsSource::Files { cert, key }),
        secrets: false,
    })?;
    let (address, stop) = (recorder.address(), Stop::new());
    let recording = {
        let stop = stop.clone();
        std::thread::spawn(move || recorder.run(&stop))
    };
    let visit = |url: String, ca: Option<String>| {
        peer.ask(json!({
            "do": "visit", "url": url, "options": options, "seed": 50, "messages": MESSAGES, "fragments": true,
            "close": { "there": true, "code": 3007, "reason": "until next time" }, "ca": ca,
        }))
    };
    let live = visit(format!("wss://localhost:{}/", address.port()), Some(made.cert.pem()));
    stop.begin();
    recording.join().ok().context("the recorder panicked")??;
    let live = live?;
    ensure!(live["messages"] == MESSAGES && live["code"] == 3007, "live: {live}");
    ensure!(!live["compressed"].as_str().unwrap_or_default().is_empty(), "it is compressed: {live}");

    let replay = ReplayFile::parse(&format!("again={}", file.display())).map_err(anyhow::Error::msg)?;
    let mock = Heartwire::start(Driver::default(), |config| config.replays = vec![replay])?;
    let url = format!("ws://{}/ws/replay/again", mock.address);
    // The client is answered as it was then, and ends as it ended then; what it compares is every byte.
    let lockstep = visit(format!("{url}?mode=lockstep&on-mismatch=close"), None)?;
    let timed = peer.ask(json!({ "do": "hear", "url": format!("{url}?mode=timed&max-gap=0s") }))?;
    for (mode, heard) in [("lockstep", &lockstep), ("timed", &timed)] {
        for what in ["messages", "digest", "code", "reason"] {
            ensure!(heard[what] == live[what], "{mode}: {what} of {heard} is not that of {live}");
        }
    }
    Ok(())
}
