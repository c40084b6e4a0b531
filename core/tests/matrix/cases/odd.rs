//! What clients really send: nulls, defaults, leftovers; and what models really do: think, speak and
//! call in turns.

use serde_json::{Value, json};
use tollbridge_core::protocol::{
    Front::{Chat, Messages},
    Wire,
};

use super::{UNSIGNED, chat_tool, content, messages_tool};
use crate::{
    provider::{Piece, Turn, chat},
    scenario::{Answer, Forms, Scenario, drops, mapped, refused, scenario, unsaid},
};

pub fn all() -> Vec<Scenario> {
    vec![
        defaults(),
        nothing_said(),
        leftovers(),
        strict(),
        custom(),
        provider_ids(),
        in_turns(),
        after_a_call(),
        white_space(),
    ]
}

fn with(members: Value) -> Value {
    let mut body = json!({"messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

/// Every setting at the value that it has anyway.
fn defaults() -> Scenario {
    scenario("settings at their defaults")
        .chat(with(json!({
            "n": 1, "logprobs": false, "frequency_penalty": 0, "presence_penalty": 0.0, "temperature": 1,
            "stop": null, "tools": [], "tool_choice": "auto", "response_format": {"type": "text"}, "seed": null,
            "logit_bias": {}, "modalities": ["text"], "store": false, "service_tier": "auto", "user": null,
            "max_tokens": null, "parallel_tool_calls": true, "top_p": 1, "verbosity": "medium", "metadata": {},
        })))
        .messages(with(json!({
            "system": [], "tools": [], "stop_sequences": [], "temperature": 1.0, "metadata": {},
            "service_tier": "auto",
        })))
        .sends(
            Wire::Messages,
            json!({"tools": null, "tool_choice": null, "stop_sequences": null, "system": null, "output_config": null,
                "thinking": null, "metadata": null}),
        )
        .sends(
            Wire::Chat,
            json!({"messages": [{"role": "user", "content": "Hi"}], "tools": null, "stop": null, "user": null,
                "response_format": null, "reasoning_effort": null}),
        )
        .sends(
            Wire::Gemini,
            json!({"tools": null, "toolConfig": null, "systemInstruction": null,
                "generationConfig": {"candidateCount": null, "stopSequences": null, "responseLogprobs": null}}),
        )
}

fn nothing_said() -> Scenario {
    scenario("a prompt of white space before another")
        .chat(json!({"messages": [{"role": "system", "content": "\n"}, {"role": "user", "content": "Hi"}]}))
        .messages(json!({"system": "\n", "messages": [{"role": "user", "content": "Hi"}]}))
        .sends(Wire::Messages, json!({"system": null, "messages": [{"role": "user", "content": "Hi"}]}))
        .sends(Wire::Chat, json!({"messages": [{"role": "system"}, {"role": "user", "content": "Hi"}]}))
        .sends(Wire::Gemini, json!({"contents": [content("user", "Hi")]}))
        .cell(Chat, Wire::Messages, mapped("left out, as the wire refuses texts of white space"))
}

/// Calls in the history, and no tools any more.
fn leftovers() -> Scenario {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Bern\"}"}});
    let chat = json!({"messages": [
        {"role": "user", "content": "Bern?"},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "12"},
        {"role": "assistant", "content": "12 degrees."},
        {"role": "user", "content": "Thanks."},
    ]});
    let messages = json!({"messages": [
        {"role": "user", "content": "Bern?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Bern"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "12"}]},
        {"role": "assistant", "content": "12 degrees."},
        {"role": "user", "content": "Thanks."},
    ]});
    scenario("calls in the history, no tools any more")
        .chat(chat.clone())
        .messages(messages.clone())
        .sends(Wire::Chat, chat)
        .sends(Wire::Messages, messages)
        .sends(
            Wire::Gemini,
            json!({"tools": null, "contents": [
                content("user", "Bern?"),
                {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {"city": "Bern"}}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "weather", "response": {"output": "12"}}}]},
                content("model", "12 degrees."),
                content("user", "Thanks."),
            ]}),
        )
}

