//! Ids for calls of providers that give none.

/// The most letters of a seed that an id has: with them it stays within the 40 letters that OpenAI
/// once allowed.
const SEED_LETTERS: usize = 24;

/// The id of the call with this number in the answer that `seed` names. Made of the letters that
/// OpenAI and Anthropic both take.
pub(crate) fn call_id(seed: &str, number: u32) -> String {
    let allowed = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    format!("call_{}_{number}", seed.chars().filter(allowed).take(SEED_LETTERS).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::call_id;

    #[test]
    fn any_seed_makes_an_id_that_both_protocols_take() {
        assert_eq!(call_id("0Ab", 0), "call_0Ab_0");
        assert_eq!(call_id("a b.c/ü_-", 1), "call_abc_-_1");
        assert_eq!(call_id(&"x".repeat(99), u32::MAX).len(), 40);
    }
}
