//! What is done after a response, off the caller's time.

use std::{pin::pin, sync::Arc, time::Duration};

use futures::{channel::oneshot, future::join};

use super::{
    Gateway,
    flight::{Landed, Word},
    limits::{Elapsed, within},
    pipe::{Facts, Out, Pipe},
    upstream::Upstream,
};
use crate::{
    ledger::{self, Notice, UsageRow, estimate},
    ports::Ports,
};

/// How long an upstream that has finished is read on for its usage, and so that its connection can
/// be used again.
const DRAIN: Duration = Duration::from_secs(2);

/// How often a row that the ledger refused is offered again, and after which waits.
const AGAIN: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];

/// What may still be read of an upstream's answer.
pub(super) struct Rest<P: Ports> {
    pub(super) upstream: Upstream<P>,
    pub(super) pipe: Pipe,
}

/// Settles one request: waits until it has landed, then counts, logs and keeps.
pub(super) async fn after<P: Ports>(gateway: Arc<Gateway<P>>, landing: oneshot::Receiver<Word<P>>) {
    let Some(mut landed) = landed(&gateway, landing).await else { return };
    match landed.admitted.take() {
        None => settle(&gateway, landed).await,
        Some(admitted) => {
            join(gateway.leave(&admitted), settle(&gateway, landed)).await;
            gateway.linger(&admitted).await;
        }
    }
}

/// Waits for a request to land. Where it holds something, that is kept meanwhile.
async fn landed<P: Ports>(gateway: &Gateway<P>, landing: oneshot::Receiver<Word<P>>) -> Option<Landed<P>> {
    match landing.await.ok()? {
        Word::Landed(landed) => Some(landed),
        Word::Admitted(mut admitted, landing) => {
            let landed = gateway.accompany(&mut admitted, landing).await?;
            Some(Landed { admitted: Some(admitted), ..landed })
        }
    }
}

/// Counts, logs and keeps what a request was.
async fn settle<P: Ports>(gateway: &Gateway<P>, landed: Landed<P>) {
    let Landed { mut row, billed, logged, prompt, kept, facts, rest, admitted: _ } = landed;
    row.latency_us = gateway.ports.now().saturating_sub(row.at);
    gateway.keep_reasoning(kept).await;
    let facts = match rest {
        Some(rest) => Some(drain(&gateway.ports, rest).await),
        None => facts,
    };
    let answered = facts.is_some();
    if let Some(facts) = facts {
        take(&mut row, facts);
    }
    let sent = row.attempts > 0 && (answered || row.status == 499);
    if billed && sent {
        estimate_missing(&mut row, &prompt);
    }
    if logged {
        gateway.log(&row);
    }
    if billed {
        gateway.keep(*row).await;
    }
    gateway.refresh_inventories().await;
}

/// Reads an upstream to its end, for as long as that may take.
async fn drain<P: Ports>(ports: &P, mut rest: Box<Rest<P>>) -> Facts {
    let mut unread = Out::new();
    let reading = async {
        while let Some(Ok(chunk)) = rest.upstream.data().await {
            rest.pipe.push(chunk, &mut unread);
            unread.clear();
        }
    };
    // What was learnt in time is what there is.
    let _ = within(ports, DRAIN, pin!(reading)).await;
    rest.pipe.into_facts()
}

fn take(row: &mut UsageRow, mut facts: Facts) {
    row.error = row.error.or(facts.error_class());
    row.usage = facts.usage;

    // What a provider counts before an answer is over (Anthropic says one token at its beginning)
    // is less than what it wrote by then.
    let broken_off = facts.finish.is_none() && (facts.error.is_some() || !facts.over);
    if row.usage.output.is_none() || broken_off {
        let written = facts.written.tokens();
        if row.usage.output.is_none_or(|counted| counted < written) {
            row.usage.output = Some(written);
            row.estimated = true;
        }
    }
    row.finish = facts.finish;
    row.lost = (!facts.lost.is_empty()).then(|| facts.lost.join(", "));
    if facts.model.is_some() {
        row.model_answered = facts.model;
    }
}

/// Where nobody counted, the gateway does, and says so. A request that was sent is never free.
fn estimate_missing(row: &mut UsageRow, prompt: &[u8]) {
    if row.usage.input.is_none() {
        row.usage.input = Some(estimate::prompt_tokens(prompt));
        row.estimated = true;
    }
    if row.usage.output.is_none() {
        row.usage.output = Some(0);
        row.estimated = true;
    }
}

impl<P: Ports> Gateway<P> {
    fn log(&self, row: &UsageRow) {
        let mut line = String::with_capacity(512);
        ledger::log_line(row, self.policy.log, &mut line);
        self.ports.line(&line);
    }

    /// Hands the row to the ledger; one that it does not keep goes to the log, whole. One that it may have
    /// kept without saying so goes there too: who imports it finds it there already.
    async fn keep(&self, row: UsageRow) {
        let Some(patience) = self.ports.patience() else { return self.offer(row).await };
        let copy = row.clone();
        if let Err(Elapsed) = within(&self.ports, patience, pin!(self.offer(row))).await {
            self.log_unwritten(&copy, "the usage ledger's store took too long");
        }
    }

    /// Offers a row, and again where it comes back.
    async fn offer(&self, row: UsageRow) {
        let mut next = self.ports.append(row).await;
        for wait in AGAIN {
            let Err(unwritten) = next else { return };
            self.ports.sleep(wait).await;
            next = self.ports.append_again(unwritten.row).await;
        }
        if let Err(unwritten) = next {
            self.log_unwritten(&unwritten.row, &unwritten.error.to_string());
        }
    }

    fn log_unwritten(&self, row: &UsageRow, reason: &str) {
        let mut line = String::with_capacity(1024);
        ledger::unwritten_line(row, reason, &mut line);
        self.ports.line(&line);
    }

    /// Tells the operator of something that is about no single request.
    pub(super) fn tell(&self, notice: &Notice) {
        self.ports.line(&notice.line(self.ports.now(), self.policy.log));
    }
}
