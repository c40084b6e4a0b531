//! The `Timer` port over `setTimeout`.
//!
//! The worker crate's own delay panics where the platform sets no timer, which is wherever no request is being
//! served; and a panic ends the isolate's other requests. Here such a wait is over at once.

use futures::channel::oneshot;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use worker::js_sys::{Function, global};
use worker::wasm_bindgen::closure::Closure;
use worker::wasm_bindgen::{JsCast as _, JsValue};

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
        let milliseconds = JsValue::from_f64(duration.as_millis() as f64);
        let id = function("setTimeout")?.call2(&JsValue::UNDEFINED, fires.as_ref(), &milliseconds).ok()?;
        Some(Self { id, over, _fires: fires })
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        if let Some(clear) = function("clearTimeout") {
            // One that fired already, or whose request is over, need not be cleared.
            let _ = clear.call1(&JsValue::UNDEFINED, &self.id);
        }
    }
}

fn function(name: &str) -> Option<Function> {
    worker::js_sys::Reflect::get(&global(), &JsValue::from_str(name)).ok()?.dyn_into().ok()
}
