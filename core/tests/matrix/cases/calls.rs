//! Shapes that calls come in: long, late, together, in turns.

use serde_json::{Value, json};
use tollbridge_core::protocol::{Front, Wire};

use super::{chat_tool, messages_tool};
use crate::{
    provider::{Piece, Turn, chat, gemini, messages, pieces},
    read::{Call, Ended},
    scenario::{Answer, Forms, Scenario, reads, scenario},
};

const LATE: &str = "whatever the server calls the end, an answer with calls waits for their results";

pub fn all() -> Vec<Scenario> {
    vec![long(), together(), at_the_end(), in_turns(), ended_as_stop(), without_ids(), cut_short(), three()]
}

fn ask(name: &'static str) -> Scenario {
    let user = json!([{"role": "user", "content": "Go"}]);
    let names = ["weather", "time"];
    scenario(name)
        .chat(json!({"messages": user, "tools": names.map(chat_tool)}))
        .messages(json!({"messages": user, "tools": names.map(messages_tool)}))
}

fn two() -> Turn {
    Turn::of([
        Piece::Call("a1", "weather", json!({"city": "Bern", "days": [1, 2]})),
        Piece::Call("b2", "time", json!({"city": "Rome"})),
    ])
}

fn three() -> Scenario {
    ask("text, then three calls of one tool").says(Turn::of([
        Piece::Text("Three cities.".into()),
        Piece::Call("a1", "weather", json!({"city": "Bern"})),
        Piece::Call("b2", "weather", json!({"city": "Rome"})),
        Piece::Call("c3", "weather", json!({"city": "Bern"})),
    ]))
}

/// 100 KB in fragments of about 50 bytes.
fn long() -> Scenario {
    let text = "ein schöner Satz mit \"Zitaten\" 😀\n".repeat(2_800);
    let arguments = json!({"text": text, "more": {"deep": [1.5, null, true]}});
    let turn = Turn::of([Piece::Call("a1", "weather", arguments.clone())]);
    let written = arguments.to_string();
    let fragments = pieces(&written, 2_000);
    let deltas: Vec<String> = std::iter::once(start_of(0, "a1", "weather", ""))
        .chain(fragments.iter().map(|text| more_of(0, text)))
        .collect();
    let mut events = vec![messages::start(turn.used)];
    let start = json!({"type": "tool_use", "id": "toolu_a1", "name": "weather", "input": {}});
    let parts = fragments.iter().map(|json| json!({"type": "input_json_delta", "partial_json": json}));
    events.extend(messages::block(0, start, parts));
    events.extend(messages::end(Ended::Calls, turn.used));
    let whole = |wire| crate::provider::answer(wire, &turn).whole;
    ask("100 KB of arguments in 2,000 fragments")
        .answers(Wire::Chat, Answer::new(whole(Wire::Chat), chat::stream(deltas, "tool_calls", turn.used)))
        .answers(Wire::Messages, Answer::new(whole(Wire::Messages), events))
        .says(turn)
}

fn start_of(index: usize, id: &str, name: &str, arguments: &str) -> String {
    chat::delta(
        json!({"tool_calls": [{"index": index, "id": format!("call_{id}"), "type": "function",
            "function": {"name": name, "arguments": arguments}}]}),
        None,
    )
}

fn more_of(index: usize, arguments: &str) -> String {
    chat::delta(json!({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}), None)
}

fn whole_calls() -> Value {
    json!([
        {"index": 0, "id": "call_a1", "type": "function",
            "function": {"name": "weather", "arguments": "{\"city\":\"Bern\",\"days\":[1,2]}"}},
        {"index": 1, "id": "call_b2", "type": "function",
            "function": {"name": "time", "arguments": "{\"city\":\"Rome\"}"}},
    ])
}

/// As xAI and Groq send them.
fn together() -> Scenario {
    let turn = two();
    let deltas = vec![chat::delta(json!({"tool_calls": whole_calls()}), None)];
    ask("several calls in one chunk")
        .forms(Forms::Stream)
        .answers(Wire::Chat, Answer::new("", chat::stream(deltas, "tool_calls", turn.used)))
        .says(turn)
        .answers(Wire::Gemini, Answer::new("", gemini::stream(vec![gemini_calls()], "STOP", two().used)))
        .not_on(Wire::Messages, "the wire sends one block after another")
}

/// Both calls, as Gemini says them.
fn gemini_calls() -> Value {
    json!([
        {"functionCall": {"name": "weather", "args": {"city": "Bern", "days": [1, 2]}}},
        {"functionCall": {"name": "time", "args": {"city": "Rome"}}},
    ])
}

