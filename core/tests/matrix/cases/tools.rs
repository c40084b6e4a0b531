//! What the model may call, must call, and was told back.

use serde_json::{Value, json};
use tollbridge_core::protocol::{
    Front::{Chat, Messages},
    Wire,
};

use super::{UNSIGNED, chat_tool, content, forgotten, gemini_tools, messages_tool};
use crate::{
    provider::{Piece, Turn},
    scenario::{Scenario, drops, mapped, scenario},
};

pub fn all() -> Vec<Scenario> {
    vec![
        one(),
        text_and_call(),
        parallel(),
        forgotten(three_turns(), UNSIGNED),
        forgotten(parallel_results(), IN_ORDER),
        forced(),
        required(),
        none(),
        allowed(),
        one_at_a_time(),
        forgotten(failed(), UNSIGNED),
        forgotten(empty_result(), UNSIGNED),
        forgotten(picture(), FOLLOWS),
        forgotten(document(), DOCUMENT).not_from(Chat, "the front's tools return text and images"),
        search_result(),
        forgotten(text_after_results(), UNSIGNED),
        no_arguments(),
    ]
}

const FOLLOWS: &str = "the picture follows in a part of its own, as models before Gemini 3 take text alone from tools; without signatures that nobody kept, which the header says";
const DOCUMENT: &str = "the document follows in a part of its own, as models before Gemini 3 take text alone from tools; without signatures that nobody kept, which the header says";
const FOUND: &str = "text: the title, the source and what was found";
const FOUND_UNSIGNED: &str = "text: the title, the source and what was found; without signatures that nobody kept, which the header says";
const IN_ORDER: &str = "in the order of the calls, as the wire wants them; without signatures that nobody kept, which the header says";

fn ask(tools: &[&str], more: Value) -> (Value, Value) {
    let both = |tools: Vec<Value>| {
        let mut body = json!({"messages": [{"role": "user", "content": "The weather?"}], "tools": tools});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    (
        both(tools.iter().map(|name| chat_tool(name)).collect()),
        both(tools.iter().map(|name| messages_tool(name)).collect()),
    )
}

/// A scenario that asks with tools: `chat` and `messages` are what each front says beside them, and
/// what each wire must be sent, `calling` is Gemini's `functionCallingConfig`.
fn with(name: &'static str, tools: &[&str], chat: Value, messages: Value, calling: Value) -> Scenario {
    let (chat, messages) = (ask(tools, chat).0, ask(tools, messages).1);
    scenario(name)
        .chat(chat.clone())
        .messages(messages.clone())
        .sends(Wire::Chat, chat)
        .sends(Wire::Messages, messages)
        .sends(
            Wire::Gemini,
            json!({"contents": [content("user", "The weather?")], "tools": gemini_tools(tools)}),
        )
        .sends(
            Wire::Gemini,
            match calling {
                Value::Null => json!({}),
                calling => json!({"toolConfig": {"functionCallingConfig": calling}}),
            },
        )
}

fn weather(id: &'static str, city: &str) -> Piece {
    Piece::Call(id, "weather", json!({"city": city}))
}

fn one() -> Scenario {
    with("one tool", &["weather"], json!({}), json!({}), Value::Null)
        .says(Turn::of([weather("a1", "Zürich")]))
}

fn text_and_call() -> Scenario {
    with(
        "text before a call",
        &["weather"],
        json!({"tool_choice": "auto"}),
        json!({"tool_choice": {"type": "auto"}}),
        Value::Null,
    )
    .says(Turn::of([Piece::Text("I shall look.".into()), weather("a1", "Bern")]))
}

fn parallel() -> Scenario {
    let calls = [weather("a1", "Bern"), Piece::Call("b2", "time", json!({"city": "Rome", "exact": true}))];
    with("parallel calls", &["weather", "time"], json!({}), json!({}), Value::Null).says(Turn::of(calls))
}

fn chat_call(id: &str, city: &str) -> Value {
    json!({"id": id, "type": "function", "function":
        {"name": "weather", "arguments": json!({"city": city}).to_string()}})
}

fn chat_call_sent(id: &str, city: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "weather", "arguments": {"json": {"city": city}}}})
}

fn block_call(id: &str, city: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": "weather", "input": {"city": city}})
}

/// A call and its result in Gemini's words, which knows them by name.
fn part_call(city: &str) -> Value {
    json!({"functionCall": {"name": "weather", "args": {"city": city}}})
}

