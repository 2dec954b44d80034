//! Live channels: rooms whose messages reach everybody in them, whatever becomes of their connections, and a ticker.
//!
//! A message is encoded once, and compressed once for all who take that. It lies in its channel's history; a subscriber is a
//! place in there. Who is to be woken is a matter of threads: each is woken once for all of its subscribers.

mod bus;
mod channel;
mod frame;
mod memory;
mod names;
mod nats;
mod pace;
mod post;
mod room;
mod rooms;
mod roster;
mod store;
mod ticker;

pub use self::nats::NatsError;
pub(crate) use self::room::Visitor;
pub use self::rooms::RoomsError;
pub(crate) use self::rooms::{Keeper, Rooms};
pub(crate) use self::roster::{Place, Roster};
pub use self::store::StoreError;
pub(crate) use self::ticker::Tickers;
