use std::ops::Range;

use super::{Dial, Front, Losses};
use crate::model::{Model, Param};

/// Whom a request is encoded for.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The model's name as the provider knows it.
    pub model: &'a str,
    /// The provider's name, for messages to the caller.
    pub provider: &'a str,
    /// What the caller speaks: fields are named to it in its own words.
    pub front: Front,
    /// What is known of the model, where anything is.
    pub facts: Option<&'a Model>,
    /// What the provider takes beyond its wire.
    pub dialect: Dialect,
    /// What becomes of fields that the wire cannot carry.
    pub on_unsupported: OnUnsupported,
}

/// What a provider of the chat wire takes beyond OpenAI's own members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dialect {
    /// How earlier reasoning comes back to it.
    pub reasoning: ReasoningBack,
    /// Whether it takes `cache_control` on the parts of a message's content.
    pub cache_control: bool,
    /// How reasoning is switched on and off.
    pub effort: Dial,
    /// Whether images must come as data: it fetches no addresses.
    pub inline_images: bool,
}

impl Dialect {
    /// OpenAI's own members and no others.
    pub const PLAIN: Self = Self {
        reasoning: ReasoningBack::Never,
        cache_control: false,
        effort: Dial::Effort,
        inline_images: false,
    };

    /// What either takes.
    pub fn and(self, other: Self) -> Self {
        Self {
            reasoning: if other.reasoning == ReasoningBack::Never { self.reasoning } else { other.reasoning },
            cache_control: self.cache_control || other.cache_control,
            effort: if other.effort == Dial::Effort { self.effort } else { other.effort },
            inline_images: self.inline_images || other.inline_images,
        }
    }
}

/// How reasoning of earlier turns comes back to the model, in the assistant's messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReasoningBack {
    /// It does not.
    #[default]
    Never,
    /// Its text, in this member.
    Text(&'static str),
    /// In blocks with their signatures, as `reasoning_details`.
    Details,
}

impl Target<'_> {
    /// Whether the model is known to refuse `param`, however the rest of the request looks.
    pub(super) fn refuses(&self, param: Param) -> bool {
        self.facts.is_some_and(|model| model.refuses.contains(param))
    }
}

/// What becomes of a request field that the wire cannot carry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnUnsupported {
    /// What is harmless is dropped and named; what changes the meaning is refused.
    #[default]
    Auto,
    /// Everything is dropped and named.
    Drop,
    /// Everything is refused.
    Reject,
}

/// A request for an upstream.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// The body.
    pub body: Vec<u8>,
    /// Where the long values of its top-level members lie, where the wire's bodies are looked at once more.
    pub long: Vec<Range<usize>>,
    /// What it does not say.
    pub losses: Losses,
}
