//! Wire formats: how bytes become a conversation, and a conversation becomes bytes.
//!
//! One folder a protocol. A *front* is what a caller speaks: it decodes requests and encodes
//! answers. A *wire* is what an upstream speaks: it encodes requests and decodes answers. Both
//! meet in the [conversation model](crate::conversation) and nowhere else.
//!
//! Decoders borrow from the bytes they are given and never build a tree of values: each wire
//! object is a struct with the fields that matter, the rest kept raw ([`json`]). Encoders write
//! JSON straight into the outgoing buffer. Stream decoders and encoders are push machines without
//! I/O: the data of one SSE event in, events out; events in, SSE frames out.
//!
//! What a wire cannot carry is never dropped in silence: an encoder looks every such field up in
//! the one field table ([`fields`]) and returns what was lost beside the body, or refuses.

mod base64;
mod call_id;
pub mod chat;
pub mod codec;

mod effort;
pub mod fields;
pub mod gemini;
mod input;

pub(crate) mod json;
pub mod messages;
mod parts;
mod repeat;
mod target;

use crate::error::{ApiError, ErrorKind};

pub(crate) use base64::encode as encode_base64;
pub use effort::Dial;
pub(crate) use effort::{Sent as EffortSent, sent as effort_sent};
pub use fields::Losses;
pub use target::{Dialect, Encoded, OnUnsupported, ReasoningBack, Target};

/// What an upstream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// OpenAI chat completions.
    Chat,
    /// Anthropic Messages.
    Messages,
    /// Google Gemini's `generateContent`.
    Gemini,
}

impl Wire {
    /// The name that documents and logs use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Messages => "messages",
            Self::Gemini => "gemini",
        }
    }
}

/// What a caller speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Front {
    /// OpenAI chat completions.
    Chat,
    /// Anthropic Messages.
    Messages,
}

impl Front {
    /// The name that documents, logs and usage rows use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Messages => "messages",
        }
    }

    /// The wire that is relayed and not translated.
    pub fn wire(self) -> Wire {
        match self {
            Self::Chat => Wire::Chat,
            Self::Messages => Wire::Messages,
        }
    }
}

/// Why an upstream's answer could not be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DecodeError {
    /// Not the JSON that the wire's documentation promises. The text is for logs.
    #[error("not a {wire} answer: {detail}")]
    Malformed {
        /// The wire that was expected.
        wire: &'static str,
        /// What the parser met, and where.
        detail: String,
    },
    /// An error in a body with a success status.
    #[error(transparent)]
    Answer(Box<ApiError>),
}

impl From<DecodeError> for ApiError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Malformed { wire, .. } => ApiError::new(
                ErrorKind::Upstream,
                format!("The provider's answer could not be read as a {wire} answer. Try again."),
            ),
            DecodeError::Answer(error) => *error,
        }
    }
}
