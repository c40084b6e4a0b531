//! Tool loops of three turns, through clients that keep role, content and calls alone, on recorded
//! answers. What the model needs to see again is in every request that goes up, to the byte.
//!
//! The recordings are no part of the repository: where they are absent the tests say so and pass.

mod claude;
mod gemini;
mod text;

use std::{io::Read, path::PathBuf};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use sha2::Digest;

use claude::claude_answers;
use gemini::gemini_answers;

use super::sim::{Got, Script, Sim};

/// A recorded answer with calls.
#[derive(Clone)]
struct Recorded {
    body: String,
    stream: bool,
}

/// Recorded answers by id, made distinct: their sources put the same word in place of every call's id.
fn recorded<const N: usize>(wire: &str, ids: [&str; N]) -> Option<[Recorded; N]> {
    let folder = std::env::var_os("TOLLBRIDGE_RECORDINGS").map(PathBuf::from).or_else(|| {
        let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let parents = ["../shared/recordings", "../../shared/recordings"];
        parents.iter().map(|parent| repository.join(parent)).find(|folder| folder.is_dir())
    });
    let Some(folder) = folder else {
        println!("skipped: no recordings (../shared/recordings or TOLLBRIDGE_RECORDINGS)");
        return None;
    };
    let file = std::fs::File::open(folder.join(format!("{wire}.jsonl.gz"))).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let find = |id: &str| records.iter().find(|record| record["id"] == id);
    if let Some(missing) = ids.iter().find(|id| find(id).is_none()) {
        println!("skipped: {missing} is not in this set of recordings");
        return None;
    }
    Some(ids.map(|id| {
        let record = find(id).unwrap();
        Recorded {
            body: record["response"]["body"].as_str().unwrap().replace("REDACTED", id),
            stream: record["stream"].as_bool().unwrap(),
        }
    }))
}

impl Recorded {
    fn script(&self) -> Script {
        if self.stream {
            // In the pieces in which a network might bring it.
            let pieces: Vec<String> = self.body.as_bytes().chunks(97).map(text).collect();
            Script::stream(&pieces.iter().map(String::as_str).collect::<Vec<_>>())
        } else {
            Script::json(self.body.clone())
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn events(body: &str) -> Vec<Value> {
    let body = body.replace("\r\n", "\n");
    let data =
        body.split("\n\n").filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data:")));
    data.filter(|data| data.trim() != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
}

/// A client that rebuilds its messages.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Client {
    Chat,
    Messages,
}

impl Client {
    fn request(self, body: &Value, key: &str) -> Request<Full<Bytes>> {
        let path = match self {
            Self::Chat => "/v1/chat/completions",
            Self::Messages => "/v1/messages",
        };
        Request::post(path)
            .header("content-type", "application/json")
            .header("anthropic-version", "2023-06-01")
            .header("authorization", format!("Bearer tb-{key}"))
            .body(Full::from(body.to_string()))
            .unwrap()
    }

    /// What it keeps of an answer: texts and calls, or the whole.
    fn kept(self, got: &Got, stream: bool, whole: bool) -> Value {
        match self {
            Self::Chat if stream => chat_of_chunks(&events(&got.body)),
            Self::Chat => {
                let message = got.json()["choices"][0]["message"].clone();
                if whole {
                    return message;
                }
                json!({
                    "role": "assistant", "content": message["content"],
                    "tool_calls": message["tool_calls"].as_array().unwrap().iter().map(bare).collect::<Vec<_>>(),
                })
            }
            Self::Messages => {
                let blocks =
                    if stream { blocks_of(&events(&got.body)) } else { got.json()["content"].clone() };
                let kept = blocks
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|block| block["type"] == "text" || block["type"] == "tool_use");
                json!({"role": "assistant", "content": kept.collect::<Vec<_>>()})
            }
        }
    }

    /// The results of an answer's calls.
    fn results(self, kept: &Value) -> Vec<Value> {
        match self {
            Self::Chat => {
                let calls = kept["tool_calls"].as_array().unwrap().iter();
                calls
                    .map(|call| json!({"role": "tool", "tool_call_id": call["id"], "content": "42"}))
                    .collect()
            }
            Self::Messages => {
                let calls = kept["content"].as_array().unwrap().iter().filter(|b| b["type"] == "tool_use");
                let results = calls
                    .map(|call| json!({"type": "tool_result", "tool_use_id": call["id"], "content": "42"}));
                vec![json!({"role": "user", "content": results.collect::<Vec<_>>()})]
            }
        }
    }

    fn tool(self, name: &str) -> Value {
        let schema = json!({"type": "object", "properties": {}});
        match self {
            Self::Chat => json!({"type": "function", "function": {"name": name, "parameters": schema}}),
            Self::Messages => json!({"name": name, "input_schema": schema}),
        }
    }
}

fn bare(call: &Value) -> Value {
    let function = &call["function"];
    json!({
        "id": call["id"], "type": "function",
        "function": {"name": function["name"], "arguments": function["arguments"]},
    })
}

fn chat_of_chunks(chunks: &[Value]) -> Value {
    let mut content = String::new();
    let mut calls: Vec<Value> = Vec::new();
    for delta in chunks.iter().flat_map(|chunk| chunk["choices"].as_array().unwrap()).map(|c| &c["delta"]) {
        content += delta["content"].as_str().unwrap_or_default();
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let index = call["index"].as_u64().unwrap() as usize;
            if calls.len() == index {
                calls.push(bare(call));
                continue;
            }
            let more = call["function"]["arguments"].as_str().unwrap();
            let arguments = calls[index]["function"]["arguments"].as_str().unwrap().to_owned() + more;
            calls[index]["function"]["arguments"] = arguments.into();
        }
    }
    let content = if content.is_empty() { Value::Null } else { content.into() };
    json!({"role": "assistant", "content": content, "tool_calls": calls})
}

/// The content blocks of a stream of Anthropic's, put together.
fn blocks_of(events: &[Value]) -> Value {
    let mut blocks: Vec<Value> = Vec::new();
    let mut input = String::new();
    for event in events {
        match event["type"].as_str().unwrap() {
            "content_block_start" => {
                blocks.push(event["content_block"].clone());
                input.clear();
            }
            "content_block_delta" => {
                let (delta, block) = (&event["delta"], blocks.last_mut().unwrap());
                for member in ["text", "thinking", "signature"] {
                    if let Some(more) = delta[member].as_str() {
                        block[member] = (block[member].as_str().unwrap_or_default().to_owned() + more).into();
                    }
                }
                input += delta["partial_json"].as_str().unwrap_or_default();
            }
            "content_block_stop" if !input.is_empty() => {
                blocks.last_mut().unwrap()["input"] = serde_json::from_str(&input).unwrap();
            }
            _ => {}
        }
    }
    blocks.into()
}

/// A tool loop under way.
struct Loop {
    sim: Sim,
    client: Client,
    body: Value,
    key: &'static str,
    /// Whether the client sends back whatever came.
    whole: bool,
}

impl Loop {
    fn new(sim: Sim, client: Client, model: &str, settings: Value) -> Self {
        let tools = ["get_weather", "multiply"].map(|name| client.tool(name));
        let mut body = json!({
            "model": model, "max_tokens": 4096,
            "messages": [{"role": "user", "content": "Use the tools."}],
            "tools": tools,
        });
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        Self { sim, client, body, key: "alice", whole: false }
    }

