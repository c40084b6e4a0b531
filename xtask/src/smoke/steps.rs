//! The steps, in the order in which they tell.

use super::Deployment;
use super::curl::{Answer, As, ask};
use super::json::{number, quoted, squeeze};
use crate::process::Failure;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// One thing that is tried.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) run: fn(&Deployment) -> Said,
}

/// How it went.
pub(super) enum Said {
    Well {
        took: Duration,
        detail: String,
    },
    Wrong(String),
    /// It was not tried, and why.
    Left(String),
}

pub(super) const STEPS: [Step; 12] = [
    Step { name: "live", run: |to| get(to, "/health", As::Nobody, 200, r#""status":"ok""#) },
    Step { name: "ready", run: |to| get(to, "/health/ready", As::Nobody, 200, r#""status":"ok""#) },
    Step { name: "version", run: |to| get(to, "/version", As::Nobody, 200, r#""name":"tollbridge""#) },
    Step { name: "models", run: models },
    Step { name: "chat completion", run: |to| generate(to, &CHAT, false) },
    Step { name: "chat completion, streamed", run: |to| generate(to, &CHAT, true) },
    Step { name: "Messages", run: |to| generate(to, &MESSAGES, false) },
    Step { name: "Messages, streamed", run: |to| generate(to, &MESSAGES, true) },
    Step { name: "wrong key, chat", run: |to| refused(to, &CHAT) },
    Step { name: "wrong key, Messages", run: |to| refused(to, &MESSAGES) },
    Step { name: "body that is no JSON", run: malformed },
    Step { name: "usage", run: usage },
];

/// The model that needs no provider.
const DEMO: &str = "demo/echo";

/// Requests of the steps that ask a model.
const COUNTED: u64 = 4;

/// How long the ledger may take to know of a request.
const PATIENCE: Duration = Duration::from_secs(20);

/// A protocol, and what must be in its answers.
struct Protocol {
    path: &'static str,
    /// The key, as the protocol's SDKs send it.
    key: for<'a> fn(&'a str) -> As<'a>,
    whole: &'static [&'static str],
    /// In the order in which they come.
    streamed: &'static [&'static str],
    error: &'static str,
}

const CHAT: Protocol = Protocol {
    path: "/v1/chat/completions",
    key: |key| As::Bearer(key),
    whole: &[r#""choices":["#, r#""content":"#, r#""finish_reason":""#, r#""usage":"#],
    streamed: &[r#""delta":"#, r#""finish_reason":""#, "[DONE]"],
    error: r#"{"error":{"message":""#,
};

const MESSAGES: Protocol = Protocol {
    path: "/v1/messages",
    key: |key| As::Anthropic(key),
    whole: &[r#""type":"message""#, r#""content":["#, r#""stop_reason":""#],
    streamed: &["message_start", "content_block_delta", r#""stop_reason":""#, "message_stop"],
    error: r#"{"type":"error","error":{"#,
};

fn get(to: &Deployment, path: &str, whose: As<'_>, status: u16, holds: &str) -> Said {
    let answer = match ask(to, path, whose, None) {
        Ok(answer) => answer,
        Err(error) => return Said::Wrong(error),
    };
    let body = squeeze(&answer.body);
    if answer.status != status || !body.contains(holds) {
        return unexpected(&answer);
    }
    Said::Well { took: answer.took, detail: begin(&body) }
}

/// The built-in model, where the gateway has it.
pub(super) fn demo(to: &Deployment) -> Result<String, Failure> {
    let whose = to.key.as_deref().map_or(As::Nobody, As::Bearer);
    let listed = ask(to, "/v1/models", whose, None).map_err(Failure::new)?;
    if squeeze(&listed.body).contains(&format!(r#""id":"{DEMO}""#)) {
        return Ok(DEMO.to_owned());
    }
    let said = begin(&listed.body);
    if listed.status != 200 {
        return Err(Failure::new(format!("GET /v1/models: status {}: {said}", listed.status)));
    }
    Err(Failure::new(format!("--model is needed: this gateway has no {DEMO}, but {said}")))
}

fn models(to: &Deployment) -> Said {
    let Some(key) = &to.key else { return no_key() };
    match get(to, "/v1/models", As::Bearer(key), 200, r#""data":["#) {
        Said::Well { took, .. } => Said::Well { took, detail: String::new() },
        other => other,
    }
}

/// A small request of either protocol.
fn body(model: &str, stream: bool) -> String {
    format!(
        r#"{{"model":{},"max_tokens":200,"stream":{stream},"messages":[{{"role":"user","content":"Say hello in three words."}}]}}"#,
        quoted(model)
    )
}

fn generate(to: &Deployment, protocol: &Protocol, stream: bool) -> Said {
    let Some(key) = &to.key else { return no_key() };
    let answer = match ask(to, protocol.path, (protocol.key)(key), Some(&body(&to.model, stream))) {
        Ok(answer) => answer,
        Err(error) => return Said::Wrong(error),
    };
    if answer.status != 200 {
        return unexpected(&answer);
    }
    let wanted = if stream { protocol.streamed } else { protocol.whole };
    if let Some(missing) = missing(&squeeze(&answer.body), wanted, stream) {
        return Said::Wrong(format!("the answer has no {missing}: {}", begin(&answer.body)));
    }
    let detail = match (answer.events.first(), answer.events.last()) {
        (Some(first), Some(last)) => {
            let events = answer.events.len();
            format!(
                "{events} events, the first after {} ms, the last after {} ms",
                first.as_millis(),
                last.as_millis()
            )
        }
        _ => String::new(),
    };
    Said::Well { took: answer.took, detail }
}

/// What of it is not there, or not behind what comes before it.
fn missing<'a>(text: &str, wanted: &[&'a str], in_order: bool) -> Option<&'a str> {
    let mut rest = text;
    wanted.iter().copied().find(|want| match rest.split_once(want) {
        Some((_, after)) => {
            rest = if in_order { after } else { rest };
            false
        }
        None => true,
    })
}

fn refused(to: &Deployment, protocol: &Protocol) -> Said {
    let key = (protocol.key)("not-a-key-of-this-gateway");
    match ask(to, protocol.path, key, Some(&body(&to.model, false))) {
        Ok(answer) if answer.status == 200 => {
            Said::Wrong("everybody may call: set TOLLBRIDGE_MASTER_KEY".to_owned())
        }
        Ok(answer) => expect(&answer, 401, protocol.error),
        Err(error) => Said::Wrong(error),
    }
}

fn malformed(to: &Deployment) -> Said {
    let Some(key) = &to.key else { return no_key() };
    match ask(to, CHAT.path, As::Bearer(key), Some("{\"model\": ")) {
        Ok(answer) => expect(&answer, 400, CHAT.error),
        Err(error) => Said::Wrong(error),
    }
}

fn expect(answer: &Answer, status: u16, begins: &str) -> Said {
    if answer.status != status || !squeeze(&answer.body).starts_with(begins) {
        return unexpected(answer);
    }
    Said::Well { took: answer.took, detail: format!("{status}, as it should be") }
}

/// The requests that the ledger has counted, where there is a key and a ledger to tell.
pub(super) fn count(to: &Deployment) -> Option<u64> {
    let answer = ask(to, "/admin/usage/summary", As::Bearer(to.master_key.as_deref()?), None).ok()?;
    number(&squeeze(&answer.body), "requests").filter(|_| answer.status == 200)
}

fn usage(to: &Deployment) -> Said {
    let Some(key) = &to.master_key else {
        return Said::Left("no master key was given (--master-key)".to_owned());
    };
    let Some(before) = to.counted else {
        return match ask(to, "/admin/usage/summary", As::Bearer(key), None) {
            Ok(answer) if squeeze(&answer.body).contains(r#""code":"ledger_unavailable""#) => {
                Said::Left(format!("no ledger to ask: {}", begin(&answer.body)))
            }
            Ok(answer) => unexpected(&answer),
            Err(error) => Said::Wrong(error),
        };
    };
    let began = Instant::now();
    loop {
        let counted = count(to).unwrap_or(before).saturating_sub(before);
        if counted >= COUNTED {
            let detail = format!("{counted} requests more than before");
            return Said::Well { took: began.elapsed(), detail };
        }
        if began.elapsed() > PATIENCE {
            return Said::Wrong(format!("{counted} requests were counted, of {COUNTED} or more"));
        }
        sleep(Duration::from_millis(300));
    }
}

fn no_key() -> Said {
    Said::Left("no key was given (--key, or TOLLBRIDGE_KEY)".to_owned())
}

fn unexpected(answer: &Answer) -> Said {
    Said::Wrong(format!("status {}: {}", answer.status, begin(&answer.body)))
}

/// The beginning of a text, on one line.
fn begin(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 160 { line } else { line.chars().take(160).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(missing("a b c", &["a", "c"], true), None);
        assert_eq!(missing("c b a", &["a", "c"], true), Some("c"));
        assert_eq!(missing("c b a", &["a", "c"], false), None);
        assert_eq!(missing("a", &["a", "d"], false), Some("d"));
    }

    #[test]
    fn requests_are_json() {
        assert!(body("a\"b", true).starts_with(r#"{"model":"a\"b","max_tokens":200,"stream":true,"#));
        assert_eq!(begin(" a \n b"), "a b");
        assert_eq!(begin(&"ü".repeat(300)).chars().count(), 161);
    }
}
