//! Real answers of providers, read twice: by the codecs, and by an independent reading written here
//! over plain JSON values. Both must agree in every field.
//!
//! The recordings are no part of the repository. They are looked for in `../shared/recordings` beside
//! it, or in `TOLLBRIDGE_RECORDINGS`; where they are absent the tests say so and pass.

use std::{collections::BTreeMap, io::Read, path::PathBuf};

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use tollbridge_core::{
    conversation::Event,
    frame::sse::{SseEvent, SseFramer},
    protocol::{
        DecodeError, Front, OnUnsupported, Target,
        chat::{self, AnswerMeta, StreamEncoder, observe::Observer},
        messages,
    },
};

const META: AnswerMeta<'_> = AnswerMeta { id: "none", created: 1, model: "none" };

fn recordings(wire: &str) -> Option<Vec<Value>> {
    let folder = std::env::var_os("TOLLBRIDGE_RECORDINGS").map(PathBuf::from).or_else(|| {
        let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let parents = ["../shared/recordings", "../../shared/recordings"];
        parents.iter().map(|parent| repository.join(parent)).find(|folder| folder.is_dir())
    });
    let Some(folder) = folder else {
        println!("skipped: no recordings (../shared/recordings or TOLLBRIDGE_RECORDINGS)");
        return None;
    };
    let file =
        std::fs::File::open(folder.join(format!("{wire}.jsonl.gz"))).expect("the recordings of a wire");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzip");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a record a line")).collect())
}

/// What an answer says, in the chat front's meaning.
#[derive(Debug, Default, PartialEq)]
struct Reading {
    id: Option<String>,
    model: Option<String>,
    text: String,
    reasoning: String,
    /// Signatures and opaque data, in order.
    opaque: Vec<String>,
    /// Id, name, arguments.
    calls: Vec<(String, String, Value)>,
    finish: Option<String>,
    /// Address, title, cited words.
    web: Vec<(String, String, String)>,
    documents: Vec<Value>,
    /// Blocks of the provider's own.
    blocks: Vec<Value>,
    /// prompt, completion, total, cached, written, reasoning.
    usage: [Option<u64>; 6],
    error: Option<String>,
}

/// The independent reading of one Anthropic answer, or of several one after another.
#[derive(Default)]
struct AnthropicReader {
    reading: Reading,
    open: BTreeMap<u64, (Value, String, Vec<Value>)>,
    message: Option<String>,
    usage: BTreeMap<String, u64>,
}

