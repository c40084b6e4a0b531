//! Readings of answers over plain JSON values, written without a look at the codecs. One file a
//! protocol.

mod anthropic;
mod chat;
mod dialect;
mod gemini;

use serde_json::Value;

pub(crate) use anthropic::AnthropicReader;
pub(crate) use chat::{ChatReader, chat_facts};
pub(crate) use dialect::DialectReader;
pub(crate) use gemini::GeminiReader;

/// What an answer says, in the chat front's meaning.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Reading {
    pub(crate) id: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) text: String,
    pub(crate) reasoning: String,
    /// Signatures and opaque data, in order.
    pub(crate) opaque: Vec<String>,
    /// Id, name, arguments.
    pub(crate) calls: Vec<(String, String, Value)>,
    pub(crate) finish: Option<String>,
    /// The names of calls that state goes with, and the state.
    pub(crate) call_state: Vec<(String, String)>,
    /// Address, title, cited words.
    pub(crate) web: Vec<(String, String, String)>,
    pub(crate) documents: Vec<Value>,
    /// Blocks of the provider's own.
    pub(crate) blocks: Vec<Value>,
    /// prompt, completion, total, cached, written, reasoning.
    pub(crate) usage: [Option<u64>; 6],
    pub(crate) error: Option<String>,
    /// Chat's probabilities: token, its logarithm, the other tokens.
    pub(crate) logprobs: Vec<Value>,
}

impl Reading {
    /// Its fields with their names, as text to be compared.
    pub(crate) fn fields(&self) -> [(&'static str, String); 13] {
        let text = |value: &dyn std::fmt::Debug| format!("{value:?}");
        [
            ("id", text(&self.id)),
            ("model", text(&self.model)),
            ("text", text(&self.text)),
            ("reasoning", text(&self.reasoning)),
            ("opaque", text(&self.opaque)),
            ("calls", text(&self.calls)),
            ("call state", text(&self.call_state)),
            ("finish", text(&self.finish)),
            ("citations", text(&(&self.web, &self.documents))),
            ("blocks", text(&self.blocks)),
            ("usage", text(&self.usage)),
            ("logprobs", text(&self.logprobs)),
            ("error", text(&self.error)),
        ]
    }
}
