//! What a caller sends.

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use worker::Body;

/// How much of a body is read before the gateway is there, in bytes. More than that stays with the platform.
const AHEAD: usize = 16 << 20;

/// A request's body: what was read of it already, and the rest as it comes.
pub(crate) struct Asked {
    read: VecDeque<Result<Bytes, worker::Error>>,
    rest: Body,
}

impl Asked {
    pub(crate) fn new(rest: Body) -> Self {
        Self { read: VecDeque::new(), rest }
    }

    /// Reads the body. Workers demands that this comes before anything else is waited for.
    pub(crate) async fn read(&mut self) {
        let mut size = 0;
        while size < AHEAD {
            match self.rest.frame().await {
                None => return,
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    size += data.len();
                    self.read.push_back(Ok(data));
                }
                Some(Err(error)) => return self.read.push_back(Err(error)),
            }
        }
    }
}

impl http_body::Body for Asked {
    type Data = Bytes;
    type Error = worker::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, worker::Error>>> {
        match self.read.pop_front() {
            Some(read) => Poll::Ready(Some(read.map(Frame::data))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.read.is_empty() { self.rest.size_hint() } else { SizeHint::default() }
    }
}
