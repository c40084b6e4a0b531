//! What is known about one model: its limits, what it refuses, how it reasons.
//!
//! Only the types. The facts themselves stand in the [catalogue](crate::provider::catalogue); the
//! wires, which see nothing of providers, are handed one [`Model`] with each request.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

/// One model, or one family of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its name, which also stands for every longer name that goes on after it with `-`, `:`, `@`
    /// or `_` (`gpt-4o` for `gpt-4o-2024-11-20`). A name that ends in a dot or a dash stands for
    /// everything that begins so.
    pub id: Cow<'static, str>,
    /// The row of the provider that makes it: who is asked for a bare model name.
    pub provider: Cow<'static, str>,
    /// How many tokens a prompt and its answer may have together; for the makers that count them
    /// apart, how many the prompt may have.
    pub context: Option<u32>,
    /// How many tokens an answer may have.
    pub max_output: Option<u32>,
    /// Parameters that make it refuse a request.
    pub refuses: Params,
    /// Parameters that make it refuse a request unless reasoning is switched off.
    pub refuses_while_reasoning: Params,
    /// Whether and how it reasons.
    pub reasoning: Reasoning,
    /// The day on which its maker stops serving it.
    pub retires: Option<Date>,
}

impl Model {
    pub(crate) const fn new(
        provider: &'static str,
        id: &'static str,
        context: Option<u32>,
        max_output: Option<u32>,
    ) -> Self {
        Self {
            id: Cow::Borrowed(id),
            provider: Cow::Borrowed(provider),
            context,
            max_output,
            refuses: Params::NONE,
            refuses_while_reasoning: Params::NONE,
            reasoning: Reasoning::NO,
            retires: None,
        }
    }

    pub(crate) const fn refuses(mut self, params: Params) -> Self {
        self.refuses = params;
        self
    }

    pub(crate) const fn refuses_while_reasoning(mut self, params: Params) -> Self {
        self.refuses_while_reasoning = params;
        self
    }

    pub(crate) const fn reasons(mut self, reasoning: Reasoning) -> Self {
        self.reasoning = reasoning;
        self
    }

    pub(crate) const fn retires(mut self, year: u16, month: u8, day: u8) -> Self {
        self.retires = Some(Date { year, month, day });
        self
    }

    /// Whether a request with `param` and this reasoning effort (`None`: none was asked for) would
    /// be refused. An effort that is left out is the model's default, and counts as reasoning
    /// where the default is not known.
    pub fn would_refuse(&self, param: Param, effort: Option<Effort>) -> bool {
        let off = effort.or(self.reasoning.default) == Some(Effort::None);
        self.refuses.contains(param) || (!off && self.refuses_while_reasoning.contains(param))
    }
}

/// A request parameter that some models refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum Param {
    /// `temperature`, other than 1.
    Temperature = 1,
    /// `top_p`, other than 1.
    TopP = 1 << 1,
    /// `top_k`.
    TopK = 1 << 2,
    /// `presence_penalty`.
    PresencePenalty = 1 << 3,
    /// `frequency_penalty`.
    FrequencyPenalty = 1 << 4,
    /// `stop`.
    Stop = 1 << 5,
    /// `logprobs` and `top_logprobs`.
    Logprobs = 1 << 6,
    /// `logit_bias`.
    LogitBias = 1 << 7,
    /// `max_tokens`, the old spelling of `max_completion_tokens`.
    MaxTokens = 1 << 8,
    /// A fixed budget of thinking tokens (`thinking.budget_tokens`).
    ThinkingBudget = 1 << 9,
    /// A `tool_choice` that forces a tool.
    ForcedTool = 1 << 10,
    /// An unfinished assistant message at the end, for the model to go on with.
    Prefill = 1 << 11,
    /// `n` above 1.
    N = 1 << 12,
    /// `temperature` and `top_p` in one request; either alone is taken.
    TemperatureWithTopP = 1 << 13,
    /// Thinking for as long as the model itself finds right (`thinking.type: adaptive`).
    AdaptiveThinking = 1 << 14,
    /// A JSON schema for the answer (`output_config.format`).
    JsonSchema = 1 << 15,
    /// A system message in the middle of the conversation.
    SystemTurn = 1 << 16,
    /// `parallel_tool_calls`: it calls one tool at a time.
    ParallelToolCalls = 1 << 17,
}

impl Param {
    /// The parameter of that name, as a catalogue spells it.
    pub fn named(name: &str) -> Option<Self> {
        Self::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(name)).ok()
    }
}

/// A set of parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Params(u32);

