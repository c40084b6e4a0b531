//! Callers who leave.

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{Fuse, LocalBoxFuture, pending};
use worker::wasm_bindgen::JsCast as _;
use worker::wasm_bindgen::closure::Closure;
use worker::web_sys::Request;

/// Resolves when the caller leaves; never where the platform does not tell (it does with the compatibility flag
/// `enable_request_signal`).
pub(crate) type Gone = Fuse<LocalBoxFuture<'static, ()>>;

/// Whether the request's caller has left.
pub(crate) fn gone(request: &Request) -> Gone {
    let signal = request.signal();
    let (tell, told) = oneshot::channel();
    let listener = Closure::once_into_js(move || tell.send(()).unwrap_or_default());
    signal.set_onabort(Some(listener.unchecked_ref()));
    async move {
        let told = told.await;
        // The listener lives as long as the signal does.
        drop(signal);
        if told.is_err() {
            pending::<()>().await;
        }
    }
    .boxed_local()
    .fuse()
}
