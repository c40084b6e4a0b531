//! What the core itself costs for a request, over a platform that costs nothing: relayed and
//! translated, whole and streamed. `cargo bench -p tollbridge-core --bench gateway`.

use std::{
    future::{Future, Ready},
    hint::black_box,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::Full;
use serde_json::json;
use tollbridge_core::{
    config::Document,
    gateway::{Gateway, State},
    ledger::{Summary, SummaryQuery, UsageRow},
    payload::Payload,
    ports::{
        Cache, Clock, Counters, Http, HttpError, Ledger, LedgerError, Log, Micros, Random, Timer, Unwritten,
    },
};

/// Answers every request with the same chunks, at once.
struct Instantly {
    content_type: &'static str,
    chunks: Vec<Bytes>,
}

struct Chunks(std::vec::IntoIter<Bytes>);

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        Poll::Ready(self.0.next().map(|chunk| Ok(Frame::data(chunk))))
    }
}

impl Http for Instantly {
    type Body = Chunks;

    async fn send(&self, request: Request<Payload>) -> Result<Response<Chunks>, HttpError> {
        black_box(request);
        let body = Chunks(self.chunks.clone().into_iter());
        Response::builder()
            .header("content-type", self.content_type)
            .header("x-request-id", "req_011CSHoEeqs5C35K2UUqR7Fy")
            .body(body)
            .map_err(|_| HttpError::Refused)
    }
}

impl Cache for Instantly {}

impl Counters for Instantly {}

impl Ledger for Instantly {
    async fn append(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
        black_box(row);
        Ok(())
    }

    async fn summary(&self, _: SummaryQuery) -> Result<Summary, LedgerError> {
        Err(LedgerError::NotKept)
    }

    async fn ready(&self) -> Result<(), LedgerError> {
        Ok(())
    }
}

impl Clock for Instantly {
    fn now(&self) -> Micros {
        1_700_000_000_000_000
    }
}

impl Timer for Instantly {
    type Sleep = Ready<()>;

    fn sleep(&self, _: Duration) -> Ready<()> {
        std::future::ready(())
    }
}

impl Random for Instantly {
    fn random(&self) -> u64 {
        7
    }
}

impl Log for Instantly {
    fn line(&self, line: &str) {
        black_box(line);
    }
}

fn gateway(content_type: &'static str, chunks: Vec<Bytes>) -> Arc<Gateway<Instantly>> {
    let digest = "sha256:2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683";
    let document = json!({
        "providers": {"openai": {"api_key": {"secret": "A"}}, "anthropic": {"api_key": {"secret": "B"}},
            "gemini": {"api_key": {"secret": "C"}}},
        "keys": [{"name": "app", "digest": digest, "tenant": "/team/app"}],
    });
    let document = Document::from_value(document).expect("a valid document");
    let policy = document.resolve(|_| Some("sk-0123456789".to_owned())).expect("a valid policy");
    let state = Arc::new(State::new(&policy));
    Arc::new(Gateway::new(Instantly { content_type, chunks }, Arc::new(policy), state))
}

fn request(model: &str, stream: bool) -> Bytes {
    let prose = "The quick brown fox jumps over the lazy dog and thinks nothing of it. ".repeat(12);
    json!({"model": model, "stream": stream, "messages": [
        {"role": "system", "content": "You are terse."}, {"role": "user", "content": prose},
    ]})
    .to_string()
    .into()
}

/// One request to the end of everything. Only requests of the Messages front set `max_tokens`.
fn run(gateway: &Arc<Gateway<Instantly>>, body: &Bytes) -> u16 {
    let messages = body.windows(12).any(|word| word == b"\"max_tokens\"");
    let request = Request::post(if messages { "/v1/messages" } else { "/v1/chat/completions" })
        .header("content-type", "application/json")
        .header("authorization", "Bearer key")
        .body(Full::new(body.clone()))
        .expect("a request");
    let (answer, after) = gateway.handle(request);
    let mut cx = Context::from_waker(Waker::noop());
    let mut answer = pin!(answer);
    let Poll::Ready(response) = answer.as_mut().poll(&mut cx) else { unreachable!("nothing waits") };
    let (head, mut body) = response.into_parts();
    while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut cx) {
        black_box(frame);
    }
    let mut after = pin!(after);
    assert!(after.as_mut().poll(&mut cx).is_ready());
    head.status.as_u16()
}

