//! Two wires, with the conversation model between them.
//!
//! A request is decoded from the caller's protocol and encoded for the provider's wire; its answer
//! goes the other way, whole or event by event. What was lost on the way there is named to the
//! caller, and what accounting needs is read from the conversation's own events.

use bytes::{Bytes, BytesMut};
use serde::de::IgnoredAny;

use super::{
    answer_id,
    attempt::Try,
    pipe::{Facts, Out, cut, fail, last_event},
    written::Written,
};
use crate::{
    config::Policy,
    conversation::{Delta, Event, Part, Request, Response, Usage},
    error::{ApiError, ErrorKind},
    frame::sse::{SseEvent, SseFramer},
    model::Model,
    ports::{HttpError, Micros},
    protocol::{
        Encoded, Front, Target,
        codec::{AnswerMeta, StreamDecoder, StreamEncoder},
        fields::Spotter,
    },
    recall::Collector,
};

/// The request in the provider's wire.
///
/// # Errors
/// 400 for what the wire cannot carry.
pub(super) fn request(
    attempt: Try<'_>,
    request: &Request<'_>,
    facts: Option<&Model>,
    policy: &Policy,
) -> Result<Encoded, ApiError> {
    let Try { call, provider, .. } = attempt;
    let target = Target {
        model: &attempt.candidate.model,
        provider: &provider.name,
        front: call.front,
        facts,
        dialect: provider.row.dialect(),
        on_unsupported: policy.on_unsupported,
    };
    provider.row.wire.encode_request(request, &target)
}

/// A whole answer in the caller's protocol.
///
/// # Errors
/// What the provider said was wrong, or that the body is no answer.
pub(super) fn whole(
    attempt: Try<'_>,
    recall: Option<Collector>,
    body: &[u8],
    now: Micros,
    seed: &str,
) -> Result<(Bytes, Facts), ApiError> {
    let front = attempt.call.front;
    let id = answer_id::answer_id(front, seed);
    let answer = attempt.provider.row.wire.read_response(body, seed, |response| {
        let mut answer = front.encode_response(response, &meta(attempt, &id, now));
        let mut lost = Vec::new();
        Spotter::new(attempt.provider.row.wire, front).whole(body, &mut lost);
        name_lost(&mut answer, &lost, uncounted(front, &response.usage));
        let records = recall.map_or(Vec::new(), |collector| collector.response(response));
        (answer.into(), Facts { records, lost, ..facts_of(response) })
    });
    Ok(answer?)
}

/// Names what the answer said and the front cannot, and the counts that are not the provider's, in a
/// member that no protocol has.
fn name_lost(answer: &mut Vec<u8>, lost: &[&str], uncounted: &[&str]) {
    let lists = [("dropped", lost), ("unknown", uncounted)];
    let mut named = lists.into_iter().filter(|(_, names)| !names.is_empty()).peekable();
    if named.peek().is_none() || answer.pop() != Some(b'}') {
        return;
    }
    // Names of the field table hold nothing that JSON escapes.
    let named: Vec<String> =
        named.map(|(list, names)| format!("\"{list}\":[\"{}\"]", names.join("\",\""))).collect();
    answer.extend_from_slice(format!(",\"tollbridge\":{{{}}}}}", named.join(",")).as_bytes());
}

/// The counts that Anthropic's protocol demands and nobody made: they are nought in the answer.
fn uncounted(front: Front, usage: &Usage) -> &'static [&'static str] {
    match (front, usage.input, usage.output) {
        (Front::Chat, ..) | (_, Some(_), Some(_)) => &[],
        (_, None, None) => &["usage"],
        (_, None, _) => &["usage.input_tokens"],
        (_, _, None) => &["usage.output_tokens"],
    }
}

/// What a whole answer says about itself.
pub(super) fn facts_of(response: &Response<'_>) -> Facts {
    let mut written = Written::default();
    if response.usage.output.is_none() {
        let parts = response.choices.iter().flat_map(|choice| &choice.parts);
        parts.for_each(|part| written.add(text_of(part)));
    }
    Facts {
        model: response.model.as_deref().map(str::to_owned),
        usage: response.usage,
        finish: response.choices.first().map(|choice| choice.finish.reason.name().into()),
        begun: true,
        over: true,
        written,
        ..Facts::default()
    }
}

/// What the model wrote in a part.
fn text_of<'p>(part: &'p Part<'_>) -> &'p str {
    match part {
        Part::Text(text) => &text.text,
        Part::ToolCall(call) => &call.arguments,
        Part::Reasoning(reasoning) => reasoning.text.as_deref().unwrap_or_default(),
        Part::Refusal(words) => words,
        _ => "",
    }
}

fn meta<'a>(attempt: Try<'a>, id: &'a str, now: Micros) -> AnswerMeta<'a> {
    let call = attempt.call;
    let functions = call.front == Front::Chat && call.sketch.member("functions").is_some();
    AnswerMeta { id, created: now / 1_000_000, model: &attempt.candidate.model, functions }
}

