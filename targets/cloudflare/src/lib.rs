//! The gateway as a Cloudflare Worker.
//!
//! Why so little is here: the core takes and gives the `http` crate's types, and so does the worker crate. A
//! request comes in through [`fetch`]; [`start`] has made the isolate's gateway, or knows why there is none;
//! [`platform`], [`stores`] and [`outbound`] are the ports onto Workers. What is to be done after the response
//! goes to `waitUntil`, and [`caller`] ends a response that nobody waits for.
//!
//! It refuses to decide: what a test of the core could not see does not belong here.

mod caller;
mod d1;
mod outbound;
mod platform;
mod start;
mod stores;

use http::Response;
use platform::Platform;
use tollbridge_core::gateway::{Body, closed};
use worker::{Context, Env, HttpRequest, event};

/// Answers a request. The gateway reads the body before anything else is waited for, as Workers demands.
#[event(fetch)]
async fn fetch(request: HttpRequest, env: Env, context: Context) -> worker::Result<Response<Body<Platform>>> {
    let gateway = match start::gateway(&env) {
        Ok(gateway) => gateway,
        Err(reason) => return Ok(closed::refuse(&reason)),
    };
    let caller = caller::signal(&request);
    let (response, after) = gateway.handle(request);
    context.wait_until(after);
    caller::unless_gone(caller, response).await
}
