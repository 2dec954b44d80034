//! Our client's end: sends random messages to an echo, and compares what comes back byte for byte and in order.

use std::collections::VecDeque;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use fastrand::Rng;
use socket::{Channel, ConnectOptions, Control, Endpoint, OwnedMessage, connect};
use wire::deflate::{Offer, Params};
use wire::handshake::Established;
use wire::{CloseCode, ConnectionSettings, Counts, End, Message, Outgoing, Role, Summary};

use crate::fragmenter::{Fragmenter, UNASKED};
use crate::traffic::{Traffic, compare};
use crate::{CLOSE_REQUEST, PATIENCE};

/// Messages under way at the same time.
const WINDOW: usize = 12;

/// What to do on one connection.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Where.
    pub url: String,
    /// What compression to offer.
    pub offers: Vec<Offer>,
    /// How to compress.
    pub deflate: wire::deflate::Settings,
    /// How messages are sent.
    pub style: Style,
    /// Of the messages, cuts and pings.
    pub seed: u64,
    /// How many messages.
    pub messages: usize,
    /// Who closes.
    pub closing: Closing,
}

/// How messages are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Whole, by the calls of [`Channel`], with a Ping now and then.
    Calls,
    /// In fragments with control frames in between, some compressed and some not.
    Frames,
}

/// Who closes, in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// This end, with a code and a reason.
    Here(u16, &'static str),
    /// This end, with an empty Close.
    HereEmpty,
    /// The other end, which is asked for it.
    There(u16, &'static str),
}

/// What came of it, beyond that all messages came back.
#[derive(Debug)]
pub struct Visited {
    /// What was agreed on.
    pub established: Established,
    /// What the connection carried.
    pub counts: Counts,
}

impl Visit {
    /// Does it, on a runtime of its own.
    ///
    /// # Errors
    /// The first thing that was not as it should be.
    pub fn run(&self) -> anyhow::Result<Visited> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let visit =
            async { tokio::time::timeout(PATIENCE, self.converse()).await.context("it took too long")? };
        runtime.block_on(visit).with_context(|| format!("seed {}", self.seed))
    }

    async fn converse(&self) -> anyhow::Result<Visited> {
        let settings = ConnectionSettings { deflate: self.deflate, ..ConnectionSettings::default() };
        let options = ConnectOptions {
            offers: self.offers.clone(),
            timeout: PATIENCE,
            settings: Arc::new(settings),
            ..ConnectOptions::default()
        };
        let connected = connect(&self.url, &options).await?;
        let established = connected.established.clone();
        let counts = match self.style {
            Style::Calls => self.call(connected.channel()).await?,
            Style::Frames => {
                let mut socket = connected.socket(Visitor::new(self, established.deflate));
                let summary = std::future::poll_fn(|cx| socket.poll_run(cx)).await;
                socket.endpoint().finished(&summary)?;
                self.check_close(&summary)?;
                summary.counts
            }
        };
        Ok(Visited { established, counts })
    }

    async fn call<S>(&self, mut channel: Channel<S>) -> anyhow::Result<Counts>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    {
        let mut rng = Rng::with_seed(self.seed);
        let mut to_send = Traffic::new(self.seed).take(self.messages).fuse();
        let mut waiting = VecDeque::new();
        loop {
            if waiting.len() < WINDOW
                && let Some(message) = to_send.next()
            {
                channel.send(message.clone()).await?;
                waiting.push_back(message);
                if rng.u32(..8) == 0 {
                    channel.ping(&vec![0x5a; rng.usize(..=125)]).await?;
                }
                continue;
            }
            let Some(expected) = waiting.pop_front() else { break };
            let Some(message) = channel.recv().await else {
                bail!("it ended with {} messages missing: {:?}", waiting.len() + 1, channel.summary());
            };
            compare(message.kind(), message.as_bytes(), &expected)?;
        }
        match self.closing {
            Closing::Here(code, reason) => channel.close(Some((CloseCode(code), reason))).await?,
            Closing::HereEmpty => channel.close(None).await?,
            Closing::There(code, reason) => {
                channel.send(OwnedMessage::Text(format!("{CLOSE_REQUEST}{code} {reason}"))).await?;
            }
        }
        if let Some(extra) = channel.recv().await {
            bail!("{} bytes more came than were sent", extra.as_bytes().len());
        }
        let summary = channel.summary().context("it has not ended")?;
        self.check_close(summary)?;
        Ok(summary.counts)
    }

    /// Both Closes were exchanged and carried what they should.
    fn check_close(&self, summary: &Summary) -> anyhow::Result<()> {
        let (end, code) = match self.closing {
            Closing::Here(code, _) => (End::Finished, Some(CloseCode(code))),
            Closing::HereEmpty => (End::Finished, None),
            Closing::There(code, _) => (End::PeerClosed, Some(CloseCode(code))),
        };
        // An empty Close may be answered with any code that fits.
        let answered = match (self.closing, summary.close_received) {
            (Closing::HereEmpty, Some(None | Some(CloseCode::NORMAL))) => true,
            (_, received) => received == Some(code),
        };
        ensure!(
            summary.end == end && summary.close_sent == Some(code) && answered,
            "no clean close: {summary:?}"
        );
        ensure!(summary.cause.is_none(), "a clean close has no cause: {summary:?}");
        Ok(())
    }
}

