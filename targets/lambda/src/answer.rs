//! A response body that stays open after its last byte until `after` has run.

use crate::platform::Platform;
use bytes::Bytes;
use http_body::Frame;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Sleep, sleep};
use tollbridge_core::faults::Over;
use tollbridge_core::gateway::Body;

/// How long `after` may keep the caller from the end of the response.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// The gateway's body, then `after`, which runs as a task of its own, then the end.
pub(crate) enum Answer {
    Speaking(Body<Over<Platform>>, JoinHandle<()>),
    Settling(JoinHandle<()>, Pin<Box<Sleep>>),
    Over,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            match &mut *self {
                Self::Speaking(body, _) => {
                    let frame = ready!(Pin::new(body).poll_frame(cx));
                    if frame.is_some() {
                        return Poll::Ready(frame);
                    }
                    // The body is dropped here, and `after` learns how it ended.
                    if let Self::Speaking(_, after) = std::mem::replace(&mut *self, Self::Over) {
                        *self = Self::Settling(after, Box::pin(sleep(GRACE)));
                    }
                }
                Self::Settling(after, grace) => {
                    if Pin::new(after).poll(cx).is_pending() {
                        ready!(grace.as_mut().poll(cx));
                    }
                    *self = Self::Over;
                }
                Self::Over => return Poll::Ready(None),
            }
        }
    }
}
