//! One attempt at one provider: the request that goes out, and what came of it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};

use super::{
    Gateway,
    chat::Call,
    demo,
    limits::{Elapsed, within},
    pipe::{Facts, Pipe},
    relay::Relay,
    stream::Opening,
    translate::{self, Translate},
    upstream::{CollectError, Upstream},
};
use crate::{
    config::Provider,
    error::{ApiError, ErrorKind},
    payload::Payload,
    ports::{HttpError, Ports},
    protocol::Wire,
    provider,
    route::Candidate,
};

/// Largest whole answer, in bytes.
const LARGEST_ANSWER: usize = 64 << 20;

/// Largest error answer that is read, in bytes.
const LARGEST_ERROR: usize = 1 << 20;

/// Headers of an answer that the caller gets to see, beside those that begin with
/// [`RATE_LIMITS`].
const RETURNED: [&str; 4] = ["retry-after", "retry-after-ms", "x-should-retry", "openai-processing-ms"];

/// How the names of rate-limit headers begin.
const RATE_LIMITS: [&str; 2] = ["x-ratelimit-", "anthropic-ratelimit-"];

/// Headers in which providers name the request.
const REQUEST_IDS: [&str; 4] = ["x-request-id", "request-id", "apim-request-id", "cf-ray"];

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Try<'a> {
    pub(super) call: &'a Call,
    pub(super) candidate: &'a Candidate,
    pub(super) provider: &'a Provider,
    /// The place of the key to use.
    pub(super) key: usize,
}

/// An answer that has begun.
pub(super) struct Answer<P: Ports> {
    /// Headers of the upstream's that the caller gets to see.
    pub(super) headers: HeaderMap,
    /// The provider's own id of the request.
    pub(super) request_id: Option<String>,
    /// Names of request fields that the provider did not get.
    pub(super) dropped: Option<String>,
    pub(super) content: Content<P>,
}

/// The answer itself.
pub(super) enum Content<P: Ports> {
    Whole { body: Bytes, facts: Facts },
    Stream(Opening<P>),
}

/// An attempt that brought no answer.
#[derive(Debug)]
pub(super) struct Failed {
    /// What the caller is told if nothing else helps.
    pub(super) error: ApiError,
    /// The same request may succeed at the same provider, later.
    pub(super) again: bool,
    /// It may succeed at another provider.
    pub(super) elsewhere: bool,
    /// It may succeed with another key, and this one is of no use for a while.
    pub(super) other_key: bool,
    /// How long the provider asked to be left alone.
    pub(super) retry_after: Option<Duration>,
    /// The provider's own id of the request.
    pub(super) request_id: Option<String>,
}

impl Failed {
    /// The request itself cannot be sent there.
    fn unsendable(error: ApiError) -> Self {
        Self { error, again: false, elsewhere: true, other_key: false, retry_after: None, request_id: None }
    }

    /// The provider failed in a way that may pass.
    fn passing(error: ApiError) -> Self {
        Self { error, again: true, elsewhere: true, other_key: false, retry_after: None, request_id: None }
    }
}

/// A request for an upstream, and what it does not say.
struct Prepared {
    body: Payload,
    dropped: Option<String>,
}

