//! The messages of a request, in every form that callers send.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::request::{missing, text_of, unknown_word, whole};
use crate::{
    conversation::{
        CallKind, Json, Media, MediaKind, Message, Part, Reasoning, Role, Source, Text, TextPart, ToolCall,
        ToolResult,
    },
    error::ApiError,
    protocol::{
        gemini::GEMINI_FORMAT,
        json::{List, Raw, Str, TextOr, TextOrRaw, from_str, wire_object},
    },
};

wire_object! {
    struct WireMessage<'a> {
        role: Str<'a> = "role",
        content: TextOr<'a, List<WirePart<'a>>> = "content",
        name: Str<'a> = "name",
        tool_calls: List<WireToolCall<'a>> = "tool_calls",
        function_call: WireCalled<'a> = "function_call",
        tool_call_id: Str<'a> = "tool_call_id",
        refusal: Str<'a> = "refusal",
        reasoning_content: Raw<'a> = "reasoning_content",
        reasoning: Raw<'a> = "reasoning",
        reasoning_details: List<WireReasoningDetail<'a>> = "reasoning_details",
        thinking_blocks: List<WireThinkingBlock<'a>> = "thinking_blocks",
        cache_control: Raw<'a> = "cache_control",
        is_error: bool = "is_error",
    }

    struct WirePart<'a> {
        kind: Str<'a> = "type",
        text: Str<'a> = "text",
        image_url: TextOr<'a, WireUrl<'a>> = "image_url",
        video_url: TextOr<'a, WireUrl<'a>> = "video_url",
        document_url: TextOr<'a, WireUrl<'a>> = "document_url",
        document_name: Str<'a> = "document_name",
        input_audio: TextOr<'a, WireAudio<'a>> = "input_audio",
        file: WireFile<'a> = "file",
        refusal: Str<'a> = "refusal",
        cache_control: Raw<'a> = "cache_control",
        prompt_cache_breakpoint: Raw<'a> = "prompt_cache_breakpoint",
    }

    struct WireUrl<'a> {
        url: Str<'a> = "url",
        detail: Str<'a> = "detail",
    }

    struct WireAudio<'a> {
        data: Str<'a> = "data",
        format: Str<'a> = "format",
    }

    struct WireFile<'a> {
        file_data: Str<'a> = "file_data",
        file_id: Str<'a> = "file_id",
        file_url: Str<'a> = "file_url",
        filename: Str<'a> = "filename",
    }

    struct WireToolCall<'a> {
        id: Str<'a> = "id",
        kind: Str<'a> = "type",
        function: WireCalled<'a> = "function",
        custom: WireCalled<'a> = "custom",
        cache_control: Raw<'a> = "cache_control",
    }

    struct WireCalled<'a> {
        name: Str<'a> = "name",
        arguments: TextOrRaw<'a> = "arguments",
        input: TextOrRaw<'a> = "input",
    }

    struct WireReasoningDetail<'a> {
        kind: Str<'a> = "type",
        text: Str<'a> = "text",
        summary: Str<'a> = "summary",
        signature: Str<'a> = "signature",
        data: Str<'a> = "data",
        id: Str<'a> = "id",
        format: Str<'a> = "format",
    }

    struct WireThinkingBlock<'a> {
        thinking: Str<'a> = "thinking",
        signature: Str<'a> = "signature",
        data: Str<'a> = "data",
    }
}

impl<'a> WireThinkingBlock<'a> {
    /// Claude's own block.
    pub(super) fn reasoning(self) -> Reasoning<'a> {
        Reasoning {
            text: self.thinking.map(|text| text.0),
            signature: self.signature.map(|text| text.0),
            opaque: self.data.map(|text| text.0),
            format: Some(Cow::Borrowed(super::ANTHROPIC_FORMAT)),
            ..Reasoning::default()
        }
    }
}

