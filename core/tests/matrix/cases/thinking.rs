//! Reasoning: asked for, switched off, and carried through a loop of tools.

use serde_json::{Value, json};
use tollbridge_core::protocol::{
    Front::{Chat, Messages},
    Wire,
};

use super::{chat_tool, messages_tool};
use crate::{
    provider::{Piece, Turn, messages},
    read::Ended,
    scenario::{Answer, Scenario, drops, mapped, refused, scenario},
};

const THOUGHT: &str = "The user greets me; I shall greet back.";
const SIGNATURE: &str = "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk";

pub fn all() -> Vec<Scenario> {
    vec![thinking(), none(), none_refused(), across_turns(), lost(), redacted(), thought_then_call()]
}

fn with(members: Value) -> Value {
    let mut body = json!({"messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

fn thinking() -> Scenario {
    scenario("thinking")
        .chat(with(json!({"reasoning_effort": "high"})))
        .messages(with(
            json!({"max_tokens": 40_000, "thinking": {"type": "enabled", "budget_tokens": 20_000}}),
        ))
        .model(Wire::Chat, "gpt-5.2")
        .sends(Wire::Chat, json!({"reasoning_effort": "high", "thinking": null}))
        .sends_from(
            Chat,
            Wire::Messages,
            json!({"thinking": {"type": "enabled", "budget_tokens": 32_000}, "reasoning_effort": null}),
        )
        .says(Turn::of([Piece::Thought(THOUGHT, SIGNATURE), Piece::Text("Hello.".into())]))
        .cell(Chat, Wire::Messages, mapped("a budget, for models that take no level"))
        .cell(Messages, Wire::Chat, mapped("the level that the budget is worth"))
}

fn none() -> Scenario {
    scenario("reasoning switched off")
        .chat(with(json!({"reasoning_effort": "none"})))
        .messages(with(json!({"thinking": {"type": "disabled"}})))
        .model(Wire::Chat, "gpt-5.2")
        .model(Wire::Messages, "claude-opus-5")
        .sends(Wire::Chat, json!({"reasoning_effort": "none"}))
        .sends(Wire::Messages, json!({"thinking": {"type": "disabled"}, "output_config": null}))
}

fn none_refused() -> Scenario {
    scenario("reasoning switched off, for a model that always thinks")
        .chat(with(json!({"reasoning_effort": "none"})))
        .model(Wire::Messages, "claude-opus-5-5")
        .cell(
            Chat,
            Wire::Messages,
            refused("reasoning_effort", "the model always thinks; its lowest level is named"),
        )
        .cell(Chat, Wire::Chat, crate::scenario::unsaid("relayed: the provider decides"))
        .not_from(Messages, "`thinking` is the other way of the same scenario")
}

/// A client that keeps what it was given.
fn across_turns() -> Scenario {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Bern\"}"}});
    let format = "anthropic-claude-v1";
    let blocks = json!([
        {"type": "thinking", "thinking": THOUGHT, "signature": SIGNATURE},
        {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Bern"}},
    ]);
    let turns = json!([
        {"role": "user", "content": "Bern?"},
        {"role": "assistant", "content": blocks},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "12"}]},
    ]);
    scenario("thinking with tools across turns")
        .chat(json!({"reasoning_effort": "high", "tools": [chat_tool("weather")], "messages": [
            {"role": "user", "content": "Bern?"},
            {"role": "assistant", "content": null, "tool_calls": [call], "reasoning_content": THOUGHT, "reasoning_details":
                [{"type": "reasoning.text", "text": THOUGHT, "signature": SIGNATURE, "format": format, "index": 0}]},
            {"role": "tool", "tool_call_id": "c1", "content": "12"},
        ]}))
        .messages(json!({"max_tokens": 40_000, "thinking": {"type": "enabled", "budget_tokens": 20_000},
            "tools": [messages_tool("weather")], "messages": turns}))
        .model(Wire::Chat, "gpt-5.2")
        .sends(
            Wire::Messages,
            json!({"thinking": {"type": "enabled"}, "tools": [messages_tool("weather")], "messages": turns}),
        )
        .sends(
            Wire::Chat,
            json!({"reasoning_effort": "high", "messages": [
                {"role": "user"},
                {"role": "assistant", "content": null, "tool_calls": [{"id": "c1"}]},
                {"role": "tool", "tool_call_id": "c1", "content": "12"},
            ]}),
        )
        .says(Turn::of([Piece::Text("12 degrees.".into())]))
        .cell(Messages, Wire::Chat, drops(&["messages[].content[].thinking"], "without Claude's thinking, which no other model reads; the header says so"))
}

/// A client that sends back only role, content and calls, and a gateway that has forgotten.
fn lost() -> Scenario {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Bern\"}"}});
    let turns = json!([
        {"role": "user", "content": "Bern?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Bern"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "12"}]},
    ]);
    scenario("thinking that nobody kept, in a tool loop")
        .chat(json!({"reasoning_effort": "high", "tools": [chat_tool("weather")], "messages": [
            {"role": "user", "content": "Bern?"},
            {"role": "assistant", "content": null, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "12"},
        ]}))
        .model(Wire::Chat, "gpt-5.2")
        .sends(Wire::Messages, json!({"thinking": null, "messages": turns}))
        .says(Turn::of([Piece::Text("12 degrees.".into())]))
        .cell(
            Chat,
            Wire::Messages,
            drops(
                &["messages[].tool_calls.reasoning_state", "reasoning_effort"],
                "asked without thinking, which the model would refuse; the header says so",
            ),
        )
        .not_from(Messages, "its clients keep blocks")
}

fn redacted() -> Scenario {
    let turn = Turn::of([Piece::Text("Hello.".into())]);
    let whole = messages::whole(
        json!([{"type": "redacted_thinking", "data": "EmwKAhgBEgy3"}, {"type": "text", "text": "Hello."}]),
        Ended::Stop,
        turn.used,
    );
    let mut events = vec![messages::start(turn.used)];
    events.extend(messages::block(0, json!({"type": "redacted_thinking", "data": "EmwKAhgBEgy3"}), []));
    events.extend(messages::text(1, "Hello."));
    events.extend(messages::end(Ended::Stop, turn.used));
    scenario("redacted thinking")
        .greeting()
        .answers(Wire::Messages, Answer::new(whole, events))
        .says(turn)
        .caller_reads(|said| said.signatures = vec!["EmwKAhgBEgy3".to_owned()])
        .not_on(Wire::Chat, "only Claude redacts")
}

fn thought_then_call() -> Scenario {
    scenario("thinking before a call")
        .chat(with(json!({"tools": [chat_tool("weather")]})))
        .messages(with(json!({"tools": [messages_tool("weather")]})))
        .says(Turn::of([
            Piece::Thought(THOUGHT, SIGNATURE),
            Piece::Text("I shall look.".into()),
            Piece::Call("a1", "weather", json!({"city": "Bern"})),
        ]))
}
