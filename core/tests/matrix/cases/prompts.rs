//! Who says what: roles, names, empty content, turns.

use serde_json::json;
use tollbridge_core::protocol::{
    Front::{Chat, Messages},
    Wire,
};

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
    ]
}

fn plain() -> Scenario {
    let user = json!({"messages": [{"role": "user", "content": "Hi"}]});
    scenario("plain").greeting().sends(Wire::Chat, user.clone()).sends(Wire::Messages, user).sends_from(
        Chat,
        Wire::Messages,
        json!({"max_tokens": 64_000}),
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
        .cell(Chat, Wire::Messages, mapped("`system`, the wire's only word for it"))
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
        .cell(Chat, Wire::Messages, mapped("lifted to the top, as the model takes none in the middle"))
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
        .cell(Chat, Wire::Messages, drops(&["messages[].name"], "without the names, which the header says"))
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
        .cell(Chat, Wire::Messages, mapped("one turn, as the wire demands"))
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
        .says(Turn::text(ODD))
}