/// Turns the messages of a request into turns of a conversation, one each.
pub(super) fn decode_messages<'a>(messages: Vec<WireMessage<'a>>) -> Result<Vec<Message<'a>>, ApiError> {
    let mut called = None;
    let decode = |(i, mut message): (usize, WireMessage<'a>)| {
        modernise(&mut message, i, &mut called);
        decode_message(message, i)
    };
    messages.into_iter().enumerate().map(decode).collect()
}

/// The deprecated call of a function, which has no id, becomes a tool call, and the function's
/// message its result: `called` is the last message with such a call.
fn modernise<'a>(message: &mut WireMessage<'a>, index: usize, called: &mut Option<usize>) {
    let id = |index: usize| Str(Cow::Owned(format!("call_function_{index}")));
    if let Some(function) =
        message.function_call.take_if(|call| call.name.as_ref().is_some_and(|n| !n.0.is_empty()))
    {
        *called = Some(index);
        let call = WireToolCall { id: Some(id(index)), function: Some(function), ..WireToolCall::default() };
        message.tool_calls.get_or_insert_default().0.push(call);
    }
    if message.role.as_ref().is_some_and(|role| role.0 == "function") {
        message.role = Some(Str(Cow::Borrowed("tool")));
        message.tool_call_id.get_or_insert(id(called.unwrap_or(index)));
    }
}

fn decode_message(message: WireMessage<'_>, index: usize) -> Result<Message<'_>, ApiError> {
    const KNOWN: &str = "system, developer, user, assistant, tool, function";
    let path = || format!("messages[{index}]");
    let role = match message.role.as_ref().map(|role| role.0.as_ref()) {
        Some("system") => Role::System,
        Some("developer") => Role::Developer,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("tool") => return decode_tool_message(message, index),
        Some(other) => return Err(unknown_word(&format!("{}.role", path()), other, KNOWN)),
        None => return Err(missing(&format!("{}.role", path()))),
    };
    let mut parts = Vec::new();
    let reasons = (message.reasoning_details, message.thinking_blocks);
    push_reasoning(&mut parts, reasons, message.reasoning_content.or(message.reasoning));
    push_content(&mut parts, message.content, index)?;
    push_signature(&mut parts, &message.extra);
    if let Some(refusal) = message.refusal.filter(|refusal| !refusal.0.is_empty()) {
        parts.push(Part::Refusal(refusal.0));
    }
    for (i, call) in message.tool_calls.unwrap_or_default().0.into_iter().enumerate() {
        parts.push(Part::ToolCall(decode_tool_call(call, || format!("messages[{index}].tool_calls[{i}]"))?));
    }
    mark_cache(&mut parts, message.cache_control);
    Ok(Message { role, name: message.name.map(|name| name.0), parts, extra: message.extra })
}

/// A message of role `tool` is a turn of the user's side that holds one result.
fn decode_tool_message(message: WireMessage<'_>, index: usize) -> Result<Message<'_>, ApiError> {
    let Some(call_id) = message.tool_call_id else {
        return Err(missing(&format!("messages[{index}].tool_call_id")));
    };
    let mut content = Vec::new();
    push_content(&mut content, message.content, index)?;
    let result = ToolResult {
        call_id: call_id.0,
        name: message.name.map(|name| name.0),
        content,
        is_error: message.is_error,
        cache: message.cache_control.map(Cow::Borrowed),
        extra: Vec::new(),
    };
    Ok(Message { extra: message.extra, ..Message::new(Role::User, vec![Part::ToolResult(result)]) })
}

/// `cache_control` of a message stands for the end of it: it goes to the last part.
fn mark_cache<'a>(parts: &mut [Part<'a>], cache: Option<Raw<'a>>) {
    let Some(cache) = cache else { return };
    let place = match parts.last_mut() {
        Some(Part::Text(part)) => &mut part.cache,
        Some(Part::Media(part)) => &mut part.cache,
        Some(Part::ToolCall(part)) => &mut part.cache,
        _ => return,
    };
    place.get_or_insert(Cow::Borrowed(cache));
}

