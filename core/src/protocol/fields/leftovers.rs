//! Members of a request that the conversation has no place for.
//!
//! Decoders keep them raw where they stood. They come out again only on the front's own wire; on
//! every other one they are looked up in the table, by their path, and named or refused. A member
//! that the table does not know is dropped and named as the caller wrote it.

use super::{Front, Report};
use crate::{
    conversation::{Extra, FunctionTool, MediaKind, Part, Request, Tool},
    error::ApiError,
};

/// Values that ask for what happens anyway; `null` and the empty list always do.
const DEFAULTS: [(&str, &str); 11] = [
    ("store", "false"),
    ("modalities", "[\"text\"]"),
    ("speed", "\"standard\""),
    ("inference_geo", "\"global\""),
    ("stream_options.include_obfuscation", "false"),
    ("tools[].allowed_callers", "[\"direct\"]"),
    ("tools[].defer_loading", "false"),
    ("tools[].eager_input_streaming", "false"),
    ("messages[].content[].tool_use.caller", "{\"type\":\"direct\"}"),
    ("messages[].content[].image.transformations", "{}"),
    ("messages[].content[].image.transformations", "{\"oversized_image\":\"downsize\"}"),
];

/// What clients of chat send back of an answer, which says nothing that the rest does not. The
/// signature in `extra_content` is the call's.
const ECHOES: [&str; 10] = [
    "annotations",
    "citations",
    "extra_content",
    "id",
    "index",
    "native_finish_reason",
    "provider_blocks",
    "provider_specific_fields",
    "reasoning",
    "type",
];

/// Looks every leftover of `request` up, but for members of the request itself that the encoder
/// `says`, though the conversation does not know them.
pub(crate) fn report_leftovers(
    request: &Request<'_>,
    says: impl Fn(&str) -> bool,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    for (name, value) in &request.extra {
        if !says(name) {
            leftover("", name, value.get(), report)?;
        }
    }
    for message in &request.messages {
        leftovers("messages[].", &message.extra, report)?;
        in_parts(&message.parts, report)?;
    }
    for tool in &request.tools {
        if let Tool::Function(FunctionTool { extra, .. }) = tool {
            in_tool(extra, report)?;
        }
    }
    Ok(())
}

fn in_parts(parts: &[Part<'_>], report: &mut Report<'_>) -> Result<(), ApiError> {
    for part in parts {
        let (path, extra) = match (part, report.front()) {
            (Part::Text(text), Front::Chat) => ("messages[].content[].", &text.extra),
            (Part::Text(text), Front::Messages) => ("messages[].content[].text.", &text.extra),
            (Part::Media(media), Front::Chat) => ("messages[].content[].", &media.extra),
            (Part::Media(media), Front::Messages) => (
                match media.kind {
                    MediaKind::Document => "messages[].content[].document.",
                    MediaKind::Image | MediaKind::Audio | MediaKind::Video => "messages[].content[].image.",
                },
                &media.extra,
            ),
            (Part::ToolCall(call), Front::Chat) => ("messages[].tool_calls[].", &call.extra),
            (Part::ToolCall(call), Front::Messages) => ("messages[].content[].tool_use.", &call.extra),
            (Part::ToolResult(result), _) => {
                in_parts(&result.content, report)?;
                ("messages[].content[].tool_result.", &result.extra)
            }
            // What belongs to a reasoning is its provider's.
            (Part::Reasoning(_) | Part::Refusal(_) | Part::Provider { .. }, _) => continue,
        };
        leftovers(path, extra, report)?;
    }
    Ok(())
}

/// The encoder of Anthropic's wire writes those members of a tool that it has itself.
fn in_tool(extra: &Extra<'_>, report: &mut Report<'_>) -> Result<(), ApiError> {
    let path = match report.front() {
        Front::Chat => "tools[].function.",
        Front::Messages => "tools[].",
    };
    for (name, value) in extra {
        if !report.takes_of_tools(name) {
            leftover(path, name, value.get(), report)?;
        }
    }
    Ok(())
}

fn leftovers(path: &str, extra: &Extra<'_>, report: &mut Report<'_>) -> Result<(), ApiError> {
    extra.iter().try_for_each(|(name, value)| leftover(path, name, value.get(), report))
}

fn leftover(path: &str, name: &str, value: &str, report: &mut Report<'_>) -> Result<(), ApiError> {
    let nested = path.starts_with("messages[]");
    if matches!(value, "null" | "[]") || (nested && ECHOES.contains(&name)) {
        return Ok(());
    }
    let full = format!("{path}{name}");
    let compact = || value.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let is_default = |(name, default): &(&str, &str)| *name == full && compact().eq(default.bytes());
    if DEFAULTS.iter().any(is_default) { Ok(()) } else { report.lost_or_unknown(&full) }
}
