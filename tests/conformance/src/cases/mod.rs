//! The cases, by the part of the product that they are about.

use serde_json::Value;

use crate::{
    case::Case,
    client::Whole,
    front::Front,
    verdict::{Verdict, same},
};

mod auth;
mod claude_code;
mod connection;
mod departures;
mod dialects;
mod dispatch;
mod faults;
mod hosted;
mod ledger;
mod limits;
mod load;
mod messages;
mod models;
mod plumbing;
mod process;
mod recorded_requests;
mod recordings;
mod relay;
mod replies;
mod requests;
mod restart;
mod skeleton;
mod stores;
mod streams;
mod translate;

/// All cases, in the order in which they start: long ones first.
pub(crate) fn all() -> Vec<Case> {
    [
        skeleton::cases(),
        hosted::cases(),
        recordings::cases(),
        recorded_requests::cases(),
        faults::cases(),
        load::cases(),
        departures::cases(),
        limits::cases(),
        streams::cases(),
        dispatch::cases(),
        replies::cases(),
        dialects::cases(),
        messages::cases(),
        claude_code::cases(),
        translate::cases(),
        relay::cases(),
        connection::cases(),
        requests::cases(),
        auth::cases(),
        models::cases(),
        process::cases(),
        stores::cases(),
        restart::cases(),
        plumbing::cases(),
        ledger::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A provider of each wire.
const PROVIDERS: [&str; 3] = ["openai", "anthropic", "gemini"];

/// What callers speak, and whom they may meet.
fn pairs() -> Vec<(Front, &'static str)> {
    Front::ALL.iter().flat_map(|front| PROVIDERS.map(|provider| (*front, provider))).collect()
}

/// `whole` or `stream`, for names.
fn manner(stream: bool) -> &'static str {
    if stream { "stream" } else { "whole" }
}

/// The status is the expected one, and an error has OpenAI's shape with a message.
fn refused(answer: &Whole, status: u16) -> Verdict<Value> {
    same("status", answer.status.as_u16(), status)?;
    shaped_error(answer)
}

/// The body is an error in OpenAI's shape.
fn shaped_error(answer: &Whole) -> Verdict<Value> {
    Front::Chat.error(answer)
}

/// The text of an error.
fn message(error: &Value) -> String {
    error["message"].as_str().unwrap_or_default().to_owned()
}
