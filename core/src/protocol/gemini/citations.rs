//! Where the words of an answer come from: grounding, recitations and pages that were read, as
//! citations.
//!
//! Google says it beside the text, in a table of sources and a list of places that point into it.
//! Places are counted in bytes of a part ("Segment"), and in bytes of all text where a stream's
//! parts are put together; the words that stand there are given too, and settle it. In a stream the
//! table can come more than once: a source is told once, and one that no place points to is said of
//! the whole text at the end.

use std::borrow::Cow;

use crate::{
    conversation::{Citation, Text},
    protocol::json::{Amount, List, Raw, Word, from_str, wire_object},
};

wire_object! {
    struct WireGrounding<'a> {
        chunks: List<Raw<'a>> = "groundingChunks" | "grounding_chunks",
        supports: List<WireSupport<'a>> = "groundingSupports" | "grounding_supports",
        queries: List<Raw<'a>> = "webSearchQueries" | "web_search_queries",
    }

    struct WireSupport<'a> {
        segment: WireSegment<'a> = "segment",
        chunks: List<Amount> = "groundingChunkIndices" | "grounding_chunk_indices",
    }

    struct WireSegment<'a> {
        start: Amount = "startIndex" | "start_index",
        end: Amount = "endIndex" | "end_index",
        text: Word<'a> = "text",
    }

    struct WireChunk<'a> {
        web: WirePlace<'a> = "web",
        document: WirePlace<'a> = "retrievedContext" | "retrieved_context",
        map: WirePlace<'a> = "maps",
        image: WirePlace<'a> = "image",
    }

    struct WirePlace<'a> {
        uri: Word<'a> = "uri",
        source_uri: Word<'a> = "sourceUri" | "source_uri",
        title: Word<'a> = "title",
        text: Word<'a> = "text",
    }

    struct WireRecitations<'a> {
        // The Gemini API's name, and Vertex AI's.
        sources: List<Raw<'a>> = "citationSources" | "citation_sources",
        list: List<Raw<'a>> = "citations",
    }

    struct WireRecitation<'a> {
        start: Amount = "startIndex" | "start_index",
        end: Amount = "endIndex" | "end_index",
        uri: Word<'a> = "uri",
        title: Word<'a> = "title",
    }

    struct WirePages<'a> {
        list: List<Raw<'a>> = "urlMetadata" | "url_metadata",
    }

    struct WirePage<'a> {
        url: Word<'a> = "retrievedUrl" | "retrieved_url",
        status: Word<'a> = "urlRetrievalStatus" | "url_retrieval_status",
    }
}

/// The most bytes of text that are kept of a choice to find places in.
const LONGEST_TEXT: usize = 1 << 20;

/// What is known of the sources of one choice.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// What the choice said so far.
    text: String,
    known: Vec<Source>,
    /// What the numbers of the table stand for that came last.
    table: Vec<usize>,
    /// Sources and places that were told.
    told: Vec<(usize, Span)>,
    /// Searches of the web that were made for it.
    pub(super) searches: u64,
}

/// A place in the text of a choice, in Unicode scalar values.
type Span = (u64, u64);

#[derive(Debug)]
struct Source {
    json: Box<serde_json::value::RawValue>,
    url: Option<String>,
    title: Option<String>,
    text: Option<String>,
    /// Whether it is a page that was read, of which nothing else is known.
    page: bool,
    cited: bool,
}

impl Sources {
    /// The choice said more.
    pub(super) fn said(&mut self, text: &str) {
        if self.text.len() + text.len() <= LONGEST_TEXT {
            self.text.push_str(text);
        }
    }

