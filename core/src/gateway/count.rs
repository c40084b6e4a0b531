//! `POST /v1/messages/count_tokens`: how many tokens a prompt has.
//!
//! Where the model's provider counts, its own answer is handed on. Everywhere else the number is
//! estimated, and a header says so: a client that trims its conversation by it must not fail.

use std::pin::pin;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header, request::Parts};
use serde::Serialize;

use super::{
    Body, Gateway, answer,
    attempt::Try,
    failed::Failed,
    flight::Flight,
    generate::Call,
    limits::{Elapsed, within},
    upstream::Upstream,
};
use crate::{
    error::{ApiError, ErrorKind},
    ledger::estimate,
    payload::Payload,
    ports::Ports,
    protocol::Wire,
    provider::Endpoint,
};

/// Set where the number is the gateway's estimate.
const ESTIMATED: HeaderName = HeaderName::from_static("x-tollbridge-estimated");

/// Largest answer that is read, in bytes.
const LARGEST: usize = 1 << 20;

/// The answer, in Anthropic's shape ("Count tokens in a Message").
#[derive(Debug, Serialize)]
struct Count {
    input_tokens: u64,
}

impl<P: Ports> Gateway<P> {
    pub(super) async fn count_tokens<B>(
        &self,
        parts: &Parts,
        body: B,
        mut flight: Flight<P>,
    ) -> Response<Body<P>>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        let call = match self.plan(parts, body, &mut flight).await {
            Ok(call) => Call { counting: true, ..call },
            Err(error) => return flight.refuse(&error),
        };
        // Counting costs nothing and is no request to a model.
        flight.billed = false;
        match self.counted(&call).await {
            None => flight.finish(estimated(&call)),
            Some(Ok(body)) => flight.finish(answer::with_status(StatusCode::OK, body)),
            Some(Err(error)) => flight.refuse(&error),
        }
    }

    /// What the provider says, where there is one that counts.
    async fn counted(&self, call: &Call) -> Option<Result<Bytes, ApiError>> {
        let candidate = call.candidates.first()?;
        let provider = self.policy.providers.get(candidate.provider)?;
        if !provider.row.counts {
            return None;
        }
        let (key, _) = self.state.turns.take(candidate.provider, self.ports.now());
        let attempt = Try { call, candidate, provider, key };
        let limit = call.deadline.left(&self.ports, self.policy.timeouts.first_byte);
        let counted = match within(&self.ports, limit, pin!(self.ask_for_count(attempt))).await {
            Ok(counted) => counted,
            Err(Elapsed) => Err(Failed::late(provider)),
        };
        Some(counted.map_err(|failed| failed.error))
    }

    async fn ask_for_count(&self, attempt: Try<'_>) -> Result<Bytes, Failed> {
        let prepared = self.prepare(attempt).await.map_err(Failed::there)?;
        let wire = attempt.provider.row.wire;
        let body = match wire {
            Wire::Gemini => enclosed(prepared.body, &attempt.candidate.model),
            Wire::Chat | Wire::Messages => prepared.body,
        };
        let mut request = self.request(attempt, body)?;
        let url = attempt.provider.instance().url(Endpoint::CountTokens, &attempt.candidate.model);
        *request.uri_mut() = url.try_into().map_err(|_| {
            Failed::there(ApiError::new(ErrorKind::NotConfigured, "The provider's address is not usable."))
        })?;
        let unreachable = |error| Failed::unreachable(attempt.provider, error);
        let (head, body) = self.ports.send(request).await.map_err(unreachable)?.into_parts();
        let mut upstream = Upstream::<P>::Remote(body);
        let body = upstream.collect(LARGEST).await.map_err(|e| Failed::uncollected(attempt.provider, e))?;
        if head.status.is_success() {
            return match wire {
                Wire::Gemini => retold(&body)
                    .ok_or_else(|| Failed::not_an_answer(attempt.provider, "it counted no tokens")),
                Wire::Chat | Wire::Messages => Ok(body),
            };
        }
        Err(Failed::refused(attempt, head.status, &head.headers, &body, self.ports.now()))
    }
}

/// A request of Gemini's as its counting wants it ("models.countTokens"): inside
/// `generateContentRequest`, which names the model.
fn enclosed(body: Payload, model: &str) -> Payload {
    let model = serde_json::Value::from(format!("models/{}", model.trim_start_matches("models/")));
    let head = format!(r#"{{"generateContentRequest":{{"model":{model},"#);
    let members = body.into_bytes().slice(1..);
    [Bytes::from(head), members, Bytes::from_static(b"}")].into_iter().collect()
}

/// Gemini's count, in Anthropic's shape.
fn retold(body: &[u8]) -> Option<Bytes> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Counted {
        total_tokens: u64,
    }
    let counted: Counted = serde_json::from_slice(body).ok()?;
    serde_json::to_vec(&Count { input_tokens: counted.total_tokens }).ok().map(Bytes::from)
}

fn estimated<P: Ports>(call: &Call) -> Response<Body<P>> {
    let input_tokens = estimate::prompt_tokens(call.sketch.body());
    let mut response = answer::json(&Count { input_tokens });
    response.headers_mut().insert(ESTIMATED, HeaderValue::from_static("true"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
