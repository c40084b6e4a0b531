//! What Gemini 3 wants of its thought signatures ("Thought signatures", "Model behavior"): in the
//! current turn, which begins with the last thing that the user said, the first call of every step
//! carries the one that came with it. History of other models is let through by two agreed words.

use serde_json::Value;

use super::{list, refuse};
use crate::{fault::Fault, wire::signature};

/// What may stand in place of a signature ("FAQs" of the same page).
const SKIPPED: [&str; 2] = ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"];

pub(super) fn check(body: &Value) -> Result<(), Fault> {
    let contents = list(&body["contents"]);
    let said = |content: &Value| {
        content["role"] != "model"
            && list(&content["parts"]).iter().any(|part| !part["functionResponse"].is_object())
    };
    let turn = contents.iter().rposition(said).unwrap_or(0);
    let mut results = 0;
    for (position, content) in contents.iter().enumerate() {
        let parts = list(&content["parts"]);
        let first = parts.iter().find(|part| part["functionCall"].is_object());
        if let Some(first) = first.filter(|_| position >= turn) {
            signed(first, results, position)?;
        }
        results += parts.iter().filter(|part| part["functionResponse"].is_object()).count();
    }
    Ok(())
}

fn signed(part: &Value, results: usize, position: usize) -> Result<(), Fault> {
    let name = part["functionCall"]["name"].as_str().unwrap_or_default();
    let signature = part["thoughtSignature"].as_str().or(part["thought_signature"].as_str());
    match signature {
        None => refuse(format!(
            "Function call is missing a thought_signature in functionCall parts. This is required for tools \
             to work correctly, and missing thought_signature may lead to degraded model performance. \
             Additional data, function call `default_api:{name}` , position {}. Please refer to \
             https://ai.google.dev/gemini-api/docs/thought-signatures for more details.",
            position + 1
        )),
        Some(told) if SKIPPED.contains(&told) || told == signature::of_call(name, results) => Ok(()),
        Some(_) => refuse("Corrupted thought signature."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_call_of_each_step_of_the_turn_is_signed() {
        let call = |name: &str, signature: Value| {
            let mut part = json!({"functionCall": {"name": name, "args": {}}});
            if !signature.is_null() {
                part["thoughtSignature"] = signature;
            }
            part
        };
        let result = |name: &str| json!({"role": "user", "parts": [{"functionResponse": {"name": name, "response": {}}}]});
        let user = json!({"role": "user", "parts": [{"text": "hi"}]});
        let model = |parts: Value| json!({"role": "model", "parts": parts});
        let ok = |contents: Value| check(&json!({"contents": contents})).is_ok();
        let (first, second) = (json!(signature::of_call("x", 0)), json!(signature::of_call("x", 1)));
        let step = |signature: &Value| model(json!([call("x", signature.clone()), call("y", Value::Null)]));
        assert!(ok(json!([user, step(&first), result("x"), step(&second), result("x")])));
        assert!(!ok(json!([user, step(&first), result("x"), step(&first), result("x")])));
        assert!(!ok(json!([user, step(&Value::Null), result("x")])));
        assert!(ok(json!([user, step(&Value::Null), result("x"), user])), "an earlier turn is not looked at");
        assert!(ok(json!([user, step(&json!("skip_thought_signature_validator")), result("x")])));
    }
}
