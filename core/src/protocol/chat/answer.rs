//! A whole answer of a provider of the chat wire: bytes to conversation.

use std::borrow::Cow;

use super::{
    error::{answer_error, bare_error},
    observe::finish_of,
    said::{CallPiece, Piece, WireSaid, pieces},
    sources::{LISTS, WireVenice, lists, sources},
    usage::WireUsage,
};
use crate::{
    conversation::{Choice, Finish, FinishReason, Part, Response, Text, TextPart, ToolCall, Usage},
    protocol::{
        DecodeError,
        call_id::call_id,
        json::{Amount, List, Malformed, Maybe, Raw, Str, Word, from_slice, from_str, wire_object},
    },
};

wire_object! {
    struct WireAnswer<'a> {
        id: Word<'a> = "id",
        model: Word<'a> = "model",
        created: Amount = "created",
        object: Word<'a> = "object",
        choices: List<WireChoice<'a>> = "choices",
        usage: Raw<'a> = "usage",
        x_groq: WireGroq<'a> = "x_groq",
        service_tier: Word<'a> = "service_tier",
        error: Raw<'a> = "error",
        // Perplexity and xAI; Perplexity.
        citations: Raw<'a> = "citations",
        search_results: Raw<'a> = "search_results",
        venice: Maybe<WireVenice<'a>> = "venice_parameters",
    }

    struct WireChoice<'a> {
        index: Amount = "index",
        message: WireSaid<'a> = "message",
        delta: WireSaid<'a> = "delta",
        finish_reason: Raw<'a> = "finish_reason",
        native_finish_reason: Word<'a> = "native_finish_reason",
        stop_reason: Raw<'a> = "stop_reason",
        // SGLang's name for it.
        matched_stop: Raw<'a> = "matched_stop",
        logprobs: Raw<'a> = "logprobs",
        usage: Raw<'a> = "usage",
        error: Raw<'a> = "error",
    }

    struct WireGroq<'a> {
        usage: Raw<'a> = "usage",
        // Why it stopped early.
        error: Raw<'a> = "error",
    }
}

/// The wire's name in messages.
const WIRE: &str = "chat completions";

/// Reads a whole answer, in any dialect of the wire. Calls without an id are named after `seed`.
///
/// Fails where the body is not an answer, and where it is an error in spite of its status.
pub fn decode_response<'a>(body: &'a [u8], seed: &str) -> Result<Response<'a>, DecodeError> {
    let answer: WireAnswer<'_> = from_slice(body).map_err(unreadable)?;
    let bare = || std::str::from_utf8(body).ok().and_then(bare_error);
    if answer.choices.is_none()
        && answer.error.is_none()
        && let Some(error) = bare()
    {
        return Err(DecodeError::Answer(Box::new(error)));
    }
    let mut choices = answer.choices.unwrap_or_default().0;
    number(&mut choices, answer.object);
    let groq = answer.x_groq.unwrap_or_default();
    if let Some(error) =
        answer.error.or(groq.error).or_else(|| choices.iter().find_map(|choice| choice.error))
    {
        return Err(DecodeError::Answer(Box::new(answer_error(error))));
    }
    if choices.is_empty() {
        return Err(DecodeError::Malformed {
            wire: WIRE,
            detail: "`choices` is missing or empty".to_owned(),
        });
    }
    let mut usage = Usage::default();
    let usages = [groq.usage, answer.usage];
    let mut tier = Word::text(answer.service_tier);
    for json in choices.iter().map(|choice| choice.usage).chain(usages).flatten() {
        tier = tier.or(count(&mut usage, json));
    }
    let mut calls = 0;
    let mut told: Vec<Choice<'_>> = Vec::with_capacity(1);
    for (place, choice) in choices.into_iter().enumerate() {
        let choice = decode_choice(choice, place, seed, &mut calls);
        match told.iter_mut().find(|told| told.index == choice.index) {
            Some(first) => join(first, choice),
            None => told.push(choice),
        }
    }
    if let Some(first) = told.first_mut() {
        cite(&mut first.parts, lists(answer.search_results, answer.venice, answer.citations));
    }
    Ok(Response {
        choices: told,
        model: Word::text(answer.model),
        created: created(answer.created),
        usage,
        service_tier: tier,
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

/// Takes a usage object, where it is one; gives the tier that it names.
pub(super) fn count<'a>(usage: &mut Usage, json: Raw<'a>) -> Option<Text<'a>> {
    let wire: WireUsage<'_> = from_str(json.get()).ok()?;
    usage.update(&wire.usage());
    Word::text(wire.service_tier)
}

/// Several choices of which none has a number are one in pieces: Copilot gives the text and each call
/// of Claude's a choice of its own. Hugging Face's server, before 1.4.4, numbered tokens and not
/// choices, of which it gave one; its answers are known by what they call themselves.
pub(super) fn number(choices: &mut [WireChoice<'_>], object: Option<Word<'_>>) {
    let numberless = choices.len() > 1 && choices.iter().all(|choice| choice.index.is_none());
    if numberless || Word::text(object).is_some_and(|object| object == "text_completion") {
        choices.iter_mut().for_each(|choice| choice.index = Some(Amount(Some(0))));
    }
}

/// Two choices of one number are one.
fn join<'a>(first: &mut Choice<'a>, more: Choice<'a>) {
    first.parts.extend(more.parts);
    if matches!(first.finish.reason, FinishReason::Stop | FinishReason::Unknown) {
        first.finish = more.finish;
    }
    first.logprobs = first.logprobs.take().or(more.logprobs);
}

/// Sources of the whole answer belong to its last text, where no text has its own.
fn cite<'a>(parts: &mut [Part<'a>], lists: [Option<Raw<'a>>; LISTS]) {
    let cited = |part: &Part<'_>| matches!(part, Part::Text(text) if !text.citations.is_empty());
    if parts.iter().any(cited) {
        return;
    }
    let last = parts.iter_mut().rev().find_map(|part| match part {
        Part::Text(text) => Some(text),
        _ => None,
    });
    if let Some(text) = last {
        text.citations = sources(lists);
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
            choice.stop_reason.or(choice.matched_stop),
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
