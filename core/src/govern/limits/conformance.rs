//! What every implementation of [`Counters`] must do, whatever it is made of.
//!
//! A target runs [`check`] over its own store on its real engine, and [`before_restart`] and
//! [`after_restart`] around an end of whatever keeps the counts. Time is passed in, so that nothing
//! here waits. What it says when it fails is the rule that was broken.

use futures::future::join_all;

use super::{Ask, Grant, LAPSE, Limit, MINUTE, Requests, Settlement, Slot, Window, later};
use crate::ports::{Counters, CountersError, Micros};

/// Runs everything over scopes whose names begin with `prefix`, which were never used before; `now`
/// is any moment.
///
/// # Errors
/// The rule that was broken, or the store's own failure.
pub async fn check<C: Counters>(store: &C, prefix: &str, now: Micros) -> Result<(), String> {
    let begin = now / MINUTE * MINUTE;
    let probe = |name: &str| Probe { store, scope: format!("{prefix}/{name}"), at: begin };
    probe("requests").requests().await?;
    probe("ahead").ahead().await?;
    probe("minutes").minutes().await?;
    probe("streams").streams().await?;
    probe("lapse").lapse().await?;
    probe("both").all_or_nothing().await?;
    probe("at once").at_once().await?;
    probe("streams at once").streams_at_once().await?;
    let window = probe("never used").window(0).await?;
    same("a scope that was never used is empty", (window.requests, window.streams), (0, 0))
}

/// Counts something under `scope`.
///
/// # Errors
/// As [`check`].
pub async fn before_restart<C: Counters>(store: &C, scope: &str, now: Micros) -> Result<(), String> {
    let probe = Probe { store, scope: scope.to_owned(), at: now / MINUTE * MINUTE };
    probe.take(0, 3, 3, 0).await?;
    let taken = probe.slot(0, 1, 77, false).await?;
    same("a slot is granted", taken.short, None)
}

/// What was counted by [`before_restart`] with the same `now` is still known.
///
/// # Errors
/// As [`check`].
pub async fn after_restart<C: Counters>(store: &C, scope: &str, now: Micros) -> Result<(), String> {
    let probe = Probe { store, scope: scope.to_owned(), at: now / MINUTE * MINUTE };
    let window = probe.window(1).await?;
    same("counts outlive a restart", (window.requests, window.streams), (3, 1))?;
    let refused = probe.take(1, 3, 1, 0).await?;
    same("a limit that was reached still is", refused.short, Some(Limit::Requests))
}

struct Probe<'a, C> {
    store: &'a C,
    scope: String,
    /// The beginning of a minute.
    at: Micros,
}

