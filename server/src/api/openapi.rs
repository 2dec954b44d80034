//! The table of routes as an OpenAPI description.

use super::routes::{self, Holding, Operation, Route};
use protocol::fault::Parameter;
use serde_json::{Map, Value, json};

/// OpenAPI 3.1 of everything below `/api`.
pub(super) fn document() -> Value {
    let mut paths = Map::new();
    for route in routes::all() {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Heartwire",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Faults of the WebSocket endpoints, connections listed, those with a label steered, waited for and verified, messages held on their way to a target and back, and recordings to play back.",
        },
        "paths": paths,
        "components": { "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } } },
    })
}

fn operation(route: &Route) -> Value {
    let is_open = matches!(
        route.operation,
        Operation::Faults | Operation::CheckFaults | Operation::Relay | Operation::OpenApi
    );
    let named = ["label", "name", "number", "id"];
    let label = named.into_iter().find(|name| route.path.contains(&format!("{{{name}}}")));
    let label = label.map(|name| {
        let schema = match name {
            "label" | "name" => json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" }),
            _ => json!({ "type": "integer", "minimum": 1 }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    });
    let query = route.parameters.iter().map(|(name, meaning)| {
        json!({ "name": name, "in": "query", "description": meaning, "schema": { "type": "string" } })
    });
    let faults = Parameter::all().filter(|fault| route.operation.takes(fault)).map(|fault| {
        let schema = match fault.repeats {
            true => json!({ "type": "array", "items": { "type": "string" } }),
            false => json!({ "type": "string" }),
        };
        let meaning = format!("{} Takes {}.", fault.summary, fault.values);
        json!({ "name": fault.name, "in": "query", "description": meaning, "schema": schema })
    });
    let done = match route.operation {
        Operation::Verdicts | Operation::SessionVerdicts => {
            json!({ "application/json": {}, "application/xml": {} })
        }
        _ => json!({ "application/json": {} }),
    };
    let mut operation = json!({
        "operationId": match route.operation {
            Operation::Hold(holding) => format!("Hold{holding:?}"),
            other => format!("{other:?}"),
        },
        "summary": route.summary,
        "parameters": label.into_iter().chain(query).chain(faults).collect::<Vec<_>>(),
        "responses": {
            "200": { "description": "Done", "content": done },
            "400": { "description": "Something can't be followed; the text says what would be right" },
            "403": { "description": "Not for this caller, or not by this name" },
        },
    });
    for (status, meaning) in refusals(route.operation) {
        operation["responses"][status] = json!({ "description": meaning });
    }
    if let Some((kind, meaning)) = route.body {
        operation["requestBody"] = json!({ "description": meaning, "content": { kind: {} } });
    }
    if !is_open {
        // Callers on the server's own machine need none.
        operation["security"] = json!([{}, { "token": [] }]);
        operation["responses"]["401"] = json!({ "description": "The token is missing or wrong" });
    }
    operation
}

/// How an operation answers that everybody may ask for and that is understood, and is not done all the same.
fn refusals(operation: Operation) -> Vec<(&'static str, &'static str)> {
    const NOT_SO: (&str, &str) = ("409", "It is not as expected; the answer says what there is");
    const NONE: (&str, &str) = ("404", "There is none of this name or number");
    const FIXED: (&str, &str) = ("409", "It was given on the command line and stays");
    const LARGE: (&str, &str) = ("413", "The body is larger than bodies may be here");
    const LABELS: (&str, &str) = ("503", "There are as many labels as there may be");
    const FULL: (&str, &str) = ("507", "There is no room for another");
    match operation {
        Operation::Faults
        | Operation::CheckFaults
        | Operation::OpenApi
        | Operation::Relay
        | Operation::Connections
        | Operation::Labels
        | Operation::Cases
        | Operation::SessionCases
        | Operation::Replays
        | Operation::Vias => vec![],
        Operation::Label | Operation::Journal | Operation::Verdicts | Operation::SessionVerdicts => {
            vec![NONE]
        }
        Operation::WaitFor => vec![NOT_SO, LABELS],
        Operation::Verify => vec![NOT_SO, LARGE, LABELS],
        Operation::Kill
        | Operation::Close
        | Operation::Silence
        | Operation::Resume
        | Operation::Send
        | Operation::Ping
        | Operation::SetFaults => vec![LARGE, LABELS],
        Operation::Upload | Operation::MakeVia => vec![FIXED, LARGE, FULL],
        Operation::Remove | Operation::RemoveVia => vec![NONE, FIXED],
        Operation::Hold(holding) => match holding {
            Holding::Breakpoints | Holding::List | Holding::Release => vec![],
            Holding::Set | Holding::Alter => vec![NONE, FULL],
            Holding::Remove | Holding::Message | Holding::Pass | Holding::Drop => vec![NONE],
            Holding::Edit | Holding::Answer => vec![NONE, LARGE],
            Holding::Inject => vec![LARGE],
        },
    }
}
