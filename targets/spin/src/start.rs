//! The instance's gateway: made by its first request, shared by the others.

use crate::platform::{Platform, log, now};
use spin_sdk::variables;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use tollbridge_core::config::{LogFormat, Policy};
use tollbridge_core::faults::{self, Over};
use tollbridge_core::gateway::closed::{self, Closed};
use tollbridge_core::gateway::{Gateway, State};

type Made = Result<Arc<Gateway<Over<Platform>>>, Closed>;

static GATEWAY: OnceLock<Made> = OnceLock::new();

/// The gateway, or why there is none. Several requests may make it at once; the first to finish sets it, and says
/// what there is to say.
pub(crate) async fn gateway() -> Made {
    if let Some(made) = GATEWAY.get() {
        return made.clone();
    }
    let made = make().await;
    GATEWAY
        .get_or_init(|| {
            let line = match &made {
                Ok(gateway) => gateway.ports().missing().map(|notice| notice.line(now(), LogFormat::Json)),
                Err(reason) => Some(reason.log_line(now())),
            };
            line.iter().for_each(|line| log(line));
            made
        })
        .clone()
}

async fn make() -> Made {
    let policy = policy().await?;
    let platform = Platform::find(policy.timeouts.connect).await;
    let platform = faults::over(platform, variable(faults::SETTING).await.as_deref());
    let state = Arc::new(State::new(&policy));
    Ok(Arc::new(Gateway::new(platform, Arc::new(policy), state)))
}

async fn policy() -> Result<Policy, Closed> {
    let document = closed::document(variable(closed::DOCUMENT).await.as_deref())?;
    let mut secrets = HashMap::new();
    for name in document.secret_names() {
        secrets.extend(variable(name).await.map(|value| (name.to_owned(), value)));
    }
    closed::policy(document, |name| secrets.get(name).cloned())
}

/// Spin's names are in lower case. One that the manifest does not declare is one that is not set.
async fn variable(name: &str) -> Option<String> {
    variables::get(name.to_ascii_lowercase()).await.ok()
}
