//! Requests, told to providers of every wire.

use serde_json::{Value, json};
use tollbridge_core::protocol::{Front, OnUnsupported, Target, chat, messages};

use crate::{Score, recordings};

/// Everything that a chat request tells the model, in order, by an independent reading.
pub(crate) fn told_in_chat(request: &Value) -> Vec<Value> {
    let mut told = Vec::new();
    let say = |told: &mut Vec<Value>, kind: &str, value: &Value| {
        if !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty()) {
            told.push(json!([kind, value]));
        }
    };
    let content = |told: &mut Vec<Value>, kind: &str, content: &Value| match content {
        Value::Array(parts) => {
            for part in parts {
                match part["type"].as_str().unwrap_or_default() {
                    "text" => say(told, kind, &part["text"]),
                    "image_url" => {
                        say(told, "media", &json!(bytes_of(part["image_url"]["url"].as_str().unwrap())))
                    }
                    "document_url" => {
                        say(told, "media", &json!(bytes_of(part["document_url"].as_str().unwrap())))
                    }
                    "file" if part["file"]["file_id"].is_string() => {
                        say(told, "media", &part["file"]["file_id"])
                    }
                    "file" => {
                        say(told, "media", &json!(bytes_of(part["file"]["file_data"].as_str().unwrap())))
                    }
                    _ => {}
                }
            }
        }
        text => say(told, kind, text),
    };
    let messages = request["messages"].as_array().unwrap();
    let instructs = |message: &Value| matches!(message["role"].as_str(), Some("system" | "developer"));
    let alone = messages.iter().all(instructs);
    for (index, message) in messages.iter().enumerate() {
        match message["role"].as_str().unwrap() {
            // Anthropic wants somebody to speak.
            "system" | "developer" if alone && index + 1 == messages.len() => {
                content(&mut told, "user", &message["content"])
            }
            "system" | "developer" => content(&mut told, "system", &message["content"]),
            "tool" => {
                told.push(json!(["result of", message["tool_call_id"]]));
                content(&mut told, "result", &message["content"]);
            }
            role => {
                content(&mut told, role, &message["content"]);
                for call in message["tool_calls"].as_array().into_iter().flatten() {
                    let arguments = call["function"]["arguments"].as_str().unwrap();
                    let arguments = match serde_json::from_str::<Value>(arguments) {
                        _ if arguments.is_empty() => json!({}),
                        Ok(Value::Null) => json!({}),
                        Ok(object) if object.is_object() => object,
                        // Those that were cut are told as text.
                        _ => json!({ "_invalid_json": arguments }),
                    };
                    told.push(json!(["call", call["id"], call["function"]["name"], arguments]));
                }
            }
        }
    }
    told.sort_by_key(|said| said[0] != "system");
    for tool in request["tools"].as_array().into_iter().flatten().filter(|tool| tool["function"].is_object())
    {
        let function = &tool["function"];
        let mut schema = function["parameters"].clone();
        if schema.is_null() || schema == json!({}) {
            schema = json!({ "type": "object", "properties": {} });
        }
        told.push(json!(["tool", function["name"], function["description"], schema]));
    }
    let stop = match &request["stop"] {
        Value::Array(none) if none.is_empty() => Value::Null,
        Value::String(one) => json!([one]),
        stop => stop.clone(),
    };
    told.push(json!(["stop", stop]));
    told.push(json!(["limit", first_of(request, &["max_completion_tokens", "max_tokens"])]));
    told.push(json!(["schema", request["response_format"]["json_schema"]["schema"]]));
    told
}

/// What a schema demands, without its limits and remarks.
pub(crate) fn skeleton(schema: &Value) -> Value {
    let Some(members) = schema.as_object() else { return schema.clone() };
    let mut kept = serde_json::Map::new();
    for (name, value) in members {
        let value = match name.as_str() {
            "type" | "required" | "enum" | "$ref" | "const" => value.clone(),
            "items" => skeleton(value),
            "properties" | "$defs" => value
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.clone(), skeleton(value)))
                .collect(),
            "anyOf" | "oneOf" | "allOf" => value.as_array().unwrap().iter().map(skeleton).collect(),
            _ => continue,
        };
        kept.insert(if name == "oneOf" { "anyOf".to_owned() } else { name.clone() }, value);
    }
    Value::Object(kept)
}

pub(crate) fn first_of(object: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| object[*name].clone()).find(|value| !value.is_null()).unwrap_or_default()
}

/// Whether this medium is a file that was uploaded to Anthropic.
pub(crate) fn is_uploaded(said: &Value) -> bool {
    said[1].as_str().is_some_and(|id| id.starts_with("file_"))
}

