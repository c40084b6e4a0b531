//! Model names: which provider a name means, and what is said when it means none.

use serde_json::Value;

use super::{message, refused};
use crate::{
    ability::Ability,
    case::{Case, Hands},
    verdict::{Verdict, check, holds, same},
};

/// A name, and the provider and model that must serve it.
const NAMES: &[(&str, &str, &str, &str)] = &[
    ("provider/model", "openai-east/anything~ok", "openai-east", "anything~ok"),
    ("a provider's model that it does not list", "openai/ok.n-2", "openai", "ok.n-2"),
    ("a bare name from a provider's list", "only-east", "openai-east", "only-east"),
    ("a bare name that Anthropic lists", "only-claude", "anthropic", "only-claude"),
    ("a bare name that Google lists", "only-gemini", "gemini", "only-gemini"),
    ("a bare name from the configuration", "listed-in-config", "mylab", "listed-in-config"),
    ("an alias", "smart-chat", "openai", "ok.n-7"),
    ("a model id with slashes", "openai-west/maker/slashed/model", "openai-west", "maker/slashed/model"),
    ("a bare id with slashes", "maker/slashed/model", "openai-west", "maker/slashed/model"),
    (
        "a provider's model whose id has a slash",
        "openrouter/vendor/only-router",
        "openrouter",
        "vendor/only-router",
    ),
    ("a provider of the operator's own", "mylab/lab-model", "mylab", "lab-model"),
    ("a provider without a key", "ollama/local-llama", "ollama", "local-llama"),
];

/// A name that means nothing, and what its refusal has to mention.
const MISSES: &[(&str, &str, &[&str])] = &[
    ("a name with a typing error names the nearest", "only-eats", &["only-east"]),
    ("an alias with a typing error names the nearest", "smrt-chat", &["smart-chat"]),
    ("an unknown provider names the nearest", "opneai/gpt-5", &["openai"]),
    (
        "a name that two providers list names both",
        "shared-model",
        &["openai-east/shared-model", "openai-west/shared-model"],
    ),
    ("a name near nothing", "zzzzzzzzzzzz-qqqqqq", &["zzzzzzzzzzzz-qqqqqq"]),
];

pub(super) fn cases() -> Vec<Case> {
    let served = NAMES.iter().map(|(name, asked, provider, model)| {
        Case::new("names", *name, move |hands| served(hands, asked, provider, model))
    });
    let missed = MISSES.iter().map(|(name, asked, mentions)| {
        Case::new("names", *name, move |hands| missed(hands, asked, mentions))
    });
    let mut cases: Vec<Case> = served.chain(missed).collect();
    cases.extend([
        Case::new("models", "the list has every provider's models and the aliases", list),
        Case::new("models", "one model by id", one),
        Case::new("models", "an unknown id is 404", unknown),
        Case::new("models", "a provider whose list fails hides no other", one_fails),
        Case::new("names", "instances and lists from the environment", environment).needs(Ability::Program),
    ]);
    cases
}

async fn served(hands: Hands, asked: &'static str, provider: &'static str, model: &'static str) -> Verdict {
    let answer = hands.chat_as_named(asked).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    same("x-tollbridge-provider", answer.header("x-tollbridge-provider"), provider)?;
    same("x-tollbridge-model", answer.header("x-tollbridge-model"), model)?;
    same("attempts", answer.header("x-tollbridge-attempts"), "1")?;
    let seen = hands.seen_once().await?;
    // Google's wire has the model in the address.
    let at_google = seen.path.ends_with(&format!("/models/{model}:generateContent"));
    check(at_google || seen.json()["model"] == model, || {
        format!("the model upstream: {} {}", seen.path, seen.body)
    })
}

async fn missed(hands: Hands, asked: &'static str, mentions: &'static [&'static str]) -> Verdict {
    let answer = hands.chat_as_named(asked).send().await?;
    let error = refused(&answer, 404)?;
    for mention in mentions {
        holds("the message", &message(&error), mention)?;
    }
    same("code", error["code"].as_str(), Some("model_not_found"))?;
    same("requests upstream", hands.seen().await?.len(), 0)
}

fn ids(list: &Value) -> Vec<String> {
    let rows = list["data"].as_array().into_iter().flatten();
    rows.filter_map(|row| row["id"].as_str()).map(str::to_owned).collect()
}

async fn list(hands: Hands) -> Verdict {
    let answer = hands.get("/v1/models").send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let body = answer.json();
    same("object", body["object"].as_str(), Some("list"))?;
    let ids = ids(&body);
    for id in [
        "openai-east/only-east",
        "openai-west/maker/slashed/model",
        "anthropic/only-claude",
        "gemini/only-gemini",
        "mylab/listed-in-config",
        "smart-chat",
    ] {
        check(ids.iter().any(|it| it == id), || format!("{id} is not listed: {ids:?}"))?;
    }
    let typed = body["data"].as_array().into_iter().flatten().all(|row| row["object"] == "model");
    check(typed, || "a row's object is not `model`".to_owned())
}

async fn one(hands: Hands) -> Verdict {
    for id in ["openai-east/only-east", "openai-west/maker/slashed/model", "smart-chat", "only-east"] {
        let answer = hands.get(&format!("/v1/models/{id}")).send().await?;
        same(id, answer.status.as_u16(), 200)?;
        same("object", answer.json()["object"].as_str(), Some("model"))?;
    }
    let answer = hands.get("/v1/models/openai-west%2Fmaker%2Fslashed%2Fmodel").send().await?;
    same("an id with escaped slashes", answer.status.as_u16(), 200)
}

async fn unknown(hands: Hands) -> Verdict {
    let answer = hands.get("/v1/models/no-such-model-anywhere").send().await?;
    let error = refused(&answer, 404)?;
    same("code", error["code"].as_str(), Some("model_not_found"))
}

async fn one_fails(hands: Hands) -> Verdict {
    let answer = hands.get("/v1/models").send().await?;
    same("status", answer.status.as_u16(), 200)?;
    check(ids(&answer.json()).len() > 5, || "too few models".to_owned())
}

async fn environment(hands: Hands) -> Verdict {
    let gateway = hands.open_gateway()?;
    for (asked, provider) in [
        ("openai/ok", "openai"),
        ("openai-east/env-east-model", "openai-east"),
        ("env-east-model", "openai-east"),
        ("env-listed-model", "groq"),
        ("env-claude", "anthropic"),
        ("env-llama", "ollama"),
    ] {
        let answer = hands.chat_as_named(asked).no_key().to(gateway).send().await?;
        same(asked, answer.status.as_u16(), 200)?;
        same(asked, answer.header("x-tollbridge-provider"), provider)?;
    }
    Ok(())
}
