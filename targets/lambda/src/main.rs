//! The gateway as an AWS Lambda function.
//!
//! Why so little is here: the core takes and gives the `http` crate's types, and so does lambda_http. An
//! invocation enters [`main`]'s service; [`start`] has made the instance's gateway, or knows why there is none;
//! [`platform`] and [`outbound`] are the ports onto Lambda. The instance is frozen once the response has ended,
//! so [`answer`] holds the response open until what is to be done after it is done.
//!
//! It refuses to decide: what a test of the core could not see does not belong here. It keeps no ledger of its
//! own: usage rows are in the function's log. Lambda never tells that a caller has left: such a request runs to
//! its end and is counted whole.

mod answer;
mod outbound;
mod platform;
mod start;

use answer::{Answer, GRACE};
use lambda_http::{Error, Request, run_with_streaming_response, service_fn};
use std::convert::Infallible;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tollbridge_core::gateway::closed;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let gateway = start::gateway();
    let settling = TaskTracker::new();
    let service = service_fn(|request: Request| async {
        let response = match &gateway {
            Ok(gateway) => {
                let (response, after) = gateway.handle(request);
                let after = settling.spawn(after);
                response.await.map(|body| Answer::Speaking(body, after))
            }
            Err(reason) => {
                closed::refuse(reason).map(|body| Answer::Speaking(body, settling.spawn(async {})))
            }
        };
        Ok::<_, Infallible>(response)
    });
    let ended = run_with_streaming_response(service).await;
    // The runtime's connection broke: what was under way still counts.
    settling.close();
    let _ = timeout(GRACE, settling.wait()).await;
    ended
}