impl<C: Counters> Probe<'_, C> {
    async fn requests(self) -> Result<(), String> {
        let first = self.take(0, 5, 3, 0).await?;
        same("what is there is granted", (first.requests, first.left, first.short), (3, 2, None))?;
        same("the grant is for the minute of the asking", first.minute, self.at / MINUTE)?;
        let second = self.take(1, 5, 3, 0).await?;
        same(
            "all that is needed or nothing",
            (second.requests, second.left, second.short),
            (0, 2, Some(Limit::Requests)),
        )?;
        let third = self.take(2, 5, 2, 0).await?;
        same("what is left is granted", (third.requests, third.left), (2, 0))?;
        self.settle(3, 4, None).await?;
        same("what is given back is there again", self.window(3).await?.requests, 1)?;
        let fourth = self.take(4, 5, 4, 0).await?;
        same("and is granted again", (fourth.requests, fourth.left), (4, 0))
    }

    async fn ahead(self) -> Result<(), String> {
        let first = self.take(0, 21, 1, 9).await?;
        same("a quarter of what is left is granted ahead, at most", (first.requests, first.left), (6, 15))?;
        let scarce = self.take(0, 8, 1, 9).await?;
        same("nothing is granted ahead where little is left", scarce.requests, 1)?;
        let back = Requests { limit: 21, need: 1, ahead: 0, back: 5, minute: self.at / MINUTE };
        let swapped = self.lease(Ask { at: self.at, requests: Some(back), stream: None }).await?;
        same("giving back comes before taking", (swapped.requests, swapped.left), (1, 18))
    }

    async fn minutes(self) -> Result<(), String> {
        let minute = MINUTE / 1_000_000;
        self.take(59, 2, 2, 0).await?;
        let next = self.take(minute, 2, 2, 0).await?;
        same("each minute has its own requests", (next.requests, next.minute), (2, self.at / MINUTE + 1))?;
        self.settle(minute + 1, 2, None).await?;
        same(
            "units of a minute that is over are not given back",
            self.window(minute + 1).await?.requests,
            2,
        )?;
        let late = self.take(59, 2, 1, 0).await?;
        same("a clock that is behind cannot turn the minute back", late.short, Some(Limit::Requests))?;
        same("and is told which minute it is", late.minute, self.at / MINUTE + 1)
    }

    async fn streams(self) -> Result<(), String> {
        for id in [1, u64::MAX] {
            same("a slot is granted", self.slot(0, 2, id, false).await?.short, None)?;
        }
        let third = self.slot(0, 2, 3, false).await?;
        same("no more slots than the limit", third.short, Some(Limit::Streams))?;
        same("a slot that one has is granted again", self.slot(1, 2, 1, false).await?.short, None)?;
        same("and is one slot", self.window(1).await?.streams, 2)?;
        self.settle(2, 0, Some(u64::MAX)).await?;
        self.settle(2, 0, Some(u64::MAX)).await?;
        same("a slot comes back once", self.window(2).await?.streams, 1)?;
        same("and is granted to others", self.slot(2, 2, 3, false).await?.short, None)
    }

    async fn lapse(self) -> Result<(), String> {
        let lapse = LAPSE.as_secs();
        self.slot(0, 2, 1, false).await?;
        self.slot(0, 2, 2, false).await?;
        self.slot(lapse / 2, 2, 2, true).await?;
        same("a slot that is not renewed lapses", self.window(lapse).await?.streams, 1)?;
        same("and is granted to others", self.slot(lapse, 2, 3, false).await?.short, None)?;
        let back = self.slot(lapse, 2, 1, true).await?;
        same("a stream that runs is never refused", back.short, None)?;
        same("and counts", self.window(lapse).await?.streams, 3)
    }

    async fn all_or_nothing(self) -> Result<(), String> {
        let ask = |id| Ask {
            at: self.at,
            requests: Some(Requests { limit: 2, need: 1, ahead: 0, back: 0, minute: 0 }),
            stream: Some(Slot { limit: 1, id, renewal: false }),
        };
        let first = self.lease(ask(1)).await?;
        same("both are granted", (first.requests, first.short), (1, None))?;
        let second = self.lease(ask(2)).await?;
        same("without a slot no unit", (second.requests, second.short), (0, Some(Limit::Streams)))?;
        self.settle(0, 0, Some(1)).await?;
        same("the unit was not taken", self.lease(ask(2)).await?.requests, 1)?;
        self.settle(0, 0, Some(2)).await?;
        let fourth = self.lease(ask(3)).await?;
        same("without a unit", fourth.short, Some(Limit::Requests))?;
        let window = self.window(0).await?;
        same("no slot", (window.requests, window.streams), (2, 0))
    }

    async fn at_once(self) -> Result<(), String> {
        let asks = (0..24).map(|_| self.take(0, 20, 1, 0));
        let grants = join_all(asks).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        let granted: u32 = grants.iter().map(|grant| grant.requests).sum();
        same("many at once are granted the limit and no more", granted, 20)?;
        same("and all of it is counted", self.window(0).await?.requests, 20)?;
        join_all((0..20).map(|_| self.settle(0, 1, None))).await.into_iter().collect::<Result<(), _>>()?;
        same("many at once give back", self.window(0).await?.requests, 0)
    }

    async fn streams_at_once(self) -> Result<(), String> {
        let asks = (1..=12).map(|id| self.slot(0, 10, id, false));
        let grants = join_all(asks).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        let granted = grants.iter().filter(|grant| grant.short.is_none()).count();
        same("many at once are granted as many slots as there are", granted, 10)?;
        same("and each is counted", self.window(0).await?.streams, 10)
    }

    async fn take(&self, after: u64, limit: u32, need: u32, ahead: u32) -> Result<Grant, String> {
        let requests = Requests { limit, need, ahead, back: 0, minute: 0 };
        self.lease(Ask { at: self.after(after), requests: Some(requests), stream: None }).await
    }

    async fn slot(&self, after: u64, limit: u32, id: u64, renewal: bool) -> Result<Grant, String> {
        let slot = Slot { limit, id, renewal };
        self.lease(Ask { at: self.after(after), requests: None, stream: Some(slot) }).await
    }

    async fn lease(&self, ask: Ask) -> Result<Grant, String> {
        self.store.lease(&self.scope, ask).await.map_err(failed)
    }

    /// Gives units of the probe's first minute back.
    async fn settle(&self, after: u64, requests: u32, stream: Option<u64>) -> Result<(), String> {
        let back = Settlement { at: self.after(after), minute: self.at / MINUTE, requests, stream };
        self.store.settle(&self.scope, back).await.map_err(failed)
    }

    async fn window(&self, after: u64) -> Result<Window, String> {
        self.store.window(&self.scope, self.after(after)).await.map_err(failed)
    }

    fn after(&self, seconds: u64) -> Micros {
        later(self.at, std::time::Duration::from_secs(seconds))
    }
}

fn failed(error: CountersError) -> String {
    format!("the store failed: {error}")
}

fn same<T: PartialEq + std::fmt::Debug>(rule: &str, found: T, wanted: T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{rule}: expected {wanted:?}, found {found:?}")) }
}
