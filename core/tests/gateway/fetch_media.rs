//! Images and documents that a request names by address.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use tollbridge_core::ports::HttpError;

use super::{
    sim::{Got, Script, Sim},
    whole_answer,
};

const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";
const PNG_BASE64: &str = "iVBORw0KGgo=";

/// A gateway with a provider that takes no addresses of images, and what is fetched in turn.
fn sim(allowed: bool, scripts: impl IntoIterator<Item = Script>) -> Sim {
    let sim = Sim::new(json!({
        "providers": {
            "ollama": { "base_url": "http://localhost:11434/v1", "models": ["llava"] },
            "openai": { "api_key": { "secret": "K" }, "models": ["gpt-4o"] },
        },
        "fetch_media": { "enabled": allowed, "max_size": "1K", "max_count": 2, "timeout": "3s" },
        "retry": { "max_retries": 0 },
    }));
    sim.script(scripts);
    sim
}

fn picture(bytes: &'static [u8]) -> Script {
    Script::new(200, "image/png", bytes)
}

fn answer() -> Script {
    Script::json(whole_answer("A cat."))
}

fn image(url: &str) -> Value {
    json!({ "type": "image_url", "image_url": { "url": url, "detail": "low" } })
}

fn ask(sim: &Sim, parts: Value) -> Got {
    sim.chat(json!({ "model": "ollama/llava", "messages": [{ "role": "user", "content": parts }] }))
}

fn messages(sim: &Sim, model: &str, blocks: Value) -> Got {
    let body =
        json!({ "model": model, "max_tokens": 9, "messages": [{ "role": "user", "content": blocks }] });
    let request = Request::post("/v1/messages").header("content-type", "application/json");
    sim.send(request.body(Full::<Bytes>::from(body.to_string())).unwrap())
}

#[test]
fn an_image_is_fetched_for_a_provider_that_takes_data_alone() {
    let sim = sim(true, [picture(PNG), answer()]);
    let url = "https://example.com/cat.png";
    let got = ask(&sim, json!([{ "type": "text", "text": "What?" }, image(url), image(url)]));
    assert_eq!(got.status.as_u16(), 200, "{}", got.body);
    let seen = sim.world.seen.borrow();
    assert_eq!((seen.len(), seen[0].uri.as_str()), (2, url), "once, though it stands there twice");
    assert!(!seen[0].headers.contains_key("authorization"));
    let sent = seen[1].json();
    let inlined = image(&format!("data:image/png;base64,{PNG_BASE64}"));
    assert_eq!(
        sent["messages"][0]["content"],
        json!([{ "type": "text", "text": "What?" }, inlined, inlined])
    );
}

#[test]
fn a_translated_request_gets_its_documents_and_images_as_data() {
    let pdf = Script::new(200, "application/pdf", &b"%PDF-1.7"[..]);
    let sim = sim(true, [pdf, answer()]);
    let source = json!({ "type": "url", "url": "https://example.com/a.pdf" });
    let got = messages(&sim, "openai/gpt-4o", json!([{ "type": "document", "source": source }]));
    assert_eq!(got.status.as_u16(), 200, "{}", got.body);
    let sent = sim.world.seen.borrow()[1].json();
    assert_eq!(
        sent["messages"][0]["content"][0]["file"]["file_data"],
        "data:application/pdf;base64,JVBERi0xLjc="
    );

    let notes = Script::new(200, "text/plain; charset=utf-8", "Notes.");
    sim.script([notes, answer()]);
    let source = json!({ "type": "url", "url": "https://example.com/notes.txt" });
    let got = messages(&sim, "openai/gpt-4o", json!([{ "type": "document", "source": source }]));
    assert_eq!(got.status.as_u16(), 200, "{}", got.body);
    let sent = sim.world.seen.borrow()[3].json();
    assert_eq!(sent["messages"][0]["content"][0]["text"], "Notes.");

    sim.script([answer()]);
    let source = json!({ "type": "url", "url": "https://example.com/cat.png" });
    let got = messages(&sim, "openai/gpt-4o", json!([{ "type": "image", "source": source }]));
    assert_eq!(got.status.as_u16(), 200, "{}", got.body);
    assert_eq!(sim.world.seen.borrow().len(), 5, "this provider fetches images itself");
}

#[test]
fn without_the_setting_it_is_a_400_that_names_it() {
    let sim = sim(false, []);
    let got = ask(&sim, json!([image("https://example.com/cat.png")]));
    assert_eq!(got.status.as_u16(), 400);
    assert!(
        got.body.contains("`fetch_media.enabled`") && got.body.contains("messages[0].content"),
        "{}",
        got.body
    );
    let source = json!({ "type": "url", "url": "https://example.com/a.pdf" });
    let got = messages(&sim, "openai/gpt-4o", json!([{ "type": "document", "source": source }]));
    assert_eq!(got.status.as_u16(), 400);
    assert!(
        got.body.contains("`fetch_media.enabled`") && got.body.contains("messages.0.content"),
        "{}",
        got.body
    );
    assert!(sim.world.seen.borrow().is_empty());
    // What is data already needs no setting.
    sim.script([answer()]);
    assert_eq!(ask(&sim, json!([image("data:image/png;base64,AA")])).status.as_u16(), 200);
}

#[test]
fn what_may_not_be_fetched_is_not_asked_for() {
    for url in [
        "http://example.com/cat.png",
        "https://127.0.0.1/cat.png",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/",
        "https://me:it@example.com/cat.png",
        "https://example.com:8443/cat.png",
    ] {
        let sim = sim(true, []);
        let got = ask(&sim, json!([image(url)]));
        assert_eq!(got.status.as_u16(), 400, "{url}: {}", got.body);
        assert!(sim.world.seen.borrow().is_empty(), "{url}");
    }
    let sim = sim(true, []);
    let many: Vec<Value> = (0..3).map(|n| image(&format!("https://example.com/{n}.png"))).collect();
    let got = ask(&sim, json!(many));
    assert!(got.status.as_u16() == 400 && got.body.contains("more than 2"), "{}", got.body);
}

#[test]
fn what_is_not_what_it_should_be_is_a_400() {
    let large = Script::new(200, "image/png", vec![0x89; 1025]);
    let announced = picture(PNG).header("content-length", "2000");
    let moved = Script::new(302, "text/plain", "").header("location", "https://169.254.169.254/");
    for (script, reason) in [
        (large, "more than 1024 bytes"),
        (announced, "more than 1024 bytes"),
        (moved, "302"),
        (Script::new(404, "text/plain", "no"), "404"),
        (Script::new(200, "text/html", "<html>secret</html>"), "no PNG"),
        (Script::fails(HttpError::Refused), "not public"),
        (Script::fails(HttpError::Dns), "not public"),
        (picture(PNG).head_after(Duration::from_secs(60)), "too long"),
    ] {
        let sim = sim(true, [script]);
        let got = ask(&sim, json!([image("https://example.com/cat.png")]));
        assert_eq!(got.status.as_u16(), 400, "{reason}: {}", got.body);
        assert!(got.body.contains(reason) && !got.body.contains("secret"), "{reason}: {}", got.body);
        assert_eq!(sim.world.seen.borrow().len(), 1);
    }
}
