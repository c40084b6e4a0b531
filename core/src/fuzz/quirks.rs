//! What providers want differently in a body that is relayed.

use bytes::Bytes;
use serde_json::Value;

use crate::{
    provider::{ROWS, catalogue, image_addresses, message_edits},
    sketch::sketch,
};

/// Chat bodies with something for every rule.
pub(super) const SEEDS: &[&[u8]] = &[
    br#"{"messages":[{"role":"developer","content":"A"},{"role":"user","name":"n","content":[{"type":"text","text":"B"}]}]}"#,
    br#"{"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"call_1"},{"id":"abcdefghi"}]},{"role":"tool","tool_call_id":"call_1","content":"1"},{"role":"user","content":"C"}]}"#,
    br#"{"messages":[{"role":"user","content":"A"},{"role":"user","content":"B"},{"role":"assistant","content":"C","reasoning_content":"D"}],"thinking":{"type":"enabled"}}"#,
    br#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.example/a.png"}}]}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}}"#,
];

/// A body that is JSON stays JSON, with the members it had.
pub fn quirks(data: &[u8]) {
    let body = Bytes::copy_from_slice(data);
    let Ok(body) = sketch(&body) else { return };
    let Some(row) = ROWS.get(data.len() % ROWS.len()) else { return };
    let facts = catalogue::find("deepseek-v4-pro");
    let mut edits = body.edit();
    if let Some(changed) = message_edits(row, || facts, &body) {
        changed.set.into_iter().for_each(|(name, json)| edits.set(name, json));
    }
    if let (_, Some(messages)) = image_addresses(&body, |url| Some(format!("data:{}", url.len()))) {
        edits.set("messages", messages);
    }
    let edited: Value = serde_json::from_slice(&edits.pieces().concat()).expect("JSON");
    let before: Value = serde_json::from_slice(data).expect("JSON");
    let names = |value: &Value| value.as_object().map(|members| members.keys().cloned().collect::<Vec<_>>());
    assert_eq!(names(&edited), names(&before));
}
