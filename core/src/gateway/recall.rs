//! Reasoning state, looked up before a request and kept after its answer.
//!
//! What belongs to which call is [decided](crate::recall) elsewhere; this is the way to the store and
//! back. No caller waits for a `put`: that is done in `after`. But a client may send its tools'
//! results a millisecond after the last byte that it was waiting for, so what is on its way to the
//! store can be found in the process meanwhile ([`Transit`]). A client that is led to another
//! instance may be faster than the store: where the store [says](crate::ports::Cache::settles_within) that
//! it is worth it, the newest turn's state is looked for again for a moment. Then the state counts as
//! gone, which is reported and not fatal. All of a request's values are asked for at once, and for a
//! moment at most: a store that is slow or broken costs reasoning and never an answer.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    Gateway,
    flight::Flight,
    limits::{Elapsed, within},
};
use crate::{
    config::Provider,
    conversation::Request,
    ledger::Notice,
    model::Model,
    ports::{CacheError, Ports},
    recall::{self, Format, Record, Turn, may_think},
};
use bytes::Bytes;

/// How long to wait between two looks for a value that is on its way.
const STEP: Duration = Duration::from_millis(25);

/// How long `after` waits for the store to take one turn.
const PUT: Duration = Duration::from_secs(5);

/// The most bytes of values that are found on their way to the store.
const LARGEST_TRANSIT: usize = 64 << 20;

/// A value and its key in the cache.
pub(super) type Kept = (String, Bytes);

/// What is on its way to the store. One for the process.
#[derive(Debug, Default)]
pub(super) struct Transit(Mutex<UnderWay>);

#[derive(Debug, Default)]
struct UnderWay {
    values: HashMap<String, Bytes>,
    bytes: usize,
}

impl Transit {
    fn insert(&self, key: &str, value: &Bytes) {
        let mut under_way = self.lock();
        // Where that many wait for their store, the store has failed long ago.
        if under_way.bytes + value.len() <= LARGEST_TRANSIT {
            under_way.bytes += value.len();
            if let Some(earlier) = under_way.values.insert(key.to_owned(), value.clone()) {
                under_way.bytes -= earlier.len();
            }
        }
    }

    /// The values that are under way, and the keys of the others.
    fn find(&self, mut keys: Vec<String>) -> (Vec<Bytes>, Vec<String>) {
        let under_way = self.lock();
        let mut found = Vec::new();
        keys.retain(|key| match under_way.values.get(key) {
            Some(value) => {
                found.push(value.clone());
                false
            }
            None => true,
        });
        (found, keys)
    }

    fn remove(&self, key: &str) {
        let mut under_way = self.lock();
        if let Some(value) = under_way.values.remove(key) {
            under_way.bytes -= value.len();
        }
    }

    fn lock(&self) -> MutexGuard<'_, UnderWay> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Ports> Gateway<P> {
    /// The format in which the provider wants reasoning state back over this request, if it does, and
    /// the operator lets it be kept.
    pub(super) fn recalled(
        &self,
        provider: &Provider,
        request: &Request<'_>,
        facts: Option<&Model>,
    ) -> Option<Format> {
        let format = Format::of(provider.row.wire, provider.row.dialect())?;
        (!self.policy.keep_reasoning.is_zero() && may_think(request, facts)).then_some(format)
    }

    /// Puts back the state of earlier turns that the caller did not send.
    pub(super) async fn recall(&self, tenant: &str, request: &mut Request<'_>, format: Format) {
        let handles = recall::wanted(request, format);
        let keys: Vec<String> = handles.iter().map(|handle| recall::key(tenant, handle)).collect();
        if keys.is_empty() {
            return;
        }
        let values = self.look_up(keys).await;
        let turns: Vec<Turn<'_>> = values.iter().filter_map(|value| Turn::read(value)).collect();
        recall::restore(request, format, &turns);
    }

    /// The values of the keys that have one and could be read in time. The newest turn's key stands first.
    async fn look_up(&self, keys: Vec<String>) -> Vec<Bytes> {
        let newest = keys.first().cloned();
        let (mut found, asked) = self.state.transit.find(keys);
        let look = pin!(self.ports.get_all(&asked));
        let trouble = match within(&self.ports, self.policy.reasoning_timeout, look).await {
            Ok(Ok(values)) => {
                let newest = newest.filter(|key| asked.first() == Some(key));
                let missed = newest.filter(|_| values.first().is_some_and(Option::is_none));
                found.extend(values.into_iter().flatten());
                if let Some(key) = missed {
                    found.extend(self.late(&key).await);
                }
                return found;
            }
            Ok(Err(error)) => error.to_string(),
            Err(Elapsed) => "the cache's store took too long".to_owned(),
        };
        self.tell(&Notice::warning("reasoning_state_unread").reason(&trouble));
        found
    }

    /// A value that the instance that gave the last answer may be putting right now.
    async fn late(&self, key: &str) -> Option<Bytes> {
        let mut left = self.ports.settles_within();
        while !left.is_zero() {
            self.ports.sleep(STEP).await;
            left = left.saturating_sub(STEP);
            let look = pin!(self.ports.get(key));
            if let Ok(Ok(Some(value))) = within(&self.ports, self.policy.reasoning_timeout, look).await {
                return Some(value);
            }
        }
        None
    }

    /// Takes what an answer's next turn will need: to be found from now on, and kept when the answer
    /// is over.
    pub(super) fn remember(&self, records: Vec<Record>, flight: &mut Flight<P>) {
        for Record { handle, value } in records {
            let key = recall::key(&flight.row.tenant, &handle);
            self.state.transit.insert(&key, &value);
            flight.kept.push((key, value));
        }
    }

    /// Hands to the store what was remembered.
    pub(super) async fn keep_reasoning(&self, kept: Vec<Kept>) {
        for (key, value) in kept {
            let put = pin!(self.ports.put(&key, value, self.policy.keep_reasoning));
            let trouble = match within(&self.ports, PUT, put).await {
                Ok(Ok(()) | Err(CacheError::NotKept)) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(Elapsed) => Some("the cache's store took too long".to_owned()),
            };
            self.state.transit.remove(&key);
            if let Some(trouble) = trouble {
                self.tell(&Notice::warning("reasoning_state_unkept").reason(&trouble));
            }
        }
    }
}
