//! What a connection begins with: where to, with which settings, and what is sent to whom.

use link::{Config, Phase};
use protocol::relay::{Connect, TlsChoice};
use workbench::bytes::to_base64url;
use workbench::connection::{Connection, TransportKind};
use workbench::draft::Draft as Written;
use workbench::preset::Preset;
use workbench::profile::{self, MAX_MILLIS, MIN_MILLIS, Options, Relay, Switch};

use super::{Draft, Inner, Session};
use crate::lasting::preferences;
use crate::lasting::variables;
use crate::model::address::{self, Origin, Space};
use crate::model::notice::{Leave, Matter, Notice, Purpose};
use crate::model::params::Params;
use crate::model::protocols;
use crate::model::settings::to_config;
use crate::model::terms::Terms;
use crate::running::driver::local;
use crate::running::fetching;
use crate::running::transport::{Relayed, Target};
use crate::texts::texts;

impl Session {
    /// Checks what the connection bar says and connects, or says in a notice why it cannot.
    pub fn connect(&self) {
        match self.prepare() {
            Ok((target, relayed)) => {
                let url = target.target().to_owned();
                let server = address::server(&url);
                if address::server(&self.0.address.borrow()) != server {
                    self.0.suggested.set(None);
                }
                self.0.terms.borrow_mut().connect(&server);
                self.0.address.replace(url.as_str().into());
                self.0.offered.replace(target.offered.join(", "));
                let kind = target.transport;
                let mut protocols = target.offered.clone();
                let token = fetching::api_token();
                if !token.is_empty() && self.0.page.wants_token(&url) {
                    // It is no subprotocol, so it is not told as one.
                    protocols.push(format!("heartwire.token.{}", to_base64url(token.as_bytes())));
                }
                self.0.log.borrow_mut().opening(target);
                if address::space(address::host_and_port(address::host(&url)).0) != Space::Public {
                    local::follow_permission();
                }
                self.0.driver.open(Target { kind, address: url, protocols, relayed });
            }
            Err(notice) => self.0.log.borrow_mut().notify(notice),
        }
        self.0.frame.request();
    }

    /// The person agrees that the values named go to the server named, and wants to go on.
    pub fn give_leave(&self, leave: &Leave) {
        variables::give_leave(&leave.server, &leave.names);
        self.dismiss();
        if leave.connects {
            self.connect();
        } else {
            self.0.apply();
        }
    }

    /// Whether a message that the person is about to send may be filled in for the server there is. Where it would be
    /// given a value for the first time, a notice asks.
    pub fn may_send(&self, draft: &Written) -> bool {
        let address = self.0.address_in_force();
        let leave = self.0.leave(&address, profile::variables(&draft.text), false);
        let may = leave.is_none();
        if let Some(leave) = leave {
            self.notify(Matter::Leave(leave).into());
        }
        may
    }

    /// Makes the settings what a protocol expects. A connection there is begins anew where it has to.
    pub fn use_preset(&self, preset: Preset) {
        let (mut options, draft) = (self.options(), self.draft());
        let mut protocols: Vec<String> = protocols::split(&draft.protocols);
        let offered = protocols.len();
        preset.apply(&mut options, &mut protocols);
        let (offers, opens) = (protocols.len() > offered, options.opening != self.options().opening);
        self.0.draft.borrow_mut().protocols = protocols.join(", ").into();
        self.dismiss();
        self.set_options(options);
        if self.0.driver.phase() != Phase::Open {
            return;
        }
        if offers {
            self.connect();
        } else if opens {
            self.0.driver.reconnect_now();
        }
    }

    /// Switches reconnecting on or off.
    pub fn set_reconnect(&self, enabled: bool) {
        let mut options = self.options();
        options.reconnect.enabled = enabled;
        self.set_options(options);
    }

    /// Switches the heartbeat on or off.
    pub fn set_heartbeat(&self, enabled: bool) {
        let mut options = self.options();
        options.heartbeat.enabled = enabled.into();
        self.set_options(options);
    }

    /// What is set.
    pub fn options(&self) -> Options {
        self.0.terms.borrow().options().clone()
    }

    /// Sets how the connection is kept, at once. Messages that cannot be made keep the next connection from being
    /// opened, and a notice says so; a connection there is goes on with what it had.
    pub fn set_options(&self, options: Options) {
        let live = !self.0.driver.phase().is_final();
        let server = if live { address::server(&self.0.address.borrow()) } else { String::new() };
        self.0.terms.borrow_mut().set(options, &server);
        self.0.apply();
        self.0.frame.request();
    }

    /// Fills the connection bar and the settings with those of another connection. The one there is stays as it is.
    pub fn load(&self, draft: Draft, options: Options) {
        self.0.draft.replace(draft);
        self.0.terms.replace(Terms::new(options, String::new()));
        self.0.apply();
        self.0.frame.request();
    }

