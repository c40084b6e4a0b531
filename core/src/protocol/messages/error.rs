//! Errors in Anthropic's shape, read, classified and written ("Errors").

use bytes::BytesMut;
use http::StatusCode;

use crate::{
    error::{ApiError, ErrorKind},
    protocol::json::{List, Object, Out, TextOr, Word, from_slice, wire_object},
};

wire_object! {
    struct WireFailure<'a> {
        error: TextOr<'a, WireError<'a>> = "error",
        message: Word<'a> = "message",
    }

    struct WireError<'a> {
        kind: Word<'a> = "type",
        message: Word<'a> = "message",
    }
}

/// Anthropic's types of errors, with the statuses that go with them.
const KINDS: [(&str, u16, ErrorKind); 10] = [
    ("invalid_request_error", 400, ErrorKind::InvalidRequest),
    ("authentication_error", 401, ErrorKind::Authentication),
    ("billing_error", 402, ErrorKind::Permission),
    ("permission_error", 403, ErrorKind::Permission),
    ("not_found_error", 404, ErrorKind::NotFound),
    ("request_too_large", 413, ErrorKind::TooLarge),
    ("rate_limit_error", 429, ErrorKind::RateLimit),
    ("api_error", 500, ErrorKind::Upstream),
    ("timeout_error", 504, ErrorKind::Timeout),
    ("overloaded_error", 529, ErrorKind::Overloaded),
];

/// Writes an error as a body.
pub fn encode_error(error: &ApiError) -> Vec<u8> {
    let mut out = Vec::new();
    write_error(&mut out, error);
    out
}

/// Writes an error as the last event of a stream.
pub fn encode_stream_error(error: &ApiError, out: &mut BytesMut) {
    out.extend_from_slice(b"event: error\ndata: ");
    write_error(out, error);
    out.extend_from_slice(b"\n\n");
}

/// The code of the refusal to hold a conversation, by which Anthropic's SDKs know to send it whole.
pub(super) const THREAD_UNSUPPORTED: &str = "thread_unsupported_request";

fn write_error(out: &mut impl Out, error: &ApiError) {
    let mut body = Object::new(out);
    body.string("type", "error");
    body.object("error", |object| {
        object.string("type", type_of(error));
        object.string("message", &error.message);
        if error.code.as_deref() == Some(THREAD_UNSUPPORTED) {
            object.object("details", |details| details.string("error_code", THREAD_UNSUPPORTED));
        }
    });
    body.end();
}

/// Anthropic's type for an error: that of its status, where its table has the status. Other providers
/// have some of these names too, and mean something else by them.
fn type_of(error: &ApiError) -> &'static str {
    let of_status = KINDS.iter().find(|(_, status, _)| error.status.as_u16() == *status);
    of_status.map_or_else(|| type_of_kind(error.kind), |(name, ..)| name)
}

fn type_of_kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::MethodNotAllowed | ErrorKind::UnsupportedMedia => {
            "invalid_request_error"
        }
        ErrorKind::Authentication => "authentication_error",
        ErrorKind::Permission | ErrorKind::Location => "permission_error",
        ErrorKind::NotFound => "not_found_error",
        ErrorKind::TooLarge => "request_too_large",
        ErrorKind::RateLimit => "rate_limit_error",
        ErrorKind::Timeout => "timeout_error",
        ErrorKind::Overloaded => "overloaded_error",
        ErrorKind::Upstream | ErrorKind::NotConfigured | ErrorKind::Internal => "api_error",
    }
}

/// Reads the body of an answer whose status was not a success. Nothing of it but the provider's own
/// message reaches the caller; where there is none, the status alone is told.
pub fn decode_error(status: StatusCode, body: &[u8]) -> ApiError {
    let (kind, message) = read(body);
    let known = kind.as_deref().and_then(known);
    let mut error = match message {
        Some(message) => ApiError::new(known.map_or_else(|| kind_of(status), |(_, kind)| kind), message),
        None => ApiError::new(kind_of(status), silent(status)),
    };
    error.status = status;
    error.upstream_type = kind;
    error
}

/// Reads an error that came with a success status, or inside a stream: its type says which status
/// it would have had.
pub(super) fn answer_error(body: &[u8]) -> ApiError {
    let (kind, message) = read(body);
    let (status, class) =
        kind.as_deref().and_then(known).unwrap_or((StatusCode::BAD_GATEWAY, ErrorKind::Upstream));
    let message = message.unwrap_or_else(|| "The provider reported an error without a message.".to_owned());
    let mut error = ApiError::new(class, message).with_status(status);
    error.upstream_type = kind;
    error
}

/// The kind of error that a status alone tells.
pub(crate) fn kind_of(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        401 => ErrorKind::Authentication,
        402 | 403 => ErrorKind::Permission,
        404 => ErrorKind::NotFound,
        405 => ErrorKind::MethodNotAllowed,
        408 | 504 => ErrorKind::Timeout,
        413 => ErrorKind::TooLarge,
        415 => ErrorKind::UnsupportedMedia,
        429 => ErrorKind::RateLimit,
        503 | 529 => ErrorKind::Overloaded,
        400..=499 => ErrorKind::InvalidRequest,
        _ => ErrorKind::Upstream,
    }
}

/// The message for an error that came without a readable one.
pub(crate) fn silent(status: StatusCode) -> String {
    format!("The provider answered with status {} and no readable error.", status.as_u16())
}

fn known(kind: &str) -> Option<(StatusCode, ErrorKind)> {
    let (_, status, class) = KINDS.iter().find(|(name, ..)| *name == kind)?;
    Some((StatusCode::from_u16(*status).ok()?, *class))
}

/// The type and the message of an error body; neither where it is not one. Vertex AI puts it into an
/// array.
fn read(body: &[u8]) -> (Option<String>, Option<String>) {
    let failure: WireFailure<'_> = match body.trim_ascii_start().first() {
        Some(b'[') => {
            from_slice::<List<_>>(body).unwrap_or_default().0.into_iter().next().unwrap_or_default()
        }
        _ => from_slice(body).unwrap_or_default(),
    };
    let text = |text: Option<Word<'_>>| Word::text(text).map(|text| text.into_owned());
    match failure.error {
        Some(TextOr::Text(message)) => (None, Some(message.into_owned())),
        Some(TextOr::Other(error)) => (text(error.kind), text(error.message)),
        None => (None, text(failure.message)),
    }
}
