//! The decoder: frames of an encoded body in, frames of the plain one out.

use std::task::{Poll, ready};

use bytes::{Buf, Bytes};
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use http_body::Frame;
use tollbridge_core::ports::HttpError;

use super::codec::Codec;

/// Bytes of one decoded frame. However much an answer swells, no more of it exists at a time.
const FRAME: usize = 16 << 10;

/// What decodes an answer with these headers, from which what speaks of the encoding is removed; nothing where it
/// is not encoded.
///
/// # Errors
/// [`HttpError::Encoding`] for an encoding that is not known here.
pub fn decoder(headers: &mut HeaderMap) -> Result<Option<Decoder>, HttpError> {
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let name = value.to_str().map_err(|_| HttpError::Encoding)?.trim().to_ascii_lowercase();
    // Nobody encodes twice; whoever does is not understood rather than passed on half decoded.
    if values.next().is_some() {
        return Err(HttpError::Encoding);
    }
    headers.remove(CONTENT_ENCODING);
    if matches!(&*name, "" | "identity") {
        return Ok(None);
    }
    headers.remove(CONTENT_LENGTH);
    Codec::named(&name).map(|codec| Some(Decoder::new(codec))).ok_or(HttpError::Encoding)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was decoded: a body may also be empty.
    Before,
    /// Inside.
    Within,
    /// The encoding has come to its end; the body has not been seen to.
    Complete,
    /// Nothing more will come, for better or worse.
    Done,
}

/// Decodes one body.
pub struct Decoder {
    codec: Codec,
    state: State,
    /// What has arrived and was not decoded.
    input: Bytes,
    output: Box<[u8]>,
    /// The output was filled, so that the codec may hold more of it.
    holds_more: bool,
}

impl Decoder {
    fn new(codec: Codec) -> Self {
        Self {
            codec,
            state: State::Before,
            input: Bytes::new(),
            output: vec![0; FRAME].into(),
            holds_more: false,
        }
    }

    /// Whether nothing more will come.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The next decoded frame, from encoded ones that `next` gives.
    pub fn poll_frame(
        &mut self,
        mut next: impl FnMut() -> Poll<Option<Result<Frame<Bytes>, HttpError>>>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        if self.state == State::Done {
            return Poll::Ready(None);
        }
        loop {
            let decoded = match self.decode() {
                Ok(decoded) => decoded,
                Err(error) => return Poll::Ready(Some(Err(self.fail(error)))),
            };
            if !decoded.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(decoded))));
            }
            match ready!(next()) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.input = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(self.fail(error)))),
                None if self.state == State::Within && !self.has_ended() => {
                    return Poll::Ready(Some(Err(self.fail(HttpError::Encoding))));
                }
                None => {
                    self.state = State::Done;
                    return Poll::Ready(None);
                }
            }
        }
    }

    /// Whether the encoding came to its end with what it held back, which draining cannot tell.
    fn has_ended(&mut self) -> bool {
        let mut output = WriteBuffer::new_initialized(&mut self.output);
        matches!(self.codec.decoder(0).finish(&mut output), Ok(true)) && output.written_len() == 0
    }

    fn fail(&mut self, error: HttpError) -> HttpError {
        self.state = State::Done;
        error
    }

    /// As much as one frame holds. Empty once more input is needed.
    fn decode(&mut self) -> Result<Bytes, HttpError> {
        let mut output = WriteBuffer::new_initialized(&mut self.output);
        while !output.has_no_spare_space() {
            let Some(&first) = self.input.first() else {
                if self.holds_more {
                    let ended = self.codec.drain(&mut output).map_err(|_| HttpError::Encoding)?;
                    self.state = if ended { State::Complete } else { self.state };
                }
                break;
            };
            if self.state == State::Complete && !self.codec.may_repeat() {
                return Err(HttpError::Encoding);
            }
            let decoder = self.codec.decoder(first);
            if self.state == State::Complete {
                decoder.reinit().map_err(|_| HttpError::Encoding)?;
            }
            let mut input = PartialBuffer::new(&self.input[..]);
            let ended = decoder.decode(&mut input, &mut output).map_err(|_| HttpError::Encoding)?;
            let read = input.written_len();
            self.input.advance(read);
            self.state = if ended { State::Complete } else { State::Within };
        }
        self.holds_more = output.has_no_spare_space();
        let written = output.written_len();
        Ok(Bytes::copy_from_slice(&self.output[..written]))
    }
}
