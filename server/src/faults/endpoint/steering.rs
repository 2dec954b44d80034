//! How a connection ends, falls silent and changes its plan: by the plan it has, or as somebody orders.

use super::Faulty;
use crate::labels::{Command, Order};
use protocol::fault::{Direction, Ending, FaultPlan};
use protocol::journal::Event;
use socket::wire::{Abort, CloseCode, End, Outgoing, Sent, Time};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// After this a connection that plays dead is reset.
const VANISHED_FOR: Duration = Duration::from_secs(600);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    No,
    /// Until then, or until somebody ends it. After the former the connection is reset, or goes on.
    Until {
        time: Option<Time>,
        then: After,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Reset,
    GoOn,
}

impl Faulty {
    pub(super) fn end(&mut self, ending: Ending, out: &mut Outgoing<'_>) {
        self.ended = true;
        match ending {
            Ending::Close(status) => {
                self.note_close(status.as_ref().map(|(code, reason)| (*code, reason.as_str())));
                // Refused only where it closes already.
                let _ = out.close(
                    status.as_ref().map(|(code, reason)| (CloseCode(*code), reason.as_str())),
                    End::Finished,
                );
            }
            // What was said before is written at the end of this turn.
            Ending::Reset => self.cut = Some((Abort::Reset, "reset, as asked for")),
            Ending::Fin => self.cut = Some((Abort::Fin, "ended without a Close, as asked for")),
            Ending::Vanish => {
                let until = out.now() + VANISHED_FOR;
                self.fall_silent(Silence::Until { time: Some(until), then: After::Reset }, out);
            }
        }
    }

    fn fall_silent(&mut self, silence: Silence, out: &mut Outgoing<'_>) {
        self.silence = silence;
        out.pause(true);
        out.heartbeat(false);
        out.auto_pong(false);
        out.auto_close(false);
    }

    /// Speaks and listens as the plan has it.
    pub(super) fn speak(&mut self, out: &mut Outgoing<'_>) {
        self.silence = Silence::No;
        let plan = Arc::clone(self.machine.plan());
        // While a message is half out nothing may come in between, so that all else is sent from here.
        let by_itself = plan.traffic.trickle.is_none() && !self.carried;
        out.pause(false);
        out.heartbeat(by_itself);
        out.auto_pong(by_itself && !plan.ends.no_pong);
        out.auto_close(by_itself && !plan.ends.ignore_close);
    }

    fn use_plan(&mut self, plan: Arc<FaultPlan>, out: &mut Outgoing<'_>) {
        if let Some(member) = &self.member {
            member.has_faults(plan.to_query());
        }
        let seed = plan.seed.unwrap_or(self.seed);
        self.machine.handle_plan(plan, seed, self.elapsed(out));
        if !self.is_silent() {
            self.speak(out);
        }
    }

    pub(super) fn obey(&mut self, order: &Order, out: &mut Outgoing<'_>) {
        let Order { command, until, .. } = order.clone();
        let until = until.map(|until| out.now() + until.saturating_duration_since(Instant::now()));
        self.write(|| Event::Steered { command: command.to_string() });
        match command {
            Command::Kill(how) => out.abort(how, End::Finished, "killed, as asked for"),
            Command::Close(status) => {
                self.finish_trickle(out);
                if self.is_silent() {
                    self.speak(out);
                }
                self.end(Ending::Close(status), out);
            }
            // Who vanished is silent as it is, and stays so.
            Command::Silence if matches!(self.silence, Silence::Until { then: After::Reset, .. }) => {}
            Command::Silence => self.fall_silent(Silence::Until { time: until, then: After::GoOn }, out),
            Command::Resume => {
                if let Silence::Until { then: After::Reset, .. } = self.silence {
                    // It vanished, and is back: as the plan has it without that.
                    self.ended = false;
                    let mut plan = FaultPlan::clone(self.machine.plan());
                    plan.ends.vanish_after = None;
                    self.use_plan(Arc::new(plan), out);
                }
                self.speak(out);
            }
            Command::Send(message) => {
                self.machine.handle_message(Direction::Out, message, self.elapsed(out));
            }
            Command::Ping(payload) => self.urgent(Sent::Ping(payload), out),
            Command::Faults(plan) => {
                if let Some(until) = until {
                    // Of two that hold for a while, the one from before both comes back.
                    let before =
                        self.expiry.take().map_or_else(|| Arc::clone(self.machine.plan()), |(_, plan)| plan);
                    self.expiry = Some((until, before));
                } else {
                    self.expiry = None;
                }
                self.use_plan(plan, out);
            }
        }
    }

    /// What holds for a while and is over.
    pub(super) fn expire(&mut self, out: &mut Outgoing<'_>) {
        if let Silence::Until { time: Some(until), then } = self.silence
            && until <= out.now()
        {
            match then {
                After::Reset => {
                    out.abort(Abort::Reset, End::Finished, "vanished for ten minutes, as asked for");
                }
                After::GoOn => self.speak(out),
            }
        }
        if let Some((_, plan)) = self.expiry.take_if(|(until, _)| *until <= out.now()) {
            self.use_plan(plan, out);
        }
    }
}
