//! Real recorded requests: what callers sent to one provider, sent through the gateway to others.
//! The stand-in refuses what the provider's server would refuse, and everything that was said has
//! to be found in what it got.

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tollbridge_upstream::recordings;

use crate::{
    case::{Case, Hands},
    verdict::{Verdict, check, fail, same, skip},
};

/// How many are under way at once.
const AT_ONCE: usize = 30;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("recordings", "chat requests, relayed", |hands| all(hands, Way::Relayed)),
        Case::new("recordings", "chat requests, translated to Anthropic", |hands| {
            all(hands, Way::Translated)
        }),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Relayed,
    Translated,
}

async fn all(hands: Hands, way: Way) -> Verdict {
    let Some(folder) = &hands.world.recordings else { return skip("there is no folder of recordings") };
    let recordings = match recordings::read(folder, "openai-chat") {
        Ok(recordings) => recordings,
        Err(error) => return fail(format!("cannot read the recordings: {error}")),
    };
    let answered = recordings.into_iter().filter(|recording| recording.response.status == 200);
    let asked: Vec<(String, Value)> = answered
        .filter_map(|recording| Some((recording.id, recording.request?.get("body")?.clone())))
        .filter(|(_, body)| body.is_object())
        .collect();
    let count = asked.len();
    let plays = asked.into_iter().enumerate().map(|(number, (id, body))| {
        let hands = Hands::new(hands.world.clone(), 1_000_000 * (way as usize + 1) + number);
        async move { play(hands, way, body).await.err().map(|why| format!("{id}: {why}")) }
    });
    let wrong: Vec<String> =
        stream::iter(plays).buffer_unordered(AT_ONCE).filter_map(|wrong| async { wrong }).collect().await;
    check(wrong.is_empty(), || format!("{} of {count} differ:\n{}", wrong.len(), wrong.join("\n")))
}

async fn play(hands: Hands, way: Way, body: Value) -> Verdict {
    let provider = match way {
        Way::Relayed => "mylab",
        Way::Translated => "anthropic",
    };
    let mut sent = body.clone();
    sent["model"] = json!(format!("{provider}/{}", hands.model("ok.n-1.anysig")));
    let ask = hands.post("/v1/chat/completions", sent.to_string()).header("content-type", "application/json");
    let answer = ask.send().await?;
    let status = answer.status.as_u16();
    if matches!(way, Way::Translated) && status == 400 {
        let error = super::shaped_error(&answer)?;
        let ours = error["param"].is_string() && hands.seen().await?.is_empty();
        return check(ours, || format!("the provider refused it: {error}"));
    }
    let Some(seen) = hands.seen().await?.pop() else {
        return fail(format!("nothing went upstream: {status}"));
    };
    match way {
        Way::Relayed => unbent(body, seen.json(), &hands.model("ok.n-1.anysig")),
        Way::Translated => {
            same("status", status, 200)?;
            found(&body, &seen.json())
        }
    }
}

/// The body is as it was, but for the model and the wish for usage.
fn unbent(mut body: Value, mut seen: Value, model: &str) -> Verdict {
    same("model", seen["model"].as_str(), Some(model))?;
    for value in [&mut body, &mut seen] {
        value.as_object_mut().map(|value| (value.remove("model"), value.remove("stream_options")));
    }
    check(body == seen, || format!("the body was changed to {seen}"))
}

/// Everything that was said, called, answered or declared is somewhere upstream.
fn found(body: &Value, seen: &Value) -> Verdict {
    let mut texts = Vec::new();
    strings(seen, &mut texts);
    for message in body["messages"].as_array().into_iter().flatten() {
        let mut said = Vec::new();
        strings(&message["content"], &mut said);
        // Words of the wire, and addresses that become something else, are no words of the caller's.
        let wire =
            ["text", "image_url", "file", "input_audio", "document_url", "auto", "low", "high", "ephemeral"];
        for text in said.iter().filter(|text| !wire.contains(&text.as_str()) && !text.trim().is_empty()) {
            let data = text.split_once(";base64,").map_or(text.as_str(), |(_, data)| data);
            let there = texts.iter().any(|other| other.contains(data.trim()));
            check(there, || format!("lost of {}: {}", message["role"], clip(text)))?;
        }
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let id = call["id"].as_str().unwrap_or_default();
            check(texts.iter().any(|other| other == id), || format!("lost call {id}"))?;
            let name = call["function"]["name"].as_str().unwrap_or_default();
            check(texts.iter().any(|other| other == name), || format!("lost name of call {name}"))?;
            let arguments: Value =
                serde_json::from_str(call["function"]["arguments"].as_str().unwrap_or_default())
                    .unwrap_or_default();
            let mut words = Vec::new();
            strings(&arguments, &mut words);
            let lost = words.iter().find(|word| !texts.contains(word));
            check(lost.is_none(), || format!("lost argument {lost:?}"))?;
        }
    }
    for tool in body["tools"].as_array().into_iter().flatten() {
        let name = tool["function"]["name"].as_str().or(tool["type"].as_str()).unwrap_or_default();
        check(texts.iter().any(|other| other == name), || format!("lost tool {name}"))?;
    }
    Ok(())
}

/// All texts in a value.
pub(super) fn strings(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|value| strings(value, out)),
        Value::Object(members) => members.values().for_each(|value| strings(value, out)),
        _ => {}
    }
}

fn clip(text: &str) -> String {
    text.chars().take(120).collect()
}
