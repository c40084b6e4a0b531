//! What a model says on the chat wire, whole or as a delta, in every dialect.
//!
//! One set of wire objects serves both: a delta is a message of which most is missing. The
//! dialects differ in where reasoning stands (`reasoning_content`, `reasoning`, Copilot's
//! `reasoning_text`, `reasoning_details`, LiteLLM's `thinking_blocks`, parts of a list of content as
//! Mistral and Databricks have them), in what tool calls lack (ids, types, indexes), and in the empty
//! stubs that stand for nothing. A member of another form than these is as good as absent.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        Error, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use super::{
    ANTHROPIC_FORMAT,
    message::{WireReasoningDetail, WireThinkingBlock, join_details, source_of_url},
};
use crate::{
    conversation::{CallKind, Citation, Media, MediaKind, Reasoning, Source, Text},
    protocol::json::{Amount, List, Maybe, Object, Raw, Str, TextOr, Word, from_str, wire_object},
};

wire_object! {
    struct WireSaid<'a> {
        content: TextOr<'a, Content<'a>> = "content",
        refusal: Word<'a> = "refusal",
        reasoning_content: Word<'a> = "reasoning_content",
        reasoning: Word<'a> = "reasoning",
        reasoning_text: Word<'a> = "reasoning_text",
        reasoning_details: Maybe<List<WireReasoningDetail<'a>>> = "reasoning_details",
        thinking_blocks: Maybe<List<WireThinkingBlock<'a>>> = "thinking_blocks",
        tool_calls: OneOrMore<WireSaidCall<'a>> = "tool_calls",
        function_call: Maybe<WireSaidFunction<'a>> = "function_call",
        annotations: Maybe<List<Raw<'a>>> = "annotations",
        audio: Maybe<WireSaidAudio<'a>> = "audio",
        images: Maybe<List<WireSaidImage<'a>>> = "images",
    }

    struct WireSaidImage<'a> {
        image_url: TextOr<'a, WireSaidUrl<'a>> = "image_url",
    }

    struct WireSaidUrl<'a> {
        url: Word<'a> = "url",
    }

    struct WireSaidPart<'a> {
        text: Word<'a> = "text",
        refusal: Word<'a> = "refusal",
        thinking: TextOr<'a, List<WireThought<'a>>> = "thinking",
        // Databricks.
        summary: Maybe<List<WireThought<'a>>> = "summary",
        image_url: TextOr<'a, WireSaidUrl<'a>> = "image_url",
    }

    struct WireThought<'a> {
        text: Word<'a> = "text",
        signature: Word<'a> = "signature",
        data: Word<'a> = "data",
    }

    struct WireSaidCall<'a> {
        index: Amount = "index",
        id: Word<'a> = "id",
        function: WireSaidFunction<'a> = "function",
        custom: WireSaidFunction<'a> = "custom",
        extra_content: Raw<'a> = "extra_content",
        // Cloudflare's calls are functions themselves.
        name: Word<'a> = "name",
        arguments: Raw<'a> = "arguments",
    }

    struct WireSaidFunction<'a> {
        name: Word<'a> = "name",
        arguments: Raw<'a> = "arguments",
        input: Raw<'a> = "input",
    }

    struct WireSaidAudio<'a> {
        data: Word<'a> = "data",
        transcript: Word<'a> = "transcript",
    }

    struct WireAnnotation<'a> {
        kind: Word<'a> = "type",
        url_citation: WireUrlCitation<'a> = "url_citation",
    }

    struct WireUrlCitation<'a> {
        url: Word<'a> = "url",
        title: Word<'a> = "title",
        content: Word<'a> = "content",
        start: Amount = "start_index",
        end: Amount = "end_index",
    }
}

/// Content that is no text: parts, or the JSON that was asked for, which Cloudflare does not write as text.
#[derive(Debug)]
pub(super) enum Content<'a> {
    Parts(List<WireSaidPart<'a>>),
    Object(String),
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ContentVisitor;
        impl<'de> Visitor<'de> for ContentVisitor {
            type Value = Content<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("text, a list of parts, or an object")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                List::deserialize(SeqAccessDeserializer::new(seq)).map(Content::Parts)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut text = Vec::new();
                let mut object = Object::new(&mut text);
                while let Some((Str(name), value)) = map.next_entry::<Str<'de>, Raw<'de>>()? {
                    object.json(&name, value);
                }
                object.end();
                String::from_utf8(text).map(Content::Object).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_any(ContentVisitor)
    }
}

