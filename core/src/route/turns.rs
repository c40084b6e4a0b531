//! Which of a provider's keys is used next.
//!
//! Keys take turns; one that the provider rate-limited sits out until it may be used again. The
//! state is a few atomics for the whole process: requests never wait for each other here.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use crate::{config::Policy, ports::Micros};

/// How long a rate-limited key sits out when the provider does not say.
const UNSAID: Duration = Duration::from_secs(10);

/// The longest that any key sits out: a provider's word is trusted so far.
const LONGEST: Duration = Duration::from_secs(300);

/// The keys of every provider, by the provider's place in the policy.
#[derive(Debug)]
pub struct Turns {
    providers: Box<[Provider]>,
}

#[derive(Debug, Default)]
struct Provider {
    next: AtomicUsize,
    /// For each key, when it may be used again.
    free_at: Box<[AtomicU64]>,
}

impl Turns {
    /// Every key is free.
    pub fn new(policy: &Policy) -> Self {
        let providers = policy.providers.iter().map(|provider| Provider {
            next: AtomicUsize::new(0),
            free_at: provider.keys.iter().map(|_| AtomicU64::new(0)).collect(),
        });
        Self { providers: providers.collect() }
    }

    /// The place of the key to use now, and whether it is free; one that is not is the one that
    /// will be free the soonest. A provider without keys is always free.
    pub fn take(&self, provider: usize, now: Micros) -> (usize, bool) {
        let Some(turns) = self.providers.get(provider) else { return (0, true) };
        let count = turns.free_at.len();
        if count == 0 {
            return (0, true);
        }
        let first = turns.next.fetch_add(1, Relaxed);
        let in_turn = (0..count).map(|step| first.wrapping_add(step) % count);
        let until = |key: usize| turns.free_at.get(key).map_or(0, |at| at.load(Relaxed));
        let soonest = in_turn.min_by_key(|key| until(*key).max(now)).unwrap_or_default();
        (soonest, until(soonest) <= now)
    }

    /// Whether any key of the provider is free.
    pub fn any_free(&self, provider: usize, now: Micros) -> bool {
        self.providers.get(provider).is_none_or(|turns| {
            turns.free_at.is_empty() || turns.free_at.iter().any(|at| at.load(Relaxed) <= now)
        })
    }

    /// The provider rate-limited the key; `asked` is how long it said to wait.
    pub fn limited(&self, provider: usize, key: usize, now: Micros, asked: Option<Duration>) {
        let wait = asked.unwrap_or(UNSAID).min(LONGEST);
        let until = now.saturating_add(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX));
        if let Some(at) = self.providers.get(provider).and_then(|turns| turns.free_at.get(key)) {
            at.store(until, Relaxed);
        }
    }
}
