//! Tool loops of three turns, through clients that keep role, content and calls alone, on recorded
//! answers. What the model needs to see again is in every request that goes up, to the byte.
//!
//! The recordings are no part of the repository: where they are absent the tests say so and pass.

use std::{io::Read, path::PathBuf};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use sha2::Digest;

use super::sim::{Got, Script, Sim, Store};

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
    Some(ids.map(|id| {
        let record = records.iter().find(|record| record["id"] == id).unwrap();
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

    /// What it keeps of an answer: texts and calls.
    fn kept(self, got: &Got, stream: bool) -> Value {
        match self {
            Self::Chat if stream => chat_of_chunks(&events(&got.body)),
            Self::Chat => {
                let message = &got.json()["choices"][0]["message"];
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
        Self { sim, client, body, key: "alice" }
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
        let kept = self.client.kept(got, stream);
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
    let key = |name| json!({"name": name, "digest": digest(name), "tenant": format!("/{name}")});
    Sim::new(json!({
        "providers": {
            "anthropic": {"api_key": {"secret": "A"}, "models": ["claude-sonnet-4-6", "claude-sonnet-4-5"]},
            "deepseek": {"api_key": {"secret": "B"}, "models": ["deepseek-v4-pro"]},
            "gemini": {"api_key": {"secret": "C"}, "models": ["gemini-3-flash-preview", "gemini-2.5-flash"]},
        },
        "keys": [key("alice"), key("bob")],
    }))
}

/// Of the key `tb-NAME`.
fn digest(name: &str) -> String {
    let digest = sha2::Sha256::digest(format!("tb-{name}"));
    format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The blocks of a recorded answer of Claude's that go back as they are: all but text, whose form
/// clients change.
fn claude_blocks(answer: &Recorded) -> Vec<Value> {
    let blocks = if answer.stream {
        blocks_of(&events(&answer.body))
    } else {
        serde_json::from_str::<Value>(&answer.body).unwrap()["content"].clone()
    };
    let mut blocks = blocks.as_array().unwrap().clone();
    for block in &mut blocks {
        block.as_object_mut().unwrap().remove("caller");
    }
    blocks
}

/// A whole answer, two streamed ones, and those mixed.
fn claude_answers() -> Option<Vec<[Recorded; 2]>> {
    let [budgeted, adaptive, streamed] =
        recorded("anthropic-messages", ["5dc9e012b727c292", "5133b172c21db0c3", "99eb3ff48e82a64f"])?;
    Some(vec![[budgeted.clone(), adaptive.clone()], [streamed.clone(), budgeted], [adaptive, streamed]])
}

#[test]
fn claude_sees_its_signed_thinking_again() {
    let Some(answers) = claude_answers() else { return };
    for answers in answers {
        for (model, thinking) in [("claude-sonnet-4-6", "adaptive"), ("claude-sonnet-4-5", "enabled")] {
            let mut turns = Loop::new(sim(), Client::Chat, model, json!({"reasoning_effort": "medium"}));
            for (turn, answer) in answers.iter().chain([&answers[0]]).enumerate() {
                let got = turns.turn(answer);
                assert_eq!(got.header("x-tollbridge-dropped"), "");
                let sent = turns.sent();
                assert_eq!(sent["thinking"]["type"], thinking, "turn {turn}");
                for (earlier, answer) in answers.iter().take(turn).enumerate() {
                    let message = &sent["messages"][1 + 2 * earlier];
                    assert_eq!(message["role"], "assistant");
                    assert_eq!(message["content"], json!(claude_blocks(answer)), "turn {turn} of {earlier}");
                }
            }
            assert_eq!(turns.lines(), [] as [String; 0]);
        }
    }
}

#[test]
fn the_next_request_may_be_faster_than_the_store() {
    let Some(answers) = claude_answers() else { return };
    for [first, _] in answers {
        let mut turns =
            Loop::new(sim(), Client::Chat, "claude-sonnet-4-5", json!({"reasoning_effort": "medium"}));
        turns.expect(&first);
        // The answer is read, and nothing after it is done: the store was given nothing.
        let (got, after) = turns.sim.send_without_after(turns.request());
        assert!(turns.sim.world.cache.borrow().is_empty());
        turns.go_on(&got, first.stream);
        turns.turn(&first);
        assert_eq!(turns.sent()["messages"][1]["content"], json!(claude_blocks(&first)));
        turns.sim.run(after);
        assert_eq!(turns.sim.world.cache.borrow().len(), 1);
    }
}

#[test]
fn a_call_of_another_tenants_finds_nothing() {
    let Some(answers) = claude_answers() else { return };
    let [first, _] = &answers[0];
    let mut turns =
        Loop::new(sim(), Client::Chat, "claude-sonnet-4-5", json!({"reasoning_effort": "medium"}));
    turns.turn(first);
    for (key, found) in [("alice", true), ("bob", false)] {
        turns.key = key;
        turns.expect(first);
        let got = turns.sim.send(turns.request());
        let sent = turns.sent();
        assert_eq!(got.status, 200);
        assert_eq!(sent["messages"][1]["content"][0]["type"] == "thinking", found, "{sent}");
    }
}

/// The state is gone, one way or another: the request is answered, without thinking where Claude
/// would refuse it, and the report says so.
#[test]
fn what_is_gone_is_reported_and_holds_nobody_up() {
    let Some(answers) = claude_answers() else { return };
    let [first, _] = &answers[0];
    const STATE: &str = "messages[].tool_calls.reasoning_state";
    for (model, settings, thinking, dropped) in [
        ("claude-sonnet-4-5", json!({"reasoning_effort": "high"}), false, "reasoning_effort"),
        (
            "claude-sonnet-4-5",
            json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}),
            false,
            "thinking",
        ),
        (
            "claude-sonnet-4-6",
            json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}),
            false,
            "thinking",
        ),
        ("claude-sonnet-4-6", json!({"reasoning_effort": "high"}), true, ""),
    ] {
        for store in [None, Some(Store::Fails), Some(Store::Hangs)] {
            let mut turns = Loop::new(sim(), Client::Chat, model, settings.clone());
            turns.turn(first);
            match store {
                Some(store) => turns.sim.world.store.set(store),
                None => turns.sim.world.cache.borrow_mut().clear(),
            }
            let before = turns.sim.elapsed();
            let got = turns.turn(first);
            let sent = turns.sent();
            assert_eq!(sent.get("thinking").is_some(), thinking, "{sent}");
            assert_eq!(sent["messages"][1]["content"][0]["type"], "text", "{sent}");
            let names: Vec<&str> = got.header("x-tollbridge-dropped").split(", ").collect();
            assert!(names.contains(&STATE), "{names:?}");
            assert_eq!(names.iter().find(|name| **name != STATE).copied().unwrap_or_default(), dropped);
            assert_eq!(!turns.lines().is_empty(), store.is_some(), "{:?}", turns.lines());
            assert!((turns.sim.answered() - before).as_millis() < 400, "{store:?}");
        }
    }
}

#[test]
fn without_calls_or_thinking_nothing_is_looked_up_or_kept() {
    let Some([first]) = recorded("anthropic-messages", ["5dc9e012b727c292"]) else { return };
    for (model, settings) in [
        ("claude-sonnet-4-5", json!({})),
        ("claude-sonnet-4-5", json!({"reasoning_effort": "none"})),
        ("claude-sonnet-4-5", json!({"thinking": {"type": "disabled"}})),
    ] {
        let mut turns = Loop::new(sim(), Client::Chat, model, settings.clone());
        turns.turn(&first);
        turns.turn(&first);
        let world = &turns.sim.world;
        assert_eq!((world.looked_up.get(), world.cache.borrow().len()), (0, 0), "{settings}");
    }
    // Relayed: the caller speaks what Claude speaks, and keeps its thinking itself.
    let settings = json!({"thinking": {"type": "enabled", "budget_tokens": 2000}});
    let mut turns = Loop::new(sim(), Client::Messages, "claude-sonnet-4-5", settings);
    turns.turn(&first);
    turns.turn(&first);
    assert_eq!(turns.sim.world.looked_up.get(), 0);
    assert!(turns.sim.world.cache.borrow().is_empty());
}

fn deepseek_answers() -> Option<Vec<[Recorded; 2]>> {
    let [whole, streamed, parallel] =
        recorded("openai-chat", ["a9c16b60ce3a2885", "3b27fb22ba988bd5", "d88253e0c079cf56"])?;
    Some(vec![[whole.clone(), streamed.clone()], [streamed, parallel.clone()], [parallel, whole]])
}

/// The text of a recorded answer's reasoning.
fn reasoning_content(answer: &Recorded) -> String {
    let said: Vec<Value> = if answer.stream {
        events(&answer.body).iter().map(|event| event["choices"][0]["delta"].clone()).collect()
    } else {
        vec![serde_json::from_str::<Value>(&answer.body).unwrap()["choices"][0]["message"].clone()]
    };
    said.iter().filter_map(|said| said["reasoning_content"].as_str()).collect()
}

/// DeepSeek refuses a turn with calls without its reasoning, and the clients of its own wire drop it.
#[test]
fn deepseek_sees_its_reasoning_again_relayed_and_translated() {
    let Some(answers) = deepseek_answers() else { return };
    for answers in answers {
        for client in [Client::Chat, Client::Messages] {
            let mut turns = Loop::new(sim(), client, "deepseek-v4-pro", json!({"x_unknown": {"a": [1.50]}}));
            for (turn, answer) in answers.iter().chain([&answers[0]]).enumerate() {
                let got = turns.turn(answer);
                let dropped = if client == Client::Chat { "" } else { "x_unknown" };
                assert_eq!(got.header("x-tollbridge-dropped"), dropped);
                let sent = turns.sent();
                let assistants: Vec<&Value> = sent["messages"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|m| m["role"] == "assistant")
                    .collect();
                assert_eq!(assistants.len(), turn);
                for (message, answer) in assistants.iter().zip(&answers) {
                    assert!(!reasoning_content(answer).is_empty());
                    assert_eq!(message["reasoning_content"], reasoning_content(answer), "{client:?} {turn}");
                }
            }
            assert_eq!(turns.lines(), [] as [String; 0]);
        }
    }
}

#[test]
fn a_relayed_body_changes_by_the_reasoning_alone() {
    let Some(answers) = deepseek_answers() else { return };
    let [first, _] = &answers[0];
    let mut turns = Loop::new(sim(), Client::Chat, "deepseek-v4-pro", json!({"x_unknown": {"a": [1.50]}}));
    turns.turn(first);
    turns.body["messages"][1]["x_unknown"] = json!({"b": null});
    let mut want = turns.body.clone();
    want["messages"][1]["reasoning_content"] = reasoning_content(first).into();
    turns.expect(first);
    let _ = turns.sim.send(turns.request());
    assert_eq!(turns.sent(), want);

    // A caller that keeps it is relayed to the byte, and nothing is looked up.
    let before = turns.sim.world.looked_up.get();
    turns.body = want;
    let body = turns.body.to_string();
    turns.expect(first);
    let _ = turns.sim.send(turns.request());
    assert_eq!(turns.sim.world.seen.borrow().last().unwrap().body, body);
    assert_eq!(turns.sim.world.looked_up.get(), before);

    // What is gone has a stand-in, without which the turn would be refused, and is reported.
    turns.body["messages"][1].as_object_mut().unwrap().remove("reasoning_content");
    turns.sim.world.cache.borrow_mut().clear();
    turns.expect(first);
    let got = turns.sim.send(turns.request());
    assert_eq!(turns.sent()["messages"][1]["reasoning_content"], " ");
    assert!(got.header("x-tollbridge-dropped").contains("messages[].tool_calls.reasoning_state"));

    // Without thinking nothing is wanted back.
    turns.body["thinking"] = json!({"type": "disabled"});
    turns.expect(first);
    let got = turns.sim.send(turns.request());
    assert!(turns.sent()["messages"][1].get("reasoning_content").is_none());
    assert_eq!(got.header("x-tollbridge-dropped"), "");
}
