//! Prose whose tokens are known, so that a test can say what an honest count would be.
//!
//! `fixtures/passage.json` is a text of our own, cut into the tokens of the o200k vocabulary:
//! one entry, one token. A stream of `n` of them is therefore worth `n` completion tokens.

use std::sync::{Arc, LazyLock};

static TOKENS: LazyLock<Vec<Arc<str>>> = LazyLock::new(|| {
    let tokens: Vec<String> = serde_json::from_str(include_str!("../fixtures/passage.json"))
        .expect("the fixture is a list of strings");
    tokens.into_iter().map(Arc::from).collect()
});

/// The first `count` tokens; the passage starts again when it is used up.
pub fn tokens(count: usize) -> Vec<Arc<str>> {
    TOKENS.iter().cycle().take(count).cloned().collect()
}

/// The first `count` tokens as one text.
pub fn text(count: usize) -> String {
    tokens(count).concat()
}

/// Text in which nearly every character takes several bytes, in pieces that split no character.
pub fn unicode() -> Vec<Arc<str>> {
    ["Zoll", "brücke", " — ", "橋を", "渡る", " 🌉", "👩🏽‍🚀", " naïve", " Ω≈ç√", " \u{2028}end", " \"quoted\\\""]
        .into_iter()
        .map(Arc::from)
        .collect()
}
