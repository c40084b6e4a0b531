//! The smallest component that has something to lose when its caller leaves.
//!
//! `/before` works for a second before it gives a head, and `/after` gives one at once and then a piece of body
//! every 50 ms, without an end. Both print `begun` first, `told` when their work is dropped, and `done` when they
//! came to its end.

#![cfg(target_family = "wasm")]

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame};
use spin_sdk::http::Request;
use spin_sdk::{http_service, time};
use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

type Sleep = Pin<Box<dyn Future<Output = ()>>>;

#[http_service]
async fn handle(request: Request) -> Response<Pieces> {
    println!("begun");
    let work = Work;
    if request.uri().path() == "/after" {
        return Response::new(Pieces(Some((work, sleep(50)))));
    }
    sleep(1000).await;
    println!("done");
    mem::forget(work);
    Response::new(Pieces(None))
}

/// What is dropped with the task that does it.
struct Work;

impl Drop for Work {
    fn drop(&mut self) {
        println!("told");
    }
}

/// A body: pieces without end, or none.
struct Pieces(Option<(Work, Sleep)>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some((_, pause)) = &mut self.0 else { return Poll::Ready(None) };
        ready!(pause.as_mut().poll(cx));
        *pause = sleep(50);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"piece\n")))))
    }
}

fn sleep(milliseconds: u64) -> Sleep {
    Box::pin(time::sleep(Duration::from_millis(milliseconds)))
}
