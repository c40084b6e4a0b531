//! The gateway as a Spin component.
//!
//! Why so little is here: the core takes and gives the `http` crate's types, and so does spin-sdk 7. A request
//! comes in through [`handle`]; [`start`] has made the instance's gateway, or knows why there is none;
//! [`platform`] and [`outbound`] are the ports onto WASI 0.3, [`stores`] and [`database`] those onto Spin's own
//! interfaces. What is to be done after the response is spawned: the host keeps the instance until it has ended.
//!
//! It refuses to decide: what a test of the core could not see does not belong here. It keeps nothing that counts
//! in memory: Spin runs as many instances as it likes and ends them after a second of idleness.

#[cfg(feature = "sqlite")]
mod database;
#[cfg(not(feature = "sqlite"))]
#[path = "no_database.rs"]
mod database;
mod outbound;
mod platform;
mod start;
mod stores;

use http::Response;
use platform::Platform;
use spin_sdk::http::Request;
use spin_sdk::http_service;
use tollbridge_core::faults::Over;
use tollbridge_core::gateway::{Body, closed};

/// Answers a request. A caller who leaves is seen by the next write of the body, which is then dropped.
#[http_service]
async fn handle(request: Request) -> Response<Body<Over<Platform>>> {
    let gateway = match start::gateway().await {
        Ok(gateway) => gateway,
        Err(reason) => return closed::refuse(&reason),
    };
    let (response, after) = gateway.handle(platform::bounded(request));
    spin_sdk::wasip3::spawn(after);
    response.await
}
