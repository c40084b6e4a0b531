//! One attempt at one provider, up to the moment at which its answer has begun.

use std::pin::pin;

use bytes::Bytes;
use http::{HeaderMap, header, response::Parts};

use super::{
    Gateway, answer_id, demo,
    failed::Failed,
    generate::Call,
    limits::{Elapsed, within},
    passing::{request_id, returned},
    pipe::{Facts, Pipe},
    prepare::Prepared,
    relay_chat::{self, ChatRelay},
    relay_messages::{self, MessagesRelay},
    stream::Opening,
    translate::{self, Translate},
    upstream::Upstream,
};
use crate::{
    config::Provider,
    error::ApiError,
    ports::Ports,
    protocol::{Front, Wire},
    recall::Collector,
    route::Candidate,
};

/// Largest whole answer, in bytes.
const LARGEST_ANSWER: usize = 64 << 20;

/// Largest error answer that is read, in bytes.
const LARGEST_ERROR: usize = 1 << 20;

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Try<'a> {
    pub(super) call: &'a Call,
    pub(super) candidate: &'a Candidate,
    pub(super) provider: &'a Provider,
    /// The place of the key to use.
    pub(super) key: usize,
}

impl<'a> Try<'a> {
    /// The provider's name of the model, where it is not the caller's.
    pub(super) fn named(self) -> Option<&'a str> {
        (self.call.model != self.candidate.model).then_some(self.candidate.model.as_str())
    }
}

/// An answer that has begun.
pub(super) struct Answer<P: Ports> {
    /// Headers of the upstream's that the caller gets to see.
    pub(super) headers: HeaderMap,
    /// The provider's own id of the request.
    pub(super) request_id: Option<String>,
    /// Names of request fields that the provider did not get.
    pub(super) dropped: Option<String>,
    pub(super) content: Content<P>,
}

/// The answer itself.
#[expect(clippy::large_enum_variant, reason = "moved once and never kept")]
pub(super) enum Content<P: Ports> {
    Whole { body: Bytes, facts: Facts },
    Stream(Opening<P>),
}

impl<P: Ports> Gateway<P> {
    /// Sends the call to one candidate and waits until its answer has begun.
    pub(super) async fn attempt(&self, attempt: Try<'_>) -> Result<Answer<P>, Failed> {
        let prepared = self.prepare(attempt).await.map_err(Failed::there)?;
        let limit = attempt.call.deadline.left(&self.ports, self.policy.timeouts.first_byte);
        match within(&self.ports, limit, pin!(self.exchange(attempt, prepared))).await {
            Ok(answer) => answer,
            Err(Elapsed) => Err(Failed::late(attempt.provider)),
        }
    }

    async fn exchange(&self, attempt: Try<'_>, prepared: Prepared) -> Result<Answer<P>, Failed> {
        let (head, upstream) = self.open(attempt, prepared.body).await?;
        let request_id = request_id(&head.headers);
        let content = if !head.status.is_success() {
            Err(self.refusal(attempt, &head, upstream).await)
        } else if !attempt.call.stream {
            self.whole(attempt, prepared.recall, &head, upstream, LARGEST_ANSWER).await
        } else if let Some(other) = other_type(&head.headers) {
            Err(self.no_stream(attempt, &head, upstream, other).await)
        } else {
            self.stream(attempt, prepared.recall, &head, upstream).await
        };
        let headers = returned(&head.headers);
        match content {
            Ok(content) => Ok(Answer { headers, request_id, dropped: prepared.dropped, content }),
            Err(failed) => Err(failed.with_head(headers, request_id)),
        }
    }

