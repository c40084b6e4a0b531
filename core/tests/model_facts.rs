//! What the catalogue knows of a model decides what goes upstream: models × fields, with what is
//! sent, what is reported as dropped, and what is a 400.

use serde_json::{Value, json};
use tollbridge_core::{
    error::ApiError,
    protocol::{Encoded, Front, OnUnsupported, Target, chat, messages},
    provider::catalogue::{self, Catalogue, Model},
};

/// The members of a request whose fate hangs on the model.
const STEERED: [&str; 9] = [
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "thinking",
    "output_config",
    "tool_choice",
    "stop_sequences",
    "system",
];

fn encode(
    members: &Value,
    model: &str,
    facts: Option<&Model>,
    on_unsupported: OnUnsupported,
) -> Result<Encoded, ApiError> {
    let mut request = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }] });
    request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let body = serde_json::to_vec(&request).unwrap();
    let request = chat::decode_request(&body)?;
    let target = Target {
        model,
        provider: "anthropic",
        front: Front::Chat,
        facts,
        dialect: Default::default(),
        on_unsupported,
    };
    messages::encode_request(&request, &target)
}

/// What is said upstream of the steered members, and what is reported as dropped.
fn outcome(encoded: &Encoded) -> (Value, Vec<String>) {
    let mut body: Value = serde_json::from_slice(&encoded.body).expect("JSON");
    body.as_object_mut().unwrap().retain(|name, _| STEERED.contains(&name.as_str()));
    let mut dropped: Vec<String> = encoded.losses.dropped().iter().map(ToString::to_string).collect();
    dropped.sort();
    (body, dropped)
}

/// What becomes of a request.
enum Fate {
    /// These members go upstream, and these fields are named as dropped.
    Sent(Value, &'static [&'static str]),
    /// A 400 that names this field.
    Refused(&'static str),
}

use Fate::{Refused, Sent};

fn check(on_unsupported: OnUnsupported, cases: Vec<(&str, Value, Fate)>) {
    for (model, members, fate) in cases {
        let result = encode(&members, model, catalogue::find(model), on_unsupported);
        match (result, fate) {
            (Ok(encoded), Sent(expected, losses)) => {
                let (body, dropped) = outcome(&encoded);
                assert_eq!(body, expected, "{model} {members}");
                assert_eq!(dropped, losses, "{model} {members}");
            }
            (Err(error), Refused(param)) => {
                assert_eq!(error.status.as_u16(), 400, "{model} {members}");
                assert_eq!(error.param.as_deref(), Some(param), "{model} {members}");
                assert!(error.message.contains(param), "{}", error.message);
            }
            (Ok(encoded), Refused(_)) => panic!("{model} {members}: sent {:?}", outcome(&encoded)),
            (Err(error), Sent(..)) => panic!("{model} {members}: {error}"),
        }
    }
}

/// `members` with a tool that must be called.
fn forced(mut members: Value) -> Value {
    let all = members.as_object_mut().unwrap();
    all.insert("tool_choice".to_owned(), json!("required"));
    all.insert("tools".to_owned(), json!([{ "type": "function", "function": { "name": "a" } }]));
    members
}

#[test]
fn the_limit_on_tokens_is_the_callers_else_the_models_else_a_safe_one() {
    let limit = |tokens: u64| Sent(json!({ "max_tokens": tokens }), &[]);
    check(
        OnUnsupported::Auto,
        vec![
            ("claude-3-haiku-20240307", json!({}), limit(4_096)),
            ("claude-opus-4-1-20250805", json!({}), limit(32_000)),
            ("anthropic/claude-opus-5-5", json!({}), limit(128_000)),
            ("claude-opus-5-5", json!({ "max_completion_tokens": 7 }), limit(7)),
            ("somebody-1", json!({}), limit(8_192)),
        ],
    );
}

#[test]
fn sampling_goes_to_the_models_that_take_it() {
    let all = || json!({ "max_tokens": 9, "temperature": 0.5, "top_p": 0.5, "top_k": 3 });
    let none = || json!({ "max_tokens": 9 });
    let one = || json!({ "max_tokens": 9, "temperature": 0.5, "top_k": 3 });
    check(
        OnUnsupported::Auto,
        vec![
            ("claude-3-5-haiku", all(), Sent(all(), &[])),
            ("claude-sonnet-4", all(), Sent(all(), &[])),
            ("claude-opus-4-1", all(), Sent(one(), &["top_p"])),
            ("claude-opus-4-6", all(), Sent(one(), &["top_p"])),
            ("claude-opus-4-7", all(), Sent(none(), &["temperature", "top_k", "top_p"])),
            ("claude-haiku-5-5", all(), Sent(none(), &["temperature", "top_k", "top_p"])),
            ("claude-haiku-5-5", json!({ "max_tokens": 9, "temperature": 1, "top_p": 1 }), Sent(none(), &[])),
            ("somebody-1", all(), Sent(all(), &[])),
        ],
    );
    check(
        OnUnsupported::Reject,
        vec![
            ("claude-opus-4-7", json!({ "temperature": 0.5 }), Refused("temperature")),
            ("claude-opus-4-7", json!({ "top_k": 5 }), Refused("top_k")),
        ],
    );
}

