//! What others see of a client and of a session.

use protocol::session::{ClientId, Public, SessionId};
use sha2::{Digest as _, Sha256};

/// Nothing leads from it back to the client's id, by which it is known to the server alone.
pub(super) fn of_client(ClientId(id): ClientId) -> Public {
    public(b"client", id)
}

pub(super) fn of_session(SessionId(id): SessionId) -> Public {
    public(b"session", id)
}

fn public(what: &[u8], id: u128) -> Public {
    let digest = Sha256::new().chain_update(what).chain_update(id.to_be_bytes()).finalize();
    let (first, _) = digest.split_first_chunk().expect("32 bytes");
    Public(u64::from_be_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_on_every_node_and_never_the_same_for_both() {
        assert_eq!(of_client(ClientId(1)), of_client(ClientId(1)));
        assert_ne!(of_client(ClientId(1)), of_client(ClientId(2)));
        assert_ne!(of_client(ClientId(1)), of_session(SessionId(1)));
    }
}
