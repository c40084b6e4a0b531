//! The `Http` port over outbound HTTP.
//!
//! The host resolves names, and connects to those that the manifest allows: a request whose address a caller
//! named (`PublicOnly`) reaches what the operator put there, and with a wildcard whatever the host's own
//! `block_networks` leaves.

use crate::platform::Platform;
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH};
use http::{HeaderValue, Request, Response};
use http_body::{Frame, SizeHint};
use spin_sdk::http::send;
use spin_sdk::wasip3::http::types::{ErrorCode, RequestOptions, Response as WasiResponse};
use spin_sdk::wasip3::http_compat::{IncomingBody, RequestOptionsExtension};
use std::future::poll_fn;
use std::mem;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tollbridge_core::payload::Payload;
use tollbridge_core::ports::{Http, HttpError};
use tollbridge_decode::{Decoded, identity};

impl Http for Platform {
    type Body = Decoded<Incoming>;

    async fn send(&self, mut request: Request<Payload>) -> Result<Response<Decoded<Incoming>>, HttpError> {
        // Without a length the host would send the body in chunks.
        let length = request.body().len();
        if length > 0 {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let options = RequestOptions::new();
        // One that a host cannot keep is as if it was not asked for.
        let _ = options.set_connect_timeout(Some(nanoseconds(self.connect)));
        request.extensions_mut().insert(RequestOptionsExtension(options));
        // What comes compressed all the same is decoded.
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let response = with_body(send(request)).await.map_err(failure)?;
        identity(response.map(Incoming))
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The first poll of a send spawns the task that writes the request's body, and spawned tasks are polled with
/// the next event only (wit-bindgen 0.57, `Tasks::poll_next`). This makes that event: there may be no other.
async fn with_body<T>(send: impl Future<Output = T>) -> T {
    let mut send = pin!(send);
    let mut is_first = true;
    poll_fn(|cx| {
        if mem::take(&mut is_first) {
            cx.waker().wake_by_ref();
        }
        send.as_mut().poll(cx)
    })
    .await
}

/// Why there is no head.
fn failure(error: ErrorCode) -> HttpError {
    match error {
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => HttpError::Dns,
        ErrorCode::ConnectionRefused
        | ErrorCode::DestinationUnavailable
        | ErrorCode::ConnectionLimitReached => HttpError::Connect,
        ErrorCode::ConnectionTimeout => HttpError::ConnectTimeout,
        ErrorCode::TlsProtocolError | ErrorCode::TlsCertificateError | ErrorCode::TlsAlertReceived(_) => {
            HttpError::Tls
        }
        ErrorCode::HttpRequestDenied
        | ErrorCode::DestinationIpProhibited
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::HttpRequestUriInvalid => HttpError::Refused,
        _ => HttpError::ResetBeforeHead,
    }
}

/// What a provider sends. Dropped, it cancels the request.
pub(crate) struct Incoming(IncomingBody<WasiResponse>);

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        Pin::new(&mut self.0).poll_frame(cx).map_err(|_| HttpError::ResetAfterHead)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
