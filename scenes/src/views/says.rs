//! What is said of a connection, in words.

use std::time::Duration;

use link::Phase;

use crate::model::address::Scene;
use crate::model::figures::seconds;
use crate::model::recovery::{Outage, Tally};
use crate::running::View;
use crate::texts::{Texts, fill, plural};

/// How it stands with a connection.
pub(super) fn phase(view: &View, t: &Texts) -> String {
    if view.is_cut {
        return t.is_cut.to_owned();
    }
    match view.phase {
        Phase::Open => t.open.to_owned(),
        Phase::Idle | Phase::Connecting { .. } => t.connecting.to_owned(),
        Phase::Waiting { .. } => fill(t.waiting, &[&seconds(view.wait.unwrap_or_default())]),
        Phase::Offline { .. } => t.offline.to_owned(),
        Phase::Suspended { .. } => t.suspended.to_owned(),
        Phase::Closing | Phase::Closed(_) => fill(t.closed, &[&view.code.unwrap_or(1005)]),
    }
}

/// What became of a loss: how it came, how long it lasted, and what was made up for.
pub(super) fn outage(outage: &Outage, scene: Scene, now: Duration, t: &Texts) -> Vec<String> {
    let mut said = vec![if outage.cut { t.loss_cut.to_owned() } else { fill(t.loss_lost, &[&outage.code]) }];
    match outage.back {
        None => said.push(fill(t.loss_away, &[&seconds(now.saturating_sub(outage.began))])),
        Some(back) => {
            said.push(fill(t.loss_back, &[&seconds(back.saturating_sub(outage.began))]));
            if let Some(whole) = outage.whole {
                said.push(fill(t.loss_whole, &[&seconds(whole.saturating_sub(back))]));
            }
        }
    }
    let Tally { replayed, resent, lost, unknown, skipped, anew } = outage.tally;
    let counts = [
        (u64::from(outage.failures), t.loss_failures),
        (replayed, t.loss_replayed),
        (resent, t.loss_resent),
        (lost, t.loss_lost_messages),
        (unknown, t.loss_unknown),
        (skipped, t.loss_skipped),
    ];
    said.extend(counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, text)| plural(text, count)));
    if anew > 0 {
        said.push(t.loss_anew.to_owned());
    }
    if scene == Scene::Chat && outage.whole.is_some() && outage.tally == Tally::default() {
        said.push(t.loss_nothing.to_owned());
    }
    said
}