    /// Asks, and goes on with the tools' results, as if at once.
    fn turn(&mut self, answer: &Recorded) -> Got {
        self.expect(answer);
        let got = self.sim.send(self.request());
        assert_eq!(got.status, 200, "{}", got.body);
        self.go_on(&got, answer.stream);
        got
    }

    fn expect(&mut self, answer: &Recorded) {
        self.sim.script([answer.script()]);
        self.body["stream"] = answer.stream.into();
    }

    fn request(&self) -> Request<Full<Bytes>> {
        self.client.request(&self.body, self.key)
    }

    fn go_on(&mut self, got: &Got, stream: bool) {
        let kept = self.client.kept(got, stream, self.whole);
        let results = self.client.results(&kept);
        let messages = self.body["messages"].as_array_mut().unwrap();
        messages.push(kept);
        messages.extend(results);
    }

    /// What went up last.
    fn sent(&self) -> Value {
        self.sim.world.seen.borrow().last().unwrap().json()
    }

    fn lines(&self) -> Vec<String> {
        let lines = self.sim.world.lines.borrow();
        lines.iter().filter(|line| line.contains("reasoning_state_")).cloned().collect()
    }
}

fn sim() -> Sim {
    sim_with(json!({}))
}

/// The same under further settings.
fn sim_with(settings: Value) -> Sim {
    let key = |name| json!({"name": name, "digest": digest(name), "tenant": format!("/{name}")});
    let mut document = json!({
        "providers": {
            "anthropic": {"api_key": {"secret": "A"}, "models": ["claude-sonnet-4-6", "claude-sonnet-4-5"]},
            "deepseek": {"api_key": {"secret": "B"}, "models": ["deepseek-v4-pro"]},
            "gemini": {"api_key": {"secret": "C"}, "models": ["gemini-3-flash-preview", "gemini-2.5-flash"]},
        },
        "keys": [key("alice"), key("bob")],
    });
    document.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    Sim::new(document)
}

/// Of the key `tb-NAME`.
fn digest(name: &str) -> String {
    let digest = sha2::Sha256::digest(format!("tb-{name}"));
    format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// A conversation that goes on with another maker's model: neither sees what the other signed.
#[test]
fn no_provider_sees_what_another_signed() {
    let (Some(claude), Some(gemini)) = (claude_answers(), gemini_answers()) else { return };
    for (first, second) in [(&claude[0][0], "gemini-3-flash-preview"), (&gemini[0][0], "claude-sonnet-4-5")] {
        for client in [Client::Chat, Client::Messages] {
            let mut turns = Loop::new(sim(), client, "", json!({"max_tokens": 8000}));
            let other =
                if second.starts_with("claude") { "gemini-3-flash-preview" } else { "claude-sonnet-4-5" };
            turns.body["model"] = other.into();
            // Whatever came is sent back, extensions and all.
            turns.whole = true;
            turns.turn(first);
            turns.body["model"] = second.into();
            turns.body["stream"] = false.into();
            let answer = if second.starts_with("claude") { &claude[0][0] } else { &gemini[0][1] };
            turns.expect(answer);
            let got = turns.sim.send(turns.request());
            assert_eq!(got.status, 200, "{}", got.body);
            let sent = turns.sent().to_string();
            let signed =
                first.body.split('"').filter(|word| word.len() > 60 || word.starts_with("signature_"));
            let signed: Vec<&str> = signed.filter(|word| !word.contains(' ')).collect();
            assert!(!signed.is_empty());
            for signature in signed {
                assert!(!sent.contains(signature), "{client:?} to {second}: {sent}");
            }
            assert!(!sent.contains(r#""signature":"""#), "{client:?} to {second}: {sent}");
        }
    }
}
