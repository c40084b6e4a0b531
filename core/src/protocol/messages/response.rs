//! A whole answer: bytes to conversation.

use std::borrow::Cow;

use super::{
    error::answer_error,
    usage::{Tally, WireUsage},
};
use crate::{
    conversation::{Choice, Citation, Finish, FinishReason, Part, Reasoning, Response, TextPart, ToolCall},
    protocol::{
        DecodeError,
        json::{Count, List, Malformed, Maybe, Raw, Word, from_slice, from_str, wire_object},
    },
};

wire_object! {
    struct WireAnswer<'a> {
        kind: Word<'a> = "type",
        id: Word<'a> = "id",
        model: Word<'a> = "model",
        role: Word<'a> = "role",
        content: List<Raw<'a>> = "content",
        stop_reason: Word<'a> = "stop_reason",
        stop_sequence: Word<'a> = "stop_sequence",
        stop_details: Maybe<WireStopDetails<'a>> = "stop_details",
        usage: Maybe<WireUsage<'a>> = "usage",
        // MiniMax says it beside the usage.
        service_tier: Word<'a> = "service_tier",
        error: Raw<'a> = "error",
    }

    struct WireStopDetails<'a> {
        explanation: Word<'a> = "explanation",
    }

    struct WireBlock<'a> {
        kind: Word<'a> = "type",
        text: Word<'a> = "text",
        citations: Maybe<List<Raw<'a>>> = "citations",
        thinking: Word<'a> = "thinking",
        signature: Word<'a> = "signature",
        data: Word<'a> = "data",
        id: Word<'a> = "id",
        name: Word<'a> = "name",
        input: Raw<'a> = "input",
    }

    struct WireCitation<'a> {
        url: Word<'a> = "url",
        title: Word<'a> = "title",
        document_title: Word<'a> = "document_title",
        cited_text: Word<'a> = "cited_text",
        start: Count = "start_index",
        end: Count = "end_index",
    }
}

/// Reads a whole answer.
///
/// Fails where the body is not an answer, and where it is an error in spite of its status.
pub fn decode_response(body: &[u8]) -> Result<Response<'_>, DecodeError> {
    let answer: WireAnswer<'_> = from_slice(body).map_err(unreadable)?;
    if answer.error.is_some() || answer.kind.as_ref().is_some_and(|kind| kind.0.as_deref() == Some("error")) {
        return Err(DecodeError::Answer(Box::new(answer_error(body))));
    }
    let Some(content) = answer.content else {
        return Err(DecodeError::Malformed { wire: WIRE, detail: "`content` is missing".to_owned() });
    };
    let mut usage = Tally::default();
    let mut service_tier = None;
    if let Some(wire) = Maybe::value(answer.usage) {
        usage.update(&wire);
        service_tier = Word::text(wire.service_tier);
    }
    let parts = content.0.into_iter().map(decode_block).collect::<Result<_, _>>().map_err(unreadable)?;
    let finish = finish(answer.stop_reason, answer.stop_sequence, answer.stop_details);
    Ok(Response {
        id: Word::text(answer.id),
        model: Word::text(answer.model),
        created: None,
        choices: vec![Choice { parts, finish, extra: answer.extra, ..Choice::default() }],
        usage: usage.usage(),
        service_tier: service_tier.or_else(|| Word::text(answer.service_tier)),
        extra: Vec::new(),
    })
}

/// The wire's name in messages.
pub(super) const WIRE: &str = "Anthropic Messages";

pub(super) fn unreadable(malformed: Malformed) -> DecodeError {
    DecodeError::Malformed { wire: WIRE, detail: malformed.to_string() }
}

/// Reads one content block. Blocks of types that are not the caller's business stay whole.
pub(super) fn decode_block(json: Raw<'_>) -> Result<Part<'_>, Malformed> {
    let block: WireBlock<'_> = from_str(json.get())?;
    let kind = Word::text(block.kind).unwrap_or_default();
    Ok(match kind.as_ref() {
        "text" => Part::Text(TextPart {
            text: Word::text(block.text).unwrap_or_default(),
            citations: Maybe::value(block.citations)
                .unwrap_or_default()
                .0
                .into_iter()
                .map(decode_citation)
                .collect(),
            ..TextPart::default()
        }),
        "thinking" => Part::Reasoning(Reasoning {
            text: Some(Word::text(block.thinking).unwrap_or_default()),
            signature: Word::text(block.signature),
            format: Some(Cow::Borrowed(crate::protocol::chat::ANTHROPIC_FORMAT)),
            ..Reasoning::default()
        }),
        "redacted_thinking" => Part::Reasoning(Reasoning {
            opaque: Some(Word::text(block.data).unwrap_or_default()),
            format: Some(Cow::Borrowed(crate::protocol::chat::ANTHROPIC_FORMAT)),
            ..Reasoning::default()
        }),
        "tool_use" => Part::ToolCall(ToolCall {
            id: Word::text(block.id).unwrap_or_default(),
            name: Word::text(block.name).unwrap_or_default(),
            arguments: Cow::Borrowed(block.input.map_or("{}", |input| input.get())),
            ..ToolCall::default()
        }),
        _ => Part::Provider { kind, json: Cow::Borrowed(json) },
    })
}

pub(super) fn decode_citation(json: Raw<'_>) -> Citation<'_> {
    let citation: WireCitation<'_> = from_str(json.get()).unwrap_or_default();
    Citation {
        url: Word::text(citation.url),
        title: Word::text(citation.title).or_else(|| Word::text(citation.document_title)),
        cited_text: Word::text(citation.cited_text),
        span: citation.start.zip(citation.end).map(|(start, end)| (start.0, end.0)),
        json: Cow::Borrowed(json),
    }
}

/// Why the answer ended ("Handling stop reasons").
pub(super) fn finish<'a>(
    reason: Option<Word<'a>>,
    sequence: Option<Word<'a>>,
    details: Option<Maybe<WireStopDetails<'a>>>,
) -> Finish<'a> {
    let reason = Word::text(reason);
    Finish {
        reason: match reason.as_deref() {
            Some("end_turn") => FinishReason::Stop,
            Some("stop_sequence") => FinishReason::StopSequence,
            Some("max_tokens") => FinishReason::Length,
            Some("model_context_window_exceeded") => FinishReason::ContextWindow,
            Some("tool_use") => FinishReason::ToolCalls,
            Some("refusal") => FinishReason::Refusal,
            // A pause after what came before was put into few words is one too ("Compaction").
            Some("pause_turn" | "compaction") => FinishReason::Paused,
            _ => FinishReason::Unknown,
        },
        raw: reason,
        stop_sequence: sequence.and_then(|sequence| sequence.0),
        explanation: Maybe::value(details).and_then(|details| Word::text(details.explanation)),
    }
}
