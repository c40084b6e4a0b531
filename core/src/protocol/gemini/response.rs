//! A whole answer: bytes to conversation.

use super::error::answer_error;
use crate::{
    conversation::Response,
    protocol::{
        DecodeError,
        json::{Raw, from_slice, wire_object},
    },
};

wire_object! {
    struct WireAnswer<'a> {
        error: Raw<'a> = "error",
    }
}

/// Reads a whole answer. Calls without an id are named after `seed`.
///
/// Fails where the body is not an answer, and where it is an error in spite of its status.
pub fn decode_response<'a>(body: &'a [u8], seed: &str) -> Result<Response<'a>, DecodeError> {
    let answer: WireAnswer<'_> = from_slice(body).unwrap_or_default();
    match answer.error {
        Some(error) => Err(DecodeError::Answer(Box::new(answer_error(error)))),
        None => Err(DecodeError::Malformed { wire: "Gemini", detail: format!("{seed} is not read yet") }),
    }
}
