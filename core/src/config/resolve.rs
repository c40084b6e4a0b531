//! From what an operator wrote to what the gateway runs by.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    ConfigError, ModelPattern, Path, Problem, Secret,
    document::{
        AliasEntry, Document, FetchMediaEntry, KeyEntry, LimitsEntry, ProviderEntry, RetryEntry, SecretName,
        Text, TimeoutsEntry,
    },
    policy::{
        Alias, Cors, FetchMedia, Key, Limits, LogFormat, OnStoreFailure, Policy, Provider, Retry, Timeouts,
    },
    value,
};
use crate::{
    govern::TenantPath,
    nearest::nearest,
    protocol::OnUnsupported,
    provider::{self, BaseUrl, Row, catalogue::Catalogue},
};

impl Document {
    /// Looks up every name and fills in every default. `secrets` answers with the value of the
    /// platform's secret of a name; an empty value is the same as none.
    pub fn resolve(self, secrets: impl Fn(&str) -> Option<String>) -> Result<Policy, Vec<ConfigError>> {
        let mut resolve = Resolve { secrets: &secrets, errors: Vec::new() };
        let policy = resolve.document(&self);
        if resolve.errors.is_empty() { Ok(policy) } else { Err(resolve.errors) }
    }
}

/// The row of a provider instance: that of its `type`, or that which its name is or begins with.
pub fn row_of(name: &str, kind: Option<&str>) -> Result<&'static Row, Problem> {
    if let Some(kind) = kind {
        return provider::find(kind).ok_or_else(|| Problem::UnknownKind {
            kind: kind.to_owned(),
            nearest: nearest(kind, provider::ROWS.iter().map(|row| row.name)),
        });
    }
    let mut prefix = Some(name);
    while let Some(name) = prefix {
        if let Some(row) = provider::find(name) {
            return Ok(row);
        }
        prefix = name.rsplit_once('-').map(|(before, _)| before);
    }
    match nearest(name, provider::ROWS.iter().map(|row| row.name)) {
        Some(near) => Err(Problem::UnknownKind { kind: name.to_owned(), nearest: Some(near) }),
        None => Err(Problem::NoKind),
    }
}

struct Resolve<'a, F> {
    secrets: &'a F,
    errors: Vec<ConfigError>,
}

