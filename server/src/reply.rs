//! Plain answers, and the headers that every answer carries.

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, StatusCode};
use warp::reply::Response;

/// The methods of what can only be read.
pub(crate) const READ_ONLY: &str = "GET, HEAD, OPTIONS";

/// When to come back after a refusal for want of room, in seconds.
const RETRY_SECONDS: u16 = 5;

/// A one-line answer in plain text, for people and scripts; it is not cached.
pub(crate) fn text(status: StatusCode, line: impl Into<String>) -> Response {
    document(status, "text/plain; charset=utf-8", line.into())
}

/// An answer for programs; it is not cached.
pub(crate) fn json(status: StatusCode, value: &impl serde::Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(json) => document(status, "application/json", json),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

/// An answer for programs that read XML; it is not cached.
pub(crate) fn xml(status: StatusCode, xml: String) -> Response {
    document(status, "application/xml", xml)
}

/// A file of a page that loads nothing but its own script and style, and talks to its own server.
pub(crate) fn page(kind: &'static str, text: &'static str) -> Response {
    let mut response = document(StatusCode::OK, kind, text.to_owned());
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; \
                  form-action 'none'; frame-ancestors 'none'";
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

fn document(status: StatusCode, kind: &'static str, mut text: String) -> Response {
    text.push('\n');
    let mut response = Response::new(Bytes::from(text).into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    harden(headers);
    response
}

/// What is said to somebody who asked for a server by a name that is not known to be ours.
pub(crate) fn unknown_name(name: &str) -> String {
    format!("this server is not known as {name}: start it with --host {name} if that is one of its names")
}

/// The answer to somebody for whom there is no room.
pub(crate) fn come_back(status: StatusCode, line: impl Into<String>) -> Response {
    let mut response = text(status, line);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
    response
}

/// A whole response as text, for connections that get no further than this.
pub(crate) fn bare(status: StatusCode, line: &str) -> String {
    let length = line.len() + 1;
    let retry = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            format!("retry-after: {RETRY_SECONDS}\r\n")
        }
        _ => String::new(),
    };
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {length}\r\n\
         connection: close\r\n{retry}\r\n{line}\n"
    )
}

/// The answer to `OPTIONS`, which some load balancers probe with.
pub(crate) fn options(allowed: &'static str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    harden(response.headers_mut());
    response
}

/// The answer to a method that the resource does not have.
pub(crate) fn method_not_allowed(method: &Method, allowed: &'static str) -> Response {
    let mut response =
        text(StatusCode::METHOD_NOT_ALLOWED, format!("{method} is not for this URL: {allowed}"));
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// No guessing of types, no referrer to anybody, no window or page of another origin holding on to ours.
pub(crate) fn harden(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
}