/// Reasoning that a client sends back comes in one of three extensions, of which the one that
/// keeps the most is taken.
fn push_reasoning<'a>(
    parts: &mut Vec<Part<'a>>,
    (details, blocks): (Option<List<WireReasoningDetail<'a>>>, Option<List<WireThinkingBlock<'a>>>),
    text: Option<Raw<'a>>,
) {
    let details = details.unwrap_or_default().0;
    let blocks = blocks.unwrap_or_default().0;
    if !details.is_empty() {
        parts.extend(join_details(details).into_iter().map(Part::Reasoning));
    } else if !blocks.is_empty() {
        parts.extend(blocks.into_iter().map(|block| Part::Reasoning(block.reasoning())));
    } else if let Some(text) = text.and_then(|text| text_of(text).ok()).filter(|text| !text.is_empty()) {
        parts.push(Part::Reasoning(Reasoning { text: Some(text), ..Reasoning::default() }));
    }
}

/// Clients that put a stream together by appending leave a text in several details, the last one
/// with its signature: such neighbours are one.
pub(super) fn join_details(details: Vec<WireReasoningDetail<'_>>) -> Vec<Reasoning<'_>> {
    let mut joined: Vec<Reasoning<'_>> = Vec::new();
    for detail in details {
        let summary = detail.kind.as_ref().is_some_and(|kind| kind.0 == "reasoning.summary");
        let next = Reasoning {
            text: detail.text.or(detail.summary).map(|text| text.0),
            summary,
            signature: detail.signature.map(|text| text.0),
            opaque: detail.data.map(|text| text.0),
            id: detail.id.map(|text| text.0),
            format: detail.format.map(|text| text.0),
            extra: detail.extra,
        };
        match joined.last_mut() {
            Some(last) if continues(last, &next) => {
                if let Some(text) = next.text {
                    last.text.get_or_insert_default().to_mut().push_str(&text);
                }
                last.signature = last.signature.take().or(next.signature);
            }
            _ => joined.push(next),
        }
    }
    joined
}

/// Whether `next` is more of the same block: text without opaque data, after text that is not yet
/// signed, at the same `index`.
fn continues(last: &Reasoning<'_>, next: &Reasoning<'_>) -> bool {
    let index = |reasoning: &Reasoning<'_>| {
        let index = reasoning.extra.iter().find(|(key, _)| key == "index");
        index.map(|(_, value)| value.get().to_owned())
    };
    last.opaque.is_none()
        && next.opaque.is_none()
        && last.signature.is_none()
        && last.summary == next.summary
        && index(last) == index(next)
}

/// Gemini signs texts too, and its OpenAI-compatible API has that signature in the `extra_content` of
/// the message. Clients that keep `reasoning_details` have it there.
fn push_signature<'a>(parts: &mut Vec<Part<'a>>, extra: &[(Text<'a>, Json<'a>)]) {
    let is_kept = |part: &Part<'_>| matches!(part, Part::Reasoning(kept) if kept.opaque.is_some());
    let Some(signature) = thought_signature(extra).filter(|_| !parts.iter().any(is_kept)) else { return };
    parts.push(Part::Reasoning(Reasoning {
        opaque: Some(signature),
        format: Some(Cow::Borrowed(GEMINI_FORMAT)),
        ..Reasoning::default()
    }));
}

fn push_content<'a>(
    parts: &mut Vec<Part<'a>>,
    content: Option<TextOr<'a, List<WirePart<'a>>>>,
    message: usize,
) -> Result<(), ApiError> {
    match content {
        None => {}
        Some(TextOr::Text(text)) if text.is_empty() => {}
        Some(TextOr::Text(text)) => parts.push(Part::text(text)),
        Some(TextOr::Other(list)) => {
            for (i, part) in list.0.into_iter().enumerate() {
                parts.push(decode_part(part, || format!("messages[{message}].content[{i}]"))?);
            }
        }
    }
    Ok(())
}

