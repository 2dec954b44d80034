//! What a relay tells of a connection, and why there is none.

use protocol::relay::{Opened, Step};
use workbench::connection::{Connection, Handshake};

use crate::texts::common::Common;
use crate::texts::fill;

/// Why a relayed connection did not come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where it failed.
    pub trouble: Trouble,
    /// The relay's words about that.
    pub said: String,
    /// Status and headers of the server's answer, if it gave one.
    pub response: Option<(u16, Vec<(String, String)>)>,
}

/// Where a relayed connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// At this step of connecting to the server; the relay may be a later version's, and not say.
    Step(Option<Step>),
    /// The page's server relays, but not for this page.
    NotAllowed,
    /// The page's server has no relay, or is away.
    Absent,
    /// The relay took no further connection.
    Busy,
    /// The part of the page that speaks with relays could not be fetched.
    PartMissing,
}

impl Failure {
    /// Without words of the relay.
    pub fn new(trouble: Trouble) -> Failure {
        Failure { trouble, said: String::new(), response: None }
    }

    /// What is the matter and what to do about it.
    pub fn sentence(&self, t: &Common) -> String {
        let template = match self.trouble {
            Trouble::Step(step) => match step {
                None => t.relay_says,
                Some(Step::Request) => t.relay_request,
                Some(Step::Guard) => t.relay_guard,
                Some(Step::Name) => t.relay_name,
                Some(Step::Tcp) => t.relay_tcp,
                Some(Step::Proxy) => t.relay_proxy,
                Some(Step::Tls) => t.relay_tls,
                Some(Step::Upgrade) => t.relay_upgrade,
                Some(Step::Timeout) => t.relay_timeout,
            },
            Trouble::NotAllowed => t.relay_not_allowed,
            Trouble::Absent => t.relay_absent,
            Trouble::Busy => t.relay_busy,
            Trouble::PartMissing => t.part_missing_why,
        };
        fill(template, &[&self.said.trim_end_matches('.')])
    }

    /// Notes what the server answered.
    pub fn note(&self, connection: &mut Connection) {
        if let Some((status, headers)) = &self.response {
            connection.answer.clone_from(headers);
            connection.handshake = Some(Box::new(Handshake { status: *status, ..Handshake::default() }));
        }
    }
}

/// Notes how a connection came about.
pub fn note(opened: &Opened, connection: &mut Connection) {
    connection.headers.clone_from(&opened.request_headers);
    connection.answer.clone_from(&opened.response_headers);
    connection.handshake = Some(Box::new(Handshake {
        address: opened.address.clone(),
        status: opened.status,
        timings: opened.timings,
        tls: opened.tls.clone(),
    }));
}
