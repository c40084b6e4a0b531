//! The table of quirks: each with what it does, why, and the page it comes from.

use super::{
    Action::{Drop, Rename},
    FieldRule, Quirk,
    When::{Always, Default, Refused},
    catalogue::Param,
};

/// Every quirk, in the order of the documentation.
pub static QUIRKS: &[&Quirk] = &[
    &MAX_COMPLETION_TOKENS,
    &REFUSED_SAMPLING,
    &MAX_TOKENS_ONLY,
    &MISTRAL_SEED,
    &MISTRAL_CLOSED_BODY,
    &GROQ_UNSUPPORTED,
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
};

/// Providers that know only the old spelling, and ignore or refuse the new one.
pub(super) static MAX_TOKENS_ONLY: Quirk = Quirk {
    name: "max-tokens-only",
    summary: "`max_completion_tokens` is sent as `max_tokens`, the only spelling that the provider documents: \
              some refuse the other, some ignore it and with it the limit.",
    source: "the API reference of each provider that has this quirk",
    rules: &[FieldRule { field: "max_completion_tokens", when: Always, action: Rename("max_tokens") }],
};

/// Mistral's name for the seed.
pub(super) static MISTRAL_SEED: Quirk = Quirk {
    name: "mistral-random-seed",
    summary: "`seed` is sent as `random_seed`.",
    source: "Mistral, API reference, \"Chat completion\": random_seed",
    rules: &[FieldRule { field: "seed", when: Always, action: Rename("random_seed") }],
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
};
