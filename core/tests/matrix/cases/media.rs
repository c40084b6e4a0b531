//! Images, documents and sound.

use serde_json::{Value, json};
use tollbridge_core::protocol::{
    Front::{Chat, Messages},
    Wire,
};

use crate::scenario::{Scenario, drops, mapped, refused, scenario};

const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PDF: &str = "JVBERi0xLjQKJcOkw7zDtsOfCg==";
const PICTURE: &str = "https://example.com/a.png";

pub fn all() -> Vec<Scenario> {
    vec![image_data(), image_url(), detail(), pdf(), plain_document(), document_url(), audio()]
}

/// A user's turn of a question and one part more.
fn turn(part: Value) -> Value {
    json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, part]}]})
}

/// The same for Gemini.
fn gemini(part: Value) -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "What is this?"}, part]}]})
}

fn data_url(kind: &str, data: &str) -> String {
    format!("data:{kind};base64,{data}")
}

fn image_data() -> Scenario {
    let chat = turn(json!({"type": "image_url", "image_url": {"url": data_url("image/png", PNG)}}));
    let messages =
        turn(json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}));
    scenario("image, as data")
        .chat(chat.clone())
        .messages(messages.clone())
        .sends(Wire::Chat, chat)
        .sends(Wire::Messages, messages)
        .sends(Wire::Gemini, gemini(json!({"inlineData": {"mimeType": "image/png", "data": PNG}})))
}

fn image_url() -> Scenario {
    let chat = turn(json!({"type": "image_url", "image_url": {"url": PICTURE}}));
    let messages = turn(json!({"type": "image", "source": {"type": "url", "url": PICTURE}}));
    scenario("image, by address")
        .chat(chat.clone())
        .messages(messages.clone())
        .sends(Wire::Chat, chat)
        .sends(Wire::Messages, messages)
        .sends(Wire::Gemini, gemini(json!({"fileData": {"mimeType": "image/png", "fileUri": PICTURE}})))
}

fn detail() -> Scenario {
    scenario("image with a detail")
        .chat(turn(json!({"type": "image_url", "image_url": {"url": PICTURE, "detail": "low"}})))
        .sends(Wire::Messages, turn(json!({"type": "image", "source": {"type": "url", "url": PICTURE}})))
        .cell(
            Chat,
            Wire::Messages,
            drops(&["messages[].content[].image_url.detail"], "without the detail, which the header says"),
        )
        .sends(Wire::Gemini, gemini(json!({"fileData": {"fileUri": PICTURE}})))
        .cell(
            Chat,
            Wire::Gemini,
            drops(&["messages[].content[].image_url.detail"], "without the detail, which the header says"),
        )
        .not_from(Messages, "the front has no detail")
}

fn pdf() -> Scenario {
    let chat = turn(
        json!({"type": "file", "file": {"filename": "a.pdf", "file_data": data_url("application/pdf", PDF)}}),
    );
    let messages = turn(json!({"type": "document", "title": "a.pdf",
        "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}}));
    scenario("PDF document")
        .chat(chat.clone())
        .messages(messages.clone())
        .sends(Wire::Chat, chat)
        .sends(Wire::Messages, messages)
        .sends(
            Wire::Gemini,
            json!({"contents": [{"parts": [
                {"text": "What is this?"},
                {"text": "a.pdf"},
                {"inlineData": {"mimeType": "application/pdf", "data": PDF}},
            ]}]}),
        )
        .cell(Chat, Wire::Gemini, mapped("its title is a text before it"))
        .cell(Messages, Wire::Gemini, mapped("its title is a text before it"))
}

fn plain_document() -> Scenario {
    scenario("plain-text document")
        .chat(turn(
            json!({"type": "file", "file": {"filename": "a.txt", "file_data": data_url("text/plain", "R3LDvMOfZSDwn5iA")}}),
        ))
        .messages(turn(json!({"type": "document", "title": "a.txt",
            "source": {"type": "text", "media_type": "text/plain", "data": "Grüße 😀"}})))
        .sends(
            Wire::Messages,
            turn(json!({"type": "document", "title": "a.txt",
                "source": {"type": "text", "media_type": "text/plain", "data": "Grüße 😀"}})),
        )
        .sends(Wire::Chat, turn(json!({"type": "text", "text": "a.txt\n\nGrüße 😀"})))
        .sends_from(Messages, Wire::Gemini, gemini(json!({"text": "a.txt\n\nGrüße 😀"})))
        .sends_from(
            Chat,
            Wire::Gemini,
            json!({"contents": [{"parts": [
                {"text": "What is this?"},
                {"text": "a.txt"},
                {"inlineData": {"mimeType": "text/plain", "data": "R3LDvMOfZSDwn5iA"}},
            ]}]}),
        )
        .cell(Messages, Wire::Chat, mapped("a text part, after its title"))
        .cell(Chat, Wire::Gemini, mapped("its title is a text before it"))
        .cell(Messages, Wire::Gemini, mapped("a text part, after its title"))
}

fn document_url() -> Scenario {
    scenario("document, by address")
        .messages(turn(
            json!({"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}),
        ))
        .cell(Messages, Wire::Chat, refused("messages.0.content", "the wire takes no addresses of documents"))
        .sends(
            Wire::Gemini,
            gemini(
                json!({"fileData": {"mimeType": "application/pdf", "fileUri": "https://example.com/a.pdf"}}),
            ),
        )
        .not_from(Chat, "the front has no addresses of documents")
}

fn audio() -> Scenario {
    scenario("sound")
        .chat(turn(json!({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}})))
        .sends(Wire::Gemini, gemini(json!({"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}})))
        .cell(Chat, Wire::Messages, refused("messages[0].content", "the wire takes no sound"))
        .not_from(Messages, "the front has no sound")
}
