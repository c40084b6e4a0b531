//! Chat's answers in every dialect of its providers.

use serde_json::{Value, json};

use super::{Reading, chat_facts};
use crate::META;

/// The independent reading of a chat answer in any dialect: whole (one message) or streamed (deltas).
#[derive(Default)]
pub(crate) struct DialectReader {
    reading: Reading,
    pub(crate) calls: Vec<(Value, String, String, String)>,
}

impl DialectReader {
    pub(crate) fn say(&mut self, said: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut plain = text(&said["reasoning_content"]);
        if plain.is_empty() {
            plain = text(&said["reasoning"]);
        }
        let mut detailed = String::new();
        for detail in said["reasoning_details"].as_array().into_iter().flatten() {
            detailed += &text(&detail["text"]);
            detailed += &text(&detail["summary"]);
            for member in ["signature", "data"] {
                self.reading.opaque.extend(detail[member].as_str().map(str::to_owned));
            }
        }
        self.reading.reasoning += if detailed.is_empty() { &plain } else { &detailed };
        match &said["content"] {
            Value::Array(parts) => {
                for part in parts {
                    self.reading.text += &text(&part["text"]);
                    for thought in part["thinking"].as_array().into_iter().flatten() {
                        self.reading.reasoning += &text(&thought["text"]);
                    }
                }
            }
            // The JSON that was asked for, unquoted.
            content if content.is_object() => self.reading.text += &content.to_string(),
            content => self.reading.text += &text(content),
        }
        self.reading.text += &text(&said["audio"]["transcript"]);
        for call in said["tool_calls"].as_array().into_iter().flatten() {
            let called = if call["function"].is_object() { &call["function"] } else { &call["custom"] };
            let id = text(&call["id"]);
            let known = self.calls.iter().rposition(|(index, known, ..)| {
                (id.is_empty() && (call["index"].is_null() || *index == call["index"]))
                    || (*index == call["index"] && *known == id)
            });
            let known = known.unwrap_or_else(|| {
                self.calls.push((call["index"].clone(), id.clone(), String::new(), String::new()));
                self.calls.len() - 1
            });
            self.calls[known].2 += &text(&called["name"]);
            self.calls[known].3 += &text(&called["arguments"]);
            self.calls[known].3 += &text(&called["input"]);
        }
    }

    pub(crate) fn read(chunks: &[Value]) -> Reading {
        let mut reader = Self::default();
        for chunk in chunks {
            for choice in chunk["choices"].as_array().into_iter().flatten() {
                let said = if choice["delta"].is_object() && chunk["object"] != "chat.completion" {
                    &choice["delta"]
                } else {
                    &choice["message"]
                };
                reader.say(said);
                let tokens = choice["logprobs"]["content"].as_array().into_iter().flatten();
                reader.reading.logprobs.extend(tokens.map(|token| {
                    let others = token["top_logprobs"].as_array().into_iter().flatten();
                    let others: Vec<Value> = others.map(|it| json!([it["token"], it["logprob"]])).collect();
                    json!([token["token"], token["logprob"], others])
                }));
            }
        }
        let facts = chat_facts(chunks);
        let mut reading = reader.reading;
        reading.id = Some(facts["id"].as_str().unwrap_or(META.id).to_owned());
        reading.model = Some(facts["model"].as_str().unwrap_or(META.model).to_owned());
        reading.calls = reader
            .calls
            .into_iter()
            .map(|(_, id, name, arguments)| {
                (id, name, serde_json::from_str(&arguments).unwrap_or(Value::String(arguments)))
            })
            .collect();
        let calls = !reading.calls.is_empty();
        reading.finish = Some(
            match facts["finish"].as_str().unwrap_or_default() {
                "length" | "model_length" => "length",
                "content_filter" | "error" => "content_filter",
                "tool_calls" => "tool_calls",
                _ if calls => "tool_calls",
                _ => "stop",
            }
            .to_owned(),
        );
        reading.error = facts["error"].as_str().map(str::to_owned);
        let count = |place: usize| facts["usage"][place].as_u64();
        if let (Some(prompt), Some(completion)) = (count(0), count(1)) {
            let total = Some(prompt + completion);
            reading.usage = [count(0), count(1), total, count(2), count(3), count(4)];
        }
        reading
    }
}