#[test]
fn thinking_takes_the_sampling_of_the_models_that_have_it() {
    let asked = json!({ "max_tokens": 5_000, "reasoning_effort": "high", "temperature": 0.5, "top_k": 3 });
    let adaptive = json!({ "max_tokens": 5_000, "thinking": { "type": "adaptive", "display": "summarized" },
                           "output_config": { "effort": "high" } });
    let budget = json!({ "max_tokens": 5_000, "thinking": { "type": "enabled", "budget_tokens": 4_000 } });
    check(
        OnUnsupported::Auto,
        vec![
            ("claude-haiku-4-5", asked.clone(), Sent(budget, &["temperature", "top_k"])),
            ("claude-sonnet-4-6", asked.clone(), Sent(adaptive.clone(), &["temperature", "top_k"])),
            ("claude-sonnet-5", asked.clone(), Sent(adaptive.clone(), &["temperature", "top_k"])),
            ("somebody-1", asked.clone(), Sent(adaptive, &["temperature", "top_k"])),
            (
                "claude-3-opus",
                asked,
                Sent(json!({ "max_tokens": 5_000, "temperature": 0.5, "top_k": 3 }), &["reasoning_effort"]),
            ),
        ],
    );
}

#[test]
fn levels_of_effort_are_the_models_own() {
    let level = |asked: &str| json!({ "max_tokens": 9, "reasoning_effort": asked });
    let sent = |effort: &str| {
        json!({ "max_tokens": 9, "thinking": { "type": "adaptive", "display": "summarized" },
                "output_config": { "effort": effort } })
    };
    check(
        OnUnsupported::Auto,
        vec![
            ("claude-opus-4-6", level("minimal"), Sent(sent("low"), &[])),
            ("claude-opus-4-6", level("max"), Sent(sent("max"), &[])),
            ("claude-opus-4-6", level("xhigh"), Sent(sent("high"), &["reasoning_effort"])),
            ("claude-opus-4-7", level("xhigh"), Sent(sent("xhigh"), &[])),
            ("somebody-1", level("xhigh"), Sent(sent("xhigh"), &[])),
            ("somebody-1", level("minimal"), Sent(sent("low"), &[])),
        ],
    );
    check(OnUnsupported::Reject, vec![("claude-opus-4-6", level("xhigh"), Refused("reasoning_effort"))]);
}

#[test]
fn thinking_is_switched_off_where_that_can_be() {
    let off = || json!({ "max_tokens": 9, "reasoning_effort": "none" });
    let nothing = || json!({ "max_tokens": 9 });
    let disabled = || json!({ "max_tokens": 9, "thinking": { "type": "disabled" } });
    check(
        OnUnsupported::Auto,
        vec![
            ("claude-3-haiku", off(), Sent(nothing(), &[])),
            ("claude-sonnet-4-5", off(), Sent(nothing(), &[])),
            ("claude-opus-4-8", off(), Sent(nothing(), &[])),
            ("claude-opus-5", off(), Sent(disabled(), &[])),
            ("somebody-1", off(), Sent(disabled(), &[])),
            ("claude-opus-5-5", off(), Refused("reasoning_effort")),
            ("claude-fable-5", json!({ "thinking": { "type": "disabled" } }), Refused("thinking")),
            ("claude-fable-5", json!({ "reasoning": { "enabled": false } }), Refused("reasoning")),
        ],
    );
    check(
        OnUnsupported::Drop,
        vec![(
            "claude-opus-5-5",
            off(),
            Sent(json!({ "max_tokens": 9, "output_config": { "effort": "low" } }), &["reasoning_effort"]),
        )],
    );
    let error = encode(&off(), "claude-opus-5-5", catalogue::find("claude-opus-5-5"), OnUnsupported::Auto);
    let message = error.unwrap_err().message;
    assert!(message.contains("claude-opus-5-5") && message.contains("`low`"), "{message}");
}

