//! What the gateway runs by: a document with every name looked up and every value in range.

use std::{collections::BTreeMap, net::IpAddr, num::NonZeroU32, time::Duration};

use super::{ModelPattern, Secret};
use crate::{
    govern::TenantPath,
    protocol::OnUnsupported,
    provider::{BaseUrl, Instance, Row, catalogue::Catalogue},
};

/// Everything an operator decides, checked once. It never changes while requests run under it.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The configured provider instances, by name.
    pub providers: Vec<Provider>,
    /// SHA-256 of the key that may do everything.
    pub master_key: Option<[u8; 32]>,
    /// The declared keys.
    pub keys: Vec<Key>,
    /// Model names of the operator's own.
    pub aliases: BTreeMap<String, Alias>,
    /// What is known about models.
    pub catalogue: Catalogue,
    /// How long an upstream may take.
    pub timeouts: Timeouts,
    /// How often a request is sent again.
    pub retry: Retry,
    /// How the keys' limits are kept.
    pub limits: Limits,
    /// Most bytes in a request's body.
    pub body_size_limit: usize,
    /// Who may call from a browser. Nobody by default.
    pub cors: Option<Cors>,
    /// What becomes of a request field that the provider's wire cannot carry.
    pub on_unsupported: OnUnsupported,
    /// What may be fetched for callers. Nothing by default.
    pub fetch_media: Option<FetchMedia>,
    /// How log lines are written.
    pub log: LogFormat,
    /// Silence on a caller's stream after which a comment keeps it open.
    pub keep_alive: Duration,
    /// How long reasoning is kept for the next turns of a tool loop; nought for not at all.
    pub keep_reasoning: Duration,
    /// How long a request waits for reasoning to be found.
    pub reasoning_timeout: Duration,
}

/// One account at one provider.
#[derive(Debug, Clone)]
pub struct Provider {
    /// The instance's name, which stands before the slash in `openai-east/gpt-5`.
    pub name: String,
    /// What kind of provider it is.
    pub row: &'static Row,
    /// Where it answers, without a slash at the end.
    pub base_url: String,
    /// Keys used in turn; empty only where the provider needs none.
    pub keys: Vec<Secret>,
    /// Models the operator listed. Empty: the provider's own list is asked for.
    pub models: Vec<String>,
    /// The version in Azure's URLs.
    pub api_version: Option<String>,
}

impl Provider {
    /// What its addresses are built from.
    pub fn instance(&self) -> Instance<'_> {
        Instance { row: self.row, base_url: &self.base_url, api_version: self.api_version.as_deref() }
    }

    /// Whether the gateway answers itself.
    pub fn is_built_in(&self) -> bool {
        matches!(self.row.base_url, BaseUrl::BuiltIn)
    }
}

/// A declared key and what it may do.
#[derive(Debug, Clone)]
pub struct Key {
    /// Names the key in logs and usage rows.
    pub name: String,
    /// SHA-256 of the key.
    pub digest: [u8; 32],
    /// On whose account it runs.
    pub tenant: TenantPath,
    /// Copied into its usage rows.
    pub labels: BTreeMap<String, String>,
    /// Models it may use. Empty: all of them.
    pub models: Vec<ModelPattern>,
    /// When it stops working, in milliseconds since the Unix epoch.
    pub expires_at: Option<u64>,
    /// Most requests a minute.
    pub max_rpm: Option<NonZeroU32>,
    /// Most streams at once.
    pub max_streams: Option<NonZeroU32>,
}

impl Key {
    /// Whether it may use `model` of `provider`.
    pub fn allows(&self, provider: &str, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| pattern.matches(provider, model))
    }

    /// Whether it may use an alias, whatever that stands for.
    pub fn allows_alias(&self, alias: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| pattern.matches_alias(alias))
    }
}

/// A model name of the operator's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// Models (never aliases), the preferred one first, the rest tried when it fails. Not empty.
    pub targets: Vec<String>,
}

