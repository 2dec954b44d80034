//! Negotiating permessage-deflate (RFC 7692 §5, §7, §7.1), server and client.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

use http::HeaderMap;
use http::header::SEC_WEBSOCKET_EXTENSIONS;
use wire::Role;
use wire::deflate::{
    AnswerError, ClientWindow, Offer, ParamError, Params, Response, ServerPolicy, WindowBits, check_answer,
};
use wire::handshake::Extension;

fn extensions(line: &str) -> Vec<Extension> {
    let mut headers = HeaderMap::new();
    headers.insert(SEC_WEBSOCKET_EXTENSIONS, line.parse().unwrap());
    Extension::parse_all(&headers).unwrap()
}

fn bits(bits: u8) -> WindowBits {
    WindowBits::new(bits).unwrap()
}

/// The server's answer as a header, or nothing.
fn answer(policy: &ServerPolicy, offers: &str) -> Option<String> {
    policy.answer(&extensions(offers)).map(|(response, _)| response.to_string())
}

/// The answer of a server that wants nothing of its own.
fn plain_answer(offers: &str) -> Option<String> {
    answer(&ServerPolicy::TAKEOVER, offers)
}

fn check(offers: &[Offer], response: &str) -> Result<Option<Params>, AnswerError> {
    check_answer(offers, &extensions(response))
}

/// Parameters that neither an offer nor a response may have.
const BROKEN: [&str; 19] = [
    "unknown",
    "unknown=1",
    "Server_no_context_takeover",
    "server_no_context_takeover=1",
    "server_no_context_takeover=true",
    "client_no_context_takeover=0",
    "server_no_context_takeover; server_no_context_takeover",
    "client_no_context_takeover; server_max_window_bits=10; client_no_context_takeover",
    "server_max_window_bits",
    "server_max_window_bits=7",
    "server_max_window_bits=16",
    "server_max_window_bits=08",
    "server_max_window_bits=+9",
    "server_max_window_bits=0",
    "server_max_window_bits=1e1",
    "server_max_window_bits=10; server_max_window_bits=10",
    "client_max_window_bits=7",
    "client_max_window_bits=015",
    "client_max_window_bits=9; client_max_window_bits=10",
];

mod server {
    use super::*;

    #[test]
    fn rfc7692_7_declines_unknown_repeated_and_invalid_parameters() {
        for params in BROKEN {
            assert_eq!(plain_answer(&format!("permessage-deflate; {params}")), None, "{params}");
        }
        assert_eq!(plain_answer("permessage-deflate; client_max_window_bits; client_max_window_bits"), None);
    }

    #[test]
    fn rfc7692_5_considers_later_offers_when_it_declines_an_earlier_one() {
        for params in BROKEN {
            let offers =
                format!("permessage-deflate; {params}, permessage-deflate; server_max_window_bits=12");
            assert_eq!(
                plain_answer(&offers).as_deref(),
                Some("permessage-deflate; server_max_window_bits=12"),
                "{params}"
            );
        }
    }

    #[test]
    fn rfc7692_5_takes_the_first_acceptable_offer() {
        let offers =
            "permessage-deflate; server_max_window_bits=9, permessage-deflate; server_max_window_bits=15";
        assert_eq!(plain_answer(offers).as_deref(), Some("permessage-deflate; server_max_window_bits=9"));
    }

    #[test]
    fn rfc7692_5_ignores_other_extensions() {
        assert_eq!(plain_answer("x-webkit-deflate-frame, permessage-bzip2; a=1"), None);
        assert_eq!(
            plain_answer("permessage-bzip2, permessage-deflate").as_deref(),
            Some("permessage-deflate")
        );
        assert_eq!(ServerPolicy::default().answer(&[]), None);
    }

    #[test]
    fn rfc7692_5_says_the_same_in_the_header_and_in_the_parameters() {
        for (offers, params) in [
            ("permessage-deflate", Params::default()),
            (
                "permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
                Params {
                    server_no_context_takeover: true,
                    server_max_window_bits: bits(9),
                    ..Params::default()
                },
            ),
            (
                "permessage-deflate; client_max_window_bits=8; client_no_context_takeover",
                Params {
                    client_no_context_takeover: true,
                    client_max_window_bits: bits(8),
                    ..Params::default()
                },
            ),
        ] {
            assert_eq!(ServerPolicy::TAKEOVER.answer(&extensions(offers)).unwrap().1, params, "{offers}");
        }
    }

    #[test]
    fn rfc7692_7_1_1_1_answers_server_no_context_takeover_with_the_same() {
        assert_eq!(
            plain_answer("permessage-deflate; server_no_context_takeover").as_deref(),
            Some("permessage-deflate; server_no_context_takeover")
        );
    }

    #[test]
    fn rfc7692_7_1_1_may_forbid_takeover_both_ways_without_being_asked() {
        assert_eq!(
            answer(&ServerPolicy::default(), "permessage-deflate; client_max_window_bits").as_deref(),
            Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
        );
    }

