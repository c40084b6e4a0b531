//! The limits of keys, kept: a request is let pass, what it holds is kept while it runs, and given
//! back.
//!
//! What is decided, and what is asked of the store, is [`limits`](crate::govern::limits)'s. Here is
//! when. A key without limits costs nothing: no lock, no allocation, no header.

use std::{future::Future, pin::pin};

use futures::{
    channel::oneshot,
    future::{Either, select},
};
use http::{HeaderValue, header};

use super::{
    Gateway,
    flight::{Flight, Landed, Word},
    generate::Call,
    limits::{Elapsed, within},
    standing,
};
use crate::{
    config::OnStoreFailure,
    error::{ApiError, ErrorKind},
    govern::limits::{
        Ask, Asking, Decision, Grant, Limit, Pass, RENEW, Refusal, Scope, Settlement, Slot, Standing,
    },
    ledger::Notice,
    ports::{CountersError, Micros, Ports},
    protocol::Front,
};

/// When a caller may try again whose streams are too many. Nobody knows when one ends.
const A_MOMENT: HeaderValue = HeaderValue::from_static("1");

/// A request that was let pass by limits, and what it holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Admitted {
    /// The key's place in the policy.
    key: usize,
    pass: Pass,
}

impl Admitted {
    /// Where the caller stands.
    pub(super) fn standing(&self) -> Option<Standing> {
        self.pass.standing
    }
}

impl<P: Ports> Gateway<P> {
    /// Lets a request pass that is within the limits of its key.
    ///
    /// # Errors
    /// 429 where a limit is reached; 503 where the counts cannot be read and the operator wants that.
    pub(super) async fn admit(&self, call: &Call, flight: &mut Flight<P>) -> Result<(), ApiError> {
        let Some((key, scope)) = call.key.and_then(|key| Some((key, self.state.scopes.get(key)?))) else {
            return Ok(());
        };
        let now = self.ports.now();
        let slot = call.stream.then(|| self.ports.random());
        let decision = scope.purse().admit(now, slot, self.is_far());
        let outcome = match decision {
            Decision::Pass(pass) => Ok(pass),
            Decision::Refuse(refusal) => Err(refusal),
            Decision::Ask(asking) => {
                // Whoever leaves while the store is asked gives back what may have been granted.
                flight.admitted = Some(Admitted { key, pass: asking.pass() });
                let grant = self.ask(scope, asking.ask).await;
                flight.admitted = None;
                self.answered(scope, asking, grant)?
            }
        };
        let pass = outcome.map_err(|refusal| refused(scope, flight.front, &refusal, self.ports.now()))?;
        flight.admitted = Some(Admitted { key, pass });
        if pass.slot().is_some() {
            flight.accompany();
        }
        Ok(())
    }

    fn answered(
        &self,
        scope: &Scope,
        asking: Asking,
        grant: Result<Grant, CountersError>,
    ) -> Result<Result<Pass, Refusal>, ApiError> {
        let grant = match (grant, self.policy.limits.on_store_failure) {
            (Ok(grant), _) => Some(grant),
            (Err(_), OnStoreFailure::Pass) => None,
            (Err(_), OnStoreFailure::Refuse) => {
                scope.purse().undo(&asking);
                return Err(uncounted(scope));
            }
        };
        Ok(scope.purse().answered(asking, grant, self.ports.now()))
    }

    /// Waits until a stream that was let pass has landed, and keeps its slot meanwhile. `None` where
    /// it never will.
    pub(super) async fn accompany(
        &self,
        admitted: &mut Admitted,
        landing: oneshot::Receiver<Word<P>>,
    ) -> Option<Landed<P>> {
        let scope = self.state.scopes.get(admitted.key)?;
        let renewing = async {
            loop {
                self.ports.sleep(RENEW).await;
                self.renew(scope, &mut admitted.pass).await;
            }
        };
        match select(landing, pin!(renewing)).await {
            Either::Left((Ok(Word::Landed(landed)), _)) => Some(landed),
            Either::Left(_) | Either::Right(((), _)) => None,
        }
    }

