//! The models of the other makers, as far as they differ from each other. Sources: the model
//! pages of xAI, DeepSeek, Mistral, Moonshot, Z.ai, MiniMax, Alibaba, Cohere, Perplexity and Groq.

use crate::model::{
    Control,
    Effort::{High, Low, Max, Medium, Minimal, None as Off, Xhigh},
    Model,
    Param::{FrequencyPenalty, N, PresencePenalty, Stop, Temperature, TopP},
    Params, Reasoning,
};

/// xAI, "Reasoning": presence_penalty, frequency_penalty and stop are errors on models that reason.
const GROK: Params = Params::of(&[PresencePenalty, FrequencyPenalty, Stop]);
/// Kimi, "Parameter differences in the request body": fixed sampling, other values are errors.
const KIMI: Params = Params::of(&[Temperature, TopP, PresencePenalty, FrequencyPenalty, N]);

const FIXED: Reasoning = Reasoning::by(Control::Fixed, &[]).always();
const SWITCH: Reasoning = Reasoning::by(Control::Switch, &[Off]);
const GROK_4_3: Reasoning =
    Reasoning::by(Control::Effort, &[Off, Low, Medium, High, Xhigh]).default_effort(Low);
const GROK_4_5: Reasoning =
    Reasoning::by(Control::Effort, &[Low, Medium, High]).default_effort(High).always();
const GROK_4_7: Reasoning =
    Reasoning::by(Control::Effort, &[Low, Medium, High, Xhigh]).default_effort(High).always();
const GPT_OSS: Reasoning =
    Reasoning::by(Control::Effort, &[Low, Medium, High]).default_effort(Medium).always();
/// "Thinking Mode": levels beside the switch; on unless switched off.
const DEEPSEEK_4: Reasoning = Reasoning::by(Control::Switch, &[Off, Low, High, Max]).default_effort(High);
/// The same page: without effect while the model thinks.
const DEEPSEEK_IGNORED: Params = Params::of(&[Temperature, PresencePenalty, FrequencyPenalty]);
/// Z.ai, "Thinking Mode" and the reference of chat completions: levels since GLM 5.2.
const GLM_5_2: Reasoning = Reasoning::by(Control::Switch, &[Off, Minimal, Low, Medium, High, Xhigh, Max]);
const MISTRAL: Reasoning = Reasoning::by(Control::Effort, &[Off, High]).default_effort(Off);
const KIMI_3: Reasoning = Reasoning::by(Control::Effort, &[Low, High, Max]).always();

const fn model(provider: &'static str, id: &'static str, context: u32, max_output: u32) -> Model {
    Model::new(provider, id, Some(context), Some(max_output))
}

const fn grok(id: &'static str, context: u32, reasoning: Reasoning) -> Model {
    model("xai", id, context, context).refuses(GROK).reasons(reasoning)
}

const fn mistral(id: &'static str, context: u32) -> Model {
    model("mistral", id, context, context)
}

const fn glm(id: &'static str, context: u32) -> Model {
    model("zai", id, context, 128_000).reasons(SWITCH)
}

