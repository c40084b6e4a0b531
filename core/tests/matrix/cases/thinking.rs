//! Reasoning: asked for, switched off, and carried through a loop of tools.

use serde_json::{Value, json};
use tollbridge_core::protocol::{
    Front::{Chat, Messages},
    Wire,
};

use super::{UNSIGNED, chat_tool, messages_tool};
use crate::{
    provider::{Piece, Turn, messages},
    read::Ended,
    scenario::{Answer, Scenario, drops, mapped, refused, scenario, unsaid},
};

const THOUGHT: &str = "The user greets me; I shall greet back.";
const SIGNATURE: &str = "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk";

const CLAUDES: &str = "without Claude's thinking, which no other model reads; the header says so";

const LEAST: &str =
    "the least that the model thinks: Anthropic's clients say `disabled` by default; the header says so";
const SKIPPED: &str = "with Google's value for skipping the check; the header says so";

pub fn all() -> Vec<Scenario> {
    vec![
        thinking(),
        none(),
        none_refused(),
        across_turns(),
        kept(),
        lost(),
        skipped(),
        redacted(),
        thought_then_call(),
    ]
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
        .sends(
            Wire::Gemini,
            json!({"generationConfig": {"thinkingConfig": {"includeThoughts": true, "thinkingBudget": "*"}}}),
        )
        .cell(Chat, Wire::Gemini, mapped("a budget, for models that take no level"))
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
        .sends(Wire::Gemini, json!({"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}))
}

fn none_refused() -> Scenario {
    scenario("reasoning switched off, for a model that always thinks")
        .chat(with(json!({"reasoning_effort": "none"})))
        .messages(with(json!({"thinking": {"type": "disabled"}})))
        .model(Wire::Chat, "gpt-5")
        .sends_from(Messages, Wire::Chat, json!({"reasoning_effort": "minimal"}))
        .sends_from(
            Messages,
            Wire::Gemini,
            json!({"generationConfig": {"thinkingConfig": {"thinkingBudget": 128, "includeThoughts": false}}}),
        )
        .cell(Messages, Wire::Chat, drops(&["thinking"], LEAST))
        .cell(Messages, Wire::Gemini, drops(&["thinking"], LEAST))
        .cell(Messages, Wire::Messages, unsaid("relayed: the provider decides"))
        .model(Wire::Messages, "claude-opus-5-5")
        .model(Wire::Gemini, "gemini-2.5-pro")
        .cell(
            Chat,
            Wire::Gemini,
            refused("reasoning_effort", "the model always thinks; its lowest level is named"),
        )
        .cell(
            Chat,
            Wire::Messages,
            refused("reasoning_effort", "the model always thinks; its lowest level is named"),
        )
        .cell(Chat, Wire::Chat, unsaid("relayed: the provider decides"))
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
        .cell(Messages, Wire::Chat, drops(&["messages[].content[].thinking"], CLAUDES))
        .cell(Messages, Wire::Gemini, drops(&["messages[].tool_calls.reasoning_state", "messages[].content[].thinking"], CLAUDES))
        .cell(Chat, Wire::Gemini, drops(&["messages[].tool_calls.reasoning_state", "messages[].reasoning_details"], CLAUDES))
}

/// A client that sends back only role, content and calls: what belongs to them is found again.
fn kept() -> Scenario {
    let ask = |more: Value| {
        let mut messages = vec![json!({"role": "user", "content": "Bern?"})];
        messages.extend(more.as_array().unwrap().clone());
        json!({"reasoning_effort": "high", "tools": [chat_tool("weather")], "messages": messages})
    };
    let call = json!({"id": "{id}", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Bern\"}"}});
    let answer =
        Turn::of([Piece::Thought(THOUGHT, SIGNATURE), Piece::Call("c1", "weather", json!({"city": "Bern"}))]);
    let messages = |more: Value| {
        let mut messages = vec![json!({"role": "user", "content": "Bern?"})];
        messages.extend(more.as_array().unwrap().clone());
        json!({"max_tokens": 40_000, "thinking": {"type": "enabled", "budget_tokens": 20_000},
            "tools": [messages_tool("weather")], "messages": messages})
    };
    scenario("thinking with tools, of a client that keeps none of it")
        .after(Chat, ask(json!([])), answer.clone())
        .after(Messages, messages(json!([])), answer)
        .messages(messages(json!([
            {"role": "assistant", "content": [{"type": "tool_use", "id": "{id}", "name": "weather", "input": {"city": "Bern"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "{id}", "content": "12"}]},
        ])))
        .chat(ask(json!([
            {"role": "assistant", "content": null, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "{id}", "content": "12"},
        ])))
        .model(Wire::Chat, "gpt-5.2")
        .model(Wire::Gemini, "gemini-3-pro-preview")
        .sends(
            Wire::Messages,
            json!({"thinking": {"type": "enabled"}, "messages": [
                {"role": "user", "content": "Bern?"},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": THOUGHT, "signature": SIGNATURE},
                    {"type": "tool_use", "id": "toolu_c1", "name": "weather", "input": {"city": "Bern"}},
                ]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_c1", "content": "12"}]},
            ]}),
        )
        .sends(
            Wire::Gemini,
            json!({"contents": [
                {"role": "user"},
                {"role": "model", "parts": [
                    {"functionCall": {"name": "weather", "args": {"city": "Bern"}}, "thoughtSignature": SIGNATURE},
                ]},
                {"role": "user", "parts": [{"functionResponse": {"name": "weather", "response": {"output": "12"}}}]},
            ]}),
        )
        .says(Turn::text("12 degrees."))
        .cell(Messages, Wire::Messages, unsaid("its clients keep blocks"))
        .cell(Messages, Wire::Chat, mapped("the level that the budget is worth"))
        .cell(Messages, Wire::Gemini, mapped("the level that the budget is worth"))
}

/// Calls that Gemini did not make, or that nobody remembers: Gemini 3 gets its documented skip value.
fn skipped() -> Scenario {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Bern\"}"}});
    scenario("a call without its signature, to Gemini 3")
        .chat(json!({"tools": [chat_tool("weather")], "messages": [
            {"role": "user", "content": "Bern?"},
            {"role": "assistant", "content": null, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "12"},
        ]}))
        .messages(json!({"tools": [messages_tool("weather")], "messages": [
            {"role": "user", "content": "Bern?"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Bern"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "12"}]},
        ]}))
        .model(Wire::Gemini, "gemini-3-pro-preview")
        .sends(
            Wire::Gemini,
            json!({"contents": [
                {"role": "user"},
                {"role": "model", "parts": [
                    {"functionCall": {"name": "weather"}, "thoughtSignature": "skip_thought_signature_validator"},
                ]},
                {"role": "user"},
            ]}),
        )
        .says(Turn::text("12 degrees."))
        .cell(Chat, Wire::Gemini, drops(&["messages[].tool_calls.reasoning_state"], SKIPPED))
        .cell(Messages, Wire::Gemini, drops(&["messages[].tool_calls.reasoning_state"], SKIPPED))
        .not_on(Wire::Chat, "the wire signs nothing")
        .not_on(Wire::Messages, "only Gemini signs its calls")
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
        .cell(Chat, Wire::Gemini, drops(&["messages[].tool_calls.reasoning_state"], UNSIGNED))
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
        .not_on(Wire::Gemini, "only Claude redacts")
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
