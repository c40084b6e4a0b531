//! What accounting reads out of chat answers that are relayed untouched.
//!
//! Most chunks of a stream say nothing but a few letters of text: they are recognised by looking
//! for a handful of member names, and never parsed. Only chunks that may hold a finish reason,
//! usage or an error are read as JSON, into typed structs. A name that stands inside a text
//! cannot be mistaken for a member (its quotes are escaped there); at worst a chunk is parsed in
//! vain.

use std::borrow::Cow;

use super::{
    error::{answer_error, bare_error},
    usage::WireUsage,
};
use crate::{
    conversation::{Finish, FinishReason, Usage},
    error::ApiError,
    protocol::json::{List, Malformed, Raw, Str, Word, from_slice, from_str, repair_surrogates, wire_object},
};

/// What one chunk of a stream was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// `[DONE]`.
    pub done: bool,
    /// It carries usage and no choice: a caller that did not ask for usage does not get it.
    pub usage_only: bool,
    /// It carries the first or further letters of the answer.
    pub content: bool,
    /// It reports an error; see [`Observer::error`].
    pub failed: bool,
    /// It had to be read and is no chunk.
    pub unreadable: bool,
}

/// Follows a stream of chat completion chunks.
#[derive(Debug, Clone, Default)]
pub struct Observer {
    /// The first id that was not empty.
    pub id: Option<String>,
    /// The first model that was not empty.
    pub model: Option<String>,
    /// What it took, by the last chunk that said.
    pub usage: Usage,
    /// Why it ended, as far as a chunk has said.
    pub finish: Option<Finish<'static>>,
    /// The error that a chunk reported.
    pub error: Option<ApiError>,
    /// Whether `[DONE]` came.
    pub done: bool,
    /// Bytes of text, reasoning and arguments so far, escapes counted as they stand.
    pub text_bytes: u64,
    /// What a chunk said before its first text, which tells nothing: the next ones say the same.
    opening: Vec<u8>,
}

/// Bytes of an opening that are worth keeping.
const OPENING_LIMIT: usize = 1 << 10;

wire_object! {
    struct WireChunk<'a> {
        id: Word<'a> = "id",
        model: Word<'a> = "model",
        choices: List<WireChoice<'a>> = "choices",
        usage: Raw<'a> = "usage",
        x_groq: WireGroq<'a> = "x_groq",
        error: Raw<'a> = "error",
    }

    struct WireChoice<'a> {
        finish_reason: Raw<'a> = "finish_reason",
        usage: Raw<'a> = "usage",
        error: Raw<'a> = "error",
        message: WireMessage<'a> = "message",
    }

    struct WireMessage<'a> {
        content: Raw<'a> = "content",
        reasoning: Raw<'a> = "reasoning",
        reasoning_content: Raw<'a> = "reasoning_content",
        tool_calls: Raw<'a> = "tool_calls",
    }

    struct WireGroq<'a> {
        usage: Raw<'a> = "usage",
        error: Raw<'a> = "error",
    }
}

impl Observer {
    /// Takes the data of one SSE event.
    pub fn push(&mut self, data: &[u8]) -> Seen {
        self.push_with(data, &mut |_| {})
    }

    /// The same; what the model wrote in it goes to `text`, escapes undone.
    pub fn push_with(&mut self, data: &[u8], text: &mut impl FnMut(&str)) -> Seen {
        if data == b"[DONE]" {
            self.done = true;
            return Seen { done: true, ..Seen::default() };
        }
        let from = if data.starts_with(&self.opening) { self.opening.len() } else { 0 };
        let glance = glance(data, from, text);
        if from == 0 && (1..=OPENING_LIMIT).contains(&glance.opening) {
            self.opening.clear();
            self.opening.extend_from_slice(data.get(..glance.opening).unwrap_or_default());
        }
        self.text_bytes += glance.text_bytes;
        let mut seen = Seen { content: glance.text_bytes > 0, ..Seen::default() };
        let known = self.id.is_some() && self.model.is_some();
        if !known || glance.may_tell {
            // What cannot be read is the caller's to judge: it gets the bytes.
            seen.unreadable = read_chunk(data, |chunk| self.take(chunk, data, &mut seen)).is_err();
        }
        seen
    }

