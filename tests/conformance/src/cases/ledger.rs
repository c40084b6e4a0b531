//! What is written down about requests: a row in the ledger, a line in the log.

use serde_json::{Value, json};

use super::{PROVIDERS, manner, refused};
use crate::{
    ability::Ability,
    case::{Case, Hands},
    fixture::{CANON_KEY, GATEWAY_KEYS, MASTER_KEY},
    front::Front,
    verdict::{Verdict, check, same},
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for provider in PROVIDERS {
        for stream in [false, true] {
            let name = format!("tokens and facts of a request ({provider}, {})", manner(stream));
            cases.push(Case::new("ledger", name, move |hands| facts(hands, provider, stream)));
        }
    }
    cases.extend([
        Case::new("ledger", "sums by provider and by key", groups).needs(Ability::Database),
        Case::new("ledger", "a tenant's sums hold those below it", tenants).needs(Ability::Database),
        Case::new("ledger", "a question that is not understood is refused", bad_question),
        Case::new("ledger", "one sequence of requests has one summary on every target", canon)
            .needs(Ability::Database),
        Case::new("ledger", "the log line of a request has one shape on every target", shape),
        Case::new("ledger", "an error is a row with its class", errors),
        Case::new("ledger", "no prompt, answer or key is in the log", quiet_log),
    ]);
    cases
}

async fn facts(hands: Hands, provider: &'static str, stream: bool) -> Verdict {
    let script = "ok.n-11.ct-11.pt-40.cached-16.rt-3";
    let answer = hands.chat(&format!("{provider}/{script}")).streamed_if(stream).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let model = hands.model(script);
    let sums = hands.world.main.sums(&format!("model={model}"), 1).await?;
    same("tokens in the ledger", (sums.input, sums.cached, sums.output), (40, 16, 11))?;
    same("errors and estimates", (sums.errors, sums.estimated), (0, 0))?;
    let line = hands.log_line(answer.header("x-request-id")).await?;
    for (field, value) in [
        ("status", json!(200)),
        ("tenant", json!("/acme/app")),
        ("key", json!("app")),
        ("provider", json!(provider)),
        ("model", json!(format!("{provider}/{model}"))),
        ("model_answered", json!(model)),
        ("finish", json!("stop")),
        ("stream", json!(stream)),
        ("attempts", json!(1)),
        ("input_tokens", json!(40)),
        ("output_tokens", json!(11)),
    ] {
        same(field, &line[field], &value)?;
    }
    let latency = line["latency_ms"].as_f64().unwrap_or(-1.0);
    // Of a whole answer nobody knows when its first token was there.
    let first = line["first_token_ms"].as_f64().unwrap_or(if stream { -1.0 } else { latency });
    check(latency > 0.0 && first > 0.0 && first <= latency, || {
        format!("latency {latency}, first token {first}")
    })
}

async fn groups(hands: Hands) -> Verdict {
    let script = "ok.n-2.ct-2.pt-5";
    for provider in ["openai", "openai-east", "anthropic"] {
        same("status", hands.chat(&format!("{provider}/{script}")).send().await?.status.as_u16(), 200)?;
    }
    let model = hands.model(script);
    let sums = hands.world.main.sums(&format!("model={model}"), 3).await?;
    same("requests and tokens", (sums.requests, sums.input, sums.output), (3, 15, 6))?;
    let summary = hands.world.main.summary(&format!("model={model}&group_by=provider,key")).await?;
    let groups = summary["groups"].as_array().cloned().unwrap_or_default();
    same("groups", groups.len(), 3)?;
    let right = groups
        .iter()
        .all(|group| group["key"] == "app" && group["requests"] == 1 && group["output_tokens"] == 2);
    check(right, || format!("the groups are {summary}"))
}

async fn tenants(hands: Hands) -> Verdict {
    let script = "ok.n-2";
    same("status", hands.chat(&format!("openai/{script}")).send().await?.status.as_u16(), 200)?;
    let model = hands.model(script);
    for (tenant, requests) in [("/acme/app", 1), ("/acme", 1), ("/ac", 0), ("/other", 0)] {
        hands.world.main.sums(&format!("model={model}"), 1).await?;
        let summary = hands.world.main.summary(&format!("model={model}&tenant={tenant}")).await?;
        same(tenant, summary["totals"]["requests"].as_u64(), Some(requests))?;
    }
    Ok(())
}

