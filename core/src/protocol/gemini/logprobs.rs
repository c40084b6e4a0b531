//! Probabilities of tokens, in chat's form.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::{
    conversation::Json,
    protocol::json::{List, Maybe, Object, Out, Raw, Word, unsigned, wire_object},
};

wire_object! {
    struct WireLogprobs<'a> {
        chosen: List<WireToken<'a>> = "chosenCandidates" | "chosen_candidates",
        top: List<WireTop<'a>> = "topCandidates" | "top_candidates",
    }

    struct WireTop<'a> {
        candidates: List<WireToken<'a>> = "candidates",
    }

    struct WireToken<'a> {
        token: Word<'a> = "token",
        logprob: Raw<'a> = "logProbability" | "log_probability",
    }
}

/// The probabilities as chat writes them ("Chat Completions", `logprobs`); `None` where there are
/// none.
pub(super) fn logprobs(wire: Option<Maybe<WireLogprobs<'_>>>) -> Option<Json<'static>> {
    let wire = Maybe::value(wire)?;
    let chosen = wire.chosen.unwrap_or_default().0;
    if chosen.is_empty() {
        return None;
    }
    let mut top = wire.top.unwrap_or_default().0.into_iter();
    let mut text = Vec::new();
    let mut object = Object::new(&mut text);
    object.array("content", |content| {
        for token in &chosen {
            let others = top.next().and_then(|top| top.candidates).unwrap_or_default().0;
            content.object(|object| {
                write_token(object, token);
                object.array("top_logprobs", |list| {
                    for other in &others {
                        list.object(|object| write_token(object, other));
                    }
                });
            });
        }
    });
    object.null("refusal");
    object.end();
    RawValue::from_string(String::from_utf8(text).ok()?).ok().map(Cow::Owned)
}

fn write_token(object: &mut Object<'_, impl Out>, token: &WireToken<'_>) {
    let text = token.token.as_ref().and_then(|token| token.0.as_deref()).unwrap_or_default();
    object.string("token", text);
    // A certainty is zero, and zeros are left out.
    object.key("logprob").put(token.logprob.map_or("0", |number| number.get()).as_bytes());
    object.array("bytes", |list| {
        for byte in text.bytes() {
            unsigned(list.element(), byte.into());
        }
    });
}