/// The endpoint that sends frames of its own making.
struct Visitor<'a> {
    visit: &'a Visit,
    fragmenter: Fragmenter,
    to_send: std::iter::Fuse<std::iter::Take<Traffic>>,
    waiting: VecDeque<OwnedMessage>,
    pongs: u64,
    closing: bool,
    failure: Option<anyhow::Error>,
}

impl Visitor<'_> {
    fn new(visit: &Visit, params: Option<Params>) -> Visitor<'_> {
        Visitor {
            visit,
            fragmenter: Fragmenter::new(Role::Client, params, visit.deflate, visit.seed),
            to_send: Traffic::new(visit.seed).take(visit.messages).fuse(),
            waiting: VecDeque::new(),
            pongs: 0,
            closing: false,
            failure: None,
        }
    }

    fn send(&mut self, out: &mut Outgoing<'_>) -> anyhow::Result<()> {
        let mut frames = Vec::new();
        while self.waiting.len() < WINDOW
            && let Some(message) = self.to_send.next()
        {
            self.fragmenter.message(&message, &mut frames);
            self.waiting.push_back(message);
        }
        // A Pong may overtake or follow the last echo: peers differ. It is there before the Close, for sure.
        let done = self.waiting.is_empty() && self.pongs >= self.fragmenter.pings && !self.closing;
        if done && let Closing::There(code, reason) = self.visit.closing {
            self.closing = true;
            let request = OwnedMessage::Text(format!("{CLOSE_REQUEST}{code} {reason}"));
            self.fragmenter.message(&request, &mut frames);
        }
        if !frames.is_empty() {
            out.raw(&frames)?;
        }
        match self.visit.closing {
            Closing::Here(code, reason) if done => {
                self.closing = true;
                out.close(Some((CloseCode(code), reason)), End::Finished)?;
            }
            Closing::HereEmpty if done => {
                self.closing = true;
                out.close(None, End::Finished)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn try_to(&mut self, out: &mut Outgoing<'_>, result: anyhow::Result<()>) {
        let Err(failure) = result.and_then(|()| self.send(out)) else { return };
        if self.failure.is_none() {
            self.failure = Some(failure);
            // Refused where the connection is closing already.
            let _ = out.close(Some((CloseCode::INTERNAL_ERROR, "the test has failed")), End::Finished);
        }
    }

    fn finished(&mut self, summary: &Summary) -> anyhow::Result<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let missing = self.waiting.len() + self.to_send.by_ref().count();
        ensure!(missing == 0, "it ended with {missing} messages missing: {summary:?}");
        ensure!(
            self.pongs == self.fragmenter.pings,
            "{} Pongs for {} Pings",
            self.pongs,
            self.fragmenter.pings
        );
        Ok(())
    }
}

impl Endpoint for Visitor<'_> {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        let result = match self.waiting.pop_front() {
            Some(expected) => compare(message.kind, message.payload, &expected),
            None => Err(anyhow::anyhow!("{} bytes more came than were sent", message.payload.len())),
        };
        self.try_to(out, result);
    }

    fn control(&mut self, control: Control<'_>, out: &mut Outgoing<'_>) {
        if let Control::Pong(payload, _) = control {
            self.pongs += u64::from(payload != UNASKED);
            // It may be what the Close waits for.
            self.woken(out);
        }
    }

    fn woken(&mut self, out: &mut Outgoing<'_>) {
        if !self.closing {
            self.try_to(out, Ok(()));
        }
    }
}
