//! Connections through the relay of the page's server: what a browser can't do, and sees nothing of.

use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use anyhow::{Result, ensure};
use e2e::{Host, Page, SOON, Server, scenario};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tungstenite::handshake::server::{Request, Response};
use tungstenite::{Message, WebSocket, accept_hdr};

/// Somebody's server, for one client: it says which `Authorization` it was shown, sends a Ping, and tells of its answer.
fn curious() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("ws://{}/", listener.local_addr()?);
    thread::spawn(move || -> Result<()> {
        let (stream, _) = listener.accept()?;
        let (note, shown) = mpsc::channel();
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let note = move |request: &Request, response: Response| {
            let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
            // Who asks for it waits below.
            let _ = note.send(header.unwrap_or_default().to_owned());
            Ok(response)
        };
        let accepted = accept_hdr(stream, note);
        let mut socket: WebSocket<TcpStream> = accepted.map_err(|error| anyhow::anyhow!("{error}"))?;
        socket.send(Message::text(shown.recv()?))?;
        socket.send(Message::Ping("beat".into()))?;
        loop {
            if let Message::Pong(payload) = socket.read()? {
                socket.send(Message::text(format!("pong {}", String::from_utf8_lossy(&payload))))?;
            }
        }
    });
    Ok(address)
}

/// What is sent from here on goes through the relay with these headers.
async fn enter_headers(page: &Page, headers: &str) -> Result<()> {
    page.click("options-toggle").await?;
    page.click("open-relay").await?;
    page.until_shown("settings", true).await?;
    page.fill("relay-headers", headers).await?;
    page.click("dialog-close").await?;
    page.until_shown("settings", false).await
}

#[tokio::test]
async fn a_header_arrives_and_pings_pongs_and_frames_are_seen() -> Result<()> {
    scenario(&[], async |test| {
        let server = Server::start(&[])?;
        let page = &test.page;
        page.open(&server.page("hb=0")).await?;
        enter_headers(page, "Authorization: Bearer e2e").await?;
        page.click("open-relay").await?;
        let way = page.text("way").await?;
        ensure!(way.contains("Authorization"), "the choice explains itself: {way}");
        page.click("dialog-close").await?;

        page.connect(&curious()?).await?;
        page.wait_for_phase("open", SOON).await?;
        page.until("the header arrived, and the Ping was answered", async || {
            Ok(page.texts("response").await? == ["Bearer e2e", "pong beat"])
        })
        .await?;
        ensure!(page.texts("ping").await? == ["beat"]);

        page.click("more-toggle").await?;
        page.fill("ping-payload", "hello").await?;
        page.click("ping-send").await?;
        let pongs = async || page.texts("pong").await;
        page.until("the Pong comes back behind the relay's own", async || {
            Ok(pongs().await? == ["beat", "hello"])
        })
        .await?;
        ensure!(page.texts("ping").await? == ["beat", "hello"]);
        page.click("drawer-close").await?;

        page.detail(0).await?;
        let request = page.text("handshake-request").await?;
        ensure!(request.contains("Bearer e2e"), "{request}");
        ensure!(page.text("handshake-answer").await?.to_lowercase().contains("sec-websocket-accept"));

        page.connect(&format!("{}?fragment=4", server.socket())).await?;
        let asked = |state: &e2e::State| state.error.as_ref().is_some_and(|e| e.contains("Authorization:"));
        page.wait_for(SOON, "what was entered for one server goes to no other unasked", asked).await?;
        page.click("give-leave").await?;
        page.until("it is connected", async || Ok(page.texts("connected").await?.len() == 2)).await?;
        let before = page.log().await?.len();
        page.send("eleven char").await?;
        page.until("the echo comes in frames", async || {
            Ok(page.texts("response").await?.last().is_some_and(|text| text == "eleven char"))
        })
        .await?;
        page.detail(before + 1).await?;
        let wire = page.text("wire").await?;
        ensure!(wire.contains("4, 4, 3"), "{wire}");
        Ok(())
    })
    .await
}

/// What the lines say of sizes, and whether each fits in its line.
const SIZES: &str = "const sizes = [...document.querySelectorAll('.entry-size')];
  return { text: sizes.map(size => size.textContent).join(),
    fits: sizes.every(size => size.offsetHeight < 2 * parseFloat(getComputedStyle(size).fontSize)) };";