impl Params {
    /// No parameter.
    pub const NONE: Self = Self(0);

    /// These.
    pub const fn of(params: &[Param]) -> Self {
        let mut bits = 0;
        let mut rest = params;
        while let [first, tail @ ..] = rest {
            bits |= *first as u32;
            rest = tail;
        }
        Self(bits)
    }

    /// Both sets.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it is one of them.
    pub const fn contains(self, param: Param) -> bool {
        self.0 & param as u32 != 0
    }
}

impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::<Param>::deserialize(from).map(|list| Self::of(&list))
    }
}

/// How much a model is asked to reason, in the words of `reasoning_effort`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Not at all.
    None,
    /// The least that is not none.
    Minimal,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// Very much.
    Xhigh,
    /// As much as it can.
    Max,
}

impl Effort {
    /// All, the least first.
    pub const ALL: [Self; 7] =
        [Self::None, Self::Minimal, Self::Low, Self::Medium, Self::High, Self::Xhigh, Self::Max];

    /// The word for it on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }

    /// The effort of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effort| effort.name() == name)
    }
}

/// A set of efforts. Empty means that the levels are not known, and any may be tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Efforts(u8);

impl Efforts {
    /// Not known.
    pub const UNKNOWN: Self = Self(0);

    /// These.
    pub const fn of(efforts: &[Effort]) -> Self {
        let mut bits = 0;
        let mut rest = efforts;
        while let [first, tail @ ..] = rest {
            bits |= 1 << *first as u8;
            rest = tail;
        }
        Self(bits)
    }

    /// Whether nothing is known.
    pub const fn is_unknown(self) -> bool {
        self.0 == 0
    }

    /// Whether it is one of them.
    pub const fn contains(self, effort: Effort) -> bool {
        self.0 & (1 << effort as u8) != 0
    }

    /// Those of the set, the least first.
    pub fn iter(self) -> impl Iterator<Item = Effort> {
        Effort::ALL.into_iter().filter(move |effort| self.contains(*effort))
    }

    /// The member that comes nearest to what was asked for without costing more: itself, else the
    /// next lower, else the lowest. `none` has no neighbour: it is itself or nothing.
    pub fn nearest(self, asked: Effort) -> Option<Effort> {
        if self.contains(asked) {
            return Some(asked);
        }
        if asked == Effort::None {
            return None;
        }
        let levels = || self.iter().filter(|effort| *effort != Effort::None);
        levels().filter(|effort| *effort < asked).last().or_else(|| levels().next())
    }
}

impl<'de> Deserialize<'de> for Efforts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::<Effort>::deserialize(from).map(|list| Self::of(&list))
    }
}

/// Whether and how a model reasons before it answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reasoning {
    /// What steers it.
    pub control: Control,
    /// The levels that it takes.
    pub efforts: Efforts,
    /// The level when none is asked for, where its maker says so.
    pub default: Option<Effort>,
    /// It cannot be switched off.
    pub always: bool,
}

impl Reasoning {
    /// It does not reason.
    pub const NO: Self =
        Self { control: Control::None, efforts: Efforts::UNKNOWN, default: None, always: false };

    pub(crate) const fn by(control: Control, efforts: &[Effort]) -> Self {
        Self { control, efforts: Efforts::of(efforts), default: None, always: false }
    }

    pub(crate) const fn default_effort(mut self, effort: Effort) -> Self {
        self.default = Some(effort);
        self
    }

    pub(crate) const fn always(mut self) -> Self {
        self.always = true;
        self
    }
}

/// What steers how much a model reasons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// It does not reason.
    #[default]
    None,
    /// It reasons, and takes no setting.
    Fixed,
    /// On or off.
    Switch,
    /// A level.
    Effort,
    /// A number of tokens.
    Budget,
    /// A level or a number of tokens.
    EffortOrBudget,
}

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, 1 to 31.
    pub day: u8,
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl std::str::FromStr for Date {
    type Err = BadDate;

    fn from_str(text: &str) -> Result<Self, BadDate> {
        let mut parts = text.splitn(3, '-');
        let mut next = || parts.next().and_then(|part| part.parse::<u16>().ok()).ok_or(BadDate);
        let (year, month, day) = (next()?, next()?, next()?);
        match (u8::try_from(month), u8::try_from(day)) {
            (Ok(month @ 1..=12), Ok(day @ 1..=31)) if year >= 1970 => Ok(Self { year, month, day }),
            _ => Err(BadDate),
        }
    }
}

/// Not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a day: write it as YYYY-MM-DD")]
pub struct BadDate;

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
