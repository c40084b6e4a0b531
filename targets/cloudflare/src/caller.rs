//! Callers who leave before there is a response.
//!
//! One who leaves later is seen without this: the runtime cancels the response's stream, which drops the body.

use futures::channel::oneshot;
use futures::future::{Either, select};
use std::pin::pin;
use worker::wasm_bindgen::JsCast as _;
use worker::wasm_bindgen::closure::Closure;
use worker::{AbortSignal, HttpRequest};

/// Fires when the caller leaves (with the compatibility flag `enable_request_signal`).
pub(crate) fn signal(request: &HttpRequest) -> Option<AbortSignal> {
    request.extensions().get().cloned()
}

/// The response, unless its caller leaves first: then it is dropped where it stands.
pub(crate) async fn unless_gone<T>(
    caller: Option<AbortSignal>,
    response: impl Future<Output = T>,
) -> worker::Result<T> {
    let Some(caller) = caller else { return Ok(response.await) };
    let (gone, is_gone) = oneshot::channel();
    let listener = Closure::once(move || gone.send(()).unwrap_or_default());
    caller.set_onabort(Some(listener.as_ref().unchecked_ref()));
    let response = pin!(response);
    let first = select(response, is_gone).await;
    caller.set_onabort(None);
    match first {
        Either::Left((response, _)) => Ok(response),
        Either::Right(_) => Err("the caller left".into()),
    }
}
