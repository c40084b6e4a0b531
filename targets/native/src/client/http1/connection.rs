//! One connection, and the one request that is on it.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    io::{self, IoSlice},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, Uri, response};
use http_body::Body as _;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tollbridge_core::payload::Payload;

use super::{Framing, head};
use crate::client::stream::Stream;

/// Bytes that are read at a time, where there is so much.
const READ: usize = 16 << 10;

/// Less room than this is not worth a system call.
const LEAST: usize = 2 << 10;

/// Pieces that go into one write.
const SLICES: usize = 16;

/// A connection that is open, between two answers or in one.
pub(in crate::client) struct Connection {
    stream: Stream,
    /// What was read and not used.
    pub(in crate::client) input: BytesMut,
}

/// A request on its way out.
pub(in crate::client) struct Outgoing {
    method: Method,
    pieces: VecDeque<Bytes>,
    /// Whether some of it may have arrived.
    is_begun: bool,
}

/// A head, and the connection that the body will come from.
pub(in crate::client) struct Answer {
    pub(in crate::client) parts: response::Parts,
    pub(in crate::client) framing: Framing,
    pub(in crate::client) connection: Connection,
    /// Whether the connection can take another request after this answer.
    pub(in crate::client) keeps_alive: bool,
}

/// There was no answer, and the connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum Unanswered {
    /// Nothing of the request was sent: another connection may take it.
    Unsent,
    /// Some of it was.
    Reset,
}

impl Outgoing {
    pub(in crate::client) fn new(
        method: Method,
        target: &Uri,
        host: &HeaderValue,
        headers: &HeaderMap,
        mut payload: Payload,
    ) -> Self {
        let head = head::encode(&method, target, host, headers, payload.len());
        let mut pieces = VecDeque::from([head]);
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut payload).poll_frame(&mut context) {
            pieces.extend(frame.into_data());
        }
        Self { method, pieces, is_begun: false }
    }

    fn advance(&mut self, mut count: usize) {
        self.is_begun |= count > 0;
        while let Some(first) = self.pieces.front_mut() {
            if count < first.len() {
                first.advance(count);
                return;
            }
            count -= first.len();
            self.pieces.pop_front();
        }
    }
}

impl Connection {
    pub(in crate::client) fn new(stream: Stream) -> Self {
        Self { stream, input: BytesMut::new() }
    }

    /// Whether the other end has neither closed nor spoken out of turn, as far as is known here.
    pub(in crate::client) fn is_at_rest(&mut self) -> bool {
        let mut byte = [0];
        let mut context = Context::from_waker(Waker::noop());
        self.input.is_empty()
            && Pin::new(&mut self.stream).poll_read(&mut context, &mut ReadBuf::new(&mut byte)).is_pending()
    }

    /// Sends a request and waits for the head of its answer.
    pub(in crate::client) async fn exchange(mut self, outgoing: &mut Outgoing) -> Result<Answer, Unanswered> {
        let exchanged = poll_fn(|context| self.poll_exchange(context, outgoing)).await;
        let head = exchanged.map_err(|_| match outgoing.is_begun {
            false => Unanswered::Unsent,
            true => Unanswered::Reset,
        })?;
        // An answer to half a request leaves the rest of it nowhere to go.
        let keeps_alive = head.keeps_alive && outgoing.pieces.is_empty();
        Ok(Answer { parts: head.parts, framing: head.framing, connection: self, keeps_alive })
    }

    /// Writes as long as there is something to write, and reads all the while: a provider may
    /// refuse a request before it has read all of it.
    fn poll_exchange(
        &mut self,
        context: &mut Context<'_>,
        outgoing: &mut Outgoing,
    ) -> Poll<io::Result<head::Head>> {
        // A write that fails may follow an answer that says why.
        let written = match self.poll_write_all(context, outgoing) {
            Poll::Ready(Err(error)) if !outgoing.is_begun => return Poll::Ready(Err(error)),
            written => written,
        };
        loop {
            if let Some(head) = head::take(&mut self.input, &outgoing.method)
                .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?
            {
                return Poll::Ready(Ok(head));
            }
            match self.poll_fill(context) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    return match written {
                        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                        _ => Poll::Pending,
                    };
                }
            }
        }
    }

    fn poll_write_all(&mut self, context: &mut Context<'_>, outgoing: &mut Outgoing) -> Poll<io::Result<()>> {
        while !outgoing.pieces.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = outgoing.pieces.len().min(SLICES);
            for (slice, piece) in slices.iter_mut().zip(&outgoing.pieces) {
                *slice = IoSlice::new(piece);
            }
            let stream = Pin::new(&mut self.stream);
            match std::task::ready!(stream.poll_write_vectored(context, &slices[..count]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => outgoing.advance(count),
            }
        }
        // TLS may hold back what TCP does not.
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Reads once. 0 is the end of the connection.
    pub(in crate::client) fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.input.capacity() - self.input.len() < LEAST {
            self.input.reserve(READ);
        }
        pin!(self.stream.read_buf(&mut self.input)).poll(context)
    }
}