    #[test]
    fn rfc7692_7_1_1_2_grants_the_clients_hint() {
        assert_eq!(
            plain_answer("permessage-deflate; client_no_context_takeover").as_deref(),
            Some("permessage-deflate; client_no_context_takeover")
        );
    }

    #[test]
    fn rfc7692_7_1_2_1_answers_server_max_window_bits_with_at_most_the_same() {
        for asked in 8..=15 {
            for own in 8..=15 {
                let policy = ServerPolicy { server_max_window_bits: bits(own), ..ServerPolicy::TAKEOVER };
                assert_eq!(
                    answer(&policy, &format!("permessage-deflate; server_max_window_bits={asked}")),
                    Some(format!("permessage-deflate; server_max_window_bits={}", asked.min(own)))
                );
            }
        }
    }

    #[test]
    fn rfc7692_7_1_2_1_may_limit_its_own_window_without_being_asked() {
        let policy = ServerPolicy { server_max_window_bits: bits(10), ..ServerPolicy::TAKEOVER };
        assert_eq!(
            answer(&policy, "permessage-deflate").as_deref(),
            Some("permessage-deflate; server_max_window_bits=10")
        );
    }

    #[test]
    fn rfc7692_7_1_2_2_never_limits_the_window_of_a_client_that_did_not_offer_it() {
        let policy = ServerPolicy { client_max_window_bits: bits(9), ..ServerPolicy::TAKEOVER };
        let (response, params) = policy.answer(&extensions("permessage-deflate")).unwrap();
        assert_eq!(response.to_string(), "permessage-deflate");
        assert_eq!(params.client_max_window_bits, WindowBits::MAX);
    }

    #[test]
    fn rfc7692_7_1_2_2_limits_the_clients_window_to_at_most_its_hint() {
        let policy = ServerPolicy { client_max_window_bits: bits(11), ..ServerPolicy::TAKEOVER };
        for (offer, expected) in [("", 11), ("=15", 11), ("=11", 11), ("=10", 10), ("=8", 8)] {
            assert_eq!(
                answer(&policy, &format!("permessage-deflate; client_max_window_bits{offer}")),
                Some(format!("permessage-deflate; client_max_window_bits={expected}"))
            );
        }
    }

    #[test]
    fn rfc7692_5_1_accepts_values_in_quotes() {
        assert_eq!(
            plain_answer("permessage-deflate; server_max_window_bits=\"1\\0\"").as_deref(),
            Some("permessage-deflate; server_max_window_bits=10")
        );
    }
}

mod client {
    use super::*;

    #[test]
    fn rfc7692_7_fails_on_unknown_repeated_and_invalid_parameters() {
        for params in BROKEN {
            let answered = check(&[Offer::BROWSER], &format!("permessage-deflate; {params}"));
            assert!(matches!(answered, Err(AnswerError::Param(_))), "{params}: {answered:?}");
        }
    }

    #[test]
    fn rfc7692_7_1_2_2_fails_on_client_max_window_bits_without_a_value() {
        let answered = check(&[Offer::BROWSER], "permessage-deflate; client_max_window_bits");
        assert!(matches!(answered, Err(AnswerError::Param(ParamError::Value { .. }))), "{answered:?}");
    }

    #[test]
    fn rfc7692_5_1_fails_on_an_extension_that_was_not_offered() {
        let error = check(&[], "permessage-deflate").unwrap_err();
        assert_eq!(error, AnswerError::NotOffered("permessage-deflate".into()));
        let error = check(&[Offer::BROWSER], "permessage-deflate, permessage-bzip2").unwrap_err();
        assert_eq!(error, AnswerError::NotOffered("permessage-bzip2".into()));
    }

    #[test]
    fn rfc7692_5_1_fails_on_the_extension_twice() {
        let error = check(&[Offer::BROWSER], "permessage-deflate, permessage-deflate").unwrap_err();
        assert_eq!(error, AnswerError::Repeated);
    }

    #[test]
    fn rfc7692_5_1_goes_on_without_compression_where_the_server_declines() {
        assert_eq!(check_answer(&[Offer::BROWSER], &[]), Ok(None));
    }

    #[test]
    fn rfc7692_7_1_1_1_fails_where_server_no_context_takeover_is_not_granted() {
        let offer = Offer { server_no_context_takeover: true, ..Offer::default() };
        assert_eq!(check(&[offer], "permessage-deflate"), Err(AnswerError::ServerContextTakeover));
        let params = check(&[offer], "permessage-deflate; server_no_context_takeover").unwrap().unwrap();
        assert!(!params.context_takeover(Role::Server));
    }

