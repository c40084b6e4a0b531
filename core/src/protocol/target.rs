use super::{Front, Losses};

/// Whom a request is encoded for.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The model's name as the provider knows it.
    pub model: &'a str,
    /// The provider's name, for messages to the caller.
    pub provider: &'a str,
    /// What the caller speaks: fields are named to it in its own words.
    pub front: Front,
    /// What is known of the model.
    pub facts: ModelFacts,
    /// What becomes of fields that the wire cannot carry.
    pub on_unsupported: OnUnsupported,
}

/// What an encoder may know of a model. The default is a model of which nothing is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// The most tokens that it writes in one answer.
    pub max_output: Option<u32>,
    /// Request fields, in chat's names, that it answers with an error (`temperature`, `top_p`,
    /// `top_k`, …). `temperature+top_p` says that it takes either and not both.
    pub refuses: &'static [&'static str],
    /// How it is told to think.
    pub thinking: Thinking,
    /// The levels of effort that it knows, lowest first; empty where that is not known.
    pub efforts: &'static [&'static str],
    /// Whether it is known to lack native structured outputs.
    pub lacks_json_schema: bool,
    /// Whether it takes system messages in the middle of a conversation.
    pub system_turns: bool,
}

/// How a model is told to think, on Anthropic's wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Thinking {
    /// Not known: asked for as the newest models want it.
    #[default]
    Unknown,
    /// It does not think.
    None,
    /// By a budget of tokens (`thinking.budget_tokens`).
    Budget,
    /// By a level of effort, deciding itself how long (`thinking.type: adaptive`).
    Adaptive,
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
    /// What it does not say.
    pub losses: Losses,
}
