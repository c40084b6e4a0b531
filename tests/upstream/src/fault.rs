//! Errors as providers report them, one row a status.
//!
//! Types and codes are those of OpenAI's "Error codes" guide, of Anthropic's "Errors" page and of
//! Google's `google.rpc.Code`.

use serde_json::Value;

/// An error, before a wire gives it a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The HTTP status.
    pub status: u16,
    /// OpenAI's `type`.
    pub openai_type: &'static str,
    /// OpenAI's `code`; empty for null.
    pub openai_code: &'static str,
    /// Anthropic's `type`.
    pub anthropic_type: &'static str,
    /// Google's `status`.
    pub google_status: &'static str,
    /// The text.
    pub message: String,
    /// Anthropic's `details`; null where there are none.
    pub details: Value,
    /// After how many seconds to try again, where the provider says so.
    pub retry: Option<String>,
}

type Row = (u16, &'static str, &'static str, &'static str, &'static str);

const ROWS: &[Row] = &[
    (
        400,
        "invalid_request_error",
        "",
        "invalid_request_error",
        "The request was refused, says the stand-in.",
    ),
    (401, "invalid_request_error", "invalid_api_key", "authentication_error", "Incorrect API key provided."),
    (403, "permission_error", "", "permission_error", "Your key may not do this, says the stand-in."),
    (404, "invalid_request_error", "model_not_found", "not_found_error", "The model does not exist."),
    (408, "timeout", "", "timeout_error", "The request timed out, says the stand-in."),
    (409, "conflict", "", "api_error", "Conflict, says the stand-in."),
    (413, "invalid_request_error", "", "request_too_large", "The request is too large, says the stand-in."),
    (429, "requests", "rate_limit_exceeded", "rate_limit_error", "Rate limit reached, says the stand-in."),
    (500, "server_error", "", "api_error", "The server had an error, says the stand-in."),
    (503, "server_error", "", "api_error", "Overloaded, says the stand-in."),
    (529, "server_error", "overloaded", "overloaded_error", "Overloaded, says the stand-in."),
];

impl Fault {
    /// The error of this status; an unlisted one is a server error.
    pub fn of(status: u16) -> Fault {
        let (_, openai_type, openai_code, anthropic_type, message) = ROWS
            .iter()
            .find(|row| row.0 == status)
            .copied()
            .unwrap_or((status, "server_error", "", "api_error", "An error, says the stand-in."));
        Fault {
            status,
            openai_type,
            openai_code,
            anthropic_type,
            google_status: google_status(status),
            message: message.to_owned(),
            details: Value::Null,
            retry: None,
        }
    }

    /// A refusal by location, as OpenAI words it.
    pub fn location() -> Fault {
        Fault {
            openai_type: "request_forbidden",
            openai_code: "unsupported_country_region_territory",
            message: "Country, region, or territory not supported".to_owned(),
            ..Fault::of(403)
        }
    }

    /// A key that Google does not know, which it answers with a 400.
    pub fn of_google_key() -> Fault {
        Fault {
            openai_code: "invalid_api_key",
            ..Fault::of(400).saying("API key not valid. Please pass a valid API key.")
        }
    }

    /// Whether the request's body is to blame.
    pub fn is_of_the_body(&self) -> bool {
        self.status == 400 && self.openai_code.is_empty()
    }

    /// The same error with a text of its own.
    pub fn saying(self, message: impl Into<String>) -> Fault {
        Fault { message: message.into(), ..self }
    }
}

fn google_status(status: u16) -> &'static str {
    match status {
        400 | 413 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        408 | 504 => "DEADLINE_EXCEEDED",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        503 | 529 => "UNAVAILABLE",
        _ => "UNKNOWN",
    }
}
