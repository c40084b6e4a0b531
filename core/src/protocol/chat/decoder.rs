//! A streamed answer of a provider of the chat wire: chunks to events of the conversation.

use std::{borrow::Cow, collections::BTreeMap};

use http::StatusCode;
use serde_json::value::RawValue;

use super::{
    answer::{WireAnswer, WireChoice, count, created, finish, number},
    error::{answer_error, bare_error, decode_error},
    said::{CallPiece, Piece, pieces},
    sources::sources,
};
use crate::{
    conversation::{
        CallKind, Delta, Event, Finish, FinishReason, MediaKind, PartKind, Reasoning, Text, Usage,
    },
    error::{ApiError, ErrorKind},
    protocol::{
        call_id::call_id,
        json::{Raw, Word, from_str, repair_surrogates},
    },
};

/// Turns the data of chat's SSE events into events of the conversation.
///
/// Chat has no beginnings and ends of parts: a part ends where another kind of it begins, and a
/// call's arguments are complete when their JSON is. The finish is told at the very end, since
/// chunks with text can follow the one that names the reason. A stream that ends with `[DONE]` or
/// after a finish reason is complete; any other was cut.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    state: State,
    /// What the ids of calls without one are made from.
    seed: String,
    next_call: u32,
    next_part: u32,
    choices: BTreeMap<u32, OpenChoice>,
    usage: Usage,
    tier: Option<String>,
    sources: Sources,
}

/// Sources of the answer as a whole, as the last chunk said them.
#[derive(Debug, Default)]
struct Sources {
    citations: Option<Box<RawValue>>,
    results: Option<Box<RawValue>>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Waiting,
    Open,
    Complete,
    Failed,
}

#[derive(Debug, Default)]
struct OpenChoice {
    /// The text, reasoning or refusal that is open.
    open: Option<(u32, Kind)>,
    calls: Vec<OpenCall>,
    spoke: bool,
    cited: bool,
    finish: Option<Finish<'static>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Text,
    Refusal,
    /// With the provider's index of the block, where it has one.
    Reasoning(Option<String>),
}

/// A call whose end was not seen, or that was.
#[derive(Debug)]
struct OpenCall {
    index: Option<u64>,
    id: String,
    name: String,
    kind: CallKind,
    signature: Option<String>,
    /// Its part; none until the name is known, and arguments are held until then.
    part: Option<u32>,
    held: String,
    json: Balance,
    closed: bool,
}

/// Follows JSON text to see where its outermost value ends.
#[derive(Debug, Default)]
struct Balance {
    depth: u32,
    begun: bool,
    in_string: bool,
    escaped: bool,
}

impl Balance {
    fn push(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => {
                    self.depth += 1;
                    self.begun = true;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.begun && self.depth == 0 && !self.in_string
    }

    /// Whether it has begun and is to go on.
    fn is_open(&self) -> bool {
        self.begun && !self.is_complete()
    }
}

impl StreamDecoder {
    /// A decoder at the beginning of a stream. Calls without an id are named after `seed`.
    pub fn new(seed: &str) -> Self {
        Self { seed: seed.to_owned(), ..Self::default() }
    }

