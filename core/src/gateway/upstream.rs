//! The body of an upstream's answer: a provider's, or the built-in provider's.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use http_body::Body as _;

use crate::ports::{Http, HttpError};

/// Bytes from an upstream.
pub(super) enum Upstream<P: Http> {
    /// A provider's.
    Remote(P::Body),
    /// The gateway's own, all there from the start.
    BuiltIn(VecDeque<Bytes>),
}

impl<P: Http> Upstream<P> {
    /// The next bytes; `None` at the end.
    pub(super) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, HttpError>>> {
        match self {
            Self::BuiltIn(chunks) => Poll::Ready(chunks.pop_front().map(Ok)),
            Self::Remote(body) => loop {
                match std::task::ready!(Pin::new(&mut *body).poll_frame(cx)) {
                    None => return Poll::Ready(None),
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    Some(Ok(frame)) => {
                        if let Ok(data) = frame.into_data() {
                            return Poll::Ready(Some(Ok(data)));
                        }
                    }
                }
            },
        }
    }

    /// The next bytes; `None` at the end.
    pub(super) async fn data(&mut self) -> Option<Result<Bytes, HttpError>> {
        std::future::poll_fn(|cx| self.poll_data(cx)).await
    }

    /// All bytes up to the end, as one piece.
    pub(super) async fn collect(&mut self, limit: usize) -> Result<Bytes, CollectError> {
        let mut whole = Whole::default();
        while let Some(chunk) = self.data().await {
            whole.add(chunk?, limit)?;
        }
        Ok(whole.into_bytes())
    }
}

/// Why a body could not be collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CollectError {
    Http(HttpError),
    TooLarge,
}

impl From<HttpError> for CollectError {
    fn from(error: HttpError) -> Self {
        Self::Http(error)
    }
}

/// Chunks that become one piece, without a copy where there is one chunk only.
#[derive(Debug, Default)]
pub(super) struct Whole {
    first: Bytes,
    rest: BytesMut,
}

impl Whole {
    /// Adds a chunk, unless there would then be more than `limit` bytes.
    pub(super) fn add(&mut self, chunk: Bytes, limit: usize) -> Result<(), CollectError> {
        if self.len() + chunk.len() > limit {
            return Err(CollectError::TooLarge);
        }
        if self.first.is_empty() {
            self.first = chunk;
        } else {
            if self.rest.is_empty() {
                self.rest.reserve((self.first.len() + chunk.len()) * 2);
                self.rest.extend_from_slice(&self.first);
            }
            self.rest.extend_from_slice(&chunk);
        }
        Ok(())
    }

    /// Makes room for what is announced, so that nothing is copied twice on the way there.
    pub(super) fn expect(&mut self, bytes: usize) {
        self.rest.reserve(bytes);
    }

    fn len(&self) -> usize {
        self.first.len().max(self.rest.len())
    }

    /// The piece.
    pub(super) fn into_bytes(self) -> Bytes {
        if self.rest.is_empty() { self.first } else { self.rest.freeze() }
    }
}
