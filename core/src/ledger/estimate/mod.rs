//! Tokens, counted without the model's tokenizer.

/// Tokens of a text, roughly.
pub fn tokens(text: &str) -> u64 {
    text.len() as u64 / 4
}
