//! The connection's states and the ways between them, with the present one marked.

use yew::prelude::*;

use crate::model::health::Stage;
use crate::running::session::TabId;
use crate::texts::fill;
use crate::texts::health::Health;
use crate::views::words;

const NODE_WIDTH: i32 = 66;
const NODE_HEIGHT: i32 = 28;
const UPPER: i32 = 4;
const LOWER: i32 = 66;

/// The ways that a connection goes by itself or is led, as `link::Phase` describes them. Only what is seen often: a
/// page can be put away from any state, and a person can close it from any.
const WAYS: [&str; 11] = [
    // Idle to connecting, connecting to open, open to closing, closing to closed.
    "M70 18H78",
    "M146 18H154",
    "M222 18H230",
    "M298 18H306",
    // Connecting failed, and its next attempt.
    "M134 32V64",
    "M144 66V34",
    // Open was lost.
    "M172 32V64",
    // Waiting and offline.
    "M184 76H224",
    "M226 86H186",
    // Given up.
    "M150 94V106H343V34",
    // Suspended to connecting.
    "M70 80H92V34",
];

/// `id` is the tab's: several diagrams may be on screen.
pub(super) fn diagram(present: Stage, id: TabId, t: &'static Health) -> Html {
    let arrow = format!("diagram-arrow-{}", id.0);
    let label = fill(t.state_label, &[&words::stage(present, t)]);
    html! {
        <svg class="diagram" viewBox="0 0 380 112" role="img" aria-label={label} data-testid="health-diagram">
            <defs>
                <marker
                    id={arrow.clone()}
                    viewBox="0 0 6 6"
                    refX="5"
                    refY="3"
                    markerWidth="6"
                    markerHeight="6"
                    orient="auto"
                >
                    <path class="diagram-tip" d="M0 0L6 3L0 6z" />
                </marker>
            </defs>
            for way in WAYS {
                <path class="diagram-way" d={way} marker-end={format!("url(#{arrow})")} />
            }
            for stage in Stage::ALL {
                {node(stage, stage == present, words::stage(stage, t))}
            }
        </svg>
    }
}

fn node(stage: Stage, is_present: bool, name: &'static str) -> Html {
    let (x, y) = place(stage);
    let centre = (x + NODE_WIDTH / 2, y + NODE_HEIGHT / 2);
    html! {
        <g class="diagram-node" data-phase={stage.slug()} data-present={is_present.to_string()}>
            <rect
                x={x.to_string()}
                y={y.to_string()}
                width={NODE_WIDTH.to_string()}
                height={NODE_HEIGHT.to_string()}
                rx="6"
            />
            <text x={centre.0.to_string()} y={centre.1.to_string()} dy="0.35em" text-anchor="middle">{name}</text>
        </g>
    }
}

/// The upper left corner.
fn place(stage: Stage) -> (i32, i32) {
    match stage {
        Stage::Idle => (4, UPPER),
        Stage::Connecting => (80, UPPER),
        Stage::Open => (156, UPPER),
        Stage::Closing => (232, UPPER),
        Stage::Closed => (308, UPPER),
        Stage::Suspended => (4, LOWER),
        Stage::Waiting => (118, LOWER),
        Stage::Offline => (226, LOWER),
    }
}
