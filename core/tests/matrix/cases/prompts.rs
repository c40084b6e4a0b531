//! Who says what: roles, names, empty content, turns.

use serde_json::json;
use tollbridge_core::protocol::{
    Front::{Chat, Messages},
    Wire,
};

use super::content;
use crate::{
    provider::Turn,
    scenario::{Scenario, drops, mapped, scenario},
};

const LEFT_OUT: &str = "left out, as providers refuse messages that say nothing";

pub fn all() -> Vec<Scenario> {
    vec![
        plain(),
        system(),
        developer(),
        mid_system(),
        mid_system_kept(),
        multi_turn(),
        names(),
        empty(),
        same_role(),
        odd_letters(),
        several_systems(),
        system_alone(),
        prefill(),
    ]
}

fn plain() -> Scenario {
    let user = json!({"messages": [{"role": "user", "content": "Hi"}]});
    scenario("plain")
        .greeting()
        .sends(Wire::Chat, user.clone())
        .sends(Wire::Messages, user)
        .sends_from(Chat, Wire::Messages, json!({"max_tokens": 64_000}))
        .sends(
            Wire::Gemini,
            json!({"contents": [content("user", "Hi")], "systemInstruction": null, "tools": null}),
        )
}

fn system() -> Scenario {
    scenario("system prompt")
        .chat(json!({"messages": [
            {"role": "system", "content": "Be terse."}, {"role": "user", "content": "Hi"},
        ]}))
        .messages(json!({"system": [{"type": "text", "text": "Be terse."}],
            "messages": [{"role": "user", "content": "Hi"}]}))
        .sends(
            Wire::Chat,
            json!({"messages": [
                {"role": "system", "content": "Be terse."}, {"role": "user", "content": "Hi"},
            ]}),
        )
        .sends(
            Wire::Messages,
            json!({"system": "Be terse.", "messages": [{"role": "user", "content": "Hi"}]}),
        )
        .sends(Wire::Gemini, json!({"systemInstruction": {"parts": [{"text": "Be terse."}]}, "contents": [content("user", "Hi")]}))
}

fn developer() -> Scenario {
    scenario("developer message")
        .chat(json!({"messages": [
            {"role": "developer", "content": "Be terse."}, {"role": "user", "content": "Hi"},
        ]}))
        .sends(
            Wire::Messages,
            json!({"system": "Be terse.", "messages": [{"role": "user", "content": "Hi"}]}),
        )
        .sends(Wire::Gemini, json!({"systemInstruction": {"parts": [{"text": "Be terse."}]}, "contents": [content("user", "Hi")]}))
        .cell(Chat, Wire::Messages, mapped("`system`, the wire's only word for it"))
        .cell(Chat, Wire::Gemini, mapped("`systemInstruction`, the wire's only word for it"))
        .not_from(Messages, "the front has no such role")
}

/// To a model that takes no system message among the turns.
fn mid_system() -> Scenario {
    let chat = json!({"messages": [
        {"role": "system", "content": "One."},
        {"role": "user", "content": "A"},
        {"role": "assistant", "content": "B"},
        {"role": "user", "content": "C"},
        {"role": "system", "content": "Two."},
    ]});
    scenario("system message in the middle")
        .chat(chat.clone())
        .messages(json!({"system": "One.", "messages": [
            {"role": "user", "content": "A"},
            {"role": "assistant", "content": "B"},
            {"role": "user", "content": "C"},
            {"role": "system", "content": "Two."},
        ]}))
        .sends(Wire::Chat, chat)
        .sends(
            Wire::Messages,
            json!({"system": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}], "messages": [
                {"role": "user", "content": "A"},
                {"role": "assistant", "content": "B"},
                {"role": "user", "content": "C"},
            ]}),
        )
        .sends(
            Wire::Gemini,
            json!({"systemInstruction": {"parts": [{"text": "One."}, {"text": "Two."}]},
                "contents": [content("user", "A"), content("model", "B"), content("user", "C")]}),
        )
        .cell(Chat, Wire::Messages, mapped("lifted to the top, as the model takes none in the middle"))
        .cell(Chat, Wire::Gemini, mapped("lifted to the top, as the model takes none in the middle"))
        .cell(Messages, Wire::Gemini, mapped("lifted to the top, as the model takes none in the middle"))
}

