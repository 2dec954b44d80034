//! What a relay tells of an entry: its frames, and the handshake of its connection.
//!
//! `data-testid`: `wire` (the frames of a message), `handshake` (of the connection), `handshake-request`,
//! `handshake-answer`, `certificate` (one each).

use workbench::bytes::from_base64;
use workbench::certificate::Certificate;
use workbench::connection::{Connection, Handshake};
use workbench::entry::Wire;
use workbench::time::{Micros, duration};
use yew::prelude::*;

use crate::model::format::{count, size};
use crate::model::visible::foreign;
use crate::running::driver::clock::zone;
use crate::texts::log::Log;
use crate::texts::{fill, plural};
use crate::views::markup::html;

/// Frames whose sizes are listed.
const LISTED: usize = 100;

/// Name and value of each fact.
type Facts = Vec<(String, String)>;

/// How a message went over the wire.
pub(super) fn wire(wire: &Wire, t: &'static Log) -> Html {
    let template = if wire.compressed { t.on_wire_compressed } else { t.on_wire };
    let mut sentences = vec![fill(template, &[&size(wire.bytes)])];
    if wire.frames > 1 {
        sentences.push(plural(t.frames, wire.frames));
        let listed = wire.fragments.iter().take(LISTED).map(|len| count(u64::from(*len)));
        let mut listed: Vec<_> = listed.collect();
        let more = wire.frames - listed.len() as u64;
        if !listed.is_empty() {
            if more > 0 {
                listed.push(fill(t.cut_more, &[&count(more)]));
            }
            sentences.push(fill(t.cut, &[&listed.join(", ")]));
        }
    }
    html! { <p class="detail-explanation" data-testid="wire">{sentences.join(" · ")}</p> }
}

/// How a connection came about.
pub(super) fn handshake(connection: &Connection, t: &'static Log) -> Html {
    let Some(shook) = &connection.handshake else { return Html::default() };
    let facts = facts(shook, t).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let certificates = shook.tls.iter().flat_map(|tls| &tls.certificates);
    html! {
        <section class="detail-handshake" aria-label={t.handshake} tabindex="0" data-testid="handshake">
            <h3>{t.handshake}</h3>
            {list(facts)}
            {fields(t.request, "handshake-request", &connection.headers)}
            {fields(t.answer, "handshake-answer", &connection.answer)}
            for (number, der) in certificates.enumerate() {
                {certificate(number + 1, der, t)}
            }
        </section>
    }
}

/// What is known of a handshake beside its headers.
pub(in crate::views) fn facts(shook: &Handshake, t: &'static Log) -> Vec<(&'static str, String)> {
    let names = [t.shook_name, t.shook_tcp, t.shook_proxy, t.shook_tls, t.shook_upgrade];
    let mut facts = Vec::new();
    let mut add = |name, value: String| {
        if !value.is_empty() {
            facts.push((name, value));
        }
    };
    add(t.shook_address, foreign(&shook.address));
    if shook.status > 0 {
        add(t.shook_status, shook.status.to_string());
    }
    for (name, (_, micros)) in names.into_iter().zip(shook.timings.steps()) {
        if let Some(micros) = micros {
            add(name, duration(i64::try_from(micros).unwrap_or(i64::MAX)));
        }
    }
    if let Some(tls) = &shook.tls {
        // As it is called, and not as it is written in code: `TLSv1_3`.
        add(t.shook_version, foreign(&tls.version.replace("v1_", " 1.")));
        add(t.shook_cipher, foreign(&tls.cipher));
    }
    facts
}

fn fields(title: &'static str, name: &'static str, fields: &[(String, String)]) -> Html {
    if fields.is_empty() {
        return Html::default();
    }
    let facts = fields.iter().map(|(name, value)| (foreign(name), foreign(value))).collect();
    html! { <div data-testid={name}><h4>{title}</h4>{list(facts)}</div> }
}

fn certificate(number: usize, der: &str, t: &'static Log) -> Html {
    let read = from_base64(der).ok().and_then(|der| Certificate::read(&der)).unwrap_or_default();
    let day = |at: Option<Micros>| at.map_or_else(|| "?".to_owned(), |at| at.date(zone));
    let facts = vec![
        (fill(t.certificate, &[&number]), foreign(&read.subject)),
        (t.issuer.to_owned(), foreign(&read.issuer)),
        (t.valid.to_owned(), format!("{} – {}", day(read.from), day(read.until))),
        (t.valid_for.to_owned(), foreign(&read.names.join(", "))),
    ];
    html! { <div data-testid="certificate">{list(facts)}</div> }
}

fn list(facts: Facts) -> Html {
    html! {
        <dl class="detail-facts">
            for (at, (name, value)) in facts.into_iter().enumerate() {
                <div key={at}><dt>{name}</dt><dd>{value}</dd></div>
            }
        </dl>
    }
}
