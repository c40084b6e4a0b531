//! Calls from browsers: off unless the operator names origins.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::Body;
use crate::{
    config::Cors,
    error::{ApiError, ErrorKind},
    ports::Ports,
};

/// How long a browser may remember a preflight, in seconds.
const REMEMBER: HeaderValue = HeaderValue::from_static("600");

/// Headers of a response that scripts may read.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "x-request-id, retry-after, x-should-retry, x-tollbridge-provider, x-tollbridge-model, \
     x-tollbridge-attempts, x-tollbridge-dropped, x-ratelimit-limit-requests, \
     x-ratelimit-remaining-requests, x-ratelimit-reset-requests, anthropic-ratelimit-requests-limit, \
     anthropic-ratelimit-requests-remaining, anthropic-ratelimit-requests-reset",
);

/// The caller's origin, where the operator allows it.
pub(super) fn allowed_origin(cors: Option<&Cors>, headers: &HeaderMap) -> Option<HeaderValue> {
    let cors = cors?;
    let origin = headers.get(header::ORIGIN)?;
    if cors.origins.iter().any(|allowed| allowed == "*") {
        return Some(HeaderValue::from_static("*"));
    }
    cors.origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()).then(|| origin.clone())
}

/// Turns away pages of origins that the operator does not allow. Browsers name the origin of every
/// page that posts, and send what a page posts even where its scripts may not read the answer: of a
/// gateway that asks for no key, any page in a browser on the same machine could spend money.
///
/// # Errors
/// 403 that names the settings.
pub(super) fn refuse_foreign_page(cors: Option<&Cors>, headers: &HeaderMap) -> Result<(), ApiError> {
    if !headers.contains_key(header::ORIGIN) || allowed_origin(cors, headers).is_some() {
        return Ok(());
    }
    let message = "Pages of this origin may not call a gateway that requires no key: set CORS_ORIGINS at the \
                   gateway, or require a key with TOLLBRIDGE_MASTER_KEY.";
    Err(ApiError::new(ErrorKind::Permission, message).with_code("origin_not_allowed"))
}

/// Lets the origin's scripts read a response.
pub(super) fn expose(headers: &mut HeaderMap, origin: HeaderValue) {
    if origin != "*" {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

/// The answer to `OPTIONS`. Without a permission in it a browser makes no call.
pub(super) fn preflight<P: Ports>(
    cors: Option<&Cors>,
    asked: &HeaderMap,
    allow: HeaderValue,
) -> Response<Body<P>> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, allow.clone());
    if allowed_origin(cors, asked).is_some() {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, allow);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBER);
        if let Some(names) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
    }
    response
}
