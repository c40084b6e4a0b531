//! Real recorded requests: what callers sent to one provider, sent through the gateway to others.
//! The stand-in refuses what the provider's server would refuse, and everything that was said has
//! to be found in what it got.

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tollbridge_upstream::recordings;

use super::PROVIDERS;
use crate::{
    case::{Case, Hands},
    fixture::BODY_SIZE_LIMIT,
    front::Front,
    verdict::{Verdict, check, fail, same, skip},
};

/// How many are under way at once.
const AT_ONCE: usize = 30;

/// A caller's protocol, the wire whose recordings speak it, and the providers that are asked.
const WAYS: &[(Front, &str, &[&str])] = &[
    (Front::Chat, "openai-chat", &["mylab", "anthropic", "gemini"]),
    (Front::Messages, "anthropic-messages", &["anthropic", "openai", "gemini"]),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (front, wire, providers) in WAYS {
        let here = |provider: &&&str| PROVIDERS.contains(*provider) || **provider == "mylab";
        for provider in providers.iter().filter(here) {
            let name = format!("{} requests to {provider}", front.name());
            let way = Way { front: *front, wire, provider, number: cases.len() + 1 };
            cases.push(Case::new("recordings", name, move |hands| all(hands, way)));
        }
    }
    cases
}

#[derive(Clone, Copy, Debug)]
struct Way {
    front: Front,
    wire: &'static str,
    provider: &'static str,
    number: usize,
}

impl Way {
    fn is_relayed(self) -> bool {
        matches!((self.front, self.provider), (Front::Chat, "mylab") | (Front::Messages, "anthropic"))
    }
}

async fn all(hands: Hands, way: Way) -> Verdict {
    let Some(folder) = &hands.world.recordings else { return skip("there is no folder of recordings") };
    let recordings = match recordings::read(folder, way.wire) {
        Ok(recordings) => recordings,
        Err(error) => return fail(format!("cannot read the recordings: {error}")),
    };
    let answered = recordings.into_iter().filter(|recording| recording.response.status == 200);
    let asked: Vec<(String, Value)> = answered
        .filter_map(|recording| Some((recording.id, recording.request?.get("body")?.clone())))
        .filter(|(_, body)| body.is_object() && body.to_string().len() <= BODY_SIZE_LIMIT)
        .collect();
    let count = asked.len();
    let plays = asked.into_iter().enumerate().map(|(number, (id, body))| {
        let hands = Hands::new(hands.world.clone(), 1_000_000 * way.number + number);
        async move { play(hands, way, body).await.err().map(|why| format!("{id}: {why}")) }
    });
    let wrong: Vec<String> =
        stream::iter(plays).buffer_unordered(AT_ONCE).filter_map(|wrong| async { wrong }).collect().await;
    check(wrong.is_empty(), || format!("{} of {count} differ:\n{}", wrong.len(), wrong.join("\n")))
}

async fn play(hands: Hands, way: Way, body: Value) -> Verdict {
    // Signatures in recordings were issued by others, and some models take what others refuse.
    let model = hands.model("ok.n-1.anysig.systemturns");
    let mut sent = body.clone();
    sent["model"] = json!(format!("{}/{model}", way.provider));
    let answer = hands.post(way.front.path(), "").spoken(way.front).saying(sent).send().await?;
    let status = answer.status.as_u16();
    if status == 400 && !way.is_relayed() {
        let error = way.front.error(&answer)?;
        return check(hands.seen().await?.is_empty(), || format!("the provider refused it: {error}"));
    }
    let Some(seen) = hands.seen().await?.pop() else {
        return fail(format!("nothing went upstream: {status}"));
    };
    check(status == 200, || format!("status {status}: {}", answer.text()))?;
    match way.is_relayed() {
        true => unbent(body, seen.json(), &model),
        false => found(way, &body, &seen.json()),
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
fn found(way: Way, body: &Value, seen: &Value) -> Verdict {
    let mut there = Vec::new();
    strings(seen, &mut there);
    // Chat has arguments as text.
    let texts: Vec<Value> = there.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    texts.iter().for_each(|arguments| strings(arguments, &mut there));
    let said = match way.front {
        Front::Chat => said_in_chat(body),
        Front::Messages => said_in_messages(body),
    };
    for text in &said.texts {
        let data = text.split_once(";base64,").map_or(text.as_str(), |(_, data)| data);
        let arrived = there.iter().any(|other| other.contains(data.trim()));
        check(arrived, || format!("lost text: {}", clip(text)))?;
    }
    // Gemini's older models have no ids of calls.
    let ids = said.ids.iter().filter(|_| way.provider != "gemini");
    let words = said.names.iter().chain(&said.arguments).chain(ids);
    let lost = words.into_iter().find(|word| !there.contains(word));
    check(lost.is_none(), || format!("lost name, argument or id: {lost:?}"))
}

/// What a conversation says, whatever the protocol.
#[derive(Default)]
struct Said {
    texts: Vec<String>,
    names: Vec<String>,
    arguments: Vec<String>,
    ids: Vec<String>,
}

/// Words of a protocol are none of the caller's.
const WORDS: [&str; 11] = [
    "text",
    "image_url",
    "video_url",
    "file",
    "input_audio",
    "document_url",
    "auto",
    "low",
    "high",
    "ephemeral",
    "5m",
];

fn said_in_chat(body: &Value) -> Said {
    let mut said = Said::default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for message in list(&body["messages"]) {
        strings(&message["content"], &mut said.texts);
        for call in list(&message["tool_calls"]) {
            said.ids.push(text(&call["id"]));
            said.names.push(text(&call["function"]["name"]));
            let arguments: Value =
                serde_json::from_str(call["function"]["arguments"].as_str().unwrap_or_default())
                    .unwrap_or_default();
            strings(&arguments, &mut said.arguments);
        }
    }
    for tool in list(&body["tools"]) {
        said.names.push(text(if tool["function"].is_object() {
            &tool["function"]["name"]
        } else {
            &tool["type"]
        }));
    }
    said.texts.retain(|text| !WORDS.contains(&text.as_str()) && !text.trim().is_empty());
    said
}

fn said_in_messages(body: &Value) -> Said {
    let mut said = Said::default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let turns = list(&body["messages"]).iter().map(|message| &message["content"]);
    for content in turns.chain([&body["system"]]) {
        said_in_blocks(content, &mut said);
    }
    for tool in list(&body["tools"]) {
        said.names.push(text(&tool["name"]));
        said.texts.push(text(&tool["description"]));
    }
    said.texts.retain(|text| !text.trim().is_empty());
    said
}

fn said_in_blocks(content: &Value, said: &mut Said) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    said.texts.push(text(content));
    for block in list(content) {
        match block["type"].as_str().unwrap_or_default() {
            "text" => said.texts.push(text(&block["text"])),
            "image" | "document" => {
                said.texts.push(text(&block["source"]["data"]));
                said.texts.push(text(&block["source"]["url"]));
            }
            "tool_use" => {
                said.ids.push(text(&block["id"]));
                said.names.push(text(&block["name"]));
                strings(&block["input"], &mut said.arguments);
            }
            "tool_result" => said_in_blocks(&block["content"], said),
            _ => {}
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
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
