//! Dialects of Gemini's wire.

use serde_json::{Value, json};
use tollbridge_core::protocol::Wire;

use super::{Sample, Told};

fn chunk(parts: Value, finish: Option<&str>) -> Value {
    let mut candidate = json!({ "content": { "parts": parts, "role": "model" } });
    if let Some(finish) = finish {
        candidate["finishReason"] = json!(finish);
    }
    json!({ "candidates": [candidate], "modelVersion": "m", "responseId": "a" })
}

fn sample(name: &'static str, whole: Option<Value>, chunks: Vec<Value>, told: Told) -> Sample {
    Sample { name, wire: Wire::Gemini, whole, chunks, told }
}

fn with_usage(mut chunk: Value, usage: &Value) -> Value {
    chunk["usageMetadata"] = usage.clone();
    chunk
}

/// Names with underscores, as the protocol's own definition has them, for those with humps.
fn with_underscores(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let letters = name.chars().flat_map(|letter| {
                    let low = letter.to_ascii_lowercase();
                    letter.is_ascii_uppercase().then_some('_').into_iter().chain([low])
                });
                // What the model wrote has names of its own.
                let value = if name == "args" { value.clone() } else { with_underscores(value) };
                (letters.collect::<String>(), value)
            })
            .collect(),
        Value::Array(list) => list.iter().map(with_underscores).collect(),
        other => other.clone(),
    }
}

#[test]
fn names_may_have_underscores() {
    let usage = json!({ "promptTokenCount": 9, "candidatesTokenCount": 2, "thoughtsTokenCount": 3, "toolUsePromptTokenCount": 1,
        "cachedContentTokenCount": 4, "totalTokenCount": 15, "trafficType": "ON_DEMAND" });
    let call =
        json!({ "functionCall": { "id": "c", "name": "f", "args": { "aB": 1 } }, "thoughtSignature": "S" });
    let parts = json!([{ "text": "Hm.", "thought": true }, { "text": "Hi." }, { "executableCode": { "code": "1" } }, call]);
    let mut whole = with_usage(chunk(parts, Some("STOP")), &usage);
    whole["candidates"][0]["groundingMetadata"] = json!({ "webSearchQueries": [], "groundingChunks": [{ "web": { "uri": "https://a.test" } }],
        "groundingSupports": [{ "segment": { "startIndex": 0, "endIndex": 3 }, "groundingChunkIndices": [0] }] });
    let told = Told {
        text: "Hi.".into(),
        reasoning: "Hm.".into(),
        calls: vec![("f".into(), json!({ "aB": 1 }))],
        finish: "tool_calls".into(),
        sources: vec!["https://a.test".into()],
        used: [10, 5, 4, 0, 3],
        tier: "default".into(),
        ..Told::default()
    };
    for whole in [whole.clone(), with_underscores(&whole)] {
        // A stream tells sources at the end, where a call may have come between.
        sample("names", Some(whole), vec![], told.clone()).check();
    }
    let pieces = [
        chunk(json!([{ "functionCall": { "name": "f", "willContinue": true } }]), None),
        chunk(
            json!([{ "functionCall": { "partialArgs": [{ "jsonPath": "$.aB", "numberValue": 1 }], "willContinue": true } }]),
            None,
        ),
        chunk(json!([{ "functionCall": {} }]), None),
        with_usage(chunk(json!([{ "text": "" }]), Some("STOP")), &usage),
    ];
    let called = Told { text: String::new(), reasoning: String::new(), sources: vec![], ..told };
    sample("pieces", None, pieces.to_vec(), called.clone()).check();
    sample("pieces with underscores", None, pieces.iter().map(with_underscores).collect(), called).check();
}

/// One id for calls that are not the same does not make them one.
#[test]
fn calls_may_share_an_id() {
    let call = |city: &str| json!({ "functionCall": { "id": "weather", "name": "weather", "args": { "city": city } } });
    let chunks = vec![
        chunk(json!([call("Bern"), call("Rome")]), None),
        // Said again.
        chunk(json!([call("Bern")]), Some("STOP")),
    ];
    let calls = ["Bern", "Rome"].map(|city| ("weather".to_owned(), json!({ "city": city })));
    let told = Told { calls: calls.to_vec(), finish: "tool_calls".into(), ..Told::default() };
    sample("an id for each tool", None, chunks, told).check();
}

#[test]
fn details_of_the_wrong_form_lose_nothing_else() {
    let usage = json!({ "promptTokenCount": "9", "candidatesTokenCount": 2.0, "promptTokensDetails": {}, "candidatesTokensDetails": null });
    let mut whole = with_usage(chunk(json!([{ "text": "Hi." }]), Some("STOP")), &usage);
    whole["candidates"][0]["logprobsResult"] = json!([]);
    whole["candidates"][0]["safetyRatings"] = json!("none");
    whole["candidates"][0]["citationMetadata"] = json!([]);
    let told = Told { text: "Hi.".into(), finish: "stop".into(), used: [9, 2, 0, 0, 0], ..Told::default() };
    sample("odd details", Some(whole.clone()), vec![whole], told).check();
}

/// A page that was read is named before the table of sources that it stands in as well.
#[test]
fn a_page_that_grounds_the_answer_is_told_once() {
    let pages = json!({ "urlMetadata": [
        { "retrievedUrl": "https://a.test", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS" },
        { "retrievedUrl": "https://b.test", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS" },
        { "retrievedUrl": "https://c.test", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_ERROR" },
        { "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_ERROR" },
    ] });
    let grounding = json!({ "groundingChunks": [{ "web": { "uri": "https://a.test", "title": "A" } }],
        "groundingSupports": [{ "segment": { "endIndex": 3, "text": "Hi." }, "groundingChunkIndices": [0] }] });
    let told = Told {
        text: "Hi.".into(),
        finish: "stop".into(),
        sources: vec!["https://a.test".into(), "https://b.test".into()],
        ..Told::default()
    };
    let mut whole = chunk(json!([{ "text": "Hi." }]), Some("STOP"));
    whole["candidates"][0]["urlContextMetadata"] = pages.clone();
    whole["candidates"][0]["groundingMetadata"] = grounding.clone();
    let mut first = chunk(json!([{ "text": "Hi" }]), None);
    first["candidates"][0]["urlContextMetadata"] = pages;
    first["candidates"][0]["groundingMetadata"] = json!({});
    let mut last = chunk(json!([{ "text": "." }]), Some("STOP"));
    last["candidates"][0]["groundingMetadata"] = grounding;
    sample("pages", Some(whole), vec![first, last], told).check();
}
