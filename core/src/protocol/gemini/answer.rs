//! What an answer is made of: a whole one, or one chunk of a stream.

use super::{logprobs::WireLogprobs, usage::WireUsage};
use crate::protocol::json::{Amount, List, Maybe, Raw, Word, wire_object};

wire_object! {
    struct WireAnswer<'a> {
        id: Word<'a> = "responseId" | "response_id",
        model: Word<'a> = "modelVersion" | "model_version",
        created: Word<'a> = "createTime" | "create_time",
        candidates: List<WireCandidate<'a>> = "candidates",
        feedback: WireFeedback<'a> = "promptFeedback" | "prompt_feedback",
        usage: WireUsage<'a> = "usageMetadata" | "usage_metadata",
        error: Raw<'a> = "error",
    }

    struct WireCandidate<'a> {
        index: Amount = "index",
        content: WireContent<'a> = "content",
        reason: Word<'a> = "finishReason" | "finish_reason",
        message: Word<'a> = "finishMessage" | "finish_message",
        grounding: Raw<'a> = "groundingMetadata" | "grounding_metadata",
        citations: Raw<'a> = "citationMetadata" | "citation_metadata",
        pages: Raw<'a> = "urlContextMetadata" | "url_context_metadata",
        logprobs: Maybe<WireLogprobs<'a>> = "logprobsResult" | "logprobs_result",
    }

    struct WireContent<'a> {
        parts: List<Raw<'a>> = "parts",
    }

    /// Why a prompt was refused before anything was answered.
    struct WireFeedback<'a> {
        reason: Word<'a> = "blockReason" | "block_reason",
        message: Word<'a> = "blockReasonMessage" | "block_reason_message",
    }
}

impl WireCandidate<'_> {
    /// Its place among the candidates. The first one's number is left out, as zeros are.
    pub(super) fn number(&self, place: usize) -> u32 {
        self.index.and_then(|index| index.0).map_or(place as u32, |index| index as u32)
    }
}

/// Seconds since the epoch of a time such as `2026-05-27T16:53:45.443719Z`.
pub(super) fn created(time: Option<Word<'_>>) -> Option<u64> {
    let time = Word::text(time)?;
    let (date, rest) = time.split_once('T')?;
    let clock = rest.strip_suffix('Z')?.split('.').next()?;
    let numbers = |text: &str, separator: char| -> Option<[u64; 3]> {
        let mut numbers = text.split(separator).map(|number| number.parse::<u64>().ok());
        let three = [numbers.next()??, numbers.next()??, numbers.next()??];
        numbers.next().is_none().then_some(three)
    };
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(clock, ':')?;
    if !(1970..10_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days from the civil calendar, in years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    Some(((days.checked_sub(719_468)? * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::{Word, created};

    #[test]
    fn times_are_seconds_since_the_epoch() {
        for (time, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:00:01Z", Some(951_825_601)),
            ("2026-05-27T16:53:45.443719Z", Some(1_779_900_825)),
            ("2026-05-27T16:53:45", None),
            ("2026-13-27T16:53:45Z", None),
            ("yesterday", None),
        ] {
            assert_eq!(created(Some(Word(Some(time.into())))), seconds, "{time}");
        }
    }
}
