//! Readings of answers over plain JSON values, written without a look at the codecs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::META;

/// What an answer says, in the chat front's meaning.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Reading {
    pub(crate) id: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) text: String,
    pub(crate) reasoning: String,
    /// Signatures and opaque data, in order.
    pub(crate) opaque: Vec<String>,
    /// Id, name, arguments.
    pub(crate) calls: Vec<(String, String, Value)>,
    pub(crate) finish: Option<String>,
    /// Address, title, cited words.
    pub(crate) web: Vec<(String, String, String)>,
    pub(crate) documents: Vec<Value>,
    /// Blocks of the provider's own.
    pub(crate) blocks: Vec<Value>,
    /// prompt, completion, total, cached, written, reasoning.
    pub(crate) usage: [Option<u64>; 6],
    pub(crate) error: Option<String>,
}

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
                "message_stop" => reader.message = None,
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

/// Reads a chat answer as a client does: a whole one is one choice's message, a stream the sum of its
/// deltas.
#[derive(Default)]
pub(crate) struct ChatReader {
    reading: Reading,
    pub(crate) calls: Vec<(String, String, String)>,
    pending_blocks: Vec<Value>,
}

impl ChatReader {
    pub(crate) fn message(&mut self, message: &Value) {
        let text = |member: &str| message[member].as_str().unwrap_or_default();
        self.reading.text += text("content");
        self.reading.reasoning += text("reasoning_content");
        for detail in message["reasoning_details"].as_array().into_iter().flatten() {
            for member in ["signature", "data"] {
                self.reading.opaque.extend(detail[member].as_str().map(str::to_owned));
            }
        }
        for (i, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
            let index = call["index"].as_u64().map_or(self.calls.len().min(i), |index| index as usize);
            if index >= self.calls.len() {
                self.calls.resize(index + 1, Default::default());
            }
            let (id, name, arguments) = &mut self.calls[index];
            *id += call["id"].as_str().unwrap_or_default();
            *name += call["function"]["name"].as_str().unwrap_or_default();
            *arguments += call["function"]["arguments"].as_str().unwrap_or_default();
        }
        for annotation in message["annotations"].as_array().into_iter().flatten() {
            let citation = &annotation["url_citation"];
            let at = |member: &str| citation[member].as_u64().expect("a place") as usize;
            let letters: Vec<char> = self.reading.text.chars().collect();
            let cited = letters[at("start_index")..at("end_index")].iter().collect();
            let said = |member: &str| citation[member].as_str().expect("a string").to_owned();
            self.reading.web.push((said("url"), said("title"), cited));
        }
        self.reading.documents.extend(message["citations"].as_array().into_iter().flatten().cloned());
        self.pending_blocks.extend(message["provider_blocks"].as_array().into_iter().flatten().cloned());
    }

    pub(crate) fn usage(&mut self, usage: &Value) {
        if usage.is_object() {
            self.reading.usage = [
                usage["prompt_tokens"].as_u64(),
                usage["completion_tokens"].as_u64(),
                usage["total_tokens"].as_u64(),
                usage["prompt_tokens_details"]["cached_tokens"].as_u64(),
                usage["prompt_tokens_details"]["cache_write_tokens"].as_u64(),
                usage["completion_tokens_details"]["reasoning_tokens"].as_u64(),
            ];
        }
    }

    pub(crate) fn reading(mut self) -> Reading {
        self.reading.calls = self
            .calls
            .into_iter()
            .map(|(id, name, arguments)| {
                let arguments = serde_json::from_str(&arguments).unwrap_or(Value::String(arguments));
                (id, name, arguments)
            })
            .collect();
        self.reading.blocks = self.pending_blocks;
        self.reading
    }

    pub(crate) fn head(&mut self, chunk: &Value) {
        let text = |member: &str| chunk[member].as_str().map(str::to_owned);
        self.reading.id = self.reading.id.take().or(text("id"));
        self.reading.model = self.reading.model.take().or(text("model"));
    }

