//! From a caller's key to a [`Principal`].
//!
//! The gateway knows SHA-256 digests only. A key is looked up by the first bytes of its digest and
//! compared whole in constant time; how long that takes tells nothing about a key, since nobody
//! can choose a digest.

use std::{collections::HashMap, sync::Arc};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::TenantPath;
use crate::{
    config::{Key, ModelPattern, Policy},
    error::{ApiError, ErrorKind},
    ledger::Labels,
    ports::Micros,
};

/// Whoever a key belongs to, and what they may do.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The key's name, for logs and usage rows.
    pub name: Arc<str>,
    /// On whose account the request runs.
    pub tenant: TenantPath,
    /// Copied into usage rows.
    pub labels: Arc<Labels>,
    /// Whether this is the master key.
    pub master: bool,
    /// The declared key's place in the policy.
    pub key: Option<usize>,
    models: Arc<[ModelPattern]>,
    expires_at: Option<Micros>,
}

impl Principal {
    fn unlimited(name: &str, master: bool) -> Self {
        Self {
            name: Arc::from(name),
            tenant: TenantPath::root(),
            labels: Arc::default(),
            master,
            key: None,
            models: Arc::from([]),
            expires_at: None,
        }
    }

    fn declared(place: usize, key: &Key) -> Self {
        Self {
            name: Arc::from(key.name.as_str()),
            tenant: key.tenant.clone(),
            labels: Arc::new(key.labels.clone()),
            master: false,
            key: Some(place),
            models: key.models.clone().into(),
            expires_at: key.expires_at.map(|ms| ms.saturating_mul(1000)),
        }
    }

    /// Whether it may use `model` of the provider instance.
    pub fn allows(&self, provider: &str, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| pattern.matches(provider, model))
    }

    /// Whether it may use an alias, whatever that stands for.
    pub fn allows_alias(&self, alias: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| pattern.matches_alias(alias))
    }
}

/// A key's digest and its owner.
type Known = ([u8; 32], Arc<Principal>);

/// All keys that the gateway answers to.
#[derive(Debug)]
pub struct Keyring {
    by_prefix: HashMap<[u8; 8], Vec<Known>>,
    /// Who callers without a key are, where none is required.
    anyone: Option<Arc<Principal>>,
}

impl Keyring {
    /// The keys of a policy.
    pub fn new(policy: &Policy) -> Self {
        let mut by_prefix: HashMap<_, Vec<_>> = HashMap::new();
        let master = policy.master_key.map(|digest| (digest, Principal::unlimited("master", true)));
        let declared = policy.keys.iter().enumerate();
        let declared = declared.map(|(place, key)| (key.digest, Principal::declared(place, key)));
        for (digest, principal) in master.into_iter().chain(declared) {
            by_prefix.entry(prefix(&digest)).or_default().push((digest, Arc::new(principal)));
        }
        let anyone = by_prefix.is_empty().then(|| Arc::new(Principal::unlimited("", false)));
        Self { by_prefix, anyone }
    }

    /// Who sends `headers`: a key as `authorization: Bearer` or `x-api-key`.
    ///
    /// # Errors
    /// A 401 where a key is required and none, an unknown or an expired one was sent.
    pub fn identify(&self, headers: &http::HeaderMap, now: Micros) -> Result<Arc<Principal>, ApiError> {
        if let Some(anyone) = &self.anyone {
            return Ok(anyone.clone());
        }
        let key = presented(headers).ok_or_else(|| {
            refused("No API key was sent: send it as `Authorization: Bearer KEY` or `x-api-key: KEY`.")
        })?;
        let digest: [u8; 32] = Sha256::digest(key).into();
        let known = self.by_prefix.get(&prefix(&digest)).into_iter().flatten();
        let mut found = None;
        for (candidate, principal) in known {
            if bool::from(candidate.ct_eq(&digest)) {
                found = Some(principal);
            }
        }
        let principal = found.ok_or_else(|| {
            refused("The API key is not known to this gateway: check that it was copied whole.")
        })?;
        if principal.expires_at.is_some_and(|at| at <= now) {
            return Err(refused("The API key has expired: ask the gateway's operator for a new one."));
        }
        Ok(principal.clone())
    }
}

fn prefix(digest: &[u8; 32]) -> [u8; 8] {
    let mut prefix = [0; 8];
    prefix.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
    prefix
}

fn refused(message: &str) -> ApiError {
    ApiError::new(ErrorKind::Authentication, message).with_code("invalid_api_key")
}

/// The key in a request's headers. The scheme's name is read in any case.
fn presented(headers: &http::HeaderMap) -> Option<&[u8]> {
    let bearer = headers.get(http::header::AUTHORIZATION).and_then(|value| {
        let (scheme, key) = value.as_bytes().split_at_checked(7)?;
        scheme.eq_ignore_ascii_case(b"bearer ").then(|| key.trim_ascii())
    });
    let key = bearer.or_else(|| headers.get("x-api-key").map(|value| value.as_bytes().trim_ascii()));
    key.filter(|key| !key.is_empty())
}