    /// Whether the answer is complete: `[DONE]` was said.
    pub fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Takes the data of one SSE event.
    pub fn push(&mut self, data: &[u8], sink: &mut impl FnMut(Event<'_>)) {
        let data = data.trim_ascii();
        if matches!(self.state, State::Complete | State::Failed) || data.is_empty() {
            return;
        }
        if data == b"[DONE]" {
            return self.done(sink);
        }
        let Ok(text) = std::str::from_utf8(data) else { return self.garbled(sink) };
        if let Ok(chunk) = from_str(text) {
            return self.take(chunk, text, sink);
        }
        let Some(repaired) = repair_surrogates(text) else { return self.garbled(sink) };
        match from_str(&repaired) {
            Ok(chunk) => self.take(chunk, &repaired, sink),
            Err(_) => self.garbled(sink),
        }
    }

    /// Takes the data of an SSE event whose name says that it is an error, in whatever form.
    pub fn error(&mut self, data: &[u8], sink: &mut impl FnMut(Event<'_>)) {
        self.push(data, sink);
        if !matches!(self.state, State::Complete | State::Failed) {
            self.fail(decode_error(StatusCode::BAD_GATEWAY, data), sink);
        }
    }

    /// The upstream has ended.
    pub fn finish(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        match self.state {
            State::Complete | State::Failed => {}
            State::Open if self.choices.values().any(|choice| choice.finish.is_some()) => self.done(sink),
            _ => {
                let error = ApiError::new(
                    ErrorKind::Upstream,
                    "The provider's stream ended in the middle of the answer.",
                );
                self.fail(error.with_code("stream_cut"), sink);
            }
        }
    }

    fn take(&mut self, chunk: WireAnswer<'_>, json: &str, sink: &mut impl FnMut(Event<'_>)) {
        if chunk.choices.is_none()
            && chunk.error.is_none()
            && let Some(error) = bare_error(json)
        {
            return self.fail(error, sink);
        }
        let mut choices = chunk.choices.unwrap_or_default().0;
        number(&mut choices);
        if let Some(error) = chunk.error.or_else(|| choices.iter().find_map(|choice| choice.error)) {
            return self.fail(answer_error(error), sink);
        }
        let id = Word::text(chunk.id);
        // Azure's first chunk has neither id nor choices, and is not the start yet.
        if self.state == State::Waiting && (id.is_some() || !choices.is_empty()) {
            self.state = State::Open;
            let (model, created) = (Word::text(chunk.model), created(chunk.created));
            sink(Event::Start { id, model, created, usage: self.usage });
        }
        self.sources.take(chunk.citations, chunk.search_results);
        let before = self.usage;
        let usages = [chunk.x_groq.and_then(|groq| groq.usage), chunk.usage];
        let mut tier = Word::text(chunk.service_tier);
        for json in choices.iter().map(|choice| choice.usage).chain(usages).flatten() {
            tier = tier.or(count(&mut self.usage, json));
        }
        self.tell_tier(tier, sink);
        for (place, choice) in choices.into_iter().enumerate() {
            self.choice(choice, place as u32, sink);
        }
        if self.usage != before && self.state == State::Open {
            sink(Event::Usage(self.usage));
        }
    }

    /// Tells which tier serves the answer, where that is new.
    fn tell_tier(&mut self, tier: Option<Text<'_>>, sink: &mut impl FnMut(Event<'_>)) {
        if let Some(tier) = tier.filter(|tier| self.tier.as_deref() != Some(&**tier))
            && self.state == State::Open
        {
            self.tier = Some(tier.clone().into_owned());
            sink(Event::ServiceTier(tier));
        }
    }

    fn choice(&mut self, wire: WireChoice<'_>, place: u32, sink: &mut impl FnMut(Event<'_>)) {
        let number = wire.index.and_then(|index| index.0).map_or(place, |index| index as u32);
        let choice = self.choices.entry(number).or_default();
        let mut parts = Parts {
            choice: number,
            next: &mut self.next_part,
            next_call: &mut self.next_call,
            seed: &self.seed,
        };
        // Some servers repeat the whole message beside the delta; it counts where it stands alone.
        let said = match (wire.delta, wire.message) {
            (Some(delta), _) => delta,
            (None, Some(message)) if !choice.spoke => message,
            _ => Default::default(),
        };
        for piece in pieces(said) {
            choice.spoke = true;
            choice.say(piece, &mut parts, sink);
        }
        if let Some(json) = wire.logprobs {
            sink(Event::Logprobs { choice: number, json: Cow::Borrowed(json) });
        }
        let calls = !choice.calls.is_empty();
        let stop = wire.stop_reason.or(wire.matched_stop);
        let told = finish(wire.finish_reason, wire.native_finish_reason, stop, calls);
        if told.raw.is_some() {
            choice.finish = Some(told.into_owned());
        }
    }

    fn done(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        if self.choices.is_empty() {
            let error =
                ApiError::new(ErrorKind::Upstream, "The provider's stream ended before the answer began.");
            return self.fail(error.with_code("stream_cut"), sink);
        }
        self.state = State::Complete;
        if let Some(choice) = self.choices.values().next() {
            self.sources.tell(choice, sink);
        }
        self.close_all(sink);
        for (number, choice) in std::mem::take(&mut self.choices) {
            let mut finish =
                choice.finish.unwrap_or(Finish { reason: FinishReason::Unknown, ..Finish::default() });
            if !choice.calls.is_empty() && matches!(finish.reason, FinishReason::Stop | FinishReason::Unknown)
            {
                finish.reason = FinishReason::ToolCalls;
            }
            sink(Event::Finish { choice: number, finish });
        }
    }

