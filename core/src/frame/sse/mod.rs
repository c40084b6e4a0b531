//! Server-sent events, as the WHATWG HTML standard defines `text/event-stream`.
//!
//! The work is done in two steps, because a relay needs only the first. [`SseFramer`] finds the blank
//! lines that end events and hands out each event's raw bytes. [`SseEvent::read`] takes the fields out of
//! such bytes. A relay passes chunks on untouched, looks at the raw events for the few words that matter
//! to it, and reads only those.
//!
//! Lines end with `\n`, `\r\n` or `\r`, mixed at will; a byte order mark at the start is dropped, and so
//! are blank lines that end no event. Blocks of comments are handed out too: they are signs of life.
//!
//! What it refuses: events over a limit. Where it is stricter than a browser: what follows the last blank
//! line is not thrown away but given by [`SseFramer::finish`], since some providers leave out the last
//! blank line, and others are cut off.

mod event;

#[cfg(test)]
mod tests;

use bytes::{Buf, Bytes, BytesMut};

pub use event::SseEvent;

/// The largest event that [`SseFramer::default`] takes: images in base64 come in one event.
pub const MAX_EVENT: usize = 8 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why a stream cannot be framed any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// An event is larger than the limit. Nothing more comes out of the framer.
    #[error("an event in the stream is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}

/// What follows the last blank line when a stream ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The bytes of the event that has not ended, for [`SseEvent::read`].
    pub raw: Bytes,
    /// Whether the last line is whole, so that only the blank line after it is missing. If not, the
    /// stream was cut.
    pub whole_lines: bool,
}

/// Finds the events in a stream of bytes. See the module's description.
#[derive(Debug)]
pub struct SseFramer {
    limit: usize,
    /// The beginning of an event, from earlier chunks.
    held: BytesMut,
    /// What was pushed and belongs to no event that was handed out.
    chunk: Bytes,
    /// How much of the chunk was looked at.
    seen: usize,
    state: State,
    at_start: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first line of an event.
    Between,
    InLine,
    /// After a `\n`, inside an event.
    LineStart,
    /// After a `\r` that ended a line; a `\n` belongs to it.
    AfterReturn,
    /// After a `\r` that is a blank line; where lines end with `\r\n`, a `\n` belongs to it.
    BlankReturn,
    /// An event was too large.
    Failed,
}

impl Default for SseFramer {
    fn default() -> Self {
        Self::new(MAX_EVENT)
    }
}

impl SseFramer {
    /// A framer that takes events of at most `limit` bytes, line ends included.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            held: BytesMut::new(),
            chunk: Bytes::new(),
            seen: 0,
            state: State::Between,
            at_start: true,
        }
    }

    /// Takes the next bytes of the stream. Call [`next`](Self::next) until it gives `None` before the next
    /// push: what was not taken out is copied.
    pub fn push(&mut self, chunk: Bytes) {
        if self.chunk.is_empty() {
            self.chunk = chunk;
            return;
        }
        let mut joined = BytesMut::with_capacity(self.chunk.len() + chunk.len());
        joined.extend_from_slice(&self.chunk);
        joined.extend_from_slice(&chunk);
        self.chunk = joined.freeze();
    }

    /// Whether nothing of an event is here that was not handed out.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty() && self.chunk.is_empty()
    }

    /// The raw bytes of the next event, its blank line included. `None` until more is pushed.
    ///
    /// # Errors
    /// [`SseError::TooLarge`], once; afterwards there are no more events.
    #[expect(clippy::should_implement_trait, reason = "`None` is not the end")]
    pub fn next(&mut self) -> Option<Result<Bytes, SseError>> {
        loop {
            if self.state == State::Between {
                self.skip_blank_lines();
            }
            if !self.find_end() {
                return self.hold().err().map(Err);
            }
            match self.take() {
                Ok(raw) if raw.is_empty() => {}
                event => return Some(event),
            }
        }
    }

    /// Ends the stream; gives what came after the last event, if anything did.
    pub fn finish(&mut self) -> Option<Unfinished> {
        let whole_lines = !matches!(self.state, State::InLine);
        if matches!(self.state, State::Between | State::Failed) {
            return None;
        }
        self.seen = self.chunk.len();
        let raw = self.take().ok()?;
        (!raw.is_empty()).then_some(Unfinished { raw, whole_lines })
    }

    fn skip_blank_lines(&mut self) {
        let blank = self.chunk.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        self.chunk.advance(blank);
        self.at_start &= blank == 0;
        if !self.chunk.is_empty() {
            self.state = State::InLine;
        }
    }

    /// Looks for the end of the event; true once all of it was seen.
    fn find_end(&mut self) -> bool {
        while let Some(rest) = self.chunk.get(self.seen..).filter(|rest| !rest.is_empty()) {
            let (seen, state) = match (self.state, rest.first()) {
                (State::Between | State::Failed, _) => return false,
                (State::InLine, _) => match memchr::memchr2(b'\n', b'\r', rest) {
                    None => (rest.len(), State::InLine),
                    Some(at) if rest.get(at) == Some(&b'\n') => (at + 1, State::LineStart),
                    Some(at) => (at + 1, State::AfterReturn),
                },
                (State::LineStart | State::BlankReturn, Some(b'\n')) | (State::AfterReturn, Some(b'\r')) => {
                    self.seen += 1;
                    return true;
                }
                (State::LineStart, Some(b'\r')) => (1, State::BlankReturn),
                (State::AfterReturn, Some(b'\n')) => (1, State::LineStart),
                (State::LineStart | State::AfterReturn, _) => (0, State::InLine),
                (State::BlankReturn, _) => return true,
            };
            self.seen += seen;
            self.state = state;
        }
        false
    }

    /// Takes out what was seen. Empty if it is only the byte order mark and blank lines.
    fn take(&mut self) -> Result<Bytes, SseError> {
        let last = self.chunk.split_to(self.seen);
        self.seen = 0;
        self.state = State::Between;
        self.within_limit(last.len())?;
        let mut raw = last;
        if !self.held.is_empty() {
            self.held.extend_from_slice(&raw);
            raw = self.held.split().freeze();
        }
        if std::mem::take(&mut self.at_start) && raw.starts_with(BYTE_ORDER_MARK) {
            raw.advance(BYTE_ORDER_MARK.len());
            let blank = raw.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
            raw.advance(if blank == raw.len() { blank } else { 0 });
        }
        Ok(raw)
    }

    /// Keeps the beginning of an event for when the rest comes.
    fn hold(&mut self) -> Result<(), SseError> {
        let chunk = std::mem::take(&mut self.chunk);
        self.seen = 0;
        if chunk.is_empty() {
            return Ok(());
        }
        self.within_limit(chunk.len())?;
        self.held.extend_from_slice(&chunk);
        Ok(())
    }

    fn within_limit(&mut self, more: usize) -> Result<(), SseError> {
        if self.state == State::Failed || self.held.len() + more <= self.limit {
            return Ok(());
        }
        self.state = State::Failed;
        self.held = BytesMut::new();
        self.chunk = Bytes::new();
        Err(SseError::TooLarge { limit: self.limit })
    }
}
