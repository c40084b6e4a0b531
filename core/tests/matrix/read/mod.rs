//! What a caller reads of an answer, as its SDK would: whole or streamed, into one plain struct, with
//! the laws of its protocol checked on the way. Written without the gateway's code.

pub mod chat;
pub mod messages;

use serde_json::Value;
use tollbridge_core::protocol::Front;

use crate::sim::Got;

/// An answer, the same for every front.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    pub text: String,
    pub refusal: String,
    pub reasoning: String,
    /// What proves the reasoning, in order.
    pub signatures: Vec<String>,
    pub calls: Vec<Call>,
    /// Absent where the answer failed.
    pub ended: Option<Ended>,
    pub sequence: Option<String>,
    pub used: Used,
    /// Addresses and titles of pages.
    pub citations: Vec<(String, String)>,
    /// Types of blocks that only the provider's own protocol has.
    pub blocks: Vec<String>,
    /// Whether probabilities of tokens came.
    pub probable: bool,
    /// Further choices: their texts.
    pub others: Vec<String>,
    pub failure: Option<Failure>,
    /// The answer's id and the model, as the provider named them.
    pub named: (String, String),
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Call {
    pub id: String,
    pub name: String,
    pub arguments: String,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ended {
    Stop,
    Sequence,
    Length,
    Calls,
    Filtered,
}

/// Tokens: `input` with what a cache read and took, `output` with reasoning.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Used {
    pub input: u64,
    pub output: u64,
    pub cached: u64,
    pub written: u64,
    pub reasoning: u64,
}

/// An error, in a body or as the last event of a stream.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Failure {
    /// Zero inside a stream that had begun.
    pub status: u16,
    pub message: String,
    pub field: Option<String>,
}

/// Reads an answer of any form and status. Whoever asked for a stream gets an error before it as a
/// body.
pub fn read(front: Front, got: &Got, streamed: bool, usage_asked: bool) -> Said {
    let content_type = got.header("content-type");
    if got.status != 200 {
        assert!(content_type.starts_with("application/json"), "an error of type {content_type}");
        let body = got.json();
        let mut failure = match front {
            Front::Chat => chat::failure(&body),
            Front::Messages => messages::failure(&body),
        };
        failure.status = got.status.as_u16();
        if front == Front::Messages {
            messages::check_kind(&body, failure.status);
        }
        return Said { failure: Some(failure), ..Said::default() };
    }
    let kind = if streamed { "text/event-stream" } else { "application/json" };
    assert!(content_type.starts_with(kind), "an answer of type {content_type}");
    match (front, streamed) {
        (Front::Chat, false) => chat::whole(&got.json()),
        (Front::Chat, true) => chat::stream(&got.body, usage_asked),
        (Front::Messages, false) => messages::whole(&got.json()),
        (Front::Messages, true) => messages::stream(&got.body),
    }
}

/// A text that must be there.
fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("`{member}` is no text in {value}"))
}

/// The id of an answer and its model.
fn named(answer: &Value) -> (String, String) {
    let (id, model) = (text(answer, "id"), text(answer, "model"));
    assert!(!id.is_empty() && !model.is_empty(), "{answer}");
    (id.to_owned(), model.to_owned())
}

/// A count that must be there.
fn count(value: &Value, member: &str) -> u64 {
    value[member].as_u64().unwrap_or_else(|| panic!("`{member}` is no count in {value}"))
}

/// A list that must be there.
fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member].as_array().unwrap_or_else(|| panic!("`{member}` is no list in {value}"))
}

/// Calls without two alike, each with an id that both protocols take back.
fn check_calls(calls: &[Call]) {
    for (i, call) in calls.iter().enumerate() {
        let letters = |id: &str| id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        assert!(!call.id.is_empty() && call.id.len() <= 64 && letters(&call.id), "the id {:?}", call.id);
        assert!(!call.name.is_empty(), "a call without a name");
        assert!(calls[..i].iter().all(|other| other.id != call.id), "two calls have the id {:?}", call.id);
    }
}