/// A translated stream.
#[derive(Debug)]
pub(super) struct Translate {
    pub(super) facts: Facts,
    pub(super) front: Front,
    framer: SseFramer,
    decoder: StreamDecoder,
    encoder: StreamEncoder,
    /// Where the next turn may need the state of this one.
    collector: Option<Collector>,
    spotter: Spotter,
}

impl Translate {
    /// A stream at its beginning.
    pub(super) fn new(attempt: Try<'_>, recall: Option<Collector>, now: Micros, seed: &str) -> Self {
        let front = attempt.call.front;
        let id = answer_id::answer_id(front, seed);
        Self {
            facts: Facts::default(),
            front,
            framer: SseFramer::default(),
            decoder: attempt.provider.row.wire.decoder(seed),
            encoder: front.encoder(&meta(attempt, &id, now), attempt.call.usage_asked),
            collector: recall,
            spotter: Spotter::new(attempt.provider.row.wire, front),
        }
    }

    pub(super) fn push(&mut self, chunk: Bytes, out: &mut Out) {
        // The same words take about as much in either protocol.
        let mut frames = BytesMut::with_capacity(chunk.len());
        self.framer.push(chunk);
        while !self.facts.over {
            match self.framer.next() {
                None => break,
                Some(Ok(raw)) => self.event(&raw, &mut frames),
                Some(Err(error)) => {
                    hand_over(frames, out);
                    let error =
                        ApiError::new(ErrorKind::Upstream, format!("The answer is incomplete: {error}."));
                    return fail(&mut self.facts, self.front, error, out);
                }
            }
        }
        hand_over(frames, out);
    }

    pub(super) fn finish(&mut self, failure: Option<HttpError>, out: &mut Out) {
        let mut frames = BytesMut::new();
        if let Some(raw) = last_event(&mut self.framer) {
            self.event(&raw, &mut frames);
        }
        if self.facts.over {
            return hand_over(frames, out);
        }
        if let Some(failure) = failure.filter(|_| !self.facts.complete) {
            hand_over(frames, out);
            self.facts.cut = true;
            return fail(&mut self.facts, self.front, cut(Some(failure)), out);
        }
        let Self { facts, decoder, encoder, collector, .. } = self;
        decoder.finish(&mut |event| {
            facts.cut |= matches!(event, Event::Error(_));
            collect(facts, collector, &event);
            pass(facts, encoder, &event, &mut frames);
        });
        encoder.finish(&mut frames);
        facts.over = true;
        hand_over(frames, out);
    }

    fn event(&mut self, raw: &[u8], frames: &mut BytesMut) {
        let event = SseEvent::read(raw);
        let failed = event.name == b"error";
        match event.data {
            // Where the blank line between two events is missing, each line is a message.
            Some(data) if data.contains(&b'\n') && !is_json(&data) => {
                data.split(|byte| *byte == b'\n').for_each(|line| self.message(line, failed, frames));
            }
            Some(data) => self.message(&data, failed, frames),
            // Some providers break off with a bare JSON error (Google; vLLM behind proxies).
            None if event.foreign && is_json(raw.trim_ascii()) => {
                self.message(raw.trim_ascii(), failed, frames);
            }
            None => {}
        }
    }

    /// Takes the data of an event; `failed` where its name says that it is an error.
    fn message(&mut self, data: &[u8], failed: bool, frames: &mut BytesMut) {
        if self.facts.over {
            return;
        }
        let Self { facts, decoder, encoder, collector, .. } = self;
        let mut sink = |event: Event<'_>| {
            collect(facts, collector, &event);
            pass(facts, encoder, &event, frames);
        };
        if failed {
            decoder.error(data, &mut sink);
        } else if decoder.push(data, &mut sink) {
            return;
        }
        self.spotter.event(data, &mut self.facts.lost);
        self.facts.complete = self.decoder.is_complete();
    }
}

fn is_json(data: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(data).is_ok()
}

fn hand_over(frames: BytesMut, out: &mut Out) {
    if !frames.is_empty() {
        out.push_back(frames.freeze());
    }
}

/// What the next turn may need of an event.
fn collect(facts: &mut Facts, collector: &mut Option<Collector>, event: &Event<'_>) {
    if let Some(collector) = collector {
        facts.records.extend(collector.event(event));
    }
}

/// One event of the conversation: noted, and written for the caller.
fn pass(facts: &mut Facts, encoder: &mut StreamEncoder, event: &Event<'_>, frames: &mut BytesMut) {
    note(facts, event);
    encoder.event(event, frames);
}

/// What accounting keeps of an event.
pub(super) fn note(facts: &mut Facts, event: &Event<'_>) {
    match event {
        Event::Start { model, .. } => {
            facts.begun = true;
            if let Some(model) = model {
                facts.model = Some(model.clone().into_owned());
            }
        }
        Event::Delta { delta: Delta::Text(text) | Delta::Arguments(text), .. } => {
            facts.spoke |= !text.is_empty();
            facts.written.add(text);
        }
        Event::Usage(usage) => facts.usage.update(usage),
        Event::Finish { finish, .. } => facts.finish = Some(finish.reason.name().into()),
        Event::Error(error) => {
            facts.error = Some(error.clone());
            facts.over = true;
        }
        _ => {}
    }
}
