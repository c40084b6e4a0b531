//! Anthropic's answers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Reading;

/// The independent reading of one Anthropic answer, or of several one after another.
#[derive(Default)]
pub(crate) struct AnthropicReader {
    reading: Reading,
    open: BTreeMap<u64, (Value, String, Vec<Value>)>,
    message: Option<String>,
    pub(crate) usage: BTreeMap<String, u64>,
}

impl AnthropicReader {
    pub(crate) fn block(&mut self, block: &Value, pieces: &str, citations: &[Value]) {
        let said = |member: &str| block[member].as_str().unwrap_or_default().to_owned();
        match block["type"].as_str().unwrap_or_default() {
            "text" => {
                let text = said("text") + pieces;
                let own = block["citations"].as_array().cloned().unwrap_or_default();
                for citation in own.iter().chain(citations) {
                    match citation["url"].as_str() {
                        Some(url) => {
                            let title = citation["title"].as_str().unwrap_or_default();
                            self.reading.web.push((url.to_owned(), title.to_owned(), text.clone()));
                        }
                        None => self.reading.documents.push(citation.clone()),
                    }
                }
                self.reading.text += &text;
            }
            "thinking" => {
                self.reading.reasoning += &(said("thinking") + pieces);
                if !said("signature").is_empty() {
                    self.reading.opaque.push(said("signature"));
                }
            }
            "redacted_thinking" => self.reading.opaque.push(said("data")),
            "tool_use" => {
                let input = if pieces.is_empty() {
                    block["input"].clone()
                } else {
                    serde_json::from_str(pieces).unwrap_or_else(|_| Value::String(pieces.to_owned()))
                };
                self.reading.calls.push((said("id"), said("name"), input));
            }
            _ => {
                let mut block = block.clone();
                if !pieces.is_empty() {
                    block["input"] = serde_json::from_str(pieces).expect("whole input");
                }
                self.reading.blocks.push(block);
            }
        }
    }

    pub(crate) fn usage(&mut self, usage: &Value) {
        let mut take = |name: &str, value: &Value| {
            if let Some(count) = value.as_u64() {
                self.usage.insert(name.to_owned(), count);
            }
        };
        for name in
            ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"]
        {
            take(name, &usage[name]);
        }
        take("thinking", &usage["output_tokens_details"]["thinking_tokens"]);
    }

    pub(crate) fn finish(&mut self, reason: &Value) {
        let Some(reason) = reason.as_str() else { return };
        self.reading.finish = Some(
            match reason {
                "max_tokens" | "model_context_window_exceeded" => "length",
                "tool_use" => "tool_calls",
                "refusal" => "content_filter",
                _ => "stop",
            }
            .to_owned(),
        );
    }

    pub(crate) fn reading(mut self) -> Reading {
        let count = |name: &str| self.usage.get(name).copied();
        if let Some(input) = count("input_tokens") {
            let (read, written) = (count("cache_read_input_tokens"), count("cache_creation_input_tokens"));
            let prompt = input + read.unwrap_or(0) + written.unwrap_or(0);
            let completion = count("output_tokens").expect("output tokens");
            let total = Some(prompt + completion);
            self.reading.usage = [Some(prompt), Some(completion), total, read, written, count("thinking")];
        }
        self.reading
    }

    pub(crate) fn whole(answer: &Value) -> Reading {
        let mut reader = Self::default();
        reader.reading.id = answer["id"].as_str().map(str::to_owned);
        reader.reading.model = answer["model"].as_str().map(str::to_owned);
        for block in answer["content"].as_array().expect("content") {
            reader.block(block, "", &[]);
        }
        reader.usage(&answer["usage"]);
        reader.finish(&answer["stop_reason"]);
        reader.reading()
    }

    pub(crate) fn stream(events: &[Value]) -> Reading {
        let mut reader = Self::default();
        for event in events {
            let index = event["index"].as_u64().unwrap_or_default();
            match event["type"].as_str().expect("type") {
                "message_start" => {
                    let message = &event["message"];
                    let id = message["id"].as_str().map(str::to_owned);
                    if reader.message.is_some() {
                        if id != reader.message {
                            reader.cut();
                            reader.reading.error = Some("spliced".to_owned());
                            return reader.reading();
                        }
                        continue;
                    }
                    reader.message = id.clone();
                    reader.reading.id = reader.reading.id.or(id);
                    let model = message["model"].as_str().map(str::to_owned);
                    reader.reading.model = reader.reading.model.or(model);
                    for block in message["content"].as_array().into_iter().flatten() {
                        reader.block(block, "", &[]);
                    }
                    reader.usage(&message["usage"]);
                    reader.finish(&message["stop_reason"]);
                }
                "content_block_start" => {
                    reader.open.insert(index, (event["content_block"].clone(), String::new(), Vec::new()));
                }
                "content_block_delta" => {
                    let (block, pieces, citations) = reader.open.get_mut(&index).expect("an open block");
                    let delta = &event["delta"];
                    match delta["type"].as_str().expect("type") {
                        "citations_delta" => citations.push(delta["citation"].clone()),
                        "signature_delta" => block["signature"] = delta["signature"].clone(),
                        "compaction_delta" => {
                            let said = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                            block["content"] = (said(&block["content"]) + &said(&delta["content"])).into();
                        }
                        _ => {
                            for member in ["text", "thinking", "partial_json"] {
                                *pieces += delta[member].as_str().unwrap_or_default();
                            }
                        }
                    }
                }
                "content_block_stop" => {
                    let (block, pieces, citations) = reader.open.remove(&index).expect("an open block");
                    reader.block(&block, &pieces, &citations);
                }
                "message_delta" => {
                    reader.usage(&event["usage"]);
                    reader.finish(&event["delta"]["stop_reason"]);
                }
                "message_stop" => {
                    reader.message = None;
                    // A limit can end a block without its stop.
                    reader.cut();
                }
                "error" => reader.reading.error = event["error"]["message"].as_str().map(str::to_owned),
                _ => {}
            }
        }
        if reader.message.is_some() && reader.reading.finish.is_none() {
            reader.cut();
            reader.reading.error.get_or_insert("cut".to_owned());
        }
        reader.reading()
    }

    /// What was said so far stands, though it is not whole.
    pub(crate) fn cut(&mut self) {
        for (_, (block, pieces, citations)) in std::mem::take(&mut self.open) {
            self.block(&block, &pieces, &citations);
        }
    }
}