fn mid_system_kept() -> Scenario {
    scenario("system message in the middle, to a model that takes it there")
        .chat(json!({"messages": [
            {"role": "user", "content": "A"},
            {"role": "system", "content": "Two."},
            {"role": "assistant", "content": "B"},
            {"role": "user", "content": "C"},
        ]}))
        .messages(json!({"messages": [
            {"role": "user", "content": "A"},
            {"role": "system", "content": "Two."},
            {"role": "assistant", "content": "B"},
            {"role": "user", "content": "C"},
        ]}))
        .model(Wire::Messages, "claude-opus-5")
        .sends(
            Wire::Messages,
            json!({"messages": [
                {"role": "user", "content": "A"},
                {"role": "system", "content": "Two."},
                {"role": "assistant", "content": "B"},
                {"role": "user", "content": "C"},
            ]}),
        )
        .not_on(Wire::Gemini, "no model of the wire takes it there")
}

fn multi_turn() -> Scenario {
    let turns = json!({"messages": [
        {"role": "user", "content": "My name is Ann."},
        {"role": "assistant", "content": "Hello Ann."},
        {"role": "user", "content": [{"type": "text", "text": "What is"}, {"type": "text", "text": "my name?"}]},
    ]});
    scenario("several turns")
        .chat(turns.clone())
        .messages(turns.clone())
        .sends(Wire::Chat, turns.clone())
        .sends(Wire::Messages, turns)
        .sends(
            Wire::Gemini,
            json!({"contents": [
                content("user", "My name is Ann."),
                content("model", "Hello Ann."),
                {"role": "user", "parts": [{"text": "What is"}, {"text": "my name?"}]},
            ]}),
        )
        .says(Turn::text("Ann."))
}

fn names() -> Scenario {
    scenario("names of participants")
        .chat(json!({"messages": [
            {"role": "user", "name": "ann", "content": "Hi"},
            {"role": "assistant", "name": "bot", "content": "Hello"},
            {"role": "user", "name": "bob", "content": "And I?"},
        ]}))
        .sends(
            Wire::Messages,
            json!({"messages": [
                {"role": "user", "content": "Hi", "name": null},
                {"role": "assistant", "content": "Hello"},
                {"role": "user", "content": "And I?"},
            ]}),
        )
        .sends(
            Wire::Gemini,
            json!({"contents": [content("user", "Hi"), content("model", "Hello"), content("user", "And I?")]}),
        )
        .cell(Chat, Wire::Messages, drops(&["messages[].name"], "without the names, which the header says"))
        .cell(Chat, Wire::Gemini, drops(&["messages[].name"], "without the names, which the header says"))
        .not_from(Messages, "the front has no names")
}

fn empty() -> Scenario {
    scenario("empty and null content")
        .chat(json!({"messages": [
            {"role": "system", "content": ""},
            {"role": "user", "content": "A"},
            {"role": "assistant", "content": null},
            {"role": "assistant", "content": ""},
            {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "B"}]},
        ]}))
        .messages(json!({"system": "", "messages": [
            {"role": "user", "content": "A"},
            {"role": "assistant", "content": []},
            {"role": "assistant", "content": ""},
            {"role": "user", "content": [{"type": "text", "text": "B"}]},
        ]}))
        .sends(
            Wire::Messages,
            json!({"system": null, "messages": [{"role": "user", "content":
                [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]}]}),
        )
        .sends(
            Wire::Chat,
            json!({"messages": [
                {"role": "user", "content": "A"}, {"role": "user", "content": "B"},
            ]}),
        )
        .sends(
            Wire::Gemini,
            json!({"systemInstruction": null, "contents": [{"role": "user", "parts": [{"text": "A"}, {"text": "B"}]}]}),
        )
        .cell(Chat, Wire::Gemini, mapped(LEFT_OUT))
        .cell(Messages, Wire::Gemini, mapped(LEFT_OUT))
        .cell(Chat, Wire::Messages, mapped(LEFT_OUT))
        .cell(Messages, Wire::Chat, mapped(LEFT_OUT))
}

