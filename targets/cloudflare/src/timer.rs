//! The `Timer` port over `setTimeout`.
//!
//! The worker crate's own delay panics where the platform sets no timer, which is wherever no request is being
//! served; and a panic ends the isolate's other requests. Here such a wait is over at once.

use crate::js;
use futures::channel::oneshot;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use worker::wasm_bindgen::JsValue;
use worker::wasm_bindgen::closure::Closure;

/// A wait that begins when it is first polled.
pub(crate) struct Sleep {
    duration: Duration,
    timeout: Option<Timeout>,
}

impl Sleep {
    pub(crate) fn new(duration: Duration) -> Self {
        Self { duration, timeout: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.timeout.is_none() {
            self.timeout = Timeout::set(self.duration);
        }
        match &mut self.timeout {
            Some(timeout) => Pin::new(&mut timeout.over).poll(cx).map(drop),
            None => Poll::Ready(()),
        }
    }
}

/// A timeout of the platform's, cleared with its value.
struct Timeout {
    id: JsValue,
    over: oneshot::Receiver<()>,
    _fires: Closure<dyn FnMut()>,
}

impl Timeout {
    /// `None` where the platform refuses.
    fn set(duration: Duration) -> Option<Self> {
        let (fire, over) = oneshot::channel();
        let fires = Closure::once(move || fire.send(()).unwrap_or_default());
        let id = js::set_timeout(&fires, duration.as_millis() as f64).ok()?;
        Some(Self { id, over, _fires: fires })
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        // One that fired already, or whose request is over, need not be cleared.
        let _ = js::clear_timeout(&self.id);
    }
}
