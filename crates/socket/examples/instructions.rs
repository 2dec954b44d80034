//! One connection's work without a kernel: a transport that delivers the same batch of frames again and again and takes
//! every write. For counting instructions: `valgrind --tool=callgrind instructions BATCH BYTES READS`.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use socket::wire::raw::RawFrame;
use socket::wire::{Message, OpCode, Outgoing, Role};
use socket::{Endpoint, Socket};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

struct Echo;

impl Endpoint for Echo {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        // Refused only while the connection closes.
        let _ = out.echo(&message);
    }
}

struct Loop {
    batch: Vec<u8>,
    reads: usize,
    written: usize,
}

impl AsyncRead for Loop {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.reads > 0 {
            self.reads -= 1;
            buf.put_slice(&self.batch);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Loop {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.written += buf.len();
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse().unwrap_or(0));
    let mut next = || args.next().unwrap_or(1);
    let (count, bytes, reads): (usize, usize, usize) = (next(), next(), next());
    let mut batch = Vec::new();
    for _ in 0..count {
        RawFrame::new(OpCode::Binary, vec![7; bytes]).masked([1, 2, 3, 4]).encode(&mut batch);
    }
    let io = Loop { batch, reads, written: 0 };
    let summary = Socket::new(io, &[], Role::Server, None, Arc::default(), Echo).run().await;
    assert_eq!(summary.counts.messages_out, (count * reads) as u64);
}