    /// Whether heartbeats are sent to the server there is, or to the one that the connection bar names, where nobody has
    /// said so.
    pub fn sends_heartbeats_unless_said(&self) -> bool {
        self.0.page.is_echo(&self.0.address_in_force())
    }

    /// Goes through the relay, or not where nothing needs it.
    pub fn set_relayed(&self, relayed: bool) {
        let mut options = self.options();
        options.transport = if relayed { TransportKind::Relay } else { TransportKind::default() };
        self.set_options(options);
    }

    /// Where to connect to; or why not to.
    fn prepare(&self) -> Result<(Connection, Option<Box<Relayed>>), Notice> {
        let (t, Draft { address, protocols }) = (&texts().common, self.draft());
        let filled = self.0.outgoing.fill_address(&address);
        let filled = filled.map_err(|fault| Notice::of_fault(Purpose::Address, fault, &address))?;
        let carrier = self.0.terms.borrow().options().carrier();
        // A relay connects to what a browser blocks for the page.
        let page = match carrier {
            TransportKind::Relay => Origin { secure: false, ..self.0.page.clone() },
            _ => self.0.page.clone(),
        };
        let url = address::check(&filled, &page, t).map_err(|problem| Notice {
            suggestion: problem.suggestion,
            ..Matter::Address(filled.clone(), page).into()
        })?;
        let offered =
            protocols::parse(&protocols, t).map_err(|_| Matter::Subprotocols(protocols.to_string()))?;
        let mut terms = self.0.terms.borrow().clone();
        terms.connect(&address::server(&url));
        let heartbeat = terms.options().heartbeat.enabled.is_on(self.0.page.is_echo(&url));
        let names = terms.options().gives(&address, heartbeat);
        let relay = &terms.options().relay;
        let entered = terms.entered_elsewhere(&address::server(&url));
        let leave = self
            .0
            .leave(&url, names, true)
            .or_else(|| self.0.leave(&relay.proxy, relay.gives_proxy(), true))
            .or_else(|| leave_entered(&url, entered));
        if let Some(leave) = leave {
            return Err(Matter::Leave(leave).into());
        }
        self.0.make(terms.options(), &url)?;
        let relayed = match carrier {
            TransportKind::Relay => Some(self.relayed(relay, &url, &offered)?),
            _ => None,
        };
        let address = if filled == *address { url.clone() } else { address.trim().to_owned() };
        let connection = Connection {
            url: if url == address { String::new() } else { url },
            address,
            offered,
            transport: carrier,
            ..Connection::default()
        };
        Ok((connection, relayed))
    }

    /// What a relay of the page's server is told.
    fn relayed(&self, relay: &Relay, url: &str, offered: &[String]) -> Result<Box<Relayed>, Notice> {
        let mut wrong = None;
        let filled = relay.map(|text| {
            self.0.outgoing.fill_address(text).unwrap_or_else(|fault| {
                wrong.get_or_insert(Notice::of_fault(Purpose::Relay, fault, text));
                String::new()
            })
        });
        if let Some(notice) = wrong {
            return Err(notice);
        }
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let Relay { headers, roots, certificate, key, proxy, proxy_authorization, .. } = filled;
        let connect = Connect {
            headers,
            subprotocols: offered.to_vec(),
            compression: relay.compression,
            auto_pong: relay.auto_pong,
            timeout_ms: Some(RELAY_PATIENCE_MILLIS),
            tls: TlsChoice {
                roots: some(roots),
                certificate: some(certificate),
                key: some(key),
                accept_invalid: relay.accept_invalid,
            },
            proxy: some(proxy),
            proxy_authorization: some(proxy_authorization),
            ..Connect::new(url)
        };
        let endpoint = format!("{}/relay", self.0.page.endpoint());
        Ok(Box::new(Relayed { endpoint, connect, fragment: relay.fragment }))
    }
}

/// The link gives up after eight seconds; what the relay has to say about that comes before.
const RELAY_PATIENCE_MILLIS: u64 = 7_500;

/// What was entered for another server and this one would be given for the first time.
fn leave_entered(address: &str, entered: Vec<String>) -> Option<Leave> {
    let server = address::server(address);
    let names = variables::grants().missing(&server, entered);
    (!names.is_empty()).then_some(Leave { server, names, connects: true })
}

impl Inner {
    /// The address connected to, or the one that the connection bar names while there is no connection.
    pub(super) fn address_in_force(&self) -> String {
        match self.driver.phase().is_final() {
            true => {
                let written = self.draft.borrow().address.clone();
                self.outgoing.fill_address(&written).unwrap_or_else(|_| written.to_string())
            }
            false => self.address.borrow().to_string(),
        }
    }

