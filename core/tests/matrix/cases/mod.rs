//! The scenarios, one file a group.

mod answers;
mod calls;
mod failures;
mod google;
mod media;
mod odd;
mod prompts;
mod settings;
mod streams;
mod thinking;
mod tools;

use tollbridge_core::protocol::Wire;

use crate::scenario::{FRONTS, Scenario, drops};

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
        google::all(),
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
pub fn chat_tool(name: &str) -> serde_json::Value {
    serde_json::json!({"type": "function", "function":
        {"name": name, "description": "Of a city.", "parameters": weather_schema()}})
}

/// The tool in Anthropic's words.
pub fn messages_tool(name: &str) -> serde_json::Value {
    serde_json::json!({"name": name, "description": "Of a city.", "input_schema": weather_schema()})
}

/// The tools in Gemini's words.
fn gemini_tools(names: &[&str]) -> serde_json::Value {
    let declare = |name: &&str| serde_json::json!({"name": name, "description": "Of a city."});
    serde_json::json!([{"functionDeclarations": names.iter().map(declare).collect::<Vec<_>>()}])
}

/// A loop whose calls came from elsewhere, to a model of Gemini's that thinks: it would have signed them.
fn forgotten(scenario: Scenario, note: &'static str) -> Scenario {
    FRONTS.into_iter().fold(scenario, |scenario, front| {
        scenario.cell(front, Wire::Gemini, drops(&["messages[].tool_calls.reasoning_state"], note))
    })
}

/// What is not there where nobody kept it.
const UNSIGNED: &str = "without the signatures of calls that Gemini did not make, which the header says";

/// A turn of one text, in Gemini's words.
fn content(role: &str, text: &str) -> serde_json::Value {
    serde_json::json!({"role": role, "parts": [{"text": text}]})
}
