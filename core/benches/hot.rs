//! How fast the two pieces are that every byte passes through: the sketch of a request body, beside
//! serde_json on the same bodies, and the framer of event streams. `cargo bench -p tollbridge-core`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use tollbridge_core::frame::sse::SseFramer;
use tollbridge_core::protocol::chat::{AnswerMeta, StreamEncoder, observe::Observer};
use tollbridge_core::protocol::{Front, OnUnsupported, Target, chat, messages};
use tollbridge_core::sketch::sketch;

const PROSE: &str = "The failing test shows that the cache is read before the lock is taken; \
    I will move the check inside, keep the fast path for the common case, and run the suite again. ";
const CJK: &str = "缓存在获取锁之前被读取，因此测试失败。我会把检查移到里面，并再次运行测试。";
const CODE: &str = "fn main() {\n    let name = \"world\";\n    for (index, part) in name.split('\\n').enumerate() {\n\
    \t\tprintln!(\"{index}: {part}\");\n    }\n}\n";

fn tool(index: usize) -> Value {
    json!({"type": "function", "function": {
        "name": format!("tool_{index}"), "description": "Edits a file. Fails if the text is not found exactly once.",
        "strict": true, "parameters": {"type": "object", "additionalProperties": false, "required": ["path", "old", "new"],
            "properties": {
                "path": {"type": "string", "description": "Absolute path of the file"},
                "old": {"type": "string", "description": "The text to replace"},
                "new": {"type": "string", "description": "What to put in its place"},
                "count": {"type": "integer", "minimum": 1, "maximum": 100, "default": 1},
                "mode": {"type": "string", "enum": ["plain", "regex", "fuzzy"]}}}}})
}

/// What an agent sends: tools with schemas, then turns of prose, tool calls, and code full of escapes.
fn agent_body(size: usize, prose: &str) -> Bytes {
    let tools: Vec<_> = (0..(size / 5000).clamp(1, 20)).map(tool).collect();
    let mut body = json!({"model": "gpt-5-mini", "stream": true, "stream_options": {"include_usage": true},
        "temperature": 0.2, "max_completion_tokens": 4096, "tools": tools,
        "messages": [{"role": "system", "content": "You are a careful engineer. "}]});
    for turn in 0.. {
        let call =
            json!({"path": format!("/src/part_{turn}.rs"), "old": CODE, "new": CODE.repeat(2)}).to_string();
        let messages = [
            json!({"role": "user", "content": prose.repeat(3)}),
            json!({"role": "assistant", "content": prose, "tool_calls": [{"id": format!("call_{turn}"),
                "type": "function", "function": {"name": "tool_0", "arguments": call}}]}),
            json!({"role": "tool", "tool_call_id": format!("call_{turn}"), "content": CODE.repeat(4)}),
        ];
        for message in messages {
            if body.to_string().len() >= size {
                return Bytes::from(body.to_string());
            }
            body["messages"].as_array_mut().unwrap().push(message);
        }
    }
    unreachable!()
}

fn stream(events: usize) -> Bytes {
    let event = |index| {
        format!(
            "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"gpt\",\
            \"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" word{index}\"}},\"finish_reason\":null}}]}}\n\n"
        )
    };
    Bytes::from((0..events).map(event).collect::<String>())
}

/// The best of many rounds: what the code costs, without what the neighbours cost.
fn measure(name: &str, bytes: usize, mut work: impl FnMut()) {
    if std::env::var("BENCH_ONLY").is_ok_and(|only| !name.contains(&only)) {
        return;
    }
    let mut best = Duration::MAX;
    let rounds = (200_000_000 / bytes / 50).max(1);
    for _ in 0..50 {
        let start = Instant::now();
        (0..rounds).for_each(|_| work());
        best = best.min(start.elapsed());
    }
    let nanos = best.as_secs_f64() * 1e9 / rounds as f64;
    println!("{name:<44} {bytes:>7} B {nanos:>10.0} ns {:>8.2} GB/s", bytes as f64 / nanos);
}

