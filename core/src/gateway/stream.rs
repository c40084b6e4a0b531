//! A streamed answer, driven by the caller's own demand.
//!
//! Nothing is read from the upstream before the caller takes what was read already, so a slow
//! reader slows the provider down and memory stays where it is. Silence is bounded: comments keep
//! the connection open, and the limits on silence and on the whole end the stream with an error
//! event. Where the caller leaves, the upstream is dropped with the stream, unless the model had
//! finished and only its usage is still to come: `after` then reads on for a moment.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;

use super::{
    Gateway,
    flight::Flight,
    limits::{Alarm, Deadline, micros},
    pipe::{Facts, Out, Pipe},
    settle::Rest,
    upstream::Upstream,
};
use crate::{
    error::{ApiError, ErrorKind},
    ports::{Micros, Ports},
};

/// How long an upstream whose answer is whole may hold its stream open before it is ended for the
/// caller. Proxies put several answers into one stream, so the end of the first is not the end.
const AFTERWORD: Duration = Duration::from_millis(250);

/// An answer whose first event is here.
pub(super) struct Opening<P: Ports> {
    source: Box<Rest<P>>,
    out: Out,
}

impl<P: Ports> Opening<P> {
    /// An answer of which nothing was read.
    pub(super) fn new(upstream: Upstream<P>, pipe: Pipe) -> Self {
        Self { source: Box::new(Rest { upstream, pipe }), out: Out::new() }
    }

    /// Reads on until the first event is decoded, or the stream is over without one.
    pub(super) async fn begin(&mut self) {
        let Rest { upstream, pipe } = &mut *self.source;
        while !pipe.facts().begun && !pipe.facts().over {
            match upstream.data().await {
                Some(Ok(chunk)) => pipe.push(chunk, &mut self.out),
                Some(Err(error)) => pipe.finish(Some(error), &mut self.out),
                None => pipe.finish(None, &mut self.out),
            }
        }
    }

    /// What was learnt so far.
    pub(super) fn facts(&self) -> &Facts {
        self.source.pipe.facts()
    }

    /// The stream, from here on the caller's.
    pub(super) fn flow(self, gateway: Arc<Gateway<P>>, flight: Flight<P>, deadline: Deadline) -> Stream<P> {
        let now = gateway.ports.now();
        let mut stream = Stream {
            gateway,
            flight,
            source: Some(self.source),
            out: self.out,
            alarm: Alarm::new(),
            heard: now,
            sent: now,
            deadline,
        };
        stream.take_note();
        stream
    }
}

/// A streamed answer.
pub(super) struct Stream<P: Ports> {
    gateway: Arc<Gateway<P>>,
    flight: Flight<P>,
    /// Gone once the stream is over.
    source: Option<Box<Rest<P>>>,
    out: Out,
    alarm: Alarm<P>,
    heard: Micros,
    sent: Micros,
    deadline: Deadline,
}

impl<P: Ports> Stream<P> {
    /// Whether everything was handed out.
    pub(super) fn is_over(&self) -> bool {
        self.source.is_none() && self.out.is_empty()
    }

    /// The next bytes for the caller; `None` at the end.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if let Some(bytes) = self.out.pop_front() {
                self.land_if_over();
                return Poll::Ready(Some(bytes));
            }
            let Some(source) = &mut self.source else { return Poll::Ready(None) };
            let Rest { upstream, pipe } = &mut **source;
            match upstream.poll_data(cx) {
                Poll::Ready(Some(Ok(chunk))) => pipe.push(chunk, &mut self.out),
                Poll::Ready(Some(Err(error))) => pipe.finish(Some(error), &mut self.out),
                Poll::Ready(None) => pipe.finish(None, &mut self.out),
                Poll::Pending => {
                    std::task::ready!(self.poll_silence(cx));
                    continue;
                }
            }
            self.heard = self.gateway.ports.now();
            self.sent = self.heard;
            self.take_note();
            self.land_if_over();
        }
    }

    /// Ready once something was written because nothing came.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self { gateway, source, alarm, out, .. } = self;
        let Some(Rest { pipe, .. }) = source.as_deref_mut() else { return Poll::Ready(()) };
        let policy = &gateway.policy;
        let idle_at = self.heard.saturating_add(micros(policy.timeouts.idle));
        let comment_at = self.sent.saturating_add(micros(policy.keep_alive));
        let mut at = idle_at.min(comment_at).min(self.deadline.at());
        if pipe.facts().complete {
            at = at.min(self.heard.saturating_add(micros(AFTERWORD)));
        }
        std::task::ready!(alarm.poll_at(&gateway.ports, || gateway.ports.now(), at, cx));
        if pipe.facts().complete {
            pipe.finish(None, out);
            self.land_if_over();
            return Poll::Ready(());
        }
        if at == comment_at {
            out.push_back(pipe.keep_alive());
            self.sent = gateway.ports.now();
            return Poll::Ready(());
        }
        let what = if at == idle_at { "said nothing for too long" } else { "took too long over its answer" };
        let message = format!("The answer is incomplete: the provider {what}.");
        pipe.fail(ApiError::new(ErrorKind::Timeout, message).with_code("upstream_timeout"), out);
        self.land_if_over();
        Poll::Ready(())
    }

    /// What is to be noted before anything of what was pushed reaches the caller.
    fn take_note(&mut self) {
        if let Some(source) = &mut self.source {
            let records = source.pipe.take_records();
            if !records.is_empty() {
                self.gateway.remember(records, &mut self.flight);
            }
        }
        let spoke = self.source.as_ref().is_some_and(|source| source.pipe.facts().spoke);
        if spoke && self.flight.row.first_token_us.is_none() {
            let now = self.gateway.ports.now();
            self.flight.row.first_token_us = Some(now.saturating_sub(self.flight.row.at));
        }
    }

    /// Settles the request as soon as its last bytes were taken: a caller need not ask for more.
    fn land_if_over(&mut self) {
        let over = self.source.as_ref().is_some_and(|source| source.pipe.facts().over);
        if !over || !self.out.is_empty() {
            return;
        }
        let Some(source) = self.source.take() else { return };
        if source.pipe.facts().error.is_some() {
            // Whatever else the upstream has to say is of no use; dropping it cancels it.
            return self.flight.land(Some(source.pipe.into_facts()), None);
        }
        self.flight.land(None, Some(source));
    }
}

impl<P: Ports> Drop for Stream<P> {
    fn drop(&mut self) {
        let Some(source) = self.source.take() else { return };
        self.flight.caller_left();
        if source.pipe.facts().finish.is_some() {
            self.flight.land(None, Some(source));
        } else {
            self.flight.land(Some(source.pipe.into_facts()), None);
        }
    }
}
