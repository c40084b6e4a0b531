//! Translation between fronts and wires: whatever comes in, what goes out is JSON, and
//! a stream ends as a success or with an error, never with both.

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::conversation::Event;
use crate::frame::sse::{SseEvent, SseFramer};
use crate::protocol::chat::{self, AnswerMeta, observe::Observer};
use crate::protocol::{Front, OnUnsupported, Target, Wire, messages};

const META: AnswerMeta<'_> = AnswerMeta { id: "id", created: 1, model: "m", functions: false };

pub(super) const REQUESTS: &[&[u8]] = &[
    br#"{"model":"m","messages":[{"role":"system","content":"a"},{"role":"user","content":[{"type":"text","text":"b"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},{"role":"tool","tool_call_id":"c","content":"d"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"auto"}"#,
    br#"{"model":"m","max_completion_tokens":9,"temperature":0.5,"stop":["x"],"reasoning_effort":"low","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}},"messages":[{"role":"developer","content":""},{"role":"user","content":"\u00e9"}],"parallel_tool_calls":false,"user":"u"}"#,
];

pub(super) const MESSAGES_REQUESTS: &[&[u8]] = &[
    br#"{"model":"m","max_tokens":9,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA"}}]},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"tool_use","id":"t","name":"f","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","is_error":true,"content":[{"type":"text","text":"b"},{"type":"document","source":{"type":"text","data":"d"}}]}]}],"tools":[{"name":"f","input_schema":{"type":"object"}},{"type":"bash_20250124","name":"bash"}],"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true}}"#,
    br#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}],"thinking":{"type":"enabled","budget_tokens":1024},"output_config":{"effort":"max","format":{"type":"json_schema","schema":{}}},"stop_sequences":["x"],"stream":true,"metadata":{"user_id":"u"},"container":null}"#,
];

pub(super) const CHAT_STREAMS: &[&[u8]] = &[
    b"data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"h\"}}]}\n\n\
    data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n\
    data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}},{\"index\":1,\"id\":\"y\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]}}]}\n\n\
    data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n\
    data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
    b"data: {\"id\":\"\",\"choices\":[]}\n\ndata: {\"error\":{\"message\":\"x\"}}\n\n",
];

pub(super) const GEMINI_STREAMS: &[&[u8]] = &[
    b"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"h\",\"thought\":true}],\"role\":\"model\"}}],\"usageMetadata\":{\"promptTokenCount\":3},\"responseId\":\"r\"}\r\n\r\n\
    data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"},{\"functionCall\":{\"name\":\"f\",\"args\":{\"x\":[1]}},\"thoughtSignature\":\"s\"},{\"executableCode\":{\"code\":\"1\"}},{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AA\"}}]}}]}\r\n\r\n\
    data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"g\",\"willContinue\":true}}]}}]}\r\n\r\n\
    data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"partialArgs\":[{\"jsonPath\":\"$.a[0]['b']\",\"stringValue\":\"c\",\"willContinue\":true}],\"willContinue\":true}}]}}]}\r\n\r\n\
    data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{}}]}}]}\r\n\r\n\
    data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\",\"thoughtSignature\":\"s\"}]},\"finishReason\":\"STOP\",\"groundingMetadata\":{\"groundingChunks\":[{\"web\":{\"uri\":\"u\",\"title\":\"t\"}}],\"groundingSupports\":[{\"segment\":{\"endIndex\":1,\"text\":\"a\"},\"groundingChunkIndices\":[0]}]}}],\"usageMetadata\":{\"promptTokenCount\":3,\"thoughtsTokenCount\":2,\"totalTokenCount\":5}}\r\n\r\n",
    b"data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}\n\n",
    b"data: [{\"error\":{\"code\":503,\"message\":\"x\",\"status\":\"UNAVAILABLE\"}}]\n\n",
];

pub(super) const ANSWERS: &[&[u8]] = &[
    br#"{"id":"msg","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"text","text":"a"},{"type":"tool_use","id":"c","name":"f","input":{"x":[1]}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":3,"cache_read_input_tokens":2,"output_tokens":5}}"#,
    br#"{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
    br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
    br#"{"candidates":[{"content":{"parts":[{"text":"h","thought":true},{"text":"a\ud83d","thoughtSignature":"s"},{"functionCall":{"name":"f","args":{ "x": 1 }}},{"inlineData":{"mimeType":"audio/wav","data":"AA"}}]},"finishReason":"STOP","logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-1}]},"citationMetadata":{"citations":[{"startIndex":0,"endIndex":1,"uri":"u"}]}}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":5},"createTime":"2026-05-27T16:53:45Z"}"#,
];

pub(super) const STREAMS: &[&[u8]] = &[
    b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"a\",\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":3}}}\n\n\
    data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
    data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n\
    data: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
    data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"c\",\"name\":\"f\",\"input\":{}}}\n\n\
    data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":\"}}\n\n\
    data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":5}}\n\n\
    data: {\"type\":\"message_stop\"}\n\n",
    b"data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n",
    b"data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}],\"usage\":null}\n\ndata: [DONE]\n\n",
];

