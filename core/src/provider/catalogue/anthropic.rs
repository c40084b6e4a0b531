//! Anthropic's models. Source: the pages "Models overview", "Extended thinking", "Adaptive
//! thinking", "Effort", "Structured outputs" and "Mid-conversation system messages" of Claude's
//! documentation, and the migration guides of Claude 4.6, 4.7, 5 and 5.5.

use crate::model::{
    Control,
    Effort::{High, Low, Max, Medium, None as Off, Xhigh},
    Model,
    Param::{
        AdaptiveThinking, ForcedTool, JsonSchema, Prefill, SystemTurn, Temperature, TemperatureWithTopP,
        ThinkingBudget, TopK, TopP,
    },
    Params, Reasoning,
};

/// "Extended thinking", feature compatibility: not with a changed temperature or top_k, a forced
/// tool or a prefilled answer.
const THINKING: Params = Params::of(&[Temperature, TopK, ForcedTool, Prefill]);
/// Adaptive thinking goes with a forced tool.
const ADAPTIVE_THINKING: Params = Params::of(&[Temperature, TopK]);
/// Up to Claude 4: no structured outputs.
const SINCE_3: Params = Params::of(&[JsonSchema, SystemTurn, AdaptiveThinking]);
/// Opus 4.1 and the 4.5 models: structured outputs, but one sampling parameter at a time.
const SINCE_4_1: Params = Params::of(&[TemperatureWithTopP, SystemTurn, AdaptiveThinking]);
/// The 4.6 models: adaptive thinking, and no prefilled answer any more.
const REFUSED_4_6: Params = Params::of(&[TemperatureWithTopP, SystemTurn, Prefill]);
/// Since Opus 4.7: no sampling parameters, no fixed thinking budget, no prefilled answer.
const ADAPTIVE: Params = Params::of(&[Temperature, TopP, TopK, ThinkingBudget, Prefill]);
/// System messages only at the top: until Opus 4.8.
const SYSTEM_TURN: Params = Params::of(&[SystemTurn]);
const FORCED_TOOL: Params = Params::of(&[ForcedTool]);

/// Thinking is off until a budget is given.
const BUDGET: Reasoning = Reasoning::by(Control::Budget, &[]).default_effort(Off);
const OPUS_4_5: Reasoning =
    Reasoning::by(Control::EffortOrBudget, &[Off, Low, Medium, High]).default_effort(Off);
const SINCE_4_6: Reasoning =
    Reasoning::by(Control::EffortOrBudget, &[Off, Low, Medium, High, Max]).default_effort(Off);
const SINCE_4_7: Reasoning =
    Reasoning::by(Control::Effort, &[Off, Low, Medium, High, Xhigh, Max]).default_effort(Off);
/// Thinking is on until it is switched off.
const SINCE_5: Reasoning =
    Reasoning::by(Control::Effort, &[Off, Low, Medium, High, Xhigh, Max]).default_effort(High);
const HAIKU_5_5: Reasoning =
    Reasoning::by(Control::Effort, &[Off, Low, Medium, High, Xhigh, Max]).default_effort(Medium);
/// Thinking cannot be switched off.
const ALWAYS: Reasoning =
    Reasoning::by(Control::Effort, &[Low, Medium, High, Xhigh, Max]).default_effort(High).always();
const OPUS_5_5: Reasoning =
    Reasoning::by(Control::Effort, &[Low, Medium, High, Xhigh, Max]).default_effort(Medium).always();

const fn model(id: &'static str, context: u32, max_output: u32) -> Model {
    Model::new("anthropic", id, Some(context), Some(max_output))
}

const fn claude_3(id: &'static str, max_output: u32) -> Model {
    model(id, 200_000, max_output).refuses(SINCE_3)
}

const fn budgeted(id: &'static str, max_output: u32, refuses: Params) -> Model {
    model(id, 200_000, max_output).refuses(refuses).refuses_while_reasoning(THINKING).reasons(BUDGET)
}

const fn since_4_6(id: &'static str) -> Model {
    model(id, 1_000_000, 128_000)
        .refuses(REFUSED_4_6)
        .refuses_while_reasoning(ADAPTIVE_THINKING)
        .reasons(SINCE_4_6)
}

const fn adaptive(id: &'static str, reasoning: Reasoning) -> Model {
    model(id, 1_000_000, 128_000).refuses(ADAPTIVE).reasons(reasoning)
}

const fn top_system(id: &'static str, reasoning: Reasoning) -> Model {
    model(id, 1_000_000, 128_000).refuses(ADAPTIVE.and(SYSTEM_TURN)).reasons(reasoning)
}

const fn never_forced(id: &'static str, reasoning: Reasoning) -> Model {
    model(id, 1_000_000, 128_000).refuses(ADAPTIVE.and(FORCED_TOOL)).reasons(reasoning)
}

/// Sorted by id.
pub(super) static MODELS: &[Model] = &[
    claude_3("claude-3-5-haiku", 8_192),
    claude_3("claude-3-5-sonnet", 8_192),
    budgeted("claude-3-7-sonnet", 64_000, SINCE_3),
    claude_3("claude-3-haiku", 4_096),
    claude_3("claude-3-opus", 4_096),
    adaptive("claude-fable-5", ALWAYS),
    never_forced("claude-fable-5-1", ALWAYS),
    budgeted("claude-haiku-4-5", 64_000, SINCE_4_1),
    adaptive("claude-haiku-5-5", HAIKU_5_5),
    adaptive("claude-mythos-5", ALWAYS),
    never_forced("claude-mythos-5-1", ALWAYS),
    top_system("claude-mythos-preview", ALWAYS).retires(2026, 6, 9),
    budgeted("claude-opus-4", 32_000, SINCE_3),
    budgeted("claude-opus-4-1", 32_000, SINCE_4_1),
    budgeted("claude-opus-4-5", 64_000, SINCE_4_1).reasons(OPUS_4_5),
    since_4_6("claude-opus-4-6"),
    top_system("claude-opus-4-7", SINCE_4_7),
    adaptive("claude-opus-4-8", SINCE_4_7),
    adaptive("claude-opus-5", SINCE_5),
    never_forced("claude-opus-5-5", OPUS_5_5),
    budgeted("claude-sonnet-4", 64_000, SINCE_3),
    budgeted("claude-sonnet-4-5", 64_000, SINCE_4_1).retires(2026, 11, 30),
    since_4_6("claude-sonnet-4-6"),
    adaptive("claude-sonnet-5", SINCE_5),
    never_forced("claude-sonnet-5-5", ALWAYS),
];
