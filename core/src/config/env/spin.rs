//! What a variable is called where names are not free.

/// The name under which Spin keeps a variable. A manifest of Spin's declares names of small letters only, in words
/// with one `_` between, each of which begins with a letter (the sources of `spin-serde`, `Id`); so a word that
/// begins with a digit is written to the one before it: `OPENAI_API_KEY_2` is `openai_api_key2`.
///
/// Two names may become one, and a first word may begin with a digit all the same: who writes a manifest has to
/// refuse both.
pub fn spin_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for word in name.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if !out.is_empty() && word.starts_with(|first: char| first.is_ascii_alphabetic()) {
            out.push('_');
        }
        out.push_str(&word.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_with_letters() {
        for (name, wanted) in [
            ("TOLLBRIDGE_CONFIG", "tollbridge_config"),
            ("OPENAI_API_KEY_2", "openai_api_key2"),
            ("OPENAI_EAST_API_KEY_10", "openai_east_api_key10"),
            ("AI21_API_KEY", "ai21_api_key"),
            ("_A__B-c.d_", "a_b_c_d"),
            ("2ND_KEY", "2nd_key"),
            ("é", ""),
        ] {
            assert_eq!(spin_name(name), wanted, "{name}");
        }
    }
}
