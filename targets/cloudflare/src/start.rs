//! The isolate's gateway: made by its first request, shared by the others.
//!
//! Its document is the variable `TOLLBRIDGE_CONFIG` or, where there is none, the value of that key in the KV
//! namespace bound as `CONFIG`, for documents that are larger than a variable may be. Without either, single
//! variables and secrets make one, by the names that the native server reads.

use crate::platform::{Platform, now};
use std::cell::OnceCell;
use std::sync::Arc;
use tollbridge_core::config::LogFormat;
use tollbridge_core::faults::{self, Over};
use tollbridge_core::gateway::closed::{self, Closed};
use tollbridge_core::gateway::{Gateway, State};
use tollbridge_core::ledger::Notice;
use worker::{Env, console_error, console_warn};

/// What the core sees of Workers.
pub(crate) type Ports = Over<Platform>;

/// The gateway, or why there is none.
type Made = Result<Arc<Gateway<Ports>>, Closed>;

thread_local! {
    static GATEWAY: OnceCell<Made> = const { OnceCell::new() };
}

/// The gateway, where nothing has to be waited for. Variables and secrets cannot change during an isolate's
/// life.
pub(crate) fn gateway(env: &Env) -> Option<Made> {
    GATEWAY.with(|gateway| {
        if gateway.get().is_none() {
            let text = setting(env, closed::DOCUMENT)?;
            let _ = gateway.set(make(env, Some(&text)));
        }
        gateway.get().cloned()
    })
}

/// The gateway with the document in KV. Each request that comes before there is one reads the document by
/// itself, since none may wait for another; the first gateway that is made is everybody's. What is wrong with a
/// document is not remembered: it may have been put right.
pub(crate) async fn load(env: &Env) -> Made {
    let text = match env.kv("CONFIG") {
        Ok(store) => {
            let text = store.get(closed::DOCUMENT).text().await;
            text.map_err(|error| Closed::Unreadable(error.to_string())).inspect_err(say)?
        }
        Err(_) => None,
    };
    let made = make(env, text.as_deref())?;
    GATEWAY.with(|gateway| gateway.get_or_init(|| Ok(made)).clone())
}

fn make(env: &Env, text: Option<&str>) -> Made {
    let setting = |name: &str| setting(env, name);
    let (document, unused) = closed::document_or_variables(text, setting).inspect_err(say)?;
    for notice in unused {
        let warning = Notice::warning("variable_unused").reason(&notice.to_string());
        console_warn!("{}", warning.line(now(), LogFormat::Json));
    }
    let policy = closed::policy(document, setting).inspect_err(say)?;
    let state = Arc::new(State::new(&policy));
    let ports = faults::over(Platform::new(env), setting(faults::SETTING).as_deref());
    Ok(Arc::new(Gateway::new(ports, Arc::new(policy), state)))
}

/// Tells the operator.
fn say(reason: &Closed) {
    console_error!("{}", reason.log_line(now()));
}

/// A variable or a secret: both are read in the same way.
fn setting(env: &Env, name: &str) -> Option<String> {
    env.var(name).ok().map(|value| value.to_string())
}
