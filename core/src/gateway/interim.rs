//! Stands in for parts of other rooms until they are there.
use bytes::BytesMut;

use crate::error::ApiError;

#[derive(Debug, Default)]
pub(super) struct Estimator(u64);
impl Estimator {
    pub(super) fn add(&mut self, text: &str) {
        self.0 += text.len() as u64;
    }
    pub(super) fn tokens(&self) -> u64 {
        self.0.div_ceil(4)
    }
}
pub(super) fn prompt_tokens(body: &[u8]) -> u64 {
    body.len() as u64 / 4
}
pub(super) fn encode_error(error: &ApiError) -> Vec<u8> {
    serde_json::json!({"error": {"message": error.message, "type": error.kind.name(), "param": error.param, "code": error.code}}).to_string().into_bytes()
}
pub(super) fn encode_stream_error(error: &ApiError, out: &mut BytesMut) {
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(&encode_error(error));
    out.extend_from_slice(b"\n\n");
}

pub(super) fn decode_error(status: http::StatusCode, body: &[u8]) -> ApiError {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let e = &value["error"];
    let text = |v: &serde_json::Value| v.as_str().map(str::to_owned);
    let mut error = ApiError::new(
        crate::error::ErrorKind::Upstream,
        text(&e["message"]).unwrap_or_else(|| format!("The provider answered {status}.")),
    )
    .with_status(status);
    error.code = text(&e["code"]).map(Into::into);
    error.upstream_type = text(&e["type"]);
    error.param = text(&e["param"]);
    error
}
