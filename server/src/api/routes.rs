//! The table of all URLs below `/api`: `labels` and `carried` are its parts.

mod carried;
mod labels;

use http::Method;
use protocol::fault::{Group, Parameter};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Faults,
    CheckFaults,
    OpenApi,
    Relay,
    Connections,
    Labels,
    Label,
    Journal,
    WaitFor,
    Verify,
    Kill,
    Close,
    Silence,
    Resume,
    Send,
    Ping,
    SetFaults,
    Cases,
    Verdicts,
    SessionCases,
    SessionVerdicts,
    Replays,
    Upload,
    Remove,
    Vias,
    MakeVia,
    RemoveVia,
    Hold(Holding),
}

/// The same, about what breakpoints hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holding {
    Breakpoints,
    Set,
    Alter,
    Remove,
    List,
    Message,
    Release,
    Pass,
    Drop,
    Edit,
    Answer,
    Inject,
}

/// A URL and a method.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: Method,
    /// `{label}` stands for a label, `{name}` for the name of a recording or a target, `{number}` for that of a breakpoint and `{id}` for
    /// a held message.
    pub(super) path: &'static str,
    pub(super) operation: Operation,
    pub(super) summary: &'static str,
    /// Name and meaning of each query parameter, but for [faults](Operation::takes).
    pub(super) parameters: &'static [(&'static str, &'static str)],
    /// What the body is, if there is one.
    pub(super) body: Option<(&'static str, &'static str)>,
}

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Route> + Clone {
    labels::ROUTES.iter().chain(carried::ROUTES)
}

impl Operation {
    /// Whether a fault is among its query parameters.
    pub(super) fn takes(self, fault: &Parameter) -> bool {
        match self {
            Operation::CheckFaults => true,
            Operation::SetFaults => sets(fault),
            _ => false,
        }
    }
}

/// Whether a fault can be set once a connection is open. What says when to come back is said in a Close, too.
pub(super) fn sets(fault: &Parameter) -> bool {
    match fault.name {
        "retry-after" => true,
        "label" | "times" => false,
        _ => fault.group != Group::Handshake,
    }
}

/// Looks for what is no parameter of an operation, or there twice. What is said of faults is their own to judge.
///
/// # Errors
/// The first such name.
pub(super) fn check_query(
    operation: Operation,
    parameters: &[(&str, &str)],
    query: &str,
) -> Result<(), String> {
    let takes_faults = matches!(operation, Operation::CheckFaults | Operation::SetFaults);
    let mut seen: Vec<&str> = Vec::new();
    for (name, _) in form_urlencoded::parse(query.as_bytes()) {
        match parameters.iter().find(|(known, _)| *known == name) {
            Some((known, _)) if seen.contains(known) => return Err(format!("{name} is there twice")),
            Some((known, _)) => seen.push(known),
            None if takes_faults => {}
            None => {
                return Err(format!("{name} is no parameter here: GET /api/openapi.json lists them"));
            }
        }
    }
    Ok(())
}

impl Route {
    /// What stands for the label, the name or the number in a path below `/api/`; empty where there is none. `None`: another path.
    pub(super) fn label_in<'p>(&self, path: &'p str) -> Option<&'p str> {
        let mut label = "";
        let mut parts = path.split('/');
        for wanted in self.path.trim_start_matches("/api/").split('/') {
            let part = parts.next()?;
            match wanted {
                wanted if wanted.starts_with('{') => label = part,
                _ if wanted == part => {}
                _ => return None,
            }
        }
        parts.next().is_none().then_some(label)
    }
}

/// The methods that a path with these routes has; none where there are no routes.
pub(super) fn methods<'r>(routes: impl Iterator<Item = &'r Route> + Clone) -> Option<&'static str> {
    let has = |method: Method| routes.clone().any(|route| route.method == method);
    match (has(Method::GET), has(Method::POST), has(Method::DELETE)) {
        (true, true, _) => Some("GET, HEAD, POST, OPTIONS"),
        (true, ..) => Some("GET, HEAD, OPTIONS"),
        (_, true, true) => Some("POST, DELETE, OPTIONS"),
        (_, true, _) => Some("POST, OPTIONS"),
        _ => None,
    }
}
