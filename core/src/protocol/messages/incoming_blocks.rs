//! Content blocks of a caller's request.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{
    incoming::{missing, unknown_word},
    response::decode_citation,
};
use crate::{
    conversation::{
        Extra, Json, Media, MediaKind, Message, Part, Reasoning, Role, Source, TextPart, ToolCall, ToolResult,
    },
    error::ApiError,
    protocol::{
        chat::ANTHROPIC_FORMAT,
        json::{List, Object, Raw, Str, TextOr, TextOrRaw, from_str, wire_object},
    },
};

wire_object! {
    struct WireBlock<'a> {
        kind: Str<'a> = "type",
        text: Str<'a> = "text",
        citations: Raw<'a> = "citations",
        source: Raw<'a> = "source",
        title: Str<'a> = "title",
        context: Str<'a> = "context",
        thinking: Str<'a> = "thinking",
        signature: Str<'a> = "signature",
        data: Str<'a> = "data",
        id: Str<'a> = "id",
        name: Str<'a> = "name",
        input: Raw<'a> = "input",
        tool_use_id: Str<'a> = "tool_use_id",
        content: TextOrRaw<'a> = "content",
        is_error: bool = "is_error",
        cache_control: Raw<'a> = "cache_control",
    }

    struct WireSource<'a> {
        kind: Str<'a> = "type",
        media_type: Str<'a> = "media_type",
        data: Str<'a> = "data",
        url: Str<'a> = "url",
        file_id: Str<'a> = "file_id",
    }
}

type Content<'a> = TextOr<'a, List<WireBlock<'a>>>;

/// Tells where something stands in the request, which only an error needs to know.
pub(super) type Path<'p> = &'p dyn Fn() -> String;

/// How the block begins in which Claude Code tells Anthropic's accounts of itself.
const BILLING: &str = "x-anthropic-billing-header:";

/// The name under which that block is reported.
const BILLING_FIELD: &str = "system[].x-anthropic-billing-header";

/// The top-level system prompt is the first message. A line for Anthropic's accounts is no part of
/// it: it differs in each request, and at the head of a prompt it would spoil the cache of any other
/// provider. It is noted in `extra`, so that its loss is told.
pub(super) fn decode_system<'a>(
    content: Content<'a>,
    extra: &mut Extra<'a>,
) -> Result<Message<'a>, ApiError> {
    let mut parts = decode_blocks(content, &|| "system".to_owned())?;
    let billing = |part: &Part<'_>| matches!(part, Part::Text(text) if text.text.starts_with(BILLING));
    if parts.first().is_some_and(billing) {
        parts.remove(0);
        extra.push((Cow::Borrowed(BILLING_FIELD), Cow::Borrowed(RawValue::TRUE)));
    }
    Ok(Message::new(Role::System, parts))
}

/// The parts that a string or a list of blocks is; `path` says where they stand.
pub(super) fn decode_blocks<'a>(content: Content<'a>, path: Path<'_>) -> Result<Vec<Part<'a>>, ApiError> {
    match content {
        TextOr::Text(text) => Ok(vec![Part::text(text)]),
        TextOr::Other(blocks) => {
            // Collected, they would stand in the blocks' memory, which is larger than they need.
            let mut parts = Vec::with_capacity(blocks.0.len());
            for (i, block) in blocks.0.into_iter().enumerate() {
                parts.push(decode_block(block, &|| format!("{}.{i}", path()))?);
            }
            Ok(parts)
        }
    }
}

fn decode_block<'a>(mut block: WireBlock<'a>, path: Path<'_>) -> Result<Part<'a>, ApiError> {
    let absent = |field: &str| missing(&format!("{}.{field}", path()));
    let Some(Str(kind)) = block.kind.take() else { return Err(absent("type")) };
    let cache = block.cache_control.map(Cow::Borrowed);
    Ok(match kind.as_ref() {
        "text" => Part::Text(TextPart {
            text: block.text.ok_or_else(|| absent("text"))?.0,
            citations: block
                .citations
                .and_then(|json| from_str::<List<Raw<'_>>>(json.get()).ok())
                .map(|list| list.0.into_iter().map(decode_citation).collect())
                .unwrap_or_default(),
            cache,
            extra: block.extra,
        }),
        "image" | "document" => {
            let source = decode_source(block.source.ok_or_else(|| absent("source"))?, path)?;
            let kind = if kind == "image" { MediaKind::Image } else { MediaKind::Document };
            Part::Media(Media {
                title: block.title.map(|text| text.0),
                context: block.context.map(|text| text.0),
                citations: block.citations.map(Cow::Borrowed),
                cache,
                extra: block.extra,
                ..Media::new(kind, source)
            })
        }
        "thinking" => Part::Reasoning(Reasoning {
            text: Some(block.thinking.ok_or_else(|| absent("thinking"))?.0),
            signature: block.signature.map(|text| text.0).filter(|signature| !signature.is_empty()),
            format: Some(Cow::Borrowed(ANTHROPIC_FORMAT)),
            ..Reasoning::default()
        }),
        "redacted_thinking" => Part::Reasoning(Reasoning {
            opaque: Some(block.data.ok_or_else(|| absent("data"))?.0),
            format: Some(Cow::Borrowed(ANTHROPIC_FORMAT)),
            ..Reasoning::default()
        }),
        "tool_use" => Part::ToolCall(ToolCall {
            id: block.id.ok_or_else(|| absent("id"))?.0,
            name: block.name.ok_or_else(|| absent("name"))?.0,
            arguments: Cow::Borrowed(block.input.map_or("{}", |input| input.get())),
            is_json: true,
            cache,
            extra: block.extra,
            ..ToolCall::default()
        }),
        "tool_result" => Part::ToolResult(ToolResult {
            call_id: block.tool_use_id.ok_or_else(|| absent("tool_use_id"))?.0,
            name: None,
            content: match block.content {
                None => Vec::new(),
                Some(json) => decode_result(json, path)?,
            },
            is_error: block.is_error,
            cache,
            extra: block.extra,
        }),
        _ => {
            let json = provider_block(&kind, &block)?;
            Part::Provider { kind, json }
        }
    })
}

/// A tool that a search for tools has found. All tools are sent where this is read, those that were to
/// be loaded when found among them: what is left to tell is that it was found.
fn found_tool<'a>(part: Part<'a>) -> Part<'a> {
    wire_object! {
        struct WireReference<'a> {
            tool_name: Str<'a> = "tool_name",
        }
    }
    match &part {
        Part::Provider { kind, json } if kind == "tool_reference" => {
            let reference: WireReference<'_> = from_str(json.get()).unwrap_or_default();
            match reference.tool_name {
                Some(Str(name)) => Part::text(format!("Found the tool `{name}`.")),
                None => part,
            }
        }
        _ => part,
    }
}

