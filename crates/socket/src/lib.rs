//! WebSocket connections over real transports: thin drivers around [`wire::Connection`], both roles.
//!
//! The protocol is wire's. A driver moves bytes and tells the time: it lends each connection its thread's
//! [`wire::Turn`], reads into it, writes what comes out, and asks an [`Endpoint`] what to say.
//!
//! | for | use |
//! |---|---|
//! | any byte stream: TLS, a client's side | [`Socket`], a future |
//! | plain TCP on Unix, by the million | [`Reactor`] |
//! | a client's connection as calls | [`connect()`] and [`Channel`] |

mod channel;
mod clock;
mod connect;
mod connect_error;
mod conversation;
mod endpoint;
mod head;
mod mailbox;
mod proxy;
#[cfg(unix)]
mod reactor;
mod stream;
mod task;
mod tls;
mod transport;

pub use channel::{Channel, OwnedMessage};
pub use clock::Clock;
pub use connect::{ConnectOptions, Connected, Timings, connect, connect_stream, connect_to, resolve};
pub use connect_error::ConnectError;
pub use endpoint::{Control, Endpoint};
pub use mailbox::{Group, Key, Mailbox};
pub use proxy::HttpProxy;
#[cfg(unix)]
pub use reactor::{Arrival, Reactor, Run};
pub use stream::{MaybeTls, TlsSession};
pub use task::Socket;
pub use tls::{Identity, TlsOptions, TlsOptionsError, certificates_from_pem};
pub use wire;