    pub(super) fn heartbeat_at(&self, address: &str) -> bool {
        let mut terms = self.terms.borrow().clone();
        terms.connect(&address::server(address));
        terms.options().heartbeat.enabled.is_on(self.page.is_echo(address))
    }

    /// The values among `names` that the server of an address would be given for the first time.
    pub(super) fn leave(&self, address: &str, names: Vec<String>, connects: bool) -> Option<Leave> {
        let server = address::server(address);
        if !variables::fills_placeholders() || server == address::server(&self.page.endpoint()) {
            return None;
        }
        let variables = variables::variables();
        // That a server is told its own name gives nothing away.
        let host = address::host(address);
        let gives =
            |name: &String| variables.get(name).is_some_and(|value| !value.is_empty() && *value != host);
        let names = variables::grants().missing(&server, names.into_iter().filter(gives));
        (!names.is_empty()).then_some(Leave { server, names, connects })
    }

    /// What a connection to an address begins with, made of what is set; or why it cannot be made.
    pub(super) fn make(&self, options: &Options, address: &str) -> Result<Config, Notice> {
        let prepare = |draft: &Written| {
            let fault = |fault| Notice::of_fault(Purpose::Opening, fault, &draft.text);
            self.outgoing.prepare(draft).map_err(fault)
        };
        let on = options.heartbeat.enabled.is_on(self.page.is_echo(address));
        let payload = if on { Some(prepare(&options.heartbeat.payload)?) } else { None };
        let opening = options.opening.iter().map(prepare).collect::<Result<_, _>>()?;
        let mut config = to_config(options, payload, opening);
        if let Some(heartbeat) = &mut config.heartbeat {
            // Our own echo may be asked at once. Its answer to anything but the plain address may be to close.
            heartbeat.at_open = address == self.page.endpoint();
        }
        Ok(config)
    }

    /// Everything that goes to the server of an address by itself, made or refused.
    pub(super) fn config(&self, address: &str) -> Result<Config, Notice> {
        let options = self.terms.borrow().options().clone();
        let names = options.gives("", options.heartbeat.enabled.is_on(self.page.is_echo(address)));
        match self.leave(address, names, false) {
            Some(leave) => Err(Matter::Leave(leave).into()),
            None => self.make(&options, address),
        }
    }

    /// An attempt begins. Where its messages cannot be made it does not, and a notice says why. The driver is at work
    /// meanwhile and may not be asked anything.
    pub(super) fn begin(&self) -> Option<Config> {
        let address = self.address.borrow().clone();
        match self.config(&address) {
            Ok(config) => {
                self.answering.set_rules(&self.terms.borrow().options().answers);
                Some(config)
            }
            Err(notice) => {
                self.log.borrow_mut().notify(notice);
                None
            }
        }
    }

    /// Hands what is set to the link. All that needs no message made holds at once; where a message cannot be made, the
    /// connection there is goes on without answers and with the heartbeat it had, and a notice says why.
    pub(super) fn apply(&self) {
        let options = self.terms.borrow().options().clone();
        self.driver.set_frames(options.relay.auto_pong, options.relay.fragment);
        match self.config(&self.address_in_force()) {
            Ok(config) => {
                self.answering.set_rules(&options.answers);
                self.driver.set_config(config);
            }
            Err(notice) => {
                self.answering.set_rules(&[]);
                let payload = self.driver.config().heartbeat.map(|heartbeat| heartbeat.payload);
                self.driver.set_config(to_config(&options, payload, Vec::new()));
                // At rest it is said when the person connects.
                if !self.driver.phase().is_final() {
                    self.log.borrow_mut().notify(notice);
                }
            }
        }
    }
}

/// How a connection of a page begins: as new ones should, then as the page's parameters ask.
pub(super) fn configure(params: &Params) -> Options {
    let mut options = preferences::default_options();
    let (heartbeat, reconnect) = (&mut options.heartbeat, &mut options.reconnect);
    let set = |place: &mut u64, millis: Option<u64>| {
        *place = millis.map_or(*place, |millis| millis.clamp(MIN_MILLIS, MAX_MILLIS));
    };
    set(&mut heartbeat.interval_millis, params.heartbeat_millis.filter(|millis| *millis > 0));
    set(&mut heartbeat.deadline_millis, params.deadline_millis);
    set(&mut reconnect.min_delay_millis, params.min_delay_millis);
    set(&mut reconnect.max_delay_millis, params.max_delay_millis);
    reconnect.max_delay_millis = reconnect.max_delay_millis.max(reconnect.min_delay_millis);
    heartbeat.enabled = params.heartbeat_millis.map_or(Switch::Auto, |millis| (millis > 0).into());
    options
}
