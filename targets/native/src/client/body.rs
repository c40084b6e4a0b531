//! An answer's body.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tollbridge_core::ports::HttpError;

use super::{decode::Decoder, origin::Lease};

/// What the provider says, as it says it. Dropped before its end, it cancels the rest.
pub(crate) struct Body {
    incoming: Incoming,
    lease: Option<Lease>,
    decoder: Option<Box<Decoder>>,
}

impl Body {
    pub(super) fn new(incoming: Incoming, lease: Option<Lease>) -> Self {
        let mut body = Self { incoming, lease, decoder: None };
        body.give_back_at_the_end();
        body
    }

    pub(super) fn decoded(self, decoder: Decoder) -> Self {
        Self { decoder: Some(Box::new(decoder)), ..self }
    }

    /// With a known length the last frame is the end: nobody polls for the `None` after it.
    fn give_back_at_the_end(&mut self) {
        if self.incoming.is_end_stream() {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.give_back();
        }
    }

    fn poll_encoded(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(context));
        match &frame {
            Some(Ok(_)) => self.give_back_at_the_end(),
            Some(Err(_)) => self.lease = None,
            None => self.give_back(),
        }
        Poll::Ready(frame.map(|frame| frame.map_err(|_| HttpError::ResetAfterHead)))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let this = &mut *self;
        let Some(mut decoder) = this.decoder.take() else { return this.poll_encoded(context) };
        let frame = decoder.poll_frame(|| this.poll_encoded(context));
        this.decoder = Some(decoder);
        frame
    }

    fn is_end_stream(&self) -> bool {
        match &self.decoder {
            None => self.incoming.is_end_stream(),
            Some(decoder) => decoder.is_done(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.decoder {
            None => self.incoming.size_hint(),
            Some(_) => SizeHint::default(),
        }
    }
}
