//! What is the same in every request to a provider, made once.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Uri, header};

use crate::{
    config::{Policy, Provider},
    protocol::Wire,
    provider::{self, Endpoint, Style},
};

/// One configured provider, ready to be called.
#[derive(Debug)]
pub(super) struct Account {
    /// Its name, shared with usage rows.
    pub(super) name: Arc<str>,
    /// Its name as a header's value.
    pub(super) label: HeaderValue,
    /// Where answers are generated, if that depends neither on the model nor on the form of the
    /// answer.
    uri: Option<Uri>,
    /// Headers of a request with each of its keys.
    headers: Box<[HeaderMap]>,
}

impl Account {
    /// The accounts of a policy, in its order.
    pub(super) fn all(policy: &Policy) -> Box<[Self]> {
        policy.providers.iter().map(Self::new).collect()
    }

    fn new(provider: &Provider) -> Self {
        let uri = match (provider.row.style, provider.row.wire) {
            (Style::Plain, Wire::Chat | Wire::Messages) => {
                provider.instance().url(Endpoint::Generate, "").try_into().ok()
            }
            (Style::Azure, _) | (_, Wire::Gemini) => None,
        };
        let keys = provider.keys.iter().map(|key| Some(key.expose()));
        let keyless = provider.keys.is_empty().then_some(None);
        Self {
            name: Arc::from(provider.name.as_str()),
            label: HeaderValue::from_str(&provider.name).unwrap_or(HeaderValue::from_static("")),
            uri,
            headers: keys.chain(keyless).map(|key| headers(provider, key)).collect(),
        }
    }

    /// Where `model` is called, for a stream or a whole answer.
    pub(super) fn uri(&self, provider: &Provider, model: &str, stream: bool) -> Option<Uri> {
        let endpoint = if stream { Endpoint::Stream } else { Endpoint::Generate };
        match &self.uri {
            Some(uri) => Some(uri.clone()),
            None => provider.instance().url(endpoint, model).try_into().ok(),
        }
    }

    /// Headers of a request with the key at this place.
    pub(super) fn headers(&self, key: usize) -> HeaderMap {
        self.headers.get(key).cloned().unwrap_or_default()
    }
}

/// A key that no header can carry was refused with the configuration; without one the provider
/// itself says what is missing.
fn headers(provider: &Provider, key: Option<&str>) -> HeaderMap {
    let mut headers = provider::headers(provider.row, key).unwrap_or_default();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        header::USER_AGENT,
        HeaderValue::from_static(concat!("tollbridge/", env!("CARGO_PKG_VERSION"))),
    );
    headers
}
