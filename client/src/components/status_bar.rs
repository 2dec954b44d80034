//! How the connection is doing.

use gloo_timers::callback::Interval;
use yew::prelude::*;

use super::icons::{Icon, Picture};
use crate::driver::Snapshot;
use crate::model::format::{count, round_trip, size};
use crate::model::status;
use crate::session::Session;

/// Between two looks at the clock while a countdown is shown.
const TICK_MILLIS: u32 = 100;

#[derive(PartialEq, Properties)]
pub(super) struct StatusBarProps {
    pub(super) session: Session,
    pub(super) link: Snapshot,
}

#[component]
pub(super) fn StatusBar(props: &StatusBarProps) -> Html {
    let link = &props.link;
    let pulse = status::pulse(link.pulse);
    let retry = {
        let session = props.session.clone();
        move |_: MouseEvent| session.retry_now()
    };
    let rtt = link.rtt.map_or_else(|| "–".to_owned(), |rtt| round_trip(rtt.as_secs_f64() * 1000.0));
    html! {
        <section class="status-bar" aria-label="Connection state">
            <PhaseText session={props.session.clone()} link={link.clone()} />
            if status::counts_down(link.phase) {
                <button class="button small" type="button" data-testid="retry-now" onclick={retry}>
                    {"Retry now"}
                </button>
            }
            <dl class="gauges">
                <div class="gauge" title="Round trip of the latest heartbeat">
                    <dt>{"RTT"}</dt>
                    <dd data-testid="rtt">{rtt}</dd>
                </div>
                <div class="gauge" title="Whether the server answers heartbeats">
                    <dt>{"Heartbeat"}</dt>
                    <dd class="heartbeat" data-testid="heartbeat" data-state={pulse}>
                        <Picture icon={Icon::Heart} />{pulse}
                    </dd>
                </div>
                <div class="gauge" title="Messages that wait for a connection">
                    <dt>{"Queue"}</dt>
                    <dd data-testid="queue">{count(link.queued_messages as u64)}</dd>
                </div>
                if link.queued_bytes > 0 || link.buffered_bytes > 0 {
                    <div class="gauge" title="Bytes that have not left the browser yet">
                        <dt>{"Unsent"}</dt>
                        <dd data-testid="unsent">{size(link.queued_bytes as u64 + link.buffered_bytes)}</dd>
                    </div>
                }
                if !link.protocol.is_empty() {
                    <div class="gauge" title="The subprotocol the server chose">
                        <dt>{"Protocol"}</dt>
                        <dd data-testid="protocol">{&link.protocol}</dd>
                    </div>
                }
            </dl>
        </section>
    }
}

/// The phase in words. On its own, so that a countdown redraws nothing else.
#[component]
fn PhaseText(props: &StatusBarProps) -> Html {
    let tick = use_state(|| ());
    let setter = tick.setter();
    use_effect_with(status::counts_down(props.link.phase), move |counts_down| {
        let interval = counts_down.then(|| Interval::new(TICK_MILLIS, move || setter.set(())));
        move || drop(interval)
    });
    let text = status::sentence(props.link.phase, props.link.last_close.as_ref(), props.session.now());
    html! {
        <p class="phase" data-testid="status" data-phase={props.link.phase.name()}>
            <span class="phase-dot" aria-hidden="true"></span>
            <span class="phase-text">{text}</span>
        </p>
    }
}