/// How long an upstream may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To accept a connection.
    pub connect: Duration,
    /// To send the first event of a stream, or the whole of any other answer.
    pub first_byte: Duration,
    /// Between two pieces of a stream.
    pub idle: Duration,
    /// For one request with all of its attempts.
    pub whole: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(300),
            idle: Duration::from_secs(120),
            whole: Duration::from_secs(600),
        }
    }
}

/// How often, and how soon, a request is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in all, over keys, retries and fallbacks together: from 1 to [`Retry::MOST`].
    pub max_attempts: u8,
    /// The wait before the second attempt, before jitter. It doubles with each further one.
    pub initial_backoff: Duration,
    /// The longest wait.
    pub max_backoff: Duration,
}

impl Retry {
    /// No request is sent more often than this.
    pub const MOST: u8 = 4;
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_attempts: Self::MOST,
            initial_backoff: Duration::from_millis(250),
            max_backoff: Duration::from_secs(8),
        }
    }
}

/// What becomes of a request whose key has limits when their counts cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnStoreFailure {
    /// It passes, as far as this instance's own counts allow.
    #[default]
    Pass,
    /// It is refused.
    Refuse,
}

/// How the keys' limits are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// What becomes of a request whose key has limits when their counts cannot be read.
    pub on_store_failure: OnStoreFailure,
    /// How long the store of the counts may take.
    pub store_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { on_store_failure: OnStoreFailure::default(), store_timeout: Duration::from_secs(1) }
    }
}

/// Who may call from a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// Origins as browsers send them (`https://app.example.com`), or `*` alone for any.
    pub origins: Vec<String>,
}

/// What may be fetched for callers: images and documents at public addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchMedia {
    /// The largest of them, in bytes.
    pub max_size: usize,
    /// The most of one request.
    pub max_count: usize,
    /// How long all of one request may take.
    pub timeout: Duration,
}

impl Default for FetchMedia {
    fn default() -> Self {
        Self { max_size: 10 * 1024 * 1024, max_count: 8, timeout: Duration::from_secs(10) }
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people.
    Text,
}

/// Default for [`Policy::body_size_limit`]: 10 MB.
pub const BODY_SIZE_LIMIT: usize = 10 * 1024 * 1024;

/// Default for [`Policy::keep_alive`].
pub const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Default for [`Policy::keep_reasoning`].
pub(super) const KEEP_REASONING: Duration = Duration::from_secs(24 * 60 * 60);

/// An address that this policy leaves too open to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "no key is required, so only this machine may call, but {0} is open to others: set \
     TOLLBRIDGE_MASTER_KEY or declare `keys`, or listen on 127.0.0.1"
)]
pub struct TooOpen(pub IpAddr);

impl Policy {
    /// Whether a caller must show a key.
    pub fn requires_key(&self) -> bool {
        self.master_key.is_some() || !self.keys.is_empty()
    }

    /// Whether a server under this policy may listen on `address`: without any key, only on
    /// loopback.
    pub fn may_listen_on(&self, address: IpAddr) -> Result<(), TooOpen> {
        // An IPv4 loopback address may be written as an IPv6 one.
        if self.requires_key() || address.to_canonical().is_loopback() {
            return Ok(());
        }
        Err(TooOpen(address))
    }

    /// The provider instance of that name.
    pub fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.name == name)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            providers: Vec::new(),
            master_key: None,
            keys: Vec::new(),
            aliases: BTreeMap::new(),
            catalogue: Catalogue::default(),
            timeouts: Timeouts::default(),
            retry: Retry::default(),
            limits: Limits::default(),
            body_size_limit: BODY_SIZE_LIMIT,
            cors: None,
            on_unsupported: OnUnsupported::default(),
            fetch_media: None,
            log: LogFormat::default(),
            keep_alive: KEEP_ALIVE,
            keep_reasoning: KEEP_REASONING,
            reasoning_timeout: Duration::from_millis(300),
        }
    }
}
