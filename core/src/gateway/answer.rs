//! Responses that the gateway writes itself.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use super::Body;
use crate::{error::ApiError, ports::Ports, protocol::Front};

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A 200 with a JSON body.
pub(super) fn json<P: Ports>(value: &impl Serialize) -> Response<Body<P>> {
    with_status(StatusCode::OK, serde_json::to_vec(value).unwrap_or_default().into())
}

/// A JSON body that is written already.
pub(super) fn with_status<P: Ports>(status: StatusCode, body: Bytes) -> Response<Body<P>> {
    let mut response = Response::new(Body::full(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// An error in the caller's own shape.
pub(super) fn error<P: Ports>(front: Front, error: &ApiError) -> Response<Body<P>> {
    let mut response = with_status(error.status, front.encode_error(error));
    response.headers_mut().extend(error.headers.clone());
    response
}