fn decode_part<'a>(part: WirePart<'a>, path: impl Fn() -> String) -> Result<Part<'a>, ApiError> {
    let absent = |field: &str| missing(&format!("{}.{field}", path()));
    let cache = part.cache_control.map(Cow::Borrowed).or_else(|| breakpoint(part.prompt_cache_breakpoint));
    let Some(Str(kind)) = part.kind else { return Err(absent("type")) };
    let media = match kind.as_ref() {
        "text" | "input_text" | "output_text" => {
            let text = part.text.ok_or_else(|| absent("text"))?.0;
            return Ok(Part::Text(TextPart { text, cache, citations: Vec::new(), extra: part.extra }));
        }
        "refusal" => return Ok(Part::Refusal(part.refusal.ok_or_else(|| absent("refusal"))?.0)),
        "image_url" => {
            let (url, detail) = url_of(part.image_url).ok_or_else(|| absent("image_url.url"))?;
            let source = source_of_url(url, || format!("{}.image_url.url", path()))?;
            Media { detail, ..Media::new(MediaKind::Image, source) }
        }
        "video_url" => {
            let (url, _) = url_of(part.video_url).ok_or_else(|| absent("video_url.url"))?;
            Media::new(MediaKind::Video, source_of_url(url, || format!("{}.video_url.url", path()))?)
        }
        "document_url" => {
            let (url, _) = url_of(part.document_url).ok_or_else(|| absent("document_url"))?;
            let source = source_of_url(url, || format!("{}.document_url", path()))?;
            Media { title: part.document_name.map(|name| name.0), ..Media::new(MediaKind::Document, source) }
        }
        "input_audio" => {
            let source = decode_audio(part.input_audio).ok_or_else(|| absent("input_audio.data"))?;
            Media::new(MediaKind::Audio, source)
        }
        "file" => decode_file(part.file.ok_or_else(|| absent("file"))?, || format!("{}.file", path()))?,
        other => {
            let json = whole(other, part.extra, part.cache_control)?;
            return Ok(Part::Provider { kind: Cow::Owned(other.to_owned()), json });
        }
    };
    Ok(Part::Media(Media { cache, extra: part.extra, ..media }))
}

/// OpenAI's mark of where a cached prompt may end is Anthropic's, in other words.
fn breakpoint<'a>(mark: Option<Raw<'_>>) -> Option<Json<'a>> {
    mark?;
    let cache = RawValue::from_string("{\"type\":\"ephemeral\"}".to_owned());
    cache.ok().map(Cow::Owned)
}

fn url_of<'a>(url: Option<TextOr<'a, WireUrl<'a>>>) -> Option<(Text<'a>, Option<Text<'a>>)> {
    match url? {
        TextOr::Text(url) => Some((url, None)),
        TextOr::Other(object) => Some((object.url?.0, object.detail.map(|detail| detail.0))),
    }
}

fn decode_audio<'a>(audio: Option<TextOr<'a, WireAudio<'a>>>) -> Option<Source<'a>> {
    match audio? {
        TextOr::Text(data) => Some(Source::Base64 { media_type: None, data }),
        TextOr::Other(audio) => Some(Source::Base64 {
            media_type: audio.format.map(|format| Cow::Owned(format!("audio/{}", format.0))),
            data: audio.data?.0,
        }),
    }
}

fn decode_file<'a>(file: WireFile<'a>, path: impl Fn() -> String) -> Result<Media<'a>, ApiError> {
    let source = if let Some(Str(id)) = file.file_id {
        Source::File(id)
    } else if let Some(Str(url)) = file.file_url {
        Source::Url(url)
    } else if let Some(Str(data)) = file.file_data {
        if data.starts_with("data:") || data.starts_with("https://") || data.starts_with("http://") {
            source_of_url(data, || format!("{}.file_data", path()))?
        } else {
            let media_type =
                file.filename.as_ref().and_then(|name| media_type_of(&name.0)).map(Cow::Borrowed);
            Source::Base64 { media_type, data }
        }
    } else {
        return Err(missing(&format!("{}.file_data", path())));
    };
    Ok(Media { title: file.filename.map(|name| name.0), ..Media::new(MediaKind::Document, source) })
}

