//! A whole answer: bytes to conversation.

use std::borrow::Cow;

use super::{
    GEMINI_FORMAT,
    answer::{WireAnswer, WireCandidate, created},
    arguments::Arguments,
    citations::Sources,
    error::answer_error,
    finish::{after_calls, finish, refused},
    logprobs::logprobs,
    part::{CallPiece, Piece, arguments, pieces},
};
use crate::{
    conversation::{
        Choice, Citation, Finish, FinishReason, Part, Reasoning, Response, Text, ToolCall, Usage,
    },
    protocol::{
        DecodeError,
        call_id::call_id,
        json::{List, Malformed, Word, from_slice},
    },
};

/// The wire's name in messages.
const WIRE: &str = "Gemini";

/// Reads a whole answer. Calls without an id are named after `seed`.
///
/// Fails where the body is not an answer, and where it is an error in spite of its status.
pub fn decode_response<'a>(body: &'a [u8], seed: &str) -> Result<Response<'a>, DecodeError> {
    let answer = read(body)?;
    if let Some(error) = answer.error {
        return Err(DecodeError::Answer(Box::new(answer_error(error))));
    }
    let mut calls = 0;
    let mut searches = 0;
    let mut choices = Vec::new();
    for (place, candidate) in answer.candidates.unwrap_or_default().0.into_iter().enumerate() {
        let mut reader =
            ChoiceReader { seed, calls: &mut calls, parts: Vec::new(), sources: Sources::default() };
        let choice = reader.read(candidate, place).map_err(unreadable)?;
        searches += reader.sources.searches;
        choices.push(choice);
    }
    if choices.is_empty() {
        let Some(finish) = refused(answer.feedback) else {
            return Err(malformed("there is no candidate"));
        };
        choices.push(Choice { finish, ..Choice::default() });
    }
    let usage = answer.usage.unwrap_or_default();
    Ok(Response {
        id: Word::text(answer.id),
        model: Word::text(answer.model),
        created: created(answer.created),
        choices,
        usage: Usage { web_searches: (searches > 0).then_some(searches), ..usage.usage() },
        service_tier: usage.tier(),
        extra: answer.extra,
    })
}

/// An answer stands alone; an error may stand in an array, as may the chunks of a stream, which are
/// no whole answer.
fn read(body: &[u8]) -> Result<WireAnswer<'_>, DecodeError> {
    if body.trim_ascii_start().first() != Some(&b'[') {
        return from_slice(body).map_err(unreadable);
    }
    let answers: List<WireAnswer<'_>> = from_slice(body).map_err(unreadable)?;
    let mut answers = answers.0.into_iter();
    match (answers.next(), answers.next()) {
        (Some(answer), None) => Ok(answer),
        (Some(answer), Some(_)) if answer.error.is_some() => Ok(answer),
        _ => Err(malformed("an array of answers")),
    }
}

fn unreadable(error: Malformed) -> DecodeError {
    DecodeError::Malformed { wire: WIRE, detail: error.to_string() }
}

fn malformed(detail: &str) -> DecodeError {
    DecodeError::Malformed { wire: WIRE, detail: detail.to_owned() }
}

/// Reads one candidate.
struct ChoiceReader<'a, 's> {
    seed: &'s str,
    /// Calls of the whole answer so far.
    calls: &'s mut u32,
    parts: Vec<Part<'a>>,
    sources: Sources,
}

impl<'a> ChoiceReader<'a, '_> {
    fn read(&mut self, candidate: WireCandidate<'a>, place: usize) -> Result<Choice<'a>, Malformed> {
        let index = candidate.number(place);
        let ended = candidate.reason.is_some();
        let before = *self.calls;
        for part in candidate.content.unwrap_or_default().parts.unwrap_or_default().0 {
            let (piece, signature) = pieces(part)?;
            if let Some(piece) = piece {
                self.say(piece);
            }
            self.parts.extend(signature.map(opaque));
        }
        if self.parts.is_empty() && !ended {
            let detail = "a candidate says nothing, nor why".to_owned();
            return Err(Malformed { path: format!("candidates[{place}]"), detail });
        }
        let mut citations = self.sources.ground(candidate.grounding);
        citations.extend(self.sources.recite(candidate.citations));
        self.sources.read(candidate.pages);
        citations.extend(self.sources.rest());
        citations.into_iter().for_each(|citation| self.attach(citation));
        let calls = *self.calls > before;
        let unsaid = Finish { reason: FinishReason::Unknown, ..Finish::default() };
        Ok(Choice {
            index,
            parts: std::mem::take(&mut self.parts),
            finish: after_calls(finish(candidate.reason, candidate.message).unwrap_or(unsaid), calls),
            logprobs: logprobs(candidate.logprobs),
            extra: candidate.extra,
        })
    }

    fn say(&mut self, piece: Piece<'a>) {
        let part = match piece {
            Piece::Text(text) => {
                self.sources.said(&text);
                Part::text(text)
            }
            Piece::Thought(text) => {
                Part::Reasoning(Reasoning { text: Some(text), summary: true, ..Reasoning::default() })
            }
            // The end of a call that came in pieces says nothing.
            Piece::Call(call) if call.name.is_none() && call.args.is_none() => return,
            Piece::Call(call) => Part::ToolCall(self.call(call)),
            Piece::Media(media) => Part::Media(media),
            Piece::Provider { kind, json } => Part::Provider { kind, json },
        };
        self.parts.push(part);
    }

    fn call(&mut self, call: CallPiece<'a>) -> ToolCall<'a> {
        let made = call_id(self.seed, *self.calls);
        *self.calls += 1;
        let partial = (!call.partial.is_empty()).then(|| {
            let mut arguments = Arguments::default();
            call.partial.into_iter().for_each(|arg| arguments.push(arg));
            Cow::Owned(arguments.json(!call.more))
        });
        ToolCall {
            id: call.id.unwrap_or(Cow::Owned(made)),
            name: call.name.unwrap_or_default(),
            arguments: partial.unwrap_or_else(|| arguments(call.args)),
            signature: call.signature,
            ..ToolCall::default()
        }
    }

    /// Gives a citation to the text in which its place begins; where there is none, to the last.
    fn attach(&mut self, citation: Citation<'static>) {
        let start = citation.span.map_or(0, |(start, _)| start);
        let mut end = 0;
        let mut chosen = None;
        for part in &mut self.parts {
            let Part::Text(text) = part else { continue };
            let before = end;
            end += text.text.chars().count() as u64;
            if before <= start {
                chosen = Some(text);
            }
        }
        if let Some(text) = chosen {
            text.citations.push(citation);
        }
    }
}

/// State over a part that is no call.
fn opaque(signature: Text<'_>) -> Part<'_> {
    Part::Reasoning(Reasoning {
        opaque: Some(signature),
        format: Some(Cow::Borrowed(GEMINI_FORMAT)),
        ..Reasoning::default()
    })
}
