//! The stand-in itself over HTTP: what a gateway's tests rely on.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tollbridge_upstream::{Standin, recordings, spawn};

struct Probe {
    address: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
}

async fn probe() -> Probe {
    let address = spawn(Standin::new(recordings::folder().as_deref())).await.unwrap();
    Probe { address, client: Client::builder(TokioExecutor::new()).build_http() }
}

impl Probe {
    async fn send(&self, path: &str, body: Value) -> Response<Incoming> {
        let request = Request::post(format!("http://{}{path}", self.address))
            .header("authorization", "Bearer sk-up-openai")
            .header("x-api-key", "sk-up-anthropic")
            .header("x-goog-api-key", "sk-up-gemini")
            .header("anthropic-version", "2023-06-01")
            .header("content-type", "application/json")
            .body(Full::from(body.to_string()))
            .unwrap();
        self.client.request(request).await.unwrap()
    }

    async fn control(&self, method: &str, call: &str, body: String) -> Value {
        let uri = format!("http://{}/control/{call}", self.address);
        let request = Request::builder().method(method).uri(uri).body(Full::from(body)).unwrap();
        let response = self.client.request(request).await.unwrap();
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    async fn session(&self, key: &str) -> Value {
        self.control("GET", &format!("session?key={key}"), String::new()).await["requests"].clone()
    }
}

async fn text(response: Response<Incoming>) -> Result<String, hyper::Error> {
    let bytes = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn chat(model: &str, stream: bool) -> Value {
    json!({"model": model, "stream": stream, "messages": [{"role": "user", "content": "hello"}]})
}

fn contents() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "hello"}]}]})
}

