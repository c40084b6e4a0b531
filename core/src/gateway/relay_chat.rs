//! The chat wire on both sides: bytes pass through, and an observer reads along.
//!
//! Each event of the stream is looked at for the few words that matter and handed on as the very
//! bytes that came. Four things are not handed on as they are: the chunk that holds nothing but
//! usage, where the caller did not ask for usage; whatever follows an error, `[DONE]` above all; a
//! first delta that names no role, which gets one; and an end that the upstream left out, which is
//! written if the model had finished and told as a cut if it had not.

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use memchr::memmem;

use super::{
    pipe::{Facts, Out, cut, fail, last_event, rejoin},
    written::Written,
};
use crate::{
    error::{ApiError, ErrorKind},
    frame::sse::{SseEvent, SseFramer},
    ports::HttpError,
    protocol::{
        Front, Wire,
        chat::{
            self,
            observe::{Observer, observe_response, texts},
        },
        codec::StreamDecoder,
    },
    recall::Collector,
};

/// The end of a chat stream, in words.
const DONE: &[u8] = b"data: [DONE]\n\n";

/// A relayed chat stream.
#[derive(Debug)]
pub(super) struct ChatRelay {
    pub(super) facts: Facts,
    framer: SseFramer,
    observer: Observer,
    usage_asked: bool,
    /// Reads along where the provider wants its reasoning back.
    recall: Option<Box<Recall>>,
}

/// What gathers the reasoning of a stream, and the machine that it hears of it by.
#[derive(Debug)]
struct Recall {
    decoder: StreamDecoder,
    collector: Collector,
}

/// What becomes of an event.
enum Fate {
    Passes,
    Dropped,
    Replaced(Bytes),
}

impl ChatRelay {
    /// A stream at its beginning. `usage_asked` is the caller's `stream_options.include_usage`.
    pub(super) fn new(usage_asked: bool, recall: Option<Collector>) -> Self {
        // The caller gets the provider's own ids: none is made here.
        let reader = |collector| Box::new(Recall { decoder: Wire::Chat.decoder(""), collector });
        Self {
            facts: Facts::default(),
            framer: SseFramer::default(),
            observer: Observer::default(),
            usage_asked,
            recall: recall.map(reader),
        }
    }

    /// What was learnt, to keep.
    pub(super) fn into_facts(self) -> Facts {
        let Observer { model, usage, .. } = self.observer;
        Facts { model, usage, ..self.facts }
    }

    pub(super) fn push(&mut self, chunk: Bytes, out: &mut Out) {
        let (whole, before) = (chunk.clone(), out.len());
        let begins_here = self.framer.is_empty();
        let mut passed = 0;
        self.framer.push(chunk);
        while !self.facts.over {
            match self.framer.next() {
                None => break,
                Some(Ok(raw)) => match self.event(&raw) {
                    Fate::Passes => {
                        passed += raw.len();
                        out.push_back(raw);
                    }
                    Fate::Dropped => {}
                    Fate::Replaced(other) => out.push_back(other),
                },
                Some(Err(error)) => {
                    let error =
                        ApiError::new(ErrorKind::Upstream, format!("The answer is incomplete: {error}."));
                    return fail(&mut self.facts, Front::Chat, error, out);
                }
            }
        }
        if self.facts.over || self.observer.is_complete() {
            self.conclude();
        }
        if begins_here {
            rejoin(out, before, whole, passed);
        }
    }

    pub(super) fn finish(&mut self, failure: Option<HttpError>, out: &mut Out) {
        if let Some(rest) = last_event(&mut self.framer)
            && !self.facts.over
        {
            let raw = Bytes::from([rest.trim_ascii_end(), b"\n\n"].concat());
            match self.event(&raw) {
                Fate::Passes => out.push_back(raw),
                Fate::Dropped => {}
                Fate::Replaced(other) => out.push_back(other),
            }
        }
        if self.facts.over {
            return;
        }
        if self.observer.is_complete() && failure.is_none() {
            self.conclude();
            out.push_back(Bytes::from_static(DONE));
            self.facts.over = true;
            return;
        }
        self.facts.cut = true;
        fail(&mut self.facts, Front::Chat, cut(failure), out);
    }

    /// The answer is complete, as far as its calls go.
    fn conclude(&mut self) {
        if let Some(mut recall) = self.recall.take() {
            let Recall { decoder, collector } = &mut *recall;
            decoder.finish(&mut |event| self.facts.records.extend(collector.event(&event)));
        }
    }

