//! The ports that need no service of Amazon's, and what the others are made of.

use crate::aws::{Aws, now};
use crate::outbound::Connections;
use crate::stores::Stores;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Sleep, sleep};
use tollbridge_core::config::LogFormat;
use tollbridge_core::ledger::Notice;
use tollbridge_core::ports::{Clock, Log, Micros, Random, Timer};

/// Lambda, as the core sees it.
pub struct Platform {
    pub(crate) connections: Connections,
    pub(crate) stores: Option<Stores>,
}

impl Platform {
    /// With the stores that the environment names.
    pub fn new(connections: Connections) -> Self {
        let stores = Stores::from_env(&Aws::from_env(connections.clone()));
        Self::with(connections, stores)
    }

    /// With these stores.
    pub fn with(connections: Connections, stores: Option<Stores>) -> Self {
        Self { connections, stores }
    }
}

impl Platform {
    /// Tells the operator of something before there is a gateway to do it.
    pub(crate) fn tell(&self, notice: &Notice) {
        self.line(&notice.line(self.now(), LogFormat::Json));
    }
}

impl Clock for Platform {
    fn now(&self) -> Micros {
        now()
    }
}

impl Timer for Platform {
    type Sleep = Pin<Box<Sleep>>;

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        Box::pin(sleep(duration))
    }
}

impl Random for Platform {
    fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        // Linux answers once it has started, which a function can rely on.
        getrandom::fill(&mut bytes).unwrap_or_default();
        u64::from_ne_bytes(bytes)
    }
}

impl Log for Platform {
    fn line(&self, line: &str) {
        println!("{line}");
    }
}