fn same_role() -> Scenario {
    let turns = json!({"messages": [
        {"role": "user", "content": "A"},
        {"role": "user", "content": "B"},
        {"role": "assistant", "content": "C"},
        {"role": "assistant", "content": "D"},
        {"role": "user", "content": "E"},
    ]});
    scenario("consecutive turns of one role")
        .chat(turns.clone())
        .messages(turns.clone())
        .sends(Wire::Chat, turns)
        .sends(
            Wire::Messages,
            json!({"messages": [
                {"role": "user", "content": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]},
                {"role": "assistant", "content": [{"type": "text", "text": "C"}, {"type": "text", "text": "D"}]},
                {"role": "user", "content": "E"},
            ]}),
        )
        .sends(
            Wire::Gemini,
            json!({"contents": [
                {"role": "user", "parts": [{"text": "A"}, {"text": "B"}]},
                {"role": "model", "parts": [{"text": "C"}, {"text": "D"}]},
                content("user", "E"),
            ]}),
        )
        .cell(Chat, Wire::Messages, mapped("one turn, as the wire demands"))
        .cell(Chat, Wire::Gemini, mapped("one turn, as the wire demands"))
        .cell(Messages, Wire::Gemini, mapped("one turn, as the wire demands"))
}

/// In four bytes, joined, from right to left, and what JSON escapes.
fn odd_letters() -> Scenario {
    const ODD: &str = "😀👨‍👩‍👧 e\u{301} שלום \u{2028}\"\\\u{8}\u{1}\t𝒳 </script>\u{fffd}";
    let user = json!({"messages": [{"role": "user", "content": ODD}]});
    scenario("letters of every kind, across the borders of chunks")
        .chat(user.clone())
        .messages(user.clone())
        .sends(Wire::Chat, user.clone())
        .sends(Wire::Messages, user)
        .sends(Wire::Gemini, json!({"contents": [content("user", ODD)]}))
        .says(Turn::text(ODD))
}

fn several_systems() -> Scenario {
    let both = json!([{"type": "text", "text": "Be terse."}, {"type": "text", "text": "Be kind."}]);
    scenario("system prompt of several blocks")
        .chat(json!({"messages": [{"role": "system", "content": both}, {"role": "user", "content": "Hi"}]}))
        .messages(json!({"system": both, "messages": [{"role": "user", "content": "Hi"}]}))
        .sends(Wire::Messages, json!({"system": both, "messages": [{"role": "user", "content": "Hi"}]}))
        .sends(
            Wire::Chat,
            json!({"messages": [
                {"role": "system", "content": "Be terse.\n\nBe kind."}, {"role": "user", "content": "Hi"},
            ]}),
        )
        .sends(
            Wire::Gemini,
            json!({"systemInstruction": {"parts": [{"text": "Be terse."}, {"text": "Be kind."}]},
                "contents": [content("user", "Hi")]}),
        )
        .cell(Messages, Wire::Chat, mapped("one text, a blank line between the blocks"))
}

/// Chat lets instructions stand alone; the others want somebody to speak.
fn system_alone() -> Scenario {
    const SAID: &str = "the user says the last of it, as somebody must speak";
    scenario("nothing but a system prompt")
        .chat(json!({"messages": [
            {"role": "system", "content": "Be terse."}, {"role": "system", "content": "Say hello."},
        ]}))
        .sends(
            Wire::Messages,
            json!({"system": "Be terse.", "messages": [{"role": "user", "content": "Say hello."}]}),
        )
        .sends(
            Wire::Gemini,
            json!({"systemInstruction": {"parts": [{"text": "Be terse."}]}, "contents": [content("user", "Say hello.")]}),
        )
        .cell(Chat, Wire::Messages, mapped(SAID))
        .cell(Chat, Wire::Gemini, mapped(SAID))
        .not_from(Messages, "the front wants a message of the user's")
}

fn prefill() -> Scenario {
    let turns = json!({"messages": [
        {"role": "user", "content": "A name?"}, {"role": "assistant", "content": "My name is"},
    ]});
    scenario("an answer that was begun")
        .chat(turns.clone())
        .messages(turns.clone())
        .sends(Wire::Chat, turns.clone())
        .sends(Wire::Messages, turns)
        .sends(
            Wire::Gemini,
            json!({"contents": [content("user", "A name?"), content("model", "My name is")]}),
        )
        .says(Turn::text(" Ann."))
}
