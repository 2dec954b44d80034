//! How the connection is doing, in depth.
//!
//! `data-testid`: `health` (the panel), `health-state`, `health-diagram`, `health-timeline`, `health-close` (with
//! `data-code`; inside `health-advice`), `health-rtt-last`, `-p50`, `-p99`, `-range`, `-missed`, `health-rtt-chart` (`data-drawings`),
//! `health-traffic` (children with `data-counter`), `health-uptime`, `health-availability`, `health-connections`,
//! `health-reconnects`, `health-attempts`, `health-silence`, `health-queue`, `health-buffered`,
//! `health-unconfirmed`, `health-unknown`, `health-dropped`, `health-protocol`, `health-extensions`; `health-relay` with
//! `health-relay-fact` (one each), `health-pings`, `health-pongs`.

mod diagram;
mod phases;
mod round_trips;
mod traffic;

use gloo_timers::callback::Interval;
use link::{Close, Why};
use protocol::relay::Opened;
use workbench::connection::Connection;
use workbench::series::Totals;
use yew::prelude::*;

use self::diagram::diagram;
use self::phases::phases;
use self::round_trips::{RoundTrips, pair};
use self::traffic::traffic;
use super::detail::relayed::facts;
use super::hooks::{use_effect_on, use_selected};
use crate::model::format::{count, size};
use crate::model::health::{Stage, micros, totals};
use crate::model::relayed;
use crate::model::visible::foreign;
use crate::running::driver::Details;
use crate::running::session::{Session, View};
use crate::texts::Texts as AllTexts;
use crate::texts::close_codes;
use crate::texts::fill;
use crate::texts::health::Health as Texts;
use crate::views::block::{Block, block};
use crate::views::lang::use_texts;
use crate::views::markup::html;
use crate::views::words;

/// Between two looks at the figures. They are read by people.
const TICK_MILLIS: u32 = 500;

/// Seconds in the charts of traffic.
const TRAFFIC_SECONDS: usize = 120;

/// Looks at the session twice a second and when the phase changes, not with every message.
#[derive(PartialEq)]
pub(super) struct HealthPanel {
    pub(super) session: Session,
}

block!(HealthPanel, use_health_panel);

#[hook]
fn use_health_panel(props: &HealthPanel) -> Html {
    let texts = use_texts();
    let t = &texts.health;
    let session = &props.session;
    let stage = use_selected(session, |view| Stage::of(view.link.phase));
    let update = use_force_update();
    use_effect_on((), move |()| {
        let interval = Interval::new(TICK_MILLIS, move || update.force_update());
        move || drop(interval)
    });

    let view = session.view();
    let details = session.details();
    let (spans, since, from, now) = session.health(|health, now| {
        let (from, now) = health.window(now);
        let since = health.stages().present().map_or(now, |(since, _)| since);
        (health.stages().spans(from, now).collect::<Vec<_>>(), since, from, now)
    });
    let window = words::duration(now.0 - from.0, t);
    let in_stage = now.0.saturating_sub(since.0);
    let known: u64 = spans.iter().map(|span| span.micros()).sum();
    let open: u64 = spans.iter().filter(|span| span.state == Stage::Open).map(|span| span.micros()).sum();
    let uptime = (*stage == Stage::Open).then_some(in_stage);
    let (seconds, round_trips, reconnects) = session.health(|health, now| {
        let seconds: Vec<Totals> = health.rates().last(micros(now), TRAFFIC_SECONDS).collect();
        (seconds, health.round_trips().total(), health.reconnects())
    });
    html! {
        <div class="health" data-testid="health">
            <section class="health-part" aria-label={t.state}>
                <h2 class="health-title">
                    {t.state}
                    <span class="health-now" data-testid="health-state" data-phase={stage.slug()}>
                        {words::stage(*stage, t)}{" "}{fill(t.state_for, &[&words::duration(in_stage, t)])}
                    </span>
                </h2>
                {diagram(*stage, session.id(), t)}
            </section>
            <section class="health-part">
                <h2 class="health-title">{fill(t.timeline, &[&window])}</h2>
                {phases(&spans, (from, now), t)}
            </section>
            if let Some(close) = &view.link.last_close {
                {last_close(close, view.link.last_why, t)}
            }
            <section class="health-part" aria-label={t.rtt}>
                <h2 class="health-title">{t.rtt}</h2>
                {RoundTrips {
                    session: session.clone(),
                    heartbeat: view.heartbeat,
                    missed: (details.stats.heartbeats_missed, details.stats.heartbeats_sent),
                    total: round_trips,
                }.block()}
            </section>
            <section class="health-part" aria-label={t.traffic}>
                <h2 class="health-title">{t.traffic}</h2>
                {traffic(&seconds, totals(&details.stats), t)}
            </section>
            <section class="health-part" aria-label={t.connection}>
                <h2 class="health-title">{t.connection}</h2>
                {figures(&view, &details, uptime, words::share(open, known), reconnects, t)}
            </section>
            if let Some(opened) = &details.opened {
                {through_relay(opened, session.controls(), texts)}
            }
        </div>
    }
}

