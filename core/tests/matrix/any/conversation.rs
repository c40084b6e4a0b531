//! Any order of turns that the front allows goes through the gateway to each other wire, and what
//! arrives there keeps the provider's [`laws`] and holds every text, every call and every result exactly
//! once, in order.

use proptest::prelude::*;
use serde_json::{Value, json};
use tollbridge_core::protocol::{Front, Wire};

use super::sim;
use crate::{
    cases::{chat_tool, messages_tool},
    laws,
    provider::{self, Turn},
    run,
    scenario::{FRONTS, WIRES},
    sim::Script,
};

/// A step of a conversation; texts are numbered when it is written down.
#[derive(Debug, Clone)]
enum Step {
    System,
    User {
        parts: usize,
        empty: bool,
    },
    Assistant {
        empty: bool,
    },
    /// The model calls, the tools answer, in the order of `turned`, and the user may go on.
    Loop {
        says: bool,
        calls: usize,
        turned: usize,
        goes_on: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::System),
        3 => (1..3_usize, any::<bool>()).prop_map(|(parts, empty)| Step::User { parts, empty }),
        2 => any::<bool>().prop_map(|empty| Step::Assistant { empty }),
        3 => (any::<bool>(), 1..4_usize, 0..3_usize, any::<bool>())
            .prop_map(|(says, calls, turned, goes_on)| Step::Loop { says, calls, turned, goes_on }),
    ]
}

/// A conversation in the words of a front, and what must arrive.
#[derive(Default)]
struct Written {
    messages: Vec<Value>,
    /// In the order of the conversation, system prompts apart.
    said: Vec<String>,
    system: Vec<String>,
    calls: usize,
}

impl Written {
    fn text(&mut self) -> String {
        let text = format!("<{}>", self.said.len() + self.system.len());
        self.said.push(text.clone());
        text
    }

    fn of(front: Front, steps: &[Step]) -> Self {
        let mut written = Self::default();
        // Gemini wants somebody to have spoken before a call.
        for step in [Step::User { parts: 1, empty: false }].iter().chain(steps) {
            match front {
                Front::Chat => written.chat(step),
                Front::Messages => written.in_messages(step),
            }
        }
        written
    }

    fn parts(&mut self, count: usize, empty: bool) -> Value {
        let mut parts: Vec<Value> =
            (0..count).map(|_| json!({"type": "text", "text": self.text()})).collect();
        if empty {
            parts.insert(0, json!({"type": "text", "text": ""}));
        }
        json!(parts)
    }

    fn new_calls(&mut self, count: usize) -> Vec<String> {
        self.calls += count;
        let calls: Vec<String> = (self.calls - count..self.calls).map(|i| format!("c{i}")).collect();
        self.said.extend(calls.iter().map(|id| format!("call {id}")));
        calls
    }

    fn chat(&mut self, step: &Step) {
        match step {
            Step::System => {
                let text = self.text();
                self.system.extend(self.said.pop());
                self.messages.push(json!({"role": "system", "content": text}));
            }
            Step::User { parts, empty } => {
                let parts = self.parts(*parts, *empty);
                self.messages.push(json!({"role": "user", "content": parts}));
            }
            Step::Assistant { empty: true } => {
                self.messages.push(json!({"role": "assistant", "content": ""}))
            }
            Step::Assistant { .. } => {
                let text = self.text();
                self.messages.push(json!({"role": "assistant", "content": text}));
            }
            Step::Loop { says, calls, turned, goes_on } => {
                let text = says.then(|| self.text());
                let ids = self.new_calls(*calls);
                let call = |id: &String| {
                    json!({"id": id, "type": "function",
                    "function": {"name": "weather", "arguments": json!({"city": id}).to_string()}})
                };
                let calls: Vec<Value> = ids.iter().map(call).collect();
                self.messages.push(json!({"role": "assistant", "content": text, "tool_calls": calls}));
                for id in turn(&ids, *turned) {
                    self.messages
                        .push(json!({"role": "tool", "tool_call_id": id, "content": format!("result {id}")}));
                }
                self.said.extend(ids.iter().map(|id| format!("result {id}")));
                if *goes_on {
                    let text = self.text();
                    self.messages.push(json!({"role": "user", "content": text}));
                }
            }
        }
    }

