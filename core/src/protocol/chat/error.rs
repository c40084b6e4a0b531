//! Errors of the chat protocol, written and read.

use bytes::BytesMut;
use http::StatusCode;

use crate::{
    error::{ApiError, ErrorKind},
    protocol::{
        json::{List, Object, Out, Raw, Str, TextOr, from_slice, from_str, wire_object},
        messages::error::{kind_of, silent},
    },
};

/// Writes an error as a body; one that the provider wrote for this protocol goes out untouched.
pub fn encode_error(error: &ApiError) -> Vec<u8> {
    if let Some(body) = &error.body {
        return body.to_vec();
    }
    let mut out = Vec::new();
    write_error(&mut out, error);
    out
}

/// Writes an error as the last event of a stream.
pub fn encode_stream_error(error: &ApiError, out: &mut BytesMut) {
    out.extend_from_slice(b"data: ");
    write_error(out, error);
    out.extend_from_slice(b"\n\n");
}

fn write_error(out: &mut impl Out, error: &ApiError) {
    let mut body = Object::new(out);
    body.object("error", |object| {
        object.string("message", &error.message);
        object.string("type", error.upstream_type.as_deref().unwrap_or_else(|| type_of(error.kind)));
        object.string_or_null("param", error.param.as_deref());
        object.string_or_null("code", error.code.as_deref());
    });
    body.end();
}

/// OpenAI's word for a kind of error ("Error codes"), and for those it lacks, one alike.
fn type_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest
        | ErrorKind::NotFound
        | ErrorKind::MethodNotAllowed
        | ErrorKind::TooLarge
        | ErrorKind::UnsupportedMedia => "invalid_request_error",
        ErrorKind::Authentication => "authentication_error",
        ErrorKind::Permission | ErrorKind::Location => "permission_error",
        ErrorKind::RateLimit => "rate_limit_error",
        ErrorKind::Timeout => "timeout_error",
        ErrorKind::Upstream => "upstream_error",
        ErrorKind::Overloaded => "overloaded_error",
        ErrorKind::NotConfigured => "not_configured_error",
        ErrorKind::Internal => "server_error",
    }
}

wire_object! {
    /// The shapes in use: OpenAI's object, a string in its place (Venice), the object's members at
    /// the top (Mistral, vLLM), `detail` (FastAPI servers), `errors` (Cloudflare).
    struct WireFailure<'a> {
        error: TextOr<'a, WireError<'a>> = "error",
        errors: List<WireError<'a>> = "errors",
        message: TextOr<'a, Raw<'a>> = "message",
        detail: TextOr<'a, Raw<'a>> = "detail",
        kind: TextOr<'a, Raw<'a>> = "type",
        code: Raw<'a> = "code",
        param: TextOr<'a, Raw<'a>> = "param",
    }

    struct WireError<'a> {
        message: TextOr<'a, Raw<'a>> = "message",
        kind: TextOr<'a, Raw<'a>> = "type",
        code: Raw<'a> = "code",
        param: TextOr<'a, Raw<'a>> = "param",
        status_code: Raw<'a> = "status_code",
    }
}

/// Reads the body of an answer whose status was not a success. Nothing of it but the provider's own
/// message, type, code and field reaches the caller; where there is none, the status alone is
/// told.
pub fn decode_error(status: StatusCode, body: &[u8]) -> ApiError {
    let mut error =
        read(body, kind_of(status)).unwrap_or_else(|| ApiError::new(kind_of(status), silent(status)));
    error.status = status;
    error
}

/// Reads an error that came with a success status, or inside a stream. A code that is an HTTP
/// status says which one it would have had (OpenRouter, Groq).
pub(super) fn answer_error(error: Raw<'_>) -> ApiError {
    let wire: TextOr<'_, WireError<'_>> =
        from_str(error.get()).unwrap_or_else(|_| TextOr::Text("The provider reported an error.".into()));
    let status = match &wire {
        TextOr::Text(_) => None,
        TextOr::Other(error) => [error.status_code, error.code]
            .into_iter()
            .flatten()
            .find_map(|json| json.get().trim_matches('"').parse::<u16>().ok())
            .filter(|code| (400..600).contains(code))
            .and_then(|code| StatusCode::from_u16(code).ok()),
    };
    let kind = status.map_or(ErrorKind::Upstream, kind_of);
    let mut error = match wire {
        TextOr::Text(message) => ApiError::new(kind, message),
        TextOr::Other(wire) => from_wire(wire, kind)
            .unwrap_or_else(|| ApiError::new(kind, "The provider reported an error without a message.")),
    };
    error.status = status.unwrap_or(StatusCode::BAD_GATEWAY);
    error
}

fn read(body: &[u8], kind: ErrorKind) -> Option<ApiError> {
    // Gemini's compatible endpoint puts the object into an array.
    let failure: WireFailure<'_> = match body.first() {
        Some(b'[') => from_slice::<List<WireFailure<'_>>>(body).ok()?.0.into_iter().next()?,
        _ => from_slice(body).ok()?,
    };
    match failure.error {
        Some(TextOr::Text(message)) => return Some(ApiError::new(kind, message)),
        Some(TextOr::Other(error)) => return from_wire(error, kind),
        None => {}
    }
    if let Some(error) = failure.errors.and_then(|errors| errors.0.into_iter().next()) {
        return from_wire(error, kind);
    }
    let message = failure.message.or(failure.detail);
    let wire = WireError {
        message,
        kind: failure.kind,
        code: failure.code,
        param: failure.param,
        ..WireError::default()
    };
    from_wire(wire, kind)
}

fn from_wire(wire: WireError<'_>, kind: ErrorKind) -> Option<ApiError> {
    let text = |text: Option<TextOr<'_, Raw<'_>>>| match text {
        Some(TextOr::Text(text)) if !text.is_empty() => Some(text.into_owned()),
        _ => None,
    };
    let message = match wire.message {
        Some(TextOr::Text(message)) if !message.is_empty() => message.into_owned(),
        // FastAPI's validation errors are a list.
        Some(TextOr::Other(json)) => json.get().to_owned(),
        _ => return None,
    };
    let mut error = ApiError::new(kind, message);
    error.upstream_type = text(wire.kind);
    error.param = text(wire.param);
    error.code = wire.code.and_then(|json| match from_str::<Str<'_>>(json.get()) {
        Ok(Str(code)) => (!code.is_empty()).then(|| code.into_owned().into()),
        Err(_) => (json.get() != "null").then(|| json.get().to_owned().into()),
    });
    if error.code.as_deref() == Some("unsupported_country_region_territory") {
        error.kind = ErrorKind::Location;
    }
    Some(error)
}
