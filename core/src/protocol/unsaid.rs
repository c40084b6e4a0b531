//! What of an answer a caller's protocol has no words for.
//!
//! The field table says it for every field of every wire; here is what remains of that once an
//! answer is read, for the usage row and, in whole answers, for the caller. Chat has a place for all
//! that a conversation holds, if need be an extension.

use super::{
    Front,
    messages::{is_block, is_ours},
};
use crate::conversation::{Event, MediaKind, Part, PartKind, Response};

/// The names, in the order in which they are told.
const NAMES: [&str; 8] =
    ["images", "audio", "video", "documents", "provider_blocks", "reasoning_details", "logprobs", "choices"];

const PROVIDER_BLOCKS: u8 = 1 << 4;
const REASONING: u8 = 1 << 5;
const LOGPROBS: u8 = 1 << 6;
const CHOICES: u8 = 1 << 7;

/// A set of things that were left out of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unsaid(u8);

impl Unsaid {
    /// What `front` cannot say of a whole answer.
    pub fn of(front: Front, response: &Response<'_>) -> Self {
        if front == Front::Chat {
            return Self::default();
        }
        let Some((first, others)) = response.choices.split_first() else { return Self::default() };
        let parts = first.parts.iter().map(|part| match part {
            Part::Media(media) => media_kind(media.kind),
            Part::Provider { json, .. } if !is_block(json.get()) => PROVIDER_BLOCKS,
            Part::Reasoning(reasoning) if reasoning.opaque.is_some() => {
                reasoning_of(reasoning.format.as_deref())
            }
            _ => 0,
        });
        let logprobs = if first.logprobs.is_some() { LOGPROBS } else { 0 };
        let choices = if others.is_empty() { 0 } else { CHOICES };
        Self(parts.fold(logprobs | choices, |unsaid, part| unsaid | part))
    }

    /// Adds what `front` cannot say of an event.
    pub fn event(&mut self, front: Front, event: &Event<'_>) {
        if front == Front::Chat {
            return;
        }
        self.0 |= match event {
            Event::PartStart { choice: 1.., .. } => CHOICES,
            Event::PartStart { kind, .. } => match kind {
                PartKind::Media(media) => media_kind(media.kind),
                PartKind::Provider { json, .. } if !is_block(json.get()) => PROVIDER_BLOCKS,
                PartKind::OpaqueReasoning { format, .. } => reasoning_of(format.as_deref()),
                _ => 0,
            },
            Event::Logprobs { .. } => LOGPROBS,
            _ => 0,
        };
    }

    /// Their names, in the words of the chat front, which can say them all.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().enumerate().filter(move |(place, _)| self.0 >> place & 1 == 1).map(|(_, name)| name)
    }

    /// The names in one line; `None` where nothing was left out.
    pub fn line(self) -> Option<String> {
        (self.0 != 0).then(|| self.names().collect::<Vec<_>>().join(", "))
    }
}

fn media_kind(kind: MediaKind) -> u8 {
    match kind {
        MediaKind::Image => 1,
        MediaKind::Audio => 1 << 1,
        MediaKind::Video => 1 << 2,
        MediaKind::Document => 1 << 3,
    }
}

fn reasoning_of(format: Option<&str>) -> u8 {
    if is_ours(format) { 0 } else { REASONING }
}