    fn event(&mut self, raw: &Bytes) -> Fate {
        let event = SseEvent::read(raw);
        if event.name == b"error" {
            let data = event.data.as_deref().unwrap_or_default();
            return self.failed(raw, data, chat::decode_error(StatusCode::BAD_GATEWAY, data));
        }
        let Some(data) = event.data else {
            // Some providers break off with a bare JSON error.
            let bare = raw.trim_ascii();
            if event.foreign && bare.first() == Some(&b'{') {
                return self.failed(raw, &[], chat::decode_error(StatusCode::BAD_GATEWAY, bare));
            }
            return Fate::Passes;
        };
        let mut fate = Fate::Passes;
        // Where the blank line between two events is missing, each line is a message.
        for message in lines(&data) {
            if let Some(Recall { decoder, collector }) = self.recall.as_deref_mut() {
                decoder.push(message, &mut |event| self.facts.records.extend(collector.event(&event)));
            }
            let written = &mut self.facts.written;
            let seen = self.observer.push_with(message, &mut |text| written.add(text));
            if seen.failed {
                let error = self.observer.error.clone();
                let error =
                    error.unwrap_or_else(|| ApiError::new(ErrorKind::Upstream, "The provider failed."));
                return self.failed(raw, message, error);
            }
            if seen.done {
                self.facts.over = true;
                break;
            }
            if seen.usage_only && !self.usage_asked {
                fate = Fate::Dropped;
            }
            if !self.facts.begun && !seen.unreadable {
                self.facts.begun = true;
                if let Some(with_role) = with_role(raw) {
                    fate = Fate::Replaced(with_role);
                }
            }
            self.facts.spoke |= seen.content;
        }
        if let Some(finish) = &self.observer.finish
            && self.facts.finish.is_none()
        {
            self.facts.finish = Some(finish.reason.name().into());
        }
        fate
    }

    /// The last event of the stream. One that callers' SDKs would not take for an error is
    /// followed by one that they do.
    fn failed(&mut self, raw: &Bytes, data: &[u8], error: ApiError) -> Fate {
        let mut event = BytesMut::new();
        let plain = data.starts_with(b"{\"error\"") && !raw.starts_with(b"event:");
        if plain {
            event.extend_from_slice(raw);
        } else {
            chat::encode_stream_error(&error, &mut event);
        }
        self.facts.error = Some(Box::new(error));
        self.facts.over = true;
        Fate::Replaced(event.freeze())
    }
}

/// The lines that are not empty; nearly always there is one.
fn lines(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', data).chain([data.len()]);
    let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', data).map(|end| end + 1));
    starts.zip(ends).filter_map(|(start, end)| data.get(start..end)).filter(|line| !line.is_empty())
}

/// The event with a role in its delta, where it has a delta without one. Callers build messages
/// from deltas and look for the role in the first.
fn with_role(raw: &Bytes) -> Option<Bytes> {
    const DELTA: &[u8] = b"\"delta\":";
    let after = memmem::find(raw, DELTA)? + DELTA.len();
    let rest = raw.get(after..)?;
    let open = after + rest.len() - rest.trim_ascii_start().len() + 1;
    let (before, inside) = raw.split_at_checked(open)?;
    if before.last() != Some(&b'{') || memmem::find(inside, b"\"role\"").is_some() {
        return None;
    }
    let comma: &[u8] = if inside.trim_ascii_start().first() == Some(&b'}') { b"" } else { b"," };
    Some([before, b"\"role\":\"assistant\"", comma, inside].concat().into())
}

/// A whole relayed answer.
///
/// # Errors
/// What the provider said was wrong, or that the body is no answer.
pub(super) fn whole(body: Bytes, recall: Option<Collector>) -> Result<(Bytes, Facts), ApiError> {
    let observer = observe_response(&body);
    if let Some(error) = observer.error {
        return Err(error);
    }
    let says_nothing = observer.finish.is_none() && observer.text_bytes == 0;
    if !observer.done || says_nothing && memmem::find(&body, b"\"choices\"").is_none() {
        return Err(chat::decode_error(StatusCode::BAD_GATEWAY, &body));
    }
    let mut written = Written::default();
    if observer.usage.output.is_none() {
        texts(&body, &mut |text| written.add(text));
    }
    let records =
        recall.and_then(|collector| Some(collector.response(&chat::decode_response(&body, "").ok()?)));
    let facts = Facts {
        records: records.unwrap_or_default(),
        model: observer.model,
        usage: observer.usage,
        finish: observer.finish.map(|finish| finish.reason.name().into()),
        begun: true,
        over: true,
        written,
        ..Facts::default()
    };
    Ok((body, facts))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A comment, then events of one length, as providers send them: a chunk can then hold the end
    /// of one and as much of the beginning of another.
    fn stream() -> Vec<u8> {
        let event = |n: usize| {
            format!(
                "data: {{\"id\":\"x\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"role\":\"assistant\",\
                 \"content\":\"{n:03}\"}},\"finish_reason\":null}}]}}\n\n"
            )
        };
        let mut bytes = ": hello\n\n".to_owned();
        bytes.extend((0..20).map(event));
        bytes +=
            "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
        bytes += "data: [DONE]\n\n";
        bytes.into_bytes()
    }

    #[test]
    fn pieces_of_any_size_come_out_as_the_bytes_that_went_in() {
        let bytes = stream();
        for size in 1..=bytes.len() {
            let (mut relay, mut out) = (ChatRelay::new(true, None), Out::default());
            for piece in bytes.chunks(size) {
                relay.push(Bytes::copy_from_slice(piece), &mut out);
            }
            relay.finish(None, &mut out);
            let passed: Vec<u8> = out.into_iter().flatten().collect();
            assert!(passed == bytes, "pieces of {size} bytes");
        }
    }
}