/// Six requests of a tenant of their own: the summary is the same on every target, to the letter, but for times
/// and for the word that marks this run.
async fn canon(hands: Hands) -> Verdict {
    for (front, model, stream) in [
        (Front::Chat, "openai/ok.n-4.ct-4.pt-11", false),
        (Front::Chat, "anthropic/ok.n-5.ct-5.pt-30.cached-16", true),
        (Front::Messages, "gemini/ok.n-3.ct-3.pt-9.rt-2", false),
        (Front::Messages, "anthropic/ok.n-5.ct-5.pt-30.cached-16", true),
        (Front::Chat, "openai-faulty/error.status-400", false),
        (Front::Chat, "openai-faulty/error.status-503", true),
    ] {
        hands.asks(front, model).streamed_if(stream).key(CANON_KEY).send().await?;
    }
    let filter = "tenant=/canon";
    hands.world.main.sums(filter, 6).await?;
    let mut summary = hands.world.main.summary(&format!("{filter}&group_by=provider,model,endpoint")).await?;
    for time in ["from", "to"] {
        let text = summary[time].as_str().unwrap_or_default();
        check(text.ends_with(":00Z"), || format!("{time} is no hour: {text}"))?;
        summary[time] = json!("TIME");
    }
    let groups = summary["groups"].as_array_mut().into_iter().flatten();
    groups.for_each(without_times);
    without_times(&mut summary["totals"]);
    if let Some(groups) = summary["groups"].as_array_mut() {
        // Groups of as many requests come in any order.
        groups.sort_by_key(Value::to_string);
    }
    let found = format!("{summary:#}\n").replace(&hands.token, "TOKEN");
    check(found == CANON, || format!("the summary is not that of fixtures/summary.json: {found}"))
}

/// What it says after the canonical sequence.
const CANON: &str = include_str!("../../fixtures/summary.json");

fn without_times(sums: &mut Value) {
    for (name, value) in sums.as_object_mut().into_iter().flatten() {
        if name.ends_with("_us") || name.ends_with("_ms") {
            *value = json!("TIME");
        }
    }
}

/// Names and types of all fields that a line can have, from requests that know much and little.
async fn shape(hands: Hands) -> Verdict {
    let full = hands.chat("anthropic/ok.n-9.ct-9.pt-40.cached-16").stream().send().await?;
    let line = hands.log_line(full.header("x-request-id")).await?;
    same("fields of a stream's line", fields(&line), STREAMED)?;
    let failed = hands.chat("openai-faulty/error.status-400").send().await?;
    let line = hands.log_line(failed.header("x-request-id")).await?;
    same("fields of a failure's line", fields(&line), FAILED)
}

const STREAMED: &str = "attempts:number cached_input_tokens:number endpoint:text event:text finish:text \
     first_token_ms:number id:text input_tokens:number key:text latency_ms:number level:text model:text \
     model_answered:text output_tokens:number provider:text status:number stream:flag tenant:text time:text";
const FAILED: &str = "attempts:number endpoint:text error:text event:text id:text key:text latency_ms:number level:text \
     model:text model_answered:text provider:text status:number stream:flag tenant:text time:text";

/// `name:type` of each field, in the order of the alphabet.
fn fields(line: &Value) -> String {
    let kind = |value: &Value| match value {
        Value::String(_) => "text",
        Value::Number(_) => "number",
        Value::Bool(_) => "flag",
        _ => "other",
    };
    let named = |(name, value): (&String, &Value)| format!("{name}:{}", kind(value));
    let mut fields: Vec<String> = line.as_object().into_iter().flatten().map(named).collect();
    fields.sort();
    fields.join(" ")
}

async fn bad_question(hands: Hands) -> Verdict {
    for query in ["colour=red", "group_by=colour", "from=yesterday", "limit=0"] {
        let answer = hands.get(&format!("/admin/usage/summary?{query}")).key(MASTER_KEY).send().await?;
        refused(&answer, 400)?;
    }
    Ok(())
}

async fn errors(hands: Hands) -> Verdict {
    let answer = hands.chat("openai-faulty/error.status-503").send().await?;
    let line = hands.log_line(answer.header("x-request-id")).await?;
    same("status", &line["status"], &json!(503))?;
    same("error", line["error"].as_str().is_some(), true)?;
    same("attempts", &line["attempts"], &json!(4))
}

async fn quiet_log(hands: Hands) -> Verdict {
    let marked = json!([{"role": "user", "content": "the prompt says zanzibar-7"}]);
    let ask = hands.chat("openai/echo").with("messages", marked).header("x-custom", "quagga-9");
    let answer = ask.send().await?;
    hands.log_line(answer.header("x-request-id")).await?;
    let log = hands.world.main.running.lines.all().join("\n");
    for secret in ["zanzibar-7", "quagga-9", "sk-up-"].into_iter().chain(GATEWAY_KEYS) {
        check(!log.contains(secret), || format!("the log holds {secret}"))?;
    }
    Ok(())
}
