//! Fetching what a request names by address, for providers that take the bytes alone.
//!
//! Off unless the operator allows it; then a request that needs it is a 400 that names the setting.
//! What may be fetched and what may come is [decided](crate::media) elsewhere. Here it is asked for:
//! all addresses of a request at the same time, within one limit, and once however often the request
//! is tried.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures::future::join_all;
use http::{HeaderValue, Method, StatusCode, header};

use super::{
    Gateway,
    attempt::Try,
    generate::Call,
    limits::{Elapsed, within},
    upstream::{CollectError, Upstream},
};
use crate::{
    config::FetchMedia,
    conversation::{Media, MediaKind, Part, Request, Source},
    error::ApiError,
    media::{Address, BadAddress, Found, Unfit, Wanted, read},
    payload::Payload,
    ports::{HttpError, Ports, PublicOnly},
    protocol::{Dialect, Front, OnUnsupported, Wire, encode_base64},
    provider::image_addresses,
    sketch::{Sketch, sketch},
};

/// What is asked for. No host is told more.
const ACCEPT: HeaderValue =
    HeaderValue::from_static("image/png, image/jpeg, image/gif, image/webp, application/pdf, text/plain");
const USER_AGENT: HeaderValue = HeaderValue::from_static("tollbridge");

/// What a call's addresses led to, for all of its attempts.
#[derive(Debug, Default)]
pub(super) struct Fetched(Mutex<BTreeMap<String, Arc<Fetch>>>);

/// What one address led to: a media type and base64, or text.
#[derive(Debug)]
struct Fetch {
    media_type: Option<&'static str>,
    data: String,
}

/// An address in a request.
struct Place {
    url: String,
    wanted: Wanted,
    /// As messages to the caller name it.
    path: String,
}

/// Why an address could not be used.
#[derive(Debug, thiserror::Error)]
enum Unfetched {
    #[error(transparent)]
    Address(#[from] BadAddress),
    #[error("the host could not be reached, or is not public")]
    Unreachable,
    #[error("the connection broke")]
    Broken,
    #[error("it answers {0}; redirects are not followed")]
    Status(u16),
    #[error("it has more than {0} bytes")]
    TooLarge(usize),
    #[error(transparent)]
    Unfit(#[from] Unfit),
}

impl<P: Ports> Gateway<P> {
    /// Puts bytes in the place of the addresses that this provider would not fetch.
    ///
    /// # Errors
    /// 400 for an address that may not or cannot be fetched.
    pub(super) async fn inline(&self, attempt: Try<'_>, request: &mut Request<'_>) -> Result<(), ApiError> {
        let (wire, dialect) = (attempt.provider.row.wire, attempt.provider.row.dialect());
        if wire != Wire::Chat {
            return Ok(());
        }
        let front = attempt.call.front;
        let mut places = Vec::new();
        for_each_address(request, dialect, |index, media, wanted| {
            if let Source::Url(url) = &media.source {
                let path = match front {
                    Front::Chat => format!("messages[{index}].content"),
                    Front::Messages => format!("messages.{index}.content"),
                };
                places.push(Place { url: url.clone().into_owned(), wanted, path });
            }
        });
        if !self.fetch(attempt, &places).await? {
            return Ok(());
        }
        for_each_address(request, dialect, |_, media, _| {
            let Source::Url(url) = &media.source else { return };
            if let Some(fetch) = attempt.call.media.get(url) {
                media.source = fetch.source();
            }
        });
        Ok(())
    }

    /// The same of a body that is relayed, where it has any: the body with data in place of
    /// addresses of images.
    ///
    /// # Errors
    /// 400 for an address that may not or cannot be fetched.
    pub(super) async fn inlined(&self, attempt: Try<'_>) -> Result<Option<Sketch>, ApiError> {
        let row = attempt.provider.row;
        if row.wire != Wire::Chat || !row.dialect().inline_images {
            return Ok(None);
        }
        let body = &attempt.call.sketch;
        let places = image_addresses(body, |_| None).0;
        let place = |(url, index): (String, usize)| Place {
            url,
            wanted: Wanted::Image,
            path: format!("messages[{index}].content"),
        };
        let places: Vec<Place> = places.into_iter().map(place).collect();
        if !self.fetch(attempt, &places).await? {
            return Ok(None);
        }
        let data = |url: &str| Some(attempt.call.media.get(url)?.data_url());
        let Some(messages) = image_addresses(body, data).1 else { return Ok(None) };
        let mut edits = body.edit();
        edits.set("messages", messages);
        let whole: Vec<u8> = edits.pieces().concat();
        Ok(sketch(&Bytes::from(whole)).ok())
    }

    /// Fetches what is not there yet. False where there is nothing to be put in place.
    async fn fetch(&self, attempt: Try<'_>, places: &[Place]) -> Result<bool, ApiError> {
        let Some(first) = places.first() else { return Ok(false) };
        let Some(limits) = &self.policy.fetch_media else {
            // What becomes of it is then for the provider or the encoder to say.
            if self.policy.on_unsupported == OnUnsupported::Drop {
                return Ok(false);
            }
            return Err(switched_off(&attempt.provider.name, &first.path));
        };
        let call = attempt.call;
        let mut missing: Vec<&Place> = Vec::new();
        for place in places {
            let known = missing.iter().any(|other| other.url == place.url);
            if !known && call.media.get(&place.url).is_none() {
                missing.push(place);
            }
        }
        if missing.len() > limits.max_count {
            let message = format!(
                "The request names more than {} addresses to be fetched: send the data itself.",
                limits.max_count
            );
            return Err(unavailable(message, &first.path));
        }
        let limit = call.deadline.left(&self.ports, limits.timeout);
        let all = join_all(missing.iter().map(|place| self.fetch_one(call, place, limits)));
        match within(&self.ports, limit, pin!(all)).await {
            Ok(done) => done.into_iter().collect::<Result<(), ApiError>>()?,
            Err(Elapsed) => {
                let message = format!("What `{}` names took too long to arrive.", first.path);
                return Err(unavailable(message, &first.path));
            }
        }
        Ok(true)
    }

    async fn fetch_one(&self, call: &Call, place: &Place, limits: &FetchMedia) -> Result<(), ApiError> {
        match self.download(place, limits.max_size).await {
            Ok(fetch) => {
                call.media.put(place.url.clone(), fetch);
                Ok(())
            }
            Err(why) => {
                let message = format!("The address in `{}` cannot be used: {why}.", place.path);
                Err(unavailable(message, &place.path))
            }
        }
    }

    async fn download(&self, place: &Place, largest: usize) -> Result<Fetch, Unfetched> {
        let address = Address::parse(&place.url)?;
        let mut request = http::Request::new(Payload::empty());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = address.uri().clone();
        request.headers_mut().insert(header::ACCEPT, ACCEPT);
        request.headers_mut().insert(header::USER_AGENT, USER_AGENT);
        request.extensions_mut().insert(PublicOnly);
        let answer = self.ports.send(request).await.map_err(|_: HttpError| Unfetched::Unreachable)?;
        let (head, body) = answer.into_parts();
        if head.status != StatusCode::OK {
            return Err(Unfetched::Status(head.status.as_u16()));
        }
        let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        let announced = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|length| length > largest) {
            return Err(Unfetched::TooLarge(largest));
        }
        let mut upstream = Upstream::<P>::Remote(body);
        let bytes = upstream.collect(largest).await.map_err(|error| match error {
            CollectError::TooLarge => Unfetched::TooLarge(largest),
            CollectError::Http(_) => Unfetched::Broken,
        })?;
        Ok(match read(place.wanted, text(header::CONTENT_TYPE), &bytes)? {
            Found::Bytes(media_type) => Fetch { media_type: Some(media_type), data: encode_base64(&bytes) },
            Found::Text(data) => Fetch { media_type: None, data },
        })
    }
}

impl Fetched {
    fn get(&self, url: &str) -> Option<Arc<Fetch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
    }

