//! Requests that were made to other providers, told to Gemini; and those that were made to it, as a
//! check of what real clients send.

use serde_json::{Value, json};
use tollbridge_core::protocol::{Front, Losses, OnUnsupported, Target, gemini};

use crate::{
    Score, recordings,
    requests::{asked, bytes_of, first_of, is_uploaded, skeleton, told_in_chat, told_to_anthropic},
};

/// Everything that a Gemini request tells the model, in order, by an independent reading.
fn told_to_gemini(request: &Value) -> Vec<Value> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut told = Vec::new();
    for part in list(&request["systemInstruction"]["parts"]) {
        told.push(json!(["system", part["text"]]));
    }
    for content in list(&request["contents"]) {
        let role = if content["role"] == "model" { "assistant" } else { "user" };
        for part in list(&content["parts"]) {
            assert!(part.as_object().is_some_and(|members| !members.is_empty()), "an empty part");
            if let Some(call) = part.get("functionCall") {
                told.push(json!(["call", call["id"], call["name"], call["args"]]));
            } else if let Some(result) = part.get("functionResponse") {
                assert!(result["name"].is_string() && result["response"].is_object(), "{result}");
                told.push(json!(["result of", result["id"]]));
                let said = first_of(&result["response"], &["output", "error"]);
                if !said.as_str().unwrap().trim().is_empty() {
                    told.push(json!(["result", said]));
                }
                told.extend(list(&result["parts"]).iter().map(media));
            } else if part.get("inlineData").is_some() || part.get("fileData").is_some() {
                told.push(media(&part));
            } else if !part["text"].as_str().unwrap().trim().is_empty() {
                told.push(json!([role, part["text"]]));
            }
        }
    }
    for tool in list(&request["tools"]) {
        for function in list(&tool["functionDeclarations"]) {
            let schema = function.get("parametersJsonSchema").cloned();
            let schema = schema.unwrap_or_else(|| json!({ "type": "object", "properties": {} }));
            told.push(json!(["tool", function["name"], function["description"], schema]));
        }
    }
    let config = &request["generationConfig"];
    told.push(json!(["stop", config["stopSequences"]]));
    told.push(json!(["limit", config["maxOutputTokens"]]));
    told.push(json!(["schema", config["responseJsonSchema"]]));
    told
}

fn media(part: &Value) -> Value {
    let inline = &part["inlineData"];
    assert!(inline.is_null() || inline["mimeType"].as_str().is_some_and(|kind| kind.contains('/')), "{part}");
    json!(["media", if inline.is_null() { &part["fileData"]["fileUri"] } else { &inline["data"] }])
}

/// A schema in Gemini's words, without limits and remarks.
fn in_geminis_words(schema: &Value) -> Value {
    fn put(schema: &mut Value) {
        let Some(members) = schema.as_object_mut() else { return };
        if let Some(value) = members.remove("const") {
            members.insert("enum".to_owned(), json!([value]));
        }
        if let Some(definitions) = members.remove("definitions") {
            members.insert("$defs".to_owned(), definitions);
        }
        if let Some(parts) = members.get("allOf").and_then(Value::as_array).filter(|parts| parts.len() > 1) {
            let parts: Vec<Value> = parts.clone();
            members.remove("allOf");
            parts.iter().for_each(|part| members.extend(part.as_object().unwrap().clone()));
            return put(schema);
        }
        if members.get("allOf").is_some_and(|list| list.as_array().unwrap().len() == 1) {
            let only = members.remove("allOf").unwrap();
            members.insert("anyOf".to_owned(), only);
        }
        if members.contains_key("$ref") && members.keys().any(|name| !name.starts_with('$')) {
            let reference = members.remove("$ref").unwrap();
            members.insert("anyOf".to_owned(), json!([{ "$ref": reference }]));
        }
        if let Some(Value::String(reference)) = members.get_mut("$ref") {
            *reference = reference.replace("#/definitions/", "#/$defs/");
        }
        if members.remove("nullable") == Some(json!(true)) {
            let kind = members["type"].take();
            members.insert("type".to_owned(), json!([kind, "null"]));
        }
        members.values_mut().for_each(|value| match value {
            Value::Array(list) => list.iter_mut().for_each(put),
            value => put(value),
        });
    }
    let mut schema = schema.clone();
    put(&mut schema);
    skeleton(&schema)
}

