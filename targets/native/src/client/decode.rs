//! Encodings that providers send answers in.
//!
//! None is asked for: an event stream gains nothing from compression, and some servers hold back
//! what they compress. What comes compressed all the same is decoded as it arrives, so that an
//! event that the provider has flushed is an event that the caller gets.

use std::task::{Poll, ready};

use bytes::{Buf, Bytes};
use compression_codecs::{
    BrotliDecoder, DecodeV2, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
    core::util::{PartialBuffer, WriteBuffer},
    zstd::params::DParameter,
};
use http::{
    Response,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap},
};
use http_body::Frame;
use tollbridge_core::ports::HttpError;

use super::Body;

/// Bytes of one decoded frame. However much an answer swells, no more of it exists at a time.
const FRAME: usize = 16 << 10;

/// The window that a zstd frame may ask memory for: 8 MB, as RFC 9659 limits it for HTTP.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Removes the encoding from an answer, and the headers that speak of it.
pub(super) fn identity(mut response: Response<Body>) -> Result<Response<Body>, HttpError> {
    let Some(coding) = coding(response.headers())? else { return Ok(response) };
    response.headers_mut().remove(CONTENT_ENCODING);
    let Coding::Encoded(decoder) = coding else { return Ok(response) };
    response.headers_mut().remove(CONTENT_LENGTH);
    Ok(response.map(|body| body.decoded(decoder)))
}

enum Coding {
    Identity,
    Encoded(Decoder),
}

fn coding(headers: &HeaderMap) -> Result<Option<Coding>, HttpError> {
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let name = value.to_str().map_err(|_| HttpError::Encoding)?.trim().to_ascii_lowercase();
    // Nobody encodes twice; whoever does is not understood rather than passed on half decoded.
    if values.next().is_some() {
        return Err(HttpError::Encoding);
    }
    let codec = match name.as_str() {
        "identity" | "" => return Ok(Some(Coding::Identity)),
        "gzip" | "x-gzip" => Codec::Gzip(GzipDecoder::new()),
        "deflate" => Codec::Deflate,
        "br" => Codec::Brotli(BrotliDecoder::new()),
        "zstd" => Codec::Zstd(ZstdDecoder::new_with_params(&[DParameter::window_log_max(ZSTD_WINDOW_LOG)])),
        _ => return Err(HttpError::Encoding),
    };
    Ok(Some(Coding::Encoded(Decoder::new(codec))))
}

enum Codec {
    Gzip(GzipDecoder),
    Brotli(BrotliDecoder),
    Zstd(ZstdDecoder),
    /// HTTP's deflate is zlib's format, and some send the bare one; the first byte tells.
    Deflate,
    Zlib(ZlibDecoder),
    Bare(DeflateDecoder),
}

impl Codec {
    fn decoder(&mut self, first: u8) -> &mut dyn DecodeV2 {
        if matches!(self, Self::Deflate) {
            // RFC 1950: the low half of a zlib header's first byte is 8, the high half at most 7.
            let is_zlib = first & 0x0f == 8 && first >> 4 <= 7;
            *self = if is_zlib { Self::Zlib(ZlibDecoder::new()) } else { Self::Bare(DeflateDecoder::new()) };
        }
        match self {
            Self::Gzip(decoder) => decoder,
            Self::Brotli(decoder) => decoder,
            Self::Zstd(decoder) => decoder,
            Self::Zlib(decoder) => decoder,
            Self::Bare(decoder) => decoder,
            Self::Deflate => unreachable!("replaced above"),
        }
    }

    /// Gives what is left of the input that it has, and whether it knows that to be the end.
    fn drain(&mut self, output: &mut WriteBuffer<'_>) -> std::io::Result<bool> {
        match self {
            Self::Brotli(decoder) => DecodeV2::decode(decoder, &mut PartialBuffer::new(&[]), output),
            Self::Zstd(decoder) => DecodeV2::decode(decoder, &mut PartialBuffer::new(&[]), output),
            other => other.decoder(0).flush(output).map(|_| false),
        }
    }

    /// Whether another whole stream may follow the first, as members of gzip and frames of zstd.
    fn may_repeat(&self) -> bool {
        matches!(self, Self::Gzip(_) | Self::Zstd(_))
    }
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
pub(super) struct Decoder {
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

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The next decoded frame, from encoded ones that `next` gives.
    pub(super) fn poll_frame(
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
