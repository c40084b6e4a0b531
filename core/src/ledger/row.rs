//! One request, as the ledger keeps it.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use crate::{conversation::Usage, error::ErrorKind, ports::Micros};

/// Every [`front`](UsageRow::front) that a row can have.
pub(crate) const FRONTS: [&str; 3] = ["", "chat", "messages"];

/// Every [`endpoint`](UsageRow::endpoint) that a row can have.
pub(crate) const ENDPOINTS: [&str; 10] = [
    "",
    "chat.completions",
    "messages",
    "messages.count_tokens",
    "models",
    "health",
    "version",
    "admin.usage",
    "admin.import",
    "unknown",
];

/// What an operator attached to a key, to find its requests by.
pub type Labels = BTreeMap<String, String>;

/// Everything that is known about one request after it ended.
///
/// Cheap to build on the request's path: what lives in the policy is shared, what is one of few
/// words is static, and numbers are plain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageRow {
    /// The request's id, as the `x-request-id` of its answer said.
    pub id: String,
    /// When the request arrived.
    pub at: Micros,
    /// The tenant path of the caller's key (`/team/app`); empty where nobody was identified.
    pub tenant: Arc<str>,
    /// The name of the caller's key, never the key; empty where nobody was identified.
    pub key: Arc<str>,
    /// The key's labels.
    pub labels: Arc<Labels>,
    /// The whole path of the end user, below the tenant's, where the caller gave one.
    pub user_path: Option<Arc<str>>,
    /// The provider instance that was tried last (`openai-east`); `None` where none was.
    pub provider: Option<Arc<str>>,
    /// The model as the caller named it; empty where the request named none.
    pub model_asked: String,
    /// The model as the provider named it in its answer or, where it did not say, as it was asked
    /// for there; `None` where no provider was tried.
    pub model_answered: Option<String>,
    /// The protocol that the caller spoke: `chat`.
    pub front: &'static str,
    /// What was asked of it: `chat.completions`.
    pub endpoint: &'static str,
    /// Tokens by kind.
    pub usage: Usage,
    /// Whether any of `usage` was counted by [`estimate`](super::estimate), not by the provider.
    pub estimated: bool,
    /// The price and where it comes from; `None` where it is not known, which is not free.
    pub cost: Option<Cost>,
    /// What the caches did; `None` where none was asked.
    pub cache: Option<CacheStatus>,
    /// From the request's arrival to the end of the answer's body, in microseconds.
    pub latency_us: u64,
    /// From the request's arrival to the first piece of the answer that the model wrote, in
    /// microseconds; `None` where none came.
    pub first_token_us: Option<u64>,
    /// The HTTP status that the caller got.
    pub status: u16,
    /// Why the model stopped, in the caller's protocol's word.
    pub finish: Option<Cow<'static, str>>,
    /// What went wrong; `None` where nothing did.
    pub error: Option<ErrorClass>,
    /// Whether the answer was streamed.
    pub stream: bool,
    /// Requests sent to providers, over keys, retries and fallbacks together.
    pub attempts: u8,
    /// The provider's own id of the request, to show its support.
    pub upstream_id: Option<String>,
    /// What of the answer the caller's protocol could not say: `images, logprobs`.
    pub lost: Option<String>,
}

/// What a request cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// The price in nano-dollars (10⁻⁹ US dollars).
    pub nanodollars: u64,
    /// Which price table it was reckoned with.
    pub price_version: Arc<str>,
}

/// What the response caches did for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CacheStatus {
    /// Looked, and a provider had to answer.
    Miss,
    /// Answered from a cache, at no cost.
    Hit,
}

impl CacheStatus {
    /// The status of a word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Miss, Self::Hit].into_iter().find(|status| status.name() == word)
    }

    /// The word for logs and rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Miss => "miss",
            Self::Hit => "hit",
        }
    }
}

/// How a request went wrong, in a word to count by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The caller got this error, in place of an answer or inside the stream.
    Api(ErrorKind),
    /// The caller left before the end.
    CallerLeft,
    /// The provider stopped in the middle of its answer.
    UpstreamCut,
}

impl ErrorClass {
    /// The class of a name.
    pub fn of(name: &str) -> Option<Self> {
        let kinds = ErrorKind::ALL.map(Self::Api);
        kinds.into_iter().chain([Self::CallerLeft, Self::UpstreamCut]).find(|class| class.name() == name)
    }

    /// A stable lower-case name, for logs and usage rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Api(kind) => kind.name(),
            Self::CallerLeft => "caller_left",
            Self::UpstreamCut => "upstream_cut",
        }
    }
}

impl From<ErrorKind> for ErrorClass {
    fn from(kind: ErrorKind) -> Self {
        Self::Api(kind)
    }
}
