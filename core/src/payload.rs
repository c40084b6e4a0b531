//! A request body on its way to an upstream.
//!
//! A relayed body is the caller's own bytes with a few of them replaced, so it is a short list of
//! slices: nothing is copied to change a model name in a body of a hundred kilobytes, and sending
//! it a second time costs a few reference counts.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};

/// The bytes to send, in order. As an [`http_body::Body`] its length is always known, and it ends
/// with its last byte.
#[derive(Debug, Clone, Default)]
pub struct Payload {
    parts: VecDeque<Bytes>,
    len: u64,
}

impl Payload {
    /// A body without bytes, as of a `GET`.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Bytes to send.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The whole as one piece, for platforms that take no other; copies only where there are
    /// several.
    pub fn into_bytes(mut self) -> Bytes {
        if self.parts.len() <= 1 {
            return self.parts.pop_front().unwrap_or_default();
        }
        let mut whole = BytesMut::with_capacity(usize::try_from(self.len).unwrap_or_default());
        self.parts.iter().for_each(|part| whole.extend_from_slice(part));
        whole.freeze()
    }
}

impl FromIterator<Bytes> for Payload {
    fn from_iter<T: IntoIterator<Item = Bytes>>(parts: T) -> Self {
        let parts: VecDeque<Bytes> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let len = parts.iter().map(|part| part.len() as u64).sum();
        Self { parts, len }
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        std::iter::once(bytes).collect()
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.parts.pop_front();
        self.len -= next.as_ref().map_or(0, |part| part.len() as u64);
        Poll::Ready(next.map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.parts.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len)
    }
}