#[test]
fn budgets_go_to_the_models_that_take_them() {
    let budget = |tokens: u64| json!({ "type": "enabled", "budget_tokens": tokens });
    let raw = || json!({ "max_tokens": 9_000, "thinking": budget(2_000) });
    let count = || json!({ "max_tokens": 9_000, "reasoning": { "max_tokens": 2_000 } });
    let adaptive =
        || json!({ "max_tokens": 9_000, "thinking": { "type": "adaptive", "display": "summarized" } });
    check(
        OnUnsupported::Auto,
        vec![
            ("claude-sonnet-4-5", raw(), Sent(raw(), &[])),
            ("claude-sonnet-4-5", count(), Sent(raw(), &[])),
            ("claude-opus-4-6", raw(), Sent(raw(), &[])),
            ("claude-opus-4-6", count(), Sent(raw(), &[])),
            ("claude-opus-4-7", raw(), Sent(adaptive(), &["thinking"])),
            ("claude-opus-4-7", count(), Sent(adaptive(), &["reasoning"])),
            ("somebody-1", raw(), Sent(raw(), &[])),
            ("somebody-1", count(), Sent(adaptive(), &["reasoning"])),
            // The other way round: a share of the limit stands for the model's own judgement.
            (
                "claude-sonnet-4-5",
                json!({ "max_tokens": 9_000, "thinking": { "type": "adaptive" } }),
                Sent(json!({ "max_tokens": 9_000, "thinking": budget(4_500) }), &[]),
            ),
            // A level has no meaning beside a budget where the model has no levels.
            (
                "claude-haiku-4-5",
                json!({ "max_tokens": 9_000, "thinking": budget(2_000), "reasoning_effort": "low" }),
                Sent(raw(), &[]),
            ),
        ],
    );
}

#[test]
fn forced_tools_and_thinking_as_the_model_wants_them() {
    let plain = || forced(json!({ "max_tokens": 9_000 }));
    let thinking = || forced(json!({ "max_tokens": 9_000, "reasoning_effort": "low" }));
    let any = || json!({ "max_tokens": 9_000, "tool_choice": { "type": "any" } });
    let both = |choice: &str| {
        json!({ "max_tokens": 9_000, "tool_choice": { "type": choice }, "output_config": { "effort": "low" },
                "thinking": { "type": "adaptive", "display": "summarized" } })
    };
    let level_only = json!({ "max_tokens": 9_000, "tool_choice": { "type": "any" }, "output_config": { "effort": "low" } });
    check(
        OnUnsupported::Auto,
        vec![
            ("claude-sonnet-4-5", plain(), Sent(any(), &[])),
            ("claude-sonnet-4-5", thinking(), Sent(any(), &["reasoning_effort"])),
            ("claude-opus-4-6", thinking(), Sent(both("any"), &[])),
            ("claude-opus-5", thinking(), Sent(both("any"), &[])),
            ("claude-sonnet-5-5", plain(), Refused("tool_choice")),
            ("claude-sonnet-5-5", thinking(), Refused("tool_choice")),
            ("somebody-1", plain(), Sent(any(), &[])),
            ("somebody-1", thinking(), Sent(level_only, &["reasoning_effort"])),
        ],
    );
    check(OnUnsupported::Drop, vec![("claude-sonnet-5-5", thinking(), Sent(both("auto"), &["tool_choice"]))]);
}

#[test]
fn schemas_are_settings_where_there_are_some_and_instructions_elsewhere() {
    let request = json!({ "response_format":
        { "type": "json_schema", "json_schema": { "name": "n", "schema": { "title": "Wonder" } } } });
    for (model, native) in [
        ("claude-3-7-sonnet", false),
        ("claude-opus-4", false),
        ("claude-opus-4-1", true),
        ("claude-haiku-4-5", true),
        ("claude-sonnet-5-5", true),
        ("somebody-1", true),
    ] {
        let encoded = encode(&request, model, catalogue::find(model), OnUnsupported::Auto).unwrap();
        let (body, dropped) = outcome(&encoded);
        assert_eq!(body["output_config"]["format"]["schema"]["title"] == "Wonder", native, "{model}");
        assert_eq!(body["system"].to_string().contains("Wonder"), !native, "{model}");
        assert!(dropped.is_empty(), "{model}");
    }
}

#[test]
fn a_catalogue_from_a_file_steers_the_same() {
    let file = br#"{"models": [{"id": "claude-9", "provider": "anthropic", "max_output": 77,
        "refuses": ["top_k", "adaptive_thinking", "json_schema", "temperature_with_top_p", "system_turn"],
        "reasoning": {"control": "budget", "default": "none"}}]}"#;
    let catalogue = Catalogue::from_json(serde_json::from_slice(file).unwrap()).unwrap();
    let members = json!({ "temperature": 0.1, "top_p": 0.9, "top_k": 5 });
    let encoded = encode(&members, "claude-9-1", catalogue.find("claude-9-1"), OnUnsupported::Auto).unwrap();
    let (body, dropped) = outcome(&encoded);
    assert_eq!(body, json!({ "max_tokens": 77, "temperature": 0.1 }));
    assert_eq!(dropped, ["top_k", "top_p"]);
}