    fn put(&self, url: String, fetch: Fetch) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(url, Arc::new(fetch));
    }
}

impl Fetch {
    fn source<'a>(&self) -> Source<'a> {
        let data = Cow::Owned(self.data.clone());
        match self.media_type {
            Some(media_type) => Source::Base64 { media_type: Some(Cow::Borrowed(media_type)), data },
            None => Source::Plain(data),
        }
    }

    fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.media_type.unwrap_or("text/plain"), self.data)
    }
}

/// Every image and document of the request that stands there as an address which a provider of the
/// chat wire does not take.
fn for_each_address(
    request: &mut Request<'_>,
    dialect: Dialect,
    mut each: impl FnMut(usize, &mut Media<'_>, Wanted),
) {
    let mut one = |index: usize, part: &mut Part<'_>| {
        let Part::Media(media) = part else { return };
        let wanted = match media.kind {
            MediaKind::Image if dialect.inline_images => Wanted::Image,
            MediaKind::Document => Wanted::Document,
            _ => return,
        };
        if matches!(media.source, Source::Url(_)) {
            each(index, media, wanted);
        }
    };
    let apart = usize::from(request.system_apart);
    for (index, message) in request.messages.iter_mut().enumerate() {
        let index = index.saturating_sub(apart);
        for part in &mut message.parts {
            match part {
                Part::ToolResult(result) => result.content.iter_mut().for_each(|part| one(index, part)),
                part => one(index, part),
            }
        }
    }
}

fn switched_off(provider: &str, path: &str) -> ApiError {
    let message = format!(
        "The provider `{provider}` takes no address in `{path}`: send the data itself, or let the operator set \
         `fetch_media.enabled`, so that the gateway fetches it."
    );
    ApiError::invalid(message).with_param(path.to_owned()).with_code("unsupported_parameter")
}

fn unavailable(message: String, path: &str) -> ApiError {
    ApiError::invalid(message).with_param(path.to_owned()).with_code("media_unavailable")
}
