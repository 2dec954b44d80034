//! Peers that mean harm, against the binary. Each test holds three things: the server stays up, its memory stays bounded, and
//! an honest client is served all the while. On Linux, which tells what a process takes.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod flood;
mod size;
mod slow;
mod target;

use socket::wire::OpCode;
use socket::wire::frame::Header;
use socket::wire::raw::RawFrame;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// The masking key of RFC 6455 section 5.7.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn frame(opcode: OpCode, payload: &[u8]) -> RawFrame {
    RawFrame::new(opcode, payload).masked(KEY)
}

/// The header of a masked frame that promises `len` bytes.
fn header(opcode: OpCode, fin: bool, len: u64) -> Vec<u8> {
    Header::new(fin, opcode, Some(KEY), len).write().to_vec()
}
