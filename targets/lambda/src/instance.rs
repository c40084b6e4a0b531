//! An instance's gateway: made before the first invocation, and anew when a secret has changed.

use crate::aws::Aws;
use crate::aws::references::Reference;
use crate::outbound::Connections;
use crate::platform::Platform;
use futures::future::join_all;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tollbridge_core::config::Secret;
use tollbridge_core::faults::{self, Over};
use tollbridge_core::gateway::closed::{self, Closed};
use tollbridge_core::gateway::{Gateway, State};
use tollbridge_core::ledger::Notice;
use tollbridge_core::ports::{Clock as _, Log as _, Micros};

/// How long a value that was looked up is used before it is looked up again.
const FRESH: Duration = Duration::from_secs(300);

/// The same, while the gateway could not be made.
const FRESH_WHILE_CLOSED: Duration = Duration::from_secs(5);

/// What invocations of one instance share. A clone is the same instance.
#[derive(Clone)]
pub struct Instance {
    connections: Connections,
    aws: Aws,
    current: Arc<Mutex<Current>>,
}

struct Current {
    gateway: Result<Arc<Gateway<Over<Platform>>>, Closed>,
    values: Values,
    /// When the values were looked up.
    at: Micros,
}

/// The settings' values by the variables' names, references looked up.
type Values = BTreeMap<String, Secret>;

impl Instance {
    /// Makes the gateway, or finds out why there is none.
    pub async fn start() -> Self {
        let connections = Connections::new();
        let aws = Aws::from_env(connections.clone());
        let platform = Platform::new(connections.clone());
        if platform.stores.is_none() {
            let name = crate::stores::TABLE;
            platform.tell(&Notice::warning("bindings_missing").list("bindings", [name]));
        }
        let at = platform.now();
        let values = values(&aws, &platform).await;
        let gateway = gateway(&values, platform);
        Self { connections, aws, current: Arc::new(Mutex::new(Current { gateway, values, at })) }
    }

    /// The gateway as it is now, or why there is none.
    pub fn gateway(&self) -> Result<Arc<Gateway<Over<Platform>>>, Closed> {
        self.lock().gateway.clone()
    }

    /// Looks values up again when it is time to. Where one cannot be, what was there before stays.
    pub async fn refresh(self) {
        let platform = Platform::new(self.connections.clone());
        if !self.is_due(platform.now()) {
            return;
        }
        let mut values = values(&self.aws, &platform).await;
        let mut current = self.lock();
        for (name, value) in &current.values {
            values.entry(name.clone()).or_insert_with(|| value.clone());
        }
        if values != current.values || current.gateway.is_err() {
            current.gateway = gateway(&values, platform);
            current.values = values;
        }
    }

    /// Whether somebody should look now. Who is told so is the only one.
    fn is_due(&self, now: Micros) -> bool {
        let refers = |value: OsString| value.to_str().and_then(Reference::parse).is_some();
        if !env::vars_os().any(|(_, value)| refers(value)) {
            return false;
        }
        let mut current = self.lock();
        let fresh = if current.gateway.is_ok() { FRESH } else { FRESH_WHILE_CLOSED };
        let due = u128::from(now.saturating_sub(current.at)) >= fresh.as_micros();
        if due {
            current.at = now;
        }
        due
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The document, and the secrets that it names.
async fn values(aws: &Aws, platform: &Platform) -> Values {
    let mut values = Values::new();
    values.extend(value(aws, platform, closed::DOCUMENT).await);
    let text = values.get(closed::DOCUMENT).map(Secret::expose);
    if let Ok(document) = closed::document(text) {
        let names = document.secret_names();
        let found = join_all(names.iter().map(|name| value(aws, platform, name))).await;
        values.extend(found.into_iter().flatten());
    }
    values
}

/// The variable that says where secrets are that no variable of their own has: what a reference begins with.
pub const SECRETS: &str = "TOLLBRIDGE_SECRETS";

/// A variable, or where its value is.
fn variable(name: &str) -> Option<String> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    set(name).or_else(|| set(SECRETS).map(|place| place + name))
}

/// A variable's value, looked up where it is a reference.
async fn value(aws: &Aws, platform: &Platform, name: &str) -> Option<(String, Secret)> {
    let value = variable(name)?;
    let Some(reference) = Reference::parse(&value) else {
        return Some((name.to_owned(), Secret::new(value)));
    };
    match aws.look_up(&reference).await {
        Ok(found) => Some((name.to_owned(), Secret::new(found))),
        Err(error) => {
            let notice = Notice::error("secret_unreadable").text("name", name).text("reference", &value);
            platform.tell(&notice.reason(&error.to_string()));
            None
        }
    }
}

fn gateway(values: &Values, mut platform: Platform) -> Result<Arc<Gateway<Over<Platform>>>, Closed> {
    let setting = |name: &str| values.get(name).map(|value| value.expose().to_owned());
    let policy = closed::document(setting(closed::DOCUMENT).as_deref())
        .and_then(|document| closed::policy(document, setting))
        .inspect_err(|reason| platform.line(&reason.log_line(platform.now())))?;
    platform.connections = Connections::within(policy.timeouts.connect);
    let state = Arc::new(State::new(&policy));
    let platform = faults::over(platform, env::var(faults::SETTING).ok().as_deref());
    Ok(Arc::new(Gateway::new(platform, Arc::new(policy), state)))
}
