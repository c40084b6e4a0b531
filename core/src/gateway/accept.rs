//! The front door: which endpoint a request means, and what every response carries.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header, request::Parts};

use super::{Body, Gateway, answer, cors, flight::Flight};
use crate::{
    error::{ApiError, ErrorKind},
    ports::Ports,
    protocol::Front,
};

/// The header that names a request, on its way in and out.
pub(super) const REQUEST_ID: &str = "x-request-id";

/// Longest request id that is taken over from a caller.
const LONGEST_ID: usize = 128;

/// What a path means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint<'a> {
    ChatCompletions,
    Messages,
    CountTokens,
    Models,
    Model(&'a str),
    Health,
    Ready,
    Version,
    UsageSummary,
    UsageImport,
}

impl<'a> Endpoint<'a> {
    fn of(path: &'a str) -> Option<Self> {
        Some(match path {
            "/v1/chat/completions" => Self::ChatCompletions,
            "/v1/messages" => Self::Messages,
            "/v1/messages/count_tokens" => Self::CountTokens,
            "/v1/models" => Self::Models,
            // Claude Code opens its connection with a request for the second.
            "/health" | "/api/hello" => Self::Health,
            "/health/ready" => Self::Ready,
            "/version" => Self::Version,
            "/admin/usage/summary" => Self::UsageSummary,
            "/admin/usage/import" => Self::UsageImport,
            _ => Self::Model(path.strip_prefix("/v1/models/").filter(|id| !id.is_empty())?),
        })
    }

    /// The only method it answers to, beside `OPTIONS`; `HEAD` goes wherever `GET` does.
    fn method(self) -> Method {
        match self {
            Self::ChatCompletions | Self::Messages | Self::CountTokens | Self::UsageImport => Method::POST,
            _ => Method::GET,
        }
    }

    fn allow(self) -> HeaderValue {
        HeaderValue::from_static(if self.method() == Method::POST {
            "POST, OPTIONS"
        } else {
            "GET, HEAD, OPTIONS"
        })
    }

    /// What the caller speaks. Anthropic's SDKs name a version in every request, and share paths
    /// with OpenAI's.
    fn front(self, headers: &HeaderMap) -> Front {
        match self {
            Self::Messages | Self::CountTokens => Front::Messages,
            Self::Models | Self::Model(_) if headers.contains_key("anthropic-version") => Front::Messages,
            _ => Front::Chat,
        }
    }

    /// The endpoint's name in logs and usage rows.
    fn name(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat.completions",
            Self::Messages => "messages",
            Self::CountTokens => "messages.count_tokens",
            Self::Models | Self::Model(_) => "models",
            Self::Health | Self::Ready => "health",
            Self::Version => "version",
            Self::UsageSummary => "admin.usage",
            Self::UsageImport => "admin.import",
        }
    }
}

impl<P: Ports> Gateway<P> {
    /// Answers a request, whatever it is.
    pub(super) async fn accept<B>(
        self: Arc<Self>,
        request: Request<B>,
        mut flight: Flight<P>,
    ) -> Response<Body<P>>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        let (parts, body) = request.into_parts();
        flight.row.id = self.request_id(&parts);
        let id = HeaderValue::from_str(&flight.row.id);
        let origin = cors::allowed_origin(self.policy.cors.as_ref(), &parts.headers);
        let mut response = self.endpoint(&parts, body, flight).await;
        if let Ok(id) = id {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        if let Some(origin) = origin {
            cors::expose(response.headers_mut(), origin);
        }
        response
    }

    async fn endpoint<B>(self: Arc<Self>, parts: &Parts, body: B, mut flight: Flight<P>) -> Response<Body<P>>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        #[cfg(feature = "faults")]
        if let Some((status, verdict)) = crate::faults::stores(&self.ports, parts.uri.path()).await {
            let mut response = answer::json(&verdict);
            *response.status_mut() = status;
            return flight.quietly(response);
        }
        let Some(endpoint) = Endpoint::of(parts.uri.path()) else {
            flight.row.endpoint = "unknown";
            return flight.refuse(&not_found(parts));
        };
        flight.row.endpoint = endpoint.name();
        flight.front = endpoint.front(&parts.headers);
        if parts.method == Method::OPTIONS {
            return flight.finish(cors::preflight(
                self.policy.cors.as_ref(),
                &parts.headers,
                endpoint.allow(),
            ));
        }
        let head = parts.method == Method::HEAD && endpoint.method() == Method::GET;
        if parts.method != endpoint.method() && !head {
            return flight.refuse(&wrong_method(parts, endpoint));
        }
        match endpoint {
            Endpoint::ChatCompletions | Endpoint::Messages => self.generate(parts, body, flight).await,
            Endpoint::CountTokens => self.count_tokens(parts, body, flight).await,
            Endpoint::Models => self.models(parts, flight).await,
            Endpoint::Model(id) => self.model(id, parts, flight).await,
            Endpoint::Health => flight.quietly(answer::json(&serde_json::json!({"status": "ok"}))),
            Endpoint::Ready => self.ready(flight).await,
            Endpoint::Version => flight.quietly(answer::json(&self.version())),
            Endpoint::UsageSummary => self.usage_summary(parts, flight).await,
            Endpoint::UsageImport => self.usage_import(parts, body, flight).await,
        }
    }

    /// The caller's own id where it can be repeated in a header, else a new one.
    fn request_id(&self, parts: &Parts) -> String {
        let own = parts.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::trim);
        match own {
            Some(id) if !id.is_empty() && id.len() <= LONGEST_ID => id.to_owned(),
            _ => hex([self.ports.random(), self.ports.random()]),
        }
    }
}

/// 32 hexadecimal digits.
fn hex(numbers: [u64; 2]) -> String {
    let digits = numbers.iter().flat_map(|number| (0..16).rev().map(move |place| number >> (4 * place) & 15));
    digits.filter_map(|digit| char::from_digit(u32::try_from(digit).ok()?, 16)).collect()
}

fn not_found(parts: &Parts) -> ApiError {
    let path: String = parts.uri.path().chars().take(128).collect();
    let hint = match path.as_str() {
        "/" | "/v1" | "/v1/" => "The API is at `/v1/chat/completions` and `/v1/models`.",
        path if path.starts_with("/chat/") || path.starts_with("/models") => {
            "The base URL of an SDK must end in `/v1`."
        }
        _ => "Check the path and the base URL.",
    };
    ApiError::new(ErrorKind::NotFound, format!("There is nothing at `{path}`. {hint}"))
        .with_code("unknown_url")
}

fn wrong_method(parts: &Parts, endpoint: Endpoint<'_>) -> ApiError {
    let message = format!("`{}` is not answered here, use `{}`.", parts.method, endpoint.method());
    let mut error = ApiError::new(ErrorKind::MethodNotAllowed, message).with_code("method_not_allowed");
    error.headers.insert(header::ALLOW, endpoint.allow());
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that have another endpoint could not be read back.
    #[test]
    fn every_endpoint_is_one_that_rows_know() {
        let endpoints = [
            Endpoint::ChatCompletions,
            Endpoint::Messages,
            Endpoint::CountTokens,
            Endpoint::Models,
            Endpoint::Health,
            Endpoint::Version,
            Endpoint::UsageSummary,
            Endpoint::UsageImport,
        ];
        for name in endpoints.map(Endpoint::name).into_iter().chain(["unknown"]) {
            assert!(crate::ledger::ENDPOINTS.contains(&name), "{name}");
        }
        for front in [Front::Chat, Front::Messages] {
            assert!(crate::ledger::FRONTS.contains(&front.name()), "{}", front.name());
        }
    }
}
