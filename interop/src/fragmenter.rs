//! Messages as frames: cut anywhere, compressed or not, with control frames in between.

use anyhow::Context as _;
use fastrand::Rng;
use socket::OwnedMessage;
use wire::deflate::{Deflater, Params, Pool, Settings};
use wire::{MessageKind, MessageOptions, Role, Sender};

/// What Pongs say that answer no Ping.
pub const UNASKED: &[u8] = b"unasked";

/// Turns messages into frames, in as many ways as the RFCs allow. The whole sending half of a connection: whatever else
/// is sent on it must not be compressed.
#[derive(Debug)]
pub struct Fragmenter {
    sender: Sender,
    deflater: Option<Deflater>,
    pool: Pool,
    rng: Rng,
    /// Pings put between fragments so far.
    pub pings: u64,
}

impl Fragmenter {
    /// For the endpoint in `role`; `params` where compression was agreed on.
    #[must_use]
    pub fn new(role: Role, params: Option<Params>, settings: Settings, seed: u64) -> Fragmenter {
        Fragmenter {
            sender: Sender::new(role),
            deflater: params.map(|params| Deflater::new(&params, role, settings)),
            pool: Pool::default(),
            rng: Rng::with_seed(seed),
            pings: 0,
        }
    }

    /// Appends a message: one in four whole, the others in two to eight fragments, some of them empty. Where compression
    /// was agreed on, three in four are compressed.
    ///
    /// # Errors
    /// None as long as this is the connection's only sender.
    pub fn message(&mut self, message: &OwnedMessage, out: &mut Vec<u8>) -> anyhow::Result<()> {
        let payload = message.as_bytes();
        let compressed = self.deflater.is_some() && self.rng.u32(..4) > 0;
        let mut cuts: Vec<usize> = match self.rng.u32(..4) {
            0 => Vec::new(),
            _ => (0..self.rng.usize(1..8)).map(|_| self.rng.usize(..=payload.len())).collect(),
        };
        cuts.sort_unstable();
        cuts.push(payload.len());
        let mut start = 0;
        let last = cuts.len() - 1;
        for (index, end) in cuts.into_iter().enumerate() {
            self.fragment(message.kind(), compressed, &payload[start..end], index == 0, index == last, out)
                .context("a frame was refused")?;
            start = end;
        }
        Ok(())
    }

    fn fragment(
        &mut self,
        kind: MessageKind,
        compressed: bool,
        piece: &[u8],
        first: bool,
        last: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), wire::SendError> {
        let mut deflated = Vec::new();
        let mut piece = piece;
        if let (true, Some(deflater)) = (compressed, &mut self.deflater) {
            deflater.deflate(&mut self.pool, piece, last, &mut deflated);
            piece = &deflated;
        }
        let Fragmenter { sender, rng, .. } = self;
        let masks = || rng.u32(..).to_ne_bytes();
        match (first, last) {
            (true, true) => {
                let options = MessageOptions { compressed, ..MessageOptions::default() };
                sender.message(kind, piece, options, masks, out)?;
            }
            (true, false) => sender.begin(kind, compressed, piece, masks, out)?,
            (false, _) => sender.fragment(piece, last, masks, out)?,
        }
        if !last {
            match rng.u32(..6) {
                0 => {
                    self.pings += 1;
                    let payload = [self.pings as u8; 125];
                    let len = rng.usize(..=125);
                    sender.ping(&payload[..len], || rng.u32(..).to_ne_bytes(), out)?;
                }
                1 => sender.pong(UNASKED, || rng.u32(..).to_ne_bytes(), out)?,
                _ => {}
            }
        }
        Ok(())
    }
}
