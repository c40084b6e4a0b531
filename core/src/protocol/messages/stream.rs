//! A streamed answer: Anthropic's events to the conversation's.

use std::borrow::Cow;

use super::{
    compaction::{self, Compaction},
    error::answer_error,
    response::{WireAnswer, WireStopDetails, decode_block, decode_citation, finish},
    usage::{Tally, WireUsage},
};
use crate::{
    conversation::{CallKind, Delta, Event, Finish, Part, PartKind, Usage},
    error::{ApiError, ErrorKind},
    protocol::json::{Count, Malformed, Maybe, Raw, Word, from_str, repair_surrogates, wire_object},
};

wire_object! {
    struct WireEvent<'a> {
        kind: Word<'a> = "type",
        index: Count = "index",
        message: Raw<'a> = "message",
        content_block: Raw<'a> = "content_block",
        delta: WireDelta<'a> = "delta",
        usage: Maybe<WireUsage<'a>> = "usage",
    }

    struct WireDelta<'a> {
        kind: Word<'a> = "type",
        text: Word<'a> = "text",
        partial_json: Word<'a> = "partial_json",
        thinking: Word<'a> = "thinking",
        signature: Word<'a> = "signature",
        content: Word<'a> = "content",
        encrypted_content: Word<'a> = "encrypted_content",
        citation: Raw<'a> = "citation",
        stop_reason: Word<'a> = "stop_reason",
        stop_sequence: Word<'a> = "stop_sequence",
        stop_details: Maybe<WireStopDetails<'a>> = "stop_details",
    }
}

/// Turns the data of Anthropic's SSE events into events of the conversation.
///
/// Blocks, deltas and events of unknown types are skipped. What ends without `message_stop` or a
/// stop reason is reported as cut; a second answer that begins inside an open one (proxies that
/// retry in the middle do that) is an error too, because the first one can no longer be completed;
/// one that begins after the first was complete is a further answer.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    state: State,
    /// The id of the answer that is open.
    message: Option<String>,
    open: Vec<OpenBlock>,
    waiting: Option<Waiting>,
    next_part: u32,
    tally: Tally,
    tier: Option<String>,
    finish: Option<Finish<'static>>,
}

/// The format of the reasoning that this wire brings.
const ANTHROPIC: Option<Cow<'static, str>> = Some(Cow::Borrowed(crate::protocol::chat::ANTHROPIC_FORMAT));

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    /// No answer has begun.
    #[default]
    Waiting,
    /// An answer is open.
    Open,
    /// An answer is complete; another one may follow.
    Complete,
    /// The stream has failed.
    Failed,
}

#[derive(Debug)]
struct OpenBlock {
    /// Anthropic's index; they begin again at 0 in each answer.
    index: u64,
    /// The part it is to the conversation.
    part: u32,
    /// The input of a tool call that has not come in pieces so far.
    input: Option<String>,
}

/// A block that is told when it is whole.
#[derive(Debug)]
struct Waiting {
    index: u64,
    block: Compaction,
}

