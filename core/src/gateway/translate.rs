//! Two wires, with the conversation model between them.

use bytes::Bytes;

use super::{
    attempt::Try,
    pipe::{Facts, Out},
};
use crate::{
    config::Policy,
    error::{ApiError, ErrorKind},
    ports::{HttpError, Micros},
    protocol::Encoded,
};

/// A translated stream.
#[derive(Debug)]
pub(super) struct Translate {
    pub(super) facts: Facts,
}

impl Translate {
    pub(super) fn new(_: Try<'_>, _: Micros) -> Self {
        Self { facts: Facts::default() }
    }

    pub(super) fn push(&mut self, _: Bytes, _: &mut Out) {}

    pub(super) fn finish(&mut self, _: Option<HttpError>, _: &mut Out) {
        self.facts.over = true;
    }
}

/// The request in the provider's wire.
pub(super) fn request(_: Try<'_>, _: &Policy) -> Result<Encoded, ApiError> {
    Err(ApiError::new(ErrorKind::Internal, "The request cannot be translated."))
}

/// A whole answer in the caller's protocol.
pub(super) fn whole(_: Try<'_>, _: &Bytes, _: Micros) -> Result<(Bytes, Facts), ApiError> {
    Err(ApiError::new(ErrorKind::Internal, "The answer cannot be translated."))
}
