//! Turns of a conversation as chat's messages.
//!
//! A tool's result is a message of its own here, and comes before whatever else its turn says.
//! Chat takes text alone from tools: pictures that a tool returned follow in a message of the
//! user's, named after their call.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::response::write_reasoning_detail;
use crate::{
    conversation::{
        CallKind, Media, MediaKind, Message, Part, Reasoning, Request, Role, Source, ToolCall, ToolResult,
    },
    error::ApiError,
    protocol::{
        Dialect, ReasoningBack,
        fields::Report,
        json::{Array, Object, string},
    },
};

type List<'o> = Array<'o, Vec<u8>>;
type Body<'o> = Object<'o, Vec<u8>>;

/// Writes all messages.
pub(super) fn write_messages(
    list: &mut List<'_>,
    request: &Request<'_>,
    dialect: Dialect,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    for (index, message) in turns(&request.messages) {
        let index = request.place(index);
        let message = message.as_ref();
        report_lost(&message.parts, dialect, report)?;
        match message.role {
            Role::System => write_system(list, "system", message, index, dialect, report)?,
            Role::Developer => write_system(list, "developer", message, index, dialect, report)?,
            Role::Assistant => write_assistant(list, message, index, dialect, report)?,
            Role::User => write_user(list, message, index, dialect, report)?,
        }
    }
    Ok(())
}

/// The messages with their places, those joined that chat wants to be one: after a message with calls
/// come their results and nothing else, and the results of a turn stand together.
fn turns<'r, 'a>(messages: &'r [Message<'a>]) -> Vec<(usize, Cow<'r, Message<'a>>)> {
    let mut turns: Vec<(usize, Cow<'r, Message<'a>>)> = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let calls =
            |message: &Message<'_>| message.parts.iter().any(|part| matches!(part, Part::ToolCall(_)));
        let answers =
            |message: &Message<'_>| message.parts.iter().any(|part| matches!(part, Part::ToolResult(_)));
        match turns.last_mut() {
            Some((_, last)) if last.role == message.role && (calls(last) || answers(message)) => {
                last.to_mut().parts.extend(message.parts.iter().cloned());
            }
            _ => turns.push((index, Cow::Borrowed(message))),
        }
    }
    turns
}