fn part_result(response: Value) -> Value {
    json!({"functionResponse": {"name": "weather", "response": response}})
}

fn result(id: &str, content: Value) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": content})
}

fn three_turns() -> Scenario {
    let tools = |tool: Value, messages: Value| json!({"tools": [tool], "messages": messages});
    let chat = |call: fn(&str, &str) -> Value| {
        tools(
            chat_tool("weather"),
            json!([
                {"role": "user", "content": "Three cities."},
                {"role": "assistant", "content": null, "tool_calls": [call("c1", "Bern")]},
                {"role": "tool", "tool_call_id": "c1", "content": "12"},
                {"role": "assistant", "content": "Next.", "tool_calls": [call("c2", "Rome")]},
                {"role": "tool", "tool_call_id": "c2", "content": "21"},
                {"role": "assistant", "content": null, "tool_calls": [call("c3", "Oslo")]},
                {"role": "tool", "tool_call_id": "c3", "content": "3"},
            ]),
        )
    };
    let messages = tools(
        messages_tool("weather"),
        json!([
            {"role": "user", "content": "Three cities."},
            {"role": "assistant", "content": [block_call("c1", "Bern")]},
            {"role": "user", "content": [result("c1", json!("12"))]},
            {"role": "assistant", "content": [{"type": "text", "text": "Next."}, block_call("c2", "Rome")]},
            {"role": "user", "content": [result("c2", json!("21"))]},
            {"role": "assistant", "content": [block_call("c3", "Oslo")]},
            {"role": "user", "content": [result("c3", json!("3"))]},
        ]),
    );
    scenario("tool loop of three turns")
        .chat(chat(chat_call))
        .messages(messages.clone())
        .sends(Wire::Chat, chat(chat_call_sent))
        .sends(Wire::Messages, messages)
        .sends(
            Wire::Gemini,
            json!({"contents": [
                content("user", "Three cities."),
                {"role": "model", "parts": [part_call("Bern")]},
                {"role": "user", "parts": [part_result(json!({"output": "12"}))]},
                {"role": "model", "parts": [{"text": "Next."}, part_call("Rome")]},
                {"role": "user", "parts": [part_result(json!({"output": "21"}))]},
                {"role": "model", "parts": [part_call("Oslo")]},
                {"role": "user", "parts": [part_result(json!({"output": "3"}))]},
            ], "tools": gemini_tools(&["weather"])}),
        )
        .says(Turn::text("12, 21 and 3 degrees."))
}

fn parallel_results() -> Scenario {
    let chat = |call: fn(&str, &str) -> Value| {
        json!({"tools": [chat_tool("weather")], "messages": [
            {"role": "user", "content": "Two cities."},
            {"role": "assistant", "content": null, "tool_calls": [call("c1", "Bern"), call("c2", "Rome")]},
            {"role": "tool", "tool_call_id": "c2", "content": "21"},
            {"role": "tool", "tool_call_id": "c1", "content": "12"},
        ]})
    };
    let messages = json!({"tools": [messages_tool("weather")], "messages": [
        {"role": "user", "content": "Two cities."},
        {"role": "assistant", "content": [block_call("c1", "Bern"), block_call("c2", "Rome")]},
        {"role": "user", "content": [result("c2", json!("21")), result("c1", json!("12"))]},
    ]});
    scenario("results of parallel calls, in another order")
        .chat(chat(chat_call))
        .messages(messages.clone())
        .sends(Wire::Chat, chat(chat_call_sent))
        .sends(Wire::Messages, messages)
        .sends(
            Wire::Gemini,
            json!({"contents": [
                content("user", "Two cities."),
                {"role": "model", "parts": [part_call("Bern"), part_call("Rome")]},
                {"role": "user", "parts": [part_result(json!({"output": "12"})), part_result(json!({"output": "21"}))]},
            ]}),
        )
        .says(Turn::text("12 and 21."))
}

fn forced() -> Scenario {
    with(
        "a tool that must be called",
        &["weather", "time"],
        json!({"tool_choice": {"type": "function", "function": {"name": "weather"}}}),
        json!({"tool_choice": {"type": "tool", "name": "weather"}}),
        json!({"mode": "ANY", "allowedFunctionNames": ["weather"]}),
    )
    .says(Turn::of([weather("a1", "Bern")]))
}