    /// Ends every part of every choice.
    fn close_all(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        for (number, choice) in &mut self.choices {
            let mut parts = Parts {
                choice: *number,
                next: &mut self.next_part,
                next_call: &mut self.next_call,
                seed: &self.seed,
            };
            choice.close_all(&mut parts, sink);
        }
    }

    fn garbled(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        let message = "The provider's stream holds an event that cannot be read.";
        self.fail(ApiError::new(ErrorKind::Upstream, message).with_code("stream_unreadable"), sink);
    }

    fn fail(&mut self, error: ApiError, sink: &mut impl FnMut(Event<'_>)) {
        self.close_all(sink);
        self.state = State::Failed;
        sink(Event::Error(Box::new(error)));
    }
}

impl Sources {
    fn take(&mut self, citations: Option<Raw<'_>>, results: Option<Raw<'_>>) {
        for (place, said) in [(&mut self.citations, citations), (&mut self.results, results)] {
            if let Some(said) = said.filter(|said| place.as_ref().is_none_or(|old| old.get() != said.get())) {
                *place = Some(said.to_owned());
            }
        }
    }

    /// Tells them of the text that is open, where no text of the choice has its own.
    fn tell(&self, choice: &OpenChoice, sink: &mut impl FnMut(Event<'_>)) {
        if let Some((part, Kind::Text)) = choice.open
            && !choice.cited
        {
            for citation in sources(self.citations.as_deref(), self.results.as_deref()) {
                sink(Event::Delta { part, delta: Delta::Citation(citation) });
            }
        }
    }
}

/// Gives parts their numbers, and calls their ids.
struct Parts<'d> {
    choice: u32,
    next: &'d mut u32,
    next_call: &'d mut u32,
    seed: &'d str,
}

impl Parts<'_> {
    fn start(&mut self, kind: PartKind<'_>, sink: &mut impl FnMut(Event<'_>)) -> u32 {
        let part = *self.next;
        *self.next += 1;
        sink(Event::PartStart { part, choice: self.choice, kind });
        part
    }
}

