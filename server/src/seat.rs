//! A place in the server, held for as long as somebody has it.

use crate::admission::{Client, Kind, Refusal, Standing};
use crate::state::Shard;
use std::net::SocketAddr;
use std::sync::Arc;

/// A connection that was let in. Dropping it makes room for another.
#[derive(Debug)]
pub(crate) struct Seat {
    /// The thread that serves it.
    pub(crate) shard: Arc<Shard>,
    /// Who has it.
    pub(crate) client: Client,
    kind: Kind,
    standing: Standing,
}

impl Seat {
    /// Lets `client` in, if there is room.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn take(
        shard: &Arc<Shard>,
        kind: Kind,
        client: SocketAddr,
        standing: Standing,
    ) -> Result<Self, Refusal> {
        let client = Client::from(client);
        shard.shared.admission.enter(kind, client, standing)?;
        Ok(Self { shard: Arc::clone(shard), client, kind, standing })
    }

    /// Whether it is that of a connection to a target, which is not the client's own.
    #[inline]
    pub(crate) fn is_targets(&self) -> bool {
        self.kind == Kind::Target
    }

    /// Lets the same client have a connection to a target as well, if there is room.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn take_another(&self, kind: Kind) -> Result<Self, Refusal> {
        self.shard.shared.admission.enter(kind, self.client, self.standing)?;
        Ok(Self { shard: Arc::clone(&self.shard), client: self.client, kind, standing: self.standing })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shard.shared.admission.leave(self.kind, self.client, self.standing);
    }
}