    pub(crate) fn whole(answer: &Value) -> Reading {
        let mut reader = Self::default();
        reader.head(answer);
        assert_eq!(answer["object"], "chat.completion");
        let choice = &answer["choices"][0];
        assert_eq!(choice["message"]["role"], "assistant");
        reader.message(&choice["message"]);
        reader.reading.finish = choice["finish_reason"].as_str().map(str::to_owned);
        reader.usage(&answer["usage"]);
        reader.reading()
    }

    pub(crate) fn stream(text: &str) -> Reading {
        let mut reader = Self::default();
        let mut done = false;
        for (i, event) in text.split("\n\n").filter(|event| !event.is_empty()).enumerate() {
            let data = event.strip_prefix("data: ").expect("one data line an event");
            assert!(!done, "nothing follows [DONE]");
            assert!(!data.contains('\n'), "an event is one line: {data}");
            if data == "[DONE]" {
                done = true;
                continue;
            }
            let chunk: Value = serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}"));
            if chunk["error"].is_object() {
                assert!(reader.reading.error.is_none(), "one error a stream");
                reader.reading.error = chunk["error"]["message"].as_str().map(str::to_owned);
                continue;
            }
            assert!(reader.reading.error.is_none(), "nothing follows an error");
            assert_eq!(chunk["object"], "chat.completion.chunk");
            reader.head(&chunk);
            reader.usage(&chunk["usage"]);
            if let Some(choice) = chunk["choices"].get(0) {
                if i == 0 {
                    assert_eq!(choice["delta"]["role"], "assistant", "the role comes first");
                }
                reader.message(&choice["delta"]);
                if let Some(reason) = choice["finish_reason"].as_str() {
                    reader.reading.finish = Some(reason.to_owned());
                }
            }
        }
        assert_eq!(done, reader.reading.error.is_none(), "[DONE] ends what succeeded, and nothing else");
        reader.reading()
    }
}

/// What accounting has to find in a chat answer: finish, usage (input, output, cached, written,
/// reasoning), id, model, error.
pub(crate) fn chat_facts(chunks: &[Value]) -> Value {
    let (mut id, mut model, mut finish, mut error) = (Value::Null, Value::Null, Value::Null, Value::Null);
    let mut usage = [Value::Null, Value::Null, Value::Null, Value::Null, Value::Null];
    for chunk in chunks {
        let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        if id.is_null() && text(&chunk["id"]) {
            id = chunk["id"].clone();
        }
        if model.is_null() && text(&chunk["model"]) {
            model = chunk["model"].clone();
        }
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            if text(&choice["finish_reason"]) {
                finish = choice["finish_reason"].clone();
            }
        }
        if !chunk["error"].is_null() {
            error = if chunk["error"].is_string() {
                chunk["error"].clone()
            } else {
                chunk["error"]["message"].clone()
            };
        }
        let places = [&chunk["choices"][0]["usage"], &chunk["x_groq"]["usage"], &chunk["usage"]];
        for said in places.into_iter().filter(|usage| usage.is_object()) {
            let first = |names: &[&str]| {
                names
                    .iter()
                    .map(|name| said.pointer(name).cloned().unwrap_or_default())
                    .find(|v| !v.is_null())
            };
            let reasoning = first(&["/completion_tokens_details/reasoning_tokens", "/reasoning_tokens"]);
            let mut output = said["completion_tokens"].as_u64();
            let sum = said["prompt_tokens"].as_u64().unwrap_or(0) + output.unwrap_or(0);
            if let Some(beside) = reasoning.as_ref().and_then(Value::as_u64).filter(|beside| *beside > 0)
                && said["total_tokens"].as_u64() == Some(sum + beside)
            {
                output = output.map(|output| output + beside);
            }
            let found = [
                first(&["/prompt_tokens"]),
                output.map(Value::from),
                first(&[
                    "/prompt_tokens_details/cached_tokens",
                    "/num_cached_tokens",
                    "/cached_tokens",
                    "/prompt_cache_hit_tokens",
                    "/cache_read_input_tokens",
                ]),
                first(&["/prompt_tokens_details/cache_write_tokens", "/cache_creation_input_tokens"]),
                reasoning,
            ];
            for (place, found) in usage.iter_mut().zip(found) {
                if let Some(found) = found {
                    *place = found;
                }
            }
        }
    }
    json!({ "id": id, "model": model, "finish": finish, "error": error, "usage": usage })
}

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
