//! Invocations, one after another.

use crate::answer::{Answer, GRACE};
use crate::aws::now;
use crate::instance::Instance;
use lambda_http::{Error, Request, RequestExt as _, Response, run, run_with_streaming_response, service_fn};
use std::convert::Infallible;
use std::env;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tollbridge_core::gateway::{EndBy, closed};
use tollbridge_core::ports::Micros;

/// The variable that says which front door a function is behind, `stream` or `buffer`.
pub const MODE: &str = "TOLLBRIDGE_RESPONSE";

/// How answers reach the caller. One function cannot do both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As they are made: behind a function URL whose invoke mode is RESPONSE_STREAM.
    Stream,
    /// Whole: behind an HTTP API, which ends at 30 seconds.
    Buffer,
}

impl Mode {
    /// What [`MODE`] says; streamed, where it says nothing.
    pub fn from_env() -> Self {
        if env::var(MODE).is_ok_and(|mode| mode == "buffer") { Self::Buffer } else { Self::Stream }
    }
}

/// What an instance needs at an invocation's end: an error event, its row in the table, the rest of the answer.
const LAST: Micros = 5_000_000;

/// Serves until the runtime's connection breaks.
pub async fn serve(instance: &Instance, mode: Mode) -> Result<(), Error> {
    let settling = TaskTracker::new();
    let service = service_fn(|request: Request| async {
        Ok::<_, Infallible>(answer(instance, &settling, request).await)
    });
    let ended = match mode {
        Mode::Stream => run_with_streaming_response(service).await,
        Mode::Buffer => run(service).await,
    };
    // What was under way still counts.
    settling.close();
    let _ = timeout(GRACE, settling.wait()).await;
    ended
}

async fn answer(instance: &Instance, settling: &TaskTracker, mut request: Request) -> Response<Answer> {
    // Milliseconds since the epoch. Runtimes for tests (cargo-lambda) name a moment that is long over.
    let deadline = request.lambda_context_ref().map_or(0, |context| context.deadline.saturating_mul(1000));
    if deadline > now() {
        request.extensions_mut().insert(EndBy(deadline.saturating_sub(LAST)));
    }
    let refresh = instance.clone().refresh(now());
    match instance.gateway() {
        Ok(gateway) => {
            let (response, after) = gateway.handle(request);
            let after = settling.spawn(async {
                after.await;
                refresh.await;
            });
            response.await.map(|body| Answer::Speaking(body, after))
        }
        Err(reason) => closed::refuse(&reason).map(|body| Answer::Speaking(body, settling.spawn(refresh))),
    }
}
