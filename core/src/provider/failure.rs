//! What to make of an answer that is not a success.
//!
//! Providers say the same thing in many ways: an empty account is a 402, a 429 or a 400, an
//! overload a 529 or a 503, a refusal by location a 400 or a 403. [`failure`] reads the status, the
//! headers and the provider's own words once, and says what can help: waiting, another key, or
//! another provider. A failure inside a stream or inside a 200 is read the same way, from the words
//! alone.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, StatusCode, header::RETRY_AFTER};

use crate::{
    error::{ApiError, ErrorKind},
    ports::Micros,
};

const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// What the provider said was wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said<'a> {
    /// Its machine-readable code: `insufficient_quota`.
    pub code: Option<&'a str>,
    /// Its error type: `overloaded_error`.
    pub kind: Option<&'a str>,
    /// Its message.
    pub message: &'a str,
}

impl<'a> From<&'a ApiError> for Said<'a> {
    fn from(error: &'a ApiError) -> Self {
        Self { code: error.code.as_deref(), kind: error.upstream_type.as_deref(), message: &error.message }
    }
}

/// What happened, as far as it decides what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Too many requests or tokens for now.
    RateLimited,
    /// The account is out of money or of its allowance.
    Quota,
    /// The provider is over capacity.
    Overloaded,
    /// The provider does not serve the place that the request came from.
    Location,
    /// The key is unknown, expired or may not do this.
    Auth,
    /// There is no such model or address there.
    NotFound,
    /// The prompt is too long for the model, or the request too large for the account's limits.
    TooLong,
    /// The provider's filter refused the prompt.
    Filtered,
    /// The request is at fault.
    BadRequest,
    /// The provider, or something before it, ran out of time.
    Timeout,
    /// The provider failed.
    Server,
}

impl FailureKind {
    /// What the caller is told.
    pub fn error_kind(self) -> ErrorKind {
        match self {
            Self::RateLimited | Self::Quota => ErrorKind::RateLimit,
            Self::Overloaded => ErrorKind::Overloaded,
            Self::Location => ErrorKind::Location,
            Self::Auth => ErrorKind::Authentication,
            Self::NotFound => ErrorKind::NotFound,
            Self::TooLong | Self::Filtered | Self::BadRequest => ErrorKind::InvalidRequest,
            Self::Timeout => ErrorKind::Timeout,
            Self::Server => ErrorKind::Upstream,
        }
    }

    /// The same request may succeed at the same provider, after a wait.
    fn again(self) -> bool {
        matches!(self, Self::RateLimited | Self::Overloaded | Self::Timeout | Self::Server)
    }

    /// It may succeed with another key.
    fn other_key(self) -> bool {
        matches!(self, Self::RateLimited | Self::Quota | Self::Auth)
    }

    /// It may succeed at another provider or with another model. A prompt that one provider's
    /// filter refused is not carried to the next one.
    fn elsewhere(self) -> bool {
        !matches!(self, Self::BadRequest | Self::Filtered)
    }
}

/// A failure, and what can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub kind: FailureKind,
    /// The same request may succeed at the same provider, after a wait.
    pub again: bool,
    /// It may succeed with another key; this one is of no use for a while.
    pub other_key: bool,
    /// It may succeed at another provider or with another model.
    pub elsewhere: bool,
    /// How long the provider asked to be left alone.
    pub retry_after: Option<Duration>,
}

/// What to make of an answer with this status, these headers and these words, at the time `now`.
///
/// For an error inside a stream or inside a 200, `status` is the success that it came under.
pub fn failure(status: StatusCode, headers: &HeaderMap, said: Said<'_>, now: Micros) -> Failure {
    let kind = by_words(status, said).unwrap_or_else(|| by_status(status, said));
    // 409 is a lock or a race at the provider; a redirect or a 501 will be the same next time.
    let again = match status.as_u16() {
        409 => kind == FailureKind::BadRequest || kind.again(),
        300..400 | 501 => false,
        _ => kind.again(),
    };
    let again = match headers.get(SHOULD_RETRY).map(http::HeaderValue::as_bytes) {
        Some(b"true") => true,
        Some(b"false") => false,
        _ => again,
    };
    Failure {
        kind,
        again,
        other_key: kind.other_key(),
        elsewhere: kind.elsewhere() || again,
        retry_after: retry_after(headers, now),
    }
}

