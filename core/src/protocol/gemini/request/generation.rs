//! Which of Gemini's generations a model is of, where what it takes hangs on that alone.

use crate::{model::Control, protocol::Target};

/// The generations that differ in what they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    /// Before Gemini 3: calls need no signature, results hold no media, and tools do not go with a
    /// form of the answer.
    Earlier,
    /// Gemini 3 and later.
    Third,
}

impl Generation {
    /// By the catalogue, which has levels of thinking for the newer ones; by the name for a model that
    /// nobody knows. New names are of new models.
    pub(super) fn of(target: &Target<'_>) -> Self {
        const EARLIER: [&str; 5] = ["gemini-1", "gemini-2", "gemini-pro-vision", "gemma", "learnlm"];
        let stem = target.model.rsplit('/').next().unwrap_or(target.model);
        let earlier = match target.facts.map(|model| model.reasoning.control) {
            Some(Control::Effort | Control::EffortOrBudget) => false,
            Some(Control::Budget) => true,
            _ => EARLIER.iter().any(|begins| stem.starts_with(begins)),
        };
        if earlier { Self::Earlier } else { Self::Third }
    }
}
