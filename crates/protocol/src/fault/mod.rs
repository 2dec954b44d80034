//! Faults on demand: what a connection's URL asks to go wrong, as a value, and what becomes of its messages then.
//!
//! A plan is read from a query ([`Asked::from_query`]), written as one ([`FaultPlan::to_query`]), and carried out by a
//! [`Machine`]. [`Parameter::all`] is the one table behind all of it.

mod action;
mod catalogue;
mod lane;
mod machine;
mod plan;
mod query;
mod template;
mod traffic;
mod trickle;
mod violation;

pub use action::{Action, Effects, Manner};
pub use catalogue::{Group, Parameter};
pub use machine::Machine;
pub use plan::{
    Answers, CloseCode, CloseStatus, Direction, Ending, Ends, FaultPlan, Flood, Fragments, HandshakeFaults,
    Label, ProtocolAnswer, ResetStep, Stall, Traffic, TricklePace, Ways, When,
};
pub use query::{Asked, PlanError, query_for_target};
pub(crate) use query::{shown, take};
pub use template::Template;
pub use traffic::{Kind, Message};
pub use trickle::Trickle;
pub use violation::{Rule, Violation};
