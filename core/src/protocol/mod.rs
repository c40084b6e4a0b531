//! Wire formats: what callers and providers speak.

/// What an upstream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// OpenAI chat completions.
    Chat,
    /// Anthropic Messages.
    Messages,
}

/// What a caller speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Front {
    /// OpenAI chat completions.
    Chat,
}
