//! Time limits, raced against the work.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use super::EndBy;
use crate::ports::{Clock, Micros, Timer};

/// The limit passed before the work was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Elapsed;

/// The result of `work`, or [`Elapsed`] where it takes longer than `limit`. It is pinned where it
/// was made: a future that is handed on by value is in its owner's twice.
pub(super) async fn within<T: Timer, F: Future>(
    timer: &T,
    limit: Duration,
    mut work: Pin<&mut F>,
) -> Result<F::Output, Elapsed> {
    let mut sleep = timer.sleep(limit);
    std::future::poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(Ok(done));
        }
        Pin::new(&mut sleep).poll(cx).map(|()| Err(Elapsed))
    })
    .await
}

/// The moment at which a request must be over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Micros);

impl Deadline {
    /// `limit` after `start`.
    pub(super) fn new(start: Micros, limit: Duration) -> Self {
        Self(start.saturating_add(micros(limit)))
    }

    /// This, or when the platform ends the request, if that is earlier.
    pub(super) fn or_at(self, end: Option<&EndBy>) -> Self {
        Self(end.map_or(self.0, |end| end.0.min(self.0)))
    }

    /// When.
    pub(super) fn at(self) -> Micros {
        self.0
    }

    /// What is left, at most `limit`.
    pub(super) fn left(self, clock: &impl Clock, limit: Duration) -> Duration {
        Duration::from_micros(self.0.saturating_sub(clock.now())).min(limit)
    }
}

/// A duration as microseconds.
pub(super) fn micros(duration: Duration) -> Micros {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A wait that is put off far more often than it fires: the platform's timer is only touched when
/// it fires, and is then set for what is left, or when it would fire too late.
pub(super) struct Alarm<T: Timer> {
    /// The timer, and when it fires.
    sleep: Option<(T::Sleep, Micros)>,
}

impl<T: Timer> Alarm<T> {
    /// Not set.
    pub(super) fn new() -> Self {
        Self { sleep: None }
    }

    /// Ready once `at` has passed; else wakes the task then, or earlier.
    pub(super) fn poll_at(
        &mut self,
        timer: &T,
        now: impl Fn() -> Micros,
        at: Micros,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            self.sleep.take_if(|(_, fires)| *fires > at);
            let (sleep, _) = match &mut self.sleep {
                Some(sleep) => sleep,
                None => {
                    let left = at.saturating_sub(now());
                    if left == 0 {
                        return Poll::Ready(());
                    }
                    self.sleep.insert((timer.sleep(Duration::from_micros(left)), at))
                }
            };
            if Pin::new(sleep).poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.sleep = None;
        }
    }
}
