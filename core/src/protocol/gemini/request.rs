//! A conversation as Gemini's wire says it.

use crate::{
    conversation::{Part, Request, Role},
    error::ApiError,
    protocol::{Encoded, Target, Wire, fields::Report, json::Object},
};

/// Writes `request` for Gemini's wire, with what it cannot say.
///
/// Fails with a 400 where a loss would change what the request means.
pub fn encode_request(request: &Request<'_>, target: &Target<'_>) -> Result<Encoded, ApiError> {
    let report = Report::new(Wire::Gemini, target);
    let mut body = Vec::with_capacity(4096);
    let mut object = Object::new(&mut body);
    object.array("contents", |contents| {
        for message in &request.messages {
            contents.object(|content| {
                content.string("role", if message.role == Role::Assistant { "model" } else { "user" });
                content.array("parts", |parts| {
                    for part in &message.parts {
                        if let Part::Text(text) = part {
                            parts.object(|object| object.string("text", &text.text));
                        }
                    }
                });
            });
        }
    });
    object.end();
    Ok(Encoded { body, losses: report.finish() })
}
