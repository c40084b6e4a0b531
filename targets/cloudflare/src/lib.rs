//! The gateway as a Cloudflare Worker.
//!
//! Why so little is here: the core takes and gives the `http` crate's types, and so does the worker crate. A
//! request comes in through [`fetch`]; [`start`] has made the isolate's gateway, or knows why there is none;
//! [`platform`], [`stores`], [`counters`] and [`outbound`] are the ports onto Workers. What is to be done after the response
//! goes to `waitUntil`; [`asked`] is the body of a request, [`answer`] sends the response, and [`caller`] tells
//! when nobody waits for it any more; [`js`] is what all of them call of the platform's own classes.
//!
//! It refuses to decide: what a test of the core could not see does not belong here.

mod answer;
mod asked;
mod caller;
mod counters;
mod d1;
mod js;
mod outbound;
mod platform;
mod start;
mod stores;
mod timer;

use futures::future::{Either, select};
use start::Ports;
use std::pin::pin;
use tollbridge_core::gateway::closed;
use worker::web_sys::Request;
use worker::{Context, Env, event};

/// Answers a request. Its body is read before anything else is waited for, as Workers demands: by the gateway
/// or, where that has to be fetched first, here.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<worker::Response> {
    let mut gone = caller::gone(&request);
    let mut request = asked::take(&request)?;
    let made = match start::gateway(&env) {
        Some(made) => made,
        None => {
            let loading = async {
                request.body_mut().read().await;
                start::load(&env).await
            };
            match select(pin!(loading), &mut gone).await {
                Either::Left((made, _)) => made,
                Either::Right(_) => return Err("the caller left".into()),
            }
        }
    };
    let gateway = match made {
        Ok(gateway) => gateway,
        Err(reason) => return answer::send(closed::refuse::<Ports>(&reason), gone, &context).await,
    };
    let (response, after) = gateway.handle(request);
    context.wait_until(after);
    let response = match select(pin!(response), &mut gone).await {
        Either::Left((response, _)) => response,
        // What was under way is dropped where it stands.
        Either::Right(_) => return Err("the caller left".into()),
    };
    answer::send(response, gone, &context).await
}
