//! A whole answer, as chat says it.

use crate::{
    conversation::{CallKind, Choice, Citation, Finish, FinishReason, Part, Reasoning, Response, ToolCall},
    protocol::{
        chat::{media::write_media, usage::write_usage},
        json::{Array, Object, Out, string},
    },
};

/// What the gateway knows of an answer beside what the provider said.
#[derive(Debug, Clone, Copy)]
pub struct AnswerMeta<'a> {
    /// An id, for providers that give none.
    pub id: &'a str,
    /// When the request arrived, in seconds since the Unix epoch.
    pub created: u64,
    /// The model's name, for providers that do not repeat it.
    pub model: &'a str,
    /// Whether the caller knows only the deprecated `functions`: its call is a `function_call`.
    pub functions: bool,
}

/// Writes a whole answer.
pub fn encode_response(response: &Response<'_>, meta: &AnswerMeta<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    let mut object = Object::new(&mut out);
    let head = (response.id.as_deref().unwrap_or(meta.id), response.created.unwrap_or(meta.created));
    object.string("id", head.0);
    object.string("object", "chat.completion");
    object.unsigned("created", head.1);
    object.string("model", response.model.as_deref().unwrap_or(meta.model));
    object.array("choices", |choices| {
        for choice in &response.choices {
            choices.object(|object| write_choice(object, choice, &head, meta.functions));
        }
    });
    if !response.usage.is_empty() {
        object.object("usage", |object| write_usage(object, &response.usage));
    }
    object.string_or_skip("service_tier", response.service_tier.as_deref().and_then(service_tier));
    object.end();
    out
}

/// A tier in OpenAI's words, where it has one.
pub(super) fn service_tier(tier: &str) -> Option<&'static str> {
    match tier {
        "standard" | "default" | "on_demand" => Some("default"),
        "priority" => Some("priority"),
        "flex" => Some("flex"),
        _ => None,
    }
}

/// Why it ended, in OpenAI's words, the older ones for callers who know only `functions`.
pub(super) fn finish_reason(finish: &Finish<'_>, functions: bool) -> &'static str {
    match finish.reason {
        FinishReason::Stop | FinishReason::StopSequence | FinishReason::Paused | FinishReason::Unknown => {
            "stop"
        }
        FinishReason::Length | FinishReason::ContextWindow => "length",
        FinishReason::ToolCalls if functions => "function_call",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter | FinishReason::Refusal | FinishReason::Failed => "content_filter",
    }
}

fn write_choice(object: &mut Object<'_, impl Out>, choice: &Choice<'_>, head: &(&str, u64), functions: bool) {
    object.unsigned("index", choice.index.into());
    object.object("message", |message| {
        write_message(message, choice, functions);
        let media = choice.parts.iter().filter_map(|part| match part {
            Part::Media(media) => Some(media),
            _ => None,
        });
        write_media(message, head.0, head.1, &media.collect::<Vec<_>>());
    });
    match &choice.logprobs {
        Some(logprobs) => object.json("logprobs", logprobs),
        None => object.null("logprobs"),
    }
    object.string("finish_reason", finish_reason(&choice.finish, functions));
    object.string_or_skip("native_finish_reason", choice.finish.raw.as_deref());
    object.string_or_skip("stop_reason", choice.finish.stop_sequence.as_deref());
}

/// Chat has one text, one refusal and a list of calls: parts of a kind are put together, in order.
fn write_message(message: &mut Object<'_, impl Out>, choice: &Choice<'_>, functions: bool) {
    let parts = &choice.parts;
    let joined = |pick: for<'p> fn(&'p Part<'p>) -> Option<&'p str>| -> Option<String> {
        let mut texts = parts.iter().filter_map(pick).peekable();
        texts.peek()?;
        Some(texts.collect())
    };
    let text = joined(|part| if let Part::Text(text) = part { Some(&text.text) } else { None });
    let reasoning = joined(|part| match part {
        Part::Reasoning(reasoning) => reasoning.text.as_deref().filter(|text| !text.is_empty()),
        _ => None,
    });
    let refusal = joined(|part| if let Part::Refusal(text) = part { Some(text) } else { None })
        .or_else(|| choice.finish.explanation.as_deref().map(str::to_owned));
    let calls = parts.iter().any(|part| matches!(part, Part::ToolCall(_)));

    message.string("role", "assistant");
    match text.as_deref().filter(|text| !calls || !text.is_empty()) {
        None if calls => message.null("content"),
        text => message.string("content", text.unwrap_or_default()),
    }
    message.string_or_null("refusal", refusal.as_deref());
    message.string_or_skip("reasoning_content", reasoning.as_deref());
    write_reasoning_details(message, parts);
    write_citations(message, parts);
    let called =
        parts.iter().find_map(|part| if let Part::ToolCall(call) = part { Some(call) } else { None });
    if let Some(call) = called.filter(|_| functions) {
        message.object("function_call", |object| {
            object.string("name", &call.name);
            object.string("arguments", if call.arguments.is_empty() { "{}" } else { &call.arguments });
        });
    } else if calls {
        message.array("tool_calls", |list| {
            for part in parts {
                if let Part::ToolCall(call) = part {
                    list.object(|object| write_call(object, call));
                }
            }
        });
    }
    if parts.iter().any(|part| matches!(part, Part::Provider { .. })) {
        message.array("provider_blocks", |list| {
            for part in parts {
                if let Part::Provider { json, .. } = part {
                    list.element().put(json.get().as_bytes());
                }
            }
        });
    }
}

fn write_reasoning_details(message: &mut Object<'_, impl Out>, parts: &[Part<'_>]) {
    let kept = || {
        parts.iter().filter_map(|part| match part {
            Part::Reasoning(reasoning) if reasoning.format.is_some() => Some(reasoning),
            _ => None,
        })
    };
    if kept().next().is_some() {
        message.array("reasoning_details", |list| {
            for (index, reasoning) in kept().enumerate() {
                list.object(|object| write_reasoning_detail(object, reasoning, index as u64));
            }
        });
    }
}

