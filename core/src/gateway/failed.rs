//! An attempt that brought no answer: what can help, and what the caller is told.
//!
//! A provider's failure is told as it is: its status, its words, its body where the caller speaks
//! its wire. The exception is a refusal of the gateway's own key. Providers quote keys in part,
//! and what they say of the operator's account is not for callers.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{attempt::Try, upstream::CollectError};
use crate::{
    config::{Provider, Secret},
    error::{ApiError, ErrorKind},
    ports::{HttpError, Micros},
    provider::{self, FailureKind, Said, failure},
};

/// Why an attempt brought no answer.
#[derive(Debug)]
pub(super) struct Failed {
    /// What the caller is told if nothing else helps.
    pub(super) error: ApiError,
    /// The same request may succeed at the same provider, later.
    pub(super) again: bool,
    /// It may succeed at another provider.
    pub(super) elsewhere: bool,
    /// It may succeed with another key, and this one is of no use for a while.
    pub(super) other_key: bool,
    /// How long the provider asked to be left alone.
    pub(super) retry_after: Option<Duration>,
    /// The provider's own id of the request.
    pub(super) request_id: Option<String>,
}

impl Failed {
    /// The request cannot be sent there, or the answer not be read from there.
    pub(super) fn there(error: ApiError) -> Self {
        Self { error, again: false, elsewhere: true, other_key: false, retry_after: None, request_id: None }
    }

    /// The provider failed in a way that may pass.
    pub(super) fn passing(error: ApiError) -> Self {
        Self { again: true, ..Self::there(error) }
    }

    /// No answer in time.
    pub(super) fn late(provider: &Provider) -> Self {
        let message = format!("The provider `{}` did not answer in time.", provider.name);
        Self::passing(ApiError::new(ErrorKind::Timeout, message).with_code("upstream_timeout"))
    }

    /// A connection that failed.
    pub(super) fn unreachable(provider: &Provider, error: HttpError) -> Self {
        let kind = if error == HttpError::ConnectTimeout { ErrorKind::Timeout } else { ErrorKind::Upstream };
        let message = format!("The provider `{}` gave no answer: {error}.", provider.name);
        Self::passing(ApiError::new(kind, message).with_code("upstream_unreachable"))
    }

    /// An answer that could not be taken in.
    pub(super) fn uncollected(provider: &Provider, error: CollectError) -> Self {
        match error {
            CollectError::Http(error) => Self::unreachable(provider, error),
            CollectError::TooLarge => {
                let message = format!("The answer of the provider `{}` is too large.", provider.name);
                Self::there(ApiError::new(ErrorKind::Upstream, message).with_code("answer_too_large"))
            }
        }
    }

    /// A stream without an event in it.
    pub(super) fn empty(provider: &Provider) -> Self {
        let message = format!("The provider `{}` ended its stream before it said anything.", provider.name);
        Self::passing(ApiError::new(ErrorKind::Upstream, message).with_code("empty_stream"))
    }

    /// An answer that is not what was asked for: a page of HTML, or a whole where there should be
    /// a stream.
    pub(super) fn not_an_answer(provider: &Provider, what: &str) -> Self {
        let message = format!("The provider `{}` did not answer as its API should: {what}.", provider.name);
        Self::passing(ApiError::new(ErrorKind::Upstream, message).with_code("unreadable_answer"))
    }

    /// The same with what the head of the answer said.
    pub(super) fn with_head(mut self, headers: HeaderMap, request_id: Option<String>) -> Self {
        let said = std::mem::replace(&mut self.error.headers, headers);
        // What the body said as well is said by the head, or not at all.
        for (name, value) in &said {
            self.error.headers.entry(name).or_insert_with(|| value.clone());
        }
        self.request_id = request_id;
        self
    }

    /// What the provider said was wrong, as its wire's decoder read it. `status` and `headers` are
    /// those of the answer, which may be a success that holds an error.
    pub(super) fn said(
        attempt: Try<'_>,
        mut error: ApiError,
        status: StatusCode,
        headers: &HeaderMap,
        now: Micros,
    ) -> Self {
        let failure = failure(status, headers, Said::from(&error), now);
        // Gemini says in the body how long to wait.
        let retry_after = failure.retry_after.or_else(|| provider::retry_after(&error.headers, now));
        error.kind = failure.kind.error_kind();
        if error.status.is_success() {
            error.status = error.kind.status();
        }
        if failure.kind == FailureKind::Auth {
            let key = attempt.provider.keys.get(attempt.key).map_or("", Secret::expose);
            error.body = None;
            if error.status == StatusCode::BAD_REQUEST {
                // Gemini's answer to a key that it does not know; the caller's request is not at fault.
                error.status = error.kind.status();
            }
            error.message = format!(
                "The provider `{}` refused the gateway's own key or account ({}), for its operator to see to. \
                 It said: {}",
                attempt.provider.name,
                error.status.as_u16(),
                without_key(&error.message, key)
            );
        }
        Self {
            error,
            again: failure.again,
            elsewhere: failure.elsewhere,
            other_key: failure.other_key,
            retry_after,
            request_id: None,
        }
    }

    /// An answer with an error status.
    pub(super) fn refused(
        attempt: Try<'_>,
        status: StatusCode,
        headers: &HeaderMap,
        body: &Bytes,
        now: Micros,
    ) -> Self {
        if status.is_redirection() {
            let what = format!("it answered {status}, and redirects are not followed");
            return Self { again: false, ..Self::not_an_answer(attempt.provider, &what) };
        }
        let (wire, front) = (attempt.provider.row.wire, attempt.call.front.wire());
        let mut error = wire.decode_error(status, body);
        // Only what a caller's SDK can read as an error of its own wire goes through as it is.
        if wire == front && holds_error_object(body) {
            error.body = Some(body.clone());
        }
        Self::said(attempt, error, status, headers, now)
    }
}

/// The words of a message, less those that show a key or a part of one.
fn without_key(message: &str, key: &str) -> String {
    /// So many letters of a key are no chance.
    const TELLING: usize = 6;
    let shows = |word: &str| {
        let ends = [key.get(..TELLING), key.len().checked_sub(TELLING).and_then(|at| key.get(at..))];
        word.contains("**")
            || word.contains("...")
            || ends.into_iter().flatten().any(|end| word.contains(end))
    };
    let words = message.split_whitespace().map(|word| if shows(word) { "[key]" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether the body is `{"error": {"type" or "code" or "param": …}}`. Some providers write the members of the error at
/// the top, or a text in its place.
fn holds_error_object(body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        error: &'a serde_json::value::RawValue,
    }
    #[derive(serde::Deserialize)]
    struct Members {
        #[serde(rename = "type")]
        kind: Option<serde::de::IgnoredAny>,
        code: Option<serde::de::IgnoredAny>,
        param: Option<serde::de::IgnoredAny>,
    }
    let members =
        serde_json::from_slice(body).and_then(|it: Envelope<'_>| serde_json::from_str(it.error.get()));
    members.is_ok_and(|it: Members| it.kind.is_some() || it.code.is_some() || it.param.is_some())
}
