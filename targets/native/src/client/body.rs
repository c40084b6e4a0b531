//! An answer's body.

use std::{
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tollbridge_core::ports::HttpError;
use tollbridge_decode::Decoder;

use super::{
    http1::{Connection, Framing},
    origin::Origin,
};

/// What the provider says, as it says it. Dropped before its end, it cancels the rest.
pub(crate) struct Body {
    source: Source,
    decoder: Option<Box<Decoder>>,
}

/// Where the bytes come from.
enum Source {
    Http1(Reading),
    Http2(Incoming),
}

/// A body that owns the connection it is read from.
pub(super) struct Reading {
    /// `None` once the connection went back to its pool, or to ruin.
    connection: Option<Connection>,
    framing: Framing,
    /// The pool that the connection goes back to, if it can be used again.
    pool: Option<Rc<Origin>>,
}

impl Body {
    pub(super) fn http1(connection: Connection, framing: Framing, pool: Option<Rc<Origin>>) -> Self {
        let mut reading = Reading { connection: Some(connection), framing, pool };
        reading.give_back_at_the_end();
        Self { source: Source::Http1(reading), decoder: None }
    }

    pub(super) fn http2(incoming: Incoming) -> Self {
        Self { source: Source::Http2(incoming), decoder: None }
    }

    pub(super) fn decoded(self, decoder: Option<Decoder>) -> Self {
        Self { decoder: decoder.map(Box::new), ..self }
    }
}

impl Reading {
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        loop {
            let Some(connection) = &mut self.connection else { return Poll::Ready(None) };
            let taken = self.framing.take(&mut connection.input);
            if let Ok(Some(data)) = taken {
                self.give_back_at_the_end();
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            self.give_back_at_the_end();
            let Some(connection) = &mut self.connection else { return Poll::Ready(None) };
            let went_on = taken.is_ok()
                && match ready!(connection.poll_fill(context)) {
                    Ok(0) => self.framing.close().is_ok(),
                    Ok(_) => true,
                    Err(_) => false,
                };
            if !went_on {
                self.connection = None;
                return Poll::Ready(Some(Err(HttpError::ResetAfterHead)));
            }
        }
    }

    fn give_back_at_the_end(&mut self) {
        if self.framing.is_done()
            && let Some(connection) = self.connection.take()
            && let Some(pool) = self.pool.take()
        {
            pool.rest(connection);
        }
    }
}

impl Drop for Reading {
    /// Who knows an event stream's last event reads no further, though the end that HTTP marks
    /// is often here already. Then the connection is as good as before.
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection
            && let Ok(None) = self.framing.take(&mut connection.input)
        {
            self.give_back_at_the_end();
        }
    }
}

impl Body {
    fn poll_encoded(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        match &mut self.source {
            Source::Http1(reading) => reading.poll_frame(context),
            Source::Http2(incoming) => {
                let frame = ready!(Pin::new(incoming).poll_frame(context));
                Poll::Ready(frame.map(|frame| frame.map_err(|_| HttpError::ResetAfterHead)))
            }
        }
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
        match (&self.decoder, &self.source) {
            (Some(decoder), _) => decoder.is_done(),
            (None, Source::Http1(reading)) => reading.framing.is_done(),
            (None, Source::Http2(incoming)) => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.decoder, &self.source) {
            (Some(_), _) => SizeHint::default(),
            (None, Source::Http1(reading)) => {
                reading.framing.left().map_or_else(SizeHint::default, SizeHint::with_exact)
            }
            (None, Source::Http2(incoming)) => incoming.size_hint(),
        }
    }
}