#[tokio::test]
async fn a_target_that_falls_silent_behind_the_relay_is_noticed_and_connected_to_again() -> Result<()> {
    scenario(&[], async |test| {
        let (server, target) = (Server::start(&[])?, Server::start(&[])?);
        // The first connection plays dead once the first message, a heartbeat, has come.
        let address = format!("{}?label=relayed&times=1&vanish-after=1msg", target.socket());
        let page = &test.page;
        let query = format!("hb=500&deadline=500&min=100&max=300&url={}", address.replace('&', "%26"));
        page.open(&server.page(&query)).await?;
        page.click("options-toggle").await?;
        page.click("relay-toggle").await?;
        page.connect(&address).await?;
        page.until("the silence is noticed and the target connected to again", async || {
            Ok(page.texts("connected").await?.len() == 2)
        })
        .await?;
        let said = page.texts("disconnected").await?;
        ensure!(said.len() == 1 && said[0].to_lowercase().contains("heartbeat"), "{said:?}");
        page.wait_for(SOON, "a heartbeat is answered", |state| state.heartbeat == "alive").await?;
        // That it is relayed is seen, and why it is.
        let why = page.attribute("relayed", "title").await?.unwrap_or_default();
        ensure!(
            page.text("relayed").await? == "Relayed" && why.starts_with("The server of this page connects"),
            "{why}"
        );
        // Long enough to be worth compressing.
        let text = ["still there"; 20].join(" ");
        page.send(&text).await?;
        page.until("an echo", async || Ok(page.texts("response").await? == [text.as_str()])).await?;
        let sizes = page.run(SIZES, vec![]).await?;
        let (sizes, is_on_one_line) = (sizes["text"].to_string(), &sizes["fits"]);
        ensure!(sizes.contains(" → ") && *is_on_one_line == true, "{sizes} in a line: {is_on_one_line}");
        Ok(())
    })
    .await
}

/// A root, and a certificate of it for localhost with its key, all in PEM.
fn private_root() -> Result<(String, String, String)> {
    let (mut params, key) = (CertificateParams::new([])?, KeyPair::generate()?);
    params.distinguished_name.push(DnType::CommonName, "a root of ours");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key)?.pem();
    let issuer = Issuer::new(params, key);
    let (params, key) = (CertificateParams::new(["localhost".to_owned()])?, KeyPair::generate()?);
    Ok((root, params.signed_by(&key, &issuer)?.pem(), key.serialize_pem()))
}

#[tokio::test]
async fn a_private_root_is_trusted_once_it_is_entered_and_its_chain_is_shown() -> Result<()> {
    scenario(&[], async |test| {
        let (root, certificate, key) = private_root()?;
        let folder = std::env::temp_dir().join(format!("heartwire-e2e-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let (cert_file, key_file) = (folder.join("cert.pem"), folder.join("key.pem"));
        std::fs::write(&cert_file, certificate)?;
        std::fs::write(&key_file, key)?;
        let files = [&cert_file, &key_file].map(|file| file.to_string_lossy().into_owned());
        let target = Server::start(&["--tls-cert", &files[0], "--tls-key", &files[1]])?;
        std::fs::remove_dir_all(&folder)?;
        let port = target.address().rsplit_once(':').map_or("", |(_, port)| port);
        let address = format!("wss://localhost:{port}/ws");

        let server = Server::start(&["--relay-deny", "denied.test"])?;
        let page = &test.page;
        page.open(&server.page("hb=0")).await?;
        page.click("options-toggle").await?;
        page.click("relay-toggle").await?;
        page.connect(&address).await?;
        let told = async |what: &str| {
            let said = |state: &e2e::State| state.error.as_ref().is_some_and(|error| error.contains(what));
            page.wait_for(SOON, what, said).await
        };
        told("UnknownIssuer").await?;
        page.connect("ws://denied.test/").await?;
        told("--relay-deny").await?;

        page.click("open-relay").await?;
        page.fill("relay-roots", &root).await?;
        page.click("dialog-close").await?;
        page.connect(&address).await?;
        page.wait_for_phase("open", SOON).await?;
        let index = page.log().await?.iter().rposition(|entry| entry.kind == "connected").unwrap_or(0);
        page.detail(index).await?;
        let shook = page.text("handshake").await?;
        ensure!(shook.contains("TLS 1.3") && shook.contains("a root of ours"), "{shook}");
        ensure!(page.all("certificate").await?[0].contains("localhost"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_page_whose_server_has_no_relay_says_so() -> Result<()> {
    scenario(&[], async |test| {
        let host = Host::start().await?;
        let page = &test.page;
        page.open(&format!("http://127.0.0.1:{}/", host.port())).await?;
        enter_headers(page, "Origin: https://there.test").await?;
        page.connect("wss://echo.test/").await?;
        let explained = |state: &e2e::State| state.error.as_ref().is_some_and(|e| e.contains("has no relay"));
        page.wait_for(SOON, "what is missing is said", explained).await?;
        Ok(())
    })
    .await
}
