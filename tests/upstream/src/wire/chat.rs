//! OpenAI Chat Completions, as its API reference documents bodies, chunks and errors, with the
//! habits of other providers of this wire as settings of the script.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{Tool, Wire, check_credential, only, refuse};
use crate::{
    ask::Ask,
    fault::Fault,
    reply::{Finish, Part, Reply, Usage},
};

/// The wire of OpenAI and of those who speak as it does.
pub struct Chat;

const ID: &str = "chatcmpl-standin";
const CREATED: u64 = 1_760_000_000;

impl Wire for Chat {
    fn name(&self) -> &'static str {
        "openai-chat"
    }

    fn check(&self, ask: &Ask) -> Result<(), Fault> {
        check_credential(ask, self.credential(ask).as_deref())?;
        check_body(&ask.body)
    }

    fn credential(&self, ask: &Ask) -> Option<String> {
        let bearer = ask.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        bearer.or_else(|| ask.header("api-key")).map(str::to_owned)
    }

    fn tools(&self, ask: &Ask) -> Vec<Tool> {
        let tool = |tool: &Value| {
            let function = &tool["function"];
            Some(Tool { name: function["name"].as_str()?.to_owned(), schema: function["parameters"].clone() })
        };
        ask.body["tools"].as_array().map(|tools| tools.iter().filter_map(tool).collect()).unwrap_or_default()
    }

    fn answer_schema(&self, ask: &Ask) -> Option<Value> {
        let format = &ask.body["response_format"];
        match format["type"].as_str()? {
            "json_schema" => Some(format["json_schema"]["schema"].clone()),
            "json_object" => Some(json!({"type": "object", "properties": {"answer": {"type": "string"}}})),
            _ => None,
        }
    }

    fn forced_tool(&self, ask: &Ask) -> Option<String> {
        match &ask.body["tool_choice"] {
            Value::String(choice) if choice == "required" => only(self.tools(ask)),
            choice => choice["function"]["name"].as_str().map(str::to_owned),
        }
    }

    fn tool_results(&self, ask: &Ask) -> Vec<String> {
        let messages = ask.body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        messages
            .iter()
            .filter(|message| message["role"] == "tool")
            .map(|message| text(&message["content"]))
            .collect()
    }

    fn whole(&self, ask: &Ask, reply: &Reply) -> Value {
        let choice = json!({
            "index": 0,
            "message": message(reply),
            "logprobs": null,
            "finish_reason": finish(reply.finish),
        });
        let mut body = json!({
            "id": ID,
            "object": "chat.completion",
            "created": CREATED,
            "model": ask.model,
            "choices": [choice],
            "usage": usage(&reply.usage),
            "service_tier": "default",
            "system_fingerprint": "fp_standin",
        });
        if ask.script.has("nousage") {
            body.as_object_mut().map(|body| body.remove("usage"));
        }
        add_extra(&mut body, reply);
        body
    }

    fn stream(&self, ask: &Ask, reply: &Reply) -> Vec<Bytes> {
        let mut writer = Writer { ask, reply, events: Vec::new(), last: None };
        writer.write();
        writer.events
    }

    fn fault(&self, fault: &Fault) -> Value {
        let code = if fault.openai_code.is_empty() { Value::Null } else { json!(fault.openai_code) };
        json!({"error": {"message": fault.message, "type": fault.openai_type, "param": null, "code": code}})
    }

    fn fault_event(&self, fault: &Fault) -> Bytes {
        frame(&self.fault(fault))
    }

    fn models(&self, _: &Ask, ids: &[String]) -> Value {
        let row =
            |id: &String| json!({"id": id, "object": "model", "created": CREATED, "owned_by": "stand-in"});
        json!({"object": "list", "data": ids.iter().map(row).collect::<Vec<_>>()})
    }

    fn limit_headers(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ]
    }

    fn id_header(&self) -> &'static str {
        "x-request-id"
    }
}

fn finish(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopSequence => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::Filtered => "content_filter",
    }
}