/// Sorted by id.
pub(super) static MODELS: &[Model] = &[
    Model::new("minimax", "MiniMax-M2", Some(200_000), None).reasons(FIXED),
    Model::new("minimax", "MiniMax-M2.1", Some(1_000_000), None).reasons(FIXED),
    Model::new("minimax", "MiniMax-M2.5", Some(1_000_000), None).reasons(FIXED),
    model("minimax", "MiniMax-M3", 1_000_000, 128_000).reasons(FIXED),
    mistral("codestral", 128_000),
    model("cohere", "command-a-03-2025", 256_000, 8_000),
    model("cohere", "command-a-plus", 128_000, 64_000),
    model("cohere", "command-r-08-2024", 128_000, 4_096),
    model("cohere", "command-r-plus-08-2024", 128_000, 4_096),
    model("cohere", "command-r7b-12-2024", 128_000, 4_096),
    model("deepseek", "deepseek-chat", 131_072, 8_192).retires(2026, 7, 24),
    model("deepseek", "deepseek-flash", 1_000_000, 393_216)
        .refuses_while_reasoning(DEEPSEEK_IGNORED)
        .reasons(DEEPSEEK_4),
    model("deepseek", "deepseek-reasoner", 131_072, 65_536).reasons(FIXED).retires(2026, 7, 24),
    model("deepseek", "deepseek-v4-flash", 1_000_000, 393_216)
        .refuses_while_reasoning(DEEPSEEK_IGNORED)
        .reasons(DEEPSEEK_4),
    model("deepseek", "deepseek-v4-pro", 1_000_000, 393_216)
        .refuses_while_reasoning(DEEPSEEK_IGNORED)
        .reasons(DEEPSEEK_4),
    mistral("devstral", 256_000).reasons(MISTRAL),
    model("zai", "glm-4.5", 128_000, 96_000).reasons(SWITCH),
    glm("glm-4.6", 200_000),
    glm("glm-4.7", 200_000),
    glm("glm-5", 200_000),
    glm("glm-5.1", 200_000),
    glm("glm-5.2", 1_000_000).reasons(GLM_5_2),
    glm("glm-5.3", 1_000_000).reasons(GLM_5_2),
    model("groq", "gpt-oss-120b", 131_072, 65_536).reasons(GPT_OSS),
    model("groq", "gpt-oss-20b", 131_072, 65_536).reasons(GPT_OSS),
    model("groq", "gpt-oss-safeguard-20b", 131_072, 65_536).reasons(GPT_OSS),
    model("xai", "grok-3", 131_072, 131_072),
    model("xai", "grok-3-mini", 131_072, 131_072)
        .refuses(GROK)
        .reasons(Reasoning::by(Control::Effort, &[Low, High]).always()),
    grok("grok-4", 256_000, FIXED),
    grok("grok-4.20", 1_000_000, FIXED),
    model("xai", "grok-4.20-0309-non-reasoning", 1_000_000, 1_000_000),
    model("xai", "grok-4.20-non-reasoning", 1_000_000, 1_000_000),
    grok("grok-4.3", 1_000_000, GROK_4_3),
    grok("grok-4.5", 500_000, GROK_4_5),
    grok("grok-4.6", 500_000, GROK_4_5),
    grok("grok-4.7", 500_000, GROK_4_7),
    grok("grok-build-0.1", 256_000, FIXED),
    grok("grok-code-fast", 256_000, FIXED).retires(2026, 5, 15),
    model("moonshot", "kimi-k2.5", 262_144, 262_144).refuses(KIMI).reasons(SWITCH).retires(2026, 8, 31),
    model("moonshot", "kimi-k2.6", 262_144, 262_144).refuses(KIMI).reasons(SWITCH),
    model("moonshot", "kimi-k2.7-code", 262_144, 262_144).refuses(KIMI).reasons(FIXED),
    model("moonshot", "kimi-k3", 1_048_576, 1_048_576).refuses(KIMI).reasons(KIMI_3),
    model("moonshot", "kimi-k3.1-pro", 1_048_576, 1_048_576).refuses(KIMI).reasons(KIMI_3),
    mistral("magistral-medium", 262_144).reasons(FIXED),
    mistral("magistral-small", 262_144).reasons(FIXED),
    mistral("ministral-14b", 262_144),
    mistral("ministral-3b", 131_072),
    mistral("ministral-8b", 262_144),
    mistral("mistral-large", 262_144),
    mistral("mistral-large-4", 1_048_576).reasons(MISTRAL),
    mistral("mistral-medium", 262_144).reasons(MISTRAL),
    mistral("mistral-small", 262_144).reasons(MISTRAL),
    mistral("open-mistral-nemo", 128_000),
    mistral("pixtral-large", 128_000),
    model("dashscope", "qwen-flash", 997_952, 32_768).reasons(SWITCH),
    model("dashscope", "qwen-max", 30_720, 8_192),
    model("dashscope", "qwen-plus", 997_952, 32_768).reasons(SWITCH),
    model("dashscope", "qwen-turbo", 1_000_000, 16_384).reasons(SWITCH),
    // "Reasoning" (Groq): `none` or `default`.
    model("groq", "qwen3-32b", 131_072, 40_960).reasons(SWITCH),
    model("dashscope", "qwen3-coder-flash", 997_952, 65_536),
    model("dashscope", "qwen3-coder-plus", 997_952, 65_536),
    model("dashscope", "qwen3-max", 258_048, 65_536),
    model("dashscope", "qwen3.5-plus", 991_808, 65_536).reasons(SWITCH),
    model("dashscope", "qwen3.7-max", 991_808, 65_536).reasons(SWITCH),
    model("dashscope", "qwen3.7-plus", 991_808, 65_536).reasons(SWITCH),
    model("dashscope", "qwen3.8-flash", 991_808, 131_072).reasons(SWITCH),
    model("dashscope", "qwen3.8-max", 991_808, 131_072).reasons(SWITCH),
    model("perplexity", "sonar", 128_000, 128_000),
    model("perplexity", "sonar-deep-research", 128_000, 128_000).reasons(FIXED),
    model("perplexity", "sonar-pro", 200_000, 8_000),
    model("perplexity", "sonar-reasoning", 128_000, 128_000).reasons(FIXED),
    model("perplexity", "sonar-reasoning-pro", 128_000, 128_000).reasons(FIXED),
];
