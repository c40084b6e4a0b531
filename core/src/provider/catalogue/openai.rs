//! OpenAI's models. Source: the model pages and the guide "Using GPT-5" (section "Parameter
//! compatibility") of OpenAI's documentation; the reference of chat completions for `stop`,
//! `max_tokens` and `logprobs`.

use crate::model::{
    Control,
    Effort::{High, Low, Max, Medium, Minimal, None as Off, Xhigh},
    Model,
    Param::{
        FrequencyPenalty, LogitBias, Logprobs, MaxTokens, ParallelToolCalls, PresencePenalty, Stop,
        Temperature, TopP,
    },
    Params, Reasoning,
};

/// What the models that always reason refuse.
const FIXED: Params =
    Params::of(&[Temperature, TopP, PresencePenalty, FrequencyPenalty, Logprobs, LogitBias, MaxTokens, Stop]);
/// The o-series, which calls one tool at a time (Azure OpenAI, "Reasoning models").
const ONE_CALL: Params = FIXED.and(Params::of(&[ParallelToolCalls]));
/// What the models whose reasoning can be switched off refuse while it is on.
const REASONING: Params =
    Params::of(&[Temperature, TopP, PresencePenalty, FrequencyPenalty, Logprobs, LogitBias]);
/// What all since the o-series refuse: the old spelling of `max_completion_tokens`.
const SPELLING: Params = Params::of(&[MaxTokens]);

const O_SERIES: Reasoning =
    Reasoning::by(Control::Effort, &[Low, Medium, High]).default_effort(Medium).always();
const GPT_5: Reasoning =
    Reasoning::by(Control::Effort, &[Minimal, Low, Medium, High]).default_effort(Medium).always();
const GPT_5_1: Reasoning = Reasoning::by(Control::Effort, &[Off, Low, Medium, High]).default_effort(Off);
const GPT_5_2: Reasoning =
    Reasoning::by(Control::Effort, &[Off, Low, Medium, High, Xhigh]).default_effort(Off);
const GPT_5_5: Reasoning = Reasoning::by(Control::Effort, &[Off, Low, Medium, High, Xhigh]);
const GPT_6: Reasoning = Reasoning::by(Control::Effort, &[Off, Low, Medium, High, Xhigh, Max]);
const GPT_6_ALWAYS: Reasoning = Reasoning::by(Control::Effort, &[Low, Medium, High, Xhigh, Max]).always();

const fn model(id: &'static str, context: u32, max_output: u32) -> Model {
    Model::new("openai", id, Some(context), Some(max_output))
}

const fn since_5_1(id: &'static str, context: u32, reasoning: Reasoning) -> Model {
    model(id, context, 128_000).refuses(SPELLING).refuses_while_reasoning(REASONING).reasons(reasoning)
}

const fn family(id: &'static str) -> Model {
    Model::new("openai", id, None, None).refuses(SPELLING)
}

/// Models that reason at levels of which nothing is known yet.
const fn to_come(id: &'static str) -> Model {
    family(id).reasons(Reasoning::by(Control::Effort, &[]))
}

/// Sorted by id.
pub(super) static MODELS: &[Model] = &[
    family("chat-latest"),
    model("chatgpt-4o-latest", 128_000, 16_384),
    model("gpt-3.5-turbo", 16_385, 4_096).retires(2026, 10, 23),
    model("gpt-4", 8_192, 8_192).retires(2026, 10, 23),
    model("gpt-4-turbo", 128_000, 4_096).retires(2026, 10, 23),
    model("gpt-4.1", 1_047_576, 32_768),
    model("gpt-4.1-mini", 1_047_576, 32_768),
    model("gpt-4.1-nano", 1_047_576, 32_768).retires(2026, 10, 23),
    model("gpt-4o", 128_000, 16_384),
    model("gpt-4o-mini", 128_000, 16_384),
    model("gpt-5", 400_000, 128_000).refuses(FIXED).reasons(GPT_5).retires(2026, 12, 11),
    model("gpt-5-chat", 128_000, 16_384).refuses(SPELLING).retires(2026, 7, 23),
    model("gpt-5-mini", 400_000, 128_000).refuses(FIXED).reasons(GPT_5).retires(2026, 12, 11),
    model("gpt-5-nano", 400_000, 128_000).refuses(FIXED).reasons(GPT_5).retires(2026, 12, 11),
    to_come("gpt-5-search-api"),
    to_come("gpt-5."),
    since_5_1("gpt-5.1", 400_000, GPT_5_1).retires(2027, 4, 1),
    family("gpt-5.1-chat-latest").retires(2026, 7, 23),
    since_5_1("gpt-5.2", 400_000, GPT_5_2),
    family("gpt-5.2-chat-latest").retires(2026, 8, 10),
    family("gpt-5.3-chat-latest").retires(2026, 8, 10),
    since_5_1("gpt-5.4", 1_050_000, GPT_5_2),
    since_5_1("gpt-5.4-mini", 400_000, GPT_5_2),
    since_5_1("gpt-5.4-nano", 400_000, GPT_5_2).retires(2027, 4, 1),
    since_5_1("gpt-5.5", 1_050_000, GPT_5_5),
    since_5_1("gpt-5.6", 1_050_000, GPT_6),
    to_come("gpt-6"),
    since_5_1("gpt-6-astra", 1_050_000, GPT_6_ALWAYS),
    since_5_1("gpt-6-luna", 1_050_000, GPT_6),
    since_5_1("gpt-6-sol", 1_050_000, GPT_6),
    to_come("gpt-6."),
    since_5_1("gpt-6.1-sol", 1_050_000, GPT_6_ALWAYS),
    since_5_1("gpt-6.1-terra", 1_050_000, GPT_6),
    model("gpt-audio", 128_000, 16_384),
    model("o1", 200_000, 100_000).refuses(ONE_CALL).reasons(O_SERIES).retires(2026, 10, 23),
    model("o3", 200_000, 100_000).refuses(ONE_CALL).reasons(O_SERIES).retires(2026, 12, 11),
    model("o3-mini", 200_000, 100_000).refuses(ONE_CALL).reasons(O_SERIES).retires(2026, 10, 23),
    model("o4-mini", 200_000, 100_000).refuses(ONE_CALL).reasons(O_SERIES).retires(2026, 10, 23),
];
