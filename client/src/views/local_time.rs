//! Times where the reader is.

use wasm_bindgen::JsValue;
use workbench::time::Micros;

use crate::model::format::moment;

/// A time of day, with its date unless that is today's. The clock is the one that held there and then: a log from the
/// other half of the year has another offset.
pub(super) fn local(at: Micros, now: Micros) -> String {
    moment((at, offset_minutes(at)), (now, offset_minutes(now)))
}

fn offset_minutes(at: Micros) -> i32 {
    -(js_sys::Date::new(&JsValue::from_f64(at.as_millis())).get_timezone_offset() as i32)
}