/// As Mistral sends them, in the chunk that ends the answer; on Anthropic's wire, as proxies do, in
/// the start of the block.
fn at_the_end() -> Scenario {
    let turn = two();
    let first = chat::delta(json!({"role": "assistant", "content": ""}), None);
    let last = chat::event(
        json!([{"index": 0, "delta": {"content": "", "tool_calls": whole_calls()}, "finish_reason": "tool_calls"}]),
        Value::Null,
    );
    let mut events = vec![messages::start(turn.used)];
    for (index, (id, name, input)) in [
        ("toolu_a1", "weather", json!({"city": "Bern", "days": [1, 2]})),
        ("toolu_b2", "time", json!({"city": "Rome"})),
    ]
    .into_iter()
    .enumerate()
    {
        let start = json!({"type": "tool_use", "id": id, "name": name, "input": input});
        events.extend(messages::block(index, start, []));
    }
    events.extend(messages::end(Ended::Calls, turn.used));
    ask("arguments that come only at the end")
        .forms(Forms::Stream)
        .answers(Wire::Chat, Answer::new("", vec![first, last, chat::total(turn.used), chat::done()]))
        .answers(Wire::Messages, Answer::new("", events))
        .says(turn)
}

/// Two calls whose arguments come in turns.
fn in_turns() -> Scenario {
    let turn = two();
    let deltas = vec![
        start_of(0, "a1", "weather", "{\"city\":"),
        start_of(1, "b2", "time", ""),
        more_of(1, "{\"city\":\"Ro"),
        more_of(0, "\"Bern\",\"days\":"),
        more_of(1, "me\"}"),
        more_of(0, "[1,2]}"),
    ];
    ask("calls whose arguments come in turns")
        .forms(Forms::Stream)
        .answers(Wire::Chat, Answer::new("", chat::stream(deltas, "tool_calls", turn.used)))
        .says(turn)
        .not_on(Wire::Messages, "the wire sends one block after another")
        .not_on(Wire::Gemini, "the wire sends calls whole")
}

fn ended_as_stop() -> Scenario {
    let turn = two().ended(Ended::Stop);
    ask("calls that end as `stop`")
        .says(turn)
        .caller_reads(|said| said.ended = Some(Ended::Calls))
        .cell(
            Front::Chat,
            Wire::Chat,
            reads("relayed as the provider said it", |said| said.ended = Some(Ended::Stop)),
        )
        .cell(Front::Messages, Wire::Chat, crate::scenario::mapped(LATE))
        .not_on(Wire::Messages, "the wire has its own word for it")
}

/// As Ollama and others send them.
fn without_ids() -> Scenario {
    let mut turn = two();
    for piece in &mut turn.pieces {
        if let Piece::Call(id, ..) = piece {
            *id = "*";
        }
    }
    let mut calls = whole_calls();
    for call in calls.as_array_mut().unwrap() {
        for absent in ["index", "id", "type"] {
            call.as_object_mut().unwrap().remove(absent);
        }
    }
    let message = json!({"role": "assistant", "content": "", "tool_calls": calls});
    let choices = json!([{"index": 0, "message": message, "finish_reason": "tool_calls"}]);
    let deltas = vec![chat::delta(json!({"tool_calls": calls}), None)];
    ask("calls without ids, types and indexes")
        .answers(
            Wire::Chat,
            Answer::new(chat::whole(choices, turn.used), chat::stream(deltas, "tool_calls", turn.used)),
        )
        .says(turn)
        .cell(Front::Chat, Wire::Chat, crate::scenario::unsaid("relayed as the provider said it"))
        .cell(Front::Messages, Wire::Chat, crate::scenario::mapped("ids are made, which no other answer has"))
        .cell(Front::Chat, Wire::Gemini, crate::scenario::mapped("ids are made, which no other answer has"))
        .cell(
            Front::Messages,
            Wire::Gemini,
            crate::scenario::mapped("ids are made, which no other answer has"),
        )
        .not_on(Wire::Messages, "the wire has ids")
}

/// The limit on tokens comes in the middle of the arguments.
fn cut_short() -> Scenario {
    const HALF: &str = "{\"city\":\"Be";
    let turn = Turn::of([]).ended(Ended::Length);
    let call =
        json!({"id": "call_a1", "type": "function", "function": {"name": "weather", "arguments": HALF}});
    let message = json!({"role": "assistant", "content": null, "refusal": null, "tool_calls": [call]});
    let choices = json!([{"index": 0, "message": message, "logprobs": null, "finish_reason": "length"}]);
    let deltas = vec![start_of(0, "a1", "weather", "{\"city"), more_of(0, "\":\"Be")];
    ask("arguments that the limit on tokens cuts")
        .answers(
            Wire::Chat,
            Answer::new(chat::whole(choices, turn.used), chat::stream(deltas, "length", turn.used)),
        )
        .forms(Forms::Whole)
        .says(turn)
        .caller_reads(|said| {
            said.calls = vec![Call { id: "a1".into(), name: "weather".into(), arguments: HALF.into() }];
        })
        .cell(
            Front::Messages,
            Wire::Chat,
            reads("under `_invalid_json`, as the front holds nothing but objects", |said| {
                said.calls[0].arguments = json!({"_invalid_json": HALF}).to_string();
            }),
        )
        .not_on(Wire::Messages, "the wire sends objects")
        .not_on(Wire::Gemini, "the wire sends objects")
}
