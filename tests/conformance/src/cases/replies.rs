//! What models say: each scenario of the stand-in through each wire, whole and streamed, has to
//! come out as it went in.

use serde_json::{Value, json};
use tollbridge_upstream::passage;

use super::manner;
use crate::{
    case::{Ask, Case, Hands},
    front::{Front, Setting},
    reading::{Call, Reading, Usage, chat},
    verdict::{Verdict, check, same},
};

/// A scenario and what a caller has to read.
struct Row {
    name: &'static str,
    script: &'static str,
    ask: fn(Ask) -> Ask,
    read: fn(front: Front, provider: &str) -> Reading,
}

const ROWS: &[Row] = &[
    Row { name: "text", script: "ok.n-40.ct-40.pt-21", ask: |ask| ask, read: |_, _| text(40, "stop") },
    Row {
        name: "text beyond ASCII",
        script: "unicode",
        ask: |ask| ask,
        read: |_, _| said(&passage::unicode().concat()),
    },
    Row { name: "an empty answer", script: "silent", ask: |ask| ask, read: |_, _| said("") },
    Row { name: "the token limit", script: "length.n-8", ask: |ask| ask, read: |_, _| text(8, "length") },
    Row {
        name: "a stop sequence",
        script: "stopseq.n-5",
        ask: |ask| ask.set(Setting::Stop("\n\nHuman:")),
        read: |_, _| text(5, "stop"),
    },
    Row {
        name: "a content filter",
        script: "filter",
        ask: |ask| ask,
        read: |_, _| Reading { finish: "content_filter".to_owned(), ..said("I will") },
    },
    Row { name: "a refusal", script: "refuse", ask: |ask| ask, read: refusal },
    Row {
        name: "reasoning",
        script: "reason.n-6",
        ask: |ask| ask,
        read: |_, _| Reading {
            reasoning: "The river rises in April, so the piers must be wide apart.".to_owned(),
            ..text(6, "stop")
        },
    },
    Row {
        name: "a tool call",
        script: "tool",
        ask: with_tools,
        read: |_, _| calls("", &[("0_0", "look_up", r#"{"days":7,"place":"settled"}"#)]),
    },
    Row {
        name: "text, then a tool call",
        script: "texttool",
        ask: with_tools,
        read: |_, _| calls(&passage::text(6), &[("0_0", "look_up", r#"{"days":7,"place":"settled"}"#)]),
    },
    Row {
        name: "two tool calls at once",
        script: "tools.n-2",
        ask: with_tools,
        read: |_, _| {
            let first = ("0_0", "look_up", r#"{"days":7,"place":"settled"}"#);
            calls("", &[first, ("0_1", "note", r#"{"text":"settled"}"#)])
        },
    },
    Row {
        name: "a tool call without arguments",
        script: "noargs",
        ask: with_tools,
        read: |_, _| calls("", &[("0_0", "look_up", "{}")]),
    },
    Row {
        name: "a tool call with long arguments",
        script: "longargs.n-2000",
        ask: with_tools,
        read: |_, _| {
            let arguments = json!({"text": passage::text(2000)}).to_string();
            calls("", &[("0_0", "look_up", &arguments)])
        },
    },
    Row {
        name: "a forced tool",
        script: "tool",
        ask: |ask| with_tools(ask).set(Setting::Force("note")),
        read: |_, _| calls("", &[("0_0", "note", r#"{"text":"settled"}"#)]),
    },
    Row {
        name: "structured output",
        script: "json",
        ask: |ask| {
            let schema = json!({"type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer"}},
                "required": ["place", "days"], "additionalProperties": false});
            ask.set(Setting::Schema(schema))
        },
        read: |_, _| said(r#"{"days":7,"place":"settled"}"#),
    },
    Row {
        name: "cached prompt tokens",
        script: "ok.n-3.ct-3.pt-100.cached-60.written-20",
        ask: |ask| ask,
        read: |_, _| Reading {
            usage: Some(Usage { prompt: 100, completion: 3, cached: Some(60), ..Usage::default() }),
            ..text(3, "stop")
        },
    },
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for row in ROWS {
        for (front, provider) in super::pairs() {
            for stream in [false, true] {
                let name = format!("{} ({} to {provider}, {})", row.name, front.name(), manner(stream));
                cases.push(Case::new("replies", name, move |hands| one(hands, row, front, provider, stream)));
            }
        }
    }
    cases
}

async fn one(hands: Hands, row: &'static Row, front: Front, provider: &'static str, stream: bool) -> Verdict {
    let ask = (row.ask)(hands.asks(front, &format!("{provider}/{}", row.script)));
    let expected = (row.read)(front, provider);
    let found = match stream {
        true => streamed(ask).await?,
        false => {
            let answer = ask.send().await?;
            same("status", answer.status.as_u16(), 200)?;
            let body = answer.json();
            match front {
                Front::Chat => same("object", body["object"].as_str(), Some("chat.completion"))?,
                Front::Messages => same("type", body["type"].as_str(), Some("message"))?,
            }
            same("model", body["model"].as_str(), Some(hands.model(row.script).as_str()))?;
            front.whole(&body)
        }
    };
    compare(&found, &expected, provider)
}

/// Reads a stream that has to be complete, and checks its form.
async fn streamed(ask: Ask) -> Verdict<Reading> {
    let front = ask.front;
    let mut answer = ask.stream().open().await?;
    same("status", answer.live.status.as_u16(), 200)?;
    let kind = answer.header("content-type").split(';').next().unwrap_or_default().to_owned();
    same("content-type", kind.as_str(), "text/event-stream")?;
    let reading = answer.rest().await?;
    check(answer.is_done(), || "the stream does not say that it is complete".to_owned())?;
    match front {
        Front::Chat => check_form(&chat::chunks(&answer.events))?,
        Front::Messages => super::messages::check_form(&answer.events)?,
    }
    Ok(reading)
}

/// Role first and once, one finish, one id, usage in a chunk of its own after the finish.
fn check_form(chunks: &[Value]) -> Verdict {
    let deltas: Vec<&Value> = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]).collect();
    same(
        "role of the first chunk",
        deltas.first().and_then(|delta| delta["role"].as_str()),
        Some("assistant"),
    )?;
    let finishes: Vec<usize> =
        (0..chunks.len()).filter(|at| chunks[*at]["choices"][0]["finish_reason"].is_string()).collect();
    same("chunks with a finish reason", finishes.len(), 1)?;
    let usages: Vec<usize> = (0..chunks.len()).filter(|at| chunks[*at]["usage"].is_object()).collect();
    same("chunks with usage", usages.len(), 1)?;
    check(usages[0] > finishes[0], || "usage came before the finish reason".to_owned())?;
    same("choices of the usage chunk", &chunks[usages[0]]["choices"], &json!([]))?;
    let objects = chunks.iter().all(|chunk| chunk["object"] == "chat.completion.chunk");
    check(objects, || "a chunk's object is not chat.completion.chunk".to_owned())?;
    let id = chunks[0]["id"].as_str().unwrap_or_default();
    check(!id.is_empty() && chunks.iter().all(|chunk| chunk["id"] == id), || {
        "ids differ or are empty".to_owned()
    })
}

/// Gemini gives its calls no ids; the gateway's own are new in each answer.
fn compare(found: &Reading, expected: &Reading, provider: &str) -> Verdict {
    same("error", &found.error, &None::<String>)?;
    same("text", &found.text, &expected.text)?;
    same("reasoning", &found.reasoning, &expected.reasoning)?;
    same("refusal", &found.refusal, &expected.refusal)?;
    same("finish reason", &found.finish, &expected.finish)?;
    check(found.calls.iter().all(|call| call.id.starts_with("call_") && call.id.len() <= 40), || {
        format!("ids of {:?}", found.calls)
    })?;
    let plain = |calls: &[Call]| -> Vec<(String, String, Value)> {
        let call = |call: &Call| {
            let arguments =
                serde_json::from_str(&call.arguments).unwrap_or(Value::String(call.arguments.clone()));
            // Of the provider's own, the end: which call it was.
            let end = call.id.len().saturating_sub(3);
            let id = if provider == "gemini" { "" } else { &call.id[end..] };
            (id.to_owned(), call.name.clone(), arguments)
        };
        calls.iter().map(call).collect()
    };
    same("tool calls", plain(&found.calls), plain(&expected.calls))?;
    let usage = found.usage.unwrap_or_default();
    check(usage.prompt > 0, || "there is no usage".to_owned())?;
    match expected.usage {
        Some(expected) => {
            same("prompt tokens", usage.prompt, expected.prompt)?;
            same("completion tokens", usage.completion, expected.completion)?;
            same("cached tokens", usage.cached.unwrap_or(0), expected.cached.unwrap_or(0))
        }
        None => Ok(()),
    }
}

fn said(text: &str) -> Reading {
    Reading { text: text.to_owned(), finish: "stop".to_owned(), ..Reading::default() }
}

fn text(tokens: usize, finish: &str) -> Reading {
    Reading { finish: finish.to_owned(), ..said(&passage::text(tokens)) }
}

/// The chat wire has a field for refusals, and Messages a reason to stop; elsewhere they are text.
fn refusal(front: Front, provider: &str) -> Reading {
    let refusal = "I can't help with that.";
    match (provider, front) {
        ("openai", Front::Chat) => Reading { refusal: refusal.to_owned(), ..said("") },
        ("openai", Front::Messages) => Reading { finish: "content_filter".to_owned(), ..said(refusal) },
        _ => said(refusal),
    }
}

fn calls(text: &str, calls: &[(&str, &str, &str)]) -> Reading {
    let call = |(id, name, arguments): &(&str, &str, &str)| Call {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        arguments: (*arguments).to_owned(),
    };
    Reading {
        text: text.to_owned(),
        finish: "tool_calls".to_owned(),
        calls: calls.iter().map(call).collect(),
        ..Reading::default()
    }
}

/// Two tools, the first with two arguments.
pub(super) fn with_tools(ask: Ask) -> Ask {
    ask.set(Setting::Tools)
}