fn measure(name: &str, gateway: &Arc<Gateway<Instantly>>, body: &Bytes) {
    let status = run(gateway, body);
    let only = std::env::args().nth(1);
    if only.is_some_and(|only| !only.starts_with("--") && !name.contains(&only)) {
        return;
    }
    let (mut best, rounds) = (f64::MAX, 2_000);
    for _ in 0..15 {
        let start = Instant::now();
        for _ in 0..rounds {
            run(gateway, body);
        }
        best = best.min(start.elapsed().as_secs_f64() / f64::from(rounds) * 1e6);
    }
    println!("{name:32} {best:8.2} µs   (status {status})");
}

fn chat_stream() -> Vec<Bytes> {
    let head = r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":"#;
    let text = (0..62).map(|_| format!("data: {head}{{\"content\":\" twelve chars\"}},\"logprobs\":null,\"finish_reason\":null}}],\"usage\":null}}\n\n"));
    let first = format!(
        "data: {head}{{\"role\":\"assistant\",\"content\":\"\"}},\"finish_reason\":null}}],\"usage\":null}}\n\n"
    );
    let last = format!("data: {head}{{}},\"finish_reason\":\"stop\"}}],\"usage\":null}}\n\n");
    let usage = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":64,\"total_tokens\":83,\"prompt_tokens_details\":{\"cached_tokens\":0}}}\n\n".to_owned();
    let done = "data: [DONE]\n\n".to_owned();
    [first].into_iter().chain(text).chain([last, usage, done]).map(Bytes::from).collect()
}

fn messages_stream() -> Vec<Bytes> {
    let first = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":19,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n".to_owned();
    let text = (0..62).map(|_| "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" twelve chars\"}}\n\n".to_owned());
    let last = "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":64}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n".to_owned();
    [first].into_iter().chain(text).chain([last]).map(Bytes::from).collect()
}

fn gemini_stream() -> Vec<Bytes> {
    let chunk = |text: &str, finish: &str, written: usize| {
        format!(
            "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}],\"role\":\"model\"}}{finish},\"index\":0}}],\"usageMetadata\":{{\"promptTokenCount\":19,\"candidatesTokenCount\":{written},\"totalTokenCount\":{},\"promptTokensDetails\":[{{\"modality\":\"TEXT\",\"tokenCount\":19}}]}},\"modelVersion\":\"gemini-2.5-flash\",\"responseId\":\"0123456789abcdef\"}}\r\n\r\n",
            19 + written
        )
    };
    let text = (1..64).map(|written| chunk(" twelve chars", "", written));
    text.chain([chunk("", ",\"finishReason\":\"STOP\"", 64)]).map(Bytes::from).collect()
}

fn main() {
    futures_sizes();
    let whole = json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "The answer is forty-two. ".repeat(20), "refusal": null}, "logprobs": null, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 19, "completion_tokens": 120, "total_tokens": 139, "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0}}});
    let claude = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
        "content": [{"type": "text", "text": "The answer is forty-two. ".repeat(20)}], "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": 19, "output_tokens": 120}});
    let relay = gateway("application/json", vec![whole.to_string().into()]);
    measure("relayed, 1 KB, whole", &relay, &request("openai/gpt-4o-mini", false));
    let relay = gateway("text/event-stream", chat_stream());
    measure("relayed, 65 events", &relay, &request("openai/gpt-4o-mini", true));
    let translate = gateway("application/json", vec![claude.to_string().into()]);
    measure("chat to messages, 1 KB, whole", &translate, &request("anthropic/claude-sonnet-4-5", false));
    let translate = gateway("text/event-stream", messages_stream());
    measure("chat to messages, 64 events", &translate, &request("anthropic/claude-sonnet-4-5", true));
    measure("messages relayed, 64 events", &translate, &to_messages("anthropic/claude-sonnet-4-5"));
    let translate = gateway("text/event-stream", gemini_stream());
    measure("chat to Gemini, 64 events", &translate, &request("gemini/gemini-2.5-flash", true));
    measure("messages to Gemini, 64 events", &translate, &to_messages("gemini/gemini-2.5-flash"));
    let translate = gateway("text/event-stream", chat_stream());
    measure("messages to chat, 65 events", &translate, &to_messages("openai/gpt-4o-mini"));
}

/// A streamed request of the Messages front.
fn to_messages(model: &str) -> Bytes {
    json!({"model": model, "stream": true, "max_tokens": 1024, "system": "You are terse.", "messages": [
        {"role": "user", "content": "The quick brown fox jumps over the lazy dog."},
    ]})
    .to_string()
    .into()
}

fn futures_sizes() {
    let relay = gateway("application/json", Vec::new());
    let request = Request::post("/v1/chat/completions").body(Full::new(Bytes::new())).expect("a request");
    let (answer, after) = relay.handle(request);
    println!("bytes of state: answer {}, after {}", size_of_val(&answer), size_of_val(&after));
}
