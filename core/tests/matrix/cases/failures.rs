//! A provider's errors: their status and what they say of waiting reach the caller, in its own shape.

use serde_json::{Value, json};
use tollbridge_core::protocol::Wire;

use crate::{
    read::{Failure, Said},
    scenario::{Answer, Scenario, mapped, scenario},
};

/// The scenario, the status, OpenAI's type and code, Anthropic's type, the words.
type Error = (&'static str, u16, &'static str, Value, &'static str, &'static str);

pub fn all() -> Vec<Scenario> {
    let errors: [Error; 9] = [
        (
            "provider answers 400",
            400,
            "invalid_request_error",
            json!("invalid_value"),
            "invalid_request_error",
            "Bad field.",
        ),
        (
            "provider answers 401",
            401,
            "invalid_request_error",
            json!("invalid_api_key"),
            "authentication_error",
            "Bad key.",
        ),
        ("provider answers 403", 403, "invalid_request_error", Value::Null, "permission_error", "Not yours."),
        (
            "provider answers 404",
            404,
            "invalid_request_error",
            json!("model_not_found"),
            "not_found_error",
            "No such model.",
        ),
        (
            "provider answers 413",
            413,
            "invalid_request_error",
            Value::Null,
            "request_too_large",
            "Too large.",
        ),
        (
            "provider answers 429 with retry-after",
            429,
            "requests",
            json!("rate_limit_exceeded"),
            "rate_limit_error",
            "Too fast.",
        ),
        ("provider answers 500", 500, "server_error", Value::Null, "api_error", "We broke."),
        ("provider answers 503", 503, "server_error", Value::Null, "api_error", "Not now."),
        ("provider answers 529", 529, "overloaded_error", Value::Null, "overloaded_error", "Overloaded."),
    ];
    errors.into_iter().map(one).collect()
}

fn one((name, status, kind, code, anthropic, words): Error) -> Scenario {
    let mut openai = Answer::failure(
        status,
        json!({"error": {"message": words, "type": kind, "param": null, "code": code}}),
    );
    let body =
        json!({"type": "error", "error": {"type": anthropic, "message": words}, "request_id": "req_011CSHo"});
    let mut claude = Answer::failure(status, body);
    let mut google = Answer::failure(status, google(status, words));
    if status == 429 {
        for answer in [&mut openai, &mut claude] {
            answer.headers.push(("retry-after", "120".to_owned()));
        }
        google.told.push(("retry-after", "120".to_owned()));
    }
    let scenario = scenario(name)
        .greeting()
        .answers(Wire::Chat, openai)
        .answers(Wire::Messages, claude)
        .answers(Wire::Gemini, google)
        .caller_reads(|said| {
            let failure = Failure { status, message: words.to_owned(), field: None };
            *said = Said { failure: Some(failure), ..Said::default() };
        });
    if status != 401 && status != 403 {
        return scenario;
    }
    let note = "the status, and that the gateway's own key was refused";
    let pairs = crate::scenario::FRONTS
        .into_iter()
        .flat_map(|front| crate::scenario::WIRES.map(|wire| (front, wire)));
    pairs.fold(scenario, |scenario, (front, wire)| scenario.cell(front, wire, mapped(note)))
}

/// Google's shape: how long to wait stands in the details.
fn google(status: u16, words: &str) -> Value {
    let word = match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        503 | 529 => "UNAVAILABLE",
        _ => "INVALID_ARGUMENT",
    };
    let mut error = json!({"code": status, "message": words, "status": word});
    if status == 429 {
        error["details"] =
            json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "119.2s"}]);
    }
    json!({"error": error})
}
