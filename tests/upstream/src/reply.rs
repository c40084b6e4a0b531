//! What a model says, before any wire gives it a shape.

use std::sync::Arc;

use serde_json::Value;

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It was done.
    Stop,
    /// The token limit.
    Length,
    /// It wants tools to be run.
    ToolCalls,
    /// The provider's filter, or a refusal.
    Filtered,
    /// One of the caller's stop sequences.
    StopSequence,
}

/// Tokens, in the OpenAI meaning: prompt tokens include the cached ones, completion tokens
/// include reasoning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// All tokens of the prompt.
    pub prompt: u64,
    /// All tokens of the completion.
    pub completion: u64,
    /// Prompt tokens read from a cache.
    pub cached: u64,
    /// Prompt tokens written to a cache.
    pub written: u64,
    /// Completion tokens spent on reasoning.
    pub reasoning: u64,
}

/// One part of an answer, cut into the pieces in which it is streamed.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Visible text.
    Text(Vec<Arc<str>>),
    /// Reasoning text.
    Reasoning(Vec<Arc<str>>),
    /// A refusal, where the wire has such a thing; text elsewhere.
    Refusal(Vec<Arc<str>>),
    /// A call of a tool.
    Call {
        /// The call's id.
        id: String,
        /// The tool.
        name: String,
        /// The JSON text of the arguments.
        arguments: Vec<Arc<str>>,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Its parts in order.
    pub parts: Vec<Part>,
    /// Why it ended.
    pub finish: Finish,
    /// What it cost.
    pub usage: Usage,
    /// Members to add to a whole body or to every streamed chunk, unknown to any gateway.
    pub extra: Option<(String, Value)>,
}

impl Reply {
    /// An answer of text pieces, each worth a token.
    pub fn text(pieces: Vec<Arc<str>>) -> Reply {
        Reply::of(vec![Part::Text(pieces)], Finish::Stop)
    }

    /// An answer of these parts; a completion token for each piece.
    pub fn of(parts: Vec<Part>, finish: Finish) -> Reply {
        let count = |part: &Part| match part {
            Part::Text(pieces) | Part::Reasoning(pieces) | Part::Refusal(pieces) => pieces.len(),
            Part::Call { arguments, .. } => arguments.len() + 8,
        };
        let reasoning: usize =
            parts.iter().filter(|part| matches!(part, Part::Reasoning(_))).map(count).sum();
        let completion: usize = parts.iter().map(count).sum();
        let usage = Usage {
            prompt: 17,
            completion: completion as u64,
            cached: 0,
            written: 0,
            reasoning: reasoning as u64,
        };
        Reply { parts, finish, usage, extra: None }
    }
}

/// A text as pieces of at most `size` characters.
pub fn pieces(text: &str, size: usize) -> Vec<Arc<str>> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(size.max(1)).map(|piece| piece.iter().collect::<String>().into()).collect()
}
