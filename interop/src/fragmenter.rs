//! Messages as frames: cut anywhere, compressed or not, with control frames in between.

use fastrand::Rng;
use socket::OwnedMessage;
use wire::deflate::{Deflater, Params, Pool, Settings};
use wire::frame::RSV1;
use wire::raw::RawFrame;
use wire::{OpCode, Role};

/// What Pongs say that answer no Ping.
pub const UNASKED: &[u8] = b"unasked";

/// Turns messages into frames, in as many ways as the RFCs allow. The whole sending half of a connection: whatever else
/// is sent on it must not be compressed.
#[derive(Debug)]
pub struct Fragmenter {
    role: Role,
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
            role,
            deflater: params.map(|params| Deflater::new(&params, role, settings)),
            pool: Pool::default(),
            rng: Rng::with_seed(seed),
            pings: 0,
        }
    }

    /// Appends a message: one in four whole, the others in two to eight fragments, some of them empty. Where compression
    /// was agreed on, three in four are compressed.
    pub fn message(&mut self, message: &OwnedMessage, out: &mut Vec<u8>) {
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
            let opcode = if index == 0 { message.kind().into() } else { OpCode::Continuation };
            self.fragment(opcode, compressed, &payload[start..end], index == last, out);
            start = end;
        }
    }

    fn fragment(&mut self, opcode: OpCode, compressed: bool, piece: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut deflated = Vec::new();
        let mut piece = piece;
        if let (true, Some(deflater)) = (compressed, &mut self.deflater) {
            deflater.deflate(&mut self.pool, piece, last, &mut deflated);
            piece = &deflated;
        }
        let first = opcode != OpCode::Continuation;
        self.put(
            RawFrame::new(opcode, piece).fin(last).reserved(if first && compressed { RSV1 } else { 0 }),
            out,
        );
        if !last {
            match self.rng.u32(..6) {
                0 => {
                    self.pings += 1;
                    let payload = [self.pings as u8; 125];
                    let len = self.rng.usize(..=125);
                    self.put(RawFrame::new(OpCode::Ping, &payload[..len]), out);
                }
                1 => self.put(RawFrame::new(OpCode::Pong, UNASKED), out),
                _ => {}
            }
        }
    }

    fn put(&mut self, frame: RawFrame, out: &mut Vec<u8>) {
        let frame = match self.role {
            Role::Client => frame.masked(self.rng.u32(..).to_ne_bytes()),
            Role::Server => frame,
        };
        frame.encode(out);
    }
}