/// How the latest socket ended, what that means and what to do about it.
fn last_close(close: &Close, why: Option<Why>, t: &'static Texts) -> Html {
    let Close { code, reason, was_clean } = close;
    let meaning = close_codes::explain(*code);
    // Our own reason counts before what the code would mean from the other side.
    let (sentence, advice) = why.and_then(|why| own(why, t)).unwrap_or((meaning.sentence, meaning.advice));
    let is_own = why.is_some_and(Why::is_own);
    html! {
        <section
            class="health-part health-close"
            aria-label={t.last_close}
            data-testid="health-close"
            data-code={code.to_string()}
        >
            <h2 class="health-title">
                {t.last_close}
                <span class="health-code">
                    {if is_own { format!("{code} {}", t.own) } else { format!("{code} {}", meaning.name) }}
                </span>
            </h2>
            if !reason.is_empty() {
                <p class="health-reason"><bdi>{foreign(reason)}</bdi></p>
            }
            <p>{sentence}</p>
            <p data-testid="health-advice">{advice}</p>
            <p class="health-hint">{if *was_clean { t.close_clean } else { t.close_unclean }}</p>
        </section>
    }
}

/// What happened and what to do about it, where the page itself ended the connection.
fn own(why: Why, t: &Texts) -> Option<(&'static str, &'static str)> {
    Some(match why {
        Why::HeartbeatMissed => (t.own_heartbeat, t.own_heartbeat_advice),
        Why::ConnectTimedOut => (t.own_timeout, t.own_timeout_advice),
        Why::TransportFailed => (t.own_broken, ""),
        Why::ClosedByUser => (t.own_closed, ""),
        Why::CloseTimedOut => (t.own_unconfirmed, t.own_unconfirmed_advice),
        Why::PageHidden => (t.own_left, ""),
        Why::Replaced => (t.own_replaced, ""),
        Why::Refused | Why::ConnectFailed | Why::PeerClosed | Why::Withheld => return None,
    })
}

/// What a relay tells of the connection.
fn through_relay(opened: &Opened, [pings, pongs]: [u64; 2], texts: &'static AllTexts) -> Html {
    let mut connection = Connection::default();
    relayed::note(opened, &mut connection);
    let t = &texts.health;
    html! {
        <section class="health-part" aria-label={t.relay} data-testid="health-relay">
            <h2 class="health-title">{t.relay}</h2>
            <dl class="figures">
                for (name, value) in connection.handshake.iter().flat_map(|shook| facts(shook, &texts.log)) {
                    {pair(name, &value, "relay-fact")}
                }
                {pair(t.pings, &count(pings), "pings")}
                {pair(t.pongs, &count(pongs), "pongs")}
            </dl>
        </section>
    }
}

/// What there is to count.
fn figures(
    view: &View,
    details: &Details,
    uptime: Option<u64>,
    availability: String,
    reconnects: u64,
    t: &'static Texts,
) -> Html {
    let stats = &details.stats;
    let duration =
        |value: Option<u64>| value.map_or_else(|| "–".to_owned(), |micros| words::duration(micros, t));
    // Whole seconds: on a busy connection anything finer would only flicker.
    let silent_for = details.silent_for.map_or_else(
        || "–".to_owned(),
        |silent_for| match silent_for.as_secs() {
            0 => fill(t.seconds, &[&0]),
            seconds => words::duration(seconds * 1_000_000, t),
        },
    );
    let queue = fill(
        t.queue_value,
        &[&count(view.link.queued_messages as u64), &size(view.link.queued_bytes as u64)],
    );
    let text = |value: &str| if value.is_empty() { t.none.to_owned() } else { foreign(value) };
    html! {
        <dl class="figures">
            {pair(t.uptime, &duration(uptime), "uptime")}
            {pair(t.availability, &availability, "availability")}
            {pair(t.connections, &count(stats.connections), "connections")}
            {pair(t.reconnects, &count(reconnects), "reconnects")}
            {pair(t.attempts, &count(stats.attempts), "attempts")}
            {pair(t.silence, &silent_for, "silence")}
            {pair(t.queue, &queue, "queue")}
            {pair(t.buffered, &size(view.link.buffered_bytes), "buffered")}
            {pair(t.unconfirmed, &count(details.unconfirmed_messages), "unconfirmed")}
            {pair(t.unknown, &count(stats.messages_unknown), "unknown")}
            {pair(t.dropped, &count(stats.messages_dropped), "dropped")}
            {pair(t.protocol, &text(&view.link.protocol), "protocol")}
            {pair(t.extensions, &text(&details.extensions), "extensions")}
        </dl>
    }
}
