//! What a caller reads, in one form for both fronts.

use serde_json::{Value, json};
use tollbridge_core::protocol::Front;

/// An answer as its caller reads it.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) reasoning: String,
    /// Names and arguments, in order.
    pub(crate) calls: Vec<(String, Value)>,
    /// In chat's words.
    pub(crate) finish: String,
    /// Addresses of sources.
    pub(crate) sources: Vec<String>,
    /// Tokens: read, written, of those read from a cache and written to one, and thought.
    pub(crate) used: [u64; 5],
    pub(crate) tier: String,
    /// What stands for what came before it.
    pub(crate) summaries: Vec<Value>,
    pub(crate) error: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn arguments(said: &str) -> Value {
    serde_json::from_str(said).unwrap_or_else(|_| json!(said))
}

impl Told {
    pub(crate) fn whole(front: Front, body: &Value) -> Self {
        let mut told = Self::default();
        if body["error"].is_object() {
            told.error = text(&body["error"]["message"]);
            return told;
        }
        match front {
            Front::Chat => {
                assert_eq!(body["choices"].as_array().map(Vec::len), Some(1), "{body}");
                let choice = &body["choices"][0];
                let message = &choice["message"];
                told.message(message);
                for call in message["tool_calls"].as_array().into_iter().flatten() {
                    assert!(!text(&call["id"]).is_empty(), "a call without an id: {body}");
                    let called = &call["function"];
                    told.calls.push((text(&called["name"]), arguments(&text(&called["arguments"]))));
                }
                told.finish = text(&choice["finish_reason"]);
                told.tier = text(&body["service_tier"]);
                told.chat_usage(&body["usage"]);
            }
            Front::Messages => {
                for block in body["content"].as_array().expect("content") {
                    told.block(block);
                }
                told.stop(&body["stop_reason"]);
                told.messages_usage(&body["usage"]);
            }
        }
        told
    }

    pub(crate) fn stream(front: Front, events: &[Value]) -> Self {
        let mut told = match front {
            Front::Chat => Self::chunks(events),
            Front::Messages => Self::events(events),
        };
        // What a failed stream had said is not what these samples are about.
        if !told.error.is_empty() {
            told = Self { error: told.error, ..Self::default() };
        }
        told
    }

    fn chunks(chunks: &[Value]) -> Self {
        let mut told = Self::default();
        let mut calls: Vec<(String, String)> = Vec::new();
        for chunk in chunks {
            if chunk["error"].is_object() {
                told.error = text(&chunk["error"]["message"]);
            }
            told.chat_usage(&chunk["usage"]);
            let choice = &chunk["choices"][0];
            let delta = &choice["delta"];
            told.message(delta);
            for call in delta["tool_calls"].as_array().into_iter().flatten() {
                let index = call["index"].as_u64().expect("an index") as usize;
                if index == calls.len() {
                    assert!(!text(&call["id"]).is_empty(), "a call without an id: {chunk}");
                    calls.push(Default::default());
                }
                calls[index].0 += &text(&call["function"]["name"]);
                calls[index].1 += &text(&call["function"]["arguments"]);
            }
            if let Some(reason) = choice["finish_reason"].as_str() {
                assert!(told.finish.is_empty(), "a second finish: {chunk}");
                told.finish = reason.to_owned();
            }
            if let Some(tier) = chunk["service_tier"].as_str() {
                told.tier = tier.to_owned();
            }
        }
        told.calls = calls.into_iter().map(|(name, said)| (name, arguments(&said))).collect();
        told
    }

    fn events(events: &[Value]) -> Self {
        let mut told = Self::default();
        let mut open: Option<(Value, String)> = None;
        for event in events {
            match event["type"].as_str().unwrap_or_default() {
                "content_block_start" => open = Some((event["content_block"].clone(), String::new())),
                "content_block_delta" => {
                    let (block, pieces) = open.as_mut().expect("an open block");
                    let delta = &event["delta"];
                    for member in ["text", "thinking", "partial_json"] {
                        pieces.push_str(delta[member].as_str().unwrap_or_default());
                    }
                    if delta["citation"].is_object() {
                        if block["citations"].is_null() {
                            block["citations"] = json!([]);
                        }
                        block["citations"].as_array_mut().unwrap().push(delta["citation"].clone());
                    }
                }
                "content_block_stop" => {
                    let (mut block, pieces) = open.take().expect("an open block");
                    match block["type"].as_str().unwrap_or_default() {
                        "text" => block["text"] = json!(pieces),
                        "thinking" => block["thinking"] = json!(pieces),
                        "tool_use" if !pieces.is_empty() => block["input"] = arguments(&pieces),
                        _ => {}
                    }
                    told.block(&block);
                }
                "message_delta" => {
                    told.stop(&event["delta"]["stop_reason"]);
                    told.messages_usage(&event["usage"]);
                }
                "error" => told.error = text(&event["error"]["message"]),
                _ => {}
            }
        }
        told
    }

    /// A message of chat's, or a delta.
    fn message(&mut self, message: &Value) {
        self.text += &text(&message["content"]);
        self.reasoning += &text(&message["reasoning_content"]);
        for block in message["provider_blocks"].as_array().into_iter().flatten() {
            self.summary(block);
        }
        for annotation in message["annotations"].as_array().into_iter().flatten() {
            self.sources.push(text(&annotation["url_citation"]["url"]));
        }
    }

    fn chat_usage(&mut self, usage: &Value) {
        if usage.is_object() {
            let count = |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap_or(0);
            self.used = [
                count("/prompt_tokens"),
                count("/completion_tokens"),
                count("/prompt_tokens_details/cached_tokens"),
                count("/prompt_tokens_details/cache_write_tokens"),
                count("/completion_tokens_details/reasoning_tokens"),
            ];
        }
    }

    fn block(&mut self, block: &Value) {
        match block["type"].as_str().unwrap_or_default() {
            "text" => {
                assert_ne!(block["text"], "", "an empty text block");
                self.text += &text(&block["text"]);
                for citation in block["citations"].as_array().into_iter().flatten() {
                    self.sources.push(text(&citation["url"]));
                }
            }
            "thinking" => self.reasoning += &text(&block["thinking"]),
            "tool_use" => {
                assert!(!text(&block["id"]).is_empty(), "a call without an id: {block}");
                self.calls.push((text(&block["name"]), block["input"].clone()));
            }
            _ => self.summary(block),
        }
    }

    fn summary(&mut self, block: &Value) {
        if block["type"] == "compaction" && block["content"].is_string() {
            self.summaries.push(json!([block["content"], block["encrypted_content"]]));
        }
    }

    fn stop(&mut self, reason: &Value) {
        self.finish = match reason.as_str().expect("a reason") {
            "end_turn" | "stop_sequence" | "pause_turn" | "compaction" => "stop",
            "max_tokens" | "model_context_window_exceeded" => "length",
            "tool_use" => "tool_calls",
            "refusal" => "content_filter",
            other => panic!("the reason {other}"),
        }
        .to_owned();
    }

    fn messages_usage(&mut self, usage: &Value) {
        let count = |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap_or(0);
        let (read, written) = (count("/cache_read_input_tokens"), count("/cache_creation_input_tokens"));
        self.used = [
            count("/input_tokens") + read + written,
            count("/output_tokens"),
            read,
            written,
            count("/output_tokens_details/thinking_tokens"),
        ];
        self.tier = text(&usage["service_tier"]).replace("standard", "default");
    }
}
