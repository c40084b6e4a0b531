//! The front door: endpoints, keys, bodies, browsers.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    ask, openai, sim,
    sim::{Script, Sim, chat_request, get},
    whole_answer,
};

fn digest(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn with_keys() -> Sim {
    let mut document = openai();
    document["master_key"] = json!({"secret": "MASTER"});
    document["keys"] = json!([
        {"name": "app", "digest": digest("tb-app"), "tenant": "/team/app", "labels": {"cost": "42"}, "models": ["gpt-4o-mini"]},
        {"name": "old", "digest": digest("tb-old"), "expires_at": "2020-01-01T00:00:00Z"},
    ]);
    Sim::new(document)
}

fn chat_as(name: &str, value: &str, body: &Value) -> Request<Full<Bytes>> {
    let mut request = chat_request(&body.to_string());
    request.headers_mut().insert(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    request
}

#[test]
fn who_has_a_key_is_served() {
    for (header, value) in [
        ("authorization", "Bearer tb-app"),
        ("authorization", "bearer  tb-app "),
        ("x-api-key", "tb-app"),
        ("authorization", "Bearer value-of-MASTER"),
    ] {
        let sim = with_keys();
        sim.script([Script::json(whole_answer("Hello."))]);
        assert_eq!(sim.send(chat_as(header, value, &ask(false))).status, 200, "{header}: {value}");
        let seen = sim.world.seen.borrow();
        assert!(!format!("{:?}", seen[0].headers).contains("tb-app"), "a gateway key stays here");
    }
}

#[test]
fn who_has_none_is_not() {
    for (header, value) in [
        ("x-other", "tb-app"),
        ("authorization", "tb-app"),
        ("authorization", "Bearer "),
        ("authorization", "Bearer tb-appx"),
        ("authorization", "Basic tb-app"),
        ("x-api-key", "tb-old"),
    ] {
        let sim = with_keys();
        let got = sim.send(chat_as(header, value, &ask(false)));
        assert_eq!(got.status, 401, "{header}: {value}");
        assert_eq!(got.json()["error"]["code"], "invalid_api_key");
        assert!(!got.body.contains("tb-"));
        assert!(sim.world.seen.borrow().is_empty());
        assert!(sim.world.rows.borrow().is_empty(), "strangers cannot grow the ledger");
        assert_eq!(sim.world.lines.borrow().len(), 1);
    }
}

#[test]
fn a_key_is_kept_to_its_models() {
    let sim = with_keys();
    let mut body = ask(false);
    body["model"] = json!("openai/o3");
    let got = sim.send(chat_as("authorization", "Bearer tb-app", &body));
    assert_eq!((got.status.as_u16(), &got.json()["error"]["code"]), (403, &json!("model_not_allowed")));
    assert_eq!(sim.row().status, 403);
}

#[test]
fn usage_is_counted_under_the_keys_tenant_and_the_callers_path_below_it() {
    let sim = with_keys();
    sim.script([Script::json(whole_answer("Hello."))]);
    let mut request = chat_as("authorization", "Bearer tb-app", &ask(false));
    request.headers_mut().insert("x-tollbridge-user-path", "/alice".parse().unwrap());
    assert_eq!(sim.send(request).status, 200);
    let row = sim.row();
    assert_eq!((&*row.tenant, &*row.key), ("/team/app", "app"));
    assert_eq!(row.labels["cost"], "42");
    assert_eq!(row.user_path.as_deref(), Some("/alice"));
    let mut request = chat_as("authorization", "Bearer tb-app", &ask(false));
    request.headers_mut().insert("x-tollbridge-user-path", "/../other".parse().unwrap());
    assert_eq!(sim.send(request).status, 400);
}

#[test]
fn bad_bodies_are_refused_with_their_reason() {
    for (body, wants) in [
        ("", "empty"),
        ("{", "line 1"),
        ("[]", "must be a JSON object"),
        (r#"{"model":"gpt-4o-mini","mod\u0065l":"x","messages":[]}"#, "twice"),
        (r#"{"model":5}"#, "model"),
        (r#"{"model":"gpt-4o-mini","stream":"yes"}"#, "stream"),
        (r#"{"messages":[]}"#, "names no model"),
        (r#"{"model":"gpt-4o-mini","stream":true,"stream_options":7}"#, "stream_options"),
    ] {
        let sim = sim();
        let got = sim.send(chat_request(body));
        assert_eq!(got.status, 400, "{body}");
        let message = got.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(wants), "{body}: {message}");
        assert_eq!(got.json()["error"]["type"], "invalid_request_error");
        assert!(sim.world.seen.borrow().is_empty());
    }
}

#[test]
fn other_types_and_large_bodies_are_refused() {
    let sim = sim();
    let mut form = chat_request("model=x");
    form.headers_mut().insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    assert_eq!(sim.send(form).status, 415);
    let mut bare = chat_request(&ask(false).to_string());
    bare.headers_mut().remove("content-type");
    sim.script([Script::json(whole_answer("Hello."))]);
    assert_eq!(sim.send(bare).status, 200);

    let mut document = openai();
    document["body_size_limit"] = json!(100);
    let sim = Sim::new(document);
    let got = sim.send(chat_request(&format!("{{\"model\":\"{}\"}}", "x".repeat(100))));
    assert_eq!(got.status, 413);
    assert!(got.body.contains("BODY_SIZE_LIMIT"));
}

#[test]
fn paths_and_methods_are_what_they_are() {
    let sim = sim();
    for (method, path, status, allow) in [
        (Method::GET, "/v1/chat/completions", 405, "POST, OPTIONS"),
        (Method::DELETE, "/v1/models", 405, "GET, HEAD, OPTIONS"),
        (Method::GET, "/v1/nothing", 404, ""),
        (Method::POST, "/chat/completions", 404, ""),
        (Method::GET, "/health", 200, ""),
        (Method::GET, "/health/ready", 200, ""),
        (Method::HEAD, "/health", 200, ""),
        (Method::GET, "/version", 200, ""),
        (Method::GET, "/v1/models/", 404, ""),
    ] {
        let request = Request::builder().method(&method).uri(path).body(Full::default()).unwrap();
        let got = sim.send(request);
        assert_eq!((got.status.as_u16(), got.header("allow")), (status, allow), "{method} {path}");
        if status >= 400 {
            assert!(got.json()["error"]["message"].is_string());
        }
    }
    sim.world.refusals.set(1);
    let got = sim.send(get("/health/ready"));
    assert_eq!(got.status, 503);
    assert!(!got.body.contains("secret path"));
}

#[test]
fn every_answer_names_its_request() {
    let sim = sim();
    let mut request = get("/v1/nothing");
    request.headers_mut().insert("x-request-id", "mine-1".parse().unwrap());
    assert_eq!(sim.send(request).header("x-request-id"), "mine-1");
    let first = sim.send(get("/health")).header("x-request-id").to_owned();
    let second = sim.send(get("/health")).header("x-request-id").to_owned();
    assert!(first.len() == 32 && first != second);
}

fn from_browser(mut request: Request<Full<Bytes>>, origin: &str) -> Request<Full<Bytes>> {
    request.headers_mut().insert("origin", origin.parse().unwrap());
    request
}

#[test]
fn browsers_are_let_in_by_name_only() {
    let got = sim().send(from_browser(get("/v1/models"), "https://app.example.com"));
    assert_eq!(got.header("access-control-allow-origin"), "");
    let mut document = openai();
    document["cors"] = json!({"origins": ["https://app.example.com"]});
    let sim = Sim::new(document);
    let got = sim.send(from_browser(get("/v1/models"), "https://app.example.com"));
    assert_eq!(got.header("access-control-allow-origin"), "https://app.example.com");
    assert_eq!(got.header("vary"), "origin");
    let got = sim.send(from_browser(get("/v1/models"), "https://evil.example.com"));
    assert_eq!(got.header("access-control-allow-origin"), "");
    let preflight = Request::options("/v1/chat/completions")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization, content-type")
        .body(Full::default())
        .unwrap();
    let got = sim.send(from_browser(preflight, "https://app.example.com"));
    assert_eq!(got.status, 204);
    assert_eq!(got.header("access-control-allow-headers"), "authorization, content-type");
    assert_eq!(got.header("access-control-allow-methods"), "POST, OPTIONS");
}

#[test]
fn a_page_spends_nothing_through_a_gateway_without_keys() {
    let asked = |document: Value, key: &str, origin: &str| {
        let sim = Sim::new(document);
        sim.script([Script::json(whole_answer("Hello."))]);
        let mut request = from_browser(chat_request(&ask(false).to_string()), origin);
        request.headers_mut().insert("x-api-key", key.parse().unwrap());
        let status = sim.send(request).status.as_u16();
        (status, sim.world.seen.borrow().len())
    };
    assert_eq!(asked(openai(), "", "https://evil.example.com"), (403, 0));
    assert_eq!(asked(openai(), "", "null"), (403, 0));
    let mut allowed = openai();
    allowed["cors"] = json!({"origins": ["https://app.example.com"]});
    assert_eq!(asked(allowed.clone(), "", "https://app.example.com"), (200, 1));
    assert_eq!(asked(allowed, "", "https://evil.example.com"), (403, 0));
    // Whoever has a key may be any program.
    let mut closed = openai();
    closed["master_key"] = json!({"secret": "MASTER"});
    assert_eq!(asked(closed, "value-of-MASTER", "https://evil.example.com"), (200, 1));
}

#[test]
fn usage_is_the_masters_to_read() {
    let sim = with_keys();
    let summary = |key: &str| {
        let mut request = get("/admin/usage/summary");
        request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
        request
    };
    assert_eq!(sim.send(summary("value-of-MASTER")).status, 200);
    assert_eq!(sim.send(summary("tb-app")).status, 403);
    assert_eq!(sim.send(summary("nobody")).status, 401);
    assert_eq!(Sim::new(openai()).send(get("/admin/usage/summary")).status, 403);
}
