//! Why a candidate ended, and why a prompt was refused.

use super::answer::WireFeedback;
use crate::{
    conversation::{Finish, FinishReason},
    protocol::json::Word,
};

/// Google's words ("Candidate.FinishReason", in the Gemini API and in Vertex AI). A call that the
/// model wrote wrongly, or was not offered, ends an answer as surely as a filter does: neither is
/// a stop. A word that is not here is [`FinishReason::Unknown`].
const REASONS: [(&str, FinishReason); 25] = [
    ("STOP", FinishReason::Stop),
    ("MAX_TOKENS", FinishReason::Length),
    // The limit of one request; there is more to be had with a token that no other protocol has.
    ("CONTINUATION", FinishReason::Length),
    ("SAFETY", FinishReason::ContentFilter),
    ("RECITATION", FinishReason::ContentFilter),
    ("LANGUAGE", FinishReason::ContentFilter),
    ("BLOCKLIST", FinishReason::ContentFilter),
    ("PROHIBITED_CONTENT", FinishReason::ContentFilter),
    ("SPII", FinishReason::ContentFilter),
    ("MODEL_ARMOR", FinishReason::ContentFilter),
    ("JAILBREAK", FinishReason::ContentFilter),
    ("ESCALATION", FinishReason::ContentFilter),
    ("PUP_LIMITED_DISABLED", FinishReason::ContentFilter),
    ("IMAGE_SAFETY", FinishReason::ContentFilter),
    ("IMAGE_PROHIBITED_CONTENT", FinishReason::ContentFilter),
    ("IMAGE_RECITATION", FinishReason::ContentFilter),
    ("OTHER", FinishReason::Failed),
    ("MALFORMED_FUNCTION_CALL", FinishReason::Failed),
    ("UNEXPECTED_TOOL_CALL", FinishReason::Failed),
    ("TOO_MANY_TOOL_CALLS", FinishReason::Failed),
    ("MISSING_THOUGHT_SIGNATURE", FinishReason::Failed),
    ("MALFORMED_RESPONSE", FinishReason::Failed),
    ("IMAGE_OTHER", FinishReason::Failed),
    ("NO_IMAGE", FinishReason::Failed),
    ("FINISH_REASON_UNSPECIFIED", FinishReason::Unknown),
];

/// Why a candidate ended; `None` where it has not.
pub(super) fn finish<'a>(reason: Option<Word<'a>>, message: Option<Word<'a>>) -> Option<Finish<'a>> {
    let raw = Word::text(reason)?;
    let known = REASONS.iter().find(|(word, _)| *word == raw).map(|(_, reason)| *reason);
    let reason = known.unwrap_or(FinishReason::Unknown);
    // Of a plain end the message says nothing ("Model generated function call(s).").
    let failed = matches!(reason, FinishReason::ContentFilter | FinishReason::Failed);
    let explanation = Word::text(message).filter(|_| failed);
    Some(Finish { reason, raw: Some(raw), stop_sequence: None, explanation })
}

/// An end after calls is a wait for their results, whatever Google calls it; an answer that was cut
/// by its length stays cut.
pub(super) fn after_calls(mut finish: Finish<'_>, calls: bool) -> Finish<'_> {
    if calls && matches!(finish.reason, FinishReason::Stop | FinishReason::Unknown) {
        finish.reason = FinishReason::ToolCalls;
    }
    finish
}

/// What a refused prompt comes to, where it was refused: an answer that a filter took whole.
pub(super) fn refused<'a>(feedback: Option<WireFeedback<'a>>) -> Option<Finish<'a>> {
    let feedback = feedback?;
    Some(Finish {
        reason: FinishReason::ContentFilter,
        raw: Some(Word::text(feedback.reason)?),
        stop_sequence: None,
        explanation: Word::text(feedback.message),
    })
}
