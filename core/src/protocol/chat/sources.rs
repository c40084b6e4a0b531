//! Sources that stand beside an answer as a whole: addresses in `citations` (Perplexity, xAI), what was
//! found there in `search_results` (Perplexity) or among Venice's parameters. No place in the text is
//! said.
//!
//! Sources: Perplexity's API reference, "Chat Completions"; xAI's "Live Search"; Venice's "Chat
//! Completions" (`web_search_citations`).

use std::borrow::Cow;

use crate::{
    conversation::Citation,
    protocol::json::{List, Maybe, Raw, Str, Word, from_str, wire_object},
};

wire_object! {
    struct WireVenice<'a> {
        found: Raw<'a> = "web_search_citations",
    }

    struct WireResult<'a> {
        url: Word<'a> = "url",
        title: Word<'a> = "title",
        snippet: Word<'a> = "snippet" | "content",
    }
}

/// The lists as an answer or a chunk has them: what was found says more than its address, and is first.
pub(super) fn lists<'a>(
    results: Option<Raw<'a>>,
    venice: Option<Maybe<WireVenice<'a>>>,
    citations: Option<Raw<'a>>,
) -> [Option<Raw<'a>>; LISTS] {
    [results, Maybe::value(venice).and_then(|venice| venice.found), citations]
}

/// How many lists there can be.
pub(super) const LISTS: usize = 3;

/// The sources in the lists, each once.
pub(super) fn sources<'a>(lists: [Option<Raw<'a>>; LISTS]) -> Vec<Citation<'a>> {
    let list = |json: Raw<'a>| from_str::<List<Raw<'a>>>(json.get()).unwrap_or_default().0;
    let mut sources: Vec<Citation<'a>> = Vec::new();
    for json in lists.into_iter().flatten().flat_map(list) {
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
