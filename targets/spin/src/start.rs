//! The instance's gateway: made by its first request, shared by the others.

use crate::platform::Platform;
use spin_sdk::variables;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use tollbridge_core::gateway::closed::{self, Closed};
use tollbridge_core::gateway::{Gateway, State};
use tollbridge_core::ports::{Clock as _, Log as _};

type Made = Result<Arc<Gateway<Platform>>, Closed>;

static GATEWAY: OnceLock<Made> = OnceLock::new();

/// The gateway, or why there is none. Two requests may make it at once; the first to finish sets it.
pub(crate) async fn gateway() -> Made {
    match GATEWAY.get() {
        Some(gateway) => gateway.clone(),
        None => {
            let made = make().await.inspect_err(|reason| Platform.line(&reason.log_line(Platform.now())));
            GATEWAY.get_or_init(|| made).clone()
        }
    }
}

async fn make() -> Made {
    let document = closed::document(variable(closed::DOCUMENT).await.as_deref())?;
    let mut secrets = HashMap::new();
    for name in document.secret_names() {
        secrets.extend(variable(name).await.map(|value| (name.to_owned(), value)));
    }
    let policy = closed::policy(document, |name| secrets.get(name).cloned())?;
    let state = Arc::new(State::new(&policy));
    Ok(Arc::new(Gateway::new(Platform, Arc::new(policy), state)))
}

/// Spin's names are in lower case. One that the manifest does not declare is one that is not set.
async fn variable(name: &str) -> Option<String> {
    variables::get(name.to_ascii_lowercase()).await.ok()
}