fn required() -> Scenario {
    with(
        "any tool that must be called",
        &["weather", "time"],
        json!({"tool_choice": "required"}),
        json!({"tool_choice": {"type": "any"}}),
        json!({"mode": "ANY", "allowedFunctionNames": null}),
    )
    .says(Turn::of([weather("a1", "Bern")]))
}

fn none() -> Scenario {
    with(
        "tools that must not be called",
        &["weather"],
        json!({"tool_choice": "none"}),
        json!({"tool_choice": {"type": "none"}}),
        json!({"mode": "NONE"}),
    )
}

fn allowed() -> Scenario {
    let choice = json!({"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required",
        "tools": [{"type": "function", "function": {"name": "time"}}]}}});
    scenario("allowed_tools")
        .chat(ask(&["weather", "time"], choice).0)
        .sends(Wire::Messages, ask(&["time"], json!({"tool_choice": {"type": "any"}})).1)
        .says(Turn::of([Piece::Call("a1", "time", json!({"city": "Bern"}))]))
        .sends(
            Wire::Gemini,
            json!({"toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["time"]}}}),
        )
        .cell(Chat, Wire::Messages, mapped("only the allowed tools are sent"))
        .not_from(Messages, "the front has no such choice")
}

fn one_at_a_time() -> Scenario {
    with(
        "no parallel calls",
        &["weather"],
        json!({"tool_choice": "auto", "parallel_tool_calls": false}),
        json!({"tool_choice": {"type": "auto", "disable_parallel_tool_use": true}}),
        Value::Null,
    )
    .says(Turn::of([weather("a1", "Bern")]))
    .cell(Chat, Wire::Gemini, drops(&["parallel_tool_calls"], "without the wish, which the header says"))
    .cell(
        Messages,
        Wire::Gemini,
        drops(&["tool_choice.disable_parallel_tool_use"], "without the wish, which the header says"),
    )
}

/// What Gemini is sent of the same.
fn gemini_loop(parts: Value) -> Value {
    json!({"contents": [
        content("user", "Bern?"),
        {"role": "model", "parts": [part_call("Bern")]},
        {"role": "user", "parts": parts},
    ]})
}

/// A call, and what came back of it, in the words of each protocol.
fn loop_of_one(chat_results: Value, message_results: Value) -> (Value, Value) {
    let mut chat = vec![
        json!({"role": "user", "content": "Bern?"}),
        json!({"role": "assistant", "content": null, "tool_calls":
            [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Bern\"}"}}]}),
    ];
    chat.extend(chat_results.as_array().unwrap().clone());
    let messages = json!([
        {"role": "user", "content": "Bern?"},
        {"role": "assistant", "content": [block_call("c1", "Bern")]},
        {"role": "user", "content": message_results},
    ]);
    (
        json!({"messages": chat, "tools": [chat_tool("weather")]}),
        json!({"messages": messages, "tools": [messages_tool("weather")]}),
    )
}

fn failed() -> Scenario {
    let (chat, messages) = loop_of_one(
        json!([{"role": "tool", "tool_call_id": "c1", "content": "No such city."}]),
        json!([{"type": "tool_result", "tool_use_id": "c1", "content": "No such city.", "is_error": true}]),
    );
    let mut marked = chat.clone();
    marked["messages"][2]["is_error"] = json!(true);
    scenario("a call that failed")
        .chat(marked)
        .messages(messages.clone())
        .sends(Wire::Chat, chat)
        .sends(Wire::Messages, messages)
        .cell(
            Messages,
            Wire::Chat,
            drops(
                &["messages[].content[].tool_result.is_error"],
                "without the mark, but with what the tool said",
            ),
        )
}

fn empty_result() -> Scenario {
    let (chat, messages) = loop_of_one(
        json!([{"role": "tool", "tool_call_id": "c1", "content": ""}]),
        json!([{"type": "tool_result", "tool_use_id": "c1"}]),
    );
    scenario("a result of nothing")
        .chat(chat.clone())
        .messages(messages.clone())
        .sends(Wire::Chat, chat)
        .sends(Wire::Messages, messages)
        .sends(Wire::Gemini, gemini_loop(json!([part_result(json!({}))])))
}

