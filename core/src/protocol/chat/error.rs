//! Errors of the chat protocol, written and read.

use bytes::BytesMut;
use http::StatusCode;

use crate::{
    error::{ApiError, ErrorKind},
    protocol::{
        json::{Amount, List, Maybe, Object, Out, Raw, Str, TextOr, Word, from_slice, from_str, wire_object},
        messages::error::{kind_of, silent},
    },
};

/// Writes an error as a body.
pub fn encode_error(error: &ApiError) -> Vec<u8> {
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
        object: Word<'a> = "object",
        base_resp: Maybe<WireBaseResp<'a>> = "base_resp",
    }

    struct WireBaseResp<'a> {
        status_code: Amount = "status_code",
        status_msg: Word<'a> = "status_msg",
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
    match from_str::<TextOr<'_, WireError<'_>>>(error.get()) {
        Ok(TextOr::Other(wire)) => with_its_status(wire),
        Ok(TextOr::Text(message)) => ApiError::new(ErrorKind::Upstream, message),
        Err(_) => ApiError::new(ErrorKind::Upstream, "The provider reported an error."),
    }
}

/// Reads an error that stands where an answer ought to and has no `error` inside: Mistral's and
/// older servers', whose members stand at the top, and MiniMax's. `None` where it is none.
pub(super) fn bare_error(json: &str) -> Option<ApiError> {
    let failure: WireFailure<'_> = from_str(json).ok()?;
    let code = |base: &WireBaseResp<'_>| base.status_code?.0.filter(|code| *code != 0);
    if let Some((base, code)) =
        Maybe::value(failure.base_resp).and_then(|base| code(&base).map(|code| (base, code)))
    {
        let status = minimax_status(code);
        let said = Word::text(base.status_msg);
        let message = said.map_or_else(|| format!("The provider reported error {code}."), Into::into);
        let error = ApiError::new(kind_of(status), message).with_status(status);
        return Some(error.with_code(code.to_string()));
    }
    if let Some(error) = failure.errors.and_then(|errors| errors.0.into_iter().next()) {
        return Some(with_its_status(error));
    }
    let named = failure.object.is_some_and(|object| object.0.as_deref() == Some("error"));
    let is_text = matches!(&failure.message, Some(TextOr::Text(_)));
    let classed = failure.code.is_some() || failure.kind.is_some();
    (named || is_text && classed).then(|| {
        with_its_status(WireError {
            message: failure.message,
            kind: failure.kind,
            code: failure.code,
            param: failure.param,
            ..WireError::default()
        })
    })
}

/// The status that goes with MiniMax's codes ("Error Codes"), which come with status 200.
fn minimax_status(code: u64) -> StatusCode {
    match code {
        1002 | 1041 | 2045 | 2056 => StatusCode::TOO_MANY_REQUESTS,
        1004 | 2049 => StatusCode::UNAUTHORIZED,
        1008 => StatusCode::PAYMENT_REQUIRED,
        1001 => StatusCode::GATEWAY_TIMEOUT,
        1026 | 1027 | 1039 | 1042 | 2013 => StatusCode::BAD_REQUEST,
        _ => StatusCode::BAD_GATEWAY,
    }
}

fn with_its_status(wire: WireError<'_>) -> ApiError {
    let status = [wire.status_code, wire.code]
        .into_iter()
        .flatten()
        .find_map(|json| json.get().trim_matches('"').parse::<u16>().ok())
        .filter(|code| (400..600).contains(code))
        .and_then(|code| StatusCode::from_u16(code).ok());
    let kind = status.map_or(ErrorKind::Upstream, kind_of);
    let mut error = from_wire(wire, kind)
        .unwrap_or_else(|| ApiError::new(kind, "The provider reported an error without a message."));
    error.status = status.unwrap_or(StatusCode::BAD_GATEWAY);
    error
}

fn read(body: &[u8], kind: ErrorKind) -> Option<ApiError> {
    // Gemini's compatible endpoint puts the object into an array.
    let body = body.trim_ascii_start();
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
