//! The built-in provider: answers without a network, for a first try and for tests.
//!
//! `demo/echo` says the last user message again. `demo/tools` calls the first tool that it is
//! given, with an argument for each required parameter, and reports what the tool returned once
//! the result is there. Both are deterministic, count tokens as the ledger estimates them, and
//! speak the chat wire, so that what a caller sees went through the same path as any answer.

use std::collections::{BTreeMap, VecDeque};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::generate::Call;
use crate::{
    conversation::{
        CallKind, Choice, Delta, Event, Finish, FinishReason, Part, PartKind, Request, Response, Role, Tool,
        ToolCall, Usage,
    },
    error::{ApiError, ErrorKind},
    ledger::estimate,
    ports::Micros,
    protocol::chat::{self, AnswerMeta, StreamEncoder},
};

const ID: &str = "chatcmpl-demo";
const CALL_ID: &str = "call_demo";

/// What a demo model says.
#[derive(Debug, PartialEq, Eq)]
enum Says {
    Text(String),
    Call { name: String, arguments: String },
}

/// The answer of `model`, as a provider of the chat wire would send it.
///
/// # Errors
/// 400 for a request that is no chat completion, 404 for a model that there is not.
pub(super) fn answer(
    call: &Call,
    model: &str,
    now: Micros,
) -> Result<(http::response::Parts, VecDeque<Bytes>), ApiError> {
    let request = call.front.decode_request(call.sketch.body())?;
    let says = match model {
        "echo" => Says::Text(last_text(&request, Role::User)),
        "tools" => call_or_report(&request),
        _ => return Err(unknown(model)),
    };
    let usage = usage(&says, call.sketch.body());
    let meta = AnswerMeta { id: ID, created: now / 1_000_000, model, functions: false };
    let (media, body) = match call.stream {
        true => ("text/event-stream", frames(&says, usage, &meta)),
        false => ("application/json", VecDeque::from([whole(&says, usage, &meta)])),
    };
    let (mut head, ()) = http::Response::new(()).into_parts();
    head.status = StatusCode::OK;
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    Ok((head, body))
}

fn unknown(model: &str) -> ApiError {
    let shown: String = model.chars().take(64).collect();
    ApiError::new(
        ErrorKind::NotFound,
        format!("There is no model `demo/{shown}`: there are `demo/echo` and `demo/tools`."),
    )
    .with_code("model_not_found")
    .with_param("model")
}

fn last_text(request: &Request<'_>, role: Role) -> String {
    let message = request.messages.iter().rev().find(|message| message.role == role);
    let parts = message.map(|message| message.parts.as_slice()).unwrap_or_default();
    let text = text_of(parts);
    if text.is_empty() { "Say something, and demo/echo says it again.".to_owned() } else { text }
}

fn text_of(parts: &[Part<'_>]) -> String {
    let texts = parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.text.as_ref()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn call_or_report(request: &Request<'_>) -> Says {
    let results = request.messages.last().into_iter().flat_map(|message| &message.parts);
    let results: Vec<String> = results
        .filter_map(|part| match part {
            Part::ToolResult(result) => Some(text_of(&result.content)),
            _ => None,
        })
        .collect();
    if !results.is_empty() {
        return Says::Text(format!("The tool said: {}", results.join("\n")));
    }
    let function = request.tools.iter().find_map(|tool| match tool {
        Tool::Function(function) => Some(function),
        _ => None,
    });
    let Some(function) = function else {
        return Says::Text("Give demo/tools a tool, and it calls it.".to_owned());
    };
    let schema = function.parameters.as_ref().and_then(|json| serde_json::from_str(json.get()).ok());
    let said = last_text(request, Role::User);
    let arguments = sample(&schema.unwrap_or_default(), &said).to_string();
    Says::Call { name: function.name.clone().into_owned(), arguments }
}

/// As much of a JSON schema as it takes to fill it in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Schema {
    #[serde(rename = "type")]
    kind: Value,
    properties: BTreeMap<String, Schema>,
    required: Vec<String>,
    #[serde(rename = "enum")]
    choices: Vec<Value>,
}

/// A value that the schema allows, `said` for every text.
fn sample(schema: &Schema, said: &str) -> Value {
    if let Some(choice) = schema.choices.first() {
        return choice.clone();
    }
    let kind = match &schema.kind {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("string") => json!(said),
        Some("number" | "integer") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("null") => Value::Null,
        _ => {
            let named =
                |name: &String| schema.properties.get(name).map(|inner| (name.clone(), sample(inner, said)));
            Value::Object(schema.required.iter().filter_map(named).collect())
        }
    }
}

fn usage(says: &Says, body: &[u8]) -> Usage {
    let said = match says {
        Says::Text(text) => text,
        Says::Call { arguments, .. } => arguments,
    };
    let (input, output) = (estimate::prompt_tokens(body), estimate::tokens(said));
    Usage { input: Some(input), output: Some(output), ..Usage::default() }
}

fn finish(says: &Says) -> Finish<'static> {
    let reason = match says {
        Says::Text(_) => FinishReason::Stop,
        Says::Call { .. } => FinishReason::ToolCalls,
    };
    Finish { reason, ..Finish::default() }
}

fn whole(says: &Says, usage: Usage, meta: &AnswerMeta<'_>) -> Bytes {
    let part = match says {
        Says::Text(text) => Part::text(text.as_str()),
        Says::Call { name, arguments } => Part::ToolCall(ToolCall {
            id: CALL_ID.into(),
            name: name.into(),
            arguments: arguments.into(),
            ..ToolCall::default()
        }),
    };
    let choice = Choice { parts: vec![part], finish: finish(says), ..Choice::default() };
    let response = Response { choices: vec![choice], usage, ..Response::default() };
    chat::encode_response(&response, meta).into()
}

/// The answer in pieces: a word, or sixteen bytes of arguments, at a time.
fn frames(says: &Says, usage: Usage, meta: &AnswerMeta<'_>) -> VecDeque<Bytes> {
    let (kind, deltas): (_, Vec<Delta<'_>>) = match says {
        Says::Text(text) => {
            let words = text.split_inclusive(' ').map(|word| Delta::Text(word.into()));
            (PartKind::Text, words.collect())
        }
        Says::Call { name, arguments } => {
            let kind = PartKind::ToolCall {
                id: CALL_ID.into(),
                name: name.as_str().into(),
                kind: CallKind::Function,
                signature: None,
            };
            (kind, pieces(arguments, 16).map(|piece| Delta::Arguments(piece.into())).collect())
        }
    };
    let mut events = vec![
        Event::Start { id: None, model: None, created: None, usage: Usage::default() },
        Event::PartStart { part: 0, choice: 0, kind },
    ];
    events.extend(deltas.into_iter().map(|delta| Event::Delta { part: 0, delta }));
    events.push(Event::PartEnd { part: 0 });
    events.push(Event::Usage(usage));
    events.push(Event::Finish { choice: 0, finish: finish(says) });
    encode(&events, meta)
}

fn encode(events: &[Event<'_>], meta: &AnswerMeta<'_>) -> VecDeque<Bytes> {
    let mut encoder = StreamEncoder::new(meta, true);
    let mut frames = VecDeque::with_capacity(events.len() + 1);
    let mut out = BytesMut::new();
    for event in events {
        encoder.event(event, &mut out);
        frames.push_back(out.split().freeze());
    }
    encoder.finish(&mut out);
    frames.push_back(out.freeze());
    frames.retain(|frame| !frame.is_empty());
    frames
}

/// Text in pieces of at least `size` bytes, cut between characters.
fn pieces(text: &str, size: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = (size..rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(piece)
    })
}