    fn in_messages(&mut self, step: &Step) {
        match step {
            // The front's system prompt is one, at the top.
            Step::System => {}
            Step::User { parts, empty } => {
                let parts = self.parts(*parts, *empty);
                self.messages.push(json!({"role": "user", "content": parts}));
            }
            Step::Assistant { empty: true } => {
                self.messages.push(json!({"role": "assistant", "content": []}))
            }
            Step::Assistant { .. } => {
                let text = self.text();
                self.messages.push(json!({"role": "assistant", "content": text}));
            }
            Step::Loop { says, calls, turned, goes_on } => {
                let mut blocks = Vec::new();
                if *says {
                    blocks.push(json!({"type": "text", "text": self.text()}));
                }
                let ids = self.new_calls(*calls);
                let call = |id: &String| json!({"type": "tool_use", "id": id, "name": "weather", "input": {"city": id}});
                blocks.extend(ids.iter().map(call));
                self.messages.push(json!({"role": "assistant", "content": blocks}));
                let result = |id: &String| json!({"type": "tool_result", "tool_use_id": id, "content": format!("result {id}")});
                let mut blocks: Vec<Value> = turn(&ids, *turned).iter().map(result).collect();
                self.said.extend(ids.iter().map(|id| format!("result {id}")));
                if *goes_on {
                    blocks.push(json!({"type": "text", "text": self.text()}));
                }
                self.messages.push(json!({"role": "user", "content": blocks}));
            }
        }
    }
}

/// The ids, beginning elsewhere.
fn turn(ids: &[String], by: usize) -> Vec<String> {
    let mut ids = ids.to_vec();
    let len = ids.len();
    ids.rotate_left(by % len);
    ids
}

/// What a request of the wire says, in order: texts, calls, results.
fn said(wire: Wire, sent: &Value) -> Vec<String> {
    let mut said = Vec::new();
    let list = if wire == Wire::Gemini { "contents" } else { "messages" };
    for message in sent[list].as_array().unwrap().iter().filter(|message| message["role"] != "system") {
        let text = |holder: &Value| holder.as_str().unwrap_or_default().to_owned();
        if message["role"] == "tool" {
            said.push(text(&message["content"]));
            continue;
        }
        said.extend(message["content"].as_str().map(str::to_owned));
        let parts = if wire == Wire::Gemini { &message["parts"] } else { &message["content"] };
        for part in parts.as_array().into_iter().flatten() {
            let call = &part["functionCall"];
            let result = &part["functionResponse"];
            if part["type"] == "tool_use" {
                said.push(format!("call {}", text(&part["input"]["city"])));
            } else if part["type"] == "tool_result" {
                said.push(text(&part["content"]));
            } else if call.is_object() {
                said.push(format!("call {}", text(&call["args"]["city"])));
            } else if result.is_object() {
                said.push(text(&result["response"]["output"]));
            } else {
                said.push(text(&part["text"]));
            }
        }
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            said.push(format!("call {}", text(&call["id"])));
        }
    }
    said
}

/// Results of one turn stand in any order: sorted, they can be compared.
fn sorted(mut said: Vec<String>) -> Vec<String> {
    let mut from = 0;
    while from < said.len() {
        let run = said[from..].iter().take_while(|text| text.starts_with("result")).count();
        said[from..from + run].sort();
        from += run.max(1);
    }
    said
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_conversation_arrives_whole(steps in prop::collection::vec(step(), 0..7)) {
        for front in FRONTS {
            for wire in WIRES.into_iter().filter(|wire| *wire != front.wire()) {
                let written = Written::of(front, &steps);
                let sent = send(front, wire, &written.messages);
                laws::check(wire, &sent);
                prop_assert_eq!(sorted(said(wire, &sent)), sorted(written.said.clone()), "{:?} to {:?}: {}", front, wire, sent);
                let all = sent.to_string();
                for text in &written.system {
                    prop_assert!(all.contains(text.as_str()), "{} is lost: {}", text, all);
                }
            }
        }
    }
}

/// The request that goes upstream.
fn send(front: Front, wire: Wire, messages: &[Value]) -> Value {
    let (sim, model) = sim(wire);
    sim.script([Script::json(provider::answer(wire, &Turn::text("Hello.")).whole)]);
    let tool = if front == Front::Chat { chat_tool("weather") } else { messages_tool("weather") };
    let ask = json!({"model": model, "max_tokens": 100, "messages": messages, "tools": [tool]});
    let got = sim.send(run::request(front, &ask));
    assert_eq!(got.status, 200, "{}", got.body);
    sim.world.seen.borrow()[0].json()
}
