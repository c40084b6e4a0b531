//! What a model's name stands for.

use serde_json::{Value, json};

use super::{
    sim::{Script, Sim, get},
    whole_answer,
};

fn two_makers() -> Value {
    json!({
        "providers": {
            "openai": {"api_key": {"secret": "A"}, "models": ["gpt-4o", "shared"]},
            "openai-east": {"api_key": {"secret": "B"}, "models": ["gpt-4o-east"]},
            "openrouter": {"api_key": {"secret": "C"}, "models": ["openai/gpt-4o", "shared"]},
        },
        "aliases": {"smart-chat": "openrouter/openai/gpt-4o", "gpt-4o-east": ["openai/gpt-4o"]},
    })
}

#[test]
fn names_find_their_provider() {
    for (name, provider, model) in [
        ("gpt-4o", "openai", "gpt-4o"),
        ("openai/gpt-4o", "openai", "gpt-4o"),
        ("openai/anything-new", "openai", "anything-new"),
        ("openai-east/gpt-4o-east", "openai-east", "gpt-4o-east"),
        ("openrouter/openai/gpt-4o", "openrouter", "openai/gpt-4o"),
        ("smart-chat", "openrouter", "openai/gpt-4o"),
        ("gpt-4o-east", "openai", "gpt-4o"),
    ] {
        let sim = Sim::new(two_makers());
        sim.script([Script::json(whole_answer("Hello."))]);
        let got = sim.chat(json!({"model": name, "messages": []}));
        assert_eq!(
            (got.header("x-tollbridge-provider"), got.header("x-tollbridge-model")),
            (provider, model),
            "{name}"
        );
        assert_eq!(sim.world.seen.borrow()[0].json()["model"], model);
    }
}

#[test]
fn names_that_find_none_are_told_a_better_one() {
    for (name, wants) in [
        ("gpt-4p", "`gpt-4o`"),
        ("smart-cat", "`smart-chat`"),
        ("openaj/gpt-4o", "`openai/gpt-4o`"),
        ("shared", "`openai/shared`, `openrouter/shared`"),
        ("groq/llama", "no provider `groq` is configured"),
        ("something-else-entirely", "`GET /v1/models`"),
    ] {
        let sim = Sim::new(two_makers());
        let got = sim.chat(json!({"model": name, "messages": []}));
        assert_eq!(got.status, 404, "{name}");
        let error = got.json()["error"].clone();
        assert!(error["message"].as_str().unwrap().contains(wants), "{name}: {error}");
        assert_eq!((&error["code"], &error["param"]), (&json!("model_not_found"), &json!("model")));
    }
}

#[test]
fn a_name_the_catalogue_knows_goes_to_its_maker() {
    let sim = Sim::new(json!({"providers": {
        "anthropic": {"api_key": {"secret": "A"}}, "openai": {"api_key": {"secret": "B"}},
    }}));
    sim.script([
        Script::new(500, "text/plain", ""),
        Script::new(500, "text/plain", ""),
        Script::json(whole_answer("Hello.")),
    ]);
    let got = sim.chat(json!({"model": "gpt-4o", "messages": []}));
    assert_eq!((got.status.as_u16(), got.header("x-tollbridge-provider")), (200, "openai"));
}

#[test]
fn the_only_provider_gets_the_names_that_nobody_knows() {
    let sim = Sim::new(json!({"providers": {"vllm": {"base_url": "http://gpu:8000/v1"}}}));
    sim.script([Script::new(404, "text/plain", ""), Script::json(whole_answer("Hello."))]);
    assert_eq!(sim.chat(json!({"model": "my-finetune", "messages": []})).status, 200);
}

#[test]
fn aliases_and_models_are_listed() {
    let listed = Sim::new(two_makers()).send(get("/v1/models")).json();
    let ids: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "gpt-4o-east",
            "smart-chat",
            "openai-east/gpt-4o-east",
            "openai/gpt-4o",
            "openai/shared",
            "openrouter/openai/gpt-4o",
            "openrouter/shared",
        ]
    );
    assert_eq!(listed["object"], "list");
    assert_eq!(listed["data"][0]["object"], "model");
}
