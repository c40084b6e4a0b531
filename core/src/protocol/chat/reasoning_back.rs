//! Reasoning that was found again, put into messages that are relayed.

use crate::{
    conversation::{Message, Part, Role},
    protocol::json::{Array, List, Object, Raw, TextOr, from_str, wire_object},
};

wire_object! {
    struct WireMessage<'a> {
        reasoning_content: TextOr<'a, Raw<'a>> = "reasoning_content",
    }
}

/// The caller's own `messages` with `reasoning_content` in those of `told`, which was read from them,
/// that have calls and reasoning; everything else as it was. `None` where nothing is to be added.
pub fn with_reasoning(messages: &str, told: &[Message<'_>]) -> Option<String> {
    let messages: List<Raw<'_>> = from_str(messages).ok()?;
    if messages.0.len() != told.len() {
        return None;
    }
    let mut out = Vec::new();
    let mut added = false;
    let mut list = Array::new(&mut out);
    for (raw, told) in messages.0.into_iter().zip(told) {
        match reasoning(told).and_then(|text| Some((text, without(raw)?))) {
            None => list.element().extend_from_slice(raw.get().as_bytes()),
            Some((text, rest)) => {
                added = true;
                list.object(|object: &mut Object<'_, Vec<u8>>| {
                    object.extra(&rest.extra);
                    object.string("reasoning_content", &text);
                });
            }
        }
    }
    list.end();
    String::from_utf8(out).ok().filter(|_| added)
}

fn reasoning(message: &Message<'_>) -> Option<String> {
    let calls = message.parts.iter().any(|part| matches!(part, Part::ToolCall(_)));
    let texts = message.parts.iter().filter_map(|part| match part {
        Part::Reasoning(reasoning) => reasoning.text.as_deref(),
        _ => None,
    });
    let text: String = texts.collect();
    (message.role == Role::Assistant && calls && !text.is_empty()).then_some(text)
}

/// The message, where it has no reasoning of its own under that name.
fn without(raw: Raw<'_>) -> Option<WireMessage<'_>> {
    let message: WireMessage<'_> = from_str(raw.get()).ok()?;
    let has = matches!(&message.reasoning_content, Some(TextOr::Text(text)) if !text.is_empty());
    (!has).then_some(message)
}
