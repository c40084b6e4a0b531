//! The table of quirks: each with what it does, why, and the page it comes from.

use super::{
    Action::{Drop, Refuse, Rename},
    FieldRule, MessageRule, Quirk,
    When::{Always, Default, NotDefault, Refused},
    catalogue::Param,
};
use crate::protocol::{Dial, Dialect, ReasoningBack};

/// A quirk that does nothing: what those below begin from.
const QUIRK: Quirk =
    Quirk { name: "", summary: "", source: "", rules: &[], messages: &[], dialect: Dialect::PLAIN };

const fn drop_always(field: &'static str) -> FieldRule {
    FieldRule { field, when: Always, action: Drop }
}

/// Every quirk, in the order of the documentation.
pub static QUIRKS: &[&Quirk] = &[
    &MAX_COMPLETION_TOKENS,
    &REFUSED_SAMPLING,
    &MAX_TOKENS_ONLY,
    &MISTRAL_SEED,
    &MISTRAL_CLOSED_BODY,
    &MISTRAL_CLOSED_MESSAGES,
    &MISTRAL_CALL_IDS,
    &MISTRAL_ORDER,
    &GROQ_UNSUPPORTED,
    &GROQ_CLOSED_MESSAGES,
    &GROQ_EFFORT,
    &ONE_CALL,
    &SYSTEM_ROLE,
    &THINKING_SWITCH,
    &ENABLE_THINKING,
    &REASONING_CONTENT,
    &JSON_OBJECT_ONLY,
    &ZAI_TOOL_CHOICE,
    &CEREBRAS_UNSUPPORTED,
    &CEREBRAS_CLOSED_MESSAGES,
    &COHERE_UNSUPPORTED,
    &COHERE_EFFORT,
    &PERPLEXITY_ALTERNATION,
    &TEXT_CONTENT,
    &SAMBANOVA_IGNORED,
    &OLLAMA_IGNORED,
    &OPENROUTER_EXTENSIONS,
    &EXPLICIT_CACHE,
    &NO_IMAGE_ADDRESSES,
    &SIGNED_THINKING,
];

/// The o-series and gpt-5: the new spelling of the output limit.
pub(super) static MAX_COMPLETION_TOKENS: Quirk = Quirk {
    name: "max-completion-tokens",
    summary: "`max_tokens` is sent as `max_completion_tokens` to models that refuse the old spelling.",
    source: "OpenAI, API reference, \"Create chat completion\": max_tokens is deprecated and not \
             compatible with o-series models; Azure OpenAI, \"Reasoning models\", \"Not supported\"",
    rules: &[FieldRule {
        field: "max_tokens",
        when: Refused(Param::MaxTokens),
        action: Rename("max_completion_tokens"),
    }],
    ..QUIRK
};

/// Models that accept no sampling parameters, or none while they reason.
pub(super) static REFUSED_SAMPLING: Quirk = Quirk {
    name: "refused-sampling",
    summary: "`temperature`, `top_p`, `presence_penalty` and `frequency_penalty` are left out for models \
              that the catalogue knows to refuse them, in view of `reasoning_effort`.",
    source: "OpenAI, \"Using GPT-5\", \"Parameter compatibility\"; Azure OpenAI, \"Reasoning models\", \"Not \
             supported\"; xAI, \"Reasoning\"; Kimi, \"Parameter differences in the request body\"",
    rules: &[
        FieldRule { field: "temperature", when: Refused(Param::Temperature), action: Drop },
        FieldRule { field: "top_p", when: Refused(Param::TopP), action: Drop },
        FieldRule { field: "presence_penalty", when: Refused(Param::PresencePenalty), action: Drop },
        FieldRule { field: "frequency_penalty", when: Refused(Param::FrequencyPenalty), action: Drop },
    ],
    ..QUIRK
};

