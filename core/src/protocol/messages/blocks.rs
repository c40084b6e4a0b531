//! Content blocks of requests.

use std::borrow::Cow;

use crate::{
    conversation::{CallKind, Media, MediaKind, Part, Reasoning, Source, TextPart, ToolCall, ToolResult},
    error::ApiError,
    protocol::{
        base64,
        fields::Report,
        input::write_input,
        json::{Array, Object},
    },
};

type Blocks<'o> = Array<'o, Vec<u8>>;
type Block<'o> = Object<'o, Vec<u8>>;

/// Where in the caller's request a part stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Which message.
    pub(super) message: usize,
    /// Which tool call of it.
    pub(super) call: usize,
}

/// Writes a part of the model's turn.
pub(super) fn write_assistant(
    blocks: &mut Blocks<'_>,
    part: &Part<'_>,
    place: Place,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    match part {
        Part::Reasoning(reasoning) => blocks.object(|block| write_reasoning(block, reasoning)),
        Part::ToolCall(call) => return write_call(blocks, call, place, report),
        _ => return write_user(blocks, part, place, report),
    }
    Ok(())
}

/// Writes a part of the user's turn, or one that may stand in any turn.
pub(super) fn write_user(
    blocks: &mut Blocks<'_>,
    part: &Part<'_>,
    place: Place,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    match part {
        Part::Text(text) => blocks.object(|block| write_text(block, text)),
        Part::Refusal(text) => blocks.object(|block| {
            block.string("type", "text");
            block.string("text", text);
        }),
        Part::Media(media) => return write_media(blocks, media, place, report),
        Part::ToolResult(result) => return blocks.object(|block| write_result(block, result, place, report)),
        Part::Provider { json, .. } => blocks.element().extend_from_slice(json.get().as_bytes()),
        Part::Reasoning(_) | Part::ToolCall(_) => {
            let at = format!("messages[{}]", place.message);
            report.lost_input("messages", at, "only the assistant's messages hold calls and reasoning")?;
        }
    }
    Ok(())
}

pub(super) fn write_text(block: &mut Block<'_>, text: &TextPart<'_>) {
    block.string("type", "text");
    block.string("text", &text.text);
    if !text.citations.is_empty() {
        block.array("citations", |citations| {
            for citation in &text.citations {
                citations.element().extend_from_slice(citation.json.get().as_bytes());
            }
        });
    }
    block.json_or_skip("cache_control", text.cache.as_deref());
}

fn write_reasoning(block: &mut Block<'_>, reasoning: &Reasoning<'_>) {
    match (&reasoning.signature, &reasoning.opaque) {
        (None, Some(data)) => {
            block.string("type", "redacted_thinking");
            block.string("data", data);
        }
        (signature, _) => {
            block.string("type", "thinking");
            block.string("thinking", reasoning.text.as_deref().unwrap_or_default());
            block.string("signature", signature.as_deref().unwrap_or_default());
        }
    }
}

fn write_call(
    blocks: &mut Blocks<'_>,
    call: &ToolCall<'_>,
    place: Place,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    let at = |member: &str| format!("messages[{}].tool_calls[{}].{member}", place.message, place.call);
    if call.kind == CallKind::Custom {
        return report.lost_at("messages[].tool_calls[].custom", || at("custom"));
    }
    blocks.object(|block| {
        block.string("type", "tool_use");
        block.string("id", &wire_id(&call.id));
        block.string("name", &call.name);
        write_input(block, "input", call);
        block.json_or_skip("cache_control", call.cache.as_deref());
    });
    Ok(())
}

/// An id in the letters that the wire allows (`^[a-zA-Z0-9_-]+$`). Ids of other providers can hold
/// more; calls and results are changed alike.
fn wire_id(id: &str) -> Cow<'_, str> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if id.chars().all(allowed) {
        Cow::Borrowed(id)
    } else {
        Cow::Owned(id.chars().map(|letter| if allowed(letter) { letter } else { '_' }).collect())
    }
}

