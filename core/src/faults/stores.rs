//! The suites of the stores, run where the stores are.
//!
//! What a store does shows on its real engine only: inside a Worker, a Lambda function, a Spin component. So a
//! build for tests answers at `/faults/stores/STORE/STEP/NAME/NOW`, where STORE is `cache`, `ledger` or `counters`,
//! STEP is `check`, `before` or `after` (a restart), NAME was never used before and NOW is any moment in
//! microseconds. The answer is a 200, or a 500 that says which rule was broken.

use http::StatusCode;

use crate::{
    cache,
    govern::limits,
    ledger,
    ports::{Micros, Ports},
};

/// Runs what a path asks for; nothing where it asks for something else.
pub async fn stores<P: Ports>(ports: &P, path: &str) -> Option<(StatusCode, String)> {
    let mut words = path.strip_prefix("/faults/stores/")?.split('/');
    let (store, step, name) = (words.next()?, words.next()?, words.next()?);
    let now: Micros = words.next()?.parse().ok()?;
    let verdict = match (store, step) {
        ("cache", "check") => cache::conformance::check(ports, name).await,
        ("cache", "before") => cache::conformance::before_restart(ports, name).await,
        ("cache", "after") => cache::conformance::after_restart(ports, name).await,
        ("ledger", "check") => ledger::conformance::check(ports, name, now).await,
        ("ledger", "before") => ledger::conformance::before_restart(ports, name, now).await,
        ("ledger", "after") => ledger::conformance::after_restart(ports, name, now).await,
        ("counters", "check") => limits::conformance::check(ports, name, now).await,
        ("counters", "before") => limits::conformance::before_restart(ports, name, now).await,
        ("counters", "after") => limits::conformance::after_restart(ports, name, now).await,
        _ => return None,
    };
    Some(match verdict {
        Ok(()) => (StatusCode::OK, "every rule holds".to_owned()),
        Err(rule) => (StatusCode::INTERNAL_SERVER_ERROR, rule),
    })
}
