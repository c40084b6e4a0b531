use super::{Extra, Json, Part, Text};

/// A request for an answer.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// The model as the caller named it.
    pub model: Text<'a>,
    /// The conversation so far, system messages included, in the caller's order.
    pub messages: Vec<Message<'a>>,
    /// Whether the first message is a system prompt that the caller's protocol keeps apart.
    pub system_apart: bool,
    /// What the model may call.
    pub tools: Vec<Tool<'a>>,
    /// Whether and what it must call.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// Whether it may call several tools at once.
    pub parallel_tool_calls: Option<bool>,
    /// The form that the answer must have.
    pub format: Option<Format<'a>>,
    /// How tokens are drawn.
    pub sampling: Sampling<'a>,
    /// The most tokens that the answer may have, reasoning included.
    pub max_tokens: Option<u64>,
    /// Texts that end the answer.
    pub stop: Vec<Text<'a>>,
    /// How much the model is to think, and whether it shows it.
    pub reasoning: ReasoningOptions<'a>,
    /// How many answers are wanted.
    pub n: Option<u64>,
    /// Whether the probabilities of the tokens are wanted.
    pub logprobs: Option<bool>,
    /// How many alternatives of each token are wanted.
    pub top_logprobs: Option<u64>,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Whether the caller wants usage inside the stream.
    pub include_usage: bool,
    /// The caller's own name for its user.
    pub user: Option<Text<'a>>,
    /// Key-value pairs of the caller's, as it wrote them.
    pub metadata: Option<Json<'a>>,
    /// The tier of service that is wanted, in the front's own words.
    pub service_tier: Option<Text<'a>>,
    /// How long the answer is to be (`low`, `medium`, `high`).
    pub verbosity: Option<Text<'a>>,
    /// Whether a turn of the running tool loop is without the reasoning state that it may have had:
    /// it was looked for and not found.
    pub reasoning_gone: bool,
    /// `cache_control` of the request as a whole.
    pub cache: Option<Json<'a>>,
    /// Members without a field of their own.
    pub extra: Extra<'a>,
}

impl Request<'_> {
    /// The number of a message as its caller counts them.
    pub fn place(&self, message: usize) -> usize {
        message.saturating_sub(usize::from(self.system_apart))
    }
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The application, above everybody.
    System,
    /// The application, in OpenAI's newer word.
    Developer,
    /// The user's side: people, and what tools returned.
    User,
    /// The model.
    Assistant,
}

/// One turn of the conversation.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// Who speaks.
    pub role: Role,
    /// The name of the participant.
    pub name: Option<Text<'a>>,
    /// What is said; empty where the caller sent empty or null content.
    pub parts: Vec<Part<'a>>,
    /// Members without a field of their own.
    pub extra: Extra<'a>,
}

impl<'a> Message<'a> {
    /// A message without a name or anything unknown.
    pub fn new(role: Role, parts: Vec<Part<'a>>) -> Self {
        Self { role, name: None, parts, extra: Extra::new() }
    }
}

/// Something that the model may call.
#[derive(Debug, Clone)]
pub enum Tool<'a> {
    /// A function of the caller's with JSON arguments.
    Function(FunctionTool<'a>),
    /// A function of the caller's that takes free text.
    Custom {
        /// Its name.
        name: Text<'a>,
        /// What it does.
        description: Option<Text<'a>>,
        /// The grammar of its input, raw.
        format: Option<Json<'a>>,
    },
    /// A tool that the provider runs, raw.
    Provider(ProviderTool<'a>),
}

/// A function of the caller's.
#[derive(Debug, Clone, Default)]
pub struct FunctionTool<'a> {
    /// Its name.
    pub name: Text<'a>,
    /// What it does.
    pub description: Option<Text<'a>>,
    /// JSON schema of its arguments.
    pub parameters: Option<Json<'a>>,
    /// Whether the arguments must follow the schema to the letter.
    pub strict: Option<bool>,
    /// `cache_control` as the caller wrote it.
    pub cache: Option<Json<'a>>,
    /// Members without a field of their own.
    pub extra: Extra<'a>,
}

/// A tool that the provider runs.
#[derive(Debug, Clone)]
pub struct ProviderTool<'a> {
    /// Its type, such as `web_search_20250305`.
    pub kind: Text<'a>,
    /// The whole definition.
    pub json: Json<'a>,
}

/// Whether and what the model must call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice<'a> {
    /// As it sees fit.
    Auto,
    /// Nothing.
    None,
    /// At least one tool.
    Required,
    /// This tool.
    Tool(Text<'a>),
    /// Only these, in the given manner.
    Allowed {
        /// Whether one must be called.
        mode: AllowedMode,
        /// The names.
        names: Vec<Text<'a>>,
    },
}

/// The manner of [`ToolChoice::Allowed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedMode {
    /// As the model sees fit.
    Auto,
    /// At least one.
    Required,
}

/// The form of the answer.
#[derive(Debug, Clone)]
pub enum Format<'a> {
    /// Any text: the default, said aloud.
    Text,
    /// Some JSON object.
    JsonObject,
    /// JSON after a schema.
    JsonSchema {
        /// The schema's name.
        name: Option<Text<'a>>,
        /// What the answer is.
        description: Option<Text<'a>>,
        /// The schema.
        schema: Option<Json<'a>>,
        /// Whether the answer must follow it to the letter.
        strict: Option<bool>,
    },
}

/// How tokens are drawn. Absent is the provider's default.
#[derive(Debug, Clone, Default)]
pub struct Sampling<'a> {
    /// Temperature, from 0.
    pub temperature: Option<f64>,
    /// Share of the probability that is looked at, 0 to 1.
    pub top_p: Option<f64>,
    /// How many of the likeliest tokens are looked at.
    pub top_k: Option<u64>,
    /// For answers that can be had again.
    pub seed: Option<i64>,
    /// Penalty for frequent tokens, -2 to 2.
    pub frequency_penalty: Option<f64>,
    /// Penalty for tokens that were used, -2 to 2.
    pub presence_penalty: Option<f64>,
    /// Biases by token id, raw.
    pub logit_bias: Option<Json<'a>>,
}

/// How much the model is to think. Absent is the model's default.
#[derive(Debug, Clone, Default)]
pub struct ReasoningOptions<'a> {
    /// A level such as `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`.
    pub effort: Option<Text<'a>>,
    /// The most tokens that may be spent on it.
    pub budget_tokens: Option<u64>,
    /// Whether it is on at all, where that was said apart from the level.
    pub enabled: Option<bool>,
    /// Whether the reasoning is wanted in the answer, where that was said.
    pub visible: Option<bool>,
    /// Anthropic's `thinking` object as the caller wrote it.
    pub anthropic: Option<Json<'a>>,
}

impl ReasoningOptions<'_> {
    /// Whether the caller said nothing about it.
    pub fn is_absent(&self) -> bool {
        self.effort.is_none()
            && self.budget_tokens.is_none()
            && self.enabled.is_none()
            && self.visible.is_none()
            && self.anthropic.is_none()
    }
}