/// Providers that know only the old spelling, and ignore or refuse the new one.
pub(super) static MAX_TOKENS_ONLY: Quirk = Quirk {
    name: "max-tokens-only",
    summary: "`max_completion_tokens` is sent as `max_tokens`, the only spelling that the provider documents: \
              some refuse the other, some ignore it and with it the limit.",
    source: "the API reference of each provider that has this quirk",
    rules: &[FieldRule { field: "max_completion_tokens", when: Always, action: Rename("max_tokens") }],
    ..QUIRK
};

/// Mistral's name for the seed.
pub(super) static MISTRAL_SEED: Quirk = Quirk {
    name: "mistral-random-seed",
    summary: "`seed` is sent as `random_seed`.",
    source: "Mistral, API reference, \"Chat completion\": random_seed",
    rules: &[FieldRule { field: "seed", when: Always, action: Rename("random_seed") }],
    ..QUIRK
};

/// Mistral answers 422 `extra_forbidden` to a member that it does not know.
pub(super) static MISTRAL_CLOSED_BODY: Quirk = Quirk {
    name: "mistral-closed-body",
    summary: "Members that Mistral does not know, and answers with 422 `extra_forbidden`, are left out where \
              they cannot change the answer's meaning. Usage comes in the last chunk without being asked for.",
    source: "Mistral, API reference, \"Chat completion\" (the list of body parameters is closed)",
    rules: &[
        FieldRule { field: "stream_options", when: Always, action: Drop },
        FieldRule { field: "user", when: Always, action: Drop },
        FieldRule { field: "safety_identifier", when: Always, action: Drop },
        FieldRule { field: "store", when: Always, action: Drop },
        FieldRule { field: "logit_bias", when: Always, action: Drop },
    ],
    ..QUIRK
};

/// What Groq answers with 400 if it is there at all.
pub(super) static GROQ_UNSUPPORTED: Quirk = Quirk {
    name: "groq-unsupported-fields",
    summary: "`logit_bias` is left out, and `logprobs` and `top_logprobs` where they ask for nothing: Groq \
              refuses a request that has them. Where they ask for something, Groq's refusal is passed on.",
    source: "Groq, \"OpenAI compatibility\", \"Currently unsupported OpenAI features\"",
    rules: &[
        FieldRule { field: "logit_bias", when: Always, action: Drop },
        FieldRule { field: "logprobs", when: Default, action: Drop },
        FieldRule { field: "top_logprobs", when: Default, action: Drop },
    ],
    ..QUIRK
};

/// Mistral's messages are closed too.
pub(super) static MISTRAL_CLOSED_MESSAGES: Quirk = Quirk {
    name: "mistral-closed-messages",
    summary: "Members of messages that Mistral does not know (`name` outside of tool results, `refusal`, \
              `annotations`, `reasoning_content` and whatever else a client sends back) are left out: it \
              answers them with 422 `extra_forbidden`.",
    source: "Mistral, API reference, \"Chat completion\": the members of each role's message are closed",
    messages: &[
        MessageRule::Only(&["role", "content", "tool_calls", "tool_call_id", "name", "prefix"]),
        MessageRule::Drop { member: "name", except: Some("tool") },
    ],
    ..QUIRK
};

/// Mistral's ids of tool calls.
pub(super) static MISTRAL_CALL_IDS: Quirk = Quirk {
    name: "mistral-call-ids",
    summary: "Ids of tool calls that are not nine letters and digits become nine that are made from them: the \
              same id always the same, in the call and in its result.",
    source: "Mistral, mistral-common, \"Tool calling and messages\": ids match `^[a-zA-Z0-9]{9}$`",
    messages: &[MessageRule::CallIds],
    ..QUIRK
};

/// The order that Mistral wants.
pub(super) static MISTRAL_ORDER: Quirk = Quirk {
    name: "mistral-message-order",
    summary: "Between a tool's result and a user's words goes an assistant's `OK.`; a system message behind an \
              assistant's or a tool's becomes the user's; an answer at the end, which the model is to go on \
              with, gets its `prefix: true`.",
    source: "Mistral, mistral-common, \"Request validation\": roles that may follow each other; Mistral, \
             \"Prefix\"",
    messages: &[MessageRule::MistralOrder],
    ..QUIRK
};

