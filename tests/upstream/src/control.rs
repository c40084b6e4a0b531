//! The control API: how a test that runs elsewhere sees and steers its own session.
//!
//! | call | does |
//! | --- | --- |
//! | `GET /control/health` | answers `ok` |
//! | `GET /control/vocabulary` | names the scenarios and settings |
//! | `GET /control/session?key=K` | the requests of a session and how their answers ended |
//! | `POST /control/release?key=K&n=N` | lets N gated steps pass |
//! | `POST /control/answers?key=K` | lays down the answers of the scenario `answers` |
//!
//! A session's key is the token of its test, or, for requests without one, the request's path.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response, request::Parts};
use serde_json::{Value, json};

use crate::{
    Standin,
    play::{PlayedBody, plain},
    scenario,
};

/// Answers a control call.
pub async fn respond(standin: &Arc<Standin>, parts: &Parts, body: &Bytes) -> Response<PlayedBody> {
    let query = parts.uri.query().unwrap_or_default();
    let session = || standin.sessions.of(&parameter(query, "key").unwrap_or_default());
    let done = json!({"done": true});
    let (status, value) = match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/control/health") => (200, json!("ok")),
        (&Method::GET, "/control/vocabulary") => (200, scenario::vocabulary()),
        (&Method::GET, "/control/session") => (200, json!({"requests": session().records()})),
        (&Method::POST, "/control/release") => {
            session().release(parameter(query, "n").and_then(|n| n.parse().ok()).unwrap_or(1));
            (200, done)
        }
        (&Method::POST, "/control/answers") => match serde_json::from_slice::<Vec<Value>>(body) {
            Ok(answers) => {
                session().lay_down(answers);
                (200, done)
            }
            Err(error) => (400, json!({"error": error.to_string()})),
        },
        _ => (404, json!({"error": "no such control call"})),
    };
    let mut response = Response::new(plain(value.to_string().into()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response
}

/// A query parameter; keys and values here need only `%2F` undone.
fn parameter(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.replace("%2F", "/").replace("%2f", "/").replace("%2C", ","))
}
