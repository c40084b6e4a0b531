//! What an answer says, read without any of the gateway's code.

pub(crate) mod anthropic;
pub(crate) mod chat;
pub(crate) mod gemini;

/// One tool call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Call {
    /// Its id.
    pub(crate) id: String,
    /// The tool.
    pub(crate) name: String,
    /// The arguments as JSON text.
    pub(crate) arguments: String,
}

/// Token counts, in the OpenAI meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// All prompt tokens.
    pub(crate) prompt: u64,
    /// All completion tokens.
    pub(crate) completion: u64,
    /// The sum, where told.
    pub(crate) total: Option<u64>,
    /// Prompt tokens from a cache, where told.
    pub(crate) cached: Option<u64>,
    /// Reasoning tokens, where told.
    pub(crate) reasoning: Option<u64>,
}

/// An answer's meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Visible text.
    pub(crate) text: String,
    /// Reasoning text.
    pub(crate) reasoning: String,
    /// The refusal.
    pub(crate) refusal: String,
    /// Tool calls in order.
    pub(crate) calls: Vec<Call>,
    /// The finish reason in OpenAI's words; empty where none came.
    pub(crate) finish: String,
    /// Usage, where told.
    pub(crate) usage: Option<Usage>,
    /// The message of an error in the answer.
    pub(crate) error: Option<String>,
}
