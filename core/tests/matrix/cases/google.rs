//! What only Gemini does: arguments by path, code that it runs, signatures on parts.

use serde_json::{Value, json};
use tollbridge_core::protocol::{
    Front::{Chat, Messages},
    Wire,
};

use super::{UNSIGNED, chat_tool, forgotten, messages_tool};
use crate::{
    provider::{Piece, Turn, gemini},
    read::Used,
    scenario::{Answer, Forms, Scenario, mapped, reads, scenario},
};

const INSTRUCTED: &str =
    "an instruction in `systemInstruction`, as the model takes no form of the answer beside tools";
const OTHERS: &str = "only Gemini does so";

pub fn all() -> Vec<Scenario> {
    vec![
        by_path(),
        code(),
        several_parts(),
        sent_back(),
        picture(),
        form_beside_tools(),
        search(),
        usage_at_last(),
    ]
    .into_iter()
    .map(|scenario| scenario.not_on(Wire::Chat, OTHERS).not_on(Wire::Messages, OTHERS))
    .collect()
}

fn chunk(parts: Value, finish: Option<&str>, usage: Value) -> String {
    gemini::event(&gemini::answer_of(gemini::candidate(parts, finish), usage))
}

/// Vertex AI's streamed arguments: a value at a path, in pieces.
fn by_path() -> Scenario {
    let turn = Turn::of([
        Piece::Call(
            "a1",
            "weather",
            json!({"city": "Bern \u{1f600}", "days": [1, 2.5], "exact": true, "none": null}),
        ),
        Piece::Call("b2", "weather", json!({"city": "Rome"})),
    ]);
    let call = |call: Value| chunk(json!([{"functionCall": call}]), None, json!({"promptTokenCount": 21}));
    let arg = |arg: Value| call(json!({"partialArgs": [arg], "willContinue": true}));
    let events = vec![
        call(json!({"name": "weather", "willContinue": true})),
        arg(json!({"jsonPath": "$.city", "stringValue": "Be", "willContinue": true})),
        arg(json!({"jsonPath": "$.city", "stringValue": "rn \u{1f600}", "willContinue": true})),
        arg(json!({"jsonPath": "$.city", "stringValue": ""})),
        arg(json!({"jsonPath": "$.days[0]", "numberValue": 1})),
        arg(json!({"jsonPath": "$.days[1]", "numberValue": 2.5})),
        arg(json!({"jsonPath": "$.exact", "boolValue": true})),
        arg(json!({"jsonPath": "$.none", "nullValue": "NULL_VALUE"})),
        call(json!({})),
        call(json!({"name": "weather", "args": {"city": "Rome"}})),
        chunk(json!([{"text": ""}]), Some("STOP"), gemini::usage(turn.used)),
    ];
    scenario("arguments that come path by path")
        .forms(Forms::Stream)
        .chat(json!({"messages": [{"role": "user", "content": "Go"}], "tools": [chat_tool("weather")]}))
        .messages(
            json!({"messages": [{"role": "user", "content": "Go"}], "tools": [messages_tool("weather")]}),
        )
        .answers(Wire::Gemini, Answer::new("", events))
        .says(turn)
}

/// Never the caller's own call.
fn code() -> Scenario {
    let turn = Turn::text("It is 4.").used(Used { input: 25 + 82, output: 33, ..Used::default() });
    let parts = json!([
        {"executableCode": {"code": "print(2 + 2)\n", "language": "PYTHON"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "4\n"}},
        {"text": "It is 4."},
    ]);
    let usage = json!({"promptTokenCount": 25, "toolUsePromptTokenCount": 82, "candidatesTokenCount": 33, "totalTokenCount": 140});
    let body = gemini::answer_of(gemini::candidate(parts, Some("STOP")), usage);
    scenario("code that the provider ran")
        .greeting()
        .answers(Wire::Gemini, Answer::new(&body, vec![gemini::event(&body)]))
        .says(turn)
        .caller_reads(|said| {
            said.blocks = vec!["executableCode".to_owned(), "codeExecutionResult".to_owned()];
        })
        .cell(
            Messages,
            Wire::Gemini,
            reads("without the code, which the front has no block for", |said| said.blocks.clear()),
        )
}

/// Thoughts, text and calls in one chunk.
fn several_parts() -> Scenario {
    let turn = Turn::of([
        Piece::Thought("I look.", "c2ln"),
        Piece::Text("Both cities: ".into()),
        Piece::Call("a1", "weather", json!({"city": "Bern"})),
        Piece::Call("b2", "weather", json!({"city": "Rome"})),
    ]);
    let parts = json!([
        {"text": "I look.", "thought": true},
        {"text": "Both "},
        {"text": "cities: "},
        {"functionCall": {"name": "weather", "args": {"city": "Bern"}}, "thoughtSignature": "c2ln"},
        {"functionCall": {"name": "weather", "args": {"city": "Rome"}}},
    ]);
    let body = gemini::answer_of(gemini::candidate(parts, Some("STOP")), gemini::usage(turn.used));
    scenario("thoughts, text and calls in one chunk")
        .chat(json!({"messages": [{"role": "user", "content": "Go"}], "tools": [chat_tool("weather")]}))
        .messages(
            json!({"messages": [{"role": "user", "content": "Go"}], "tools": [messages_tool("weather")]}),
        )
        .answers(Wire::Gemini, Answer::new(&body, vec![gemini::event(&body)]))
        .says(turn)
        .proved()
        .cell(
            Messages,
            Wire::Gemini,
            reads("the signature is kept by the gateway, under the call's id", |said| {
                said.signatures.clear()
            }),
        )
}

