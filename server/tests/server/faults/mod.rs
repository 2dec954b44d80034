//! Each fault as it is on the wire.
//!
//! That something does not come is shown by what comes behind it instead: the answer to a later Ping, or the end of a
//! connection that is told to end.

mod ends;
mod handshake;
mod random;
mod traffic;
mod violations;

use crate::support::{RawClient, TestServer, frame};
use protocol::fault::Parameter;

pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;

/// What a connection to `query` gets back for these texts and a Ping behind them, up to the Pong.
pub(crate) fn answers(server: &TestServer, query: &str, texts: &[&str]) -> Vec<String> {
    let mut client = server.upgrade(&format!("/ws?{query}"));
    for text in texts {
        client.send(&frame(TEXT, text.as_bytes()));
    }
    until_pong(&mut client)
}

/// The texts that come before the answer to a Ping that is sent now.
pub(crate) fn until_pong(client: &mut RawClient) -> Vec<String> {
    client.send(&frame(PING, b"last"));
    let mut texts = Vec::new();
    loop {
        match client.frame() {
            (0x81, text) => texts.push(String::from_utf8(text).unwrap()),
            (0x8a, payload) if payload == b"last" => return texts,
            other => panic!("{other:?}"),
        }
    }
}

/// Where each parameter is shown.
const SHOWN: &[(&str, fn())] = &[
    ("handshake-delay", handshake::an_answer_may_take_long_or_never_come),
    ("handshake-status", handshake::a_status_comes_with_when_and_where_to_go),
    ("retry-after", handshake::a_status_comes_with_when_and_where_to_go),
    ("location", handshake::a_status_comes_with_when_and_where_to_go),
    ("handshake-hang", handshake::an_answer_may_take_long_or_never_come),
    ("handshake-accept", handshake::the_accept_value_may_be_wrong),
    ("handshake-protocol", handshake::the_subprotocol_may_be_wrong_unrequested_or_missing),
    ("handshake-extension", handshake::headers_extensions_and_size_are_as_asked_for),
    ("handshake-header", handshake::headers_extensions_and_size_are_as_asked_for),
    ("handshake-head", handshake::headers_extensions_and_size_are_as_asked_for),
    ("handshake-reset", handshake::tcp_is_reset_at_any_step),
    ("delay", traffic::a_delayed_message_is_passed_by_a_pong),
    ("rate", traffic::a_rate_lets_the_first_message_through_and_has_the_others_wait),
    ("drop", traffic::messages_vanish_either_way),
    ("duplicate", traffic::messages_come_twice),
    ("reorder", traffic::messages_come_in_another_order),
    ("corrupt", traffic::a_byte_is_another_one),
    ("echo", traffic::answers_can_be_left_out_or_made_up),
    ("respond", traffic::answers_can_be_left_out_or_made_up),
    ("big", traffic::big_messages_and_floods_come_unasked),
    ("flood", traffic::big_messages_and_floods_come_unasked),
    ("fragment", traffic::messages_come_in_fragments_with_pings_between),
    ("trickle", traffic::what_trickles_is_whole_and_nothing_comes_in_between),
    ("stall-read", traffic::reading_stalls),
    ("close-after", ends::a_close_comes_after_messages_bytes_or_a_time),
    ("close", ends::a_close_may_be_short_for_one_behind_a_message),
    ("code", ends::a_close_comes_after_messages_bytes_or_a_time),
    ("reason", ends::a_close_comes_after_messages_bytes_or_a_time),
    ("restart-after", ends::a_close_comes_after_messages_bytes_or_a_time),
    ("reset-after", ends::tcp_is_reset_or_ends_without_a_close),
    ("fin-after", ends::tcp_is_reset_or_ends_without_a_close),
    ("vanish-after", ends::who_vanished_says_nothing_and_keeps_tcp_open),
    ("ignore-close", ends::a_close_or_a_ping_may_stay_unanswered),
    ("no-pong", ends::a_close_or_a_ping_may_stay_unanswered),
    ("violate", violations::every_rule_is_broken_on_the_wire),
    ("times", ends::the_first_connections_of_a_label_have_faults_and_then_none),
    ("from", traffic::faults_begin_end_and_pause),
    ("until", traffic::faults_begin_end_and_pause),
    ("every", traffic::faults_begin_end_and_pause),
    ("label", handshake::what_is_left_to_the_client_is_in_the_journal),
    ("seed", traffic::the_same_seed_does_the_same),
    ("strict", handshake::what_can_not_be_followed_is_refused_and_said),
];

#[test]
fn each_parameter_of_the_catalogue_is_shown() {
    let catalogue: Vec<_> = Parameter::all().map(|parameter| parameter.name).collect();
    let shown: Vec<_> = SHOWN.iter().map(|(name, _)| *name).collect();
    assert_eq!(shown, catalogue);
}
