//! The body of a response.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::stream::Stream;
use crate::ports::Ports;

/// What a caller is sent. It never fails: what goes wrong inside a stream is said in the stream, in
/// the protocol's own error event.
pub struct Body<P: Ports>(Kind<P>);

enum Kind<P: Ports> {
    Whole(Bytes),
    Stream(Box<Stream<P>>),
}

impl<P: Ports> Body<P> {
    pub(super) fn empty() -> Self {
        Self(Kind::Whole(Bytes::new()))
    }

    pub(super) fn full(bytes: Bytes) -> Self {
        Self(Kind::Whole(bytes))
    }

    pub(super) fn stream(stream: Stream<P>) -> Self {
        Self(Kind::Stream(Box::new(stream)))
    }
}

impl<P: Ports> http_body::Body for Body<P> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            Kind::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Kind::Stream(stream) => stream.poll_next(cx).map(|next| next.map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(bytes) => bytes.is_empty(),
            Kind::Stream(stream) => stream.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream(_) => SizeHint::default(),
        }
    }
}