/// Groq's messages are closed.
pub(super) static GROQ_CLOSED_MESSAGES: Quirk = Quirk {
    name: "groq-closed-messages",
    summary: "`name` and members of messages that Groq does not know (`reasoning_content`, `annotations` and \
              others that clients send back) are left out: it answers them with 400 `property … is \
              unsupported`.",
    source: "Groq, \"OpenAI compatibility\", \"Currently unsupported OpenAI features\"; API reference, \"Create \
             chat completion\", `messages`",
    messages: &[MessageRule::Only(&[
        "role",
        "content",
        "tool_calls",
        "tool_call_id",
        "function_call",
        "reasoning",
    ])],
    ..QUIRK
};

/// Groq's words for models that only switch.
pub(super) static GROQ_EFFORT: Quirk = Quirk {
    name: "groq-reasoning-effort",
    summary: "`reasoning_effort` of Qwen's models is `none` or `default`: each other level becomes `default`.",
    source: "Groq, \"Reasoning\", \"Options for reasoning effort\"",
    dialect: Dialect { effort: Dial::NoneOrDefault, ..Dialect::PLAIN },
    ..QUIRK
};

/// The o-series calls one tool at a time.
pub(super) static ONE_CALL: Quirk = Quirk {
    name: "one-call-at-a-time",
    summary: "`parallel_tool_calls` is left out for the o-series, which refuses it and calls one tool at a time \
              anyway.",
    source: "Azure OpenAI, \"Reasoning models\", \"API & feature support\": parallel tool calls",
    rules: &[FieldRule {
        field: "parallel_tool_calls",
        when: Refused(Param::ParallelToolCalls),
        action: Drop,
    }],
    ..QUIRK
};

/// Providers that know no developers.
pub(super) static SYSTEM_ROLE: Quirk = Quirk {
    name: "system-role",
    summary: "Messages of role `developer` get the role `system`, the only one of the two that the provider \
              documents: the others refuse it, or do not show it to the model.",
    source: "the API reference of each provider that has this quirk, `messages[].role`",
    messages: &[MessageRule::Role { from: "developer", to: "system" }],
    ..QUIRK
};

/// DeepSeek's, Z.ai's and Kimi's switch.
pub(super) static THINKING_SWITCH: Quirk = Quirk {
    name: "thinking-switch",
    summary: "`reasoning_effort: none` is sent as `thinking: {\"type\": \"disabled\"}`, and for models without \
              levels each other effort as `{\"type\": \"enabled\"}`; unless the caller sends `thinking` itself.",
    source: "DeepSeek, \"Thinking Mode\"; Z.ai, \"Thinking Mode\"; Kimi, \"Use Kimi K2 thinking model\"",
    dialect: Dialect { effort: Dial::Thinking, ..Dialect::PLAIN },
    ..QUIRK
};

/// Qwen's switch.
pub(super) static ENABLE_THINKING: Quirk = Quirk {
    name: "enable-thinking",
    summary: "`reasoning_effort` is sent as `enable_thinking`: `false` for `none`, else `true`; unless the \
              caller sends that itself.",
    source: "Alibaba, \"Deep thinking\", `enable_thinking`",
    dialect: Dialect { effort: Dial::EnableThinking, ..Dialect::PLAIN },
    ..QUIRK
};

/// Thinking that is not Claude's.
pub(super) static SIGNED_THINKING: Quirk = Quirk {
    name: "signed-thinking",
    summary: "Blocks of thinking with an empty signature, which a caller of Messages has from a model of \
              another maker, are left out and named: their signature is refused.",
    source: "Anthropic, \"Extended thinking\", \"Preserving thinking blocks\"",
    messages: &[MessageRule::SignedThinking],
    ..QUIRK
};

