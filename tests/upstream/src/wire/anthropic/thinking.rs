//! What Anthropic's server wants of thinking that comes back ("Extended thinking", "Preserving
//! thinking blocks"): each block as it was issued, and, with a budget, one at the head of the turn
//! whose tools are being answered. A loop of calls and results is one turn: what follows on results
//! need not begin with a thought.

use serde_json::Value;

use super::{refuse, signature};
use crate::fault::Fault;

pub(super) fn check(body: &Value) -> Result<(), Fault> {
    let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (index, message) in messages.iter().enumerate() {
        for (at, block) in blocks(message).iter().enumerate() {
            let genuine = match block["type"].as_str() {
                Some("thinking") => {
                    let issued = signature::of_thought(block["thinking"].as_str().unwrap_or_default());
                    block["signature"] == issued
                }
                Some("redacted_thinking") => {
                    signature::is_of_some_thought(block["data"].as_str().unwrap_or_default())
                }
                _ => true,
            };
            if !genuine {
                return refuse(format!(
                    "messages.{index}.content.{at}: Invalid `signature` in `thinking` block"
                ));
            }
        }
    }
    match body["thinking"]["type"] == "enabled" {
        true => headed(messages),
        false => Ok(()),
    }
}

/// The assistant's turn begins with a thought where results answer it.
fn headed(messages: &[Value]) -> Result<(), Fault> {
    let answers = |message: &Value| blocks(message).iter().any(|block| block["type"] == "tool_result");
    if !messages.last().is_some_and(answers) {
        return Ok(());
    }
    let asked = messages.iter().rposition(|message| message["role"] == "user" && !answers(message));
    let turn = asked.map_or(0, |asked| asked + 1);
    let Some(at) = (turn..messages.len()).find(|at| messages[*at]["role"] == "assistant") else {
        return Ok(());
    };
    let first = &blocks(&messages[at]).first().map_or(Value::Null, |block| block["type"].clone());
    match first.as_str() {
        Some("thinking" | "redacted_thinking") => Ok(()),
        found => refuse(format!(
            "messages.{at}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{}`. When \
             `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding \
             the lastmost set of `tool_use` and `tool_result` blocks).",
            found.unwrap_or("text")
        )),
    }
}

fn blocks(message: &Value) -> &[Value] {
    message["content"].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn thoughts_come_back_as_they_were_issued() {
        let body = |thought: Value, kind: &str| {
            let used = json!({"type": "tool_use", "id": "t1", "name": "x", "input": {}});
            let blocks: Vec<Value> = [thought, used].into_iter().filter(|block| !block.is_null()).collect();
            json!({"thinking": {"type": kind, "budget_tokens": 1024}, "messages": [
                {"role": "user", "content": "hi"}, {"role": "assistant", "content": blocks},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "7"}]}]})
        };
        let thought = |text: &str| json!({"type": "thinking", "thinking": text, "signature": signature::of_thought("so")});
        assert!(check(&body(thought("so"), "enabled")).is_ok());
        assert!(check(&body(thought("else"), "enabled")).is_err());
        assert!(check(&body(Value::Null, "enabled")).is_err());
        assert!(check(&body(Value::Null, "adaptive")).is_ok());
        let mut longer = body(thought("so"), "enabled");
        let last = longer["messages"].as_array().unwrap()[2].clone();
        let called = json!({"role": "assistant", "content": [{"type": "tool_use", "id": "t2", "name": "x", "input": {}}]});
        longer["messages"].as_array_mut().unwrap().extend([called, last]);
        assert!(check(&longer).is_ok());
        assert!(check(&body(thought("else"), "disabled")).is_err());
    }
}
