use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Sleep, sleep_until};
use wire::deflate::Params;
use wire::{Abort, Connection, ConnectionSettings, Counts, Role, Summary, Time};

use crate::clock::{Clock, lend_turn};
use crate::conversation::{Conversation, Occasion, Progress};
use crate::transport::{Polled, Transport as _};
use crate::{Endpoint, Mailbox};

/// A connection over any byte stream, with an endpoint behind it: a future that is ready once it has ended.
///
/// Dropping one that has not ended closes the transport without a Close frame.
pub struct Socket<S, E> {
    io: S,
    conversation: Conversation<E>,
    clock: Clock,
    timer: Option<Pin<Box<Sleep>>>,
    /// What arrived behind the handshake, until the first poll.
    early: Option<Box<[u8]>>,
    reset: Option<fn(&S)>,
    news: Option<News>,
}

type News = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

impl<S: AsyncRead + AsyncWrite + Unpin, E: Endpoint> Socket<S, E> {
    /// A connection whose opening handshake is done. `early` is what arrived behind the handshake, if anything;
    /// `compression` what was agreed on.
    #[must_use]
    pub fn new(
        io: S,
        early: &[u8],
        role: Role,
        compression: Option<Params>,
        settings: Arc<ConnectionSettings>,
        endpoint: E,
    ) -> Socket<S, E> {
        let clock = Clock::start();
        let connection = Connection::new(role, compression, settings, clock.now());
        Socket {
            io,
            conversation: Conversation { connection, endpoint },
            clock,
            timer: None,
            early: Some(early.into()),
            reset: None,
            news: None,
        }
    }

    /// How to have the transport closed with a TCP reset, for [`Abort::Reset`]. Without it, it is just dropped.
    #[must_use]
    pub fn with_reset(mut self, reset: fn(&S)) -> Socket<S, E> {
        self.reset = Some(reset);
        self
    }

    /// The transport underneath.
    pub fn transport(&self) -> &S {
        &self.io
    }

    /// What the connection has carried so far.
    pub fn counts(&self) -> &Counts {
        self.conversation.connection.counts()
    }

    /// Bytes that wait because the peer does not read fast enough.
    pub fn queued_bytes(&self) -> usize {
        self.conversation.connection.queued_bytes()
    }

    /// What is behind the connection. Poll the socket after a change, so that it is seen.
    pub fn endpoint(&mut self) -> &mut E {
        &mut self.conversation.endpoint
    }

    /// Runs the connection as far as it goes without waiting. Ready once it has ended; not to be called again then.
    pub fn poll_run(&mut self, cx: &mut Context<'_>) -> Poll<Summary> {
        if self.poll_news(cx).is_pending() {
            return Poll::Pending;
        }
        loop {
            let (progress, now) = self.have_turn(cx);
            match progress {
                Progress::Done => {
                    // Who sees the end finds it told already.
                    let summary = self.conversation.conclude();
                    match (self.conversation.connection.abort(), self.reset) {
                        (Some(Abort::Reset), Some(reset)) => reset(&self.io),
                        // Input that nobody read would otherwise have TCP reset. A peer that is gone needs no end.
                        (Some(Abort::Fin), _) => _ = Polled { io: &mut self.io, cx }.shut_down(),
                        _ => {}
                    }
                    return Poll::Ready(summary);
                }
                Progress::Again => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Progress::Wait(next) => {
                    if self.poll_timer(cx, next, now).is_pending() || self.poll_news(cx).is_pending() {
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    /// Runs the connection until it ends.
    pub async fn run(mut self) -> Summary {
        poll_fn(|cx| self.poll_run(cx)).await
    }

    /// Ready at once, unless a deadline has come: then once the runtime has asked the system what has arrived. It may have
    /// looked at its timers first, as after the process was stopped, and a deadline is judged by what is there.
    fn poll_news(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.clock.now();
        let due = self.conversation.connection.next_timeout(now).is_some_and(|due| due <= now);
        if due && self.news.is_none() {
            self.news = Some(Box::pin(tokio::task::yield_now()));
        }
        if let Some(news) = &mut self.news
            && news.as_mut().poll(cx).is_pending()
        {
            return Poll::Pending;
        }
        self.news = None;
        Poll::Ready(())
    }

    fn have_turn(&mut self, cx: &mut Context<'_>) -> (Progress, Time) {
        let Socket { io, conversation, clock, early, .. } = self;
        let now = clock.now();
        let progress = lend_turn(|turn| {
            if let Some(early) = early.take() {
                conversation.open(&early, turn, &|| Mailbox::of_task(cx.waker()), now);
            }
            let occasion = Occasion { readable: true, read_closed: true, writable: true, woken: true };
            let (_, more) = conversation.have_turn(&mut Polled { io, cx }, occasion, turn, now);
            conversation.end_turn(turn, more, now)
        });
        (progress, now)
    }

    /// Ready: it is time for another turn.
    fn poll_timer(&mut self, cx: &mut Context<'_>, next: Option<Time>, now: Time) -> Poll<()> {
        let Some(due) = next else {
            self.timer = None;
            return Poll::Pending;
        };
        if due <= now {
            return Poll::Ready(());
        }
        let due = self.clock.instant(due);
        // Deadlines mostly move away, with every byte that arrives. The timer stays where it is then, and is set anew
        // when it fires too early: that is once per interval and not once per message.
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.deadline() > due {
            timer.as_mut().reset(due);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if timer.deadline() >= due {
                return Poll::Ready(());
            }
            timer.as_mut().reset(due);
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, E: Endpoint + Unpin> Future for Socket<S, E> {
    type Output = Summary;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Summary> {
        self.get_mut().poll_run(cx)
    }
}

impl<S: std::fmt::Debug, E: std::fmt::Debug> std::fmt::Debug for Socket<S, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket")
            .field("io", &self.io)
            .field("conversation", &self.conversation)
            .finish_non_exhaustive()
    }
}
