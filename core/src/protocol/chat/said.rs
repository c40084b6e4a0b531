//! What a model says on the chat wire, whole or as a delta, in every dialect.
//!
//! One set of wire objects serves both: a delta is a message of which most is missing. The
//! dialects differ in where reasoning stands (`reasoning_content`, `reasoning`,
//! `reasoning_details`, parts of a list of content), in what tool calls lack (ids, types,
//! indexes), and in the empty stubs that stand for nothing.

use std::borrow::Cow;

use super::message::{WireReasoningDetail, join_details, source_of_url};
use crate::{
    conversation::{CallKind, Citation, Media, MediaKind, Reasoning, Source, Text},
    protocol::json::{Amount, List, Raw, Str, TextOr, Word, from_str, wire_object},
};

wire_object! {
    struct WireSaid<'a> {
        content: TextOr<'a, List<WireSaidPart<'a>>> = "content",
        refusal: Word<'a> = "refusal",
        reasoning_content: Word<'a> = "reasoning_content",
        reasoning: Word<'a> = "reasoning",
        reasoning_details: List<WireReasoningDetail<'a>> = "reasoning_details",
        tool_calls: List<WireSaidCall<'a>> = "tool_calls",
        function_call: WireSaidFunction<'a> = "function_call",
        annotations: List<Raw<'a>> = "annotations",
        audio: WireSaidAudio<'a> = "audio",
        images: List<WireSaidImage<'a>> = "images",
    }

    struct WireSaidImage<'a> {
        image_url: WireSaidUrl<'a> = "image_url",
    }

    struct WireSaidUrl<'a> {
        url: Word<'a> = "url",
    }

    struct WireSaidPart<'a> {
        kind: Str<'a> = "type",
        text: Word<'a> = "text",
        thinking: TextOr<'a, List<WireThought<'a>>> = "thinking",
    }

    struct WireThought<'a> {
        text: Word<'a> = "text",
    }

    struct WireSaidCall<'a> {
        index: Amount = "index",
        id: Word<'a> = "id",
        function: WireSaidFunction<'a> = "function",
        custom: WireSaidFunction<'a> = "custom",
        extra_content: Raw<'a> = "extra_content",
    }

    struct WireSaidFunction<'a> {
        name: Word<'a> = "name",
        arguments: Raw<'a> = "arguments",
        input: Raw<'a> = "input",
    }

    struct WireSaidAudio<'a> {
        data: Word<'a> = "data",
        transcript: Word<'a> = "transcript",
    }

    struct WireAnnotation<'a> {
        url_citation: WireUrlCitation<'a> = "url_citation",
    }

    struct WireUrlCitation<'a> {
        url: Word<'a> = "url",
        title: Word<'a> = "title",
        content: Word<'a> = "content",
        start: Amount = "start_index",
        end: Amount = "end_index",
    }
}

/// One piece of what was said, in the order in which it belongs.
pub(super) enum Piece<'a> {
    Reasoning(Reasoning<'a>),
    Text(Text<'a>),
    Refusal(Text<'a>),
    Citation(Citation<'a>),
    Media(Media<'a>),
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
    let plain = Word::text(said.reasoning_content).or_else(|| Word::text(said.reasoning));
    push_reasoning(&mut pieces, said.reasoning_details, plain);
    match said.content {
        Some(TextOr::Text(content)) if !content.is_empty() => pieces.push(Piece::Text(content)),
        Some(TextOr::Other(parts)) => parts.0.into_iter().for_each(|part| push_part(&mut pieces, part)),
        _ => {}
    }
    let audio = said.audio.unwrap_or_default();
    pieces.extend(Word::text(audio.transcript).map(Piece::Text));
    pieces.extend(Word::text(audio.data).map(|data| Piece::Media(sound(data))));
    pieces.extend(said.images.unwrap_or_default().0.into_iter().filter_map(picture).map(Piece::Media));
    pieces.extend(Word::text(said.refusal).map(Piece::Refusal));
    for annotation in said.annotations.unwrap_or_default().0 {
        pieces.extend(decode_annotation(annotation).map(Piece::Citation));
    }
    pieces
        .extend(said.tool_calls.unwrap_or_default().0.into_iter().map(|call| Piece::Call(call_piece(call))));
    if let Some(function) = said.function_call {
        let call = WireSaidCall {
            function: Some(function),
            index: Some(Amount(Some(0))),
            ..WireSaidCall::default()
        };
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
    text: Option<Text<'a>>,
) {
    let details = join_details(details.unwrap_or_default().0);
    let readable = details.iter().any(|detail| detail.text.as_ref().is_some_and(|text| !text.is_empty()));
    if let Some(text) = text.filter(|_| !readable) {
        pieces.push(Piece::Reasoning(Reasoning { text: Some(text), ..Reasoning::default() }));
    }
    pieces.extend(details.into_iter().map(Piece::Reasoning));
}

/// Mistral's content parts.
fn push_part<'a>(pieces: &mut Vec<Piece<'a>>, part: WireSaidPart<'a>) {
    pieces.extend(Word::text(part.text).map(Piece::Text));
    let thought = match part.thinking {
        Some(TextOr::Text(text)) => text,
        Some(TextOr::Other(thoughts)) => Cow::Owned(
            thoughts.0.into_iter().filter_map(|thought| Word::text(thought.text)).collect::<String>(),
        ),
        None => return,
    };
    if !thought.is_empty() {
        pieces.push(Piece::Reasoning(Reasoning { text: Some(thought), ..Reasoning::default() }));
    }
}

/// Sound, in whatever form was asked for: the answer does not say.
fn sound(data: Text<'_>) -> Media<'_> {
    Media::new(MediaKind::Audio, Source::Base64 { media_type: None, data })
}

/// OpenRouter's pictures.
fn picture(image: WireSaidImage<'_>) -> Option<Media<'_>> {
    let url = Word::text(image.image_url?.url)?;
    let source = source_of_url(url, String::new).ok()?;
    Some(Media::new(MediaKind::Image, source))
}

fn decode_annotation(json: Raw<'_>) -> Option<Citation<'_>> {
    let annotation: WireAnnotation<'_> = from_str(json.get()).ok()?;
    let citation = annotation.url_citation?;
    Some(Citation {
        url: Word::text(citation.url),
        title: Word::text(citation.title),
        cited_text: Word::text(citation.content),
        span: citation.start.zip(citation.end).and_then(|(start, end)| start.0.zip(end.0)),
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
        index: call.index.and_then(|index| index.0),
        id: Word::text(call.id).unwrap_or_default(),
        name: Word::text(called.name).unwrap_or_default(),
        arguments: arguments.and_then(|json| super::request::text_of(json).ok()).unwrap_or_default(),
        kind,
        signature: call.extra_content.and_then(super::message::google_signature),
    }
}
