//! A whole answer of a provider of the chat wire: bytes to conversation.

use std::borrow::Cow;

use super::{
    error::answer_error,
    observe::finish_of,
    said::{CallPiece, Piece, WireSaid, pieces},
    usage::WireUsage,
};
use crate::{
    conversation::{Choice, Finish, FinishReason, Part, Response, TextPart, ToolCall, Usage},
    protocol::{
        DecodeError,
        call_id::call_id,
        json::{Amount, List, Malformed, Raw, Str, Word, from_slice, from_str, wire_object},
    },
};

wire_object! {
    struct WireAnswer<'a> {
        id: Word<'a> = "id",
        model: Word<'a> = "model",
        created: Amount = "created",
        choices: List<WireChoice<'a>> = "choices",
        usage: Raw<'a> = "usage",
        x_groq: WireGroq<'a> = "x_groq",
        service_tier: Word<'a> = "service_tier",
        error: Raw<'a> = "error",
    }

    struct WireChoice<'a> {
        index: Amount = "index",
        message: WireSaid<'a> = "message",
        delta: WireSaid<'a> = "delta",
        finish_reason: Raw<'a> = "finish_reason",
        native_finish_reason: Word<'a> = "native_finish_reason",
        stop_reason: Raw<'a> = "stop_reason",
        logprobs: Raw<'a> = "logprobs",
        usage: Raw<'a> = "usage",
        error: Raw<'a> = "error",
    }

    struct WireGroq<'a> {
        usage: Raw<'a> = "usage",
    }
}

/// The wire's name in messages.
const WIRE: &str = "chat completions";

/// Reads a whole answer, in any dialect of the wire. Calls without an id are named after `seed`.
///
/// Fails where the body is not an answer, and where it is an error in spite of its status.
pub fn decode_response<'a>(body: &'a [u8], seed: &str) -> Result<Response<'a>, DecodeError> {
    let answer: WireAnswer<'_> = from_slice(body).map_err(unreadable)?;
    let choices = answer.choices.unwrap_or_default().0;
    if let Some(error) = answer.error.or_else(|| choices.iter().find_map(|choice| choice.error)) {
        return Err(DecodeError::Answer(Box::new(answer_error(error))));
    }
    if choices.is_empty() {
        return Err(DecodeError::Malformed {
            wire: WIRE,
            detail: "`choices` is missing or empty".to_owned(),
        });
    }
    let mut usage = Usage::default();
    let usages = [answer.x_groq.and_then(|groq| groq.usage), answer.usage];
    choices
        .iter()
        .map(|choice| choice.usage)
        .chain(usages)
        .flatten()
        .for_each(|json| count(&mut usage, json));
    let mut calls = 0;
    let choices = choices
        .into_iter()
        .enumerate()
        .map(|(place, choice)| decode_choice(choice, place, seed, &mut calls))
        .collect();
    Ok(Response {
        choices,
        model: Word::text(answer.model),
        created: created(answer.created),
        usage,
        service_tier: Word::text(answer.service_tier),
        extra: answer.extra,
        id: Word::text(answer.id),
    })
}

fn unreadable(malformed: Malformed) -> DecodeError {
    DecodeError::Malformed { wire: WIRE, detail: malformed.to_string() }
}

/// When an answer was made; some servers say zero.
pub(super) fn created(amount: Option<Amount>) -> Option<u64> {
    amount?.0.filter(|created| *created > 0)
}

/// Takes a usage object, where it is one.
pub(super) fn count(usage: &mut Usage, json: Raw<'_>) {
    if let Ok(wire) = from_str::<WireUsage<'_>>(json.get()) {
        usage.update(&wire.usage());
    }
}

/// `calls` counts the calls of the whole answer.
fn decode_choice<'a>(choice: WireChoice<'a>, place: usize, seed: &str, calls: &mut u32) -> Choice<'a> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    let before = *calls;
    for piece in pieces(choice.message.or(choice.delta).unwrap_or_default()) {
        match piece {
            Piece::Reasoning(reasoning) => parts.push(Part::Reasoning(reasoning)),
            Piece::Text(text) => parts.push(Part::text(text)),
            Piece::Refusal(text) => parts.push(Part::Refusal(text)),
            Piece::Citation(citation) => {
                let last = parts.iter_mut().rev().find_map(|part| match part {
                    Part::Text(text) => Some(text),
                    _ => None,
                });
                match last {
                    Some(text) => text.citations.push(citation),
                    None => {
                        parts.push(Part::Text(TextPart { citations: vec![citation], ..TextPart::default() }))
                    }
                }
            }
            Piece::Media(media) => parts.push(Part::Media(media)),
            Piece::Call(call) => {
                parts.push(Part::ToolCall(tool_call(call, || call_id(seed, *calls))));
                *calls += 1;
            }
        }
    }
    Choice {
        index: choice.index.and_then(|index| index.0).map_or(place as u32, |index| index as u32),
        finish: finish(
            choice.finish_reason,
            choice.native_finish_reason,
            choice.stop_reason,
            *calls > before,
        ),
        logprobs: choice.logprobs.map(Cow::Borrowed),
        parts,
        extra: choice.extra,
    }
}

fn tool_call<'a>(call: CallPiece<'a>, id: impl FnOnce() -> String) -> ToolCall<'a> {
    ToolCall {
        id: if call.id.is_empty() { Cow::Owned(id()) } else { call.id },
        name: call.name,
        arguments: call.arguments,
        kind: call.kind,
        signature: call.signature,
        ..ToolCall::default()
    }
}

/// Why a choice ended. An answer with calls waits for their results, whatever its server calls
/// that; an answer that was cut by its length stays cut.
pub(super) fn finish<'a>(
    reason: Option<Raw<'a>>,
    native: Option<Word<'a>>,
    stop: Option<Raw<'a>>,
    calls: bool,
) -> Finish<'a> {
    let mut finish =
        reason.and_then(finish_of).unwrap_or(Finish { reason: FinishReason::Unknown, ..Finish::default() });
    finish.stop_sequence =
        stop.and_then(|json| from_str::<Str<'_>>(json.get()).ok()).map(|text| text.0.into_owned().into());
    if let Some(native) = Word::text(native) {
        finish.raw = Some(native.into_owned().into());
    }
    if calls && matches!(finish.reason, FinishReason::Stop | FinishReason::Unknown) {
        finish.reason = FinishReason::ToolCalls;
    }
    finish
}
