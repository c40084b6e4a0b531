//! Gives an answer: its steps become writes, waits and cuts of a hyper body.

use std::{collections::VecDeque, pin::Pin};

use bytes::Bytes;
use futures::{Stream, stream};
use http::Response;
use http_body::Frame;
use http_body_util::StreamBody;

use crate::{
    answer::{Answer, HANG, Step},
    session::{Ending, Pen},
};

/// The connection is to be closed without an end of the message.
#[derive(Debug)]
pub struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("the script cut the connection")
    }
}

impl std::error::Error for Cut {}

type Frames = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Cut>> + Send>>;

/// The body that hyper writes.
pub type PlayedBody = StreamBody<Frames>;

/// Plays the steps before the head, then returns the head with the body to be played.
pub async fn perform(answer: Answer, pen: Pen) -> Result<Response<PlayedBody>, Cut> {
    for step in &answer.before_head {
        match step {
            Step::Send(_) => {}
            Step::Wait(time) => tokio::time::sleep(*time).await,
            Step::Gate => pen.session().pass_gate().await,
            Step::Cut => {
                pen.end(Ending::Cut);
                return Err(Cut);
            }
            Step::Hang => {
                tokio::time::sleep(HANG).await;
                return Err(Cut);
            }
        }
    }
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(body(answer.steps, pen)).map_err(|_| Cut)
}

/// A body that is written at once and belongs to no record.
pub fn plain(bytes: Bytes) -> PlayedBody {
    StreamBody::new(Box::pin(stream::iter([Ok(Frame::data(bytes))])))
}

fn body(steps: Vec<Step>, pen: Pen) -> PlayedBody {
    let steps: VecDeque<Step> = steps.into();
    if steps.is_empty() {
        pen.end(Ending::Whole);
    }
    StreamBody::new(Box::pin(stream::unfold((steps, pen), next)))
}

/// Plays steps up to the next write. A body of known length is not polled past its last byte,
/// so that the end is recorded with the last write and not after it.
async fn next(
    (mut steps, pen): (VecDeque<Step>, Pen),
) -> Option<(Result<Frame<Bytes>, Cut>, (VecDeque<Step>, Pen))> {
    loop {
        match steps.pop_front() {
            None => {
                pen.end(Ending::Whole);
                return None;
            }
            Some(Step::Send(bytes)) => {
                pen.sent();
                if steps.is_empty() {
                    pen.end(Ending::Whole);
                }
                return Some((Ok(Frame::data(bytes)), (steps, pen)));
            }
            Some(Step::Wait(time)) => tokio::time::sleep(time).await,
            Some(Step::Gate) => pen.session().pass_gate().await,
            Some(Step::Cut) => {
                // What was written before the cut must reach the caller first.
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                pen.end(Ending::Cut);
                return Some((Err(Cut), (VecDeque::new(), pen)));
            }
            Some(Step::Hang) => {
                tokio::time::sleep(HANG).await;
                return Some((Err(Cut), (VecDeque::new(), pen)));
            }
        }
    }
}
