//! The field table: what becomes of each request field on each wire.
//!
//! One row a field, in the caller's own spelling; one column a wire. Encoders do not decide what a
//! loss means: they look it up here ([`Report`]), and `docs/translation.md` is printed from the
//! same rows. A value that is the wire's default anyway is no loss and never gets this far.
//!
//! `refused` is for losses that change the meaning of a request: input that the model would not
//! see, tools, tool choice, the form of the answer, several answers, stop sequences,
//! probabilities, the limit on tokens. What is `dropped` is named to the caller in a header.

mod answers;
mod chat;
mod leftovers;
mod messages;
mod report;
mod spotter;

use super::{Front, Wire};

pub(crate) use leftovers::report_leftovers;
pub use report::Losses;
pub(crate) use report::Report;
pub use spotter::Spotter;

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Sent under its own name or the wire's name for the same thing.
    Carried,
    /// Said in another way.
    Mapped,
    /// Left out, and named to the caller.
    Dropped,
    /// A 400 that names the field and the provider.
    Refused,
}

impl Fate {
    /// The word that documents use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Carried => "carried",
            Self::Mapped => "mapped",
            Self::Dropped => "dropped",
            Self::Refused => "refused",
        }
    }
}

/// What becomes of a field on one wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// What becomes of it.
    pub fate: Fate,
    /// How, or why not.
    pub note: &'static str,
}

/// One row: a request field of a front.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its path in the caller's protocol: `[]` is each element of a list, and `.*` at the end means
    /// it and all that it holds, which have no rows of their own where the same becomes of them.
    pub path: &'static str,
    /// Other paths that the row stands for. A `*` between points is any one step, such as the type
    /// of a block, and `**` any number of them; where several rows fit, the one with the most
    /// letters counts.
    pub also: &'static [&'static str],
    /// What becomes of it on the chat wire.
    pub chat: Said,
    /// What becomes of it on Anthropic's wire.
    pub messages: Said,
    /// What becomes of it on Gemini's wire.
    pub gemini: Said,
}

impl Field {
    /// The name that encoders and reports use: the path without its `.*`.
    pub fn name(&self) -> &'static str {
        self.path.strip_suffix(".*").unwrap_or(self.path)
    }

    /// The same row, standing for `paths` too.
    const fn also(self, paths: &'static [&'static str]) -> Self {
        Self { also: paths, ..self }
    }

    /// What becomes of it on `wire`; a front's own wire carries everything.
    pub fn on(&self, wire: Wire) -> Said {
        match wire {
            Wire::Chat => self.chat,
            Wire::Messages => self.messages,
            Wire::Gemini => self.gemini,
        }
    }
}

/// A field of a wire's answers.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// Its path in the provider's protocol, as in [`Field::path`].
    pub path: &'static str,
    /// Other paths that the row stands for, as in [`Field::also`].
    pub also: &'static [&'static str],
    /// What becomes of it on the chat front.
    pub chat: Said,
    /// What becomes of it on the Messages front.
    pub messages: Said,
}

impl Answer {
    /// What becomes of it at `front`; a wire's own front carries everything.
    pub fn at(&self, front: Front) -> Said {
        match front {
            Front::Chat => self.chat,
            Front::Messages => self.messages,
        }
    }

    /// The name that reports use: the path without its `.*`.
    pub fn name(&self) -> &'static str {
        self.path.strip_suffix(".*").unwrap_or(self.path)
    }

    /// The same row, standing for `paths` too.
    const fn also(self, paths: &'static [&'static str]) -> Self {
        Self { also: paths, ..self }
    }
}

/// The fields of a wire's answers.
pub fn answer_fields(wire: Wire) -> &'static [Answer] {
    match wire {
        Wire::Chat => answers::CHAT,
        Wire::Messages => answers::MESSAGES,
        Wire::Gemini => answers::GEMINI,
    }
}

/// The row of what no caller sends by name: the reasoning state of earlier turns, which the gateway
/// [finds again](crate::recall) by their calls.
pub(crate) const REASONING_STATE: &str = "messages[].tool_calls.reasoning_state";

/// The request fields of a front.
pub fn request_fields(front: Front) -> &'static [Field] {
    match front {
        Front::Chat => chat::FIELDS,
        Front::Messages => messages::FIELDS,
    }
}

const fn carried(note: &'static str) -> Said {
    Said { fate: Fate::Carried, note }
}

const fn mapped(note: &'static str) -> Said {
    Said { fate: Fate::Mapped, note }
}

const fn dropped(note: &'static str) -> Said {
    Said { fate: Fate::Dropped, note }
}

const fn refused(note: &'static str) -> Said {
    Said { fate: Fate::Refused, note }
}
