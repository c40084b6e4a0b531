//! Errors in Google's shape: `{"error": {"code", "message", "status", "details"}}`, also inside an
//! array, in a body or inside a stream.

use http::{StatusCode, header};

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
        details: Raw<'a> = "details",
    }

    /// Of Google's standard details: `ErrorInfo` and `RetryInfo`.
    struct WireDetail<'a> {
        reason: Word<'a> = "reason",
        retry_delay: Word<'a> = "retryDelay",
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

/// The error's code is the reason that its details name (`API_KEY_INVALID`, which comes with status
/// 400), or else Google's word for the status (`RESOURCE_EXHAUSTED`). How long to wait is in the
/// details too, and goes where other providers say it.
fn from_wire(wire: WireError<'_>, kind: ErrorKind) -> ApiError {
    let details = wire.details.and_then(|json| from_str::<List<WireDetail<'_>>>(json.get()).ok());
    let (mut reason, mut delay) = (None, None);
    for detail in details.unwrap_or_default().0 {
        reason = reason.or(Word::text(detail.reason));
        delay = delay.or(detail.retry_delay.and_then(|text| seconds(&text.0?)));
    }
    let mut error = ApiError::new(kind, Word::text(wire.message).unwrap_or_default());
    error.code = reason.or(Word::text(wire.status)).map(|code| code.into_owned().into());
    if let Some(delay) = delay {
        error.headers.insert(header::RETRY_AFTER, delay.into());
    }
    error
}

/// A duration such as `34.07s` in whole seconds, rounded up.
fn seconds(text: &str) -> Option<u64> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    (0.0..=1e6).contains(&seconds).then(|| seconds.ceil() as u64)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::decode_error;

    #[test]
    fn details_say_why_and_how_long() {
        for (details, code, wait) in [
            (
                r#"[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]"#,
                "API_KEY_INVALID",
                None,
            ),
            (
                r#"[{"@type":"x.QuotaFailure","violations":[{"quotaId":"q"}]},{"@type":"x.RetryInfo","retryDelay":"34.074824224s"}]"#,
                "SAID",
                Some("35"),
            ),
            (r#"[{"retryDelay":"0s"},{"retryDelay":"9s"}]"#, "SAID", Some("0")),
            (r#"[{"retryDelay":"soon"}]"#, "SAID", None),
            (r#"[{"retryDelay":"-1s"}]"#, "SAID", None),
            (r#""none""#, "SAID", None),
            ("null", "SAID", None),
        ] {
            let body =
                format!(r#"{{"error":{{"code":429,"message":"m","status":"SAID","details":{details}}}}}"#);
            let error = decode_error(StatusCode::BAD_REQUEST, body.as_bytes());
            let found = error.headers.get("retry-after").map(|value| value.to_str().unwrap());
            assert_eq!((error.code.as_deref(), found), (Some(code), wait), "{details}");
        }
    }
}