fn picture() -> Scenario {
    const PICTURE: &str = "https://example.com/a.png";
    let image = json!({"type": "image", "source": {"type": "url", "url": PICTURE}});
    let shown = json!({"type": "image_url", "image_url": {"url": PICTURE}});
    let text = json!({"type": "text", "text": "See:"});
    let (_, messages) = loop_of_one(json!([]), json!([result("c1", json!([text, image]))]));
    let (chat, _) =
        loop_of_one(json!([{"role": "tool", "tool_call_id": "c1", "content": [text, shown]}]), json!([]));
    let (sent, _) = loop_of_one(
        json!([
            {"role": "tool", "tool_call_id": "c1", "content": "See:"},
            {"role": "user", "content": [{"type": "text", "text": "*"}, shown]},
        ]),
        json!([]),
    );
    scenario("a result with a picture")
        .chat(chat)
        .messages(messages.clone())
        .sends(Wire::Chat, sent)
        .sends(Wire::Messages, messages)
        .cell(
            Messages,
            Wire::Chat,
            mapped("the picture follows in a message of the user's, as the wire takes text alone from tools"),
        )
}

fn document() -> Scenario {
    const PDF: &str = "JVBERi0xLjQKJcOkw7zDtsOfCg==";
    let pdf = json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}});
    let shown = json!({"type": "file", "file": {"filename": "*", "file_data": format!("data:application/pdf;base64,{PDF}")}});
    let (_, messages) = loop_of_one(json!([]), json!([result("c1", json!([pdf]))]));
    let (sent, _) = loop_of_one(
        json!([
            {"role": "tool", "tool_call_id": "c1", "content": ""},
            {"role": "user", "content": [{"type": "text", "text": "*"}, shown]},
        ]),
        json!([]),
    );
    scenario("a result with a document")
        .messages(messages)
        .sends(Wire::Chat, sent)
        .sends(
            Wire::Gemini,
            gemini_loop(json!([
                part_result(json!({})),
                {"text": "*"},
                {"inlineData": {"mimeType": "application/pdf", "data": PDF}},
            ])),
        )
        .cell(
            Messages,
            Wire::Chat,
            mapped(
                "the document follows in a message of the user's, as the wire takes text alone from tools",
            ),
        )
}

fn search_result() -> Scenario {
    let found = json!({"type": "search_result", "source": "https://example.com", "title": "T",
        "content": [{"type": "text", "text": "It rains."}]});
    let told = "T\n\nhttps://example.com\n\nIt rains.";
    let (chat, messages) = loop_of_one(
        json!([{"role": "tool", "tool_call_id": "c1", "content": told}]),
        json!([result("c1", json!([found]))]),
    );
    scenario("a result that a search found")
        .messages(messages)
        .sends(Wire::Chat, chat)
        .sends(Wire::Gemini, gemini_loop(json!([part_result(json!({"output": told}))])))
        .cell(Messages, Wire::Chat, mapped(FOUND))
        .cell(Messages, Wire::Gemini, drops(&["messages[].tool_calls.reasoning_state"], FOUND_UNSIGNED))
        .not_from(Chat, "the front has no search results")
}

fn text_after_results() -> Scenario {
    let (chat, messages) = loop_of_one(
        json!([
            {"role": "tool", "tool_call_id": "c1", "content": "12"},
            {"role": "user", "content": "In Fahrenheit!"},
        ]),
        json!([result("c1", json!("12")), {"type": "text", "text": "In Fahrenheit!"}]),
    );
    scenario("words of the user's after a result")
        .chat(chat.clone())
        .messages(messages.clone())
        .sends(Wire::Chat, chat)
        .sends(Wire::Messages, messages)
        .sends(
            Wire::Gemini,
            gemini_loop(json!([part_result(json!({"output": "12"})), {"text": "In Fahrenheit!"}])),
        )
}

fn no_arguments() -> Scenario {
    let bare = |id: &'static str| Piece::Call(id, "now", json!({}));
    let body = json!({"messages": [{"role": "user", "content": "The time?"}]});
    let (mut chat, mut messages) = (body.clone(), body);
    chat["tools"] = json!([{"type": "function", "function": {"name": "now"}}]);
    messages["tools"] = json!([{"name": "now", "input_schema": {"type": "object"}}]);
    scenario("a tool without arguments")
        .chat(chat)
        .messages(messages.clone())
        .sends(Wire::Chat, json!({"tools": [{"type": "function", "function": {"name": "now"}}]}))
        .sends(Wire::Messages, messages)
        .sends(Wire::Gemini, json!({"tools": [{"functionDeclarations": [{"name": "now"}]}]}))
        .says(Turn::of([bare("a1")]))
}