fn strict() -> Scenario {
    let (mut for_chat, mut for_messages) = (chat_tool("weather"), messages_tool("weather"));
    for_chat["function"]["strict"] = json!(true);
    for_messages["strict"] = json!(true);
    for_chat["function"]["parameters"]["additionalProperties"] = json!(false);
    for_messages["input_schema"]["additionalProperties"] = json!(false);
    let (chat, messages) = (with(json!({"tools": [for_chat]})), with(json!({"tools": [for_messages]})));
    scenario("strict tool")
        .chat(chat.clone())
        .messages(messages.clone())
        .sends(Wire::Chat, chat)
        .sends(Wire::Messages, messages)
        .says(Turn::of([Piece::Call("a1", "weather", json!({"city": "Bern"}))]))
        .sends(Wire::Gemini, json!({"toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}}}))
        .cell(Chat, Wire::Gemini, mapped("all tools, by the mode `VALIDATED`"))
        .cell(Messages, Wire::Gemini, mapped("all tools, by the mode `VALIDATED`"))
}

fn custom() -> Scenario {
    let tool = json!({"type": "custom", "custom": {"name": "shell", "description": "Runs it."}});
    scenario("custom tool, which takes free text")
        .chat(with(json!({"tools": [tool]})))
        .cell(Chat, Wire::Messages, refused("tools[0].custom", "the wire's tools take JSON objects"))
        .cell(Chat, Wire::Gemini, refused("tools[0].custom", "the wire's tools take JSON objects"))
        .not_from(Messages, "the front's tools take JSON objects")
}

/// Ids of another provider, in letters that not all take.
fn provider_ids() -> Scenario {
    const ID: &str = "functions.weather:0";
    let call = json!({"id": ID, "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Bern\"}"}});
    scenario("ids of calls with other letters")
        .chat(json!({"tools": [chat_tool("weather")], "messages": [
            {"role": "user", "content": "Bern?"},
            {"role": "assistant", "content": null, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": ID, "content": "12"},
        ]}))
        .sends(
            Wire::Messages,
            json!({"messages": [
                {"role": "user"},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "functions_weather_0", "name": "weather"}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "functions_weather_0"}]},
            ]}),
        )
        .cell(Chat, Wire::Messages, mapped("in the letters that the wire allows, call and result alike"))
        .cell(Chat, Wire::Gemini, drops(&["messages[].tool_calls.reasoning_state"], UNSIGNED))
        .not_from(Messages, "the front allows fewer letters")
}

fn in_turns() -> Scenario {
    scenario("thinking, text and calls in turns")
        .chat(with(json!({"tools": [chat_tool("weather")]})))
        .messages(with(json!({"tools": [messages_tool("weather")]})))
        .says(Turn::of([
            Piece::Thought("First I think. ", "c2lnLTE="),
            Piece::Text("One. ".into()),
            Piece::Thought("Then again.", "c2lnLTI="),
            Piece::Text("Two.".into()),
            Piece::Call("a1", "weather", json!({"city": "Bern"})),
        ]))
        .forms(Forms::Stream)
}

/// Text that comes after a call, and before the end of another.
fn after_a_call() -> Scenario {
    let turn = Turn::of([
        Piece::Call("a1", "weather", json!({"city": "Bern"})),
        Piece::Text("And so I wait.".into()),
    ]);
    let call = json!({"tool_calls": [{"index": 0, "id": "call_a1", "type": "function",
        "function": {"name": "weather", "arguments": "{\"city\":\"Bern\"}"}}]});
    let deltas = vec![chat::delta(call, None), chat::delta(json!({"content": "And so I wait."}), None)];
    scenario("text after a call")
        .chat(with(json!({"tools": [chat_tool("weather")]})))
        .messages(with(json!({"tools": [messages_tool("weather")]})))
        .forms(Forms::Stream)
        .says(turn.clone())
        .answers(Wire::Chat, Answer::new("", chat::stream(deltas, "tool_calls", turn.used)))
}

/// Empty pieces, and lines alone.
fn white_space() -> Scenario {
    let turn = Turn::text("\n\nHello.\n");
    let deltas = ["", "\n\n", "", "Hello.", "\n", ""];
    let deltas = deltas.iter().map(|text| chat::delta(json!({"content": text}), None)).collect();
    scenario("empty pieces of text")
        .greeting()
        .forms(Forms::Stream)
        .answers(Wire::Chat, Answer::new("", chat::stream(deltas, "stop", turn.used)))
        .says(turn)
        .cell(Messages, Wire::Messages, unsaid("relayed as it is"))
}