/// The bytes of a data URL as they stand, or the address.
pub(crate) fn bytes_of(url: &str) -> &str {
    url.split_once(";base64,").map_or(url, |(_, data)| data)
}

/// A title, what is told of it, and texts in chunks.
fn in_chunks(block: &Value, about: &str, content: &Value) -> String {
    let said = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let chunks = content.as_array().into_iter().flatten().map(|chunk| said(&chunk["text"]));
    said(&block["title"]) + &said(&block[about]) + &said(content) + &chunks.collect::<String>()
}

/// The requests that were made, with their ids; the model stands in Azure's address.
pub(crate) fn asked(records: &[Value]) -> impl Iterator<Item = (&Value, Value)> {
    // What the provider refused as malformed is refused here as well.
    let legal = |record: &&Value| {
        let refusal = record["response"]["body"].as_str().unwrap_or_default();
        record["response"]["status"] != 400 || !refusal.contains("missing_required_parameter")
    };
    let asked = |record: &&Value| record["request"]["body"]["messages"].is_array();
    records.iter().filter(asked).filter(legal).map(|record| {
        let mut request = record["request"]["body"].clone();
        if request["model"].is_null() {
            request["model"] = json!("deployed");
        }
        (&record["id"], request)
    })
}

/// The same of an Anthropic request.
pub(crate) fn told_to_anthropic(request: &Value) -> Vec<Value> {
    fn blocks(told: &mut Vec<Value>, kind: &str, content: &Value) {
        if let Some(text) = content.as_str().filter(|text| !text.trim().is_empty()) {
            told.push(json!([kind, text]));
        }
        for block in content.as_array().into_iter().flatten() {
            match block["type"].as_str().unwrap() {
                "text" if block["text"].as_str().is_some_and(|text| text.trim().is_empty()) => {}
                "text" => told.push(json!([kind, block["text"]])),
                "tool_use" => told.push(json!(["call", block["id"], block["name"], block["input"]])),
                "document" if block["source"]["type"] == "text" => {
                    let said = |member: &str| block[member].as_str().unwrap_or_default().to_owned();
                    let text = block["source"]["data"].as_str().unwrap();
                    let before =
                        if kind == "result" { String::new() } else { said("title") + &said("context") };
                    told.push(json!([kind, before + text]));
                }
                "document" if block["source"]["type"] == "content" => {
                    told.push(json!([kind, in_chunks(block, "context", &block["source"]["content"])]));
                }
                "image" | "document" => {
                    told.push(json!(["media", first_of(&block["source"], &["data", "url", "file_id"])]));
                }
                "search_result" => told.push(json!([kind, in_chunks(block, "source", &block["content"])])),
                "compaction" => told.push(json!([kind, block["content"]])),
                "tool_reference" => {
                    let name = block["tool_name"].as_str().unwrap();
                    told.push(json!([kind, format!("Found the tool `{name}`.")]));
                }
                "tool_result" => {
                    told.push(json!(["result of", block["tool_use_id"]]));
                    blocks(told, "result", &block["content"]);
                }
                _ => {}
            }
        }
    }
    let mut told = Vec::new();
    blocks(&mut told, "system", &request["system"]);
    for message in request["messages"].as_array().unwrap() {
        blocks(&mut told, message["role"].as_str().unwrap(), &message["content"]);
    }
    for tool in
        request["tools"].as_array().into_iter().flatten().filter(|tool| !tool["input_schema"].is_null())
    {
        told.push(json!(["tool", tool["name"], tool["description"], tool["input_schema"]]));
    }
    told.push(json!(["stop", request["stop_sequences"]]));
    told.push(json!(["limit", request["max_tokens"]]));
    told.push(json!(["schema", request["output_config"]["format"]["schema"]]));
    told
}