impl AnthropicReader {
    fn block(&mut self, block: &Value, pieces: &str, citations: &[Value]) {
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

    fn usage(&mut self, usage: &Value) {
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

    fn finish(&mut self, reason: &Value) {
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

    fn reading(mut self) -> Reading {
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

    fn whole(answer: &Value) -> Reading {
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

    fn stream(events: &[Value]) -> Reading {
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
            reader.reading.error = Some("cut".to_owned());
        }
        reader.reading()
    }

    /// What was said so far stands, though it is not whole.
    fn cut(&mut self) {
        for (_, (block, pieces, citations)) in std::mem::take(&mut self.open) {
            self.block(&block, &pieces, &citations);
        }
    }
}

/// Reads a chat answer as a client does: a whole one is one choice's message, a stream the sum of its
/// deltas.
#[derive(Default)]
struct ChatReader {
    reading: Reading,
    calls: Vec<(String, String, String)>,
    pending_blocks: Vec<Value>,
}

impl ChatReader {
    fn message(&mut self, message: &Value) {
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

    fn usage(&mut self, usage: &Value) {
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

    fn reading(mut self) -> Reading {
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

    fn head(&mut self, chunk: &Value) {
        let text = |member: &str| chunk[member].as_str().map(str::to_owned);
        self.reading.id = self.reading.id.take().or(text("id"));
        self.reading.model = self.reading.model.take().or(text("model"));
    }

    fn whole(answer: &Value) -> Reading {
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

    fn stream(text: &str) -> Reading {
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

fn events(body: &str) -> Vec<Value> {
    let body = body.replace("\r\n", "\n");
    let data = body.split("\n\n").filter_map(|event| {
        let data: Vec<&str> =
            event.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim).collect();
        (!data.is_empty()).then(|| data.join("\n"))
    });
    data.filter(|data| data != "[DONE]").map(|data| serde_json::from_str(&data).expect("JSON")).collect()
}

/// Feeds a stream in pieces of `size` bytes and gives the data of its events to `take`.
fn frames(body: &str, size: usize, mut take: impl FnMut(&[u8])) {
    let mut framer = SseFramer::default();
    let mut data = |raw: &[u8]| {
        if let Some(data) = SseEvent::read(raw).data {
            take(&data);
        }
    };
    for piece in body.as_bytes().chunks(size) {
        framer.push(Bytes::copy_from_slice(piece));
        while let Some(event) = framer.next() {
            data(&event.expect("not too large"));
        }
    }
    if let Some(rest) = framer.finish() {
        data(&rest.raw);
    }
}

/// Checks the laws of events on the way from a decoder to an encoder.
#[derive(Default)]
struct Laws {
    started: bool,
    open: Vec<u32>,
    next: u32,
    ended: bool,
}

impl Laws {
    fn check(&mut self, event: &Event<'_>) {
        assert!(!self.ended || matches!(event, Event::Start { .. }), "after the end: {event:?}");
        match event {
            Event::Start { .. } => (self.started, self.ended) = (true, false),
            Event::Error(_) => {
                assert!(self.open.is_empty(), "parts are closed before an error");
                self.ended = true;
            }
            _ => assert!(self.started, "before the start: {event:?}"),
        }
        match event {
            Event::PartStart { part, .. } => {
                assert_eq!(*part, self.next, "parts are numbered in order");
                self.next += 1;
                self.open.push(*part);
            }
            Event::Delta { part, .. } => assert!(self.open.contains(part), "a delta of an open part"),
            Event::PartEnd { part } => {
                let place = self.open.iter().position(|open| open == part).expect("a part closes once");
                self.open.remove(place);
            }
            Event::Finish { .. } => {
                assert!(self.open.is_empty(), "parts are closed before the finish");
                self.ended = true;
            }
            _ => {}
        }
    }
}

fn translate_stream(body: &str, size: usize) -> String {
    let mut decoder = messages::StreamDecoder::new();
    let mut encoder = StreamEncoder::new(&META, true);
    let mut laws = Laws::default();
    let mut out = BytesMut::new();
    let mut sink = |event: Event<'_>| {
        laws.check(&event);
        encoder.event(&event, &mut out);
    };
    frames(body, size, |data| decoder.push(data, &mut sink));
    decoder.finish(&mut sink);
    assert!(laws.ended, "a finish or an error always comes");
    encoder.finish(&mut out);
    String::from_utf8(out.to_vec()).expect("UTF-8")
}

/// Compares readings and gathers what differs.
#[derive(Default)]
struct Score {
    right: usize,
    wrong: Vec<String>,
}

impl Score {
    fn compare(
        &mut self,
        id: &Value,
        what: &str,
        expected: &impl std::fmt::Debug,
        found: &impl std::fmt::Debug,
    ) {
        let (expected, found) = (format!("{expected:#?}"), format!("{found:#?}"));
        if expected == found {
            self.right += 1;
            return;
        }
        let lines = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
        let short = |line: &str| line.chars().take(300).collect::<String>();
        let lines = lines.map(|(a, b)| format!("expected {}\n  found {}", short(a), short(b)));
        self.wrong.push(format!("{id} {what}: {}", lines.unwrap_or_else(|| "one is longer".to_owned())));
    }

    fn report(self, what: &str) {
        println!("{what}: {} right, {} wrong", self.right, self.wrong.len());
        assert!(self.right > 0, "{what}: nothing was compared");
        assert!(self.wrong.is_empty(), "{what}:\n{}", self.wrong.join("\n"));
    }
}

#[test]
fn anthropic_answers_are_told_in_chat() {
    let Some(records) = recordings("anthropic-messages") else { return };
    let (mut whole, mut streamed, mut failed) = (Score::default(), Score::default(), Score::default());
    for (i, record) in records.iter().enumerate() {
        let id = &record["id"];
        let body = record["response"]["body"].as_str().expect("text");
        let status = record["response"]["status"].as_u64().expect("a status") as u16;
        if status >= 400 {
            let said: Value = serde_json::from_str(body).expect("JSON");
            let error = messages::decode_error(http::StatusCode::from_u16(status).unwrap(), body.as_bytes());
            let expected = json!([said["error"]["message"], said["error"]["type"], status]);
            let found = json!([error.message, error.upstream_type, error.status.as_u16()]);
            failed.compare(id, "error", &expected, &found);
        } else if record["stream"] == true {
            let expected = AnthropicReader::stream(&events(body));
            let mut found = ChatReader::stream(&translate_stream(body, i % 17 + 1));
            if matches!(expected.error.as_deref(), Some("cut" | "spliced")) && found.error.is_some() {
                found.error.clone_from(&expected.error);
                // Usage is told at the end of what succeeded.
                found.usage = expected.usage;
            }
            streamed.compare(id, "stream", &expected, &found);
            assert_eq!(
                translate_stream(body, 1),
                translate_stream(body, body.len()),
                "{id}: any split is the same"
            );
        } else {
            let expected = AnthropicReader::whole(&serde_json::from_str(body).expect("JSON"));
            let answer = messages::decode_response(body.as_bytes()).expect("an answer");
            let chat: Value = serde_json::from_slice(&chat::encode_response(&answer, &META)).expect("JSON");
            whole.compare(id, "whole", &expected, &ChatReader::whole(&chat));
        }
    }
    whole.report("anthropic whole");
    streamed.report("anthropic streamed");
    failed.report("anthropic errors");
}

#[test]
fn an_error_with_a_success_status_is_an_error() {
    let body = br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    match messages::decode_response(body) {
        Err(DecodeError::Answer(error)) => {
            assert_eq!((error.status.as_u16(), error.message.as_str()), (529, "Overloaded"))
        }
        other => panic!("{other:?}"),
    }
}

/// What accounting has to find in a chat answer: finish, usage (input, output, cached, written,
/// reasoning), id, model, error.
fn chat_facts(chunks: &[Value]) -> Value {
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

fn observed(observer: &Observer) -> Value {
    let usage = &observer.usage;
    json!({
        "id": observer.id,
        "model": observer.model,
        "finish": observer.finish.as_ref().and_then(|finish| finish.raw.as_deref()),
        "error": observer.error.as_ref().map(|error| error.message.as_str()),
        "usage": [usage.input, usage.output, usage.cached_input, usage.cache_write, usage.reasoning],
    })
}

#[test]
fn relayed_chat_answers_are_observed() {
    let Some(records) = recordings("openai-chat") else { return };
    let (mut whole, mut streamed, mut failed) = (Score::default(), Score::default(), Score::default());
    for (i, record) in records.iter().enumerate() {
        let id = &record["id"];
        let body = record["response"]["body"].as_str().expect("text");
        let status = record["response"]["status"].as_u64().expect("a status") as u16;
        if status >= 400 {
            let error = chat::decode_error(http::StatusCode::from_u16(status).unwrap(), body.as_bytes());
            let said: Value = serde_json::from_str(body).expect("JSON");
            let places = [&said["error"]["message"], &said["error"], &said["message"], &said["detail"]];
            let expected = places.iter().find_map(|place| place.as_str()).expect("a message");
            failed.compare(id, "error", &(expected, status), &(&error.message, error.status.as_u16()));
        } else if record["stream"] == true {
            let chunks = events(body);
            let mut observer = Observer::default();
            let mut bare = 0;
            frames(body, i % 17 + 1, |data| bare += usize::from(observer.push(data).usage_only));
            streamed.compare(id, "stream", &chat_facts(&chunks), &observed(&observer));
            let no_choice = |chunk: &&Value| chunk["choices"].as_array().is_some_and(Vec::is_empty);
            let expected = chunks.iter().filter(no_choice).filter(|c| c["usage"].is_object()).count();
            streamed.compare(id, "usage-only chunks", &expected, &bare);
            streamed.compare(
                id,
                "complete",
                &chunks.iter().all(|c| c["error"].is_null()),
                &observer.is_complete(),
            );
            let says_something = chunks.iter().any(|chunk| {
                ["content", "reasoning_content", "reasoning"].iter().any(|member| {
                    chunk["choices"][0]["delta"][*member].as_str().is_some_and(|text| !text.is_empty())
                })
            });
            assert!(observer.text_bytes > 0 || !says_something, "{id}: no text was counted");
        } else {
            let observer = chat::observe::observe_response(body.as_bytes());
            let answer: Value = serde_json::from_str(body).expect("JSON");
            whole.compare(id, "whole", &chat_facts(&[answer]), &observed(&observer));
        }
    }
    whole.report("chat whole");
    streamed.report("chat streamed");
    failed.report("chat errors");
}

/// Everything that a chat request tells the model, in order, by an independent reading.
fn told_in_chat(request: &Value) -> Vec<Value> {
    let mut told = Vec::new();
    let say = |told: &mut Vec<Value>, kind: &str, value: &Value| {
        if !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty()) {
            told.push(json!([kind, value]));
        }
    };
    let content = |told: &mut Vec<Value>, kind: &str, content: &Value| match content {
        Value::Array(parts) => {
            for part in parts {
                match part["type"].as_str().unwrap_or_default() {
                    "text" => say(told, kind, &part["text"]),
                    "image_url" => {
                        say(told, "media", &json!(bytes_of(part["image_url"]["url"].as_str().unwrap())))
                    }
                    "document_url" => {
                        say(told, "media", &json!(bytes_of(part["document_url"].as_str().unwrap())))
                    }
                    "file" if part["file"]["file_id"].is_string() => {
                        say(told, "media", &part["file"]["file_id"])
                    }
                    "file" => {
                        say(told, "media", &json!(bytes_of(part["file"]["file_data"].as_str().unwrap())))
                    }
                    _ => {}
                }
            }
        }
        text => say(told, kind, text),
    };
    for message in request["messages"].as_array().unwrap() {
        match message["role"].as_str().unwrap() {
            "system" | "developer" => content(&mut told, "system", &message["content"]),
            "tool" => {
                told.push(json!(["result of", message["tool_call_id"]]));
                content(&mut told, "result", &message["content"]);
            }
            role => {
                content(&mut told, role, &message["content"]);
                for call in message["tool_calls"].as_array().into_iter().flatten() {
                    let arguments = call["function"]["arguments"].as_str().unwrap();
                    let arguments = serde_json::from_str(arguments).unwrap_or(Value::Null);
                    let arguments = if arguments.is_null() { json!({}) } else { arguments };
                    told.push(json!(["call", call["id"], call["function"]["name"], arguments]));
                }
            }
        }
    }
    told.sort_by_key(|said| said[0] != "system");
    for tool in request["tools"].as_array().into_iter().flatten().filter(|tool| tool["function"].is_object())
    {
        let function = &tool["function"];
        let mut schema = function["parameters"].clone();
        if schema.is_null() || schema == json!({}) {
            schema = json!({ "type": "object", "properties": {} });
        }
        told.push(json!(["tool", function["name"], function["description"], schema]));
    }
    let stop = &request["stop"];
    told.push(json!(["stop", if stop.is_string() { json!([stop]) } else { stop.clone() }]));
    told.push(json!(["limit", first_of(request, &["max_completion_tokens", "max_tokens"])]));
    told.push(json!(["schema", request["response_format"]["json_schema"]["schema"]]));
    told
}

fn first_of(object: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| object[*name].clone()).find(|value| !value.is_null()).unwrap_or_default()
}

/// The bytes of a data URL as they stand, or the address.
fn bytes_of(url: &str) -> &str {
    url.split_once(";base64,").map_or(url, |(_, data)| data)
}

/// The same of an Anthropic request.
fn told_to_anthropic(request: &Value) -> Vec<Value> {
    fn blocks(told: &mut Vec<Value>, kind: &str, content: &Value) {
        if let Some(text) = content.as_str().filter(|text| !text.trim().is_empty()) {
            told.push(json!([kind, text]));
        }
        for block in content.as_array().into_iter().flatten() {
            match block["type"].as_str().unwrap() {
                "text" if block["text"].as_str().is_some_and(|text| text.trim().is_empty()) => {}
                "text" => told.push(json!([kind, block["text"]])),
                "tool_use" => told.push(json!(["call", block["id"], block["name"], block["input"]])),
                "image" | "document" => {
                    told.push(json!(["media", first_of(&block["source"], &["data", "url", "file_id"])]));
                }
                "tool_result" => {
                    told.push(json!(["result of", block["tool_use_id"]]));
                    blocks(told, "result", &block["content"]);
                }
                _ => {}
            }
        }
    }
    let mut told = Vec::new();
    blocks(&mut told, "system", &request["system"]);
    for message in request["messages"].as_array().unwrap() {
        blocks(&mut told, message["role"].as_str().unwrap(), &message["content"]);
    }
    for tool in
        request["tools"].as_array().into_iter().flatten().filter(|tool| tool["input_schema"].is_object())
    {
        told.push(json!(["tool", tool["name"], tool["description"], tool["input_schema"]]));
    }
    told.push(json!(["stop", request["stop_sequences"]]));
    told.push(json!(["limit", request["max_tokens"]]));
    told.push(json!(["schema", request["output_config"]["format"]["schema"]]));
    told
}

#[test]
fn chat_requests_are_told_to_anthropic() {
    let Some(records) = recordings("openai-chat") else { return };
    let mut score = Score::default();
    let mut refused = 0;
    for record in records.iter().filter(|record| record["request"]["body"]["messages"].is_array()) {
        let id = &record["id"];
        let request = &record["request"]["body"];
        let body = serde_json::to_vec(request).unwrap();
        let decoded = match chat::decode_request(&body) {
            Ok(decoded) => decoded,
            Err(error) => {
                score.wrong.push(format!("{id}: {error}"));
                continue;
            }
        };
        let target = Target {
            model: "claude",
            provider: "anthropic",
            front: Front::Chat,
            facts: None,
            on_unsupported: OnUnsupported::Drop,
        };
        match messages::encode_request(&decoded, &target) {
            Ok(encoded) => {
                let sent: Value = serde_json::from_slice(&encoded.body).expect("JSON");
                let mut expected = told_in_chat(request);
                let mut found = told_to_anthropic(&sent);
                if expected.iter().any(|told| told == &json!(["limit", null])) {
                    expected.retain(|told| told[0] != "limit");
                    found.retain(|told| told[0] != "limit");
                }
                if request["response_format"]["type"] == "json_object" {
                    let added = found.iter().rposition(|told| told[0] == "system").expect("an instruction");
                    found.remove(added);
                }
                let calls_by_letters = |told: &mut Vec<Value>| {
                    for said in told.iter_mut().filter(|said| said[0] == "call" || said[0] == "result of") {
                        let letter = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
                        said[1] = said[1].as_str().unwrap().chars().map(letter).collect::<String>().into();
                    }
                };
                calls_by_letters(&mut expected);
                calls_by_letters(&mut found);
                score.compare(id, "request", &expected, &found);
            }
            Err(error) => {
                refused += 1;
                println!("{id} refused: {error}");
            }
        }
    }
    println!("{refused} refused");
    score.report("chat requests to Anthropic");
}

/// The independent reading of a chat answer in any dialect: whole (one message) or streamed (deltas).
#[derive(Default)]
struct DialectReader {
    reading: Reading,
    calls: Vec<(Value, String, String, String)>,
}

impl DialectReader {
    fn say(&mut self, said: &Value) {
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

    fn read(chunks: &[Value]) -> Reading {
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

fn retell_stream(body: &str, size: usize) -> String {
    let mut decoder = chat::StreamDecoder::new();
    let mut encoder = StreamEncoder::new(&META, true);
    let mut laws = Laws::default();
    let mut out = BytesMut::new();
    let mut sink = |event: Event<'_>| {
        laws.check(&event);
        encoder.event(&event, &mut out);
    };
    frames(body, size, |data| decoder.push(data, &mut sink));
    decoder.finish(&mut sink);
    assert!(laws.ended, "a finish or an error always comes");
    encoder.finish(&mut out);
    String::from_utf8(out.to_vec()).expect("UTF-8")
}

#[test]
fn chat_answers_of_every_dialect_are_told_in_chat() {
    let Some(records) = recordings("openai-chat") else { return };
    let (mut whole, mut streamed) = (Score::default(), Score::default());
    let retold = |mut reading: Reading, expected: &Reading| {
        // Ids that were missing are made up; details without a format have no place in chat.
        for (found, expected) in reading.calls.iter_mut().zip(&expected.calls) {
            if expected.0.is_empty() && !found.0.is_empty() {
                found.0.clear();
            }
        }
        reading.web.clear();
        reading
    };
    for (i, record) in records.iter().enumerate() {
        let id = &record["id"];
        let body = record["response"]["body"].as_str().expect("text");
        if record["response"]["status"].as_u64() >= Some(400) {
            continue;
        }
        if record["stream"] == true {
            let chunks = events(body);
            if chunks.iter().any(|chunk| chunk["choices"][0]["index"].as_u64() > Some(0)) {
                continue;
            }
            let expected = DialectReader::read(&chunks);
            let mut found = retold(ChatReader::stream(&retell_stream(body, i % 17 + 1)), &expected);
            if expected.error.is_some() {
                (found.finish, found.usage) = (expected.finish.clone(), expected.usage);
            }
            streamed.compare(id, "stream", &expected, &found);
            assert_eq!(
                retell_stream(body, 1),
                retell_stream(body, body.len()),
                "{id}: any split is the same"
            );
        } else {
            let answer: Value = serde_json::from_str(body).expect("JSON");
            match chat::decode_response(body.as_bytes()) {
                Ok(response) if response.choices.len() == 1 => {
                    let expected = DialectReader::read(&[answer]);
                    let chat: Value =
                        serde_json::from_slice(&chat::encode_response(&response, &META)).expect("JSON");
                    let found = retold(ChatReader::whole(&chat), &expected);
                    whole.compare(id, "whole", &expected, &found);
                }
                Ok(_) => {}
                Err(error) => assert!(!answer["error"].is_null(), "{id}: {error}"),
            }
        }
    }
    whole.report("chat retold whole");
    streamed.report("chat retold streamed");
}
