//! Headers that pass between caller and provider: named ones, both ways, and no others.

use http::HeaderMap;

/// Headers of a caller's request that a provider of the same wire gets to see.
const FORWARDED: [&str; 6] =
    ["openai-beta", "http-referer", "x-title", "x-client-request-id", "anthropic-version", "anthropic-beta"];

/// Headers of an answer that the caller gets to see, beside those that begin with one of
/// [`RATE_LIMITS`].
const RETURNED: [&str; 4] = ["retry-after", "retry-after-ms", "x-should-retry", "openai-processing-ms"];

/// How the names of rate-limit headers begin.
const RATE_LIMITS: [&str; 2] = ["x-ratelimit-", "anthropic-ratelimit-"];

/// Headers in which providers name the request.
const REQUEST_IDS: [&str; 4] = ["x-request-id", "request-id", "apim-request-id", "cf-ray"];

/// Of a request's headers, those for the provider.
pub(super) fn forwarded(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in FORWARDED {
        if let Some(value) = headers.get(name) {
            kept.insert(name, value.clone());
        }
    }
    kept
}

/// Of an answer's headers, those for the caller.
pub(super) fn returned(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for (name, value) in headers {
        let text = name.as_str();
        if RETURNED.contains(&text) || RATE_LIMITS.iter().any(|prefix| text.starts_with(prefix)) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

/// The provider's own id of a request.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    REQUEST_IDS.iter().find_map(|name| headers.get(*name)?.to_str().ok().map(str::to_owned))
}
