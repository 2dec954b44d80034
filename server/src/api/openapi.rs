//! The table of routes as an OpenAPI description.

use super::routes::{Operation, ROUTES, Route};
use serde_json::{Map, Value, json};

/// OpenAPI 3.1 of everything below `/api`.
pub(super) fn document() -> Value {
    let mut paths = Map::new();
    for route in &ROUTES {
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
    let is_open = matches!(route.operation, Operation::Faults | Operation::Relay | Operation::OpenApi);
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
    let mut operation = json!({
        "operationId": match route.operation {
            Operation::Hold(holding) => format!("Hold{holding:?}"),
            other => format!("{other:?}"),
        },
        "summary": route.summary,
        "parameters": label.into_iter().chain(query).collect::<Vec<_>>(),
        "responses": {
            "200": { "description": "Done", "content": { "application/json": {} } },
            "400": { "description": "A parameter can't be followed; the text says what would be right" },
            "403": { "description": "Not for this caller, or not by this name" },
        },
    });
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
