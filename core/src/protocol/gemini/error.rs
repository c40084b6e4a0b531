//! Errors in Google's shape: `{"error": {"code", "message", "status", "details"}}`, also inside an
//! array, in a body or inside a stream.

use http::StatusCode;

use crate::{
    error::{ApiError, ErrorKind},
    protocol::{
        json::{Amount, List, Raw, TextOr, Word, from_slice, from_str, wire_object},
        messages::error::{kind_of, silent},
    },
};

wire_object! {
    struct WireFailure<'a> {
        error: TextOr<'a, WireError<'a>> = "error",
    }

    struct WireError<'a> {
        code: Amount = "code",
        message: Word<'a> = "message",
        status: Word<'a> = "status",
    }
}

/// Reads the body of an answer whose status was not a success. Nothing of it but the provider's own
/// message and status word reaches the caller; where there is none, the HTTP status alone is told.
pub fn decode_error(status: StatusCode, body: &[u8]) -> ApiError {
    let mut error = match read(body) {
        Some(TextOr::Text(message)) => ApiError::new(kind_of(status), message),
        Some(TextOr::Other(wire)) => from_wire(wire, kind_of(status)),
        None => ApiError::new(kind_of(status), silent(status)),
    };
    if error.message.is_empty() {
        error.message = silent(status);
    }
    error.status = status;
    error
}

/// Reads an error that came with a success status, or inside a stream; its code is the status that
/// it would have had.
pub(super) fn answer_error(json: Raw<'_>) -> ApiError {
    let wire: Option<TextOr<'_, WireError<'_>>> = from_str(json.get()).ok();
    let mut error = match wire {
        Some(TextOr::Text(message)) => ApiError::new(ErrorKind::Upstream, message),
        Some(TextOr::Other(wire)) => {
            let code = wire.code.and_then(|code| code.0).filter(|code| (400..600).contains(code));
            let status = code.and_then(|code| StatusCode::from_u16(code as u16).ok());
            let error = from_wire(wire, status.map_or(ErrorKind::Upstream, kind_of));
            error.with_status(status.unwrap_or(StatusCode::BAD_GATEWAY))
        }
        None => ApiError::new(ErrorKind::Upstream, ""),
    };
    if error.message.is_empty() {
        error.message = "The provider reported an error without a message.".to_owned();
    }
    error
}

/// Where a stream was not asked for as server-sent events, and on some ways of Vertex AI, the object
/// stands in an array.
fn read(body: &[u8]) -> Option<TextOr<'_, WireError<'_>>> {
    let failure: WireFailure<'_> = match body.trim_ascii_start().first() {
        Some(b'[') => from_slice::<List<WireFailure<'_>>>(body).ok()?.0.into_iter().next()?,
        _ => from_slice(body).ok()?,
    };
    failure.error
}

/// Google's word for the status (`RESOURCE_EXHAUSTED`) is the error's code.
fn from_wire(wire: WireError<'_>, kind: ErrorKind) -> ApiError {
    let mut error = ApiError::new(kind, Word::text(wire.message).unwrap_or_default());
    error.code = Word::text(wire.status).map(|status| status.into_owned().into());
    error
}
