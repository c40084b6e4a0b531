//! From an upstream's bytes to the caller's, with what was learnt on the way.
//!
//! A [`Pipe`] is a push machine: chunks of an upstream's stream go in, bytes for the caller come
//! out, and any split of the chunks gives the same. It also says how the stream ends: by itself,
//! by an error in it, or cut; what it then writes is never a success that was none.

use std::{borrow::Cow, collections::VecDeque};

use bytes::{Bytes, BytesMut};
use serde::de::IgnoredAny;

use super::{relay_chat::ChatRelay, relay_messages::MessagesRelay, translate::Translate, written::Written};
use crate::{
    conversation::Usage,
    error::{ApiError, ErrorKind},
    frame::sse::{SseEvent, SseFramer},
    ledger::ErrorClass,
    ports::HttpError,
    protocol::Front,
    recall::Record,
};

/// Bytes that wait for the caller to take them.
pub(super) type Out = VecDeque<Bytes>;

/// What an answer said about itself, and what of it reached the caller.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The model, in the provider's name for it.
    pub(super) model: Option<String>,
    /// Tokens as the provider counted them.
    pub(super) usage: Usage,
    /// Why the model stopped.
    pub(super) finish: Option<Cow<'static, str>>,
    /// What went wrong in the answer.
    pub(super) error: Option<Box<ApiError>>,
    /// Whether the upstream stopped in the middle.
    pub(super) cut: bool,
    /// Whether an event other than an error was seen.
    pub(super) begun: bool,
    /// Whether the model wrote anything yet.
    pub(super) spoke: bool,
    /// Whether the answer is whole. Some upstreams send another one after it.
    pub(super) complete: bool,
    /// Whether the answer ended, well or not; nothing more will come out.
    pub(super) over: bool,
    /// Counts what the model wrote, for where the provider does not.
    pub(super) written: Written,
    /// Names of what the answer said and the caller's protocol cannot.
    pub(super) lost: Vec<&'static str>,
    /// Reasoning state that belongs to the answer's calls, not yet remembered.
    pub(super) records: Vec<Record>,
}

impl Facts {
    /// The error for the usage row.
    pub(super) fn error_class(&self) -> Option<ErrorClass> {
        if self.cut {
            return Some(ErrorClass::UpstreamCut);
        }
        self.error.as_ref().map(|error| ErrorClass::Api(error.kind))
    }
}

/// One of the two speeds, the first of them per wire.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one for each stream, and none is kept in numbers")]
pub(super) enum Pipe {
    /// The chat wire on both sides.
    Chat(ChatRelay),
    /// The Messages wire on both sides.
    Messages(MessagesRelay),
    /// Two wires, with the conversation model between them.
    Translate(Translate),
}

impl Pipe {
    /// What was learnt so far.
    pub(super) fn facts(&self) -> &Facts {
        match self {
            Self::Chat(relay) => &relay.facts,
            Self::Messages(relay) => &relay.facts,
            Self::Translate(translate) => &translate.facts,
        }
    }

    /// What is to be remembered of what was pushed since the last time.
    pub(super) fn take_records(&mut self) -> Vec<Record> {
        match self {
            Self::Chat(relay) => std::mem::take(&mut relay.facts.records),
            Self::Messages(_) => Vec::new(),
            Self::Translate(translate) => std::mem::take(&mut translate.facts.records),
        }
    }

    /// What was learnt, to keep.
    pub(super) fn into_facts(self) -> Facts {
        match self {
            Self::Chat(relay) => relay.into_facts(),
            Self::Messages(relay) => relay.facts,
            Self::Translate(translate) => translate.facts,
        }
    }

    /// Takes the next bytes of the upstream.
    pub(super) fn push(&mut self, chunk: Bytes, out: &mut Out) {
        match self {
            Self::Chat(relay) => relay.push(chunk, out),
            Self::Messages(relay) => relay.push(chunk, out),
            Self::Translate(translate) => translate.push(chunk, out),
        }
    }

    /// The upstream ended, by itself or by a failure of the connection.
    pub(super) fn finish(&mut self, failure: Option<HttpError>, out: &mut Out) {
        match self {
            Self::Chat(relay) => relay.finish(failure, out),
            Self::Messages(relay) => relay.finish(failure, out),
            Self::Translate(translate) => translate.finish(failure, out),
        }
    }

    /// Ends the caller's stream with an error of the gateway's, such as a time limit.
    pub(super) fn fail(&mut self, error: ApiError, out: &mut Out) {
        match self {
            Self::Chat(relay) => fail(&mut relay.facts, Front::Chat, error, out),
            Self::Messages(relay) => fail(&mut relay.facts, Front::Messages, error, out),
            Self::Translate(translate) => fail(&mut translate.facts, translate.front, error, out),
        }
    }

    /// What keeps an idle connection open.
    pub(super) fn keep_alive(&self) -> Bytes {
        match self {
            Self::Chat(_) => Front::Chat.keep_alive(),
            Self::Messages(_) => Front::Messages.keep_alive(),
            Self::Translate(translate) => translate.front.keep_alive(),
        }
    }
}

/// Ends a stream with an error event. Nothing comes after it, no `[DONE]` above all.
pub(super) fn fail(facts: &mut Facts, front: Front, error: ApiError, out: &mut Out) {
    if facts.over {
        return;
    }
    let mut event = BytesMut::new();
    front.encode_stream_error(&error, &mut event);
    out.push_back(event.freeze());
    facts.error = Some(Box::new(error));
    facts.over = true;
}

/// Hands on, as the one piece that it came in, a chunk of which every byte was put out since there were `before`
/// pieces: `passed` bytes, of events that all began in it. (The count alone would not say so: an event begun
/// in an earlier chunk can make up for one that is not over.)
pub(super) fn rejoin(out: &mut Out, before: usize, chunk: Bytes, passed: usize) {
    if passed == chunk.len() && out.len() > before + 1 {
        out.truncate(before);
        out.push_back(chunk);
    }
}

/// The event that the upstream ended on, where only the blank line after it is missing, or the end
/// of its line: then it is an event if what it holds is whole.
pub(super) fn last_event(framer: &mut SseFramer) -> Option<Bytes> {
    let rest = framer.finish()?;
    let event = SseEvent::read(&rest.raw);
    let holds = event.data.as_deref().unwrap_or(rest.raw.trim_ascii());
    let whole = || holds == b"[DONE]" || serde_json::from_slice::<IgnoredAny>(holds).is_ok();
    (rest.whole_lines || whole()).then_some(rest.raw.clone())
}

/// What a caller is told where the upstream stopped before it said that it was done.
pub(super) fn cut(failure: Option<HttpError>) -> ApiError {
    let how = match failure {
        Some(error) => error.to_string(),
        None => "the provider ended its answer without finishing it".to_owned(),
    };
    ApiError::new(ErrorKind::Upstream, format!("The answer is incomplete: {how}.")).with_code("upstream_cut")
}
