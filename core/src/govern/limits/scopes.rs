//! All scopes of a policy, as one instance knows them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Purse;
use crate::config::{Key, Policy};

/// Whatever has limits of its own: a declared key.
#[derive(Debug)]
pub struct Scope {
    /// What its books are kept under: `key/` and the key's name. A new key of the same name, as after
    /// a rotation, counts on where the old one was.
    pub id: String,
    /// The key's name.
    pub key: String,
    purse: Mutex<Purse>,
}

impl Scope {
    fn of(key: &Key) -> Option<Self> {
        let limited = key.max_rpm.is_some() || key.max_streams.is_some();
        limited.then(|| Self {
            id: format!("key/{}", key.name),
            key: key.name.clone(),
            purse: Mutex::new(Purse::new(key.max_rpm, key.max_streams)),
        })
    }

    /// What this instance has of it. Held for a decision, never while something is waited for.
    pub fn purse(&self) -> MutexGuard<'_, Purse> {
        self.purse.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The scopes of a policy.
#[derive(Debug)]
pub struct Scopes(Box<[Option<Scope>]>);

impl Scopes {
    /// One for each declared key that has a limit.
    pub fn new(policy: &Policy) -> Self {
        Self(policy.keys.iter().map(Scope::of).collect())
    }

    /// That of the key at this place of the policy; `None` where it has no limits.
    pub fn get(&self, key: usize) -> Option<&Scope> {
        self.0.get(key)?.as_ref()
    }

    /// Any of them; `None` where no key has limits.
    pub fn any(&self) -> Option<&Scope> {
        self.0.iter().flatten().next()
    }
}
