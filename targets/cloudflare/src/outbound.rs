//! The `Http` port over the platform's `fetch`.
//!
//! `fetch` reaches the public internet and nothing else, which is all that a request whose address a caller
//! named (`PublicOnly`) asks for.

use crate::platform::Platform;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use tollbridge_core::payload::Payload;
use tollbridge_core::ports::{Http, HttpError};
use worker::js_sys::Uint8Array;
use worker::{AbortController, Fetch, Headers, HttpResponse, RequestInit, RequestRedirect};

impl Http for Platform {
    type Body = Incoming;

    async fn send(&self, request: Request<Payload>) -> Result<Response<Incoming>, HttpError> {
        let cancel = Cancel(Some(AbortController::default()));
        let signal =
            cancel.0.as_ref().map(AbortController::signal).unwrap_or_else(worker::AbortSignal::abort);
        let request = outgoing(request).map_err(|_| HttpError::Refused)?;
        // The platform does not say why no head came, nor whether the request went out.
        let response = Fetch::Request(request).send_with_signal(&signal).await;
        let response = response.and_then(HttpResponse::try_from).map_err(|_| HttpError::ResetBeforeHead)?;
        let (mut head, body) = response.into_parts();
        strip_encoding(&mut head.headers);
        Ok(Response::from_parts(head, Incoming { body, cancel }))
    }
}

/// The request as one piece, so that it has a length.
fn outgoing(request: Request<Payload>) -> worker::Result<worker::Request> {
    let (head, payload) = request.into_parts();
    let mut init = RequestInit::new();
    init.with_method(head.method.as_str().to_owned().into());
    init.with_headers(Headers::from(head.headers));
    init.with_redirect(RequestRedirect::Manual);
    if !payload.is_empty() {
        init.with_body(Some(Uint8Array::from(&*payload.into_bytes()).into()));
    }
    worker::Request::new_with_init(&head.uri.to_string(), &init)
}

/// `fetch` decodes the body and leaves the headers that say how it was encoded.
fn strip_encoding(headers: &mut HeaderMap) {
    if headers.remove(CONTENT_ENCODING).is_some() {
        headers.remove(CONTENT_LENGTH);
    }
}

/// What a provider sends. Dropped, it cancels the request.
pub(crate) struct Incoming {
    body: worker::Body,
    cancel: Cancel,
}

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(None) = frame {
            self.cancel.0 = None;
        }
        frame.map_err(|_| HttpError::ResetAfterHead)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
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