impl<P: Ports> Gateway<P> {
    /// Sends the call to one candidate and waits until its answer has begun.
    pub(super) async fn attempt(&self, attempt: Try<'_>) -> Result<Answer<P>, Failed> {
        let prepared = match attempt.provider.row.wire {
            Wire::Chat => self.relayed(attempt),
            Wire::Messages => self.translated(attempt).map_err(Failed::unsendable)?,
        };
        let limit = attempt.call.deadline.left(&self.ports, self.policy.timeouts.first_byte);
        match within(&self.ports, limit, self.exchange(attempt, prepared)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failed)) => Err(failed),
            Err(Elapsed) => {
                let message = format!("The provider `{}` did not answer in time.", attempt.provider.name);
                Err(Failed::passing(ApiError::new(ErrorKind::Timeout, message).with_code("upstream_timeout")))
            }
        }
    }

    /// The caller's own body with what the provider wants otherwise changed in place.
    fn relayed(&self, attempt: Try<'_>) -> Prepared {
        let Try { call, candidate, provider, .. } = attempt;
        let sketch = &call.sketch;
        let mut edits = sketch.edit();
        if sketch.model().ok().flatten().as_deref() != Some(candidate.model.as_str()) {
            edits.set("model", candidate.model.as_str());
        }
        let mut dropped = String::new();
        let value = |name: &str| sketch.member(name).map(|member| sketch.value(member));
        for edit in provider::field_edits(provider.row, &candidate.model, value) {
            match edit.action {
                provider::Action::Rename(to) => drop(edits.rename(edit.field, to)),
                provider::Action::Drop => {
                    edits.remove(edit.field);
                    if edit.loss {
                        let comma = if dropped.is_empty() { "" } else { ", " };
                        dropped.extend([comma, edit.field]);
                    }
                }
            }
        }
        if call.stream && !call.usage_asked && provider.row.stream_usage == provider::StreamUsage::OnRequest {
            ask_for_usage(sketch, &mut edits);
        }
        let body = if edits.is_empty() {
            sketch.body().clone().into()
        } else {
            edits.pieces().into_iter().collect()
        };
        Prepared { body, dropped: (!dropped.is_empty()).then_some(dropped) }
    }

    /// The body in the provider's own wire.
    fn translated(&self, attempt: Try<'_>) -> Result<Prepared, ApiError> {
        let encoded = translate::request(attempt, &self.policy)?;
        let dropped = encoded.losses.header();
        Ok(Prepared { body: encoded.body.into(), dropped })
    }

    async fn exchange(&self, attempt: Try<'_>, prepared: Prepared) -> Result<Answer<P>, Failed> {
        let Prepared { body, dropped } = prepared;
        let (head, upstream) = if attempt.provider.is_built_in() {
            let (head, chunks) = demo::answer(attempt.call, &attempt.candidate.model, self.ports.now())
                .map_err(Failed::unsendable)?;
            (head, Upstream::BuiltIn(chunks))
        } else {
            let request = self.request(attempt, body)?;
            let response =
                self.ports.send(request).await.map_err(|error| unreachable(attempt.provider, error))?;
            let (head, body) = response.into_parts();
            (head, Upstream::Remote(body))
        };
        if !head.status.is_success() {
            return Err(refused(attempt, head.status, &head.headers, upstream).await);
        }
        let request_id = request_id(&head.headers);
        let content = if attempt.call.stream {
            self.stream(attempt, &head.headers, upstream).await
        } else {
            whole(attempt, upstream, self.ports.now()).await
        };
        match content {
            Ok(content) => Ok(Answer { headers: returned(&head.headers), request_id, dropped, content }),
            Err(mut failed) => {
                failed.error.headers.extend(returned(&head.headers));
                failed.request_id = request_id;
                Err(failed)
            }
        }
    }

    fn request(&self, attempt: Try<'_>, body: Payload) -> Result<http::Request<Payload>, Failed> {
        let Try { call, candidate, provider, key } = attempt;
        let account = self.accounts.get(candidate.provider);
        let Some((account, uri)) = account.and_then(|a| Some((a, a.uri(provider, &candidate.model)?))) else {
            let message =
                format!("The address of the provider `{}` is not usable: check its base URL.", provider.name);
            return Err(Failed::unsendable(ApiError::new(ErrorKind::NotConfigured, message)));
        };
        let mut request = http::Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        *headers = account.headers(key);
        if provider.row.wire == call.front.wire() {
            headers.extend(call.headers.clone());
        }
        Ok(request)
    }

    async fn stream(
        &self,
        attempt: Try<'_>,
        headers: &HeaderMap,
        mut upstream: Upstream<P>,
    ) -> Result<Content<P>, Failed> {
        if let Some(not_a_stream) = other_type(headers) {
            let body = upstream.collect(LARGEST_ERROR).await.unwrap_or_default();
            return Err(told_otherwise(attempt, not_a_stream, &body));
        }
        let pipe = match attempt.provider.row.wire {
            Wire::Chat => Pipe::Relay(Relay::new(attempt.call.usage_asked)),
            Wire::Messages => Pipe::Translate(Box::new(Translate::new(attempt, self.ports.now()))),
        };
        let opening = Opening::begin(upstream, pipe).await;
        let facts = opening.facts();
        if facts.begun {
            return Ok(Content::Stream(opening));
        }
        Err(match &facts.error {
            Some(error) => failed_with(attempt, error.clone()),
            None => Failed::passing(empty(attempt.provider)),
        })
    }
}

