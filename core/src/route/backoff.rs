//! How long to wait before a request is sent again.

use std::time::Duration;

use crate::config::Retry;

/// The waits between the attempts of one request.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    retry: Retry,
}

impl Backoff {
    /// Waits as the policy has them.
    pub fn new(retry: Retry) -> Self {
        Self { retry }
    }

    /// The wait before the attempt after `attempts` of them failed, or `None` where the provider
    /// asked for a longer one than a caller should sit through.
    ///
    /// Without a word from the provider the wait doubles each time and is then drawn from its
    /// upper half, so that callers who failed together do not come back together. What the
    /// provider asked for is a lower bound, with a little jitter added.
    pub fn wait(&self, attempts: u8, asked: Option<Duration>, random: u64) -> Option<Duration> {
        let fraction = (random >> 11) as f64 / (1u64 << 53) as f64;
        if let Some(asked) = asked {
            let jitter = asked.mul_f64(fraction * 0.1).min(Duration::from_millis(250));
            return (asked <= self.retry.max_backoff).then(|| asked + jitter);
        }
        let doubled = 1u32 << attempts.saturating_sub(1).min(16);
        let wait = self.retry.initial_backoff.saturating_mul(doubled).min(self.retry.max_backoff);
        Some(wait.mul_f64(0.5 + fraction / 2.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Retry = Retry {
        max_attempts: 4,
        initial_backoff: Duration::from_millis(200),
        max_backoff: Duration::from_secs(1),
    };

    #[test]
    fn waits_double_within_bounds() {
        let backoff = Backoff::new(RETRY);
        for (attempts, low, high) in
            [(1, 100, 200), (2, 200, 400), (3, 400, 800), (4, 500, 1000), (60, 500, 1000)]
        {
            for random in [0, u64::MAX / 3, u64::MAX] {
                let wait = backoff.wait(attempts, None, random).unwrap().as_millis();
                assert!((low..=high).contains(&wait), "{attempts} {random}: {wait}");
            }
        }
    }

    #[test]
    fn a_provider_is_left_alone_for_as_long_as_it_asks() {
        let backoff = Backoff::new(RETRY);
        let asked = Duration::from_millis(900);
        for random in [0, u64::MAX] {
            assert!(backoff.wait(1, Some(asked), random).unwrap() >= asked);
        }
        assert_eq!(backoff.wait(1, Some(Duration::from_secs(60)), 0), None);
    }
}