/// The media type that a file name's ending says.
fn media_type_of(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "pdf" => "application/pdf",
        "txt" | "log" => "text/plain",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "json" => "application/json",
        _ => return None,
    })
}

/// An address that the provider fetches, or a `data:` URL whose bytes are in it.
pub(super) fn source_of_url<'a>(url: Text<'a>, path: impl Fn() -> String) -> Result<Source<'a>, ApiError> {
    let Some(rest) = url.strip_prefix("data:") else { return Ok(Source::Url(url)) };
    let split = rest.split_once(',').and_then(|(head, _)| {
        let media_type = head.strip_suffix(";base64")?;
        Some((media_type.len(), "data:".len() + head.len() + 1))
    });
    let Some((media_type_len, data_at)) = split else {
        return Err(ApiError::invalid(format!(
            "`{}` is a data URL without base64; it must be `data:<media type>;base64,<data>`.",
            path()
        ))
        .with_param(path())
        .with_code("invalid_value"));
    };
    let cut = |from: usize, to: Option<usize>| match &url {
        Cow::Borrowed(url) => url.get(from..to.unwrap_or(url.len())).map(Cow::Borrowed),
        Cow::Owned(url) => url.get(from..to.unwrap_or(url.len())).map(|part| Cow::Owned(part.to_owned())),
    };
    let media_type = cut("data:".len(), Some("data:".len() + media_type_len))
        .map(|kind| match kind.split_once(';') {
            Some((kind, _)) => Cow::Owned(kind.to_owned()),
            None => kind,
        })
        .filter(|kind| !kind.is_empty());
    Ok(Source::Base64 { media_type, data: cut(data_at, None).unwrap_or_default() })
}

fn decode_tool_call<'a>(call: WireToolCall<'a>, path: impl Fn() -> String) -> Result<ToolCall<'a>, ApiError> {
    let id = call.id.ok_or_else(|| missing(&format!("{}.id", path())))?.0;
    let custom = call.kind.as_ref().is_some_and(|kind| kind.0 == "custom");
    let (called, kind) = match (call.function, call.custom) {
        (_, Some(called)) if custom => (called, CallKind::Custom),
        (Some(called), _) => (called, CallKind::Function),
        (None, Some(called)) => (called, CallKind::Custom),
        (None, None) => return Err(missing(&format!("{}.function", path()))),
    };
    let arguments = if kind == CallKind::Custom { called.input } else { called.arguments };
    // Some clients send the arguments as an object.
    let arguments = arguments.map(TextOrRaw::text).unwrap_or_default();
    Ok(ToolCall {
        id,
        name: called.name.ok_or_else(|| missing(&format!("{}.function.name", path())))?.0,
        arguments,
        is_json: false,
        kind,
        signature: thought_signature(&call.extra),
        cache: call.cache_control.map(Cow::Borrowed),
        extra: call.extra,
    })
}

/// Gemini's thought signature where its OpenAI-compatible endpoint puts it:
/// `extra_content.google.thought_signature`.
fn thought_signature<'a>(extra: &[(Text<'a>, Json<'a>)]) -> Option<Text<'a>> {
    let (_, json) = extra.iter().find(|(key, _)| key == "extra_content")?;
    Some(Cow::Owned(google_signature(json)?.into_owned()))
}

/// The signature out of an `extra_content`.
pub(super) fn google_signature(json: Raw<'_>) -> Option<Text<'_>> {
    wire_object! {
        struct WireExtraContent<'a> {
            google: WireGoogle<'a> = "google",
        }

        struct WireGoogle<'a> {
            thought_signature: Str<'a> = "thought_signature",
        }
    }
    let content: WireExtraContent<'_> = from_str(json.get()).ok()?;
    Some(content.google?.thought_signature?.0)
}
