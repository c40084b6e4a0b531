//! What a provider refuses whatever was asked: laws over every request that goes upstream, from the
//! providers' own documentation.

use serde_json::Value;
use tollbridge_core::protocol::Wire;

/// Fails where a provider of the wire would answer with a 400.
pub fn check(wire: Wire, sent: &Value) {
    match wire {
        Wire::Chat => chat(sent),
        Wire::Messages => messages(sent),
        Wire::Gemini => gemini(sent),
    }
}

fn list<'v>(holder: &'v Value, member: &str) -> &'v [Value] {
    holder[member].as_array().map_or(&[], Vec::as_slice)
}

fn text<'v>(holder: &'v Value, member: &str) -> &'v str {
    holder[member].as_str().unwrap_or_else(|| panic!("law: `{member}` is no text in {holder}"))
}

fn only_known(holder: &Value, known: &[&str]) {
    for name in holder.as_object().into_iter().flat_map(|members| members.keys()) {
        assert!(known.contains(&name.as_str()), "law: `{name}` is no member of {holder}");
    }
}

/// OpenAI: an assistant's message says or calls something, its calls are answered at once and by
/// nothing else, and choices of tools come with tools.
fn chat(sent: &Value) {
    #[rustfmt::skip]
    only_known(sent, &[
        "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "max_tokens", "max_completion_tokens",
        "temperature", "top_p", "stop", "stream", "stream_options", "n", "user", "reasoning_effort", "response_format",
        "service_tier", "seed", "metadata", "verbosity",
    ]);
    assert!(!list(sent, "messages").is_empty(), "law: no messages");
    let mut open: Vec<&str> = Vec::new();
    for message in list(sent, "messages") {
        let role = text(message, "role");
        if role == "tool" {
            let id = text(message, "tool_call_id");
            let place = open.iter().position(|call| *call == id);
            open.remove(place.unwrap_or_else(|| panic!("law: a result without its call: {message}")));
            assert!(message["content"].is_string(), "law: a result is text: {message}");
            continue;
        }
        assert!(open.is_empty(), "law: the calls {open:?} are not answered before {message}");
        assert!(["system", "developer", "user", "assistant"].contains(&role), "law: the role of {message}");
        let calls = list(message, "tool_calls");
        open = calls.iter().map(|call| text(call, "id")).collect();
        let says = message["content"].as_str().is_some_and(|content| !content.is_empty())
            || !list(message, "content").is_empty();
        assert!(says || !calls.is_empty(), "law: a message that says nothing: {message}");
        for call in calls {
            let arguments = text(&call["function"], "arguments");
            let object: Result<Value, _> = serde_json::from_str(arguments);
            assert!(object.is_ok_and(|it| it.is_object()), "law: arguments of {call}");
        }
    }
    assert!(open.is_empty(), "law: the calls {open:?} are never answered");
    assert!(sent["tool_choice"].is_null() || !list(sent, "tools").is_empty(), "law: a choice without tools");
    assert!(sent["stream_options"].is_null() || sent["stream"] == true, "law: options without a stream");
}

/// Anthropic: sides take turns, no text is blank, results stand first in the turn
/// after their calls, and thinking leaves room for an answer.
fn messages(sent: &Value) {
    #[rustfmt::skip]
    only_known(sent, &[
        "model", "messages", "system", "max_tokens", "tools", "tool_choice", "temperature", "top_p", "top_k",
        "stop_sequences", "stream", "metadata", "service_tier", "thinking", "output_config", "cache_control",
    ]);
    let most = sent["max_tokens"].as_u64().filter(|most| *most > 0).expect("law: no limit on tokens");
    if let Some(budget) = sent["thinking"]["budget_tokens"].as_u64() {
        assert!((1024..most).contains(&budget), "law: a budget of {budget} under a limit of {most}");
        assert!(sent["temperature"].is_null() && sent["top_k"].is_null(), "law: sampling beside thinking");
    }
    let blank = |block: &Value| block["type"] == "text" && text(block, "text").trim().is_empty();
    assert!(!list(sent, "system").iter().any(blank), "law: a blank system prompt");
    let turns = list(sent, "messages");
    assert!(!turns.is_empty(), "law: no messages");
    for (i, turn) in turns.iter().enumerate() {
        let blocks = list(turn, "content");
        assert!(!blocks.is_empty() && !blocks.iter().any(blank), "law: a blank text in {turn}");
        let before = i.checked_sub(1).and_then(|i| turns.get(i));
        assert!(before.is_none_or(|before| before["role"] != turn["role"]), "law: one side twice");
        let calls: Vec<&Value> = before
            .into_iter()
            .flat_map(|turn| list(turn, "content"))
            .filter(|block| block["type"] == "tool_use")
            .map(|block| &block["id"])
            .collect();
        let results: Vec<&Value> = blocks
            .iter()
            .take_while(|block| block["type"] == "tool_result")
            .map(|block| &block["tool_use_id"])
            .collect();
        let all = blocks.iter().filter(|block| block["type"] == "tool_result").count();
        assert_eq!(results.len(), all, "law: results come first");
        assert!(
            results.len() == calls.len() && calls.iter().all(|call| results.contains(call)),
            "law: the calls {calls:?} and the results {results:?}"
        );
    }
    assert!(sent["tool_choice"].is_null() || !list(sent, "tools").is_empty(), "law: a choice without tools");
}

/// Gemini: sides take turns, each part holds one thing, as many results follow as there were calls.
fn gemini(sent: &Value) {
    only_known(
        sent,
        &["contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "serviceTier"],
    );
    #[rustfmt::skip]
    only_known(&sent["generationConfig"], &[
        "maxOutputTokens", "temperature", "topP", "topK", "stopSequences", "candidateCount", "seed", "presencePenalty",
        "frequencyPenalty", "responseLogprobs", "logprobs", "responseMimeType", "responseJsonSchema", "thinkingConfig",
    ]);
    let turns = list(sent, "contents");
    assert!(!turns.is_empty(), "law: no contents");
    let mut before = (&Value::Null, 0);
    for turn in turns {
        assert!(turn["role"] == "user" || turn["role"] == "model", "law: the role of {turn}");
        assert_ne!(before.0, &turn["role"], "law: one side twice");
        let parts = list(turn, "parts");
        assert!(!parts.is_empty(), "law: no parts");
        let count = |member: &str| parts.iter().filter(|part| !part[member].is_null()).count();
        for part in parts {
            let holds = ["text", "inlineData", "fileData", "functionCall", "functionResponse"];
            let held = holds.iter().filter(|member| !part[**member].is_null()).count();
            assert_eq!(held, 1, "law: one thing a part: {part}");
            assert!(part["functionResponse"].is_null() || part["functionResponse"]["response"].is_object());
            assert!(part["functionCall"].is_null() || part["functionCall"]["args"].is_object());
        }
        assert_eq!(count("functionResponse"), before.1, "law: results of the calls before {turn}");
        before = (&turn["role"], count("functionCall"));
    }
    let functions = list(sent, "tools").iter().any(|tool| !tool["functionDeclarations"].is_null());
    assert!(
        sent["toolConfig"]["functionCallingConfig"].is_null() || functions,
        "law: a choice without tools"
    );
}