/// The finish in one chunk, the usage in a later one without candidates.
fn usage_at_last() -> Scenario {
    let turn = Turn::text("Hello.");
    let last = json!({"usageMetadata": gemini::usage(turn.used), "modelVersion": gemini::MODEL, "responseId": gemini::ID});
    let events = vec![
        chunk(json!([{"text": "Hello."}]), None, json!({"promptTokenCount": 21})),
        chunk(json!([]), Some("STOP"), json!({"promptTokenCount": 21})),
        gemini::event(&last),
    ];
    scenario("usage after the finish")
        .forms(Forms::Stream)
        .greeting()
        .answers(Wire::Gemini, Answer::new("", events))
        .says(turn)
}

/// What a client of chat was given, and keeps.
fn sent_back() -> Scenario {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Bern\"}"}});
    let detail = json!({"type": "reasoning.encrypted", "data": "c2ln", "id": "c1", "format": "google-gemini-v1", "index": 0});
    scenario("a signed call, of a client that keeps the signature")
        .chat(json!({"tools": [chat_tool("weather")], "messages": [
            {"role": "user", "content": "Bern?"},
            {"role": "assistant", "content": null, "tool_calls": [call], "reasoning_details": [detail]},
            {"role": "tool", "tool_call_id": "c1", "content": "12"},
        ]}))
        .model(Wire::Gemini, "gemini-3-pro-preview")
        .sends(
            Wire::Gemini,
            json!({"contents": [
                {"role": "user", "parts": [{"text": "Bern?"}]},
                {"role": "model", "parts": [{"functionCall": {"name": "weather"}, "thoughtSignature": "c2ln"}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "weather"}}]},
            ]}),
        )
        .says(Turn::text("12 degrees."))
        .not_from(Messages, "the front has no place for it: the gateway keeps it")
}

/// Gemini 3 takes pictures inside a result.
fn picture() -> Scenario {
    const PNG: &str = "iVBORw0KGgoAAAANSUhEUg==";
    let call = json!({"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}});
    let shown = json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{PNG}")}});
    let image =
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}});
    let see = json!({"type": "text", "text": "See:"});
    let scenario = scenario("a result with a picture, to Gemini 3")
        .chat(json!({"tools": [chat_tool("weather")], "messages": [
            {"role": "user", "content": "Bern?"},
            {"role": "assistant", "content": null, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": [see, shown]},
        ]}))
        .messages(json!({"tools": [messages_tool("weather")], "messages": [
            {"role": "user", "content": "Bern?"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": [see, image]}]},
        ]}))
        .model(Wire::Gemini, "gemini-3-pro-preview")
        .sends(
            Wire::Gemini,
            json!({"contents": [{"role": "user"}, {"role": "model"}, {"role": "user", "parts": [
                {"functionResponse": {"name": "weather", "response": {"output": "See:"},
                    "parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}}]}},
            ]}]}),
        );
    forgotten(scenario, UNSIGNED)
}

/// Models before Gemini 3 take no form of the answer beside functions.
fn form_beside_tools() -> Scenario {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"],
        "additionalProperties": false});
    let hi = json!([{"role": "user", "content": "Hi"}]);
    scenario("structured output beside tools, before Gemini 3")
        .chat(
            json!({"messages": hi, "tools": [chat_tool("weather")], "response_format": {"type": "json_schema",
            "json_schema": {"name": "count", "strict": true, "schema": schema}}}),
        )
        .messages(json!({"messages": hi, "tools": [messages_tool("weather")],
            "output_config": {"format": {"type": "json_schema", "schema": schema}}}))
        .sends(
            Wire::Gemini,
            json!({"systemInstruction": {"parts": [{"text": "*"}]},
                "generationConfig": {"responseMimeType": null, "responseJsonSchema": null}}),
        )
        .says(Turn::text("{\"n\": 3}"))
        .cell(Chat, Wire::Gemini, mapped(INSTRUCTED))
        .cell(Messages, Wire::Gemini, mapped(INSTRUCTED))
}

/// Google's own tool, in its own type.
fn search() -> Scenario {
    let body = json!({"messages": [{"role": "user", "content": "Hi"}], "tools": [{"type": "google_search"}]});
    scenario("a search of Google's")
        .chat(body.clone())
        .messages(body)
        .sends(Wire::Gemini, json!({"tools": [{"googleSearch": {}}], "toolConfig": null}))
}