impl OpenChoice {
    fn say(&mut self, piece: Piece<'_>, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        match piece {
            Piece::Text(text) => {
                let part = self.part(Kind::Text, || PartKind::Text, parts, sink);
                sink(Event::Delta { part, delta: Delta::Text(text) });
            }
            Piece::Refusal(text) => {
                let part = self.part(Kind::Refusal, || PartKind::Refusal, parts, sink);
                sink(Event::Delta { part, delta: Delta::Text(text) });
            }
            Piece::Citation(citation) => {
                self.cited = true;
                let part = self.part(Kind::Text, || PartKind::Text, parts, sink);
                sink(Event::Delta { part, delta: Delta::Citation(citation) });
            }
            Piece::Media(media) => {
                // What is said in sound goes on in its transcript.
                if media.kind != MediaKind::Audio {
                    self.close_said(sink);
                }
                let part = parts.start(PartKind::Media(media), sink);
                sink(Event::PartEnd { part });
            }
            Piece::Reasoning(reasoning) => self.reason(reasoning, parts, sink),
            Piece::Call(call) => self.call(call, parts, sink),
        }
    }

    /// The open part of this kind; others end where it begins.
    fn part<'k>(
        &mut self,
        kind: Kind,
        start: impl FnOnce() -> PartKind<'k>,
        parts: &mut Parts<'_>,
        sink: &mut impl FnMut(Event<'_>),
    ) -> u32 {
        if let Some((part, open)) = &self.open
            && *open == kind
        {
            return *part;
        }
        self.close_said(sink);
        self.close_calls(sink);
        let part = parts.start(start(), sink);
        self.open = Some((part, kind));
        part
    }

    fn reason(&mut self, reasoning: Reasoning<'_>, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        let Reasoning { text, summary, signature, opaque, id, format, extra } = reasoning;
        if let Some(data) = opaque {
            self.close_said(sink);
            let part = parts.start(PartKind::OpaqueReasoning { data, id, format }, sink);
            return sink(Event::PartEnd { part });
        }
        let index = extra.iter().find(|(key, _)| key == "index").map(|(_, index)| index.get().to_owned());
        let part = self.part(Kind::Reasoning(index), || PartKind::Reasoning { summary, format }, parts, sink);
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            sink(Event::Delta { part, delta: Delta::Text(text) });
        }
        if let Some(signature) = signature {
            sink(Event::Delta { part, delta: Delta::Signature(signature) });
        }
    }

    /// A call, or more of one. Pieces belong together by their index; one at the same index that has
    /// another id and names a tool is a new call (some servers number all of them 0), and a piece
    /// with neither is more of the last, unless it names a tool of its own.
    fn call(&mut self, piece: CallPiece<'_>, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        let latest = || self.calls.len().checked_sub(piece.back).filter(|_| piece.index.is_none());
        let known = match piece.index {
            Some(_) => self.calls.iter().rposition(|call| call.index == piece.index),
            None if piece.id.is_empty() => None,
            None => self.calls.iter().rposition(|call| call.id == piece.id),
        };
        let place = match piece.id.is_empty() || piece.name.is_empty() {
            true => known.or_else(latest),
            false => known,
        };
        // Some servers go on saying nothing after a call is complete.
        let old = place.and_then(|place| self.calls.get(place));
        if old.is_some_and(|call| call.closed && piece.name.is_empty()) && piece.arguments.trim().is_empty() {
            return;
        }
        let another = |call: &OpenCall| match piece.id.is_empty() {
            false => call.is_before(&piece),
            true => call.is_followed_by(&piece),
        };
        let place =
            place.filter(|place| self.calls.get(*place).is_some_and(|call| !another(call) && !call.closed));
        let place = place.unwrap_or_else(|| {
            self.close_said(sink);
            self.close_calls(sink);
            self.calls.push(OpenCall {
                index: piece.index,
                id: String::new(),
                name: String::new(),
                kind: piece.kind,
                signature: None,
                part: None,
                held: String::new(),
                json: Balance::default(),
                closed: false,
            });
            self.calls.len() - 1
        });
        let Some(call) = self.calls.get_mut(place) else { return };
        if call.id.is_empty() {
            call.id = piece.id.into_owned();
        }
        if call.part.is_none() {
            call.name.push_str(&piece.name);
        }
        if let Some(signature) = piece.signature {
            call.signature = Some(signature.into_owned());
        }
        call.json.push(&piece.arguments);
        if call.part.is_none() && !call.name.is_empty() {
            call.begin(parts, sink);
        }
        call.argue(piece.arguments, sink);
    }

    fn close_said(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        if let Some((part, _)) = self.open.take() {
            sink(Event::PartEnd { part });
        }
    }

    /// Ends the calls whose arguments are complete.
    fn close_calls(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        for call in self.calls.iter_mut().filter(|call| !call.closed && call.json.is_complete()) {
            call.close(sink);
        }
    }

    fn close_all(&mut self, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        self.close_said(sink);
        for call in self.calls.iter_mut().filter(|call| !call.closed) {
            if call.part.is_none() {
                call.begin(parts, sink);
            }
            call.close(sink);
        }
    }
}

impl OpenCall {
    /// Whether a piece with an id is another call. Some servers make up a new id for each piece of a
    /// call (older ones of vLLM, Poolside), and some say the tool's name again with each.
    fn is_before(&self, piece: &CallPiece<'_>) -> bool {
        let goes_on = piece.name.is_empty() || piece.name == self.name && self.json.is_open();
        !self.id.is_empty() && self.id != piece.id && !goes_on
    }

    /// Whether a piece without an id is another call: it names another tool, or the same again with
    /// arguments where these are complete.
    fn is_followed_by(&self, piece: &CallPiece<'_>) -> bool {
        let named = !piece.name.is_empty() && !self.name.is_empty();
        named && (piece.name != self.name || (self.json.is_complete() && !piece.arguments.trim().is_empty()))
    }

    fn begin(&mut self, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        if self.id.is_empty() {
            self.id = call_id(parts.seed, *parts.next_call);
        }
        *parts.next_call += 1;
        let kind = PartKind::ToolCall {
            id: Cow::Borrowed(&self.id),
            name: Cow::Borrowed(&self.name),
            kind: self.kind,
            signature: self.signature.as_deref().map(Cow::Borrowed),
        };
        self.part = Some(parts.start(kind, sink));
        let held = std::mem::take(&mut self.held);
        self.argue(Cow::Owned(held), sink);
    }

    fn argue(&mut self, arguments: Text<'_>, sink: &mut impl FnMut(Event<'_>)) {
        match self.part {
            _ if arguments.is_empty() => {}
            Some(part) => sink(Event::Delta { part, delta: Delta::Arguments(arguments) }),
            None => self.held.push_str(&arguments),
        }
    }

    fn close(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        self.closed = true;
        if let Some(part) = self.part {
            sink(Event::PartEnd { part });
        }
    }
}
