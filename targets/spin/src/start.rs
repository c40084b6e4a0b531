//! The instance's gateway: made by its first request, shared by the others.

use crate::platform::{Platform, log, now};
use std::sync::{Arc, OnceLock};
use tollbridge_core::config::env::{Variables, spin_name};
use tollbridge_core::config::{LogFormat, Policy};
use tollbridge_core::faults::{self, Over};
use tollbridge_core::gateway::closed::{self, Closed};
use tollbridge_core::gateway::{Gateway, State};
use tollbridge_core::ledger::Notice;

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

/// From the document, or else from variables by the names that the native server reads.
async fn policy() -> Result<Policy, Closed> {
    match closed::document(variable(closed::DOCUMENT).await.as_deref()) {
        Err(Closed::NoDocument) => {
            let variables = variables(closed::variable_names()).await;
            let (document, unused) = closed::from_variables(&variables)?;
            for notice in unused {
                log(&Notice::warning("variable_unused")
                    .reason(&notice.to_string())
                    .line(now(), LogFormat::Json));
            }
            closed::policy(document, |name| variables.get(name).cloned())
        }
        document => {
            let document = document?;
            let names = document.secret_names().into_iter().map(str::to_owned).collect();
            let secrets = variables(names).await;
            closed::policy(document, |name| secrets.get(name).cloned())
        }
    }
}

/// Those variables that are set.
async fn variables(names: Vec<String>) -> Variables {
    let mut found = Variables::new();
    for name in names {
        if let Some(value) = variable(&name).await.filter(|value| !value.is_empty()) {
            found.insert(name, value);
        }
    }
    found
}

/// One that the manifest does not declare is one that is not set.
async fn variable(name: &str) -> Option<String> {
    spin_sdk::variables::get(spin_name(name)).await.ok()
}