fn decode_result<'a>(content: TextOrRaw<'a>, path: Path<'_>) -> Result<Vec<Part<'a>>, ApiError> {
    let path: Path<'_> = &|| format!("{}.content", path());
    let blocks = match content {
        TextOrRaw::Text(text) => return Ok(vec![Part::text(text)]),
        TextOrRaw::List(blocks) => blocks,
        TextOrRaw::Object(_) | TextOrRaw::Scalar(_) => {
            let what = "neither a string nor a list of blocks";
            return Err(ApiError::invalid(format!("{}: {what}", path())).with_param(path()));
        }
    };
    let mut parts = Vec::with_capacity(blocks.len());
    for (i, json) in blocks.into_iter().enumerate() {
        let path: Path<'_> = &|| format!("{}.{i}", path());
        let block: WireBlock<'_> = from_str(json.get())
            .map_err(|malformed| ApiError::invalid(format!("{}: {malformed}", path())).with_param(path()))?;
        parts.push(found_tool(decode_block(block, path)?));
    }
    Ok(parts)
}

fn decode_source<'a>(json: Raw<'a>, path: Path<'_>) -> Result<Source<'a>, ApiError> {
    let path = || format!("{}.source", path());
    let source: WireSource<'_> = from_str(json.get())
        .map_err(|malformed| ApiError::invalid(format!("{}: {malformed}", path())).with_param(path()))?;
    let absent = |field: &str| missing(&format!("{}.{field}", path()));
    Ok(match source.kind.as_ref().map(|kind| kind.0.as_ref()) {
        Some("base64") => Source::Base64 {
            media_type: source.media_type.map(|text| text.0),
            data: source.data.ok_or_else(|| absent("data"))?.0,
        },
        Some("url") => Source::Url(source.url.ok_or_else(|| absent("url"))?.0),
        Some("text") => Source::Plain(source.data.ok_or_else(|| absent("data"))?.0),
        Some("file") => Source::File(source.file_id.ok_or_else(|| absent("file_id"))?.0),
        Some("content") => Source::Provider(Cow::Borrowed(json)),
        Some(other) => {
            return Err(unknown_word(&format!("{}.type", path()), other, "base64, url, text, file, content"));
        }
        None => return Err(absent("type")),
    })
}

/// Puts a block of the provider's own together again.
fn provider_block<'a>(kind: &str, block: &WireBlock<'_>) -> Result<Json<'a>, ApiError> {
    whole(kind, |object| {
        let texts = [
            ("id", &block.id),
            ("name", &block.name),
            ("tool_use_id", &block.tool_use_id),
            ("text", &block.text),
            ("title", &block.title),
            ("context", &block.context),
            ("thinking", &block.thinking),
            ("signature", &block.signature),
            ("data", &block.data),
        ];
        for (name, text) in texts {
            object.string_or_skip(name, text.as_ref().map(|text| text.0.as_ref()));
        }
        let rest = [
            ("input", block.input),
            ("source", block.source),
            ("citations", block.citations),
            ("cache_control", block.cache_control),
        ];
        for (name, json) in rest {
            object.json_or_skip(name, json);
        }
        if let Some(content) = &block.content {
            content.write(object.key("content"));
        }
        if let Some(is_error) = block.is_error {
            object.bool("is_error", is_error);
        }
        object.extra(&block.extra);
    })
}

/// Writes an object of a type that is not the conversation's, to be kept raw.
pub(super) fn whole<'a>(
    kind: &str,
    members: impl FnOnce(&mut Object<'_, Vec<u8>>),
) -> Result<Json<'a>, ApiError> {
    let mut text = Vec::new();
    let mut object = Object::new(&mut text);
    object.string("type", kind);
    members(&mut object);
    object.end();
    String::from_utf8(text)
        .ok()
        .and_then(|text| serde_json::value::RawValue::from_string(text).ok())
        .map(Cow::Owned)
        .ok_or_else(|| ApiError::invalid(format!("An object of type `{kind}` cannot be read.")))
}