/// A chat request that the sketch accepts is refused, or becomes a JSON object for each other wire.
pub fn chat_request(bytes: &[u8]) {
    if crate::sketch::sketch(&Bytes::copy_from_slice(bytes)).is_err() {
        return;
    }
    let Ok(request) = chat::decode_request(bytes) else { return };
    for on_unsupported in [OnUnsupported::Auto, OnUnsupported::Drop, OnUnsupported::Reject] {
        let facts = None;
        let target = Target {
            model: "m",
            provider: "p",
            front: Front::Chat,
            facts,
            dialect: Default::default(),
            on_unsupported,
        };
        for wire in [Wire::Messages, Wire::Gemini] {
            if let Ok(encoded) = wire.encode_request(&request, &target) {
                is_json(&encoded.body);
            }
        }
    }
}

/// A Messages request is refused, or becomes a JSON object for each other wire.
pub fn messages_request(bytes: &[u8]) {
    let Ok(request) = messages::decode_request(bytes) else { return };
    for on_unsupported in [OnUnsupported::Auto, OnUnsupported::Drop, OnUnsupported::Reject] {
        let facts = None;
        let target = Target {
            model: "m",
            provider: "p",
            front: Front::Messages,
            facts,
            dialect: Default::default(),
            on_unsupported,
        };
        for wire in [Wire::Chat, Wire::Gemini] {
            if let Ok(encoded) = wire.encode_request(&request, &target) {
                is_json(&encoded.body);
            }
        }
    }
}

/// A whole answer of any wire is refused, or becomes an answer of either front that is JSON.
pub fn answer(bytes: &[u8]) {
    for wire in [Wire::Chat, Wire::Messages, Wire::Gemini] {
        // What is refused is refused; what is read is written whole.
        _ = wire.read_response(bytes, "seed", |response| {
            is_json(&Front::Chat.encode_response(response, &META));
            is_json(&Front::Messages.encode_response(response, &META));
        });
        let error = wire.decode_error(StatusCode::BAD_REQUEST, bytes);
        is_json(&Front::Chat.encode_error(&error));
        is_json(&Front::Messages.encode_error(&error));
    }
    _ = chat::observe::observe_response(bytes);
}

/// A stream of the Messages wire becomes a chat stream that ends with an error or with `[DONE]`.
pub fn messages_stream(bytes: &[u8]) {
    let mut observer = Observer::default();
    datas(Bytes::copy_from_slice(bytes)).iter().for_each(|data| _ = observer.push(data));
    chat_law(&told(Wire::Messages, Front::Chat, bytes));
}

/// A stream of the chat wire becomes a Messages stream whose events are JSON and which ends with an error
/// or with `message_stop`.
pub fn chat_stream(bytes: &[u8]) {
    messages_law(&told(Wire::Chat, Front::Messages, bytes));
}

/// A stream of the Gemini wire becomes either.
pub fn gemini_stream(bytes: &[u8]) {
    chat_law(&told(Wire::Gemini, Front::Chat, bytes));
    messages_law(&told(Wire::Gemini, Front::Messages, bytes));
}

/// The data of the events that a stream becomes.
fn told(wire: Wire, front: Front, bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut decoder = wire.decoder("seed");
    let mut encoder = front.encoder(&META, true);
    let mut out = BytesMut::new();
    let mut sink = |event: Event<'_>| encoder.event(&event, &mut out);
    for data in datas(Bytes::copy_from_slice(bytes)) {
        decoder.push(&data, &mut sink);
    }
    decoder.finish(&mut sink);
    encoder.finish(&mut out);
    datas(out.freeze())
}

fn chat_law(said: &[Vec<u8>]) {
    let done = said.iter().position(|data| data[..] == *b"[DONE]");
    let chunks: Vec<Value> = said[..done.unwrap_or(said.len())]
        .iter()
        .map(|data| serde_json::from_slice(data).expect("chunks are JSON"))
        .collect();
    let failed = chunks.iter().position(|chunk| chunk.get("error").is_some());
    assert_eq!(done.or(failed), Some(said.len() - 1), "the end is the last event");
    assert!(done.is_none() || failed.is_none(), "it ends in one way");
}

fn messages_law(said: &[Vec<u8>]) {
    let said: Vec<Value> =
        said.iter().map(|data| serde_json::from_slice(data).expect("events are JSON")).collect();
    let ends = |event: &Value| event["type"] == "message_stop" || event["type"] == "error";
    assert_eq!(said.iter().position(ends), Some(said.len() - 1), "one end, and nothing after it");
    let count = |kind: &str| said.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(count("content_block_start"), count("content_block_stop"), "every block ends");
}

fn datas(stream: Bytes) -> Vec<Vec<u8>> {
    let mut framer = SseFramer::default();
    framer.push(stream);
    let mut datas = Vec::new();
    while let Some(Ok(raw)) = framer.next() {
        datas.extend(SseEvent::read(&raw).data.map(|data| data.into_owned()));
    }
    datas
}

fn is_json(bytes: &[u8]) {
    serde_json::from_slice::<IgnoredAny>(bytes)
        .unwrap_or_else(|error| panic!("{error} in {:?}", String::from_utf8_lossy(bytes)));
}