/// Adds `include_usage` to what the caller set among the stream's options.
fn ask_for_usage(sketch: &crate::sketch::Sketch, edits: &mut crate::sketch::Edits<'_>) {
    match sketch.object("stream_options") {
        Ok(Ok(Some(options))) => {
            let mut inner = options.edit();
            inner.set("include_usage", true);
            edits.set("stream_options", inner);
        }
        _ => {
            if let Ok(raw) = serde_json::value::RawValue::from_string("{\"include_usage\":true}".to_owned()) {
                edits.set("stream_options", &*raw);
            }
        }
    }
}

async fn whole<P: Ports>(
    attempt: Try<'_>,
    mut upstream: Upstream<P>,
    now: u64,
) -> Result<Content<P>, Failed> {
    let body = upstream.collect(LARGEST_ANSWER).await.map_err(|error| match error {
        CollectError::Http(error) => unreachable(attempt.provider, error),
        CollectError::TooLarge => {
            let message =
                format!("The provider `{}` sent more than {LARGEST_ANSWER} bytes.", attempt.provider.name);
            Failed::unsendable(ApiError::new(ErrorKind::Upstream, message))
        }
    })?;
    match attempt.provider.row.wire {
        Wire::Chat => super::relay::whole(body),
        Wire::Messages => translate::whole(attempt, &body, now),
    }
    .map(|(body, facts)| Content::Whole { body, facts })
    .map_err(|error| failed_with(attempt, error))
}

/// A connection that failed.
fn unreachable(provider: &Provider, error: HttpError) -> Failed {
    let kind = if error == HttpError::ConnectTimeout { ErrorKind::Timeout } else { ErrorKind::Upstream };
    let message = format!("The provider `{}` gave no answer: {error}.", provider.name);
    Failed::passing(ApiError::new(kind, message).with_code("upstream_unreachable"))
}

/// An answer with an error status.
async fn refused<P: Ports>(
    attempt: Try<'_>,
    status: StatusCode,
    headers: &HeaderMap,
    mut upstream: Upstream<P>,
) -> Failed {
    let body = upstream.collect(LARGEST_ERROR).await.unwrap_or_default();
    let mut failed = failure_of(attempt, status, headers, &body);
    failed.error.headers = returned(headers);
    failed.request_id = request_id(headers);
    failed
}

fn empty(provider: &Provider) -> ApiError {
    let message = format!("The provider `{}` ended its stream before it said anything.", provider.name);
    ApiError::new(ErrorKind::Upstream, message).with_code("empty_stream")
}

/// The content type of an answer that should have been a stream and is something else.
fn other_type(headers: &HeaderMap) -> Option<&str> {
    let media = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media = media.split(';').next().unwrap_or_default().trim();
    (media.eq_ignore_ascii_case("application/json") || media.eq_ignore_ascii_case("text/html"))
        .then_some(media)
}

fn returned(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for (name, value) in headers {
        let text = name.as_str();
        if RETURNED.contains(&text) || RATE_LIMITS.iter().any(|prefix| text.starts_with(prefix)) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    REQUEST_IDS.iter().find_map(|name| headers.get(*name)?.to_str().ok().map(str::to_owned))
}

/// What to make of a failure, by its status, its headers and what the provider said.
fn failure_of(attempt: Try<'_>, status: StatusCode, _: &HeaderMap, body: &Bytes) -> Failed {
    let mut error = ApiError::new(
        ErrorKind::Upstream,
        format!("The provider `{}` answered {status}.", attempt.provider.name),
    )
    .with_status(status);
    error.body = Some(body.clone());
    Failed::passing(error)
}

/// What to make of an error inside an answer that began as a success.
fn failed_with(_: Try<'_>, error: ApiError) -> Failed {
    Failed::passing(error)
}

/// What to make of an answer that is no stream although one was asked for.
fn told_otherwise(_: Try<'_>, _: &str, _: &Bytes) -> Failed {
    Failed::passing(ApiError::new(ErrorKind::Upstream, "The provider did not stream."))
}
