//! Token counts of the chat wire, in every dialect that providers speak, and in OpenAI's own.

use crate::{
    conversation::Usage,
    protocol::json::{Amount, Object, Out, wire_object},
};

wire_object! {
    struct WireUsage<'a> {
        prompt_tokens: Amount = "prompt_tokens",
        completion_tokens: Amount = "completion_tokens",
        total_tokens: Amount = "total_tokens",
        prompt_tokens_details: WirePromptDetails<'a> = "prompt_tokens_details",
        completion_tokens_details: WireCompletionDetails<'a> = "completion_tokens_details",
        // Mistral; Moonshot and Hugging Face; DeepSeek; Venice and Doubleword.
        num_cached_tokens: Amount = "num_cached_tokens",
        cached_tokens: Amount = "cached_tokens",
        prompt_cache_hit_tokens: Amount = "prompt_cache_hit_tokens",
        cache_read_input_tokens: Amount = "cache_read_input_tokens",
        cache_creation_input_tokens: Amount = "cache_creation_input_tokens",
        // Copilot and Perplexity.
        reasoning_tokens: Amount = "reasoning_tokens",
    }

    struct WirePromptDetails<'a> {
        cached_tokens: Amount = "cached_tokens",
        cache_write_tokens: Amount = "cache_write_tokens",
        audio_tokens: Amount = "audio_tokens",
    }

    struct WireCompletionDetails<'a> {
        reasoning_tokens: Amount = "reasoning_tokens",
        audio_tokens: Amount = "audio_tokens",
    }
}

impl WireUsage<'_> {
    /// The counts in the conversation's meaning.
    pub(super) fn usage(&self) -> Usage {
        let prompt = self.prompt_tokens_details.as_ref();
        let completion = self.completion_tokens_details.as_ref();
        let reasoning = completion.and_then(|details| details.reasoning_tokens).or(self.reasoning_tokens);
        let cached = prompt
            .and_then(|details| details.cached_tokens)
            .or(self.num_cached_tokens)
            .or(self.cached_tokens)
            .or(self.prompt_cache_hit_tokens)
            .or(self.cache_read_input_tokens);
        let written =
            prompt.and_then(|details| details.cache_write_tokens).or(self.cache_creation_input_tokens);
        let count = |count: Option<Amount>| count.and_then(|count| count.0);
        Usage {
            input: count(self.prompt_tokens),
            output: self.output(count(reasoning)),
            cached_input: count(cached),
            cache_write: count(written),
            cache_write_1h: None,
            reasoning: count(reasoning),
            audio_input: count(prompt.and_then(|details| details.audio_tokens)),
            audio_output: count(completion.and_then(|details| details.audio_tokens)),
            web_searches: None,
        }
    }

    /// xAI counts reasoning beside `completion_tokens` and not inside: its total tells.
    fn output(&self, reasoning: Option<u64>) -> Option<u64> {
        let completion = self.completion_tokens?.0?;
        let beside = reasoning.filter(|reasoning| {
            let sum = self
                .prompt_tokens
                .unwrap_or_default()
                .0
                .unwrap_or(0)
                .saturating_add(completion)
                .saturating_add(*reasoning);
            *reasoning > 0 && self.total_tokens == Some(Amount(Some(sum)))
        });
        Some(completion.saturating_add(beside.unwrap_or(0)))
    }
}

/// Writes the members of `usage` as OpenAI has them.
pub(super) fn write_usage(object: &mut Object<'_, impl Out>, usage: &Usage) {
    object.unsigned("prompt_tokens", usage.input.unwrap_or(0));
    object.unsigned("completion_tokens", usage.output.unwrap_or(0));
    object.unsigned("total_tokens", usage.total().unwrap_or(0));
    let prompt = [
        ("cached_tokens", usage.cached_input),
        ("cache_write_tokens", usage.cache_write),
        ("audio_tokens", usage.audio_input),
    ];
    let completion = [("reasoning_tokens", usage.reasoning), ("audio_tokens", usage.audio_output)];
    write_details(object, "prompt_tokens_details", &prompt);
    write_details(object, "completion_tokens_details", &completion);
}

fn write_details(object: &mut Object<'_, impl Out>, name: &str, counts: &[(&str, Option<u64>)]) {
    if counts.iter().any(|(_, count)| count.is_some()) {
        object.object(name, |details| {
            for (name, count) in counts {
                if let Some(count) = count {
                    details.unsigned(name, *count);
                }
            }
        });
    }
}
