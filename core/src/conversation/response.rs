use super::{Extra, Json, Part, Text, Usage};

/// A whole answer.
#[derive(Debug, Clone, Default)]
pub struct Response<'a> {
    /// The provider's id of the answer.
    pub id: Option<Text<'a>>,
    /// The model that answered, in the provider's name for it.
    pub model: Option<Text<'a>>,
    /// When, in seconds since the Unix epoch.
    pub created: Option<u64>,
    /// The answers: one, unless several were asked for.
    pub choices: Vec<Choice<'a>>,
    /// What it took.
    pub usage: Usage,
    /// The tier that served it, in the provider's own words.
    pub service_tier: Option<Text<'a>>,
    /// Members without a field of their own.
    pub extra: Extra<'a>,
}

/// One answer.
#[derive(Debug, Clone, Default)]
pub struct Choice<'a> {
    /// Its place among the answers.
    pub index: u32,
    /// What was said, in the model's order.
    pub parts: Vec<Part<'a>>,
    /// Why it ended.
    pub finish: Finish<'a>,
    /// Probabilities of the tokens, in the chat wire's form, raw.
    pub logprobs: Option<Json<'a>>,
    /// Members without a field of their own.
    pub extra: Extra<'a>,
}

/// Why an answer ended, with what the provider said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finish<'a> {
    /// The reason.
    pub reason: FinishReason,
    /// The provider's own word for it.
    pub raw: Option<Text<'a>>,
    /// The stop sequence that was met.
    pub stop_sequence: Option<Text<'a>>,
    /// The provider's explanation, of a refusal for example.
    pub explanation: Option<Text<'a>>,
}

impl Finish<'_> {
    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Finish<'static> {
        let own = |text: Option<Text<'_>>| text.map(|text| Text::Owned(text.into_owned()));
        Finish {
            reason: self.reason,
            raw: own(self.raw),
            stop_sequence: own(self.stop_sequence),
            explanation: own(self.explanation),
        }
    }
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FinishReason {
    /// The model was done.
    #[default]
    Stop,
    /// A stop sequence of the caller's was met.
    StopSequence,
    /// The limit on tokens was met.
    Length,
    /// The model's context was full.
    ContextWindow,
    /// The model waits for the results of its calls.
    ToolCalls,
    /// A filter took the answer or the rest of it.
    ContentFilter,
    /// The model's safety training or a classifier of the provider's declined.
    Refusal,
    /// The provider paused a long turn; sending the answer back goes on with it.
    Paused,
    /// The provider failed in a way that its protocol reports as a finish.
    Failed,
    /// A word that is not known here, or none; see [`Finish::raw`].
    Unknown,
}

impl FinishReason {
    /// A stable lower-case name, for logs and usage rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::StopSequence => "stop_sequence",
            Self::Length => "length",
            Self::ContextWindow => "context_window",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Refusal => "refusal",
            Self::Paused => "paused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}
