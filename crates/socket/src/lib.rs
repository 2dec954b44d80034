//! WebSocket connections over any byte stream: a tokio shell around [`wire`], both roles.
//!
//! A [`Socket`] is polled with an [`Endpoint`], which is given whole messages and sends some. An idle connection owns no
//! buffer: input is read into one buffer per thread, decoded and put together for the way back in place, and all
//! output of one read leaves in one write. What a connection keeps is an unfinished frame, a message in assembly,
//! and output the peer has not taken.
//!
//! | for | use |
//! |---|---|
//! | a server's connections, by the million | [`Socket`] and [`Endpoint`] |
//! | a client's, one at a time | [`connect()`] and [`Channel`] |

mod channel;
mod connect;
mod end;
mod endpoint;
mod queue;
mod receive;
mod settings;
mod socket;
mod timers;
mod work;

pub use channel::{Channel, OwnedMessage};
pub use connect::{ConnectError, ConnectOptions, Connected, MaybeTls, Transport, connect};
pub use end::{Cause, Counts, End, Summary};
pub use endpoint::{Endpoint, Message, NotSent, Outgoing};
pub use settings::{Negotiated, Settings};
pub use socket::Socket;
pub use wire;