/// Reasoning that must come back.
pub(super) static REASONING_CONTENT: Quirk = Quirk {
    name: "reasoning-content",
    summary: "The reasoning of earlier turns goes back as `reasoning_content`. Where a client has lost that of a \
              turn with tool calls, which is a 400 while the model thinks, a blank one is sent and \
              `messages[].reasoning_content` named as lost.",
    source: "DeepSeek, \"Thinking Mode\", \"Tool Calls\"; Kimi, \"Use Kimi K2 thinking model\", \"Multi-step tool \
             call\"; Z.ai, \"Thinking Mode\", \"Interleaved thinking\"",
    messages: &[MessageRule::ReasoningContent],
    dialect: Dialect { reasoning: ReasoningBack::Text("reasoning_content"), ..Dialect::PLAIN },
    ..QUIRK
};

/// Providers of JSON without schemas.
pub(super) static JSON_OBJECT_ONLY: Quirk = Quirk {
    name: "json-object-only",
    summary: "`response_format: json_schema` is sent as `json_object`, and its schema as a system message: the \
              provider knows no schemas.",
    source: "DeepSeek, \"JSON Output\"; Z.ai, \"Structured Output\"",
    messages: &[MessageRule::SchemaInWords],
    ..QUIRK
};

/// Z.ai chooses tools itself.
pub(super) static ZAI_TOOL_CHOICE: Quirk = Quirk {
    name: "zai-tool-choice",
    summary: "A `tool_choice` other than `auto` is a 400: Z.ai takes no other.",
    source: "Z.ai, API reference, \"Chat completion\", `tool_choice`: only `auto` is supported",
    rules: &[FieldRule { field: "tool_choice", when: NotDefault, action: Refuse }],
    ..QUIRK
};

/// What Cerebras answers with 400.
pub(super) static CEREBRAS_UNSUPPORTED: Quirk = Quirk {
    name: "cerebras-unsupported-fields",
    summary: "`frequency_penalty`, `presence_penalty` and `logit_bias` are left out, and `parallel_tool_calls` \
              and `service_tier` where they say what is assumed anyway: Cerebras refuses a request that has \
              them.",
    source: "Cerebras, \"OpenAI compatibility\", \"Currently unsupported OpenAI features\"",
    rules: &[
        drop_always("frequency_penalty"),
        drop_always("presence_penalty"),
        drop_always("logit_bias"),
        FieldRule { field: "parallel_tool_calls", when: Default, action: Drop },
        FieldRule { field: "service_tier", when: Default, action: Drop },
    ],
    ..QUIRK
};

/// Cerebras' messages are closed, and its word for reasoning is another.
pub(super) static CEREBRAS_CLOSED_MESSAGES: Quirk = Quirk {
    name: "cerebras-closed-messages",
    summary: "`reasoning_content` of an assistant's message is sent as `reasoning`; members that Cerebras does \
              not know are left out: it answers them with 400 `wrong_api_format`.",
    source: "Cerebras, \"Reasoning\"; API reference, \"Chat completions\", `messages`",
    messages: &[
        MessageRule::Rename { from: "reasoning_content", to: "reasoning" },
        MessageRule::Only(&["role", "content", "name", "tool_calls", "tool_call_id", "reasoning"]),
    ],
    dialect: Dialect { reasoning: ReasoningBack::Text("reasoning"), ..Dialect::PLAIN },
    ..QUIRK
};

/// What Cohere's OpenAI form does not have.
pub(super) static COHERE_UNSUPPORTED: Quirk = Quirk {
    name: "cohere-unsupported-fields",
    summary: "Parameters that Cohere lists as unsupported are left out; `n` and `top_logprobs` are a \
              400 where they ask for something.",
    source: "Cohere, \"Compatibility API\", \"Unsupported parameters\"",
    rules: &[
        drop_always("store"),
        drop_always("metadata"),
        drop_always("logit_bias"),
        drop_always("prediction"),
        drop_always("service_tier"),
        drop_always("parallel_tool_calls"),
        FieldRule { field: "n", when: NotDefault, action: Refuse },
        FieldRule { field: "top_logprobs", when: NotDefault, action: Refuse },
        FieldRule { field: "n", when: Default, action: Drop },
        FieldRule { field: "top_logprobs", when: Default, action: Drop },
    ],
    ..QUIRK
};