#[test]
fn chat_requests_are_told_to_anthropic() {
    let Some(records) = recordings("openai-chat") else { return };
    let mut score = Score::default();
    let mut refused = 0;
    for (id, request) in asked(&records) {
        let request = &request;
        let body = serde_json::to_vec(request).unwrap();
        let decoded = match chat::decode_request(&body) {
            Ok(decoded) => decoded,
            Err(error) => {
                score.wrong.push(format!("{id}: {error}"));
                continue;
            }
        };
        let target = Target {
            model: "claude",
            provider: "anthropic",
            front: Front::Chat,
            facts: None,
            dialect: Default::default(),
            on_unsupported: OnUnsupported::Drop,
        };
        match messages::encode_request(&decoded, &target) {
            Ok(encoded) => {
                let sent: Value = serde_json::from_slice(&encoded.body).expect("JSON");
                let mut expected = told_in_chat(request);
                let mut found = told_to_anthropic(&sent);
                if expected.iter().any(|told| told == &json!(["limit", null])) {
                    expected.retain(|told| told[0] != "limit");
                    found.retain(|told| told[0] != "limit");
                }
                if request["response_format"]["type"] == "json_object" {
                    let added = found.iter().rposition(|told| told[0] == "system").expect("an instruction");
                    found.remove(added);
                }
                let calls_by_letters = |told: &mut Vec<Value>| {
                    for said in told.iter_mut().filter(|said| said[0] == "call" || said[0] == "result of") {
                        let letter = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
                        said[1] = said[1].as_str().unwrap().chars().map(letter).collect::<String>().into();
                    }
                };
                calls_by_letters(&mut expected);
                calls_by_letters(&mut found);
                // Schemas that are enforced are put into the part of JSON Schema that Claude takes.
                for said in expected.iter_mut().chain(&mut found) {
                    if said[0] == "tool" {
                        said[3] = skeleton(&said[3]);
                    } else if said[0] == "schema" {
                        said[1] = skeleton(&said[1]);
                    }
                }
                score.compare(id, "request", &expected, &found);
            }
            Err(error) => {
                refused += 1;
                println!("{id} refused: {error}");
            }
        }
    }
    println!("{refused} refused");
    score.report("chat requests to Anthropic");
}

#[test]
fn anthropic_requests_are_told_in_chat() {
    let Some(records) = recordings("anthropic-messages") else { return };
    let mut score = Score::default();
    for (id, request) in asked(&records) {
        let request = &request;
        let body = serde_json::to_vec(request).unwrap();
        let decoded = match messages::decode_request(&body) {
            Ok(decoded) => decoded,
            Err(error) => {
                score.wrong.push(format!("{id}: {error}"));
                continue;
            }
        };
        let target = Target {
            model: "gpt",
            provider: "openai",
            front: Front::Messages,
            facts: None,
            dialect: Default::default(),
            on_unsupported: OnUnsupported::Drop,
        };
        let encoded = chat::encode_request(&decoded, &target).unwrap_or_else(|error| panic!("{id}: {error}"));
        let sent: Value = serde_json::from_slice(&encoded.body).expect("JSON");
        let own_tools = request["tools"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|tool| tool["type"].as_str().is_some_and(|kind| kind != "custom"));
        let dropped = encoded.losses.dropped();
        assert!(!own_tools || dropped.iter().any(|name| name == "tools[].type"), "{id}: {dropped:?}");
        // Several texts of a system prompt or of a result become one.
        let joined = |told: Vec<Value>| {
            let mut joined: Vec<Value> = Vec::new();
            for said in told {
                match joined.last_mut() {
                    Some(last)
                        if last[0] == said[0]
                            && said[0] != "call"
                            && said[1].is_string()
                            && said.as_array().unwrap().len() == 2 =>
                    {
                        let text = last[1].as_str().unwrap().to_owned() + said[1].as_str().unwrap();
                        last[1] = Value::String(text.split_whitespace().collect());
                    }
                    _ => joined.push(said),
                }
            }
            for said in &mut joined {
                if let Some(text) = said[1].as_str().map(|text| text.split_whitespace().collect::<String>()) {
                    said[1] = Value::String(text);
                }
            }
            joined
        };
        let told = |told: Vec<Value>| {
            let pictures = told.iter().any(|said| said[0] == "media");
            let mut told = joined(told);
            // Pictures of a tool move behind the results of their turn, under a label.
            if pictures {
                told.retain(|said| {
                    !said[1].as_str().is_some_and(|text| text.starts_with("Returnedbythetoolcall"))
                });
                told.sort_by_key(|said| said.to_string());
            }
            told
        };
        let (mut expected, mut found) = (told_to_anthropic(request), told_in_chat(&sent));
        expected.sort_by_key(|said| said[0] != "system");
        found.sort_by_key(|said| said[0] != "system");
        if dropped.iter().any(|name| name == "messages[].content[].image.file") {
            expected.retain(|said| said[0] != "media" || !is_uploaded(said));
        }
        if dropped.iter().any(|name| name == "messages[].content[].document.url") {
            let address = |said: &Value| said[1].as_str().is_some_and(|text| text.starts_with("http"));
            expected.retain(|said| said[0] != "media" || !address(said));
        }
        score.compare(id, "request", &told(expected), &told(found));
    }
    score.report("anthropic requests to chat");
}