    /// Whether the answer is complete, as far as one can tell: some providers send no `[DONE]`, and
    /// some no finish reason.
    pub fn is_complete(&self) -> bool {
        self.error.is_none() && (self.done || self.finish.is_some())
    }

    fn take(&mut self, chunk: WireChunk<'_>, data: &[u8], seen: &mut Seen) {
        let bare = || std::str::from_utf8(data).ok().and_then(bare_error);
        if chunk.choices.is_none()
            && chunk.error.is_none()
            && let Some(error) = bare()
        {
            self.error = Some(error);
            seen.failed = true;
        }
        keep(&mut self.id, chunk.id);
        keep(&mut self.model, chunk.model);
        let choices = chunk.choices.unwrap_or_default().0;
        let mut counted = false;
        let groq = chunk.x_groq.unwrap_or_default();
        let usages = [groq.usage, chunk.usage];
        for usage in choices.iter().map(|choice| choice.usage).chain(usages).flatten() {
            counted |= self.count(usage);
        }
        for choice in &choices {
            if let Some(finish) = choice.finish_reason.and_then(finish_of) {
                self.finish = Some(finish);
            }
        }
        if let Some(error) =
            chunk.error.or(groq.error).or_else(|| choices.iter().find_map(|choice| choice.error))
        {
            self.error = Some(answer_error(error));
            seen.failed = true;
        }
        seen.usage_only = counted && choices.is_empty() && !seen.failed;
    }

    fn count(&mut self, usage: Raw<'_>) -> bool {
        match from_str::<WireUsage<'_>>(usage.get()) {
            Ok(usage) => {
                self.usage.update(&usage.usage());
                true
            }
            Err(_) => false,
        }
    }
}

/// Reads a chunk, halves of surrogate pairs repaired, and hands it on.
fn read_chunk<R>(data: &[u8], take: impl FnOnce(WireChunk<'_>) -> R) -> Result<R, Malformed> {
    match from_slice(data) {
        Ok(chunk) => Ok(take(chunk)),
        Err(malformed) => {
            let repaired = std::str::from_utf8(data).ok().and_then(repair_surrogates).ok_or(malformed)?;
            from_str(&repaired).map(take)
        }
    }
}

fn keep(place: &mut Option<String>, word: Option<Word<'_>>) {
    if place.is_none() {
        *place = Word::text(word).map(|text| text.into_owned());
    }
}

/// What the names of members tell of a chunk without parsing it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Glance {
    /// Bytes that the strings of text, reasoning and arguments hold.
    text_bytes: u64,
    /// Whether it may hold a finish reason, usage or an error.
    may_tell: bool,
    /// How far it reaches to the colon of its first text, where nothing before that may tell.
    opening: usize,
}

/// Hands what the model wrote in an answer, whole or a chunk, to `text`, escapes undone.
pub fn texts(answer: &[u8], text: &mut impl FnMut(&str)) {
    glance(answer, 0, text);
}

/// Looks at every colon from `from` on for the member that it belongs to.
fn glance(data: &[u8], from: usize, text: &mut impl FnMut(&str)) -> Glance {
    let mut glance = Glance::default();
    let mut at = from;
    while let Some(found) = memchr::memchr(b':', data.get(at..).unwrap_or_default()) {
        let colon = at + found;
        at = colon + 1;
        let before = data.get(..colon).unwrap_or_default();
        let after = data.get(at..).unwrap_or_default();
        let Some(name) = before.trim_ascii_end().strip_suffix(b"\"") else { continue };
        let value = after.trim_ascii_start();
        let first = value.first().copied().unwrap_or_default();
        let is = |member: &[u8]| name.ends_with(member);
        match first {
            // The first of them ends the name of reasoning_content too.
            b'"' if is(b"content") || is(b"\"reasoning") || is(b"\"arguments") => {
                if glance.text_bytes == 0 && !glance.may_tell {
                    glance.opening = colon;
                }
                let length = string_len(value.get(1..).unwrap_or_default());
                hand_on(value.get(..length + 2).unwrap_or_default(), text);
                glance.text_bytes += length as u64;
                at = data.len() - value.len() + 1 + length;
            }
            b'"' => {
                glance.may_tell |= is(b"finish_reason") || is(b"\"error") || value.starts_with(b"\"error\"")
            }
            b'{' => glance.may_tell |= is(b"\"usage") || is(b"\"error") || is(b"\"base_resp"),
            _ => {}
        }
    }
    glance
}