impl<F: Fn(&str) -> Option<String>> Resolve<'_, F> {
    fn document(&mut self, document: &Document) -> Policy {
        let root = Path::root();
        let defaults = Policy::default();
        let master_key = document
            .master_key
            .as_ref()
            .and_then(|name| self.secret(name, &root.member("master_key")))
            .map(|secret| Sha256::digest(secret.expose()).into());
        Policy {
            master_key,
            keys: self.keys(&document.keys, &root.member("keys")),
            providers: self.providers(&document.providers, &root.member("providers")),
            aliases: self.aliases(document, &root.member("aliases")),
            catalogue: self.catalogue(document.catalogue.as_ref(), &root.member("catalogue")),
            timeouts: self.timeouts(&document.timeouts, &root.member("timeouts")),
            retry: self.retry(&document.retry, &root.member("retry")),
            limits: self.limits(&document.limits, &root.member("limits")),
            body_size_limit: self
                .read(&document.body_size_limit, &root.member("body_size_limit"), |text| {
                    usize::try_from(value::size(text)?).ok()
                })
                .unwrap_or(defaults.body_size_limit),
            cors: document.cors.as_ref().map(|cors| self.cors(&cors.origins, &root.member("cors"))),
            on_unsupported: match document.on_unsupported.as_deref() {
                Some("drop") => OnUnsupported::Drop,
                Some("reject") => OnUnsupported::Reject,
                _ => OnUnsupported::Auto,
            },
            fetch_media: (document.fetch_media.enabled == Some(true))
                .then(|| self.fetch_media(&document.fetch_media, &root.member("fetch_media"))),
            log: match document.log_format.as_deref() {
                Some("text") => LogFormat::Text,
                _ => LogFormat::Json,
            },
            keep_alive: self
                .read(&document.keep_alive, &root.member("keep_alive"), value::duration)
                .unwrap_or(defaults.keep_alive),
            keep_reasoning: self
                .read(&document.keep_reasoning, &root.member("keep_reasoning"), value::duration)
                .unwrap_or(defaults.keep_reasoning),
            reasoning_timeout: self
                .read(&document.reasoning_timeout, &root.member("reasoning_timeout"), value::duration)
                .unwrap_or(defaults.reasoning_timeout),
        }
    }

    fn providers(&mut self, entries: &BTreeMap<String, ProviderEntry>, path: &Path) -> Vec<Provider> {
        // With nobody to ask, the gateway answers itself: a first try needs no account.
        let demo = BTreeMap::from([(provider::DEMO.to_owned(), ProviderEntry::default())]);
        let entries = if entries.is_empty() { &demo } else { entries };
        entries.iter().filter_map(|(name, entry)| self.provider(name, entry, &path.member(name))).collect()
    }

    fn provider(&mut self, name: &str, entry: &ProviderEntry, path: &Path) -> Option<Provider> {
        let row = match row_of(name, entry.kind.as_deref()) {
            Ok(row) => row,
            Err(problem) => {
                let place = if entry.kind.is_some() { path.member("type") } else { path.clone() };
                return self.wrong(&place, problem);
            }
        };
        let keys = self.provider_keys(row, entry, path);
        let base_url = match (entry.base_url.as_deref(), row.base_url) {
            (Some(url), _) => provider::normalize_base_url(row, url),
            (None, BaseUrl::Default(url)) => provider::normalize_base_url(row, url),
            (None, BaseUrl::BuiltIn) => String::new(),
            (None, BaseUrl::Required(example) | BaseUrl::Account { template: example, .. }) => {
                return self.wrong(path, Problem::NoBaseUrl(example));
            }
        };
        Some(Provider {
            name: name.to_owned(),
            row,
            base_url,
            keys: keys?,
            models: match row.base_url {
                BaseUrl::BuiltIn => provider::DEMO_MODELS.map(str::to_owned).to_vec(),
                _ => entry.models.clone(),
            },
            api_version: entry.api_version.clone(),
        })
    }

    fn provider_keys(&mut self, row: &Row, entry: &ProviderEntry, path: &Path) -> Option<Vec<Secret>> {
        let path_of_key = path.member("api_key");
        let names = &entry.api_key.0;
        if names.is_empty() && !row.keyless {
            return self.wrong(path, Problem::NoKey);
        }
        let mut secrets = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let place = if names.len() > 1 { path_of_key.item(index) } else { path_of_key.clone() };
            let secret = self.secret(name, &place)?;
            // It will stand in a header.
            if http::HeaderValue::from_str(secret.expose()).is_err() {
                return self.wrong(&place, Problem::SecretUnusable(name.secret.clone()));
            }
            secrets.push(secret);
        }
        Some(secrets)
    }

    fn keys(&mut self, entries: &[KeyEntry], path: &Path) -> Vec<Key> {
        let (mut names, mut digests) = (BTreeSet::new(), BTreeSet::new());
        let mut keys = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let path = path.item(index);
            let Some(key) = self.key(entry, &path) else { continue };
            if !names.insert(entry.name.as_str()) {
                self.error(&path.member("name"), Problem::Twice("name"));
            }
            if !digests.insert(key.digest) {
                self.error(&path.member("digest"), Problem::Twice("digest"));
            }
            keys.push(key);
        }
        keys
    }

    fn key(&mut self, entry: &KeyEntry, path: &Path) -> Option<Key> {
        let digest = self.read_str(&entry.digest, &path.member("digest"), value::digest);
        let tenant = match &entry.tenant {
            Some(text) => self.read_str(text, &path.member("tenant"), |text| TenantPath::parse(text).ok()),
            None => Some(TenantPath::root()),
        };
        let models = path.member("models");
        let patterns: Vec<_> = entry
            .models
            .iter()
            .enumerate()
            .filter_map(|(index, text)| {
                self.read_str(text, &models.item(index), |text| ModelPattern::parse(text).ok())
            })
            .collect();
        let expires_at = match &entry.expires_at {
            Some(text) => Some(self.read_str(text, &path.member("expires_at"), value::time)?),
            None => None,
        };
        Some(Key {
            name: entry.name.clone(),
            digest: digest?,
            tenant: tenant?,
            labels: entry.labels.clone(),
            models: patterns,
            expires_at,
            max_rpm: self.read(&entry.max_rpm, &path.member("max_rpm"), value::count),
            max_streams: self.read(&entry.max_streams, &path.member("max_streams"), value::count),
        })
    }

    fn aliases(&mut self, document: &Document, path: &Path) -> BTreeMap<String, Alias> {
        let mut aliases = BTreeMap::new();
        for (name, entry) in &document.aliases {
            let path = path.member(name);
            if entry.targets().is_empty() {
                self.error(&path, Problem::Empty);
            }
            for (index, target) in entry.targets().iter().enumerate() {
                let place = match entry {
                    AliasEntry::Short(_) if entry.targets().len() == 1 => path.clone(),
                    AliasEntry::Short(_) => path.item(index),
                    AliasEntry::Long { .. } => path.member("targets").item(index),
                };
                self.target(name, target, document, &place);
            }
            aliases.insert(name.clone(), Alias { targets: entry.targets().to_vec() });
        }
        aliases
    }

    /// A target whose first part is a kind of provider must find one; with any other, the slash
    /// may belong to the model's own name.
    fn target(&mut self, alias: &str, target: &str, document: &Document, path: &Path) {
        if target != alias && document.aliases.contains_key(target) {
            self.error(path, Problem::AliasOfAlias(target.to_owned()));
            return;
        }
        let Some((name, _)) = target.split_once('/') else { return };
        let configured = document.providers.keys().map(String::as_str);
        if document.providers.contains_key(name) || name == provider::DEMO {
            return;
        }
        let nearest = nearest(name, configured);
        if nearest.is_some() || row_of(name, None).is_ok() {
            let problem = Problem::UnknownProvider {
                model: target.to_owned(),
                provider: name.to_owned(),
                nearest: nearest.map(str::to_owned),
            };
            self.error(path, problem);
        }
    }

    fn catalogue(&mut self, json: Option<&Value>, path: &Path) -> Catalogue {
        let Some(json) = json else { return Catalogue::default() };
        let read = Catalogue::from_json(json.clone());
        read.map_err(|error| self.error(path, Problem::Catalogue(error.to_string()))).unwrap_or_default()
    }

    fn timeouts(&mut self, entry: &TimeoutsEntry, path: &Path) -> Timeouts {
        let defaults = Timeouts::default();
        let mut read =
            |text, name, default| self.read(text, &path.member(name), value::duration).unwrap_or(default);
        Timeouts {
            connect: read(&entry.connect, "connect", defaults.connect),
            first_byte: read(&entry.first_byte, "first_byte", defaults.first_byte),
            idle: read(&entry.idle, "idle", defaults.idle),
            whole: read(&entry.whole, "whole", defaults.whole),
        }
    }

    fn retry(&mut self, entry: &RetryEntry, path: &Path) -> Retry {
        let defaults = Retry::default();
        let attempts =
            |text: &str| text.parse::<u8>().ok()?.checked_add(1).filter(|&most| most <= Retry::MOST);
        Retry {
            max_attempts: self
                .read(&entry.max_retries, &path.member("max_retries"), attempts)
                .unwrap_or(defaults.max_attempts),
            initial_backoff: self
                .read(&entry.initial_backoff, &path.member("initial_backoff"), value::duration)
                .unwrap_or(defaults.initial_backoff),
            max_backoff: self
                .read(&entry.max_backoff, &path.member("max_backoff"), value::duration)
                .unwrap_or(defaults.max_backoff),
        }
    }

    fn limits(&mut self, entry: &LimitsEntry, path: &Path) -> Limits {
        let on_store_failure = match entry.on_store_failure.as_deref() {
            Some("refuse") => OnStoreFailure::Refuse,
            _ => OnStoreFailure::Pass,
        };
        let store_timeout = self
            .read(&entry.store_timeout, &path.member("store_timeout"), value::duration)
            .unwrap_or(Limits::default().store_timeout);
        Limits { on_store_failure, store_timeout }
    }

    fn fetch_media(&mut self, entry: &FetchMediaEntry, path: &Path) -> FetchMedia {
        let defaults = FetchMedia::default();
        let size = |text: &str| usize::try_from(value::size(text)?).ok();
        FetchMedia {
            max_size: self.read(&entry.max_size, &path.member("max_size"), size).unwrap_or(defaults.max_size),
            max_count: self
                .read(&entry.max_count, &path.member("max_count"), |text| text.parse().ok())
                .unwrap_or(defaults.max_count),
            timeout: self
                .read(&entry.timeout, &path.member("timeout"), value::duration)
                .unwrap_or(defaults.timeout),
        }
    }

    fn cors(&mut self, origins: &[String], path: &Path) -> Cors {
        let path = path.member("origins");
        if origins.is_empty() {
            self.error(&path, Problem::Empty);
        }
        if origins.len() > 1 && origins.iter().any(|origin| origin == "*") {
            self.error(&path, Problem::StarBesideOthers);
        }
        Cors { origins: origins.to_vec() }
    }

    fn secret(&mut self, name: &SecretName, path: &Path) -> Option<Secret> {
        let value = (self.secrets)(&name.secret).map(|value| value.trim().to_owned());
        match value.filter(|value| !value.is_empty()) {
            Some(value) => Some(Secret::new(value)),
            None => self.wrong(path, Problem::SecretUnset(name.secret.clone())),
        }
    }

    fn read<T>(&mut self, text: &Option<Text>, path: &Path, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        text.as_ref().and_then(|Text(text)| self.read_str(text, path, parse))
    }

    /// A text that the check has let through is read; a document that was built in memory may hold
    /// anything.
    fn read_str<T>(&mut self, text: &str, path: &Path, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        parse(text).or_else(|| self.wrong(path, Problem::Wrong { expected: "a valid value", found: None }))
    }

    fn wrong<T>(&mut self, path: &Path, problem: Problem) -> Option<T> {
        self.error(path, problem);
        None
    }

    fn error(&mut self, path: &Path, problem: Problem) {
        self.errors.push(ConfigError { path: path.clone(), problem });
    }
}
