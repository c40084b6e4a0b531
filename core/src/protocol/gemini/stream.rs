//! A streamed answer: Gemini's chunks to events of the conversation.

use crate::{
    conversation::Event,
    error::{ApiError, ErrorKind},
};

/// Turns the data of Gemini's SSE events into events of the conversation.
#[derive(Debug)]
pub struct StreamDecoder {
    seed: String,
}

impl StreamDecoder {
    /// A decoder at the beginning of a stream. Calls without an id are named after `seed`.
    pub fn new(seed: &str) -> Self {
        Self { seed: seed.to_owned() }
    }

    /// Whether the answer is complete, as far as one can tell.
    pub fn is_complete(&self) -> bool {
        false
    }

    /// Takes the data of one SSE event.
    pub fn push(&mut self, data: &[u8], sink: &mut impl FnMut(Event<'_>)) {
        let _ = (data, sink, &self.seed);
    }

    /// The upstream has ended.
    pub fn finish(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        sink(Event::Error(Box::new(ApiError::new(ErrorKind::Upstream, "not read yet"))));
    }
}
