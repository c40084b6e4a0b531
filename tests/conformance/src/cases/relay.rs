//! The caller's wire is the provider's: what the gateway does not need to touch stays as it is.

use serde_json::{Value, json};

use crate::{
    case::{Case, Hands},
    reading::chat,
    verdict::{Verdict, check, same},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("relay", "only the model is changed in a body", only_the_model),
        Case::new("relay", "unknown request fields go upstream", unknown_request),
        Case::new("relay", "unknown response fields come back (whole)", |hands| {
            unknown_response(hands, false)
        }),
        Case::new("relay", "unknown response fields come back (stream)", |hands| {
            unknown_response(hands, true)
        }),
        Case::new("relay", "the provider's limits come back on success", limits),
        Case::new("relay", "what a provider sets beside is not passed on", response_headers),
        Case::new("relay", "usage is asked for upstream and nothing else is added", include_usage),
        Case::new("relay", "n > 1 goes through", many_choices),
        Case::new("relay", "a provider without a key gets none", keyless),
        Case::new("relay", "Azure's deployment URL and key header", azure),
        Case::new("relay", "max_tokens is renamed for models that want it so", renamed_limit),
        Case::new("relay", "a picture's URL is passed on, not fetched", picture),
        Case::new("relay", "a picture's URL is a 400 where the provider takes none", picture_refused),
        Case::new("relay", "reasoning that is always on is a 400 that names the lowest level", always_on),
        Case::new("relay", "what a provider wants otherwise in messages, and what was lost", closed_messages),
    ]
}

async fn only_the_model(hands: Hands) -> Verdict {
    let model = hands.model("ok.n-1");
    let rest = r#""temperature" : 1.0, "seed":12345678901234567890, "metadata":{"k":"\u00e9 \/"},
        "messages":[ {"role":"user","content":"Zoll\tbr\u00fccke 🌉"} ] , "stop":null}"#;
    let body = format!("{{ \"model\" : \"openai/{model}\",{rest}");
    let ask = hands.post("/v1/chat/completions", body).header("content-type", "application/json");
    same("status", ask.send().await?.status.as_u16(), 200)?;
    let expected = format!("{{ \"model\" : \"{model}\",{rest}");
    same("body upstream", hands.seen_once().await?.body, expected)
}

async fn unknown_request(hands: Hands) -> Verdict {
    let future = json!({"deep": [1, {"unicode": "é"}], "number": 1.5});
    let answer = hands.chat("openai/ok.n-1").with("x_future_option", future.clone()).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    same("the field upstream", hands.seen_once().await?.json()["x_future_option"].clone(), future)
}

