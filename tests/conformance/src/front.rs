//! What a caller speaks, so that one case is run in each protocol: how to ask, and how to read the
//! answer. What was read is in one set of words, OpenAI's, whatever it was read from.

use serde_json::{Value, json};

use crate::{
    client::Whole,
    reading::{Reading, anthropic, chat},
    sse::{self, Event},
    verdict::{Verdict, check, same},
};

/// A protocol of callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    /// OpenAI's Chat Completions.
    Chat,
    /// Anthropic's Messages.
    Messages,
}

impl Front {
    /// All of them.
    pub(crate) const ALL: [Front; 2] = [Front::Chat, Front::Messages];

    /// For names of cases.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Front::Chat => "chat",
            Front::Messages => "messages",
        }
    }

    /// Where it is asked.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Front::Chat => "/v1/chat/completions",
            Front::Messages => "/v1/messages",
        }
    }

    /// A request that says this.
    pub(crate) fn body(self, model: &str, said: &str) -> Value {
        let messages = json!([{"role": "user", "content": said}]);
        match self {
            Front::Chat => json!({"model": model, "messages": messages}),
            Front::Messages => json!({"model": model, "max_tokens": 4096, "messages": messages}),
        }
    }

    /// A setting that the protocols spell differently.
    pub(crate) fn setting(self, setting: &Setting) -> (&'static str, Value) {
        match (setting, self) {
            (Setting::Tools, Front::Chat) => {
                let tool = |(name, description, schema)| {
                    let mut function = json!({"name": name, "parameters": schema});
                    described(&mut function, description);
                    json!({"type": "function", "function": function})
                };
                ("tools", tools().map(tool).into())
            }
            (Setting::Tools, Front::Messages) => {
                let tool = |(name, description, schema)| {
                    let mut tool = json!({"name": name, "input_schema": schema});
                    described(&mut tool, description);
                    tool
                };
                ("tools", tools().map(tool).into())
            }
            (Setting::Force(name), Front::Chat) => {
                ("tool_choice", json!({"type": "function", "function": {"name": name}}))
            }
            (Setting::Force(name), Front::Messages) => ("tool_choice", json!({"type": "tool", "name": name})),
            (Setting::Stop(text), Front::Chat) => ("stop", json!([text])),
            (Setting::Stop(text), Front::Messages) => ("stop_sequences", json!([text])),
            (Setting::Schema(schema), Front::Chat) => {
                let named = json!({"name": "stay", "strict": true, "schema": schema});
                ("response_format", json!({"type": "json_schema", "json_schema": named}))
            }
            (Setting::Schema(schema), Front::Messages) => {
                ("output_config", json!({"format": {"type": "json_schema", "schema": schema}}))
            }
        }
    }

    /// The turns that make a call and answer it, from a caller who keeps no more than that.
    pub(crate) fn answered(self, call: &crate::reading::Call, result: &str) -> [Value; 2] {
        match self {
            Front::Chat => {
                let function = json!({"name": call.name, "arguments": call.arguments});
                let calls = json!([{"id": call.id, "type": "function", "function": function}]);
                [
                    json!({"role": "assistant", "content": null, "tool_calls": calls}),
                    json!({"role": "tool", "tool_call_id": call.id, "content": result}),
                ]
            }
            Front::Messages => {
                let input: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
                let used = json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input});
                let said = json!({"type": "tool_result", "tool_use_id": call.id, "content": result});
                [json!({"role": "assistant", "content": [used]}), json!({"role": "user", "content": [said]})]
            }
        }
    }

    /// Reads a whole answer.
    pub(crate) fn whole(self, body: &Value) -> Reading {
        match self {
            Front::Chat => chat::whole(body),
            Front::Messages => anthropic::whole(body),
        }
    }

    /// Reads an answer that has come to its end.
    pub(crate) fn read(self, answer: &Whole, stream: bool) -> Reading {
        if stream { self.events(&sse::events(&answer.text())) } else { self.whole(&answer.json()) }
    }

    /// Reads a stream's events.
    pub(crate) fn events(self, events: &[Event]) -> Reading {
        match self {
            Front::Chat => chat::events(events),
            Front::Messages => anthropic::events(events),
        }
    }

    /// Whether the stream says that it is complete.
    pub(crate) fn is_done(self, events: &[Event]) -> bool {
        match self {
            Front::Chat => chat::is_done(events),
            Front::Messages => events.last().is_some_and(|last| last.name.as_deref() == Some("message_stop")),
        }
    }

    /// Whether this event is no more than a sign of life.
    pub(crate) fn is_alive(self, event: &Event) -> bool {
        match self {
            Front::Chat => !event.comments.is_empty(),
            Front::Messages => event.name.as_deref() == Some("ping"),
        }
    }

    /// The whole body is an error in the protocol's shape, with a message.
    pub(crate) fn error(self, answer: &Whole) -> Verdict<Value> {
        let body = answer.json();
        let error = body["error"].clone();
        let filled = |name: &str| error[name].as_str().is_some_and(|text| !text.is_empty());
        let own = match self {
            Front::Chat => ["param", "code"].iter().all(|name| error.get(*name).is_some()),
            Front::Messages => body["type"] == "error",
        };
        check(filled("type") && filled("message") && own, || {
            format!("not an error in the shape of {}: {}", self.name(), answer.text())
        })?;
        same("content-type", answer.header("content-type").split(';').next(), Some("application/json"))?;
        Ok(error)
    }
}

/// What is said in every protocol, and differently in each.
pub(crate) enum Setting {
    /// Two tools, the first with two arguments.
    Tools,
    /// One tool, and no other.
    Force(&'static str),
    /// A stop sequence.
    Stop(&'static str),
    /// The schema of the answer.
    Schema(Value),
}

/// Names, descriptions and schemas.
fn tools() -> [(&'static str, Option<&'static str>, Value); 2] {
    let look_up = json!({"type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["place"]});
    let note = json!({"type": "object", "properties": {"text": {"type": "string"}}});
    [("look_up", Some("Looks a place up."), look_up), ("note", None, note)]
}

fn described(tool: &mut Value, description: Option<&str>) {
    if let Some(description) = description {
        tool["description"] = json!(description);
    }
}
