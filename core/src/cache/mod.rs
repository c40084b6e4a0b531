//! What is kept for a while: bytes by key, each with an end.
//!
//! The [port](crate::ports::Cache) says what a store must do. Here is what stores share: the
//! statements for those that speak [SQL](sql), and [entries](entry) for those that know no time. Who
//! keeps something decides on keys and on times; nothing here knows what the bytes mean. Keys never
//! hold a secret or a caller's words: they are digests, since stores show them in consoles and logs.

pub mod conformance;
pub mod entry;
pub mod sql;

use std::time::Duration;

use crate::ports::{CacheError, LEAST_TTL, MAX_KEY, MAX_VALUE};

/// Checks what is to be put against the port's limits, and gives the whole seconds that it is kept.
///
/// # Errors
/// [`CacheError::TooLarge`] for a key that is empty, too long or not printable, and for a value that
/// is too large.
pub fn admit(key: &str, value: &[u8], ttl: Duration) -> Result<u64, CacheError> {
    let printable = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    if !printable || key.len() > MAX_KEY || value.len() > MAX_VALUE {
        return Err(CacheError::TooLarge);
    }
    Ok(ttl.max(LEAST_TTL).as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ports_limits_hold() {
        let hour = Duration::from_secs(3600);
        let long = "k".repeat(MAX_KEY);
        let larger = "k".repeat(MAX_KEY + 1);
        for (key, size, ttl, want) in [
            ("a/b", 1, hour, Ok(3600)),
            ("a/b", 0, Duration::from_millis(1), Ok(60)),
            (long.as_str(), MAX_VALUE, hour, Ok(3600)),
            (larger.as_str(), 1, hour, Err(CacheError::TooLarge)),
            ("", 1, hour, Err(CacheError::TooLarge)),
            ("a b", 1, hour, Err(CacheError::TooLarge)),
            ("ä", 1, hour, Err(CacheError::TooLarge)),
            ("a", MAX_VALUE + 1, hour, Err(CacheError::TooLarge)),
        ] {
            assert_eq!(admit(key, &vec![0; size], ttl), want, "{key} {size}");
        }
    }
}