/// Chat requests to Anthropic's wire, Anthropic's events to chat, and chat's chunks observed.
fn translation(bodies: &[(&str, Bytes)]) {
    let target = Target {
        model: "claude",
        provider: "anthropic",
        front: Front::Chat,
        facts: None,
        dialect: Default::default(),
        on_unsupported: OnUnsupported::Auto,
    };
    for (name, body) in bodies {
        measure(&format!("chat request read, {name}"), body.len(), || {
            drop(black_box(chat::decode_request(black_box(body))));
        });
        measure(&format!("chat to Anthropic, {name}"), body.len(), || {
            let request = chat::decode_request(black_box(body)).unwrap();
            drop(black_box(messages::encode_request(&request, &target)));
        });
    }
    let meta = AnswerMeta { id: "chatcmpl-1", created: 1, model: "claude", functions: false };
    let start = br#"{"type":"message_start","message":{"id":"m","model":"claude","content":[],"usage":{"input_tokens":1}}}"#;
    let block = br#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
    let delta = br#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" word and another"}}"#;
    let mut decoder = messages::StreamDecoder::new();
    let mut encoder = StreamEncoder::new(&meta, true);
    let mut out = BytesMut::new();
    let mut push = |data: &[u8]| {
        decoder.push(data, &mut |event| encoder.event(&event, &mut out));
        out.clear();
    };
    push(start);
    push(block);
    measure("one event, Anthropic to chat", delta.len(), || push(black_box(delta)));
    let answer = br#"{"id":"m","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"Some words\nfor an answer"}],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":5}}"#;
    measure("one answer, Anthropic to chat", answer.len(), || {
        let answer = messages::decode_response(black_box(answer)).unwrap();
        drop(black_box(chat::encode_response(&answer, &meta)));
    });
    let chunk = stream(1);
    let data = &chunk[6..chunk.len() - 2];
    let mut observer = Observer::default();
    measure("one chunk of chat, observed", data.len(), || {
        _ = black_box(observer.push(black_box(data)));
    });
}

fn main() {
    let bodies = [
        ("1 KB", agent_body(1_000, PROSE)),
        ("10 KB", agent_body(10_000, PROSE)),
        ("100 KB", agent_body(100_000, PROSE)),
        ("100 KB, Chinese", agent_body(100_000, CJK)),
        ("100 KB, indented", {
            let value: Value = serde_json::from_slice(&agent_body(80_000, PROSE)).unwrap();
            Bytes::from(serde_json::to_vec_pretty(&value).unwrap())
        }),
    ];
    for (name, body) in &bodies {
        measure(&format!("sketch, {name}"), body.len(), || drop(black_box(sketch(black_box(body)))));
        measure(&format!("  serde_json IgnoredAny, {name}"), body.len(), || {
            _ = black_box(serde_json::from_slice::<serde::de::IgnoredAny>(black_box(body)));
        });
        if std::env::args().any(|arg| arg == "value") {
            measure(&format!("  serde_json Value, {name}"), body.len(), || {
                _ = black_box(serde_json::from_slice::<Value>(black_box(body)));
            });
        }
    }
    let (name, body) = &bodies[2];
    let sketched = sketch(body).unwrap();
    measure(&format!("sketch, model rewritten, {name}"), body.len(), || {
        let mut edits = black_box(&sketched).edit();
        edits.set("model", "another-model");
        drop(black_box(edits.pieces()));
    });
    translation(&bodies[..3]);
    for events in [64, 1] {
        let chunk = stream(events);
        measure(&format!("server-sent events, {events} a chunk"), chunk.len(), || {
            let mut framer = SseFramer::default();
            framer.push(black_box(&chunk).clone());
            while let Some(event) = framer.next() {
                _ = black_box(event);
            }
        });
    }
}
