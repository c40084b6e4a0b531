//! Asks one candidate after another until an answer has begun.
//!
//! Until the first event of an answer is here, nothing was promised to the caller: a failure can
//! be tried again with another key, at another provider, or after a wait. From then on the answer
//! is what it is. What to do after a failure is one pure decision, [`next_step`].

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use super::{
    Body, Gateway, answer,
    attempt::{Answer, Content, Try},
    failed::Failed,
    flight::Flight,
    generate::Call,
    standing,
};
use crate::{
    error::{ApiError, ErrorKind},
    ports::Ports,
    route::{Backoff, Candidate},
};

const PROVIDER: HeaderName = HeaderName::from_static("x-tollbridge-provider");
const MODEL: HeaderName = HeaderName::from_static("x-tollbridge-model");
const ATTEMPTS: HeaderName = HeaderName::from_static("x-tollbridge-attempts");
const DROPPED: HeaderName = HeaderName::from_static("x-tollbridge-dropped");
/// Read by OpenAI's and Anthropic's SDKs: whether to send the request again.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
/// nginx and its like hold streams back unless told not to.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
const NO: HeaderValue = HeaderValue::from_static("no");

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Ask the same candidate again, after a wait.
    Again(Duration),
    /// Ask the next candidate.
    Next,
    /// Tell the caller. `spent` says that the gateway has tried what there was to try.
    GiveUp { spent: bool },
}

/// What is left to try when an attempt has failed.
#[derive(Debug, Clone, Copy)]
struct Left {
    attempts: u8,
    max_attempts: u8,
    /// Another key of the same provider may be used now.
    other_key: bool,
    /// There is another candidate.
    fallback: bool,
    /// Until the request must be over.
    time: Duration,
}

/// What to do after `failed`, with `backoff` deciding on waits and `random` on their jitter.
fn next_step(failed: &Failed, left: Left, backoff: Backoff, random: u64) -> Step {
    let worth = failed.again || failed.elsewhere;
    if left.attempts >= left.max_attempts {
        return Step::GiveUp { spent: failed.again };
    }
    if failed.other_key && left.other_key {
        return Step::Again(Duration::ZERO);
    }
    if failed.elsewhere && left.fallback {
        return Step::Next;
    }
    if !failed.again {
        return Step::GiveUp { spent: worth && left.attempts > 1 };
    }
    match backoff.wait(left.attempts, failed.retry_after, random) {
        Some(wait) if wait < left.time => Step::Again(wait),
        Some(_) => Step::GiveUp { spent: true },
        // The provider asked for more patience than a gateway has; the caller may have it.
        None => Step::GiveUp { spent: false },
    }
}

impl<P: Ports> Gateway<P> {
    /// Answers the call, well or not.
    pub(super) async fn dispatch(self: Arc<Self>, call: Call, mut flight: Flight<P>) -> Response<Body<P>> {
        let mut at = 0;
        let mut last = None;
        while let Some(candidate) = call.candidates.get(at) {
            let Some(provider) = self.policy.providers.get(candidate.provider) else { break };
            let now = self.ports.now();
            let (key, free) = self.state.turns.take(candidate.provider, now);
            let fallback = at + 1 < call.candidates.len();
            if !free && fallback {
                at += 1;
                continue;
            }
            flight.row.attempts += 1;
            flight.row.provider = Some(self.name_of(candidate.provider));
            flight.row.model_answered = Some(candidate.model.clone());
            let attempt = Try { call: &call, candidate, provider, key };
            let failed = match self.attempt(attempt).await {
                Ok(answer) => return self.respond(answer, &call, candidate, flight),
                Err(failed) => failed,
            };
            if failed.other_key {
                self.state.turns.limited(candidate.provider, key, self.ports.now(), failed.retry_after);
            }
            let left = Left {
                attempts: flight.row.attempts,
                max_attempts: self.policy.retry.max_attempts,
                other_key: provider.keys.len() > 1
                    && self.state.turns.any_free(candidate.provider, self.ports.now()),
                fallback,
                time: call.deadline.left(&self.ports, Duration::MAX),
            };
            let step = next_step(&failed, left, Backoff::new(self.policy.retry), self.ports.random());
            last = Some((failed, candidate, step == Step::GiveUp { spent: true }));
            match step {
                Step::Again(Duration::ZERO) => {}
                Step::Again(wait) => self.ports.sleep(wait).await,
                Step::Next => at += 1,
                Step::GiveUp { .. } => break,
            }
        }
        self.fail(last, flight)
    }

    fn respond(
        self: Arc<Self>,
        answer: Answer<P>,
        call: &Call,
        candidate: &Candidate,
        mut flight: Flight<P>,
    ) -> Response<Body<P>> {
        flight.row.upstream_id = answer.request_id;
        flight.answering(StatusCode::OK);
        let mut headers = answer.headers;
        self.describe(&mut headers, candidate, &flight);
        if let Some(dropped) = answer.dropped.and_then(|names| HeaderValue::try_from(names).ok()) {
            headers.insert(DROPPED, dropped);
        }
        let body = match answer.content {
            Content::Whole { body, mut facts } => {
                self.remember(std::mem::take(&mut facts.records), &mut flight);
                headers.insert(header::CONTENT_TYPE, answer::JSON);
                flight.land(Some(facts), None);
                Body::full(body)
            }
            Content::Stream(opening) => {
                headers.insert(header::CONTENT_TYPE, EVENT_STREAM);
                headers.insert(header::CACHE_CONTROL, NO_CACHE);
                headers.insert(ACCEL_BUFFERING, NO);
                Body::stream(opening.flow(self, flight, call.deadline))
            }
        };
        let mut response = Response::new(body);
        *response.headers_mut() = headers;
        response
    }

    /// Tells the caller what went wrong in the end.
    fn fail(&self, last: Option<(Failed, &Candidate, bool)>, flight: Flight<P>) -> Response<Body<P>> {
        let Some((failed, candidate, spent)) = last else {
            return flight.refuse(&ApiError::new(ErrorKind::Internal, "No provider could be asked."));
        };
        let mut flight = flight;
        flight.row.upstream_id = failed.request_id;
        let mut error = failed.error;
        self.describe(&mut error.headers, candidate, &flight);
        if spent && !error.headers.contains_key(SHOULD_RETRY) {
            error.headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        flight.refuse(&error)
    }

    /// Names what happened.
    fn describe(&self, headers: &mut HeaderMap, candidate: &Candidate, flight: &Flight<P>) {
        if let Some(account) = self.accounts.get(candidate.provider) {
            headers.insert(PROVIDER, account.label.clone());
        }
        if let Ok(model) = HeaderValue::from_str(&candidate.model) {
            headers.insert(MODEL, model);
        }
        headers.insert(ATTEMPTS, HeaderValue::from(u16::from(flight.row.attempts)));
        if let Some(standing) = flight.admitted.and_then(|admitted| admitted.standing()) {
            standing::describe(headers, flight.front, standing, self.ports.now());
        }
    }

    fn name_of(&self, provider: usize) -> Arc<str> {
        self.accounts.get(provider).map(|account| account.name.clone()).unwrap_or_default()
    }
}
