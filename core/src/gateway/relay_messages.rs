//! The Messages wire on both sides: bytes pass through, and the decoder reads along.
//!
//! Anthropic's events say by their type what they are, so the same machine that translation uses
//! tells what the answer was; every event is handed on as the very bytes that came. Whatever
//! follows an error is not, and an end that the upstream left out is told as a cut.

use bytes::Bytes;

use super::{
    pipe::{Facts, Out, cut, fail, last_event, rejoin},
    translate::{facts_of, note},
};
use crate::{
    conversation::Event,
    error::{ApiError, ErrorKind},
    frame::sse::{SseEvent, SseFramer},
    ports::HttpError,
    protocol::{Front, Wire, codec::StreamDecoder},
};

/// A relayed Messages stream.
#[derive(Debug)]
pub(super) struct MessagesRelay {
    pub(super) facts: Facts,
    framer: SseFramer,
    decoder: StreamDecoder,
}

impl MessagesRelay {
    /// A stream at its beginning.
    pub(super) fn new() -> Self {
        // Anthropic gives every call an id: no seed is needed.
        let decoder = Wire::Messages.decoder("");
        Self { facts: Facts::default(), framer: SseFramer::default(), decoder }
    }

    pub(super) fn push(&mut self, chunk: Bytes, out: &mut Out) {
        let (whole, before) = (chunk.clone(), out.len());
        let begins_here = self.framer.is_empty();
        let mut passed = 0;
        self.framer.push(chunk);
        while !self.facts.over {
            match self.framer.next() {
                None => break,
                Some(Ok(raw)) => {
                    let length = raw.len();
                    passed += if self.event(raw, out) { length } else { 0 };
                }
                Some(Err(error)) => {
                    let error =
                        ApiError::new(ErrorKind::Upstream, format!("The answer is incomplete: {error}."));
                    return fail(&mut self.facts, Front::Messages, error, out);
                }
            }
        }
        if begins_here {
            rejoin(out, before, whole, passed);
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

    /// Reads an event along, and puts it out. Whether it passed as it is.
    fn event(&mut self, raw: Bytes, out: &mut Out) -> bool {
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
                false
            }
            _ => {
                out.push_back(raw);
                true
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Vec<u8> {
        let event =
            |kind: &str, rest: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n");
        let mut bytes = event("message_start", ",\"message\":{\"id\":\"m\",\"model\":\"c\",\"content\":[]}");
        bytes +=
            &event("content_block_start", ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
        bytes += "event: ping\ndata: {\"type\": \"ping\"}\n\n";
        for n in 0..20 {
            let delta = format!(",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{n:03}\"}}");
            bytes += &event("content_block_delta", &delta);
        }
        bytes += &event("content_block_stop", ",\"index\":0");
        bytes += &event(
            "message_delta",
            ",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":40}",
        );
        bytes += &event("message_stop", "");
        bytes.into_bytes()
    }

    #[test]
    fn pieces_of_any_size_come_out_as_the_bytes_that_went_in() {
        let bytes = stream();
        for size in 1..=bytes.len() {
            let (mut relay, mut out) = (MessagesRelay::new(), Out::default());
            for piece in bytes.chunks(size) {
                relay.push(Bytes::copy_from_slice(piece), &mut out);
            }
            relay.finish(None, &mut out);
            assert_eq!(relay.facts.usage.output, Some(40));
            let pieces = out.len();
            let passed: Vec<u8> = out.into_iter().flatten().collect();
            assert!(passed == bytes, "pieces of {size} bytes");
            assert!(size < bytes.len() || pieces == 1, "what came in one piece goes out in one");
        }
    }
}
