//! The Messages wire on both sides: bytes pass through, and the decoder reads along.
//!
//! Anthropic's events say by their type what they are, so the same machine that translation uses
//! tells what the answer was; every event is handed on as the very bytes that came. Whatever
//! follows an error is not, and an end that the upstream left out is told as a cut.

use bytes::Bytes;

use super::{
    pipe::{Facts, Out, cut, fail, last_event},
    translate::{facts_of, note},
};
use crate::{
    conversation::Event,
    error::{ApiError, ErrorKind},
    frame::sse::{SseEvent, SseFramer},
    ports::HttpError,
    protocol::{Front, Wire, messages::StreamDecoder},
};

/// A relayed Messages stream.
#[derive(Debug, Default)]
pub(super) struct MessagesRelay {
    pub(super) facts: Facts,
    framer: SseFramer,
    decoder: StreamDecoder,
}

impl MessagesRelay {
    pub(super) fn push(&mut self, chunk: Bytes, out: &mut Out) {
        self.framer.push(chunk);
        while !self.facts.over {
            match self.framer.next() {
                None => return,
                Some(Ok(raw)) => self.event(raw, out),
                Some(Err(error)) => {
                    let error =
                        ApiError::new(ErrorKind::Upstream, format!("The answer is incomplete: {error}."));
                    return fail(&mut self.facts, Front::Messages, error, out);
                }
            }
        }
    }

    pub(super) fn finish(&mut self, failure: Option<HttpError>, out: &mut Out) {
        if let Some(rest) = last_event(&mut self.framer)
            && !self.facts.over
        {
            self.event([rest.trim_ascii_end(), b"\n\n"].concat().into(), out);
        }
        if self.facts.over {
            return;
        }
        if self.facts.complete {
            self.facts.over = true;
            return;
        }
        self.facts.cut = true;
        fail(&mut self.facts, Front::Messages, cut(failure), out);
    }

    fn event(&mut self, raw: Bytes, out: &mut Out) {
        let Self { facts, decoder, .. } = self;
        let mut said = None;
        if let Some(data) = SseEvent::read(&raw).data {
            decoder.push(&data, &mut |event| {
                if let Event::Error(error) = &event {
                    said = Some(error.clone());
                }
                note(facts, &event);
            });
        }
        facts.complete = decoder.is_complete();
        match said {
            // What the decoder could not read is told in the gateway's words.
            Some(error) if memchr::memmem::find(&raw, b"\"error\"").is_none() => {
                facts.over = false;
                fail(facts, Front::Messages, *error, out);
            }
            _ => out.push_back(raw),
        }
    }
}

/// A whole relayed answer.
///
/// # Errors
/// What the provider said was wrong, or that the body is no answer.
pub(super) fn whole(body: Bytes) -> Result<(Bytes, Facts), ApiError> {
    // The wire gives every call an id: no seed is needed.
    let facts = Wire::Messages.read_response(&body, "", facts_of)?;
    Ok((body, facts))
}