    /// Takes `groundingMetadata`.
    pub(super) fn ground(&mut self, json: Option<Raw<'_>>) -> Vec<Citation<'static>> {
        let Some(grounding) = json.and_then(|json| from_str::<WireGrounding<'_>>(json.get()).ok()) else {
            return Vec::new();
        };
        self.searches = self.searches.max(grounding.queries.unwrap_or_default().0.len() as u64);
        let chunks = grounding.chunks.unwrap_or_default().0;
        if !chunks.is_empty() {
            self.table = chunks.into_iter().map(|json| self.place(json, chunk)).collect();
        }
        let mut citations = Vec::new();
        for support in grounding.supports.unwrap_or_default().0 {
            let segment = support.segment.unwrap_or_default();
            let words = Word::text(segment.text);
            let span = self.span(segment.start, segment.end, words.as_deref());
            for number in support.chunks.unwrap_or_default().0 {
                let known =
                    number.0.and_then(|number| self.table.get(usize::try_from(number).ok()?).copied());
                citations.extend(known.and_then(|known| self.cite(known, span, words.as_deref())));
            }
        }
        citations
    }

    /// Takes `citationMetadata`.
    pub(super) fn recite(&mut self, json: Option<Raw<'_>>) -> Vec<Citation<'static>> {
        let recited = json.and_then(|json| from_str::<WireRecitations<'_>>(json.get()).ok());
        let recited = recited.and_then(|recited| recited.sources.or(recited.list));
        let mut citations = Vec::new();
        for json in recited.unwrap_or_default().0 {
            let wire: WireRecitation<'_> = from_str(json.get()).unwrap_or_default();
            let span = self.span(wire.start, wire.end, None);
            let known = self.place(json, |_| Source {
                json: json.to_owned(),
                url: owned(wire.uri),
                title: owned(wire.title),
                text: None,
                page: false,
                cited: false,
            });
            citations.extend(self.cite(known, span, None));
        }
        citations
    }

    /// Takes `urlContextMetadata`: pages that the model read. Those that grounding names too, before
    /// or after, are told with it.
    pub(super) fn read(&mut self, json: Option<Raw<'_>>) {
        let pages = json.and_then(|json| from_str::<WirePages<'_>>(json.get()).ok());
        for json in pages.unwrap_or_default().list.unwrap_or_default().0 {
            let page: WirePage<'_> = from_str(json.get()).unwrap_or_default();
            let read = Word::text(page.status).is_none_or(|status| status.ends_with("_SUCCESS"));
            let url = owned(page.url)
                .filter(|url| read && !self.known.iter().any(|known| known.url.as_ref() == Some(url)));
            if let Some(url) = url {
                let json = json.to_owned();
                let page = Source { json, url: Some(url), title: None, text: None, page: true, cited: false };
                self.known.push(page);
            }
        }
    }

    /// Nothing more will be said: the sources that nothing pointed to.
    pub(super) fn rest(&mut self) -> Vec<Citation<'static>> {
        let whole = (0, self.text.chars().count() as u64);
        let grounds = |page: &Source| self.known.iter().any(|other| !other.page && other.url == page.url);
        let is_left = |source: &Source| !(source.cited || source.page && grounds(source));
        let rest: Vec<usize> =
            (0..self.known.len()).filter(|at| self.known.get(*at).is_some_and(is_left)).collect();
        rest.into_iter().filter_map(|known| self.cite(known, whole, None)).collect()
    }

    /// The number of a source, which may be a new one.
    fn place<'a>(&mut self, json: Raw<'a>, read: impl FnOnce(Raw<'a>) -> Source) -> usize {
        self.known.iter().position(|known| known.json.get() == json.get()).unwrap_or_else(|| {
            self.known.push(read(json));
            self.known.len() - 1
        })
    }

    fn cite(&mut self, known: usize, span: Span, words: Option<&str>) -> Option<Citation<'static>> {
        if self.told.contains(&(known, span)) {
            return None;
        }
        self.told.push((known, span));
        let source = self.known.get_mut(known)?;
        source.cited = true;
        let text = |text: &Option<String>| text.clone().map(Text::Owned);
        Some(Citation {
            url: text(&source.url),
            title: text(&source.title),
            cited_text: text(&source.text).or_else(|| words.map(|words| Text::Owned(words.to_owned()))),
            span: Some(span),
            json: Cow::Owned(source.json.clone()),
        })
    }

    /// The place that is meant. Where other words stand there than are named, the words count.
    fn span(&self, start: Option<Amount>, end: Option<Amount>, words: Option<&str>) -> Span {
        let byte = |amount: Option<Amount>| amount.and_then(|amount| amount.0).map(|at| at as usize);
        let (start, end) = (byte(start).unwrap_or(0), byte(end).unwrap_or(self.text.len()));
        let (start, end) = match words {
            Some(words) if self.text.get(start..end) != Some(words) => match self.text.find(words) {
                Some(found) => (found, found + words.len()),
                None => (start, end),
            },
            _ => (start, end),
        };
        let letters = |byte: usize| self.text.char_indices().take_while(|(at, _)| *at < byte).count() as u64;
        let start = letters(start);
        (start, letters(end).max(start))
    }
}

/// One entry of the table of sources.
fn chunk(json: Raw<'_>) -> Source {
    let chunk: WireChunk<'_> = from_str(json.get()).unwrap_or_default();
    let place = chunk.web.or(chunk.document).or(chunk.map).or(chunk.image).unwrap_or_default();
    Source {
        json: json.to_owned(),
        url: owned(place.uri).or_else(|| owned(place.source_uri)),
        title: owned(place.title),
        text: owned(place.text),
        page: false,
        cited: false,
    }
}

fn owned(word: Option<Word<'_>>) -> Option<String> {
    Word::text(word).map(Cow::into_owned)
}