/// Hands on the text of a quoted string.
fn hand_on(quoted: &[u8], text: &mut impl FnMut(&str)) {
    if memchr::memchr(b'\\', quoted).is_some() {
        if let Ok(Str(unescaped)) = from_slice(quoted) {
            text(&unescaped);
        }
    } else if let Ok(plain) = std::str::from_utf8(quoted) {
        text(plain.trim_matches('"'));
    }
}

/// How many bytes stand before the quote that ends a string.
fn string_len(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'"', b'\\', text.get(at..).unwrap_or_default()) {
        at += found;
        match text.get(at) {
            Some(b'"') => return at,
            _ => at += 2,
        }
    }
    text.len()
}

/// Reads a finish reason in the words of every dialect; an empty one is none.
pub(super) fn finish_of(json: Raw<'_>) -> Option<Finish<'static>> {
    let Str(word) = from_str::<Str<'_>>(json.get()).ok()?;
    (!word.is_empty()).then(|| Finish {
        reason: finish_reason(&word),
        raw: Some(Cow::Owned(word.into_owned())),
        ..Finish::default()
    })
}

/// The words of the chat wire's dialects for why an answer ended, in small letters. Google's
/// compatible API has its own word behind a colon (`content_filter: RECITATION`).
const REASONS: [(&str, FinishReason); 31] = [
    ("stop", FinishReason::Stop),
    ("eos", FinishReason::Stop),
    ("eos_token", FinishReason::Stop),
    ("end_turn", FinishReason::Stop),
    ("complete", FinishReason::Stop),
    ("stop_sequence", FinishReason::StopSequence),
    ("length", FinishReason::Length),
    ("max_tokens", FinishReason::Length),
    ("max_output_tokens", FinishReason::Length),
    // Mistral; Z.ai and Anthropic.
    ("model_length", FinishReason::ContextWindow),
    ("model_context_window_exceeded", FinishReason::ContextWindow),
    ("tool_calls", FinishReason::ToolCalls),
    ("function_call", FinishReason::ToolCalls),
    ("tool_use", FinishReason::ToolCalls),
    ("tool_call", FinishReason::ToolCalls),
    ("content_filter", FinishReason::ContentFilter),
    ("safety", FinishReason::ContentFilter),
    ("recitation", FinishReason::ContentFilter),
    ("blocklist", FinishReason::ContentFilter),
    ("prohibited_content", FinishReason::ContentFilter),
    ("spii", FinishReason::ContentFilter),
    // Z.ai.
    ("sensitive", FinishReason::ContentFilter),
    ("refusal", FinishReason::Refusal),
    // Mistral and OpenRouter; DeepSeek; Z.ai; vLLM and SGLang; Google.
    ("error", FinishReason::Failed),
    ("insufficient_system_resource", FinishReason::Failed),
    ("network_error", FinishReason::Failed),
    ("abort", FinishReason::Failed),
    ("function_call_filter", FinishReason::Failed),
    ("malformed_function_call", FinishReason::Failed),
    ("unexpected_tool_call", FinishReason::Failed),
    ("pause_turn", FinishReason::Paused),
];

/// What a finish reason of the chat wire means.
pub(super) fn finish_reason(word: &str) -> FinishReason {
    let word = word.split(':').next().unwrap_or(word).trim();
    let known = REASONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
    known.map_or(FinishReason::Unknown, |(_, reason)| *reason)
}

/// Reads what accounting needs out of a whole answer; nothing of it where the body is not one.
/// An error in a body with a success status is found in [`Observer::error`].
pub fn observe_response(body: &[u8]) -> Observer {
    let mut observer = Observer::default();
    let mut seen = Seen::default();
    let read = read_chunk(body, |answer| {
        let choices = answer.choices.as_ref().map(|choices| choices.0.as_slice()).unwrap_or_default();
        let members = |message: &WireMessage<'_>| {
            [message.content, message.reasoning_content.or(message.reasoning), message.tool_calls]
                .into_iter()
                .flatten()
                .map(|json| json.get().len() as u64)
                .sum::<u64>()
        };
        let bytes = choices.iter().filter_map(|choice| choice.message.as_ref()).map(members).sum();
        observer.take(answer, body, &mut seen);
        observer.text_bytes = bytes;
    });
    observer.done = read.is_ok() && observer.error.is_none();
    observer
}
