//! The opening handshake (RFC 6455 §4) as pure functions over headers, for both roles.
//!
//! | item | for |
//! |---|---|
//! | [`check_request`] → [`Accepted`] or [`Rejection`] | the server: whether a request is a handshake, and the answer |
//! | [`addressed_to`] → [`Authority`] | the server: what a request names (RFC 9112 §3.2) |
//! | [`OriginPolicy`] | the server: which pages may connect (§10.2), and by which names |
//! | [`Target`], [`ClientHandshake`] | the client: the URL (§3), the request, the check of the response |
//! | [`HeadReader`] | either end: the head of an HTTP/1.1 message out of a stream |
//! | [`Extension`], [`offered_protocols`], [`accept_for`] | the pieces |
//!
//! ```
//! use http::{Method, StatusCode, Version};
//! use wire::deflate::{Offer, ServerPolicy};
//! use wire::handshake::{ClientHandshake, check_request};
//!
//! let nonce = [7; 16]; // from a random source
//! let client = ClientHandshake::new("ws://example.com/chat".parse()?, nonce)
//!     .protocols(["chat.v2", "chat"])?
//!     .offers([Offer::BROWSER]);
//!
//! let mut accepted = check_request(&Method::GET, Version::HTTP_11, &client.request_headers())?;
//! accepted.choose_protocol(&["chat"]);
//! accepted.choose_deflate(&ServerPolicy::default());
//!
//! let response = accepted.response_headers();
//! let established = client.check_response(StatusCode::SWITCHING_PROTOCOLS, Version::HTTP_11, &response)?;
//! assert_eq!(established.protocol.as_deref(), Some("chat"));
//! assert!(established.deflate.is_some_and(|params| params.server_no_context_takeover));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod client;
mod head;
mod host;
mod key;
mod origin;
mod server;
mod subprotocol;
mod target;

pub use crate::header::{Extension, ExtensionParam, MalformedList, is_token, lists_token};
pub use client::{ClientHandshake, Established, RequestError, ResponseError};
pub use head::{HeadError, HeadReader, RequestHead, ResponseHead};
pub use host::{Authority, Host, HostError, HostName, ParseHostNameError, addressed_to};
pub use key::{accept_for, encode_key, is_key};
pub use origin::{Addressed, AllowedOrigin, Origin, OriginError, OriginPolicy, ParseOriginError};
pub use server::{Accepted, RejectReason, Rejection, check_request};
pub use subprotocol::{choose_protocol, offered_protocols};
pub use target::{Target, TargetError};