/// Both tellings with what may differ made equal: schemas in Gemini's words; where media are told,
/// which may follow the results that they belong to, without an order.
fn comparable(mut told: Vec<Value>) -> Vec<Value> {
    for said in &mut told {
        if said[0] == "tool" {
            said[3] = in_geminis_words(&said[3]);
        } else if said[0] == "schema" {
            said[1] = in_geminis_words(&said[1]);
        }
    }
    if told.iter().any(|said| said[0] == "media") {
        told.retain(|said| {
            !said[1].as_str().is_some_and(|text| text.replace(' ', "").starts_with("Returnedbythetoolcall"))
        });
        told.sort_by_key(Value::to_string);
    }
    told
}

/// Settings are found upstream, or named as lost.
fn settings(id: &Value, request: &Value, sent: &Value, losses: &Losses, names: &[(&str, &str)]) {
    let config = &sent["generationConfig"];
    for (name, wire) in names {
        let asked = request.pointer(&format!("/{}", name.replace('.', "/"))).filter(|value| !value.is_null());
        let Some(asked) = asked else { continue };
        let is_default =
            (*name == "n" && asked == &json!(1)) || asked == &json!(false) || asked == &json!([]);
        let found =
            if wire.starts_with('/') { sent.pointer(wire).is_some() } else { !config[wire].is_null() };
        assert!(
            found || is_default || losses.dropped().iter().any(|dropped| dropped == name),
            "{id}: `{name}` is neither sent nor named"
        );
    }
}

fn target(front: Front) -> Target<'static> {
    Target {
        model: "gemini",
        provider: "gemini",
        front,
        facts: None,
        dialect: Default::default(),
        on_unsupported: OnUnsupported::Drop,
    }
}

/// What chat can tell to Gemini and not to Anthropic: sound, film, and names of files.
fn told_to_gemini_alone(part: &Value) -> Option<Value> {
    let text = |value: &Value| value.as_str().map(|name| json!(["user", name]));
    match part["type"].as_str()? {
        "input_audio" => {
            let audio = &part["input_audio"];
            Some(json!(["media", if audio.is_string() { audio } else { &audio["data"] }]))
        }
        "video_url" => Some(json!(["media", bytes_of(part["video_url"]["url"].as_str()?)])),
        "document_url" => text(&part["document_name"]),
        "file" if part["file"]["file_id"].is_null() => text(&part["file"]["filename"]),
        _ => None,
    }
}

#[test]
fn chat_requests_are_told_to_gemini() {
    let Some(records) = recordings("openai-chat") else { return };
    let mut score = Score::default();
    for (id, request) in asked(&records) {
        let request = &request;
        let body = serde_json::to_vec(request).unwrap();
        let decoded = Front::Chat.decode_request(&body).unwrap_or_else(|error| panic!("{id}: {error}"));
        let encoded = gemini::encode_request(&decoded, &target(Front::Chat))
            .unwrap_or_else(|error| panic!("{id}: {error}"));
        let sent: Value = serde_json::from_slice(&encoded.body).expect("JSON");
        let mut expected = told_in_chat(request);
        let parts = request["messages"].as_array().unwrap().iter();
        for part in parts.flat_map(|message| message["content"].as_array().cloned().unwrap_or_default()) {
            expected.extend(told_to_gemini_alone(&part));
        }
        if encoded.losses.dropped().iter().any(|name| name == "messages[].content[].file") {
            let uploaded = |said: &Value| said[1].as_str().is_some_and(|id| id.starts_with("file-"));
            expected.retain(|said| said[0] != "media" || !uploaded(said));
        }
        score.compare(id, "request", &comparable(expected), &comparable(told_to_gemini(&sent)));
        settings(
            id,
            request,
            &sent,
            &encoded.losses,
            &[
                ("temperature", "temperature"),
                ("top_p", "topP"),
                ("top_k", "topK"),
                ("seed", "seed"),
                ("n", "candidateCount"),
                ("presence_penalty", "presencePenalty"),
                ("frequency_penalty", "frequencyPenalty"),
                ("logprobs", "responseLogprobs"),
                ("reasoning_effort", "thinkingConfig"),
                ("thinking", "thinkingConfig"),
                ("reasoning", "thinkingConfig"),
                ("web_search_options", "/tools"),
                ("tools", "/tools"),
                ("user", ""),
                ("metadata", ""),
                ("logit_bias", ""),
                ("store", ""),
            ],
        );
    }
    score.report("chat requests to Gemini");
}