    /// A request has landed: gives back what it held, and sees to it that the next one need not wait.
    pub(super) async fn leave(&self, admitted: &Admitted) {
        let Some(scope) = self.state.scopes.get(admitted.key) else { return };
        let now = self.ports.now();
        let far = self.is_far();
        let back = scope.purse().leave(&admitted.pass, now, far);
        self.give_back(scope, back).await;
        let ask = if far { scope.purse().top_up(now) } else { None };
        if let Some(ask) = ask
            && let Ok(grant) = self.ask(scope, ask).await
        {
            scope.purse().topped_up(grant, self.ports.now());
        }
    }

    /// A request is settled. What it held is kept for others a while longer, then given back.
    pub(super) async fn linger(&self, admitted: &Admitted) {
        let hold = self.ports.hold();
        let Some(scope) = self.state.scopes.get(admitted.key) else { return };
        if hold.is_zero() || !scope.purse().keeps(&admitted.pass) {
            return;
        }
        self.ports.sleep(hold).await;
        let back = scope.purse().idle(&admitted.pass, self.ports.now(), hold);
        self.give_back(scope, back).await;
    }

    /// Whether things are taken ahead and kept.
    fn is_far(&self) -> bool {
        !self.ports.hold().is_zero()
    }

    async fn renew(&self, scope: &Scope, pass: &mut Pass) {
        let Some(id) = pass.slot() else { return };
        let now = self.ports.now();
        let slot = Slot { limit: 0, id, renewal: true };
        if self.ask(scope, Ask { at: now, requests: None, stream: Some(slot) }).await.is_ok() {
            pass.renewed(now);
        }
    }

    async fn ask(&self, scope: &Scope, ask: Ask) -> Result<Grant, CountersError> {
        self.reach(self.ports.lease(&scope.id, ask)).await
    }

    /// What cannot be given back is counted as spent, until the minute is over or the slot lapses.
    async fn give_back(&self, scope: &Scope, back: Settlement) {
        if !back.is_empty() {
            let _ = self.reach(self.ports.settle(&scope.id, back)).await;
        }
    }

    /// The store's answer, in time, unless it failed a moment ago.
    async fn reach<T>(
        &self,
        call: impl Future<Output = Result<T, CountersError>>,
    ) -> Result<T, CountersError> {
        let outage = &self.state.outage;
        if outage.lasts(self.ports.now()) {
            outage.failed(self.ports.now());
            return Err(CountersError::Late);
        }
        let outcome = match within(&self.ports, self.policy.limits.store_timeout, pin!(call)).await {
            Ok(outcome) => outcome,
            Err(Elapsed) => Err(CountersError::Late),
        };
        if let Err(error) = &outcome
            && let Some(failures) = outage.failed(self.ports.now())
        {
            let reason = error.to_string();
            self.tell(&Notice::error("limits_store_failed").reason(&reason).number("failures", failures));
        }
        outcome
    }
}

fn refused(scope: &Scope, front: Front, refusal: &Refusal, now: Micros) -> ApiError {
    let Refusal { limit, most, standing } = *refusal;
    let reset_at = standing.map_or(now, |standing| standing.reset_at);
    let seconds = reset_at.saturating_sub(now).div_ceil(1_000_000).max(1);
    let key = &scope.key;
    let (message, code, retry_after) = match limit {
        Limit::Requests => (
            format!(
                "The key `{key}` may make {most} requests a minute, and has made them: try again in \
                 {seconds} s."
            ),
            "rate_limit_exceeded",
            HeaderValue::from(seconds),
        ),
        Limit::Streams => (
            format!(
                "The key `{key}` may have {most} streams at once, and has them: try again when one of \
                 them has ended."
            ),
            "stream_limit_exceeded",
            A_MOMENT,
        ),
    };
    let mut error = ApiError::new(ErrorKind::RateLimit, message).with_code(code);
    error.headers.insert(header::RETRY_AFTER, retry_after);
    if let Some(standing) = standing {
        standing::describe(&mut error.headers, front, standing, now);
    }
    error
}

fn uncounted(scope: &Scope) -> ApiError {
    let message = format!(
        "The requests of the key `{}` cannot be counted now, and the gateway's operator wants none to pass \
         uncounted: try again in a moment.",
        scope.key
    );
    let mut error = ApiError::new(ErrorKind::Overloaded, message).with_code("limits_unavailable");
    error.headers.insert(header::RETRY_AFTER, A_MOMENT);
    error
}