pub(super) fn write_reasoning_detail(
    object: &mut Object<'_, impl Out>,
    reasoning: &Reasoning<'_>,
    index: u64,
) {
    match (&reasoning.opaque, reasoning.summary) {
        (Some(data), _) => {
            object.string("type", "reasoning.encrypted");
            object.string("data", data);
        }
        (None, true) => {
            object.string("type", "reasoning.summary");
            object.string_or_skip("summary", reasoning.text.as_deref());
        }
        (None, false) => {
            object.string("type", "reasoning.text");
            object.string_or_skip("text", reasoning.text.as_deref());
            object.string_or_skip("signature", reasoning.signature.as_deref());
        }
    }
    object.string_or_skip("id", reasoning.id.as_deref());
    object.string_or_skip("format", reasoning.format.as_deref());
    object.unsigned("index", index);
}

/// Citations of the web are chat's annotations, with the place of the text that they belong to;
/// others have no form in chat and stay as the provider wrote them.
fn write_citations(message: &mut Object<'_, impl Out>, parts: &[Part<'_>]) {
    let mut web = Vec::new();
    let mut documents = Vec::new();
    let mut at = 0;
    for part in parts {
        let Part::Text(text) = part else { continue };
        let end = at + text.text.chars().count() as u64;
        for citation in &text.citations {
            match citation.url {
                Some(_) => web.push((citation, citation.span.unwrap_or((at, end)))),
                None => documents.push(citation),
            }
        }
        at = end;
    }
    if !web.is_empty() {
        message.array("annotations", |list| {
            for (citation, span) in web {
                write_annotation(list, citation.url.as_deref(), citation.title.as_deref(), span);
            }
        });
    }
    if !documents.is_empty() {
        message.array("citations", |list| write_raw_citations(list, &documents));
    }
}

fn write_raw_citations(list: &mut Array<'_, impl Out>, citations: &[&Citation<'_>]) {
    for citation in citations {
        list.element().put(citation.json.get().as_bytes());
    }
}

/// One annotation, its place counted in Unicode scalar values of the whole text.
pub(super) fn write_annotation(
    list: &mut Array<'_, impl Out>,
    url: Option<&str>,
    title: Option<&str>,
    (start, end): (u64, u64),
) {
    list.object(|annotation| {
        annotation.string("type", "url_citation");
        annotation.object("url_citation", |citation| {
            citation.string("url", url.unwrap_or_default());
            citation.string("title", title.unwrap_or_default());
            citation.unsigned("start_index", start);
            citation.unsigned("end_index", end);
        });
    });
}

fn write_call(object: &mut Object<'_, impl Out>, call: &ToolCall<'_>) {
    object.string("id", &call.id);
    match call.kind {
        CallKind::Function => {
            object.string("type", "function");
            object.object("function", |function| {
                function.string("name", &call.name);
                string(function.key("arguments"), &call.arguments);
            });
        }
        CallKind::Custom => {
            object.string("type", "custom");
            object.object("custom", |custom| {
                custom.string("name", &call.name);
                custom.string("input", &call.arguments);
            });
        }
    }
    write_signature(object, call.signature.as_deref());
}

/// The state that must come back with a call, where Google's own endpoint for chat has it.
pub(super) fn write_signature(call: &mut Object<'_, impl Out>, signature: Option<&str>) {
    if let Some(signature) = signature {
        call.object("extra_content", |extra| {
            extra.object("google", |google| google.string("thought_signature", signature));
        });
    }
}
