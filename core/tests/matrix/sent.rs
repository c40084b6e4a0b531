//! What must be found in a request that goes upstream.
//!
//! An expectation is JSON in the provider's own words: an object holds at least these members, a list
//! exactly these elements, `null` is a member that must not be there. `"*"` is anything but nothing, and
//! `{"json": …}` a text that holds this JSON.

use serde_json::{Value, json};
use tollbridge_core::protocol::Wire;

/// Why the request does not hold what is expected, if it does not.
pub fn mismatch(wire: Wire, sent: &Value, expected: &Value) -> Option<String> {
    let mut sent = sent.clone();
    normal(wire, &mut sent);
    let mut expected = expected.clone();
    normal(wire, &mut expected);
    compare("", &sent, &expected)
}

/// Both protocols take a text for a list with one text in it.
fn normal(wire: Wire, body: &mut Value) {
    if wire == Wire::Messages {
        as_blocks(body, "system");
    }
    for message in list(body, "messages") {
        as_blocks(message, "content");
        for block in list(message, "content") {
            if block["type"] == "tool_result" {
                as_blocks(block, "content");
            }
        }
    }
}

fn list<'v>(holder: &'v mut Value, member: &str) -> impl Iterator<Item = &'v mut Value> {
    holder.get_mut(member).and_then(Value::as_array_mut).into_iter().flatten()
}

fn as_blocks(holder: &mut Value, member: &str) {
    let Some(content) = holder.get_mut(member) else { return };
    if let Some(text) = content.as_str().filter(|text| *text != "*") {
        *content = json!([{"type": "text", "text": text}]);
    }
}

fn compare(path: &str, sent: &Value, expected: &Value) -> Option<String> {
    let differs = || Some(format!("{path}: expected {expected}, sent {}", short(sent)));
    match (expected, sent) {
        (Value::String(any), _) if any == "*" && !sent.is_null() && sent != "" => None,
        (Value::Object(members), _) if members.len() == 1 && members.contains_key("json") => {
            let held = sent.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
            if held.as_ref() == Some(&members["json"]) { None } else { differs() }
        }
        (Value::Object(members), Value::Object(_)) => {
            members.iter().find_map(|(name, value)| compare(&format!("{path}.{name}"), &sent[name], value))
        }
        (Value::Array(elements), Value::Array(others)) if elements.len() == others.len() => elements
            .iter()
            .zip(others)
            .enumerate()
            .find_map(|(i, (element, other))| compare(&format!("{path}[{i}]"), other, element)),
        (Value::Number(number), Value::Number(other)) if number.as_f64() == other.as_f64() => None,
        _ if sent == expected => None,
        _ => differs(),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    text.chars().take(2_000).collect()
}
