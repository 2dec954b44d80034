//! `/ws`: gives back what it gets.

use socket::Endpoint;
use socket::wire::{CloseCode, End, Message, NotSent, Outgoing};

/// What is behind the socket of an echo.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Echo;

impl Endpoint for Echo {
    #[inline]
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        if let Err(NotSent::QueueFull) = out.echo(&message) {
            // Refused only while the connection closes, as the echo itself otherwise would be.
            let slow = Some((CloseCode::TRY_AGAIN_LATER, "you read too slowly"));
            let _ = out.close(slow, End::LimitExceeded);
        }
    }
}
