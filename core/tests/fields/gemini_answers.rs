//! Samples of every field of a Gemini answer.

use serde_json::{Value, json};
use tollbridge_core::protocol::Front;

use crate::{Sample, differs, stands};

/// An answer with `members` at its top.
fn answer(members: Value) -> Value {
    let mut answer = json!({
        "responseId": "r1", "modelVersion": "gemini-1",
        "candidates": [{ "content": { "role": "model", "parts": [{ "text": "Hi" }] }, "finishReason": "STOP" }],
        "usageMetadata": { "promptTokenCount": 100, "candidatesTokenCount": 50, "totalTokenCount": 150 },
    });
    answer.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    answer
}

/// One with `members` in its candidate.
fn candidate(members: Value) -> Value {
    let mut candidate = answer(json!({}))["candidates"][0].clone();
    candidate.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    answer(json!({ "candidates": [candidate] }))
}

fn parts(parts: Value) -> Value {
    candidate(json!({ "content": { "role": "model", "parts": parts } }))
}

fn usage(members: Value) -> Value {
    let mut usage = answer(json!({}))["usageMetadata"].clone();
    usage.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    answer(json!({ "usageMetadata": usage }))
}

/// A refusal before anything was said.
fn refused(feedback: Value) -> Value {
    json!({ "promptFeedback": feedback, "usageMetadata": { "promptTokenCount": 1 } })
}

pub(crate) fn all() -> Vec<Sample> {
    let mut all = tops();
    all.extend(of_candidates());
    all.extend(of_parts());
    all.extend(counts());
    all
}

fn tops() -> Vec<Sample> {
    let plain = || answer(json!({}));
    let top = |field: &'static str, value: Value| differs(field, answer(json!({ field: value })), plain());
    vec![
        top("responseId", "r2".into()),
        top("modelVersion", "gemini-2".into()),
        top("createTime", "2026-05-27T16:53:45Z".into()),
        top("modelStatus", json!({ "modelStage": "PREVIEW" })),
        differs("promptFeedback.blockReason", refused(json!({ "blockReason": "SAFETY" })), plain()),
        differs(
            "promptFeedback.blockReasonMessage",
            refused(json!({ "blockReason": "SAFETY", "blockReasonMessage": "No." })),
            refused(json!({ "blockReason": "SAFETY" })),
        ),
        differs(
            "promptFeedback",
            answer(
                json!({ "promptFeedback": { "safetyRatings": [{ "category": "A", "probability": "LOW" }] } }),
            ),
            plain(),
        ),
    ]
}

