//! A reader of Anthropic Messages.

use serde_json::{Value, json};

use super::{Call, Ended, Failure, Said, Used, check_calls, count, list, named, text};

/// The types of errors that Anthropic documents, with their statuses ("Errors").
const ERRORS: [&str; 10] = [
    "invalid_request_error",
    "authentication_error",
    "billing_error",
    "permission_error",
    "not_found_error",
    "request_too_large",
    "rate_limit_error",
    "api_error",
    "timeout_error",
    "overloaded_error",
];

pub fn failure(body: &Value) -> Failure {
    assert_eq!(body["type"], "error", "{body}");
    let error = &body["error"];
    assert!(ERRORS.contains(&text(error, "type")), "an error of another type: {body}");
    assert!(!text(error, "message").is_empty(), "an error without a message: {body}");
    Failure { status: 0, message: text(error, "message").to_owned(), field: None }
}

/// Clients branch on the type, which goes with the status ("Errors").
pub fn check_kind(body: &Value, status: u16) {
    let kind = match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        500 => "api_error",
        529 => "overloaded_error",
        _ => return,
    };
    assert_eq!(text(&body["error"], "type"), kind, "the type of a {status}");
}

fn ended(word: &str) -> Ended {
    match word {
        "end_turn" => Ended::Stop,
        "stop_sequence" => Ended::Sequence,
        "max_tokens" => Ended::Length,
        "tool_use" => Ended::Calls,
        "refusal" => Ended::Filtered,
        other => panic!("the stop reason {other:?}"),
    }
}

fn used(usage: &Value) -> Used {
    let optional = |member: &str| usage[member].as_u64().unwrap_or(0);
    let (cached, written) = (optional("cache_read_input_tokens"), optional("cache_creation_input_tokens"));
    Used {
        input: count(usage, "input_tokens") + cached + written,
        output: count(usage, "output_tokens"),
        cached,
        written,
        reasoning: usage["output_tokens_details"]["thinking_tokens"].as_u64().unwrap_or(0),
    }
}

fn stop(said: &mut Said, holder: &Value) {
    said.ended = Some(ended(text(holder, "stop_reason")));
    assert!(holder.get("stop_sequence").is_some(), "no `stop_sequence` in {holder}");
    said.sequence = holder["stop_sequence"].as_str().map(str::to_owned);
    assert_eq!(said.ended == Some(Ended::Sequence), said.sequence.is_some(), "{holder}");
    if let Some(words) = holder["stop_details"]["explanation"].as_str() {
        said.refusal = words.to_owned();
    }
}

pub fn whole(body: &Value) -> Said {
    assert_eq!((&body["type"], &body["role"]), (&json!("message"), &json!("assistant")));
    let mut said = Said { used: used(&body["usage"]), named: named(body), ..Said::default() };
    stop(&mut said, body);
    list(body, "content").iter().for_each(|block| add(&mut said, block));
    check_calls(&said.calls);
    said
}

/// A whole block.
fn add(said: &mut Said, block: &Value) {
    match text(block, "type") {
        "text" => {
            assert!(!text(block, "text").is_empty(), "an empty text block, which Anthropic refuses back");
            said.text.push_str(text(block, "text"));
            for citation in block["citations"].as_array().into_iter().flatten() {
                cite(said, citation);
            }
        }
        "thinking" => {
            said.reasoning.push_str(text(block, "thinking"));
            let signature = text(block, "signature");
            said.signatures.extend((!signature.is_empty()).then(|| signature.to_owned()));
        }
        "redacted_thinking" => said.signatures.push(text(block, "data").to_owned()),
        "tool_use" => {
            assert!(block["input"].is_object(), "{block}");
            said.calls.push(Call {
                id: text(block, "id").to_owned(),
                name: text(block, "name").to_owned(),
                arguments: block["input"].to_string(),
            });
        }
        other => said.blocks.push(other.to_owned()),
    }
}

fn cite(said: &mut Said, citation: &Value) {
    assert_eq!(citation["type"], "web_search_result_location");
    for member in ["cited_text", "encrypted_index"] {
        text(citation, member);
    }
    said.citations.push((text(citation, "url").to_owned(), text(citation, "title").to_owned()));
}

/// Where a stream stands.
#[derive(Default)]
struct Stream {
    said: Said,
    started: bool,
    /// The block that is open, and how many came before it.
    open: Option<Value>,
    input: String,
    blocks: u64,
    stopped: bool,
    over: bool,
}