#[test]
fn anthropic_requests_are_told_to_gemini() {
    let Some(records) = recordings("anthropic-messages") else { return };
    let mut score = Score::default();
    for (id, request) in asked(&records) {
        let request = &request;
        let body = serde_json::to_vec(request).unwrap();
        let decoded = Front::Messages.decode_request(&body).unwrap_or_else(|error| panic!("{id}: {error}"));
        let encoded = gemini::encode_request(&decoded, &target(Front::Messages))
            .unwrap_or_else(|error| panic!("{id}: {error}"));
        let sent: Value = serde_json::from_slice(&encoded.body).expect("JSON");
        let dropped = encoded.losses.dropped();
        let has = |name: &str| dropped.iter().any(|dropped| dropped == name);
        let own_tools = request["tools"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|tool| tool["type"].as_str().is_some_and(|kind| kind != "custom"));
        assert!(!own_tools || has("tools[].type"), "{id}: {dropped:?}");
        let mut expected = told_to_anthropic(request);
        expected.sort_by_key(|said| said[0] != "system");
        if has("messages[].content[].image.file") {
            expected.retain(|said| said[0] != "media" || !is_uploaded(said));
        }
        // The titles of plain documents stand apart from them.
        let joined = |told: Vec<Value>| -> Vec<Value> {
            let words = |text: &str| text.split_whitespace().collect::<String>();
            let said = |said: Value| match said[1].as_str().map(words) {
                Some(text) if said[0] == "user" || said[0] == "result" => json!([said[0], text]),
                _ => said,
            };
            told.into_iter().map(said).collect()
        };
        let found = joined(told_to_gemini(&sent));
        score.compare(id, "request", &comparable(joined(expected)), &comparable(found));
        settings(
            id,
            request,
            &sent,
            &encoded.losses,
            &[
                ("temperature", "temperature"),
                ("top_p", "topP"),
                ("top_k", "topK"),
                ("thinking", "thinkingConfig"),
                ("output_config.effort", "thinkingConfig"),
                ("output_config.format", "responseMimeType"),
                ("metadata.user_id", ""),
                ("container", ""),
                ("mcp_servers", ""),
            ],
        );
    }
    score.report("anthropic requests to Gemini");
}

/// The names of all members, at every depth but inside what is the caller's own.
fn shape(value: &Value, path: &str, found: &mut std::collections::BTreeSet<String>) {
    const OPAQUE: [&str; 5] =
        ["args", "response", "parametersJsonSchema", "responseJsonSchema", "parameters"];
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                let path = format!("{path}.{name}");
                if !OPAQUE.contains(&name.as_str()) {
                    shape(value, &path, found);
                }
                found.insert(path);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| shape(value, &format!("{path}[]"), found)),
        _ => {}
    }
}

/// What the gateway writes has the shape of what Google's own and others' clients wrote, and what
/// Google answered with a 200.
#[test]
fn what_is_sent_has_the_shape_of_what_clients_send() {
    let (Some(real), Some(records)) = (recordings("gemini-generate"), recordings("openai-chat")) else {
        return;
    };
    let mut known = std::collections::BTreeSet::new();
    for record in real.iter().filter(|record| record["response"]["status"] == 200) {
        shape(&record["request"]["body"], "", &mut known);
    }
    // In the reference, and not in every set of recordings.
    const IN_THE_REFERENCE: [&str; 16] = [
        ".contents[].parts[].fileData",
        ".contents[].parts[].fileData.fileUri",
        ".contents[].parts[].fileData.mimeType",
        ".generationConfig.responseLogprobs",
        ".generationConfig.thinkingConfig.includeThoughts",
        ".generationConfig.thinkingConfig.thinkingLevel",
        ".tools[].functionDeclarations[].parametersJsonSchema",
        ".generationConfig.topP",
        ".generationConfig.seed",
        ".generationConfig.stopSequences",
        ".generationConfig.presencePenalty",
        ".generationConfig.frequencyPenalty",
        ".generationConfig.candidateCount",
        ".serviceTier",
        ".tools[].googleSearch",
        ".contents[].parts[].functionResponse.parts",
    ];
    let mut sent = std::collections::BTreeSet::new();
    for (_, request) in asked(&records) {
        let body = serde_json::to_vec(&request).unwrap();
        let Ok(decoded) = Front::Chat.decode_request(&body) else { continue };
        let Ok(encoded) = gemini::encode_request(&decoded, &target(Front::Chat)) else { continue };
        shape(&serde_json::from_slice(&encoded.body).expect("JSON"), "", &mut sent);
    }
    let strange: Vec<&String> = sent
        .iter()
        .filter(|path| !known.contains(*path) && !IN_THE_REFERENCE.contains(&path.as_str()))
        .collect();
    assert!(strange.is_empty(), "no client sends {strange:?}");
}
