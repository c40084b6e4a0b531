//! Sources that stand beside an answer as a whole, as Perplexity and xAI have them: addresses in
//! `citations`, and what was found there in `search_results`. No place in the text is said.
//!
//! Sources: Perplexity's API reference, "Chat Completions"; xAI's "Live Search".

use std::borrow::Cow;

use crate::{
    conversation::Citation,
    protocol::json::{List, Raw, Str, Word, from_str, wire_object},
};

wire_object! {
    struct WireResult<'a> {
        url: Word<'a> = "url",
        title: Word<'a> = "title",
        snippet: Word<'a> = "snippet",
    }
}

/// The sources, each once: what was found says more than its address.
pub(super) fn sources<'a>(citations: Option<Raw<'a>>, results: Option<Raw<'a>>) -> Vec<Citation<'a>> {
    let list = |json: Option<Raw<'a>>| -> Vec<Raw<'a>> {
        json.and_then(|json| from_str::<List<Raw<'a>>>(json.get()).ok()).unwrap_or_default().0
    };
    let mut sources: Vec<Citation<'a>> = Vec::new();
    for json in list(results).into_iter().chain(list(citations)) {
        let Some(source) = source(json) else { continue };
        if !sources.iter().any(|known| known.url == source.url) {
            sources.push(source);
        }
    }
    sources
}

fn source(json: Raw<'_>) -> Option<Citation<'_>> {
    let found = match from_str::<Str<'_>>(json.get()) {
        Ok(url) => WireResult { url: Some(Word(Some(url.0))), ..WireResult::default() },
        Err(_) => from_str(json.get()).ok()?,
    };
    Some(Citation {
        url: Some(Word::text(found.url)?),
        title: Word::text(found.title),
        cited_text: Word::text(found.snippet),
        span: None,
        json: Cow::Borrowed(json),
    })
}
