//! The input of a call, where a protocol has an object for it and chat has text.
//!
//! Text that is no JSON object, because the answer was cut or the model erred, stands in an object as
//! text, under a name that no schema has: whoever reads it sees what the model wrote. A client that
//! sends such a call back with the error that came of it can so go on with every model.

use super::json::{Object, Out, Raw, from_str};
use crate::conversation::{CallKind, ToolCall};

/// The name under which such text stands.
const INVALID_JSON: &str = "_invalid_json";

/// Writes a call's arguments as `member`, an object; none at all are an empty one. Free text of custom
/// tools stands under `input`.
pub(super) fn write_input(holder: &mut Object<'_, impl Out>, member: &str, call: &ToolCall<'_>) {
    let text = call.arguments.trim();
    match call.kind {
        CallKind::Custom => holder.object(member, |input| input.string("input", &call.arguments)),
        CallKind::Function if text.is_empty() || text == "null" => holder.object(member, |_| {}),
        CallKind::Function
            if text.starts_with('{') && (call.is_json || from_str::<Raw<'_>>(text).is_ok()) =>
        {
            holder.key(member).put(text.as_bytes());
        }
        CallKind::Function => holder.object(member, |input| input.string(INVALID_JSON, &call.arguments)),
    }
}
