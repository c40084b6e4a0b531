//! A streamed answer of a provider of the chat wire: chunks to events of the conversation.

use std::{borrow::Cow, collections::BTreeMap};

use http::StatusCode;
use serde_json::value::RawValue;

use super::{
    answer::{WireAnswer, WireChoice, count, created, finish, number},
    choice::OpenChoice,
    error::{answer_error, bare_error, decode_error},
    said::pieces,
    sources::{LISTS, lists, sources},
};
use crate::{
    conversation::{Delta, Event, Finish, FinishReason, Text, Usage},
    error::{ApiError, ErrorKind},
    protocol::{
        json::{Raw, Word, from_str, repair_surrogates},
        parts::Parts,
        repeat::Varying,
    },
};

/// What no two chunks have in common, beside what they say ("Chat Completions", `include_obfuscation`).
pub(in crate::protocol) const VARYING: Varying = Varying::Padding("\"obfuscation\":");

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
    lists: [Option<Box<RawValue>>; LISTS],
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Waiting,
    Open,
    Complete,
    Failed,
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
        number(&mut choices, chunk.object);
        let groq = chunk.x_groq.unwrap_or_default();
        let failed = chunk.error.or(groq.error).or_else(|| choices.iter().find_map(|choice| choice.error));
        let id = Word::text(chunk.id);
        // Azure's first chunk has neither id nor choices, and is not the start yet.
        let named = id.is_some()
            && chunk.model.as_ref().is_some_and(|model| !model.0.as_deref().unwrap_or_default().is_empty());
        if self.state == State::Waiting && failed.is_none() && (named || !choices.is_empty()) {
            self.state = State::Open;
            let (model, created) = (Word::text(chunk.model), created(chunk.created));
            sink(Event::Start { id, model, created, usage: self.usage });
        }
        self.sources.take(lists(chunk.search_results, chunk.venice, chunk.citations));
        let before = self.usage;
        let usages = [groq.usage, chunk.usage];
        let mut tier = Word::text(chunk.service_tier);
        for json in choices.iter().map(|choice| choice.usage).chain(usages).flatten() {
            tier = tier.or(count(&mut self.usage, json));
        }
        self.tell_tier(tier, sink);
        if let Some(error) = failed {
            // What it took is said in the chunk that says why it failed (OpenRouter).
            self.tell_usage(before, sink);
            return self.fail(answer_error(error), sink);
        }
        for (place, choice) in choices.into_iter().enumerate() {
            self.choice(choice, place as u32, sink);
        }
        self.tell_usage(before, sink);
    }

    fn tell_usage(&self, before: Usage, sink: &mut impl FnMut(Event<'_>)) {
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
        let calls = choice.calls();
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
            let calls = choice.calls();
            let mut finish =
                choice.finish.unwrap_or(Finish { reason: FinishReason::Unknown, ..Finish::default() });
            if calls && matches!(finish.reason, FinishReason::Stop | FinishReason::Unknown) {
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
    fn take(&mut self, lists: [Option<Raw<'_>>; LISTS]) {
        for (place, said) in self.lists.iter_mut().zip(lists) {
            if let Some(said) = said.filter(|said| place.as_ref().is_none_or(|old| old.get() != said.get())) {
                *place = Some(said.to_owned());
            }
        }
    }

    /// Tells them of the text that is open, where no text of the choice has its own.
    fn tell(&self, choice: &OpenChoice, sink: &mut impl FnMut(Event<'_>)) {
        if let Some(part) = choice.uncited_text() {
            for citation in sources(self.lists.each_ref().map(Option::as_deref)) {
                sink(Event::Delta { part, delta: Delta::Citation(citation) });
            }
        }
    }
}
