//! One name for each step of translation, whatever the protocols are.
//!
//! A gateway knows a caller's [`Front`] and a provider's [`Wire`]; which code reads and writes
//! them is decided here and nowhere else. Dispatch is static: an enum of machines, no boxes.

use bytes::{Bytes, BytesMut};
use http::StatusCode;

use super::{
    DecodeError, Encoded, Front, Target, Wire, chat, gemini, messages,
    repeat::{New, Repeat, Varying},
};
use crate::{
    conversation::{Delta, Event, Request, Response, Text},
    error::ApiError,
    protocol::json::repair_surrogates,
};

pub use chat::AnswerMeta;

impl Front {
    /// Reads a caller's request.
    ///
    /// # Errors
    /// 400, naming the field that cannot be read.
    pub fn decode_request(self, body: &[u8]) -> Result<Request<'_>, ApiError> {
        match self {
            Self::Chat => chat::decode_request(body),
            Self::Messages => messages::decode_request(body),
        }
    }

    /// Writes a whole answer.
    pub fn encode_response(self, response: &Response<'_>, meta: &AnswerMeta<'_>) -> Vec<u8> {
        match self {
            Self::Chat => chat::encode_response(response, meta),
            Self::Messages => messages::encode_response(response, meta),
        }
    }

    /// Writes an error as a body; one that a provider wrote for this protocol goes out untouched.
    pub fn encode_error(self, error: &ApiError) -> Bytes {
        match (&error.body, self) {
            (Some(body), _) => body.clone(),
            (None, Self::Chat) => chat::encode_error(error).into(),
            (None, Self::Messages) => messages::encode_error(error).into(),
        }
    }

    /// Writes an error as the last event of a stream.
    pub fn encode_stream_error(self, error: &ApiError, out: &mut BytesMut) {
        match self {
            Self::Chat => chat::encode_stream_error(error, out),
            Self::Messages => messages::encode_stream_error(error, out),
        }
    }

    /// What keeps an idle stream open.
    pub fn keep_alive(self) -> Bytes {
        Bytes::from_static(match self {
            Self::Chat => b": keep-alive\n\n",
            Self::Messages => b"event: ping\ndata: {\"type\": \"ping\"}\n\n",
        })
    }

    /// A stream at its beginning. `usage_asked` says whether the caller wants usage in it, where
    /// its protocol leaves that to it.
    pub fn encoder(self, meta: &AnswerMeta<'_>, usage_asked: bool) -> StreamEncoder {
        match self {
            Self::Chat => StreamEncoder::Chat(chat::StreamEncoder::new(meta, usage_asked)),
            Self::Messages => StreamEncoder::Messages(messages::StreamEncoder::new(meta)),
        }
    }
}

impl Wire {
    /// Writes a request for a provider.
    ///
    /// # Errors
    /// 400 for what the wire cannot carry without changing its meaning.
    pub fn encode_request(self, request: &Request<'_>, target: &Target<'_>) -> Result<Encoded, ApiError> {
        match self {
            Self::Chat => chat::encode_request(request, target),
            Self::Messages => messages::encode_request(request, target),
            Self::Gemini => gemini::encode_request(request, target),
        }
    }

    /// Reads a provider's whole answer. `seed` is the gateway's own name for the answer, unguessable
    /// and unique: calls that the provider gave no id are named after it.
    ///
    /// # Errors
    /// What the provider said was wrong, or that the body is no answer.
    pub fn decode_response<'a>(self, body: &'a [u8], seed: &str) -> Result<Response<'a>, DecodeError> {
        match self {
            Self::Chat => chat::decode_response(body, seed),
            Self::Messages => messages::decode_response(body),
            Self::Gemini => gemini::decode_response(body, seed),
        }
    }

    /// Reads a provider's whole answer and gives what `take` makes of it, also where a text in it was
    /// cut between the halves of a surrogate pair, as it can be in a stream's events.
    ///
    /// # Errors
    /// Those of [`decode_response`](Self::decode_response).
    pub fn read_response<T>(
        self,
        body: &[u8],
        seed: &str,
        take: impl FnOnce(&Response<'_>) -> T,
    ) -> Result<T, DecodeError> {
        let error = match self.decode_response(body, seed) {
            Ok(response) => return Ok(take(&response)),
            Err(error) => error,
        };
        let text = std::str::from_utf8(body).ok().filter(|_| matches!(error, DecodeError::Malformed { .. }));
        let Some(mended) = text.and_then(repair_surrogates) else { return Err(error) };
        self.decode_response(mended.as_bytes(), seed).map(|response| take(&response))
    }

    /// Reads the body of an answer whose status was not a success.
    pub fn decode_error(self, status: StatusCode, body: &[u8]) -> ApiError {
        match self {
            Self::Chat => chat::decode_error(status, body),
            Self::Messages => messages::decode_error(status, body),
            Self::Gemini => gemini::decode_error(status, body),
        }
    }

    /// A provider's stream at its beginning; `seed` as in [`decode_response`](Self::decode_response).
    pub fn decoder(self, seed: &str) -> StreamDecoder {
        let (decoder, varying) = match self {
            Self::Chat => (Decoder::Chat(chat::StreamDecoder::new(seed)), chat::VARYING),
            Self::Messages => (Decoder::Messages(messages::StreamDecoder::new()), Varying::Nothing),
            Self::Gemini => (Decoder::Gemini(gemini::StreamDecoder::new(seed)), gemini::VARYING),
        };
        StreamDecoder { decoder, repeat: Repeat::new(varying) }
    }
}

