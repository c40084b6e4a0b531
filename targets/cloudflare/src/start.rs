//! The isolate's gateway: made by its first request, shared by the others.

use crate::platform::Platform;
use std::cell::OnceCell;
use std::sync::Arc;
use tollbridge_core::gateway::closed::{self, Closed};
use tollbridge_core::gateway::{Gateway, State};
use worker::{Date, Env, console_error};

thread_local! {
    static GATEWAY: OnceCell<Result<Arc<Gateway<Platform>>, Closed>> = const { OnceCell::new() };
}

/// The gateway, or why there is none. Variables and secrets cannot change during an isolate's life.
pub(crate) fn gateway(env: &Env) -> Result<Arc<Gateway<Platform>>, Closed> {
    GATEWAY.with(|gateway| gateway.get_or_init(|| make(env)).clone())
}

fn make(env: &Env) -> Result<Arc<Gateway<Platform>>, Closed> {
    // A secret and a variable are read in the same way.
    let setting = |name: &str| env.var(name).ok().map(|value| value.to_string());
    let policy = closed::document(setting(closed::DOCUMENT).as_deref())
        .and_then(|document| closed::policy(document, setting))
        .inspect_err(|reason| console_error!("{}", reason.log_line(Date::now().as_millis() * 1000)))?;
    let state = Arc::new(State::new(&policy));
    Ok(Arc::new(Gateway::new(Platform::new(env), Arc::new(policy), state)))
}
