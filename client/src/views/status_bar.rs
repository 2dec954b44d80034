//! How the connection is doing.

use gloo_timers::callback::Interval;
use yew::prelude::*;

use super::buttons::{act, word_button};
use super::icons::{Icon, picture};
use super::settings::connection::way;
use crate::actions::stage::Scene;
use crate::actions::{Action, Sheet};
use crate::model::format::{count, round_trip, size};
use crate::model::status;
use crate::model::visible::foreign;
use crate::running::driver::Snapshot;
use crate::running::session::Session;
use crate::texts::Texts;
use crate::views::block::{Block, block};
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// Between two looks at the clock while a countdown is shown.
const TICK_MILLIS: u32 = 100;

pub(super) fn status_bar(session: &Session, link: &Snapshot, scene: &Scene, texts: &'static Texts) -> Html {
    let t = &texts.common;
    let pulse = status::pulse(link.pulse, t);
    let rtt = link.rtt.map_or_else(|| "–".to_owned(), |rtt| round_trip(rtt.as_secs_f64() * 1000.0));
    html! {
        <section class="status-bar" aria-label={t.state}>
            {PhaseText { session: session.clone(), link: link.clone() }.block()}
            if status::counts_down(link.phase) {
                {word_button(scene, Action::RetryNow, "button small", t.retry_now)}
            }
            if link.relayed {
                <button
                    class="button small"
                    type="button"
                    title={way(&session.options(), &texts.settings)}
                    data-testid="relayed"
                    onclick={act::<MouseEvent>(scene, Action::Open(Sheet::Relay))}
                >
                    {t.relayed}
                </button>
            }
            <dl class="gauges">
                <div class="gauge" title={t.rtt_hint}>
                    <dt>{t.rtt}</dt>
                    <dd data-testid="rtt">{rtt}</dd>
                </div>
                <div class="gauge" title={t.heartbeat_state_hint}>
                    <dt>{t.heartbeat}</dt>
                    <dd class="heartbeat" data-testid="heartbeat" data-state={status::pulse_slug(link.pulse)}>
                        {picture(Icon::Heart)}{pulse}
                    </dd>
                </div>
                <div class="gauge" title={t.queue_hint}>
                    <dt>{t.queue}</dt>
                    <dd data-testid="queue">{count(link.queued_messages as u64)}</dd>
                </div>
                if link.queued_bytes > 0 || link.buffered_bytes > 0 {
                    <div class="gauge" title={t.unsent_hint}>
                        <dt>{t.unsent}</dt>
                        <dd data-testid="unsent">{size(link.queued_bytes as u64 + link.buffered_bytes)}</dd>
                    </div>
                }
                if !link.protocol.is_empty() {
                    <div class="gauge" title={t.protocol_hint}>
                        <dt>{t.protocol}</dt>
                        <dd data-testid="protocol">{foreign(&link.protocol)}</dd>
                    </div>
                }
            </dl>
        </section>
    }
}

/// The phase in words. On its own, so that a countdown redraws nothing else.
#[derive(PartialEq)]
struct PhaseText {
    session: Session,
    link: Snapshot,
}

block!(PhaseText, use_phase_text);

#[hook]
fn use_phase_text(props: &PhaseText) -> Html {
    let t = &use_texts().common;
    let tick = use_state(|| ());
    let setter = tick.setter();
    use_effect_on(status::counts_down(props.link.phase), move |counts_down| {
        let interval = counts_down.then(|| Interval::new(TICK_MILLIS, move || setter.set(())));
        move || drop(interval)
    });
    let text = status::sentence(props.link.phase, props.link.last_close.as_ref(), props.session.now(), t);
    html! {
        <p class="phase" data-testid="status" data-phase={props.link.phase.name()}>
            <span class="phase-dot" aria-hidden="true"></span>
            <bdi class="phase-text">{text}</bdi>
        </p>
    }
}
