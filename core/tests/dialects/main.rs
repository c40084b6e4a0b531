//! Answers in the dialects that providers and proxies really speak, beyond what their documentation
//! says, told to callers of both fronts.
//!
//! A sample is data: the wire's own JSON, whole and in chunks, and what every caller must read of it.
//! Where no whole answer (or no stream) of a kind is known, the sample has none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod chat;
mod errors;
mod gemini;
mod messages;
mod read;

use bytes::BytesMut;
use serde_json::{Value, json};
use tollbridge_core::protocol::{DecodeError, Front, Wire, chat::AnswerMeta};

use read::Told;

const META: AnswerMeta<'_> = AnswerMeta { id: "gateway", created: 1, model: "asked", functions: false };

/// An answer, and what is to be read of it.
struct Sample {
    name: &'static str,
    wire: Wire,
    whole: Option<Value>,
    chunks: Vec<Value>,
    told: Told,
}

impl Sample {
    fn check(&self) {
        for front in [Front::Chat, Front::Messages] {
            if let Some(body) = &self.whole {
                let told = Told::whole(front, &whole(self.wire, front, body));
                assert_eq!(told, self.told, "{}, whole at {}", self.name, front.wire().name());
            }
            if !self.chunks.is_empty() {
                let told = Told::stream(front, &stream(self.wire, front, &self.chunks));
                assert_eq!(told, self.told, "{}, streamed at {}", self.name, front.wire().name());
            }
        }
    }
}

/// A whole answer, or an error that came as one, told to a caller.
fn whole(wire: Wire, front: Front, body: &Value) -> Value {
    let told = wire.read_response(body.to_string().as_bytes(), "seed", |response| {
        front.encode_response(response, &META)
    });
    let told = told.unwrap_or_else(|error| match error {
        DecodeError::Answer(error) => front.encode_error(&error).into(),
        other => panic!("{other:?}: {body}"),
    });
    serde_json::from_slice(&told).expect("JSON")
}

/// The data of a stream's events, told to a caller; the data of its events.
fn stream(wire: Wire, front: Front, chunks: &[Value]) -> Vec<Value> {
    let mut decoder = wire.decoder("seed");
    let mut encoder = front.encoder(&META, true);
    let mut out = BytesMut::new();
    for chunk in chunks {
        let data = chunk.as_str().map_or_else(|| chunk.to_string(), str::to_owned);
        decoder.push(data.as_bytes(), &mut |event| encoder.event(&event, &mut out));
    }
    decoder.finish(&mut |event| encoder.event(&event, &mut out));
    encoder.finish(&mut out);
    let text = String::from_utf8(out.to_vec()).expect("UTF-8");
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap_or_else(|_| json!(data))).collect()
}
