//! What the providers say they have.
//!
//! A provider's `/models` list is fetched when a name cannot be resolved without it, and kept.
//! A list that has grown old is still used while the request that noticed fetches a new one after
//! its answer; a fetch that failed is not repeated for a while. Only finished lists are kept here:
//! two requests may fetch the same one, and neither waits for the other.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{config::Policy, ports::Micros};

/// A list younger than this is current.
const CURRENT: Duration = Duration::from_secs(300);

/// A failed fetch is not repeated before this.
const FAILED: Duration = Duration::from_secs(30);

/// What is known of one provider's models.
#[derive(Debug, Clone, Default)]
pub enum Listing {
    /// Not asked yet.
    #[default]
    Unasked,
    /// Asked, and no list came.
    Unknown,
    /// The models' ids as the provider spells them, sorted.
    Known(Arc<[String]>),
}

#[derive(Debug, Clone, Default)]
struct Entry {
    listing: Listing,
    at: Micros,
}

/// The lists of all providers, by the provider's place in the policy.
#[derive(Debug)]
pub struct Inventories {
    entries: Mutex<Vec<Entry>>,
}

impl Inventories {
    /// Nobody was asked.
    pub fn new(policy: &Policy) -> Self {
        Self { entries: Mutex::new(vec![Entry::default(); policy.providers.len()]) }
    }

    /// What is known of a provider now. A failure that is old enough counts as never asked.
    pub fn listing(&self, provider: usize, now: Micros) -> Listing {
        let entries = self.entries();
        let Some(entry) = entries.get(provider) else { return Listing::Unknown };
        match &entry.listing {
            Listing::Unknown if age(entry, now) > FAILED => Listing::Unasked,
            listing => listing.clone(),
        }
    }

    /// Whether a list is known but has grown old.
    pub fn is_old(&self, provider: usize, now: Micros) -> bool {
        let entries = self.entries();
        entries
            .get(provider)
            .is_some_and(|entry| matches!(entry.listing, Listing::Known(_)) && age(entry, now) > CURRENT)
    }

    /// Keeps what a fetch brought. A failure does not replace a list.
    pub fn keep(&self, provider: usize, models: Option<Vec<String>>, now: Micros) {
        let mut entries = self.entries();
        let Some(entry) = entries.get_mut(provider) else { return };
        entry.at = now;
        if let Some(mut models) = models {
            models.sort_unstable();
            models.dedup();
            entry.listing = Listing::Known(models.into());
        } else if !matches!(entry.listing, Listing::Known(_)) {
            entry.listing = Listing::Unknown;
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn age(entry: &Entry, now: Micros) -> Duration {
    Duration::from_micros(now.saturating_sub(entry.at))
}
