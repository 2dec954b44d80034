//! Where a relay may connect to: it must not become a way into the network that it stands in.
//!
//! Names are judged before they are resolved, and what they resolve to is judged again: [`Guard::admit`] hands out the
//! addresses to connect to, and nobody asks a resolver a second time. An address counts as every address that it may
//! lead to: IPv4 within IPv6 is looked for in each form that hosts and gateways understand.

mod address;
mod rule;

pub use address::{Inside, inside};
pub use rule::{ParseRuleError, Rule};

use std::net::SocketAddr;

/// What a relay may connect to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// Where there are some, nothing else is allowed. A rule with addresses also allows those that are
    /// [inside](Inside).
    pub allow: Vec<Rule>,
    /// What is not allowed, whatever else is.
    pub deny: Vec<Rule>,
    /// Whether addresses of this machine and its network are allowed without being named: for a relay that this machine
    /// alone can use.
    pub inside: bool,
}

/// Why a relay does not connect. The text is for the client: it tells no address that a name has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// [`Guard::deny`] has it.
    #[error("{host}:{port} is denied (--relay-deny)")]
    Denied {
        /// The host that was asked for.
        host: String,
        /// The port.
        port: u16,
    },
    /// [`Guard::allow`] does not have it.
    #[error("{host}:{port} is not among what is allowed (--relay-allow)")]
    NotAllowed {
        /// The host that was asked for.
        host: String,
        /// The port.
        port: u16,
    },
    /// It is inside, and the relay is for others too.
    #[error(
        "{host} is {what}, which a relay leaves alone that others can use, unless --relay-allow names the address"
    )]
    Inside {
        /// The host that was asked for.
        host: String,
        /// What kind of address it has.
        what: Inside,
    },
    /// It has no address.
    #[error("{host} has no address")]
    NoAddress {
        /// The host that was asked for.
        host: String,
    },
}

impl Guard {
    /// Judges a host before it is resolved, so that nobody's resolver is asked for what is not allowed anyway.
    ///
    /// # Errors
    /// A rule says no, or there are rules, and none that could say yes to an address of it either.
    pub fn check_host(&self, host: &str, port: u16) -> Result<(), Denied> {
        if self.deny.iter().any(|rule| rule.has_name(host, port)) {
            return Err(Denied::Denied { host: host.to_owned(), port });
        }
        let may_follow = |rule: &Rule| rule.has_name(host, port) || rule.has_addresses(port);
        if !self.allow.is_empty() && !self.allow.iter().any(may_follow) {
            return Err(Denied::NotAllowed { host: host.to_owned(), port });
        }
        Ok(())
    }

    /// Of the addresses that a host has, those to connect to. Ask no resolver again: a name may have others by then.
    ///
    /// # Errors
    /// There is none left; why the first one was not let through.
    pub fn admit(
        &self,
        host: &str,
        port: u16,
        addresses: impl IntoIterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Denied> {
        self.check_host(host, port)?;
        let mut first = None;
        let mut admitted = Vec::new();
        for address in addresses {
            match self.check_address(host, port, address) {
                Ok(()) => admitted.push(address),
                Err(denied) => _ = first.get_or_insert(denied),
            }
        }
        match first {
            _ if !admitted.is_empty() => Ok(admitted),
            Some(denied) => Err(denied),
            None => Err(Denied::NoAddress { host: host.to_owned() }),
        }
    }

    /// Whether there is nothing that it would say no to.
    #[must_use]
    pub fn lets_all_through(&self) -> bool {
        self.inside && self.allow.is_empty() && self.deny.is_empty()
    }

    fn check_address(&self, host: &str, port: u16, address: SocketAddr) -> Result<(), Denied> {
        let leads_to = address::leads_to(address.ip());
        let is_in = |rule: &Rule| leads_to.iter().any(|address| rule.has_address(*address, port));
        if self.deny.iter().any(is_in) {
            return Err(Denied::Denied { host: host.to_owned(), port });
        }
        // All that it may lead to has to be allowed.
        let is_named = |rule: &Rule| leads_to.iter().all(|address| rule.has_address(*address, port));
        let named = self.allow.iter().any(is_named);
        if !self.allow.is_empty() && !named && !self.allow.iter().any(|rule| rule.has_name(host, port)) {
            return Err(Denied::NotAllowed { host: host.to_owned(), port });
        }
        // Whoever owns a name that is allowed says where it leads.
        match inside(address.ip()) {
            Some(what) if !self.inside && !named => Err(Denied::Inside { host: host.to_owned(), what }),
            _ => Ok(()),
        }
    }
}
