//! Ways around a relay's rules that are tried, and don't lead anywhere.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

use std::net::SocketAddr;

use protocol::guard::{Denied, Guard, Inside, Rule};

fn guard(allow: &[&str], deny: &[&str], inside: bool) -> Guard {
    let rules = |rules: &[&str]| rules.iter().map(|rule| rule.parse().unwrap()).collect();
    Guard { allow: rules(allow), deny: rules(deny), inside }
}

fn addresses(list: &[&str]) -> Vec<SocketAddr> {
    list.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 443)).collect()
}

fn admits(guard: &Guard, host: &str, list: &[&str]) -> Result<Vec<String>, Denied> {
    let admitted = guard.admit(host, 443, addresses(list))?;
    Ok(admitted.iter().map(|address| address.ip().to_string()).collect())
}

#[test]
fn a_relay_for_others_leaves_this_machine_and_its_network_alone() {
    let guard = guard(&[], &[], false);
    for address in [
        "127.0.0.1",
        "::1",
        "0.0.0.0",
        "::",
        "10.1.2.3",
        "169.254.169.254",
        "fd00:ec2::254",
        "fe80::1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::1",
        "100.100.100.200",
    ] {
        // Whatever the name is by which it was asked for: names are nothing to go by.
        for host in ["localhost", "localhost.", "2130706433", "0x7f.1", "0177.0.0.1", "a.example", address] {
            assert!(
                matches!(admits(&guard, host, &[address]), Err(Denied::Inside { .. })),
                "{host} {address}"
            );
        }
    }
    assert_eq!(admits(&guard, "a.example", &["1.1.1.1"]).unwrap(), ["1.1.1.1"]);
    let error = admits(&guard, "a.example", &["10.9.8.7"]).unwrap_err();
    assert_eq!(error, Denied::Inside { host: "a.example".to_owned(), what: Inside::Private });
    assert!(!error.to_string().contains("10.9"), "no address is told: {error}");
    assert!(matches!(admits(&guard, "a.example", &[]), Err(Denied::NoAddress { .. })));
}

#[test]
fn of_a_name_that_answers_two_ways_only_what_is_outside_is_connected_to() {
    let guard = guard(&["a.example"], &[], false);
    let admitted = admits(&guard, "a.example", &["10.0.0.1", "1.1.1.1", "::1", "2606:4700::1111"]).unwrap();
    assert_eq!(admitted, ["1.1.1.1", "2606:4700::1111"]);
}

#[test]
fn a_relay_for_this_machine_alone_may_go_anywhere_that_is_not_denied() {
    let guard = guard(&[], &["169.254.0.0/16", "*.corp", "*:25"], true);
    for address in ["127.0.0.1", "10.0.0.1", "1.1.1.1"] {
        assert_eq!(admits(&guard, "a.example", &[address]).unwrap(), [address]);
    }
    for (host, address) in [
        ("a.example", "169.254.169.254"),
        ("a.example", "::ffff:169.254.169.254"),
        ("a.example", "64:ff9b::a9fe:a9fe"),
        ("wiki.corp", "1.1.1.1"),
        ("WIKI.Corp.", "1.1.1.1"),
    ] {
        assert!(matches!(admits(&guard, host, &[address]), Err(Denied::Denied { .. })), "{host} {address}");
    }
    assert!(guard.check_host("mail.example", 25).is_err());
    assert!(guard.check_host("corp", 443).is_ok());
}

#[test]
fn where_something_is_allowed_nothing_else_is() {
    let guard = guard(&["api.example:443", "*.b.example", "192.0.2.0/24", "*:8443"], &["x.b.example"], false);
    let ok = |host, port, address: &str| {
        let address = SocketAddr::new(address.parse().unwrap(), port);
        guard.admit(host, port, [address]).is_ok()
    };
    assert!(ok("api.example", 443, "1.1.1.1"));
    assert!(ok("API.EXAMPLE.", 443, "1.1.1.1"));
    assert!(!ok("api.example", 80, "1.1.1.1"));
    assert!(!ok("api.example.evil", 443, "1.1.1.1"));
    assert!(ok("a.b.example", 1, "1.1.1.1"));
    assert!(!ok("b.example", 1, "1.1.1.1"));
    assert!(!ok("evilb.example", 1, "1.1.1.1"));
    assert!(!ok("x.b.example", 1, "1.1.1.1"));
    assert!(ok("any.example", 8443, "1.1.1.1"));
    // An address is allowed by rules with addresses, whatever it is and by whatever name; a name never lets one in.
    assert!(ok("any.example", 1, "192.0.2.7"));
    assert!(!ok("api.example", 443, "10.0.0.1"));
    assert!(!ok("any.example", 8443, "10.0.0.1"));
    // What is translated on its way has to be allowed at both ends.
    assert!(!ok("any.example", 1, "2002:c000:207::"));
    assert!(guard.check_host("c.example", 1).is_ok(), "its address may be allowed");
}

#[test]
fn no_resolver_is_asked_for_what_no_rule_can_allow() {
    let guard = guard(&["api.example", "10.0.0.0/8:80"], &[], false);
    assert!(guard.check_host("c.example", 443).is_err());
    assert!(guard.check_host("c.example", 80).is_ok());
}

#[test]
fn rules_read_as_they_are_written() {
    for (text, shown) in [
        ("API.example.", "api.example"),
        ("*.example:443", "*.example:443"),
        ("*", "*"),
        ("*:1-2", "*:1-2"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.0.0.1:80", "10.0.0.1/32:80"),
        ("::1", "[::1/128]"),
        ("fc00::/7", "[fc00::/7]"),
        ("[fc00::/7]:8000-8999", "[fc00::/7]:8000-8999"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
    ] {
        let rule: Rule = text.parse().unwrap();
        assert_eq!(rule.to_string(), shown);
        assert_eq!(shown.parse::<Rule>().unwrap(), rule);
    }
    for text in [
        "",
        ":80",
        "a:",
        "a:b",
        "a:1-",
        "a:2-1",
        "a:65536",
        "10.0.0.0/33",
        "::/129",
        "[a]:1",
        "[::1",
        "http://a",
        "a/8",
        "*.",
        "*.*.a",
        "a b",
        "::ffff:0.0.0.0/95",
        "10.0.0",
        "1.2.3.4.5",
    ] {
        assert!(text.parse::<Rule>().is_err(), "{text}");
    }
}