    /// Sends the request and waits for the head.
    async fn open(
        &self,
        attempt: Try<'_>,
        body: crate::payload::Payload,
    ) -> Result<(Parts, Upstream<P>), Failed> {
        if attempt.provider.is_built_in() {
            let answer = demo::answer(attempt.call, &attempt.candidate.model, self.ports.now());
            return answer.map(|(head, chunks)| (head, Upstream::BuiltIn(chunks))).map_err(Failed::there);
        }
        let request = self.request(attempt, body)?;
        match self.ports.send(request).await {
            Ok(response) => {
                let (head, body) = response.into_parts();
                Ok((head, Upstream::Remote(body)))
            }
            Err(error) => Err(Failed::unreachable(attempt.provider, error)),
        }
    }

    async fn refusal(&self, attempt: Try<'_>, head: &Parts, mut upstream: Upstream<P>) -> Failed {
        // An error whose words do not arrive is still an error of that status.
        let body = upstream.collect(LARGEST_ERROR).await.unwrap_or_default();
        Failed::refused(attempt, head.status, &head.headers, &body, self.ports.now())
    }

    async fn whole(
        &self,
        attempt: Try<'_>,
        recall: Option<Collector>,
        head: &Parts,
        mut upstream: Upstream<P>,
        limit: usize,
    ) -> Result<Content<P>, Failed> {
        let body = upstream.collect(limit).await.map_err(|e| Failed::uncollected(attempt.provider, e))?;
        match (attempt.call.front, attempt.provider.row.wire) {
            (Front::Chat, Wire::Chat) => relay_chat::whole(body, recall),
            (Front::Messages, Wire::Messages) => relay_messages::whole(body),
            _ => translate::whole(attempt, recall, &body, self.ports.now(), &self.seed()),
        }
        .map(|(body, facts)| Content::Whole { body, facts })
        .map_err(|error| self.failed_inside(attempt, head, error))
    }

    /// What came where a stream was asked for, and is none: an error, if it can be read as one.
    async fn no_stream(&self, attempt: Try<'_>, head: &Parts, upstream: Upstream<P>, media: &str) -> Failed {
        match self.whole(attempt, None, head, upstream, LARGEST_ERROR).await {
            Err(failed) => failed,
            Ok(_) => Failed::not_an_answer(
                attempt.provider,
                &format!("a stream was asked for, and `{media}` came"),
            ),
        }
    }

    async fn stream(
        &self,
        attempt: Try<'_>,
        recall: Option<Collector>,
        head: &Parts,
        upstream: Upstream<P>,
    ) -> Result<Content<P>, Failed> {
        let pipe = match (attempt.call.front, attempt.provider.row.wire) {
            (Front::Chat, Wire::Chat) => Pipe::Chat(ChatRelay::new(attempt.call.usage_asked, recall)),
            (Front::Messages, Wire::Messages) => Pipe::Messages(MessagesRelay::new()),
            _ => Pipe::Translate(Translate::new(attempt, recall, self.ports.now(), &self.seed())),
        };
        let mut opening = Opening::new(upstream, pipe);
        opening.begin().await;
        let facts = opening.facts();
        if facts.begun {
            return Ok(Content::Stream(opening));
        }
        Err(match &facts.error {
            Some(error) if !facts.cut => self.failed_inside(attempt, head, (**error).clone()),
            _ => Failed::empty(attempt.provider),
        })
    }

    /// What the ids of one answer, and of the calls in it, are made from where its provider gives none.
    fn seed(&self) -> String {
        answer_id::seed([self.ports.random(), self.ports.random()])
    }

    /// What to make of an error inside an answer that began as a success.
    fn failed_inside(&self, attempt: Try<'_>, head: &Parts, error: ApiError) -> Failed {
        Failed::said(attempt, error, head.status, &head.headers, self.ports.now())
    }
}

/// The content type of an answer that should have been a stream and says that it is none.
fn other_type(headers: &HeaderMap) -> Option<&str> {
    let media = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media = media.split(';').next().unwrap_or_default().trim();
    let is = |other: &str| media.eq_ignore_ascii_case(other);
    (is("application/json") || is("text/html")).then_some(media)
}
