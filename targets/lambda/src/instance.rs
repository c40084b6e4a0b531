//! An instance's gateway: made before the first invocation, and anew when a setting or a secret has changed.

use crate::aws::{Aws, now};
use crate::outbound::Connections;
use crate::platform::Platform;
use crate::settings::{Settings, Values};
use std::env;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tollbridge_core::config::env::Variables;
use tollbridge_core::faults::{self, Over};
use tollbridge_core::gateway::closed::Closed;
use tollbridge_core::gateway::{Gateway, State};
use tollbridge_core::ledger::Notice;
use tollbridge_core::ports::{Clock as _, Log as _, Micros};

/// How long values that were looked up are used before they are looked up again.
pub const FRESH: Duration = Duration::from_secs(300);

/// The same, while the gateway could not be made.
pub const FRESH_WHILE_CLOSED: Duration = Duration::from_secs(5);

type Made = Result<Arc<Gateway<Over<Platform>>>, Closed>;

/// What invocations of one instance share. A clone is the same instance.
#[derive(Clone)]
pub struct Instance {
    connections: Connections,
    settings: Arc<Settings>,
    current: Arc<Mutex<Current>>,
}

struct Current {
    gateway: Made,
    values: Values,
    /// When the values were looked up.
    at: Micros,
}

impl Instance {
    /// Makes the gateway from the function's variables, or finds out why there is none.
    pub async fn start() -> Self {
        // What is not text is no setting.
        let text =
            |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        Self::with(env::vars_os().filter_map(text).collect(), now()).await
    }

    /// The same from these variables, at this time.
    pub async fn with(variables: Variables, at: Micros) -> Self {
        let connections = Connections::new();
        let settings = Settings::new(variables, &Aws::from_env(connections.clone()));
        let platform = Platform::new(connections.clone());
        if platform.stores.is_none() {
            let name = crate::stores::TABLE;
            platform.tell(&Notice::warning("bindings_missing").list("bindings", [name]));
        }
        let found = settings.look_up(&platform).await;
        let gateway = gateway(&settings, found.as_ref().map_err(Clone::clone), platform);
        let current = Current { gateway, values: found.unwrap_or_default(), at };
        Self { connections, settings: Arc::new(settings), current: Arc::new(Mutex::new(current)) }
    }

    /// The gateway as it is now, or why there is none.
    pub fn gateway(&self) -> Made {
        self.lock().gateway.clone()
    }

    /// Looks values up again when it is time to. Where one cannot be, or no gateway can be made of them, what was
    /// there before stays.
    pub async fn refresh(self, now: Micros) {
        if !self.is_due(now) {
            return;
        }
        let platform = Platform::new(self.connections.clone());
        let mut found = self.settings.look_up(&platform).await;
        let mut current = self.lock();
        if let Ok(values) = &mut found {
            for (name, value) in &current.values {
                values.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        if current.gateway.is_err() || found.as_ref().is_ok_and(|values| *values != current.values) {
            let made = gateway(&self.settings, found.as_ref().map_err(Clone::clone), platform);
            if made.is_ok() || current.gateway.is_err() {
                current.gateway = made;
            }
            current.values = found.unwrap_or_default();
        }
    }

    /// Whether somebody should look now. Who is told so is the only one.
    fn is_due(&self, now: Micros) -> bool {
        if !self.settings.refer {
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

fn gateway(settings: &Settings, found: Result<&Values, Closed>, mut platform: Platform) -> Made {
    let policy = found
        .and_then(|values| settings.policy(values))
        .inspect_err(|reason| platform.line(&reason.log_line(platform.now())))?;
    platform.connections = Connections::within(policy.timeouts.connect);
    let state = Arc::new(State::new(&policy));
    let platform = faults::over(platform, settings.variables.get(faults::SETTING).map(String::as_str));
    Ok(Arc::new(Gateway::new(platform, Arc::new(policy), state)))
}
