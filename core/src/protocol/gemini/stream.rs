//! A streamed answer: Gemini's chunks to events of the conversation.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    answer::{WireAnswer, created},
    choice::{OpenChoice, Said, said_by},
    error::answer_error,
    finish::{after_calls, refused},
    usage::WireUsage,
};
use crate::{
    conversation::{Delta, Event, Text, Usage},
    error::{ApiError, ErrorKind},
    protocol::{
        json::{List, Malformed, Word, from_str, repair_surrogates},
        parts::Parts,
        repeat::{New, Varying},
    },
};

/// What no two events of a stream have in common, beside what they say.
pub(in crate::protocol) const VARYING: Varying = Varying::Counts("\"usageMetadata\":");

/// Turns the data of Gemini's SSE events into events of the conversation.
///
/// Gemini's streams have no last word: what was finished when the stream ends is complete, and
/// what was not was cut. A finish is told at the end, since chunks with more can follow the one
/// that names the reason (code that is run on Google's side, counts of tokens). The start is told
/// with the first thing that is said, so that a prompt or a request that is refused at once is no
/// answer that begins.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    state: State,
    /// What the ids of calls without one are made from.
    seed: String,
    head: Head,
    next_part: u32,
    next_call: u32,
    choices: BTreeMap<u32, OpenChoice>,
    usage: Usage,
    /// Whether the counts as they are were told.
    usage_told: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Waiting,
    Open,
    Complete,
    Failed,
}

/// What the chunks say of the answer as a whole.
#[derive(Debug, Default)]
struct Head {
    id: Option<String>,
    model: Option<String>,
    created: Option<u64>,
    tier: Option<String>,
    tier_told: bool,
}

impl Head {
    /// Takes what a chunk says; what was said first stays.
    fn take(&mut self, id: Option<Text<'_>>, model: Option<Text<'_>>, created: Option<u64>) {
        self.id = self.id.take().or_else(|| id.map(Cow::into_owned));
        self.model = self.model.take().or_else(|| model.map(Cow::into_owned));
        self.created = self.created.or(created);
    }
}

impl StreamDecoder {
    /// A decoder at the beginning of a stream. Calls without an id are named after `seed`.
    pub fn new(seed: &str) -> Self {
        Self { seed: seed.to_owned(), ..Self::default() }
    }

    /// Whether the answer is complete, as far as one can tell: every candidate has said something and
    /// why it ended.
    pub fn is_complete(&self) -> bool {
        match self.state {
            State::Complete => true,
            State::Open => self.is_finished() && self.choices.values().all(OpenChoice::is_over),
            State::Waiting | State::Failed => false,
        }
    }

    /// Takes the data of one SSE event.
    pub fn push(&mut self, data: &[u8], sink: &mut impl FnMut(Event<'_>)) {
        if matches!(self.state, State::Complete | State::Failed) {
            return;
        }
        let data = data.trim_ascii();
        if data.is_empty() || data == b"[DONE]" {
            return;
        }
        let Ok(text) = std::str::from_utf8(data) else { return self.garbled(sink) };
        // What cannot be read is met before anything of the chunk is told.
        let result = self.read(text, sink);
        let result = result.or_else(|malformed| match repair_surrogates(text) {
            Some(repaired) => self.read(&repaired, sink),
            None => Err(malformed),
        });
        if result.is_err() {
            self.garbled(sink);
        }
    }

    /// The upstream has ended.
    pub fn finish(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        match self.state {
            State::Complete | State::Failed => {}
            State::Open if self.is_finished() => {
                self.end(sink);
                self.state = State::Complete;
            }
            State::Open => self.fail(cut("The provider's stream ended in the middle of the answer."), sink),
            State::Waiting => self.fail(cut("The provider's stream ended before the answer began."), sink),
        }
    }

    fn is_finished(&self) -> bool {
        !self.choices.is_empty() && self.choices.values().all(|choice| choice.finish.is_some())
    }

    /// A chunk is an object. Where a stream was not asked for as server-sent events, and in errors of
    /// Vertex AI, it stands in an array.
    fn read(&mut self, text: &str, sink: &mut impl FnMut(Event<'_>)) -> Result<(), Malformed> {
        if !text.starts_with('[') {
            return self.take(from_str(text)?, sink);
        }
        for chunk in from_str::<List<WireAnswer<'_>>>(text)?.0 {
            if self.state == State::Failed {
                break;
            }
            self.take(chunk, sink)?;
        }
        Ok(())
    }

    fn take(&mut self, chunk: WireAnswer<'_>, sink: &mut impl FnMut(Event<'_>)) -> Result<(), Malformed> {
        if let Some(error) = chunk.error {
            self.fail(answer_error(error), sink);
            return Ok(());
        }
        let mut said = Vec::new();
        for (place, candidate) in chunk.candidates.unwrap_or_default().0.into_iter().enumerate() {
            said.push((candidate.number(place), said_by(candidate)?));
        }
        let refused = refused(chunk.feedback).filter(|_| said.is_empty());
        let speaks = refused.is_some() || said.iter().any(|(_, said)| !said.is_empty());
        let id = Word::text(chunk.id);
        let another = id.is_some() && self.head.id.is_some() && id.as_deref() != self.head.id.as_deref();
        if another && speaks && self.state == State::Open && self.is_finished() {
            self.end(sink);
            self.state = State::Waiting;
            self.head = Head::default();
        }
        self.head.take(id, Word::text(chunk.model), created(chunk.created));
        if let Some(usage) = chunk.usage {
            self.report(usage);
        }
        if speaks {
            self.begin(sink);
            for (number, said) in said {
                self.say(number, said, sink);
            }
            if let Some(finish) = refused {
                self.choices.entry(0).or_default().finish = Some(finish.into_owned());
            }
        }
        let searches: u64 = self.choices.values().map(OpenChoice::searches).sum();
        if searches > 0 {
            self.count(Usage { web_searches: Some(searches), ..self.usage });
        }
        self.tell(sink);
        Ok(())
    }

