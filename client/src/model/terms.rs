//! What is set for a connection, and which of it belongs to one server only.

use workbench::profile::{Options, Switch};

/// The settings of a connection. What the person chose for one server is not carried to another: whether to send
/// heartbeats is a choice about the server they are sent to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    options: Options,
    /// The server for which the heartbeat was switched on or off; empty until it is connected to.
    chosen_for: String,
    /// The server for which headers and certificates were entered; empty until it is connected to.
    entered_for: String,
}

impl Terms {
    /// These settings, chosen for a server; an empty name leaves that to the next connection.
    pub fn new(options: Options, chosen_for: String) -> Terms {
        Terms { options, entered_for: chosen_for.clone(), chosen_for }
    }

    /// The settings.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Sets something else. A heartbeat that is switched is switched for `server`, the one that is connected; without
    /// one, for the next.
    pub fn set(&mut self, options: Options, server: &str) {
        if options.heartbeat.enabled != self.options.heartbeat.enabled {
            server.clone_into(&mut self.chosen_for);
        }
        if options.relay != self.options.relay {
            server.clone_into(&mut self.entered_for);
        }
        self.options = options;
    }

    /// What was entered for another server than this one.
    pub fn entered_elsewhere(&self, server: &str) -> Vec<String> {
        if self.entered_for == server { Vec::new() } else { self.options.relay.entered() }
    }

    /// A server is connected to: what was chosen for another one is no choice any more.
    pub fn connect(&mut self, server: &str) {
        if self.entered_for.is_empty() {
            server.clone_into(&mut self.entered_for);
        }
        if self.chosen_for.is_empty() {
            server.clone_into(&mut self.chosen_for);
        } else if self.chosen_for != server {
            self.options.heartbeat.enabled = Switch::Auto;
            self.chosen_for.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switched(on: Switch) -> Options {
        let mut options = Options::default();
        options.heartbeat.enabled = on;
        options
    }

    #[test]
    fn a_choice_holds_for_the_server_it_was_made_for() {
        let mut terms = Terms::new(switched(Switch::On), String::new());
        terms.connect("ws://a");
        terms.connect("ws://a");
        assert_eq!(terms.options().heartbeat.enabled, Switch::On, "chosen before the first connection");
        terms.connect("ws://b");
        assert_eq!(terms.options().heartbeat.enabled, Switch::Auto, "and not for this server");
        terms.set(switched(Switch::Off), "ws://b");
        terms.connect("ws://b");
        assert_eq!(terms.options().heartbeat.enabled, Switch::Off);
        terms.connect("ws://a");
        assert_eq!(terms.options().heartbeat.enabled, Switch::Auto);
    }

    #[test]
    fn what_is_entered_for_one_server_is_not_given_to_another_unasked() {
        let mut terms = Terms::new(Options::default(), String::new());
        let mut options = Options::default();
        options.relay.headers = vec![("Authorization".to_owned(), "Basic x".to_owned())];
        terms.set(options.clone(), "");
        terms.connect("ws://a");
        assert_eq!(terms.entered_elsewhere("ws://a"), [""; 0]);
        assert_eq!(terms.entered_elsewhere("ws://b"), ["Authorization:"]);
        options.relay.headers[0].1 = "Basic y".to_owned();
        terms.set(options, "ws://b");
        assert_eq!(terms.entered_elsewhere("ws://b"), [""; 0]);
        assert_eq!(terms.entered_elsewhere("ws://a"), ["Authorization:"]);
    }

    #[test]
    fn another_setting_is_no_choice() {
        let mut terms = Terms::new(Options::default(), "ws://own".to_owned());
        let mut options = Options::default();
        options.heartbeat.interval_millis = 1000;
        terms.set(options, "ws://own");
        terms.connect("ws://stranger");
        assert_eq!(terms.options().heartbeat.enabled, Switch::Auto);
        assert_eq!(terms.options().heartbeat.interval_millis, 1000);
    }

    #[test]
    fn what_is_switched_at_rest_is_meant_for_the_next_connection() {
        let mut terms = Terms::new(Options::default(), "ws://own".to_owned());
        terms.set(switched(Switch::On), "");
        terms.connect("ws://stranger");
        assert_eq!(terms.options().heartbeat.enabled, Switch::On);
    }
}
