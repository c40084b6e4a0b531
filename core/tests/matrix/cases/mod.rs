//! The scenarios, one file a group.

mod answers;
mod calls;
mod failures;
mod media;
mod odd;
mod prompts;
mod settings;
mod streams;
mod thinking;
mod tools;

use crate::scenario::Scenario;

pub fn all() -> Vec<Scenario> {
    [
        prompts::all(),
        media::all(),
        tools::all(),
        calls::all(),
        settings::all(),
        thinking::all(),
        odd::all(),
        answers::all(),
        streams::all(),
        failures::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A tool that knows the weather, as its JSON Schema says it.
fn weather_schema() -> serde_json::Value {
    serde_json::json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})
}

/// The tool in chat's words.
fn chat_tool(name: &str) -> serde_json::Value {
    serde_json::json!({"type": "function", "function":
        {"name": name, "description": "Of a city.", "parameters": weather_schema()}})
}

/// The tool in Anthropic's words.
fn messages_tool(name: &str) -> serde_json::Value {
    serde_json::json!({"name": name, "description": "Of a city.", "input_schema": weather_schema()})
}
