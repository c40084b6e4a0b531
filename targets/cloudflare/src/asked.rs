//! What a caller sends.

use crate::js::{self, Reader};
use bytes::Bytes;
use http::{Request, Uri};
use http_body::{Frame, SizeHint};
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use worker::js_sys::Uint8Array;
use worker::js_sys::futures::JsFuture;
use worker::wasm_bindgen::JsValue;
use worker::web_sys;

/// How much of a body is taken in one piece, or read before the gateway is there, in bytes. More than that stays
/// with the platform.
const AHEAD: u64 = 16 << 20;

/// A request's body: what was read of it already, and the rest as it comes.
pub(crate) struct Asked {
    read: VecDeque<Result<Bytes, JsValue>>,
    rest: Rest,
}

enum Rest {
    /// All of it is being read, so many bytes.
    Whole(JsFuture, u64),
    /// It is read piece by piece.
    Pieces(Reader),
    Over,
}

/// A request as the core has it.
pub(crate) fn take(request: &web_sys::Request) -> worker::Result<Request<Asked>> {
    let mut asked = Request::new(Asked { read: VecDeque::new(), rest: Rest::Over });
    *asked.method_mut() = request.method().parse().map_err(|_| "the method is none")?;
    *asked.uri_mut() = request.url().parse::<Uri>().map_err(|_| "the address is none")?;
    *asked.headers_mut() = js::header_map(&request.headers());
    let length = asked.headers().get(http::header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse().ok()).filter(|length| *length <= AHEAD);
    asked.body_mut().rest = match (length, request.body()) {
        (_, None) => Rest::Over,
        (Some(length), _) => Rest::Whole(JsFuture::from(request.array_buffer()?), length),
        (None, Some(stream)) => Rest::Pieces(Reader::new(&stream)?),
    };
    Ok(asked)
}

impl Asked {
    /// Reads the body. Workers demands that this comes before anything else is waited for.
    pub(crate) async fn read(&mut self) {
        let mut size = 0;
        while size < AHEAD {
            match std::future::poll_fn(|cx| self.rest.poll_next(cx)).await {
                None => return,
                Some(read) => {
                    size += read.as_ref().map_or(AHEAD, |data| data.len() as u64);
                    self.read.push_back(read);
                }
            }
        }
    }
}

impl Rest {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, JsValue>>> {
        match self {
            Self::Whole(reading, _) => {
                let whole = std::task::ready!(Pin::new(reading).poll(cx));
                *self = Self::Over;
                Poll::Ready(Some(whole.map(|whole| Bytes::from(Uint8Array::new(&whole).to_vec()))))
            }
            Self::Pieces(reader) => reader.poll_next(cx),
            Self::Over => Poll::Ready(None),
        }
    }
}

impl http_body::Body for Asked {
    type Data = Bytes;
    type Error = JsValue;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, JsValue>>> {
        match self.read.pop_front() {
            Some(read) => Poll::Ready(Some(read.map(Frame::data))),
            None => self.rest.poll_next(cx).map_ok(Frame::data),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && matches!(self.rest, Rest::Over)
    }

    fn size_hint(&self) -> SizeHint {
        match self.rest {
            Rest::Whole(_, length) => SizeHint::with_exact(length),
            _ => SizeHint::default(),
        }
    }
}
