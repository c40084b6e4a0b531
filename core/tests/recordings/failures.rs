//! Answers whose status is an error, in the caller's own protocol.

use http::StatusCode;
use serde_json::{Value, json};
use tollbridge_core::protocol::{Front, Wire};

use crate::score::Score;

/// What went wrong by an independent reading: the message, and the word for its kind where the wire has
/// one.
fn said(wire: Wire, body: &Value) -> (Value, Value) {
    let error = &body["error"];
    let places = [&error["message"], error, &body["message"], &body["detail"]];
    let message = places.into_iter().find(|place| place.is_string()).expect("a message").clone();
    let word = match wire {
        Wire::Chat => Value::Null,
        Wire::Messages => error["type"].clone(),
        Wire::Gemini => {
            // `ErrorInfo` says more than the status.
            let details = error["details"].as_array().into_iter().flatten();
            let reason = details.map(|detail| &detail["reason"]).find(|reason| reason.is_string());
            reason.unwrap_or(&error["status"]).clone()
        }
    };
    (message, word)
}

/// Compares every answer of an error status with what callers of `front` are told of it.
pub(crate) fn failures(score: &mut Score, front: Front, wire: Wire, records: &[Value]) {
    for record in records {
        let status = record["response"]["status"].as_u64().expect("a status") as u16;
        if status < 400 {
            continue;
        }
        let body = record["response"]["body"].as_str().expect("text");
        let original: Value = serde_json::from_str(body).expect("JSON");
        let error = wire.decode_error(StatusCode::from_u16(status).expect("a status"), body.as_bytes());
        let told: Value = serde_json::from_slice(&front.encode_error(&error)).expect("JSON");
        let (message, word) = said(wire, &original);
        let found = match wire {
            Wire::Chat => None,
            Wire::Messages => error.upstream_type.as_deref(),
            Wire::Gemini => error.code.as_deref(),
        };
        // What a provider wrote in the caller's own protocol goes out untouched.
        let found_message =
            if front.wire() == wire { said(wire, &told).0 } else { told["error"]["message"].clone() };
        score.compare(
            &record["id"],
            "failure",
            &json!([message, word, status]),
            &json!([found_message, found, error.status.as_u16()]),
        );
        if front == Front::Messages && front.wire() != wire {
            assert!(told["type"] == "error" && told["error"]["type"].is_string(), "{told}");
        }
    }
}