/// Reads a provider's stream: the data of SSE events in, events of the conversation out.
#[derive(Debug)]
pub struct StreamDecoder {
    decoder: Decoder,
    repeat: Repeat,
}

#[derive(Debug)]
enum Decoder {
    Chat(chat::StreamDecoder),
    Messages(messages::StreamDecoder),
    Gemini(gemini::StreamDecoder),
}

impl StreamDecoder {
    /// Takes the data of one SSE event. Whether it was like the one before it but for a text that goes
    /// on, so that it holds nothing else that is new.
    pub fn push(&mut self, data: &[u8], sink: &mut impl FnMut(Event<'_>)) -> bool {
        if let Some(new) = self.repeat.read(data)
            && self.decoder.go_on(&new, sink)
        {
            return true;
        }
        let mut watch = self.repeat.watch(data);
        self.decoder.push(data, &mut |event| {
            watch.see(&event);
            sink(event);
        });
        self.repeat.learn(watch);
        false
    }

    /// Takes the data of one SSE event that is named `error`.
    pub fn error(&mut self, data: &[u8], sink: &mut impl FnMut(Event<'_>)) {
        self.repeat.forget();
        self.decoder.error(data, sink);
    }

    /// The upstream has ended.
    pub fn finish(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        self.repeat.forget();
        self.decoder.finish(sink);
    }

    /// Whether the upstream has no more to say, as far as one can tell.
    pub fn is_complete(&self) -> bool {
        match &self.decoder {
            Decoder::Chat(decoder) => decoder.is_complete(),
            Decoder::Messages(decoder) => decoder.is_complete(),
            Decoder::Gemini(decoder) => decoder.is_complete(),
        }
    }
}

/// Who is told an event. Not generic: the decoders would be there once for each sink, tens of kilobytes of
/// WebAssembly each time.
type Sink<'s> = &'s mut dyn FnMut(Event<'_>);

impl Decoder {
    fn push(&mut self, data: &[u8], mut sink: Sink<'_>) {
        match self {
            Self::Chat(decoder) => decoder.push(data, &mut sink),
            Self::Messages(decoder) => decoder.push(data, &mut sink),
            Self::Gemini(decoder) => decoder.push(data, &mut sink),
        }
    }

    fn error(&mut self, data: &[u8], mut sink: Sink<'_>) {
        match self {
            Self::Chat(decoder) => decoder.error(data, &mut sink),
            // Their errors say in their data what they are.
            Self::Messages(_) | Self::Gemini(_) => self.push(data, sink),
        }
    }

    fn finish(&mut self, mut sink: Sink<'_>) {
        match self {
            Self::Chat(decoder) => decoder.finish(&mut sink),
            Self::Messages(decoder) => decoder.finish(&mut sink),
            Self::Gemini(decoder) => decoder.finish(&mut sink),
        }
    }

    /// Says what is new in an event that is otherwise like the one before it. `false` where it must be
    /// read in full.
    fn go_on(&mut self, new: &New<'_>, mut sink: Sink<'_>) -> bool {
        match self {
            Self::Chat(_) | Self::Messages(_) => {
                sink(Event::Delta { part: new.part, delta: Delta::Text(Text::Borrowed(new.text)) });
                true
            }
            Self::Gemini(decoder) => decoder.go_on(new, &mut sink),
        }
    }
}

/// Writes a caller's stream: events of the conversation in, SSE frames out.
#[derive(Debug)]
#[allow(missing_docs, reason = "named after their protocols")]
pub enum StreamEncoder {
    Chat(chat::StreamEncoder),
    Messages(messages::StreamEncoder),
}

impl StreamEncoder {
    /// Writes the frames that one event makes, which may be none.
    pub fn event(&mut self, event: &Event<'_>, out: &mut BytesMut) {
        match self {
            Self::Chat(encoder) => encoder.event(event, out),
            Self::Messages(encoder) => encoder.event(event, out),
        }
    }

    /// The answer has ended.
    pub fn finish(&mut self, out: &mut BytesMut) {
        match self {
            Self::Chat(encoder) => encoder.finish(out),
            Self::Messages(encoder) => encoder.finish(out),
        }
    }
}
