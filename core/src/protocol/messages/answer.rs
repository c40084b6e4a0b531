//! A whole answer, as Anthropic says it.

use super::compaction::KIND as COMPACTION;
use crate::{
    conversation::{Citation, Finish, FinishReason, Part, Reasoning, Response, ToolCall, Usage},
    protocol::{
        chat::AnswerMeta,
        input::write_input,
        json::{Array, Object, Out, Word, from_str, one_line, wire_object},
    },
};

wire_object! {
    struct WireTyped<'a> {
        kind: Word<'a> = "type",
    }
}

/// Writes a whole answer. Of several choices the first is told: the protocol has one.
pub fn encode_response(response: &Response<'_>, meta: &AnswerMeta<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    let mut object = Object::new(&mut out);
    object.string("id", response.id.as_deref().unwrap_or(meta.id));
    object.string("type", "message");
    object.string("role", "assistant");
    object.string("model", response.model.as_deref().unwrap_or(meta.model));
    if let Some(created) = response.created {
        object.unsigned("created", created);
    }
    let choice = response.choices.first();
    object.array("content", |blocks| {
        for part in choice.into_iter().flat_map(|choice| &choice.parts) {
            write_part(blocks, part);
        }
    });
    let finish = choice.map(|choice| choice.finish.clone()).unwrap_or_default();
    let refused =
        choice.is_some_and(|choice| choice.parts.iter().any(|part| matches!(part, Part::Refusal(_))));
    object.string("stop_reason", stop_reason(&finish, refused));
    object.string_or_null("stop_sequence", finish.stop_sequence.as_deref());
    write_stop_details(&mut object, &finish);
    let tier = response.service_tier.as_deref();
    object.object("usage", |object| write_usage(object, &response.usage, tier));
    object.end();
    out
}

/// Why it ended, in Anthropic's words. Other protocols say a refusal beside the text and end as
/// usual: here the reason is the place for it.
pub(super) fn stop_reason(finish: &Finish<'_>, refused: bool) -> &'static str {
    match finish.reason {
        FinishReason::Stop if refused => "refusal",
        FinishReason::StopSequence => "stop_sequence",
        FinishReason::Stop | FinishReason::Unknown if finish.stop_sequence.is_some() => "stop_sequence",
        FinishReason::Stop | FinishReason::Unknown => "end_turn",
        FinishReason::Length => "max_tokens",
        FinishReason::ContextWindow => "model_context_window_exceeded",
        FinishReason::ToolCalls => "tool_use",
        FinishReason::ContentFilter | FinishReason::Refusal | FinishReason::Failed => "refusal",
        FinishReason::Paused if finish.raw.as_deref() == Some(COMPACTION) => COMPACTION,
        FinishReason::Paused => "pause_turn",
    }
}

/// What the provider said of a refusal, and its own word where ours says less.
pub(super) fn write_stop_details(object: &mut Object<'_, impl Out>, finish: &Finish<'_>) {
    if matches!(finish.reason, FinishReason::Unknown | FinishReason::Failed | FinishReason::ContentFilter) {
        object.string_or_skip("native_finish_reason", finish.raw.as_deref());
    }
    if let Some(explanation) = &finish.explanation {
        object.object("stop_details", |details| {
            details.string("type", "refusal");
            details.null("category");
            details.string("explanation", explanation);
        });
    }
}

/// Token counts in Anthropic's meaning: `input_tokens` leaves out what a cache read or took.
pub(super) fn write_usage(object: &mut Object<'_, impl Out>, usage: &Usage, tier: Option<&str>) {
    let cached = usage.cached_input.unwrap_or(0).saturating_add(usage.cache_write.unwrap_or(0));
    object.unsigned("input_tokens", usage.input.unwrap_or(0).saturating_sub(cached));
    object.unsigned("cache_creation_input_tokens", usage.cache_write.unwrap_or(0));
    object.unsigned("cache_read_input_tokens", usage.cached_input.unwrap_or(0));
    object.unsigned("output_tokens", usage.output.unwrap_or(0));
    if let Some(reasoning) = usage.reasoning {
        object.object("output_tokens_details", |details| details.unsigned("thinking_tokens", reasoning));
    }
    object.string_or_skip("service_tier", tier.and_then(service_tier));
}

/// A tier in Anthropic's words, where it has one.
pub(super) fn service_tier(tier: &str) -> Option<&'static str> {
    match tier {
        "standard" | "default" | "on_demand" => Some("standard"),
        "priority" => Some("priority"),
        "batch" => Some("batch"),
        _ => None,
    }
}