/// Marks and blocks that have no place in chat and change nothing that the model is told.
fn report_lost(parts: &[Part<'_>], dialect: Dialect, report: &mut Report<'_>) -> Result<(), ApiError> {
    for part in parts {
        let (cache, other) = match part {
            Part::Text(text) => {
                (&text.cache, (!text.citations.is_empty()).then_some("messages[].content[].text.citations"))
            }
            Part::Media(media) => {
                let cites = media.citations.is_some();
                (&media.cache, cites.then_some("messages[].content[].document.citations"))
            }
            Part::ToolCall(call) => (&call.cache, None),
            Part::ToolResult(result) => {
                report_lost(&result.content, Dialect { cache_control: false, ..dialect }, report)?;
                let failed = result.is_error == Some(true);
                (&result.cache, failed.then_some("messages[].content[].tool_result.is_error"))
            }
            Part::Reasoning(reasoning) if comes_back(reasoning, dialect) => (&None, None),
            Part::Reasoning(reasoning) if reasoning.opaque.is_some() => {
                (&None, Some("messages[].content[].redacted_thinking"))
            }
            Part::Reasoning(_) => (&None, Some("messages[].content[].thinking")),
            Part::Refusal(_) | Part::Provider { .. } => (&None, None),
        };
        let marked = dialect.cache_control && !matches!(part, Part::ToolCall(_) | Part::Media(_));
        if cache.is_some() && !marked {
            report.lost("messages[].content[].cache_control")?;
        }
        if let Some(other) = other {
            report.lost(other)?;
        }
    }
    Ok(())
}

/// Whether the provider is given this reasoning of an earlier turn.
fn comes_back(reasoning: &Reasoning<'_>, dialect: Dialect) -> bool {
    match dialect.reasoning {
        ReasoningBack::Never => false,
        ReasoningBack::Text(_) => reasoning.text.as_ref().is_some_and(|text| !text.is_empty()),
        ReasoningBack::Details => true,
    }
}

fn write_reasoning(object: &mut Body<'_>, message: &Message<'_>, dialect: Dialect) {
    let told = || {
        message.parts.iter().filter_map(|part| match part {
            Part::Reasoning(reasoning) if comes_back(reasoning, dialect) => Some(reasoning),
            _ => None,
        })
    };
    if told().next().is_none() {
        return;
    }
    match dialect.reasoning {
        ReasoningBack::Never => {}
        ReasoningBack::Text(member) => {
            let texts: Vec<&str> = told().filter_map(|reasoning| reasoning.text.as_deref()).collect();
            object.string(member, &texts.concat());
        }
        ReasoningBack::Details => object.array("reasoning_details", |list| {
            for (index, reasoning) in told().enumerate() {
                list.object(|detail| write_reasoning_detail(detail, reasoning, index as u64));
            }
        }),
    }
}

/// A message's text: as one, or in parts where some of them bear marks that the provider takes.
fn write_text(object: &mut Body<'_>, parts: &[Part<'_>], separator: &str, dialect: Dialect) {
    let marked = |part: &Part<'_>| matches!(part, Part::Text(text) if text.cache.is_some());
    if !dialect.cache_control || !parts.iter().any(marked) {
        return object.string("content", &texts(parts).join(separator));
    }
    object.array("content", |list| {
        for part in parts {
            let (text, cache) = match part {
                Part::Text(text) => (Some(Cow::Borrowed(text.text.as_ref())), text.cache.as_deref()),
                Part::Refusal(text) => (Some(Cow::Borrowed(text.as_ref())), None),
                Part::Media(media) => (plain_document(media), None),
                _ => continue,
            };
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                list.object(|object| text_part(object, &text, cache));
            }
        }
    });
}

fn lost_block(index: usize, kind: &str, report: &mut Report<'_>) -> Result<(), ApiError> {
    report.lost_at("messages[].content[].other", || format!("messages.{index}.content.{kind}"))
}

