//! The `Http` port over the platform's `fetch`.
//!
//! `fetch` reaches the public internet and nothing else, which is all that a request whose address a caller
//! named (`PublicOnly`) asks for.

use crate::js::{self, Reader};
use crate::platform::Platform;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Frame;
use std::pin::Pin;
use std::task::{Context, Poll};
use tollbridge_core::payload::Payload;
use tollbridge_core::ports::{Http, HttpError};
use tollbridge_decode::{Decoded, identity};
use worker::js_sys::Uint8Array;
use worker::js_sys::futures::JsFuture;
use worker::wasm_bindgen::JsValue;
use worker::web_sys::{self, AbortController, RequestInit, RequestRedirect};

/// A body of known length up to this is read by the platform, in one piece.
const AT_ONCE: u64 = 1 << 20;

impl Http for Platform {
    type Body = Decoded<Incoming>;

    async fn send(&self, request: Request<Payload>) -> Result<Response<Self::Body>, HttpError> {
        let controller = AbortController::new().map_err(|_| HttpError::Refused)?;
        let url = request.uri().to_string();
        let init = outgoing(request, &controller).map_err(|_| HttpError::Refused)?;
        let cancel = Cancel(Some(controller));
        let answering = js::fetch(&url, &init).map_err(|_| HttpError::Refused)?;
        // The platform does not say why no head came, nor whether the request went out.
        let answer = JsFuture::from(answering).await.map_err(|_| HttpError::ResetBeforeHead)?;
        identity(incoming(&answer, cancel)?)
    }
}

/// The request as one piece, so that it has a length.
fn outgoing(request: Request<Payload>, controller: &AbortController) -> Result<RequestInit, JsValue> {
    let (head, payload) = request.into_parts();
    let init = RequestInit::new();
    init.set_method(head.method.as_str());
    init.set_headers(js::headers(&head.headers)?.as_ref());
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&controller.signal()));
    if !payload.is_empty() {
        init.set_body(&Uint8Array::from(&*payload.into_bytes()));
    }
    Ok(init)
}

fn incoming(answer: &web_sys::Response, cancel: Cancel) -> Result<Response<Incoming>, HttpError> {
    let failed = |_| HttpError::ResetAfterHead;
    let mut response = Response::new(Incoming { body: Body::Over, cancel });
    *response.status_mut() = StatusCode::from_u16(answer.status()).map_err(|_| HttpError::ResetBeforeHead)?;
    *response.headers_mut() = js::header_map(&answer.headers());
    let length = length(response.headers());
    strip_encoding(response.headers_mut());
    response.body_mut().body = match (length, answer.body()) {
        (_, None) => Body::Over,
        (Some(..=AT_ONCE), _) => Body::Whole(JsFuture::from(answer.array_buffer().map_err(failed)?)),
        (_, Some(stream)) => Body::Pieces(Reader::new(&stream).map_err(failed)?),
    };
    Ok(response)
}

/// How long the body is, where it comes as it was sent.
fn length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()?;
    (!headers.contains_key(CONTENT_ENCODING)).then_some(length)
}

/// What `fetch` decodes. (Not zstd: `tests/workerd/repros`.)
const DECODED: [&str; 3] = ["gzip", "br", "deflate"];

/// `fetch` leaves the headers that say how the body was encoded.
fn strip_encoding(headers: &mut HeaderMap) {
    let decoded = |encoding: &HeaderValue| DECODED.iter().any(|known| encoding == known);
    if headers.get(CONTENT_ENCODING).is_some_and(decoded) {
        headers.remove(CONTENT_ENCODING);
        headers.remove(CONTENT_LENGTH);
    }
}

/// What a provider sends. Dropped, it cancels the request.
pub(crate) struct Incoming {
    body: Body,
    cancel: Cancel,
}

enum Body {
    Whole(JsFuture),
    Pieces(Reader),
    Over,
}

impl Body {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, JsValue>>> {
        match self {
            Self::Whole(reading) => {
                let whole = std::task::ready!(Pin::new(reading).poll(cx));
                *self = Self::Over;
                Poll::Ready(Some(whole.map(|whole| Bytes::from(Uint8Array::new(&whole).to_vec()))))
            }
            Self::Pieces(reader) => reader.poll_next(cx),
            Self::Over => Poll::Ready(None),
        }
    }
}

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let next = std::task::ready!(self.body.poll_next(cx));
        if next.is_none() {
            self.body = Body::Over;
            self.cancel.0 = None;
        }
        Poll::Ready(next.map(|next| next.map(Frame::data).map_err(|_| HttpError::ResetAfterHead)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.body, Body::Over)
    }
}

/// Aborts a request that is not over when this is dropped.
struct Cancel(Option<AbortController>);

impl Drop for Cancel {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}