    #[test]
    fn rfc7692_7_1_1_accepts_no_context_takeover_both_ways_unasked() {
        let params = check(
            &[Offer::default()],
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        )
        .unwrap()
        .unwrap();
        assert!(!params.context_takeover(Role::Server) && !params.context_takeover(Role::Client));
    }

    #[test]
    fn rfc7692_7_1_2_1_fails_on_a_larger_server_window_than_asked_for() {
        let offer = Offer { server_max_window_bits: Some(bits(10)), ..Offer::default() };
        for refused in ["permessage-deflate", "permessage-deflate; server_max_window_bits=11"] {
            assert_eq!(check(&[offer], refused), Err(AnswerError::ServerWindow(bits(10))), "{refused}");
        }
        for granted in 8..=10 {
            let params = check(&[offer], &format!("permessage-deflate; server_max_window_bits={granted}"));
            assert_eq!(params.unwrap().unwrap().server_max_window_bits, bits(granted));
        }
    }

    #[test]
    fn rfc7692_7_1_2_1_accepts_a_limited_server_window_unasked() {
        let params =
            check(&[Offer::default()], "permessage-deflate; server_max_window_bits=9").unwrap().unwrap();
        assert_eq!(params.window_bits(Role::Server), bits(9));
    }

    #[test]
    fn rfc7692_7_1_2_2_fails_on_a_limited_client_window_that_was_not_offered() {
        let error = check(&[Offer::default()], "permessage-deflate; client_max_window_bits=10").unwrap_err();
        assert_eq!(error, AnswerError::ClientWindow);
    }

    #[test]
    fn rfc7692_7_1_2_2_keeps_to_the_smaller_of_its_hint_and_the_answer() {
        let offer = Offer { client_max_window_bits: ClientWindow::AtMost(bits(11)), ..Offer::default() };
        for (response, expected) in [
            ("permessage-deflate", 11),
            ("permessage-deflate; client_max_window_bits=9", 9),
            ("permessage-deflate; client_max_window_bits=15", 11),
        ] {
            let params = check(&[offer], response).unwrap().unwrap();
            assert_eq!(params.window_bits(Role::Client), bits(expected), "{response}");
        }
    }

    #[test]
    fn rfc7692_5_accepts_an_answer_to_any_of_its_offers() {
        let first = Offer { server_max_window_bits: Some(bits(9)), ..Offer::default() };
        let params = check(&[first, Offer::BROWSER], "permessage-deflate; client_max_window_bits=12");
        assert_eq!(params.unwrap().unwrap().client_max_window_bits, bits(12));
        let error =
            check(&[first, Offer::default()], "permessage-deflate; client_max_window_bits=12").unwrap_err();
        assert_eq!(error, AnswerError::ServerWindow(bits(9)));
    }

    #[test]
    fn rfc7692_7_offers_only_what_a_server_can_read() {
        for server_max_window_bits in [None, Some(bits(8)), Some(bits(15))] {
            for client_max_window_bits in
                [ClientWindow::Fixed, ClientWindow::Adjustable, ClientWindow::AtMost(bits(10))]
            {
                for flags in 0..4 {
                    let offer = Offer {
                        server_no_context_takeover: flags & 1 == 1,
                        client_no_context_takeover: flags & 2 == 2,
                        server_max_window_bits,
                        client_max_window_bits,
                    };
                    assert_eq!(Offer::parse(&extensions(&offer.to_string())[0]), Ok(offer));
                }
            }
        }
    }
}

#[test]
fn rfc7692_5_every_answer_of_the_server_satisfies_the_client() {
    let windows = [None, Some(bits(8)), Some(bits(12)), Some(bits(15))];
    let client_windows = [
        ClientWindow::Fixed,
        ClientWindow::Adjustable,
        ClientWindow::AtMost(bits(8)),
        ClientWindow::AtMost(bits(15)),
    ];
    for (offered, own, client_window, flags) in windows
        .iter()
        .flat_map(|offered| windows.iter().map(move |own| (offered, own)))
        .flat_map(|(offered, own)| client_windows.iter().map(move |client| (offered, own, client)))
        .flat_map(|(offered, own, client)| (0..16).map(move |flags| (*offered, *own, *client, flags)))
    {
        let offer = Offer {
            server_no_context_takeover: flags & 1 > 0,
            client_no_context_takeover: flags & 2 > 0,
            server_max_window_bits: offered,
            client_max_window_bits: client_window,
        };
        let policy = ServerPolicy {
            server_no_context_takeover: flags & 4 > 0,
            client_no_context_takeover: flags & 8 > 0,
            server_max_window_bits: own.unwrap_or_default(),
            client_max_window_bits: own.unwrap_or_default(),
        };
        let (response, params) = policy.answer(&extensions(&offer.to_string())).unwrap();
        assert_eq!(Response::parse(&extensions(&response.to_string())[0]), Ok(response));
        assert_eq!(check(&[offer], &response.to_string()), Ok(Some(params)), "{offer} -> {response}");
    }
}