/// A list, or the one element of it that Hugging Face's server wrote in its place before version 3.
#[derive(Debug)]
pub(super) struct OneOrMore<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMore<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMoreVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMoreVisitor<T> {
            type Value = Vec<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an array, or one of its elements")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                List::deserialize(SeqAccessDeserializer::new(seq)).map(|list| list.0)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Ok(vec![T::deserialize(MapAccessDeserializer::new(map))?])
            }
        }
        deserializer.deserialize_any(OneOrMoreVisitor(PhantomData)).map(OneOrMore)
    }
}

/// One piece of what was said, in the order in which it belongs.
pub(super) enum Piece<'a> {
    Reasoning(Reasoning<'a>),
    Text(Text<'a>),
    Refusal(Text<'a>),
    Citation(Citation<'a>),
    Media(Media<'a>),
    Call(CallPiece<'a>),
}

/// A tool call, or a piece of one.
pub(super) struct CallPiece<'a> {
    pub(super) index: Option<u64>,
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) arguments: Text<'a>,
    pub(super) kind: CallKind,
    pub(super) signature: Option<Text<'a>>,
    /// Which of the calls so far it goes on with where nothing else says so, counted from the last.
    pub(super) back: usize,
}

impl CallPiece<'_> {
    /// Whether it does not say which call it belongs to.
    pub(super) fn is_nameless(&self) -> bool {
        self.index.is_none() && self.id.is_empty() && self.name.is_empty()
    }
}

/// Takes a message or a delta apart.
pub(super) fn pieces(said: WireSaid<'_>) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let plain = [said.reasoning_content, said.reasoning, said.reasoning_text];
    let plain = plain.into_iter().find_map(Word::text);
    push_reasoning(&mut pieces, said.reasoning_details, said.thinking_blocks, plain);
    match said.content {
        Some(TextOr::Text(content)) if !content.is_empty() => pieces.push(Piece::Text(content)),
        Some(TextOr::Other(Content::Parts(parts))) => {
            parts.0.into_iter().for_each(|part| push_part(&mut pieces, part));
        }
        Some(TextOr::Other(Content::Object(json))) => pieces.push(Piece::Text(json.into())),
        _ => {}
    }
    let audio = Maybe::value(said.audio).unwrap_or_default();
    pieces.extend(Word::text(audio.transcript).map(Piece::Text));
    pieces.extend(Word::text(audio.data).map(|data| Piece::Media(sound(data))));
    let images = Maybe::value(said.images).unwrap_or_default().0.into_iter();
    pieces.extend(images.filter_map(|image| picture(image.image_url?)).map(Piece::Media));
    pieces.extend(Word::text(said.refusal).map(Piece::Refusal));
    for annotation in Maybe::value(said.annotations).unwrap_or_default().0 {
        pieces.extend(decode_annotation(annotation).map(Piece::Citation));
    }
    pieces.extend(
        said.tool_calls.into_iter().flat_map(|calls| calls.0).map(|call| Piece::Call(call_piece(call))),
    );
    if let Some(function) = Maybe::value(said.function_call) {
        let call = WireSaidCall {
            function: Some(function),
            index: Some(Amount(Some(0))),
            ..WireSaidCall::default()
        };
        let call = call_piece(call);
        if !call.name.is_empty() || !call.arguments.is_empty() {
            pieces.push(Piece::Call(call));
        }
    }
    count_back(&mut pieces);
    pieces
}

/// Pieces that do not say which calls they belong to stand in the order of these (Moonshot).
fn count_back(pieces: &mut [Piece<'_>]) {
    let nameless = pieces.iter_mut().rev().filter_map(|piece| match piece {
        Piece::Call(call) if call.is_nameless() => Some(call),
        _ => None,
    });
    for (before, call) in nameless.enumerate() {
        call.back = before + 1;
    }
}

/// The same reasoning often stands in two places: details say the most, then blocks, so that the plain
/// text counts only where they have none.
fn push_reasoning<'a>(
    pieces: &mut Vec<Piece<'a>>,
    details: Option<Maybe<List<WireReasoningDetail<'a>>>>,
    blocks: Option<Maybe<List<WireThinkingBlock<'a>>>>,
    text: Option<Text<'a>>,
) {
    let mut details = join_details(Maybe::value(details).unwrap_or_default().0);
    if details.is_empty() {
        let blocks = Maybe::value(blocks).unwrap_or_default().0;
        details.extend(blocks.into_iter().map(WireThinkingBlock::reasoning));
    }
    let readable = details.iter().any(|detail| detail.text.as_ref().is_some_and(|text| !text.is_empty()));
    if let Some(text) = text.filter(|_| !readable) {
        pieces.push(Piece::Reasoning(Reasoning { text: Some(text), ..Reasoning::default() }));
    }
    pieces.extend(details.into_iter().map(Piece::Reasoning));
}

/// One part of a list of content.
fn push_part<'a>(pieces: &mut Vec<Piece<'a>>, part: WireSaidPart<'a>) {
    pieces.extend(Word::text(part.text).map(Piece::Text));
    pieces.extend(Word::text(part.refusal).map(Piece::Refusal));
    pieces.extend(part.image_url.and_then(picture).map(Piece::Media));
    let thought = match part.thinking {
        Some(TextOr::Text(text)) => text,
        Some(TextOr::Other(thoughts)) => Cow::Owned(
            thoughts.0.into_iter().filter_map(|thought| Word::text(thought.text)).collect::<String>(),
        ),
        None => Cow::Borrowed(""),
    };
    if !thought.is_empty() {
        pieces.push(Piece::Reasoning(Reasoning { text: Some(thought), ..Reasoning::default() }));
    }
    for thought in Maybe::value(part.summary).unwrap_or_default().0 {
        let (text, signature) = (Word::text(thought.text), Word::text(thought.signature));
        let opaque = Word::text(thought.data);
        if text.is_some() || signature.is_some() || opaque.is_some() {
            let format = (signature.is_some() || opaque.is_some()).then_some(Cow::Borrowed(ANTHROPIC_FORMAT));
            let reasoning = Reasoning { text, signature, opaque, format, ..Reasoning::default() };
            pieces.push(Piece::Reasoning(reasoning));
        }
    }
}

/// Sound, in whatever form was asked for: the answer does not say.
fn sound(data: Text<'_>) -> Media<'_> {
    Media::new(MediaKind::Audio, Source::Base64 { media_type: None, data })
}

/// OpenRouter's pictures, and those that stand among the content.
fn picture<'a>(url: TextOr<'a, WireSaidUrl<'a>>) -> Option<Media<'a>> {
    let url = match url {
        TextOr::Text(url) => url,
        TextOr::Other(object) => Word::text(object.url)?,
    };
    let source = source_of_url(url, String::new).ok()?;
    Some(Media::new(MediaKind::Image, source))
}

/// An annotation. Some servers leave out the object inside, as the Responses API has none.
fn decode_annotation(json: Raw<'_>) -> Option<Citation<'_>> {
    let annotation: WireAnnotation<'_> = from_str(json.get()).ok()?;
    let flat = || -> Option<WireUrlCitation<'_>> {
        annotation.kind.filter(|kind| kind.0.as_deref() == Some("url_citation"))?;
        from_str(json.get()).ok()
    };
    let citation = annotation.url_citation.or_else(flat)?;
    Some(Citation {
        url: Word::text(citation.url),
        title: Word::text(citation.title),
        cited_text: Word::text(citation.content),
        span: citation.start.zip(citation.end).and_then(|(start, end)| start.0.zip(end.0)),
        json: Cow::Borrowed(json),
    })
}

fn call_piece(call: WireSaidCall<'_>) -> CallPiece<'_> {
    let bare = WireSaidFunction { name: call.name, arguments: call.arguments, ..WireSaidFunction::default() };
    let (called, kind) = match (call.function, call.custom) {
        (None, Some(custom)) => (custom, CallKind::Custom),
        (function, _) => (function.unwrap_or(bare), CallKind::Function),
    };
    let arguments = called.arguments.or(called.input);
    CallPiece {
        index: call.index.and_then(|index| index.0),
        id: Word::text(call.id).unwrap_or_default(),
        name: Word::text(called.name).unwrap_or_default(),
        arguments: arguments.and_then(|json| super::request::text_of(json).ok()).unwrap_or_default(),
        kind,
        signature: call.extra_content.and_then(super::message::google_signature),
        back: 1,
    }
}