/// Words that decide whatever the status: where they stand, what they say, what they mean.
///
/// Sources: OpenAI, "Error codes"; Anthropic, "Errors"; Gemini, "Troubleshooting" and "Available
/// regions"; DeepSeek, "Error codes"; xAI, "Debugging errors"; Groq, "Errors"; Azure OpenAI,
/// "Content filtering"; Moonshot, "Error codes". Messages are compared in lower case.
const WORDS: &[(Place, &str, FailureKind)] = &[
    (Place::Code, "unsupported_country_region_territory", FailureKind::Location),
    (Place::Message, "user location is not supported", FailureKind::Location),
    (Place::Message, "country, region, or territory not supported", FailureKind::Location),
    (Place::Message, "not available in your region", FailureKind::Location),
    (Place::Message, "not available in your country", FailureKind::Location),
    (Place::Code, "insufficient_quota", FailureKind::Quota),
    (Place::Code, "billing_hard_limit_reached", FailureKind::Quota),
    (Place::Kind, "insufficient_quota", FailureKind::Quota),
    (Place::Kind, "billing_error", FailureKind::Quota),
    (Place::Kind, "exceeded_current_quota_error", FailureKind::Quota),
    (Place::Message, "credit balance is too low", FailureKind::Quota),
    (Place::Message, "insufficient balance", FailureKind::Quota),
    (Place::Message, "used all available credits", FailureKind::Quota),
    (Place::Code, "context_length_exceeded", FailureKind::TooLong),
    (Place::Kind, "exceed_context_size_error", FailureKind::TooLong),
    (Place::Kind, "request_too_large", FailureKind::TooLong),
    (Place::Message, "prompt is too long", FailureKind::TooLong),
    (Place::Message, "maximum context length", FailureKind::TooLong),
    (Place::Message, "request too large for", FailureKind::TooLong),
    (Place::Message, "exceeds the maximum number of tokens allowed", FailureKind::TooLong),
    (Place::Code, "content_filter", FailureKind::Filtered),
    (Place::Code, "content_policy_violation", FailureKind::Filtered),
    (Place::Kind, "overloaded_error", FailureKind::Overloaded),
    (Place::Kind, "engine_overloaded_error", FailureKind::Overloaded),
    (Place::Code, "engine_overloaded", FailureKind::Overloaded),
    (Place::Code, "over_capacity", FailureKind::Overloaded),
    (Place::Kind, "rate_limit_error", FailureKind::RateLimited),
    (Place::Kind, "rate_limit_reached_error", FailureKind::RateLimited),
    (Place::Code, "rate_limit_exceeded", FailureKind::RateLimited),
    (Place::Code, "RESOURCE_EXHAUSTED", FailureKind::RateLimited),
    (Place::Kind, "RESOURCE_EXHAUSTED", FailureKind::RateLimited),
    (Place::Code, "invalid_api_key", FailureKind::Auth),
    (Place::Kind, "authentication_error", FailureKind::Auth),
    (Place::Kind, "permission_error", FailureKind::Auth),
    (Place::Message, "incorrect api key", FailureKind::Auth),
    (Place::Code, "API_KEY_INVALID", FailureKind::Auth),
    (Place::Message, "api key not valid", FailureKind::Auth),
    (Place::Message, "api key expired", FailureKind::Auth),
    (Place::Code, "model_not_found", FailureKind::NotFound),
    (Place::Code, "DeploymentNotFound", FailureKind::NotFound),
    (Place::Kind, "not_found_error", FailureKind::NotFound),
    (Place::Kind, "timeout_error", FailureKind::Timeout),
    (Place::Code, "INVALID_ARGUMENT", FailureKind::BadRequest),
    (Place::Code, "UNAVAILABLE", FailureKind::Overloaded),
    (Place::Code, "DEADLINE_EXCEEDED", FailureKind::Timeout),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Code,
    Kind,
    Message,
}

fn by_words(status: StatusCode, said: Said<'_>) -> Option<FailureKind> {
    // A provider that failed may quote anything.
    let message = if status.is_server_error() { String::new() } else { said.message.to_lowercase() };
    let found = WORDS.iter().find(|(place, words, _)| match place {
        Place::Code => said.code == Some(words),
        Place::Kind => said.kind == Some(words),
        Place::Message => message.contains(words),
    });
    found.map(|(.., kind)| *kind)
}

fn by_status(status: StatusCode, said: Said<'_>) -> FailureKind {
    match status.as_u16() {
        401 => FailureKind::Auth,
        402 => FailureKind::Quota,
        // Anthropic's edge answers so where it does not serve the place; it has no other word for it.
        403 if said.kind == Some("forbidden") && said.message == "Request not allowed" => {
            FailureKind::Location
        }
        403 => FailureKind::Auth,
        404 | 410 => FailureKind::NotFound,
        408 | 504 | 522 | 524 => FailureKind::Timeout,
        413 => FailureKind::TooLong,
        429 => FailureKind::RateLimited,
        // 498 is Groq's "flex tier capacity exceeded".
        498 | 503 | 529 => FailureKind::Overloaded,
        400..500 if said.kind != Some("server_error") => FailureKind::BadRequest,
        200..300 if said.kind == Some("invalid_request_error") => FailureKind::BadRequest,
        _ => FailureKind::Server,
    }
}

/// How long the provider asked to be left alone: `retry-after-ms`, or `retry-after` in seconds or
/// as a date. What cannot be read says nothing; a date that has passed is no wait.
pub fn retry_after(headers: &HeaderMap, now: Micros) -> Option<Duration> {
    let text = |name: &HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| *number >= 0.0);
    if let Some(millis) = text(&RETRY_AFTER_MS).and_then(number) {
        return Duration::try_from_secs_f64(millis / 1000.0).ok();
    }
    let after = text(&RETRY_AFTER)?;
    if let Some(seconds) = number(after) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(after).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(date.saturating_sub(Duration::from_micros(now)))
}

#[cfg(test)]
mod tests;
