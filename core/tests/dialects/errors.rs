//! Errors in the clothes of answers, and in forms that no documentation has.

use http::StatusCode;
use serde_json::{Value, json};
use tollbridge_core::protocol::{DecodeError, Wire};

use super::{Sample, Told};

#[test]
fn errors_with_a_success_status_are_errors() {
    for (name, wire, body, status, message) in [
        (
            "OpenAI's",
            Wire::Chat,
            json!({ "error": { "message": "No.", "type": "server_error", "code": null } }),
            502,
            "No.",
        ),
        ("without a type", Wire::Chat, json!({ "error": { "message": "No." } }), 502, "No."),
        ("as text", Wire::Chat, json!({ "error": "No." }), 502, "No."),
        (
            "OpenRouter's",
            Wire::Chat,
            json!({ "error": { "message": "No.", "code": 429, "metadata": {} }, "user_id": "u" }),
            429,
            "No.",
        ),
        (
            "members at the top",
            Wire::Chat,
            json!({ "object": "error", "message": "No.", "type": "BadRequestError", "param": null, "code": 400 }),
            400,
            "No.",
        ),
        ("with a code alone", Wire::Chat, json!({ "message": "No.", "code": "500" }), 500, "No."),
        (
            "MiniMax's",
            Wire::Chat,
            json!({ "id": "a", "choices": null, "created": 0, "model": "", "object": "", "usage": null,
                "base_resp": { "status_code": 1008, "status_msg": "No." } }),
            402,
            "No.",
        ),
        (
            "Cloudflare's",
            Wire::Chat,
            json!({ "success": false, "result": {}, "messages": [], "errors": [{ "code": 3040, "message": "No." }] }),
            502,
            "No.",
        ),
        (
            "Groq's",
            Wire::Chat,
            json!({ "id": "a", "choices": [{ "index": 0, "delta": {}, "finish_reason": null }], "x_groq": { "id": "r", "error": "No." } }),
            502,
            "No.",
        ),
        (
            "in a choice",
            Wire::Chat,
            json!({ "id": "a", "choices": [{ "index": 0, "finish_reason": "error", "error": { "code": 502, "message": "No." }, "delta": { "content": "" }, "message": { "content": "Half" } }] }),
            502,
            "No.",
        ),
        (
            "Anthropic's",
            Wire::Messages,
            json!({ "type": "error", "error": { "type": "overloaded_error", "message": "No." }, "request_id": "r" }),
            529,
            "No.",
        ),
        (
            "Google's",
            Wire::Gemini,
            json!({ "error": { "code": 503, "message": "No.", "status": "UNAVAILABLE" } }),
            503,
            "No.",
        ),
    ] {
        let text = body.to_string();
        let decoded = wire.decode_response(text.as_bytes(), "seed");
        let Err(DecodeError::Answer(error)) = decoded else { panic!("{name}: {decoded:?}") };
        assert_eq!((error.status.as_u16(), error.message.as_str()), (status, message), "{name}");
        let told = Told { error: message.into(), ..Told::default() };
        let begun = match wire {
            Wire::Chat => json!({ "id": "a", "choices": [{ "index": 0, "delta": { "content": "Ha" } }] }),
            Wire::Messages => {
                json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "Ha" } })
            }
            Wire::Gemini => json!({ "candidates": [{ "content": { "parts": [{ "text": "Ha" }] } }] }),
        };
        for chunks in [vec![body.clone()], vec![begun, body.clone()]] {
            Sample { name, wire, whole: Some(body.clone()), chunks, told: told.clone() }.check();
        }
    }
}

#[test]
fn errors_are_found_in_every_shape() {
    let google = json!({ "error": { "code": 400, "message": "No.", "status": "INVALID_ARGUMENT" } });
    for (wire, body) in [
        (Wire::Chat, json!([google])),
        (Wire::Chat, json!({ "detail": "No." })),
        (Wire::Chat, json!({ "message": "No.", "request_id": "r" })),
        (Wire::Chat, json!({ "errors": [{ "message": "No.", "code": 5007 }], "success": false })),
        (Wire::Messages, google.clone()),
        (Wire::Messages, json!([google])),
        (Wire::Messages, json!({ "message": "No." })),
        (Wire::Messages, json!({ "error": { "type": 7, "message": "No." } })),
        (Wire::Gemini, json!([google])),
    ] {
        for space in ["", "\n \n"] {
            let error = wire.decode_error(StatusCode::BAD_REQUEST, format!("{space}{body}").as_bytes());
            assert_eq!((error.status.as_u16(), error.message.as_str()), (400, "No."), "{body}");
        }
    }
}

/// A success of MiniMax's says so.
#[test]
fn a_base_response_of_nought_is_no_error() {
    let base: Value = json!({ "status_code": 0, "status_msg": "" });
    let whole = json!({ "id": "a", "choices": [{ "message": { "content": "Hi." }, "finish_reason": "stop" }], "base_resp": base });
    let chunks = vec![
        json!({ "id": "a", "choices": [{ "index": 0, "delta": { "content": "Hi." } }] }),
        // The last chunk holds the whole message once more.
        json!({ "id": "a", "object": "chat.completion", "choices": [{ "index": 0, "finish_reason": "stop", "message": { "content": "Hi." } }], "base_resp": base }),
    ];
    let told = Told { text: "Hi.".into(), finish: "stop".into(), ..Told::default() };
    Sample { name: "MiniMax", wire: Wire::Chat, whole: Some(whole), chunks, told }.check();
}
