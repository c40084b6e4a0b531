//! Patterns over model names, as a key's list of allowed models has them.

use std::fmt;

/// A model name in which each `*` stands for any text, slashes included.
///
/// A pattern with a slash speaks of `provider/model` and is never satisfied by a model whose own
/// name happens to have a slash in it (`openai/*` is not OpenRouter's `openai/gpt-5`, which is
/// `openrouter/openai/gpt-5`). One without a slash speaks of the model's name alone, at any
/// provider, or of an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPattern(String);

/// A pattern is not empty and has no spaces or control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a model pattern; write a name such as `gpt-5`, `gpt-*` or `openai/*`")]
pub struct NotAPattern;

impl ModelPattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, NotAPattern> {
        if text.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(NotAPattern);
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether it speaks of this model.
    pub fn matches(&self, provider: &str, model: &str) -> bool {
        if self.0 == "*" {
            return true;
        }
        if !self.0.contains('/') {
            return glob(self.0.as_bytes(), model.bytes());
        }
        let qualified = provider.bytes().chain(*b"/").chain(model.bytes());
        glob(self.0.as_bytes(), qualified)
    }

    /// Whether it speaks of this alias.
    pub fn matches_alias(&self, alias: &str) -> bool {
        glob(self.0.as_bytes(), alias.bytes())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Matches in time linear in `text` for each star: only the last star seen is ever extended.
fn glob(pattern: &[u8], text: impl Iterator<Item = u8> + Clone) -> bool {
    let (mut rest, mut text) = (pattern, text);
    let mut star: Option<(&[u8], _)> = None;
    loop {
        if let [b'*', after @ ..] = rest {
            rest = after;
            star = Some((after, text.clone()));
            continue;
        }
        let mut ahead = text.clone();
        match (rest.split_first(), ahead.next()) {
            (None, None) => return true,
            (Some((want, after)), Some(have)) if *want == have => {
                rest = after;
                text = ahead;
            }
            _ => {
                let Some((after, from)) = &mut star else { return false };
                if from.next().is_none() {
                    return false;
                }
                rest = after;
                text = from.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_speak_of_models() {
        for (pattern, provider, model, want) in [
            ("*", "openai", "gpt-5", true),
            ("*", "openrouter", "openai/gpt-5", true),
            ("gpt-*", "openai", "gpt-5", true),
            ("gpt-*", "azure", "gpt-5", true),
            ("gpt-*", "openai", "o3", false),
            ("gpt-5", "openai", "gpt-5", true),
            ("gpt-5", "openai", "gpt-5-mini", false),
            ("*-mini", "openai", "gpt-5-mini", true),
            ("g*t*5", "openai", "gpt-4-t-5", true),
            ("g*t*5", "openai", "gpt-4", false),
            ("openai/*", "openai", "gpt-5", true),
            ("openai/*", "openai-east", "gpt-5", false),
            ("openai/*", "openrouter", "openai/gpt-5", false),
            ("openrouter/openai/*", "openrouter", "openai/gpt-5", true),
            ("*/gpt-5", "openai", "gpt-5", true),
            ("openai*/gpt-5", "openai-east", "gpt-5", true),
            ("**", "openai", "", true),
            ("a*", "p", "", false),
        ] {
            let parsed = ModelPattern::parse(pattern).unwrap();
            assert_eq!(parsed.matches(provider, model), want, "{pattern} {provider}/{model}");
        }
    }

    #[test]
    fn an_alias_is_matched_by_its_whole_name() {
        let all = ModelPattern::parse("smart-*").unwrap();
        assert!(all.matches_alias("smart-chat"));
        assert!(!all.matches_alias("very-smart-chat"));
    }

    #[test]
    fn no_empty_or_broken_pattern() {
        for text in ["", " ", "a b", "a\n"] {
            assert_eq!(ModelPattern::parse(text), Err(NotAPattern), "{text:?}");
        }
    }

    /// The definition, tried in every way.
    fn glob_by_definition(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|at| glob_by_definition(rest, &text[at..])),
            Some((want, rest)) => {
                text.split_first().is_some_and(|(have, text)| want == have && glob_by_definition(rest, text))
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn matching_is_what_it_is_defined_to_be(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            let want = glob_by_definition(pattern.as_bytes(), text.as_bytes());
            proptest::prop_assert_eq!(glob(pattern.as_bytes(), text.bytes()), want);
        }
    }
}
