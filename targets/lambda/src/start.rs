//! The instance's gateway, made before the first invocation.

use crate::platform::Platform;
use std::env;
use std::sync::Arc;
use tollbridge_core::gateway::closed::{self, Closed};
use tollbridge_core::gateway::{Gateway, State};
use tollbridge_core::ports::{Clock as _, Log as _};

/// The gateway, or why there is none.
pub(crate) fn gateway() -> Result<Arc<Gateway<Platform>>, Closed> {
    let platform = Platform::new();
    let setting = |name: &str| env::var(name).ok();
    let policy = closed::document(setting(closed::DOCUMENT).as_deref())
        .and_then(|document| closed::policy(document, setting))
        .inspect_err(|reason| platform.line(&reason.log_line(platform.now())))?;
    let state = Arc::new(State::new(&policy));
    Ok(Arc::new(Gateway::new(platform, Arc::new(policy), state)))
}