fn usage(usage: &Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

fn message(reply: &Reply) -> Value {
    let (mut content, mut reasoning, mut refusal) = (None::<String>, None::<String>, None::<String>);
    let mut calls = Vec::new();
    for part in &reply.parts {
        match part {
            Part::Text(pieces) => content.get_or_insert_default().push_str(&pieces.concat()),
            Part::Reasoning(pieces) => reasoning.get_or_insert_default().push_str(&pieces.concat()),
            Part::Refusal(pieces) => refusal.get_or_insert_default().push_str(&pieces.concat()),
            Part::Call { id, name, arguments } => calls.push(json!({
                "id": id, "type": "function",
                "function": {"name": name, "arguments": arguments.concat()},
            })),
        }
    }
    let mut message = json!({"role": "assistant", "content": content, "refusal": refusal, "annotations": []});
    if let Some(reasoning) = reasoning {
        message["reasoning_content"] = json!(reasoning);
    }
    if !calls.is_empty() {
        message["tool_calls"] = json!(calls);
    }
    message
}

fn add_extra(body: &mut Value, reply: &Reply) {
    if let Some((name, value)) = &reply.extra {
        body[name] = value.clone();
    }
}

fn frame(data: &Value) -> Bytes {
    format!("data: {data}\n\n").into()
}

/// Writes a stream's chunks in order.
struct Writer<'a> {
    ask: &'a Ask,
    reply: &'a Reply,
    events: Vec<Bytes>,
    /// The piece last written and its event, so that a flood of one piece is rendered once.
    last: Option<(Arc<str>, Bytes)>,
}

impl Writer<'_> {
    fn write(&mut self) {
        if self.ask.script.has("azure") {
            self.filter_results();
        }
        self.delta(json!({"role": "assistant", "content": "", "refusal": null}), Value::Null);
        let mut calls = 0;
        for part in &self.reply.parts {
            match part {
                Part::Text(pieces) => self.pieces("content", pieces),
                Part::Reasoning(pieces) => self.pieces("reasoning_content", pieces),
                Part::Refusal(pieces) => self.pieces("refusal", pieces),
                Part::Call { id, name, arguments } => {
                    self.call(calls, id, name, arguments);
                    calls += 1;
                }
            }
        }
        self.end();
    }

    /// Azure opens a stream with the filter's findings about the prompt and no choice.
    fn filter_results(&mut self) {
        let safe = json!({"hate": {"filtered": false, "severity": "safe"}});
        let results = json!([{"prompt_index": 0, "content_filter_results": safe}]);
        self.events.push(frame(&json!({
            "choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": results,
        })));
    }

    fn pieces(&mut self, field: &str, pieces: &[Arc<str>]) {
        self.last = None;
        for piece in pieces {
            match &self.last {
                Some((last, event)) if Arc::ptr_eq(last, piece) => self.events.push(event.clone()),
                _ => {
                    self.delta(json!({field: &**piece}), Value::Null);
                    self.last = self.events.last().map(|event| (piece.clone(), event.clone()));
                }
            }
        }
    }

    fn call(&mut self, index: usize, id: &str, name: &str, arguments: &[Arc<str>]) {
        let function = |name: &str, arguments: &str| json!({"name": name, "arguments": arguments});
        if self.ask.script.has("wholecalls") {
            let call = json!({"id": id, "function": function(name, &arguments.concat())});
            return self.delta(json!({"tool_calls": [call]}), Value::Null);
        }
        let start = json!({"index": index, "id": id, "type": "function", "function": function(name, "")});
        self.delta(json!({"tool_calls": [start]}), Value::Null);
        for piece in arguments {
            let more = json!({"index": index, "function": {"arguments": &**piece}});
            self.delta(json!({"tool_calls": [more]}), Value::Null);
        }
    }

    fn end(&mut self) {
        let script = &self.ask.script;
        let placed = script.text("usage").unwrap_or_default().to_owned();
        let never = script.has("nousage");
        let twice = script.has("finishtwice");
        let reason = json!(finish(self.reply.finish));
        self.delta(json!({}), reason.clone());
        if twice {
            self.delta(json!({"role": "assistant", "content": ""}), reason);
        }
        let usage = usage(&self.reply.usage);
        match placed.as_str() {
            _ if never => {}
            "finish" => self.amend_last("usage", usage),
            "xgroq" => self.amend_last("x_groq", json!({"id": "req_standin", "usage": usage})),
            "choice" => self.amend_choice(usage),
            "always" => self.usage(usage),
            _ if self.asked_for_usage() => self.usage(usage),
            _ => {}
        }
        if !self.ask.script.has("nodone") {
            self.events.push(Bytes::from_static(b"data: [DONE]\n\n"));
        }
    }

    fn asked_for_usage(&self) -> bool {
        self.ask.body["stream_options"]["include_usage"] == true
    }

    fn delta(&mut self, delta: Value, finish_reason: Value) {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason});
        let mut chunk = self.chunk(json!([choice]));
        if self.asked_for_usage() {
            chunk["usage"] = Value::Null;
        }
        self.events.push(frame(&chunk));
    }

    fn usage(&mut self, usage: Value) {
        let mut chunk = self.chunk(json!([]));
        chunk["usage"] = usage;
        self.events.push(frame(&chunk));
    }

    fn chunk(&self, choices: Value) -> Value {
        let mut chunk = json!({
            "id": ID, "object": "chat.completion.chunk", "created": CREATED, "model": self.ask.model,
            "service_tier": "default", "system_fingerprint": "fp_standin", "choices": choices,
        });
        add_extra(&mut chunk, self.reply);
        chunk
    }

    fn amend_last(&mut self, name: &str, value: Value) {
        let Some(mut chunk) = self.pop() else { return };
        chunk[name] = value;
        self.events.push(frame(&chunk));
    }

    fn amend_choice(&mut self, usage: Value) {
        let Some(mut chunk) = self.pop() else { return };
        chunk["choices"][0]["usage"] = usage;
        self.events.push(frame(&chunk));
    }

    fn pop(&mut self) -> Option<Value> {
        let event = self.events.pop()?;
        serde_json::from_slice(event.strip_prefix(b"data: ")?).ok()
    }
}

fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

fn check_body(body: &Value) -> Result<(), Fault> {
    let Some(body) = body.as_object() else {
        return refuse("We could not parse the JSON body of your request.");
    };
    if body.contains_key("stream_options") && body.get("stream") != Some(&Value::Bool(true)) {
        return refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.");
    }
    for name in ["temperature", "top_p", "max_tokens", "max_completion_tokens", "n", "seed"] {
        if body.get(name).is_some_and(|value| !value.is_number() && !value.is_null()) {
            return refuse(format!("Invalid type for '{name}': expected a number."));
        }
    }
    if body.get("user").and_then(Value::as_str).is_some_and(|user| user.chars().count() > 64) {
        return refuse("Invalid 'user': string too long. Expected a string with maximum length 64.");
    }
    match body.get("messages").and_then(Value::as_array) {
        Some(messages) if !messages.is_empty() => check_messages(messages),
        _ => refuse("Missing required parameter: 'messages'."),
    }
}

/// Every call has its result right after it, and every result its call.
fn check_messages(messages: &[Value]) -> Result<(), Fault> {
    let mut open: Vec<String> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let empty = Map::new();
        let fields = message.as_object().unwrap_or(&empty);
        let role = fields.get("role").and_then(Value::as_str).unwrap_or_default();
        if !["system", "developer", "user", "assistant", "tool", "function"].contains(&role) {
            return refuse(format!("Invalid value for 'messages[{index}].role': '{role}'."));
        }
        if role == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            match open.iter().position(|call| call == id) {
                Some(found) => drop(open.remove(found)),
                None => return refuse(format!("'messages[{index}]' answers no tool call '{id}'.")),
            }
            continue;
        }
        if let Some(id) = open.first() {
            return refuse(format!("No tool message answers the tool call '{id}'."));
        }
        let calls = message["tool_calls"].as_array().map(Vec::as_slice).unwrap_or_default();
        if calls.is_empty()
            && fields.get("content").is_none_or(|content| content.is_null() && role != "assistant")
        {
            return refuse(format!("Missing 'messages[{index}].content'."));
        }
        open.extend(calls.iter().filter_map(|call| call["id"].as_str()).map(str::to_owned));
    }
    match open.first() {
        Some(id) => refuse(format!("No tool message answers the tool call '{id}'.")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_its_result_is_refused() {
        let call = json!({"role": "assistant", "tool_calls": [{"id": "c1", "type": "function"}]});
        let result = json!({"role": "tool", "tool_call_id": "c1", "content": "7"});
        let user = json!({"role": "user", "content": "go on"});
        let check = |messages: Value| check_body(&json!({"model": "m", "messages": messages}));
        assert!(check(json!([user, call, result, user])).is_ok());
        assert!(check(json!([user, call, user])).is_err());
        assert!(check(json!([user, result])).is_err());
        assert!(check(json!([user, call])).is_err());
    }
}