pub fn stream(body: &str) -> Said {
    assert!(body.ends_with("\n\n"), "the stream ends inside an event");
    let mut stream = Stream::default();
    for event in body.split("\n\n").filter(|event| !event.is_empty()) {
        assert!(!stream.over, "something comes after the end: {event}");
        let lines: Vec<&str> = event.lines().collect();
        let &[name, data] = lines.as_slice() else { panic!("not a name and a line of data: {event:?}") };
        let name = name.strip_prefix("event: ").unwrap_or_else(|| panic!("no name: {event:?}"));
        let data = data.strip_prefix("data: ").unwrap_or_else(|| panic!("no data: {event:?}"));
        let data: Value = serde_json::from_str(data).unwrap_or_else(|e| panic!("{e}: {data}"));
        assert_eq!(data["type"], name, "the event's name");
        stream.event(name, &data);
    }
    assert!(stream.over, "the stream ends without `message_stop` and without an error");
    check_calls(&stream.said.calls);
    stream.said
}

impl Stream {
    fn event(&mut self, name: &str, data: &Value) {
        match name {
            "ping" => {}
            "error" => {
                self.said.failure = Some(failure(data));
                self.said.ended = None;
                self.over = true;
                // What came of a block that was cut.
                if let Some(block) = self.open.take() {
                    add(&mut self.said, &block);
                }
            }
            "message_start" => {
                assert!(!self.started, "`message_start` twice");
                self.started = true;
                let message = &data["message"];
                assert_eq!(
                    (&message["type"], &message["role"]),
                    (&json!("message"), &json!("assistant")),
                    "{data}"
                );
                self.said.named = named(message);
                assert!(list(message, "content").is_empty(), "{data}");
                for member in ["stop_reason", "stop_sequence"] {
                    assert_eq!(message.get(member), Some(&Value::Null), "{data}");
                }
                self.said.used = used(&message["usage"]);
            }
            _ => {
                assert!(self.started, "{name} before `message_start`");
                self.in_message(name, data);
            }
        }
    }

    fn in_message(&mut self, name: &str, data: &Value) {
        if matches!(name, "content_block_start" | "content_block_delta" | "content_block_stop") {
            assert!(!self.stopped, "{name} after `message_delta`");
            assert_eq!(count(data, "index"), self.blocks, "the index of {data}");
        }
        match name {
            "content_block_start" => {
                assert!(self.open.is_none(), "a block begins inside another: {data}");
                self.open = Some(check_start(&data["content_block"]));
                self.input.clear();
            }
            "content_block_delta" => self.delta(&data["delta"]),
            "content_block_stop" => {
                let mut block = self.open.take().unwrap_or_else(|| panic!("nothing is open: {data}"));
                if !self.input.is_empty() {
                    block["input"] = serde_json::from_str(&self.input)
                        .unwrap_or_else(|e| panic!("the SDK cannot read the input: {e}: {}", self.input));
                }
                add(&mut self.said, &block);
                self.blocks += 1;
            }
            "message_delta" => {
                assert!(self.open.is_none() && !self.stopped, "too early or twice: {data}");
                self.stopped = true;
                stop(&mut self.said, &data["delta"]);
                count(&data["usage"], "output_tokens");
                // Counts here are totals, and take the place of the first.
                self.said.used = used(&data["usage"]);
            }
            "message_stop" => {
                assert!(self.stopped, "`message_stop` without `message_delta`");
                self.over = true;
            }
            other => panic!("the event {other}"),
        }
    }

    fn delta(&mut self, delta: &Value) {
        let block = self.open.as_mut().unwrap_or_else(|| panic!("nothing is open: {delta}"));
        let kind = text(block, "type").to_owned();
        let mut append = |member: &str| {
            block[member] = json!(format!("{}{}", text(block, member), text(delta, member)));
        };
        match (text(delta, "type"), kind.as_str()) {
            ("text_delta", "text") => append("text"),
            ("thinking_delta", "thinking") => append("thinking"),
            ("signature_delta", "thinking") => append("signature"),
            ("citations_delta", "text") => {
                if !block["citations"].is_array() {
                    block["citations"] = json!([]);
                }
                block["citations"].as_array_mut().unwrap().push(delta["citation"].clone());
            }
            ("input_json_delta", "tool_use" | "server_tool_use") => {
                self.input.push_str(text(delta, "partial_json"));
            }
            (delta, block) => panic!("a {delta} in a block of type {block}"),
        }
    }
}

/// A block as it must begin: empty.
fn check_start(block: &Value) -> Value {
    match text(block, "type") {
        "text" => assert_eq!(text(block, "text"), "", "{block}"),
        "thinking" => {
            assert_eq!((text(block, "thinking"), text(block, "signature")), ("", ""), "{block}");
        }
        "tool_use" => assert!(block["input"].is_object(), "{block}"),
        _ => {}
    }
    block.clone()
}
