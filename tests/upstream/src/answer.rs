//! An answer as a value: a status, headers, and the steps in which its body is written.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

/// One thing that happens while an answer is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// These bytes are written, and flushed.
    Send(Bytes),
    /// Nothing is sent for this long.
    Wait(Duration),
    /// Nothing is sent until the test releases one more step.
    Gate,
    /// The connection is closed without an end of the body.
    Cut,
    /// Nothing more is ever sent (for at most [`HANG`]).
    Hang,
}

/// How long a hanging answer hangs before the stand-in gives up on it.
pub const HANG: Duration = Duration::from_secs(120);

/// What the caller will be given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The steps before the head; any [`Step::Cut`] or [`Step::Hang`] here leaves no head.
    pub before_head: Vec<Step>,
    /// The status.
    pub status: StatusCode,
    /// The headers; `content-length` only if it stands here.
    pub headers: Vec<(String, String)>,
    /// The steps of the body.
    pub steps: Vec<Step>,
}

impl Answer {
    /// A whole body of the given type, with its length.
    pub fn whole(status: u16, content_type: &str, body: impl Into<Bytes>) -> Answer {
        let body = body.into();
        Answer {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
            headers: vec![
                ("content-type".to_owned(), content_type.to_owned()),
                ("content-length".to_owned(), body.len().to_string()),
            ],
            steps: vec![Step::Send(body)],
            ..Answer::default()
        }
    }

    /// A whole JSON body.
    pub fn json(status: u16, body: &serde_json::Value) -> Answer {
        Answer::whole(status, "application/json", body.to_string())
    }

    /// A stream of server-sent events, each already framed.
    pub fn events(events: Vec<Bytes>) -> Answer {
        Answer {
            headers: vec![
                ("content-type".to_owned(), "text/event-stream; charset=utf-8".to_owned()),
                ("cache-control".to_owned(), "no-cache".to_owned()),
            ],
            steps: events.into_iter().map(Step::Send).collect(),
            ..Answer::default()
        }
    }

    /// The same answer with one more header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Answer {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Whether the body is an event stream.
    pub fn streams(&self) -> bool {
        self.headers
            .iter()
            .any(|(name, value)| name == "content-type" && value.starts_with("text/event-stream"))
    }
}