fn write_result(
    block: &mut Block<'_>,
    result: &ToolResult<'_>,
    place: Place,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    block.string("type", "tool_result");
    block.string("tool_use_id", &wire_id(&result.call_id));
    if let Some(is_error) = result.is_error {
        block.bool("is_error", is_error);
    }
    match result.content.as_slice() {
        [] => {}
        [Part::Text(text)] if text.cache.is_none() => block.string("content", &text.text),
        parts => block.array("content", |blocks| {
            for part in parts.iter().filter(|part| !matches!(part, Part::Text(text) if text.text.is_empty()))
            {
                write_user(blocks, part, place, report)?;
            }
            Ok::<(), ApiError>(())
        })?,
    }
    block.json_or_skip("cache_control", result.cache.as_deref());
    Ok(())
}

fn write_media(
    blocks: &mut Blocks<'_>,
    media: &Media<'_>,
    place: Place,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    let at = || format!("messages[{}].content", place.message);
    if media.detail.as_ref().is_some_and(|detail| detail != "auto") {
        report.lost("messages[].content[].image_url.detail")?;
    }
    match media.kind {
        MediaKind::Audio => report.lost_at("messages[].content[].input_audio", at),
        MediaKind::Video => report.lost_at("messages[].content[].video_url", at),
        MediaKind::Image => {
            blocks.object(|block| {
                block.string("type", "image");
                write_source(block, &media.source, guess_image);
                block.json_or_skip("cache_control", media.cache.as_deref());
            });
            Ok(())
        }
        MediaKind::Document => {
            let Some(source) = readable(&media.source) else {
                let why = "a document must be a PDF or text in UTF-8";
                return report.lost_input("messages[].content[].file", at(), why);
            };
            blocks.object(|block| {
                block.string("type", "document");
                write_source(block, &source, |_| "application/pdf");
                block.string_or_skip("title", media.title.as_deref());
                block.string_or_skip("context", media.context.as_deref());
                block.json_or_skip("citations", media.citations.as_deref());
                block.json_or_skip("cache_control", media.cache.as_deref());
            });
            Ok(())
        }
    }
}

fn write_source(block: &mut Block<'_>, source: &Source<'_>, guess: impl Fn(&str) -> &'static str) {
    // Only this wire's own front makes raw sources.
    if let Source::Provider(json) = source {
        return block.json("source", json);
    }
    block.object("source", |object| match source {
        Source::Url(url) => {
            object.string("type", "url");
            object.string("url", url);
        }
        Source::Base64 { media_type, data } => {
            object.string("type", "base64");
            object.string("media_type", media_type.as_deref().unwrap_or_else(|| guess(data)));
            object.string("data", data);
        }
        Source::Plain(text) => {
            object.string("type", "text");
            object.string("media_type", "text/plain");
            object.string("data", text);
        }
        Source::File(id) => {
            object.string("type", "file");
            object.string("file_id", id);
        }
        Source::Provider(_) => {}
    });
}

/// An image's type by the first bytes of its base64.
fn guess_image(data: &str) -> &'static str {
    const BEGINNINGS: [(&str, &str); 4] =
        [("/9j/", "image/jpeg"), ("iVBOR", "image/png"), ("R0lGOD", "image/gif"), ("UklGR", "image/webp")];
    BEGINNINGS.iter().find(|(beginning, _)| data.starts_with(beginning)).map_or("image/png", |(_, kind)| kind)
}

/// A document's source in a form that the wire takes: PDFs as they are, other text decoded.
fn readable<'s>(source: &'s Source<'s>) -> Option<Cow<'s, Source<'s>>> {
    let Source::Base64 { media_type, data } = source else { return Some(Cow::Borrowed(source)) };
    let is_pdf = media_type.as_deref() == Some("application/pdf") || data.starts_with("JVBERi");
    if is_pdf {
        return Some(Cow::Borrowed(source));
    }
    let text = String::from_utf8(base64::decode(data)?).ok()?;
    Some(Cow::Owned(Source::Plain(Cow::Owned(text))))
}