    /// Takes an event that says more of an open part, and is otherwise like the one before it. `false`
    /// where it must be read in full.
    pub(in crate::protocol) fn go_on(&mut self, new: &New<'_>, sink: &mut impl FnMut(Event<'_>)) -> bool {
        let usage = new.counts.map(from_str::<WireUsage<'_>>).transpose();
        let choice = self.choices.values_mut().find(|choice| choice.is_open(new.part));
        let (Some(choice), Ok(usage)) = (choice, usage) else { return false };
        choice.go_on(new.text);
        if let Some(usage) = usage {
            self.report(usage);
        }
        sink(Event::Delta { part: new.part, delta: Delta::Text(Text::Borrowed(new.text)) });
        self.tell(sink);
        true
    }

    /// Each report is of the whole answer so far; one that counts nothing takes nothing back.
    fn report(&mut self, usage: WireUsage<'_>) {
        let counted = usage.usage();
        if !counted.is_empty() {
            self.count(Usage { web_searches: self.usage.web_searches, ..counted });
        }
        self.head.tier = self.head.tier.take().or_else(|| usage.tier().map(Cow::into_owned));
    }

    fn count(&mut self, usage: Usage) {
        self.usage_told &= self.usage == usage;
        self.usage = usage;
    }

    fn begin(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        if self.state == State::Waiting {
            self.state = State::Open;
            let Head { id, model, created, .. } = &self.head;
            let text = |text: &'_ Option<String>| text.clone().map(Cow::Owned);
            sink(Event::Start { id: text(id), model: text(model), created: *created, usage: self.usage });
        }
    }

    fn say(&mut self, number: u32, said: Said<'_>, sink: &mut impl FnMut(Event<'_>)) {
        let Self { choices, next_part, next_call, seed, .. } = self;
        // A candidate that never says anything is none.
        if said.is_empty() && !choices.contains_key(&number) {
            return;
        }
        let mut parts = Parts { choice: number, next: next_part, next_call, seed };
        choices.entry(number).or_default().say(said, &mut parts, sink);
    }

    /// Tells what the counts and the tier are, where they are new.
    fn tell(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        if self.state != State::Open {
            return;
        }
        if let Some(tier) = self.head.tier.as_deref().filter(|_| !self.head.tier_told) {
            sink(Event::ServiceTier(Cow::Borrowed(tier)));
            self.head.tier_told = true;
        }
        if !self.usage_told && !self.usage.is_empty() {
            self.usage_told = true;
            sink(Event::Usage(self.usage));
        }
    }

    /// Ends an answer that is complete.
    fn end(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        let Self { choices, next_part, next_call, seed, .. } = self;
        for (number, choice) in choices.iter_mut() {
            let mut parts = Parts { choice: *number, next: next_part, next_call, seed };
            choice.end(&mut parts, sink);
        }
        for (number, choice) in std::mem::take(&mut self.choices) {
            if let Some(finish) = choice.finish {
                sink(Event::Finish { choice: number, finish: after_calls(finish, choice.calls) });
            }
        }
    }

    fn garbled(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        let message = "The provider's stream holds an event that cannot be read.";
        self.fail(ApiError::new(ErrorKind::Upstream, message).with_code("stream_unreadable"), sink);
    }

    fn fail(&mut self, error: ApiError, sink: &mut impl FnMut(Event<'_>)) {
        for choice in self.choices.values_mut() {
            choice.close(sink);
        }
        self.state = State::Failed;
        sink(Event::Error(Box::new(error)));
    }
}

fn cut(message: &str) -> ApiError {
    ApiError::new(ErrorKind::Upstream, message).with_code("stream_cut")
}
