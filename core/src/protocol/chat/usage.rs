//! Token counts of the chat wire, in every dialect that providers speak, and in OpenAI's own.

use crate::{
    conversation::Usage,
    protocol::json::{Amount, Maybe, Object, Out, Word, wire_object},
};

wire_object! {
    struct WireUsage<'a> {
        prompt_tokens: Amount = "prompt_tokens",
        completion_tokens: Amount = "completion_tokens",
        total_tokens: Amount = "total_tokens",
        // Servers that took the names of other protocols.
        input_tokens: Amount = "input_tokens",
        output_tokens: Amount = "output_tokens",
        prompt_tokens_details: Maybe<WirePromptDetails<'a>> = "prompt_tokens_details",
        completion_tokens_details: Maybe<WireCompletionDetails<'a>> = "completion_tokens_details",
        // Mistral; Moonshot and Hugging Face; DeepSeek; Venice and Doubleword.
        num_cached_tokens: Amount = "num_cached_tokens",
        cached_tokens: Amount = "cached_tokens",
        prompt_cache_hit_tokens: Amount = "prompt_cache_hit_tokens",
        cache_read_input_tokens: Amount = "cache_read_input_tokens",
        cache_creation_input_tokens: Amount = "cache_creation_input_tokens",
        // Copilot, Databricks and Perplexity.
        reasoning_tokens: Amount = "reasoning_tokens",
        // Perplexity; OpenRouter.
        num_search_queries: Amount = "num_search_queries",
        server_tool_use: Maybe<WireServerTools<'a>> = "server_tool_use",
        // Mistral.
        service_tier: Word<'a> = "service_tier",
    }

    struct WirePromptDetails<'a> {
        cached_tokens: Amount = "cached_tokens",
        cache_write_tokens: Amount = "cache_write_tokens",
        // Alibaba; LiteLLM.
        cache_creation_input_tokens: Amount = "cache_creation_input_tokens",
        cache_creation_tokens: Amount = "cache_creation_tokens",
        audio_tokens: Amount = "audio_tokens",
    }

    struct WireCompletionDetails<'a> {
        reasoning_tokens: Amount = "reasoning_tokens",
        audio_tokens: Amount = "audio_tokens",
    }

    struct WireServerTools<'a> {
        web_search_requests: Amount = "web_search_requests",
    }
}

impl WireUsage<'_> {
    /// The counts in the conversation's meaning.
    pub(super) fn usage(&self) -> Usage {
        let prompt = self.prompt_tokens_details.as_ref().and_then(|details| details.0.as_ref());
        let completion = self.completion_tokens_details.as_ref().and_then(|details| details.0.as_ref());
        let searches = self.server_tool_use.as_ref().and_then(|tools| tools.0.as_ref());
        let reasoning =
            most([completion.and_then(|details| details.reasoning_tokens), self.reasoning_tokens]);
        Usage {
            input: most([self.prompt_tokens, self.input_tokens]),
            output: self.output(reasoning),
            cached_input: most([
                prompt.and_then(|details| details.cached_tokens),
                self.num_cached_tokens,
                self.cached_tokens,
                self.prompt_cache_hit_tokens,
                self.cache_read_input_tokens,
            ]),
            cache_write: most([
                prompt.and_then(|details| details.cache_write_tokens),
                prompt.and_then(|details| details.cache_creation_input_tokens),
                prompt.and_then(|details| details.cache_creation_tokens),
                self.cache_creation_input_tokens,
            ]),
            cache_write_1h: None,
            reasoning,
            audio_input: most([prompt.and_then(|details| details.audio_tokens)]),
            audio_output: most([completion.and_then(|details| details.audio_tokens)]),
            web_searches: most([
                searches.and_then(|tools| tools.web_search_requests),
                self.num_search_queries,
            ]),
        }
    }

    /// xAI counts reasoning beside `completion_tokens` and not inside: its total tells.
    fn output(&self, reasoning: Option<u64>) -> Option<u64> {
        let completion = most([self.completion_tokens, self.output_tokens])?;
        let prompt = most([self.prompt_tokens, self.input_tokens]).unwrap_or(0);
        let beside = reasoning.filter(|reasoning| {
            let sum = prompt.saturating_add(completion).saturating_add(*reasoning);
            *reasoning > 0 && self.total_tokens == Some(Amount(Some(sum)))
        });
        Some(completion.saturating_add(beside.unwrap_or(0)))
    }
}

/// The same count has several names, of which some stand there with nought: the first that says more.
fn most<const N: usize>(counts: [Option<Amount>; N]) -> Option<u64> {
    let counts = || counts.iter().filter_map(|count| count.as_ref()?.0);
    counts().find(|count| *count > 0).or_else(|| counts().next())
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
