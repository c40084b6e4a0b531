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