fn message(model: &str, stream: bool) -> Value {
    json!({"model": model, "stream": stream, "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]})
}

#[tokio::test]
async fn every_reply_is_complete_on_every_wire() {
    let probe = probe().await;
    let names = probe.control("GET", "vocabulary", String::new()).await;
    for name in names["replies"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        let whole = text(probe.send("/v1/chat/completions", chat(name, false)).await).await.unwrap();
        let whole: Value = serde_json::from_str(&whole).unwrap();
        assert!(whole["choices"][0]["finish_reason"].is_string(), "{name}: {whole}");
        let stream = text(probe.send("/v1/chat/completions", chat(name, true)).await).await.unwrap();
        assert!(stream.ends_with("data: [DONE]\n\n"), "{name}: {stream}");
        let whole = text(probe.send("/v1/messages", message(name, false)).await).await.unwrap();
        let whole: Value = serde_json::from_str(&whole).unwrap();
        assert!(whole["stop_reason"].is_string(), "{name}: {whole}");
        let stream = text(probe.send("/v1/messages", message(name, true)).await).await.unwrap();
        assert!(
            stream.starts_with("event: message_start\n") && stream.contains("event: message_stop\n"),
            "{name}"
        );
        for model in [name.to_owned(), format!("gemini-3-flash~{name}")] {
            let at = |method: &str| format!("/gemini/v1beta/models/{model}:{method}");
            let whole = text(probe.send(&at("generateContent"), contents()).await).await.unwrap();
            let whole: Value = serde_json::from_str(&whole).unwrap();
            assert!(whole["candidates"][0]["finishReason"].is_string(), "{model}: {whole}");
            let at = at("streamGenerateContent?alt=sse");
            let stream = text(probe.send(&at, contents()).await).await.unwrap();
            let last = stream.trim_end().rsplit("\r\n\r\n").next().unwrap_or_default();
            assert!(last.contains("\"finishReason\""), "{model}: {stream}");
        }
    }
}

#[tokio::test]
async fn tokens_are_counted() {
    let probe = probe().await;
    let mut asked = message("ok.pt-31", false);
    assert_eq!(probe.send("/v1/messages/count_tokens", asked.clone()).await.status(), 400);
    asked.as_object_mut().unwrap().retain(|name, _| !["max_tokens", "stream"].contains(&name.as_str()));
    let counted = text(probe.send("/v1/messages/count_tokens", asked).await).await.unwrap();
    assert_eq!(counted, r#"{"input_tokens":31}"#);
    let counted =
        text(probe.send("/gemini/v1beta/models/ok.pt-31:countTokens", contents()).await).await.unwrap();
    assert!(counted.contains("\"totalTokens\":31"), "{counted}");
}

#[tokio::test]
async fn geminis_models_come_in_pages() {
    let probe = probe().await;
    let page = |query: &str| format!("/gemini/m/a,b,c/v1beta/models?pageSize=2{query}");
    let first: Value =
        serde_json::from_str(&text(probe.send(&page(""), json!({})).await).await.unwrap()).unwrap();
    assert_eq!((first["models"].as_array().unwrap().len(), &first["nextPageToken"]), (2, &json!("2")));
    let next: Value =
        serde_json::from_str(&text(probe.send(&page("&pageToken=2"), json!({})).await).await.unwrap())
            .unwrap();
    assert_eq!((&next["models"][0]["name"], &next["nextPageToken"]), (&json!("models/c"), &Value::Null));
}

#[tokio::test]
async fn errors_have_each_providers_shape_and_headers() {
    let probe = probe().await;
    let response = probe
        .send("/v1/chat/completions", chat("error.status-429.retry-1.retryms-5.limits.noretry", false))
        .await;
    assert_eq!(response.status(), 429);
    for (name, value) in [
        ("retry-after", "1"),
        ("retry-after-ms", "5"),
        ("x-ratelimit-limit-requests", "60"),
        ("x-should-retry", "false"),
    ] {
        assert_eq!(response.headers()[name], value);
    }
    assert!(text(response).await.unwrap().contains("\"code\":\"rate_limit_exceeded\""));
    let response = probe.send("/v1/messages", message("error.status-529", false)).await;
    assert_eq!(response.status(), 529);
    assert!(text(response).await.unwrap().contains("overloaded_error"));
    let response = probe.send("/v1/chat/completions", chat("ok.no-such-setting", false)).await;
    assert_eq!(response.status(), 400);
    let response = probe.send("/v1/chat/completions", chat("no-such-model", false)).await;
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn a_foreign_key_is_refused() {
    let probe = probe().await;
    let request = Request::post(format!("http://{}/v1/chat/completions", probe.address))
        .header("authorization", "Bearer sk-tb-gateway")
        .body(Full::from(chat("ok", false).to_string()))
        .unwrap();
    assert_eq!(probe.client.request(request).await.unwrap().status(), 401);
    let request = Request::post(format!("http://{}/gemini/v1beta/models/ok:generateContent", probe.address))
        .header("x-goog-api-key", "sk-tb-gateway")
        .body(Full::from(contents().to_string()))
        .unwrap();
    let response = probe.client.request(request).await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(text(response).await.unwrap().contains("API_KEY_INVALID"));
}

#[tokio::test]
async fn a_stepped_stream_waits_for_each_release() {
    let probe = probe().await;
    let key = "tok-step";
    let mut asked = chat("ok.n-3.step", true);
    asked["user"] = json!(key);
    let mut body = probe.send("/v1/chat/completions", asked).await.into_body();
    assert!(body.frame().await.is_some(), "the first event is free");
    let silent = tokio::time::timeout(Duration::from_millis(80), body.frame()).await;
    assert!(silent.is_err(), "the second event came before its release");
    probe.control("POST", &format!("release?key={key}&n=1"), String::new()).await;
    assert!(tokio::time::timeout(Duration::from_secs(5), body.frame()).await.unwrap().is_some());
    drop(body);
    for _ in 0..100 {
        let session = probe.session(key).await;
        if session[0]["ended"] == "dropped" {
            assert_eq!(session[0]["sent"], 2);
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the departure was not seen: {}", probe.session(key).await);
}

#[tokio::test]
async fn a_caller_who_leaves_a_hanging_head_is_seen() {
    let probe = probe().await;
    let mut asked = chat("ok.hang-head", false);
    asked["user"] = json!("tok-hang");
    let waiting =
        tokio::time::timeout(Duration::from_millis(100), probe.send("/v1/chat/completions", asked)).await;
    assert!(waiting.is_err());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(probe.session("tok-hang").await[0]["ended"], "dropped");
}

#[tokio::test]
async fn a_cut_is_a_broken_transfer_and_not_an_end() {
    let probe = probe().await;
    for model in ["ok.cut-3", "unicode.cut-3.cutat-char", "ok.cut-3.cutat-line"] {
        let response = probe.send("/v1/chat/completions", chat(model, true)).await;
        assert!(text(response).await.is_err(), "{model}");
        let response = probe.send("/v1/chat/completions", chat(model, false)).await;
        assert!(text(response).await.is_err(), "{model} whole");
    }
    let response = probe.send("/v1/chat/completions", chat("ok.ends-3", true)).await;
    assert!(text(response).await.is_ok());
}

#[tokio::test]
async fn failures_are_counted_by_test() {
    let probe = probe().await;
    let mut asked = chat("failthen.times-2.status-503.then-tool", false);
    asked["user"] = json!("tok-count");
    for status in [503, 503, 200] {
        assert_eq!(probe.send("/v1/chat/completions", asked.clone()).await.status(), status);
    }
    let answers = json!([{"script": "error.status-500"}, {"status": 200, "headers": {"content-type": "text/plain"},
        "steps": [{"send": "own "}, {"wait_ms": 1}, {"send": "bytes"}]}]);
    probe.control("POST", "answers?key=tok-own", answers.to_string()).await;
    let mut asked = chat("answers", false);
    asked["user"] = json!("tok-own");
    assert_eq!(probe.send("/v1/chat/completions", asked.clone()).await.status(), 500);
    assert_eq!(text(probe.send("/v1/chat/completions", asked).await).await.unwrap(), "own bytes");
    let session = probe.session("tok-own").await;
    assert_eq!(session.as_array().unwrap().len(), 2);
    assert_eq!(session[0]["path"], "/v1/chat/completions");
}

#[tokio::test]
async fn recordings_are_played_byte_for_byte() {
    let Some(folder) = recordings::folder() else {
        eprintln!("skipped: no recordings folder");
        return;
    };
    let probe = probe().await;
    let all = recordings::read(&folder, "openai-chat").unwrap();
    let recording = all.iter().find(|recording| recording.stream).unwrap();
    let model = format!("replay.id-{}.piece-7", recording.id);
    let played = text(probe.send("/v1/chat/completions", chat(&model, true)).await).await.unwrap();
    assert_eq!(Some(played), recording.response.body);
}
