//! What a model says on the chat wire, whole or as a delta, in every dialect.
//!
//! One set of wire objects serves both: a delta is a message of which most is missing. The
//! dialects differ in where reasoning stands (`reasoning_content`, `reasoning`,
//! `reasoning_details`, parts of a list of content), in what tool calls lack (ids, types,
//! indexes), and in the empty stubs that stand for nothing.

use std::borrow::Cow;

use super::message::{WireReasoningDetail, join_details};
use crate::{
    conversation::{CallKind, Citation, Reasoning, Text},
    protocol::json::{Count, List, Raw, Str, TextOr, from_str, wire_object},
};

wire_object! {
    struct WireSaid<'a> {
        content: TextOr<'a, List<WireSaidPart<'a>>> = "content",
        refusal: Str<'a> = "refusal",
        reasoning_content: TextOr<'a, Raw<'a>> = "reasoning_content",
        reasoning: TextOr<'a, Raw<'a>> = "reasoning",
        reasoning_details: List<WireReasoningDetail<'a>> = "reasoning_details",
        tool_calls: List<WireSaidCall<'a>> = "tool_calls",
        function_call: WireSaidFunction<'a> = "function_call",
        annotations: List<Raw<'a>> = "annotations",
        audio: WireSaidAudio<'a> = "audio",
    }

    struct WireSaidPart<'a> {
        kind: Str<'a> = "type",
        text: Str<'a> = "text",
        thinking: TextOr<'a, List<WireThought<'a>>> = "thinking",
    }

    struct WireThought<'a> {
        text: Str<'a> = "text",
    }

    struct WireSaidCall<'a> {
        index: Count = "index",
        id: Str<'a> = "id",
        function: WireSaidFunction<'a> = "function",
        custom: WireSaidFunction<'a> = "custom",
        extra_content: Raw<'a> = "extra_content",
    }

    struct WireSaidFunction<'a> {
        name: Str<'a> = "name",
        arguments: Raw<'a> = "arguments",
        input: Raw<'a> = "input",
    }

    struct WireSaidAudio<'a> {
        transcript: Str<'a> = "transcript",
    }

    struct WireAnnotation<'a> {
        url_citation: WireUrlCitation<'a> = "url_citation",
    }

    struct WireUrlCitation<'a> {
        url: Str<'a> = "url",
        title: Str<'a> = "title",
        content: Str<'a> = "content",
        start: Count = "start_index",
        end: Count = "end_index",
    }
}

/// One piece of what was said, in the order in which it belongs.
pub(super) enum Piece<'a> {
    Reasoning(Reasoning<'a>),
    Text(Text<'a>),
    Refusal(Text<'a>),
    Citation(Citation<'a>),
    Call(CallPiece<'a>),
}

/// A tool call, or a piece of one.
pub(super) struct CallPiece<'a> {
    pub(super) index: Option<u64>,
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) arguments: Text<'a>,
    pub(super) kind: CallKind,
    pub(super) signature: Option<Text<'a>>,
}

/// Takes a message or a delta apart.
pub(super) fn pieces(said: WireSaid<'_>) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    push_reasoning(&mut pieces, said.reasoning_details, said.reasoning_content.or(said.reasoning));
    match said.content {
        Some(TextOr::Text(content)) if !content.is_empty() => pieces.push(Piece::Text(content)),
        Some(TextOr::Other(parts)) => parts.0.into_iter().for_each(|part| push_part(&mut pieces, part)),
        _ => {}
    }
    let transcript = said.audio.and_then(|audio| audio.transcript);
    if let Some(Str(transcript)) = transcript.filter(|text| !text.0.is_empty()) {
        pieces.push(Piece::Text(transcript));
    }
    if let Some(Str(refusal)) = said.refusal.filter(|refusal| !refusal.0.is_empty()) {
        pieces.push(Piece::Refusal(refusal));
    }
    for annotation in said.annotations.unwrap_or_default().0 {
        pieces.extend(decode_annotation(annotation).map(Piece::Citation));
    }
    pieces
        .extend(said.tool_calls.unwrap_or_default().0.into_iter().map(|call| Piece::Call(call_piece(call))));
    if let Some(function) = said.function_call {
        let call =
            WireSaidCall { function: Some(function), index: Some(Count(0)), ..WireSaidCall::default() };
        let call = call_piece(call);
        if !call.name.is_empty() || !call.arguments.is_empty() {
            pieces.push(Piece::Call(call));
        }
    }
    pieces
}

/// The same reasoning often stands in two places: details say the most, so that the plain text
/// counts only where they have none.
fn push_reasoning<'a>(
    pieces: &mut Vec<Piece<'a>>,
    details: Option<List<WireReasoningDetail<'a>>>,
    text: Option<TextOr<'a, Raw<'a>>>,
) {
    let details = join_details(details.unwrap_or_default().0);
    let readable = details.iter().any(|detail| detail.text.as_ref().is_some_and(|text| !text.is_empty()));
    if let Some(TextOr::Text(text)) = text
        && !readable
        && !text.is_empty()
    {
        pieces.push(Piece::Reasoning(Reasoning { text: Some(text), ..Reasoning::default() }));
    }
    pieces.extend(details.into_iter().map(Piece::Reasoning));
}

/// Mistral's content parts.
fn push_part<'a>(pieces: &mut Vec<Piece<'a>>, part: WireSaidPart<'a>) {
    if let Some(Str(text)) = part.text.filter(|text| !text.0.is_empty()) {
        pieces.push(Piece::Text(text));
    }
    let thought = match part.thinking {
        Some(TextOr::Text(text)) => text,
        Some(TextOr::Other(thoughts)) => Cow::Owned(
            thoughts
                .0
                .iter()
                .filter_map(|thought| thought.text.as_ref())
                .map(|text| text.0.as_ref())
                .collect(),
        ),
        None => return,
    };
    if !thought.is_empty() {
        pieces.push(Piece::Reasoning(Reasoning { text: Some(thought), ..Reasoning::default() }));
    }
}

fn decode_annotation(json: Raw<'_>) -> Option<Citation<'_>> {
    let annotation: WireAnnotation<'_> = from_str(json.get()).ok()?;
    let citation = annotation.url_citation?;
    Some(Citation {
        url: citation.url.map(|text| text.0),
        title: citation.title.map(|text| text.0),
        cited_text: citation.content.map(|text| text.0),
        span: citation.start.zip(citation.end).map(|(start, end)| (start.0, end.0)),
        json: Cow::Borrowed(json),
    })
}

fn call_piece(call: WireSaidCall<'_>) -> CallPiece<'_> {
    let (called, kind) = match (call.function, call.custom) {
        (None, Some(custom)) => (custom, CallKind::Custom),
        (function, _) => (function.unwrap_or_default(), CallKind::Function),
    };
    let arguments = called.arguments.or(called.input);
    CallPiece {
        index: call.index.map(|index| index.0),
        id: call.id.map(|id| id.0).unwrap_or_default(),
        name: called.name.map(|name| name.0).unwrap_or_default(),
        arguments: arguments.and_then(|json| super::request::text_of(json).ok()).unwrap_or_default(),
        kind,
        signature: call.extra_content.and_then(super::message::google_signature),
    }
}