/// The texts of a message or a result, plain documents among them, one after another.
fn texts<'m>(parts: &'m [Part<'_>]) -> Vec<Cow<'m, str>> {
    let text = |part: &'m Part<'_>| match part {
        Part::Text(text) if !text.text.is_empty() => Some(Cow::Borrowed(text.text.as_ref())),
        Part::Refusal(text) => Some(Cow::Borrowed(text.as_ref())),
        Part::Media(media) => plain_document(media),
        _ => None,
    };
    parts.iter().filter_map(text).collect()
}

/// A document of plain text, after its title and what the model is told of it.
fn plain_document<'m>(media: &'m Media<'_>) -> Option<Cow<'m, str>> {
    let Source::Plain(text) = &media.source else { return None };
    Some(match (media.title.as_deref(), media.context.as_deref()) {
        (None, None) => Cow::Borrowed(text),
        (title, context) => {
            let said: Vec<&str> = [title, context, Some(text.as_ref())].into_iter().flatten().collect();
            Cow::Owned(said.join("\n\n"))
        }
    })
}

fn write_system(
    list: &mut List<'_>,
    role: &str,
    message: &Message<'_>,
    index: usize,
    dialect: Dialect,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    for part in &message.parts {
        match part {
            Part::Provider { kind, .. } => lost_block(index, kind, report)?,
            Part::Media(media) if !matches!(media.source, Source::Plain(_)) => {
                lost_block(index, "media", report)?;
            }
            _ => {}
        }
    }
    if texts(&message.parts).is_empty() {
        return Ok(());
    }
    list.object(|object| {
        object.string("role", role);
        write_text(object, &message.parts, "\n\n", dialect);
    });
    Ok(())
}

fn write_assistant(
    list: &mut List<'_>,
    message: &Message<'_>,
    index: usize,
    dialect: Dialect,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    for part in &message.parts {
        match part {
            Part::Provider { kind, .. } => lost_block(index, kind, report)?,
            Part::Media(_) => lost_block(index, "media", report)?,
            _ => {}
        }
    }
    let silent = texts(&message.parts).iter().all(|text| text.is_empty());
    let calls: Vec<&ToolCall<'_>> = message
        .parts
        .iter()
        .filter_map(|part| if let Part::ToolCall(call) = part { Some(call) } else { None })
        .collect();
    if silent && calls.is_empty() {
        return Ok(());
    }
    list.object(|object| {
        object.string("role", "assistant");
        object.string_or_skip("name", message.name.as_deref());
        match silent && !calls.is_empty() {
            true => object.null("content"),
            false => write_text(object, &message.parts, "", dialect),
        }
        write_reasoning(object, message, dialect);
        if !calls.is_empty() {
            object.array("tool_calls", |list| {
                for call in calls {
                    list.object(|object| write_call(object, call));
                }
            });
        }
    });
    Ok(())
}

fn write_call(object: &mut Body<'_>, call: &ToolCall<'_>) {
    object.string("id", &call.id);
    let (kind, input) = match call.kind {
        CallKind::Function => ("function", "arguments"),
        CallKind::Custom => ("custom", "input"),
    };
    object.string("type", kind);
    object.object(kind, |called| {
        called.string("name", &call.name);
        let nothing = call.kind == CallKind::Function && call.arguments.is_empty();
        called.string(input, if nothing { "{}" } else { &call.arguments });
    });
}

fn write_user(
    list: &mut List<'_>,
    message: &Message<'_>,
    index: usize,
    dialect: Dialect,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    let mut rest: Vec<Cow<'_, Part<'_>>> = Vec::new();
    for part in &message.parts {
        if let Part::ToolResult(result) = part {
            write_result(list, result, index, dialect, report)?;
            let shown = result.content.iter().filter(|part| is_shown(part));
            for (i, media) in shown.enumerate() {
                if i == 0 {
                    let label = format!("Returned by the tool call {}:", result.call_id);
                    rest.push(Cow::Owned(Part::text(label)));
                }
                rest.push(Cow::Borrowed(media));
            }
        }
    }
    rest.extend(message.parts.iter().filter(|part| !matches!(part, Part::ToolResult(_))).map(Cow::Borrowed));
    let said = rest.iter().any(|part| !matches!(part.as_ref(), Part::Text(text) if text.text.is_empty()));
    if !said && !message.parts.is_empty() {
        return Ok(());
    }
    list.object(|object| {
        object.string("role", "user");
        object.string_or_skip("name", message.name.as_deref());
        match rest.as_slice() {
            [] => object.string("content", ""),
            [part]
                if let Part::Text(text) = part.as_ref()
                    && !(dialect.cache_control && text.cache.is_some()) =>
            {
                object.string("content", &text.text);
            }
            parts => object.array("content", |list| {
                parts.iter().try_for_each(|part| write_part(list, part, index, dialect, report))
            })?,
        }
        Ok(())
    })
}

/// Whether a part of a result is a picture or a document, which no text can say.
fn is_shown(part: &Part<'_>) -> bool {
    matches!(part, Part::Media(media) if !matches!(media.source, Source::Plain(_)))
}

fn write_result(
    list: &mut List<'_>,
    result: &ToolResult<'_>,
    index: usize,
    dialect: Dialect,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    for part in &result.content {
        if let Part::Provider { kind, .. } = part {
            lost_block(index, kind, report)?;
        }
    }
    list.object(|object| {
        object.string("role", "tool");
        object.string("tool_call_id", &result.call_id);
        match (result.cache.as_deref().filter(|_| dialect.cache_control), texts(&result.content).join("\n")) {
            (Some(cache), text) if !text.is_empty() => object.array("content", |list| {
                list.object(|object| text_part(object, &text, Some(cache)));
            }),
            (_, text) => object.string("content", &text),
        }
    });
    Ok(())
}

fn write_part(
    list: &mut List<'_>,
    part: &Part<'_>,
    index: usize,
    dialect: Dialect,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    match part {
        Part::Text(text) if text.text.is_empty() => {}
        Part::Text(text) => {
            let cache = text.cache.as_deref().filter(|_| dialect.cache_control);
            list.object(|object| text_part(object, &text.text, cache));
        }
        Part::Refusal(text) => list.object(|object| text_part(object, text, None)),
        Part::Media(media) => return write_media(list, media, index, report),
        Part::Provider { kind, .. } => return lost_block(index, kind, report),
        Part::Reasoning(_) | Part::ToolCall(_) | Part::ToolResult(_) => {}
    }
    Ok(())
}

fn text_part(object: &mut Body<'_>, text: &str, cache: Option<&RawValue>) {
    object.string("type", "text");
    object.string("text", text);
    object.json_or_skip("cache_control", cache);
}

fn write_media(
    list: &mut List<'_>,
    media: &Media<'_>,
    index: usize,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    let at = || format!("messages.{index}.content");
    if let Some(context) = &media.context
        && !matches!(media.source, Source::Plain(_))
    {
        list.object(|object| text_part(object, context, None));
    }
    match (media.kind, &media.source) {
        (MediaKind::Image, Source::Url(_) | Source::Base64 { .. }) => list.object(|object| {
            object.string("type", "image_url");
            object.object("image_url", |image| {
                write_url(image.key("url"), &media.source, "image/png");
                image.string_or_skip("detail", media.detail.as_deref());
            });
        }),
        (MediaKind::Image, _) => return report.lost_at("messages[].content[].image.file", at),
        (MediaKind::Audio, Source::Base64 { media_type, data }) => list.object(|object| {
            object.string("type", "input_audio");
            object.object("input_audio", |audio| {
                audio.string("data", data);
                let kind = media_type.as_deref().and_then(|kind| kind.strip_prefix("audio/"));
                audio.string("format", kind.unwrap_or("wav"));
            });
        }),
        (MediaKind::Document, Source::Plain(_)) => list.object(|object| {
            text_part(object, &plain_document(media).unwrap_or_default(), None);
        }),
        (MediaKind::Document, Source::Base64 { .. }) => list.object(|object| {
            object.string("type", "file");
            object.object("file", |file| {
                file.string("filename", media.title.as_deref().unwrap_or("document.pdf"));
                write_url(file.key("file_data"), &media.source, "application/pdf");
            });
        }),
        (MediaKind::Document, Source::File(id)) => list.object(|object| {
            object.string("type", "file");
            object.object("file", |file| file.string("file_id", id));
        }),
        (MediaKind::Document, Source::Url(_)) => {
            return report.lost_at("messages[].content[].document.url", at);
        }
        (MediaKind::Video, Source::Url(url)) => list.object(|object| {
            object.string("type", "video_url");
            object.object("video_url", |video| video.string("url", url));
        }),
        _ => return lost_block(index, "media", report),
    }
    Ok(())
}

/// An address, or the bytes as a data URL.
fn write_url(out: &mut Vec<u8>, source: &Source<'_>, kind: &str) {
    match source {
        Source::Base64 { media_type, data } => {
            // Media types and base64 hold nothing that JSON escapes; a caller's might.
            let media_type = media_type.as_deref().unwrap_or(kind);
            string(out, &format!("data:{media_type};base64,{data}"));
        }
        Source::Url(url) => string(out, url),
        Source::Plain(_) | Source::File(_) | Source::Provider(_) => string(out, ""),
    }
}
