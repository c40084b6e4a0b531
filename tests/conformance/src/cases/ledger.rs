//! What is written down about requests: a row in the ledger, a line in the log.

use serde_json::json;

use super::{PROVIDERS, manner, refused};
use crate::{
    case::{Case, Hands},
    fixture::{GATEWAY_KEYS, MASTER_KEY},
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
        Case::new("ledger", "sums by provider and by key", groups),
        Case::new("ledger", "a tenant's sums hold those below it", tenants),
        Case::new("ledger", "a question that is not understood is refused", bad_question),
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
