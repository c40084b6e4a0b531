//! The time of day.

use std::time::SystemTime;

use tollbridge_core::ports::Micros;

/// Now.
pub(crate) fn now() -> Micros {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(since.as_micros()).unwrap_or(Micros::MAX)
}
