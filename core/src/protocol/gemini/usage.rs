//! What Google counts, and what it means.

use std::borrow::Cow;

use crate::{
    conversation::{Text, Usage},
    protocol::json::{Amount, List, Raw, Word, from_str, wire_object},
};

wire_object! {
    struct WireUsage<'a> {
        prompt: Amount = "promptTokenCount" | "prompt_token_count",
        tool_results: Amount = "toolUsePromptTokenCount" | "tool_use_prompt_token_count",
        cached: Amount = "cachedContentTokenCount" | "cached_content_token_count",
        candidates: Amount = "candidatesTokenCount" | "candidates_token_count",
        thoughts: Amount = "thoughtsTokenCount" | "thoughts_token_count",
        total: Amount = "totalTokenCount" | "total_token_count",
        prompt_details: Raw<'a> = "promptTokensDetails" | "prompt_tokens_details",
        tool_details: Raw<'a> = "toolUsePromptTokensDetails" | "tool_use_prompt_tokens_details",
        candidates_details: Raw<'a> = "candidatesTokensDetails" | "candidates_tokens_details",
        service_tier: Word<'a> = "serviceTier" | "service_tier",
        traffic: Word<'a> = "trafficType" | "traffic_type",
    }

    struct WireModality<'a> {
        modality: Word<'a> = "modality",
        count: Amount = "tokenCount" | "token_count",
    }
}

impl<'a> WireUsage<'a> {
    /// The counts in the conversation's meaning: what tools of Google's returned is read by the
    /// model as well, and thoughts are a part of what it wrote. Empty where nothing was counted.
    pub(super) fn usage(&self) -> Usage {
        let count = |amount: Option<Amount>| amount.and_then(|amount| amount.0);
        let (prompt, results) = (count(self.prompt), count(self.tool_results));
        let (candidates, thoughts) = (count(self.candidates), count(self.thoughts));
        let input = sum(prompt, results);
        // Counts of zero are left out: what is neither answer nor thought shows in the total.
        let rest = || Some(count(self.total)?.saturating_sub(input?));
        Usage {
            input,
            output: sum(candidates, thoughts).or_else(rest),
            cached_input: count(self.cached),
            reasoning: thoughts,
            audio_input: sum(audio(self.prompt_details), audio(self.tool_details)),
            audio_output: audio(self.candidates_details),
            ..Usage::default()
        }
    }

    /// The tier that served the request, in the words that the other wires have for it too.
    pub(super) fn tier(self) -> Option<Text<'a>> {
        Word::text(self.service_tier).or_else(|| {
            Some(match Word::text(self.traffic)?.as_ref() {
                "ON_DEMAND" => Cow::Borrowed("standard"),
                "ON_DEMAND_PRIORITY" => Cow::Borrowed("priority"),
                "ON_DEMAND_FLEX" => Cow::Borrowed("flex"),
                other => Cow::Owned(other.to_ascii_lowercase()),
            })
        })
    }
}

fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (None, None) => None,
        (one, other) => Some(one.unwrap_or(0).saturating_add(other.unwrap_or(0))),
    }
}

/// What is said of sound, which few answers have to do with: for the others nothing is read.
fn audio(details: Option<Raw<'_>>) -> Option<u64> {
    let details = details.filter(|json| json.get().contains("\"AUDIO\""))?;
    let details: List<WireModality<'_>> = from_str(details.get()).ok()?;
    let is_audio = |detail: &&WireModality<'_>| {
        detail.modality.as_ref().is_some_and(|word| word.0.as_deref() == Some("AUDIO"))
    };
    details.0.iter().find(is_audio)?.count?.0
}

#[cfg(test)]
mod tests {
    use super::WireUsage;
    use crate::{conversation::Usage, protocol::json::from_str};

    #[test]
    fn thoughts_and_results_of_tools_are_counted_in() {
        let count = |json| from_str::<WireUsage<'_>>(json).unwrap().usage();
        let usage = count(
            r#"{"promptTokenCount":10,"toolUsePromptTokenCount":5,"cachedContentTokenCount":4,
                "candidatesTokenCount":7,"thoughtsTokenCount":3,"totalTokenCount":25,
                "promptTokensDetails":[{"modality":"TEXT","tokenCount":8},{"modality":"AUDIO","tokenCount":2}],
                "candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":6}]}"#,
        );
        assert_eq!((usage.input, usage.output, usage.reasoning), (Some(15), Some(10), Some(3)));
        assert_eq!((usage.cached_input, usage.audio_input, usage.audio_output), (Some(4), Some(2), Some(6)));
        assert_eq!(usage.total(), Some(25));

        let refused = count(r#"{"promptTokenCount":10,"totalTokenCount":10}"#);
        assert_eq!((refused.input, refused.output), (Some(10), Some(0)), "nothing was written");
        assert_eq!(count(r#"{"trafficType":"ON_DEMAND"}"#), Usage::default(), "nothing was counted");
    }
}
