//! What a provider wants to find in the request's headers.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Auth, Row};

/// A key that cannot be sent. The key itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key holds characters that an HTTP header cannot carry: look for a line break or a space in it")]
pub struct BadKey;

/// The headers that authenticate a request to the provider with this key, and those that its API
/// demands of every request. Values that hold the key are marked sensitive, so that no log or HPACK
/// table keeps them.
///
/// Keys come from files and variables, often with a line break at the end: white space around one
/// is not part of it.
pub fn headers(row: &Row, key: Option<&str>) -> Result<HeaderMap, BadKey> {
    let mut headers = HeaderMap::with_capacity(row.headers.len() + 1);
    for (name, value) in row.headers {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let Some(key) = key.map(str::trim).filter(|key| !key.is_empty()) else {
        return Ok(headers);
    };
    let (name, value) = match row.auth {
        Auth::Bearer => (http::header::AUTHORIZATION, HeaderValue::try_from(format!("Bearer {key}"))),
        Auth::Header(name) => (HeaderName::from_static(name), HeaderValue::try_from(key)),
        Auth::None => return Ok(headers),
    };
    let mut value = value.map_err(|_| BadKey)?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(headers)
}