fn of_candidates() -> Vec<Sample> {
    let plain = || answer(json!({}));
    let one = |field: &'static str, members: Value| differs(field, candidate(members), plain());
    let chunk = |uri: &str| json!({ "web": { "uri": uri, "title": "t" } });
    let grounded = |chunks: Value, supports: Value, rest: Value| {
        let mut metadata = json!({ "groundingChunks": chunks, "groundingSupports": supports });
        metadata.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        candidate(json!({ "groundingMetadata": metadata }))
    };
    let support = |end: u64, text: &str| json!([{ "segment": { "startIndex": 0, "endIndex": end, "text": text }, "groundingChunkIndices": [0] }]);
    let second = json!({ "index": 1, "content": { "parts": [{ "text": "Ho" }] }, "finishReason": "STOP" });
    let mut two = plain()["candidates"].clone();
    two.as_array_mut().unwrap().push(second);
    vec![
        one("candidates", json!({ "content": { "parts": [{ "text": "Ho" }] } })),
        differs("candidates[].index", answer(json!({ "candidates": two })), plain()),
        one("candidates[].content", json!({ "content": { "parts": [{ "text": "Ho" }] } })),
        stands("candidates[].content.role", plain()),
        one("candidates[].content.parts", json!({ "content": { "parts": [{ "text": "Ho" }] } })),
        one("candidates[].finishReason", json!({ "finishReason": "MAX_TOKENS" })),
        one("candidates[].finishReason", json!({ "finishReason": "BOREDOM" })),
        differs(
            "candidates[].finishMessage",
            candidate(json!({ "finishReason": "SAFETY", "finishMessage": "No." })),
            candidate(json!({ "finishReason": "SAFETY" })),
        ),
        one(
            "candidates[].citationMetadata",
            json!({ "citationMetadata": { "citationSources": [{ "uri": "https://example.com", "startIndex": 0, "endIndex": 1 }] } }),
        ),
        differs(
            "candidates[].groundingMetadata",
            grounded(json!([chunk("a")]), json!([]), json!({ "webSearchQueries": ["a"] })),
            grounded(json!([chunk("a")]), json!([]), json!({ "webSearchQueries": [] })),
        ),
        differs(
            "candidates[].groundingMetadata.groundingChunks[].web",
            grounded(json!([chunk("a")]), support(2, "Hi"), json!({})),
            grounded(json!([chunk("b")]), support(2, "Hi"), json!({})),
        ),
        differs(
            "candidates[].groundingMetadata.groundingChunks[].retrievedContext",
            grounded(
                json!([{ "retrievedContext": { "uri": "https://a.example", "title": "t" } }]),
                support(2, "Hi"),
                json!({}),
            ),
            grounded(
                json!([{ "retrievedContext": { "uri": "https://b.example", "title": "t" } }]),
                support(2, "Hi"),
                json!({}),
            ),
        ),
        differs(
            "candidates[].groundingMetadata.groundingChunks[].maps",
            grounded(
                json!([{ "maps": { "uri": "https://a.example", "title": "t" } }]),
                support(2, "Hi"),
                json!({}),
            ),
            grounded(
                json!([{ "maps": { "uri": "https://b.example", "title": "t" } }]),
                support(2, "Hi"),
                json!({}),
            ),
        ),
        differs(
            "candidates[].groundingMetadata.groundingSupports[]",
            grounded(json!([chunk("a")]), support(1, "H"), json!({})),
            grounded(json!([chunk("a")]), json!([]), json!({})),
        ),
        one(
            "candidates[].urlContextMetadata",
            json!({ "urlContextMetadata": { "urlMetadata": [{ "retrievedUrl": "https://example.com", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS" }] } }),
        ),
        one(
            "candidates[].logprobsResult",
            json!({ "logprobsResult": { "chosenCandidates": [{ "token": "Hi", "logProbability": -0.1 }] } }),
        ),
        one("candidates[].avgLogprobs", json!({ "avgLogprobs": -0.1 })),
        one(
            "candidates[].safetyRatings[]",
            json!({ "safetyRatings": [{ "category": "A", "probability": "LOW" }] }),
        ),
        one("candidates[].tokenCount", json!({ "tokenCount": 7 })),
        one("candidates[].continuationToken", json!({ "continuationToken": "a" })),
    ]
}

fn of_parts() -> Vec<Sample> {
    let plain = || answer(json!({}));
    let call = |args: Value| parts(json!([{ "functionCall": { "name": "f", "args": args } }]));
    let with = |field: &'static str, member: &str, value: Value| {
        differs(field, parts(json!([{ "text": "Hi", member: value }])), plain())
    };
    vec![
        differs("candidates[].content.parts[].text", parts(json!([{ "text": "Ho" }])), plain()),
        with("candidates[].content.parts[].thought", "thought", true.into()),
        Sample {
            front: Some(Front::Chat),
            ..differs(
                "candidates[].content.parts[].thoughtSignature",
                parts(json!([{ "text": "Hi", "thoughtSignature": "a" }])),
                parts(json!([{ "text": "Hi", "thoughtSignature": "b" }])),
            )
        },
        Sample {
            front: Some(Front::Messages),
            ..stands(
                "candidates[].content.parts[].thoughtSignature",
                parts(json!([{ "text": "Hi", "thoughtSignature": "a" }])),
            )
        },
        differs("candidates[].content.parts[].functionCall", call(json!({ "a": 1 })), call(json!({}))),
        differs(
            "candidates[].content.parts[].inlineData",
            parts(
                json!([{ "text": "Hi" }, { "inlineData": { "mimeType": "image/png", "data": "iVBORw0KGgo=" } }]),
            ),
            plain(),
        ),
        differs(
            "candidates[].content.parts[].fileData",
            parts(
                json!([{ "text": "Hi" }, { "fileData": { "mimeType": "video/mp4", "fileUri": "https://example.com/a" } }]),
            ),
            plain(),
        ),
        differs(
            "candidates[].content.parts[].executableCode",
            parts(json!([{ "text": "Hi" }, { "executableCode": { "language": "PYTHON", "code": "1" } }])),
            plain(),
        ),
        with("candidates[].content.parts[].audioMetadata", "audioMetadata", json!({ "startOffset": "1s" })),
    ]
}

fn counts() -> Vec<Sample> {
    let of = |field: &'static str, members: Value| differs(field, usage(members), usage(json!({})));
    let kinds = |member: &str, modality: &str| json!({ member: [{ "modality": modality, "tokenCount": 7 }] });
    vec![
        of("usageMetadata", json!({ "promptTokenCount": 70 })),
        of("usageMetadata.promptTokenCount", json!({ "promptTokenCount": 70 })),
        of("usageMetadata.cachedContentTokenCount", json!({ "cachedContentTokenCount": 7 })),
        of("usageMetadata.candidatesTokenCount", json!({ "candidatesTokenCount": 70 })),
        of("usageMetadata.thoughtsTokenCount", json!({ "thoughtsTokenCount": 7 })),
        of("usageMetadata.toolUsePromptTokenCount", json!({ "toolUsePromptTokenCount": 7 })),
        stands("usageMetadata.totalTokenCount", answer(json!({}))),
        of("usageMetadata.promptTokensDetails[]", kinds("promptTokensDetails", "AUDIO")),
        of("usageMetadata.candidatesTokensDetails[]", kinds("candidatesTokensDetails", "AUDIO")),
        of("usageMetadata.cacheTokensDetails[]", kinds("cacheTokensDetails", "TEXT")),
        of("usageMetadata.toolUsePromptTokensDetails[]", kinds("toolUsePromptTokensDetails", "TEXT")),
        of("usageMetadata.trafficType", json!({ "trafficType": "ON_DEMAND_PRIORITY" })),
    ]
}
