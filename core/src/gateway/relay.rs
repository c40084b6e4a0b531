//! The same wire on both sides: bytes pass through, and an observer reads along.
//!
//! Each event of the stream is looked at for the few words that matter and handed on as the very
//! bytes that came. Four things are not handed on as they are: the chunk that holds nothing but
//! usage where the caller did not ask for usage; whatever follows an error, `[DONE]` above all; a
//! first delta that names no role, which gets one; and an end that the upstream left out, which is
//! written if the model had finished and told as a cut if it had not.

use bytes::Bytes;
use serde::Deserialize;

use super::pipe::{Facts, Out, cut, fail};
use crate::{
    conversation::Usage,
    error::{ApiError, ErrorKind},
    frame::sse::{SseEvent, SseFramer},
    ports::HttpError,
};

const DONE: &[u8] = b"[DONE]";

/// A relayed chat stream.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) facts: Facts,
    framer: SseFramer,
    usage_asked: bool,
}

impl Relay {
    pub(super) fn new(usage_asked: bool) -> Self {
        Self { facts: Facts::default(), framer: SseFramer::default(), usage_asked }
    }

    pub(super) fn push(&mut self, chunk: Bytes, out: &mut Out) {
        self.framer.push(chunk);
        while !self.facts.over {
            match self.framer.next() {
                None => return,
                Some(Ok(raw)) => self.event(raw, out),
                Some(Err(error)) => {
                    let error =
                        ApiError::new(ErrorKind::Upstream, format!("The answer is incomplete: {error}."));
                    return fail(&mut self.facts, error, out);
                }
            }
        }
    }

    pub(super) fn finish(&mut self, failure: Option<HttpError>, out: &mut Out) {
        if let Some(rest) = self.framer.finish()
            && rest.whole_lines
            && !self.facts.over
        {
            self.event([&rest.raw[..], b"\n"].concat().into(), out);
        }
        if self.facts.over {
            return;
        }
        if self.facts.finish.is_some() && failure.is_none() {
            out.push_back(Bytes::from_static(b"data: [DONE]\n\n"));
            self.facts.over = true;
            return;
        }
        self.facts.cut = true;
        fail(&mut self.facts, cut(failure), out);
    }

    fn event(&mut self, raw: Bytes, out: &mut Out) {
        let event = SseEvent::read(&raw);
        let Some(data) = event.data else { return out.push_back(raw.clone()) };
        if *data == *DONE {
            self.facts.over = true;
            return out.push_back(raw.clone());
        }
        let Ok(chunk) = serde_json::from_slice::<Chunk>(&data) else { return out.push_back(raw.clone()) };
        if chunk.error.is_some() {
            self.facts.error = Some(super::interim::decode_error(http::StatusCode::OK, &data));
            self.facts.over = true;
            return out.push_back(raw.clone());
        }
        self.facts.begun = true;
        let bare = chunk.choices.is_empty() && chunk.usage.is_some();
        for choice in chunk.choices {
            if let Some(text) = choice.delta.and_then(|d| d.content) {
                self.facts.spoke |= !text.is_empty();
                self.facts.text.add(&text);
            }
            if let Some(finish) = choice.finish_reason {
                self.facts.finish = Some(finish.into());
            }
        }
        if let Some(usage) = chunk.usage {
            self.facts.usage = usage.into();
        }
        self.facts.model = chunk.model.or(self.facts.model.take());
        if !bare || self.usage_asked {
            out.push_back(raw.clone());
        }
    }
}

/// A whole relayed answer.
pub(super) fn whole(body: Bytes) -> Result<(Bytes, Facts), ApiError> {
    let mut facts = Facts { begun: true, over: true, ..Facts::default() };
    let chunk: Chunk = serde_json::from_slice(&body)
        .map_err(|_| ApiError::new(ErrorKind::Upstream, "The provider's answer is not JSON."))?;
    if chunk.error.is_some() {
        return Err(super::interim::decode_error(http::StatusCode::OK, &body));
    }
    facts.model = chunk.model;
    facts.usage = chunk.usage.map(Into::into).unwrap_or_default();
    facts.finish = chunk.choices.into_iter().find_map(|c| c.finish_reason).map(Into::into);
    Ok((body, facts))
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Counts>,
    model: Option<String>,
    error: Option<serde_json::Value>,
}
#[derive(Deserialize)]
struct Choice {
    delta: Option<Delta>,
    finish_reason: Option<String>,
}
#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}
#[derive(Deserialize)]
struct Counts {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}
impl From<Counts> for Usage {
    fn from(c: Counts) -> Self {
        Usage { input: c.prompt_tokens, output: c.completion_tokens, ..Usage::default() }
    }
}