fn write_part(blocks: &mut Array<'_, impl Out>, part: &Part<'_>) {
    match part {
        Part::Text(text) => blocks.object(|block| {
            text_block(block, &text.text);
            if !text.citations.is_empty() {
                block.array("citations", |list| {
                    for citation in &text.citations {
                        write_citation(list.element(), citation);
                    }
                });
            }
        }),
        Part::Refusal(text) => blocks.object(|block| text_block(block, text)),
        Part::Reasoning(reasoning) => write_reasoning(blocks, reasoning),
        Part::ToolCall(call) => blocks.object(|block| write_call(block, call)),
        Part::Provider { json, .. } if is_block(json.get()) => blocks.element().put(json.get().as_bytes()),
        // The protocol's answers have neither media nor what other providers do on their own side, and
        // strict clients read no block of a type that they do not know.
        Part::Provider { .. } | Part::Media(_) => {}
        // No model answers with them.
        Part::ToolResult(_) => {}
    }
}

/// Whether opaque reasoning is of a format that callers of this protocol can make use of.
pub(super) fn is_ours(format: Option<&str>) -> bool {
    format.is_none_or(|format| format.starts_with("anthropic"))
}

/// Whether this is one of the protocol's own blocks, which all name their type.
pub(super) fn is_block(json: &str) -> bool {
    from_str::<WireTyped<'_>>(json).is_ok_and(|block| Word::text(block.kind).is_some())
}

fn text_block(block: &mut Object<'_, impl Out>, text: &str) {
    block.string("type", "text");
    block.string("text", text);
}

/// Reasoning that was redacted in another provider's format is no use to a caller of this
/// protocol: it could only send it to a provider that cannot read it.
fn write_reasoning(blocks: &mut Array<'_, impl Out>, reasoning: &Reasoning<'_>) {
    let ours = is_ours(reasoning.format.as_deref());
    match (&reasoning.text, &reasoning.opaque) {
        (None, Some(data)) if ours => blocks.object(|block| {
            block.string("type", "redacted_thinking");
            block.string("data", data);
        }),
        // Thinking that is not shown is signed all the same.
        (None, None) if !ours || reasoning.signature.is_none() => {}
        (Some(_), _) | (None, None) => blocks.object(|block| {
            block.string("type", "thinking");
            block.string("thinking", reasoning.text.as_deref().unwrap_or_default());
            block.string("signature", reasoning.signature.as_deref().filter(|_| ours).unwrap_or_default());
        }),
        _ => {}
    }
}

/// A citation in Anthropic's own form stays as it is; others become citations of the web, or of
/// what a search among documents found.
pub(super) fn write_citation(out: &mut impl Out, citation: &Citation<'_>) {
    let own: WireTyped<'_> = from_str(citation.json.get()).unwrap_or_default();
    if Word::text(own.kind).is_some_and(|kind| kind.ends_with("_location")) {
        return one_line(out, citation.json.get());
    }
    let words = citation.cited_text.as_deref().unwrap_or_default();
    let mut object = Object::new(out);
    match citation.url.as_deref() {
        Some(url) => {
            object.string("type", "web_search_result_location");
            object.string("url", url);
            object.string_or_null("title", citation.title.as_deref());
            object.string("cited_text", words);
            object.string("encrypted_index", "");
        }
        None => {
            object.string("type", "search_result_location");
            object.string("source", citation.title.as_deref().unwrap_or_default());
            object.string_or_null("title", citation.title.as_deref());
            object.string("cited_text", words);
            object.unsigned("search_result_index", 0);
            object.unsigned("start_block_index", 0);
            object.unsigned("end_block_index", 1);
        }
    }
    object.end();
}

fn write_call(block: &mut Object<'_, impl Out>, call: &ToolCall<'_>) {
    block.string("type", "tool_use");
    block.string("id", &call.id);
    block.string("name", &call.name);
    write_input(block, "input", call);
}