/// Cohere's two levels.
pub(super) static COHERE_EFFORT: Quirk = Quirk {
    name: "cohere-reasoning-effort",
    summary: "`reasoning_effort` is `none` or `high`: each other level becomes `high`.",
    source: "Cohere, \"Compatibility API\", `reasoning_effort`",
    dialect: Dialect { effort: Dial::NoneOrHigh, ..Dialect::PLAIN },
    ..QUIRK
};

/// Perplexity's turns.
pub(super) static PERPLEXITY_ALTERNATION: Quirk = Quirk {
    name: "perplexity-alternation",
    summary: "Neighbouring messages of the user's, or of the assistant's, become one; a system message behind the \
              first turn becomes the user's.",
    source: "Perplexity, API reference, \"Chat completions\", `messages`: after the system messages, user and \
             assistant take turns",
    messages: &[MessageRule::Alternate],
    ..QUIRK
};

/// Text alone.
pub(super) static TEXT_CONTENT: Quirk = Quirk {
    name: "text-content",
    summary: "`content` that is a list of texts alone is sent as one text: models that take no pictures want a \
              string.",
    source: "Cloudflare, Workers AI, the input schema of text generation models; SambaNova, API reference, \
             `messages[].content`",
    messages: &[MessageRule::JoinTexts],
    ..QUIRK
};

/// What SambaNova ignores.
pub(super) static SAMBANOVA_IGNORED: Quirk = Quirk {
    name: "sambanova-ignored-fields",
    summary: "`presence_penalty`, `frequency_penalty` and `logit_bias`, which SambaNova ignores, are left out and \
              named.",
    source: "SambaNova, \"OpenAI compatibility\", \"Currently unsupported OpenAI features\"",
    rules: &[drop_always("presence_penalty"), drop_always("frequency_penalty"), drop_always("logit_bias")],
    ..QUIRK
};

/// What Ollama ignores.
pub(super) static OLLAMA_IGNORED: Quirk = Quirk {
    name: "ollama-ignored-fields",
    summary: "`logit_bias` and `user`, which Ollama ignores, are left out and named; `tool_choice` other than \
              `auto` and `n` above 1 are a 400.",
    source: "Ollama, \"OpenAI compatibility\", supported request fields of chat completions",
    rules: &[
        drop_always("logit_bias"),
        drop_always("user"),
        FieldRule { field: "tool_choice", when: NotDefault, action: Refuse },
        FieldRule { field: "n", when: NotDefault, action: Refuse },
    ],
    ..QUIRK
};

/// What OpenRouter takes beyond OpenAI.
pub(super) static OPENROUTER_EXTENSIONS: Quirk = Quirk {
    name: "openrouter-extensions",
    summary: "A translated request carries earlier reasoning as `reasoning_details`, signatures included, and \
              `cache_control` on the parts of messages.",
    source: "OpenRouter, \"Reasoning tokens\", \"Preserving reasoning\"; OpenRouter, \"Prompt caching\"",
    dialect: Dialect { reasoning: ReasoningBack::Details, cache_control: true, ..Dialect::PLAIN },
    ..QUIRK
};

/// Caches that are asked for.
pub(super) static EXPLICIT_CACHE: Quirk = Quirk {
    name: "explicit-cache",
    summary: "A translated request carries `cache_control` on the parts of messages.",
    source: "Alibaba, \"Context cache\", \"Explicit cache\"",
    dialect: Dialect { cache_control: true, ..Dialect::PLAIN },
    ..QUIRK
};

/// Images as data.
pub(super) static NO_IMAGE_ADDRESSES: Quirk = Quirk {
    name: "no-image-addresses",
    summary: "Images must come as data: the provider fetches none. With `fetch_media` the gateway does; without, \
              an address is a 400.",
    source: "Ollama, \"OpenAI compatibility\", chat completions, vision; Kimi, \"Use the Kimi vision model\"",
    dialect: Dialect { inline_images: true, ..Dialect::PLAIN },
    ..QUIRK
};
