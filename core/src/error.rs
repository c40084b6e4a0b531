//! The one error a caller can see.
//!
//! Each operation inside the core has a small error enum of its own; at the edge of the
//! gateway every one of them becomes an [`ApiError`], and each protocol renders that in its own
//! shape, in a body or inside a stream. An `ApiError` never carries an upstream's URL, a key or a
//! library's message: its text was either written here or said by the provider to the caller.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// What went wrong, in the terms that callers branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request cannot be served as it stands.
    InvalidRequest,
    /// No key, or one that is not known.
    Authentication,
    /// A known key that may not do this.
    Permission,
    /// No such path, model or object.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The body is over the configured limit.
    TooLarge,
    /// The body is of a type that the endpoint does not read.
    UnsupportedMedia,
    /// A limit of ours or of the provider.
    RateLimit,
    /// The provider did not answer in time.
    Timeout,
    /// The provider failed, or what it said cannot be read.
    Upstream,
    /// The provider is over capacity.
    Overloaded,
    /// The provider refuses the place that the request came from.
    Location,
    /// The gateway lacks a setting.
    NotConfigured,
    /// A fault of ours.
    Internal,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::InvalidRequest,
        Self::Authentication,
        Self::Permission,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooLarge,
        Self::UnsupportedMedia,
        Self::RateLimit,
        Self::Timeout,
        Self::Upstream,
        Self::Overloaded,
        Self::Location,
        Self::NotConfigured,
        Self::Internal,
    ];

    /// A stable lower-case name, for logs and usage rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TooLarge => "too_large",
            Self::UnsupportedMedia => "unsupported_media",
            Self::RateLimit => "rate_limit",
            Self::Timeout => "timeout",
            Self::Upstream => "upstream",
            Self::Overloaded => "overloaded",
            Self::Location => "location",
            Self::NotConfigured => "not_configured",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status that goes with the kind when nobody upstream said another.
    pub fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::Authentication => StatusCode::UNAUTHORIZED,
            Self::Permission | Self::Location => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RateLimit => StatusCode::TOO_MANY_REQUESTS,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Upstream => StatusCode::BAD_GATEWAY,
            Self::Overloaded | Self::NotConfigured => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// An error as a caller gets it, before a protocol gives it a shape.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// The status of the answer; inside a stream, of the answer it would have been.
    pub status: StatusCode,
    /// What went wrong.
    pub kind: ErrorKind,
    /// What was wrong, where, and what to do.
    pub message: String,
    /// The provider's or our machine-readable code, such as `model_not_found`.
    pub code: Option<Cow<'static, str>>,
    /// The provider's own error type, kept for callers that speak its dialect.
    pub upstream_type: Option<String>,
    /// The request field at fault, such as `messages[2].content`.
    pub param: Option<String>,
    /// Headers that go with the answer: `retry-after`, `allow`, rate-limit headers.
    pub headers: HeaderMap,
    /// The provider's own error body, handed on untouched where the caller speaks its wire.
    pub body: Option<Bytes>,
}

impl ApiError {
    /// An error of `kind` with the status that goes with it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            status: kind.status(),
            kind,
            message: message.into(),
            code: None,
            upstream_type: None,
            param: None,
            headers: HeaderMap::new(),
            body: None,
        }
    }

    /// A 400: the request is at fault.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, message)
    }

    /// Names the request field at fault.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Adds a machine-readable code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Replaces the status that goes with the kind, as an upstream said it.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}