async fn unknown_response(hands: Hands, stream: bool) -> Verdict {
    let answer = hands.chat("openai/ok.n-2.extra").streamed_if(stream).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let text = answer.text();
    check(text.contains(r#""x_standin":{"kept":[1,2.5,"é"]}"#), || format!("the field is lost: {text}"))?;
    check(text.contains("fp_standin"), || "system_fingerprint is lost".to_owned())
}

async fn limits(hands: Hands) -> Verdict {
    let answer = hands.chat("openai/ok.n-1.limits").send().await?;
    same("x-ratelimit-remaining-requests", answer.header("x-ratelimit-remaining-requests"), "59")
}

async fn response_headers(hands: Hands) -> Verdict {
    let body = json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
        "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}});
    let headers = json!({"content-type": "application/json", "set-cookie": "up=1", "server": "upstream/1",
        "x-internal": "secret", "access-control-allow-origin": "*", "strict-transport-security": "max-age=1",
        "openai-organization": "org-secret", "connection": "keep-alive, x-internal"});
    hands
        .lay_down(json!([{"status": 200, "headers": headers, "steps": [{"send": body.to_string()}]}]))
        .await?;
    let answer = hands.chat("openai/answers").send().await?;
    same("status", answer.status.as_u16(), 200)?;
    for name in ["set-cookie", "x-internal", "access-control-allow-origin", "strict-transport-security"] {
        same(name, answer.header(name), "")?;
    }
    check(!answer.header("server").contains("upstream"), || {
        "the upstream's server header comes back".to_owned()
    })
}

async fn include_usage(hands: Hands) -> Verdict {
    let answer = hands.chat("openai/ok.n-1").stream_without_usage().send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let mut body = hands.seen_once().await?.json();
    same("stream_options upstream", &body["stream_options"]["include_usage"], &json!(true))?;
    let members =
        body.as_object_mut().map(|body| body.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let known = ["model", "messages", "stream", "stream_options"];
    let added: Vec<&String> = members.iter().filter(|name| !known.contains(&name.as_str())).collect();
    check(added.is_empty(), || format!("added upstream: {added:?}"))
}

async fn many_choices(hands: Hands) -> Verdict {
    let answer = hands.chat("openai/ok.n-1").with("n", json!(2)).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    same("n upstream", hands.seen_once().await?.json()["n"].clone(), json!(2))
}

async fn keyless(hands: Hands) -> Verdict {
    same("status", hands.chat("ollama/ok.n-1").send().await?.status.as_u16(), 200)?;
    let seen = hands.seen_once().await?;
    same("authorization", seen.header("authorization"), "")?;
    same("path", seen.path.as_str(), "/keyless/m/local-llama/v1/chat/completions")
}

async fn azure(hands: Hands) -> Verdict {
    let model = hands.model("ok.n-2.azure");
    let answer = hands.chat(&format!("azure/{}", "ok.n-2.azure")).stream().send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let seen = hands.seen_once().await?;
    let path = format!("/az/openai/deployments/{model}/chat/completions?api-version=2024-10-21");
    same("path", seen.path.as_str(), path.as_str())?;
    same("api-key", seen.header("api-key"), "sk-up-azure")?;
    same("authorization", seen.header("authorization"), "")?;
    let reading = chat::stream(&answer.text());
    same("text", reading.text, tollbridge_upstream::passage::text(2))
}

async fn renamed_limit(hands: Hands) -> Verdict {
    let answer = hands.chat("openai/gpt-5-mini~ok.n-1").with("max_tokens", json!(50)).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let body = hands.seen_once().await?.json();
    same("max_completion_tokens", &body["max_completion_tokens"], &json!(50))?;
    same("max_tokens", &body["max_tokens"], &Value::Null)
}

async fn picture(hands: Hands) -> Verdict {
    let url = format!("{}/picture.png", hands.world.upstream.url());
    let image = json!({"type": "image_url", "image_url": {"url": url}});
    let content = json!([{"type": "text", "text": "What is this?"}, image]);
    let answer = hands
        .chat("openai/ok.n-1")
        .with("messages", json!([{"role": "user", "content": content}]))
        .send()
        .await?;
    same("status", answer.status.as_u16(), 200)?;
    same("the content upstream", hands.seen_once().await?.json()["messages"][0]["content"].clone(), content)?;
    let fetched = crate::world::seen(&hands.world, "/picture.png").await?;
    same("requests for the picture", fetched.len(), 0)
}

async fn picture_refused(hands: Hands) -> Verdict {
    let image = json!({"type": "image_url", "image_url": {"url": "https://example.com/picture.png"}});
    let messages = json!([{"role": "user", "content": [image]}]);
    let answer = hands.chat("ollama/ok.n-1").with("messages", messages).send().await?;
    same("status", answer.status.as_u16(), 400)?;
    let text = answer.text();
    check(text.contains("fetch_media.enabled"), || format!("the setting is not named: {text}"))
}

async fn always_on(hands: Hands) -> Verdict {
    let answer =
        hands.chat("openai/gpt-5-mini~ok.n-1").with("reasoning_effort", json!("none")).send().await?;
    same("status", answer.status.as_u16(), 400)?;
    let text = answer.text();
    check(text.contains("`minimal`"), || format!("the lowest level is not named: {text}"))
}

async fn closed_messages(hands: Hands) -> Verdict {
    let messages = json!([
        {"role": "user", "content": "Hi", "name": "ann"},
        {"role": "assistant", "content": "Hello", "reasoning_content": "Hm", "refusal": null},
        {"role": "user", "content": "And?"},
    ]);
    let answer = hands.chat("groq/ok.n-1").with("messages", messages).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let lost = "messages[].name, messages[].reasoning_content";
    same("x-tollbridge-dropped", answer.header("x-tollbridge-dropped"), lost)?;
    let sent = hands.seen_once().await?.json()["messages"][1].clone();
    same("the assistant's message upstream", sent, json!({"role": "assistant", "content": "Hello"}))
}
