//! Blocks that only Anthropic has a type for, and whose content every model can read: found search
//! results, documents in chunks, summaries of what came before. To the other wires they are documents
//! of plain text and texts; what they cannot say (that citations are wanted, cache marks) goes the way
//! it goes for any document.
//!
//! What holds more than text stays what it is, and is refused there.
//!
//! Sources: Anthropic's "Search results", "Citations" (custom content documents), "Compaction".

use std::borrow::Cow;

use super::compaction;
use crate::{
    conversation::{Media, MediaKind, Message, Part, Request, Source, Text, ToolResult},
    protocol::json::{List, Raw, Str, TextOr, from_str, wire_object},
};

const SEARCH_RESULT: &str = "search_result";

wire_object! {
    struct WireResult<'a> {
        title: Str<'a> = "title",
        source: Str<'a> = "source",
        content: TextOr<'a, List<WireChunk<'a>>> = "content",
        citations: Raw<'a> = "citations",
        cache_control: Raw<'a> = "cache_control",
    }

    struct WireChunk<'a> {
        kind: Str<'a> = "type",
        text: Str<'a> = "text",
    }

    struct WireSummary<'a> {
        content: Str<'a> = "content",
    }
}

/// The request with such blocks as text, where it has any.
pub(crate) fn readable<'r, 'a>(request: &'r Request<'a>) -> Cow<'r, Request<'a>> {
    if !request.messages.iter().any(|message| message.parts.iter().any(is_to_be_read)) {
        return Cow::Borrowed(request);
    }
    let messages = request.messages.iter().cloned();
    let read = |message: Message<'a>| Message { parts: read_all(message.parts), ..message };
    Cow::Owned(Request { messages: messages.map(read).collect(), ..request.clone() })
}

fn is_to_be_read(part: &Part<'_>) -> bool {
    match part {
        Part::Provider { kind, .. } => kind == SEARCH_RESULT || kind == compaction::KIND,
        Part::Media(media) => matches!(media.source, Source::Provider(_)),
        Part::ToolResult(result) => result.content.iter().any(is_to_be_read),
        _ => false,
    }
}

fn read_all(parts: Vec<Part<'_>>) -> Vec<Part<'_>> {
    parts.into_iter().filter_map(read).collect()
}

/// A part as text; none where it says nothing.
fn read(part: Part<'_>) -> Option<Part<'_>> {
    Some(match part {
        Part::Provider { kind, json } if kind == SEARCH_RESULT => match found(json.get()) {
            Some(document) => Part::Media(document),
            None => Part::Provider { kind, json },
        },
        // A summary that failed is null, and Anthropic reads past it too.
        Part::Provider { kind, json } if kind == compaction::KIND => {
            let summary: WireSummary<'_> = from_str(json.get()).ok()?;
            Part::text(summary.content?.0.into_owned())
        }
        Part::Media(media) => Part::Media(match chunks_of(&media.source) {
            Some(text) => Media { source: Source::Plain(text), ..media },
            None => media,
        }),
        Part::ToolResult(result) => {
            Part::ToolResult(ToolResult { content: read_all(result.content), ..result })
        }
        part => part,
    })
}

/// What a search found, as a document of that title.
fn found<'a>(json: &str) -> Option<Media<'a>> {
    let result: WireResult<'_> = from_str(json).ok()?;
    let own = |json: Raw<'_>| Cow::Owned(json.to_owned());
    let said = |text: Option<Str<'_>>| text.map(|text| Cow::Owned(text.0.into_owned()));
    Some(Media {
        title: said(result.title),
        context: said(result.source),
        citations: result.citations.map(own),
        cache: result.cache_control.map(own),
        ..Media::new(MediaKind::Document, Source::Plain(text_of(result.content?)?))
    })
}

/// The text of a document that comes in chunks of text.
fn chunks_of<'a>(source: &Source<'_>) -> Option<Text<'a>> {
    let Source::Provider(json) = source else { return None };
    let source: WireResult<'_> = from_str(json.get()).ok()?;
    text_of(source.content?)
}

fn text_of<'a>(content: TextOr<'_, List<WireChunk<'_>>>) -> Option<Text<'a>> {
    match content {
        TextOr::Text(text) => Some(Cow::Owned(text.into_owned())),
        TextOr::Other(chunks) => {
            let text = |chunk: WireChunk<'_>| {
                let is_text = chunk.kind.is_some_and(|kind| kind.0 == "text");
                chunk.text.filter(|_| is_text).map(|text| text.0.into_owned())
            };
            let texts: Option<Vec<String>> = chunks.0.into_iter().map(text).collect();
            Some(Cow::Owned(texts?.join("\n\n")))
        }
    }
}