impl StreamDecoder {
    /// A decoder at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the answer is complete: the upstream has no more to say, as far as one can tell.
    pub fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Takes the data of one SSE event.
    pub fn push(&mut self, data: &[u8], sink: &mut impl FnMut(Event<'_>)) {
        if self.state == State::Failed || data.is_empty() || data == b"[DONE]" {
            return;
        }
        let Ok(text) = std::str::from_utf8(data) else { return self.garbled(sink) };
        // Blocks are read after the event that holds them: either may be what cannot be read.
        let result = from_str(text).and_then(|event| self.take(event, data, sink));
        let result = result.or_else(|malformed| match repair_surrogates(text) {
            Some(repaired) => {
                from_str(&repaired).and_then(|event| self.take(event, repaired.as_bytes(), sink))
            }
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
            State::Open if self.finish.is_some() => self.complete(sink),
            State::Open => self.fail(cut("The provider's stream ended in the middle of the answer."), sink),
            State::Waiting => self.fail(cut("The provider's stream ended before the answer began."), sink),
        }
    }

    fn take(
        &mut self,
        event: WireEvent<'_>,
        data: &[u8],
        sink: &mut impl FnMut(Event<'_>),
    ) -> Result<(), Malformed> {
        let index = event.index.unwrap_or_default().0;
        let kind = event.kind.as_ref().and_then(|kind| kind.0.as_deref());
        match self.state {
            State::Open => {}
            // What was complete stays so; only a further answer counts.
            State::Complete | State::Failed if kind != Some("message_start") => return Ok(()),
            State::Complete | State::Failed => {}
            State::Waiting => match kind {
                Some("message_start" | "error") => {}
                // Content without the answer's start: what it says is not lost for that.
                Some("content_block_start" | "content_block_delta") => {
                    self.state = State::Open;
                    sink(Event::Start { id: None, model: None, created: None, usage: Usage::default() });
                }
                _ => return Ok(()),
            },
        }
        match kind {
            Some("content_block_delta") => {
                if let Some(delta) = event.delta {
                    self.delta(index, delta, sink);
                }
            }
            Some("content_block_start") => {
                if let Some(block) = event.content_block {
                    self.close(index, sink);
                    self.block(index, block, sink)?;
                }
            }
            Some("content_block_stop") => self.close(index, sink),
            Some("message_start") => {
                if let Some(message) = event.message {
                    self.start(message, sink)?;
                }
            }
            Some("message_delta") => {
                if let Some(delta) = event.delta.filter(|delta| delta.stop_reason.is_some()) {
                    self.finish =
                        Some(finish(delta.stop_reason, delta.stop_sequence, delta.stop_details).into_owned());
                }
                self.count(event.usage, sink);
            }
            Some("message_stop") => self.complete(sink),
            Some("error") => self.fail(answer_error(data), sink),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, message: Raw<'_>, sink: &mut impl FnMut(Event<'_>)) -> Result<(), Malformed> {
        let answer: WireAnswer<'_> = from_str(message.get())?;
        let id = Word::text(answer.id);
        if self.state == State::Open {
            // Some compatible servers say the start of the same answer twice.
            if id.as_deref() != self.message.as_deref() {
                self.fail(cut("The provider began another answer before this one was complete."), sink);
            }
            return Ok(());
        }
        self.state = State::Open;
        self.message = id.as_deref().map(str::to_owned);
        self.tally = Tally::default();
        self.finish = None;
        let usage = Maybe::value(answer.usage);
        if let Some(usage) = &usage {
            self.tally.update(usage);
        }
        let model = Word::text(answer.model);
        sink(Event::Start { id, model, created: None, usage: self.tally.usage() });
        self.tier = None;
        if let Some(usage) = usage {
            self.tell_tier(usage.service_tier, sink);
            sink(Event::Usage(self.tally.usage()));
        }
        self.tell_tier(answer.service_tier, sink);
        // Normally empty; the calls of programmatic tool calling come whole in here.
        for (index, block) in answer.content.unwrap_or_default().0.into_iter().enumerate() {
            self.block(index as u64, block, sink)?;
            self.close(index as u64, sink);
        }
        if answer.stop_reason.is_some() {
            self.finish =
                Some(finish(answer.stop_reason, answer.stop_sequence, answer.stop_details).into_owned());
        }
        Ok(())
    }

    /// A block begins; what it holds already is handed on at once.
    fn block(
        &mut self,
        index: u64,
        json: Raw<'_>,
        sink: &mut impl FnMut(Event<'_>),
    ) -> Result<(), Malformed> {
        let mut input = None;
        match decode_block(json)? {
            Part::Text(text) => {
                let part = self.open(index, PartKind::Text, sink);
                if !text.text.is_empty() {
                    sink(Event::Delta { part, delta: Delta::Text(text.text) });
                }
                for citation in text.citations {
                    sink(Event::Delta { part, delta: Delta::Citation(citation) });
                }
            }
            Part::Reasoning(reasoning) => match (reasoning.opaque, reasoning.text) {
                (Some(data), _) => {
                    let kind = PartKind::OpaqueReasoning { data, id: None, format: reasoning.format };
                    self.open(index, kind, sink);
                }
                (None, text) => {
                    let part =
                        self.open(index, PartKind::Reasoning { summary: false, format: ANTHROPIC }, sink);
                    if let Some(text) = text.filter(|text| !text.is_empty()) {
                        sink(Event::Delta { part, delta: Delta::Text(text) });
                    }
                    if let Some(signature) = reasoning.signature {
                        sink(Event::Delta { part, delta: Delta::Signature(signature) });
                    }
                }
            },
            Part::ToolCall(call) => {
                input = Some(call.arguments.into_owned());
                let kind = PartKind::ToolCall {
                    id: call.id,
                    name: call.name,
                    kind: CallKind::Function,
                    signature: None,
                };
                self.open(index, kind, sink);
            }
            Part::Provider { kind, .. } if kind == compaction::KIND => {
                self.tell_waiting(sink);
                self.waiting = Some(Waiting { index, block: Compaction::begin(json) });
                return Ok(());
            }
            Part::Provider { kind, json } => {
                self.open(index, PartKind::Provider { kind, json }, sink);
            }
            Part::Media(_) | Part::Refusal(_) | Part::ToolResult(_) => return Ok(()),
        }
        if let Some(block) = self.open.last_mut() {
            block.input = input;
        }
        Ok(())
    }

    fn open(&mut self, index: u64, kind: PartKind<'_>, sink: &mut impl FnMut(Event<'_>)) -> u32 {
        let part = self.next_part;
        self.next_part += 1;
        self.open.push(OpenBlock { index, part, input: None });
        sink(Event::PartStart { part, choice: 0, kind });
        part
    }

    fn delta(&mut self, index: u64, delta: WireDelta<'_>, sink: &mut impl FnMut(Event<'_>)) {
        if let Some(waiting) = self.waiting.as_mut().filter(|waiting| waiting.index == index) {
            return waiting.block.add(&delta);
        }
        let part = match self.open.iter_mut().find(|block| block.index == index) {
            Some(block) => {
                if delta
                    .partial_json
                    .as_ref()
                    .is_some_and(|json| json.0.as_deref().is_some_and(|json| !json.is_empty()))
                {
                    block.input = None;
                }
                block.part
            }
            // A delta without its start: what it says is not lost for that.
            None if delta.text.is_some() => self.open(index, PartKind::Text, sink),
            None if delta.thinking.is_some() => {
                self.open(index, PartKind::Reasoning { summary: false, format: ANTHROPIC }, sink)
            }
            None => return,
        };
        let text = Word::text(delta.text).or(Word::text(delta.thinking)).map(Delta::Text);
        let arguments = Word::text(delta.partial_json).map(Delta::Arguments);
        let signature = Word::text(delta.signature).map(Delta::Signature);
        for delta in [text, arguments, signature].into_iter().flatten() {
            sink(Event::Delta { part, delta });
        }
        if let Some(citation) = delta.citation {
            sink(Event::Delta { part, delta: Delta::Citation(decode_citation(citation)) });
        }
    }

    /// A block is complete. A call whose input came whole, or not at all, has it said now.
    fn close(&mut self, index: u64, sink: &mut impl FnMut(Event<'_>)) {
        if self.waiting.as_ref().is_some_and(|waiting| waiting.index == index) {
            return self.tell_waiting(sink);
        }
        let Some(place) = self.open.iter().position(|block| block.index == index) else { return };
        let block = self.open.remove(place);
        end(block, sink);
    }

    fn tell_waiting(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        let Some(Waiting { index, block }) = self.waiting.take() else { return };
        let Some(json) = block.json() else { return };
        let kind = Cow::Borrowed(compaction::KIND);
        self.open(index, PartKind::Provider { kind, json }, sink);
        self.close(index, sink);
    }

    fn count(&mut self, usage: Option<Maybe<WireUsage<'_>>>, sink: &mut impl FnMut(Event<'_>)) {
        if let Some(usage) = Maybe::value(usage) {
            self.tally.update(&usage);
            self.tell_tier(usage.service_tier, sink);
            sink(Event::Usage(self.tally.usage()));
        }
    }

    /// Tells which tier serves the answer, where that is new.
    fn tell_tier(&mut self, tier: Option<Word<'_>>, sink: &mut impl FnMut(Event<'_>)) {
        if let Some(tier) = Word::text(tier).filter(|tier| self.tier.as_deref() != Some(&**tier)) {
            self.tier = Some(tier.clone().into_owned());
            sink(Event::ServiceTier(tier));
        }
    }

    fn complete(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        self.tell_waiting(sink);
        self.open.drain(..).for_each(|block| end(block, sink));
        match self.finish.take() {
            Some(finish) => {
                self.state = State::Complete;
                sink(Event::Finish { choice: 0, finish });
            }
            None => self.fail(cut("The provider's stream ended without saying why."), sink),
        }
    }

    /// An event cannot be read: what it said is lost, so the answer is not whole.
    fn garbled(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        if self.state != State::Complete {
            let message = "The provider's stream holds an event that cannot be read.";
            let error = ApiError::new(ErrorKind::Upstream, message).with_code("stream_unreadable");
            self.fail(error, sink);
        }
    }

    fn fail(&mut self, error: ApiError, sink: &mut impl FnMut(Event<'_>)) {
        for block in self.open.drain(..) {
            sink(Event::PartEnd { part: block.part });
        }
        self.state = State::Failed;
        sink(Event::Error(Box::new(error)));
    }
}

fn end(block: OpenBlock, sink: &mut impl FnMut(Event<'_>)) {
    let part = block.part;
    if let Some(input) = block.input {
        sink(Event::Delta { part, delta: Delta::Arguments(Cow::Owned(input)) });
    }
    sink(Event::PartEnd { part });
}

fn cut(message: &str) -> ApiError {
    ApiError::new(ErrorKind::Upstream, message).with_code("stream_cut")
}
