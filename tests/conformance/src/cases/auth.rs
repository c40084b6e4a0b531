//! Who may call, and what becomes of keys.

use http::Method;
use serde_json::json;

use super::{message, refused};
use crate::{
    ability::Ability,
    case::{Ask, Case, Hands},
    fixture::{APP_KEY, EXPIRED_KEY, GATEWAY_KEYS, LIMITED_KEY, MASTER_KEY, WRONG_KEY},
    verdict::{Verdict, check, same},
};

type Sign = fn(Ask) -> Ask;

/// A key, how it is sent, and the status that it gets.
const ROWS: &[(&str, Sign, u16)] = &[
    ("no key", Ask::no_key, 401),
    ("an unknown key", |ask| ask.key(WRONG_KEY), 401),
    ("an expired key", |ask| ask.key(EXPIRED_KEY), 401),
    ("an empty bearer", |ask| ask.key(""), 401),
    ("another scheme", |ask| ask.no_key().header("authorization", "Basic c2std2hhdA=="), 401),
    ("a key with a tail", |ask| ask.key(&format!("{APP_KEY}x")), 401),
    ("an unknown key in x-api-key", |ask| ask.x_api_key(WRONG_KEY), 401),
    ("a declared key", |ask| ask.key(APP_KEY), 200),
    ("the master key", |ask| ask.key(MASTER_KEY), 200),
    ("a declared key in x-api-key", |ask| ask.x_api_key(APP_KEY), 200),
    (
        "the scheme in lower case",
        |ask| ask.no_key().header("authorization", &format!("bearer {APP_KEY}")),
        200,
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = ROWS
        .iter()
        .map(|(name, sign, status)| Case::new("auth", *name, move |hands| signed(hands, *sign, *status)))
        .collect();
    cases.extend([
        Case::new("auth", "a limited key may use its models", limited_may),
        Case::new("auth", "a limited key may not use others", limited_may_not),
        Case::new("auth", "a limited key is listed its models only", limited_list),
        Case::new("auth", "every path under /v1 wants a key", every_path),
        Case::new("auth", "the admin API wants the master key", admin).needs(Ability::Database),
        Case::new("auth", "no gateway key, cookie or hop-by-hop header goes upstream", nothing_leaks),
        Case::new("auth", "no gateway key goes to Anthropic", nothing_leaks_translated),
        Case::new("auth", "a path below the key's own is taken down", user_path),
        Case::new("auth", "a path that climbs is refused", climbing_path),
        Case::new("auth", "without any keys nobody needs one", open).needs(Ability::Program),
    ]);
    cases
}

async fn signed(hands: Hands, sign: Sign, status: u16) -> Verdict {
    let answer = sign(hands.chat("openai/ok.n-3")).send().await?;
    if status == 200 {
        return same("status", answer.status.as_u16(), 200);
    }
    let error = refused(&answer, status)?;
    let leaked = GATEWAY_KEYS.iter().find(|key| message(&error).contains(**key));
    check(leaked.is_none(), || "the error repeats the key".to_owned())?;
    same("requests upstream", hands.seen().await?.len(), 0)
}

async fn limited_may(hands: Hands) -> Verdict {
    let answer = hands.chat("openai/ok.n-3").key(LIMITED_KEY).send().await?;
    same("status of openai/ok…", answer.status.as_u16(), 200)?;
    let answer = hands.chat_as_named("smart-chat").key(LIMITED_KEY).send().await?;
    same("status of the alias", answer.status.as_u16(), 200)
}

async fn limited_may_not(hands: Hands) -> Verdict {
    for model in ["openai/unicode", "anthropic/ok", "openai-east/only-east", "over-status", "only-east"] {
        let answer = hands.chat_as_named(model).key(LIMITED_KEY).send().await?;
        let status = answer.status.as_u16();
        check(status == 403 || status == 404, || format!("{model} got {status}"))?;
        super::shaped_error(&answer)?;
    }
    same("requests upstream", hands.seen().await?.len(), 0)
}

async fn limited_list(hands: Hands) -> Verdict {
    let answer = hands.get("/v1/models").key(LIMITED_KEY).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let body = answer.json();
    let ids: Vec<&str> =
        body["data"].as_array().into_iter().flatten().filter_map(|row| row["id"].as_str()).collect();
    let stranger =
        ids.iter().find(|id| !(id.starts_with("openai/ok") || **id == "smart-chat" || **id == "ok"));
    check(stranger.is_none(), || format!("{stranger:?} is listed to a key that may not use it"))?;
    check(ids.contains(&"smart-chat"), || format!("the alias is not listed: {ids:?}"))
}

async fn every_path(hands: Hands) -> Verdict {
    for (method, path) in [
        (Method::GET, "/v1/models"),
        (Method::GET, "/v1/models/openai/ok"),
        (Method::POST, "/v1/chat/completions"),
    ] {
        let ask = hands.ask(method, path, "{}".into()).no_key().header("content-type", "application/json");
        refused(&ask.send().await?, 401)?;
    }
    Ok(())
}

async fn admin(hands: Hands) -> Verdict {
    let path = "/admin/usage/summary";
    let status = hands.get(path).key(APP_KEY).send().await?.status.as_u16();
    check(status == 403 || status == 401, || format!("a plain key got {status}"))?;
    same("without a key", hands.get(path).no_key().send().await?.status.as_u16(), 401)?;
    same("with the master key", hands.get(path).key(MASTER_KEY).send().await?.status.as_u16(), 200)
}

/// Headers that must not travel on.
fn loaded(ask: Ask) -> Ask {
    ask.header("cookie", "session=secret-cookie")
        .header("x-api-key", APP_KEY)
        .header("proxy-authorization", "Basic c2VjcmV0")
        .header("te", "trailers")
        .header("x-forwarded-for", "203.0.113.9")
        .header("x-tollbridge-user-path", "/secret-user")
        .header("x-internal-secret", "secret-internal")
}

async fn nothing_leaks(hands: Hands) -> Verdict {
    let answer = loaded(hands.chat("openai/ok.n-3")).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    no_trace(&hands, "authorization", "Bearer sk-up-openai").await
}

async fn nothing_leaks_translated(hands: Hands) -> Verdict {
    let answer = loaded(hands.chat("anthropic/ok.n-3")).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    no_trace(&hands, "x-api-key", "sk-up-anthropic").await
}

async fn no_trace(hands: &Hands, header: &str, value: &str) -> Verdict {
    let seen = hands.seen_once().await?;
    same("the provider's own key", seen.header(header), value)?;
    let all = format!("{:?} {}", seen.headers, seen.body);
    for secret in GATEWAY_KEYS.into_iter().chain(["secret-", "c2VjcmV0", "203.0.113.9"]) {
        check(!all.contains(secret), || format!("{secret} went upstream: {all}"))?;
    }
    Ok(())
}

async fn user_path(hands: Hands) -> Verdict {
    let answer = hands.chat("openai/ok.n-3").header("x-tollbridge-user-path", "/team-7/ada").send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let line = hands.log_line(answer.header("x-request-id")).await?;
    let place = format!(
        "{}{}",
        line["tenant"].as_str().unwrap_or_default(),
        line["user_path"].as_str().unwrap_or_default()
    );
    check(place.starts_with("/acme/app") && place.ends_with("/team-7/ada"), || {
        format!("it is counted under {place}")
    })
}

async fn climbing_path(hands: Hands) -> Verdict {
    for path in ["/../other", "..", "/a/../../b"] {
        let answer = hands.chat("openai/ok.n-3").header("x-tollbridge-user-path", path).send().await?;
        refused(&answer, 400)?;
    }
    same("requests upstream", hands.seen().await?.len(), 0)
}

async fn open(hands: Hands) -> Verdict {
    let gateway = hands.open_gateway()?;
    let answer = hands.chat("openai/ok.n-3").no_key().to(gateway).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let body = json!(answer.json()["choices"][0]["finish_reason"]);
    same("finish", body, json!("stop"))
}
