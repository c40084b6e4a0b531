//! Chat to Anthropic: what goes upstream says what the caller said, or the caller is told.

use serde_json::{Value, json};

use super::{manner, message, refused, replies};
use crate::{
    case::{Ask, Case, Hands},
    front::Front,
    reading::chat,
    verdict::{Verdict, check, holds, same},
};

/// A change of the request, and where its meaning has to be found upstream.
struct Row {
    name: &'static str,
    ask: fn(Ask) -> Ask,
    found: &'static [(&'static str, &'static str)],
}

const ROWS: &[Row] = &[
    Row {
        name: "system and developer turns become the system prompt",
        ask: |ask| {
            let turns = json!([{"role": "system", "content": "Be brief."}, {"role": "developer", "content": "Be kind."},
                {"role": "user", "content": "Hello"}]);
            ask.with("messages", turns)
        },
        found: &[("/messages/0/role", "\"user\""), ("/system", "Be brief."), ("/system", "Be kind.")],
    },
    Row { name: "max_tokens", ask: |ask| ask.with("max_tokens", json!(77)), found: &[("/max_tokens", "77")] },
    Row {
        name: "max_completion_tokens",
        ask: |ask| ask.with("max_completion_tokens", json!(78)),
        found: &[("/max_tokens", "78")],
    },
    Row {
        name: "stop as a text",
        ask: |ask| ask.with("stop", json!("END")),
        found: &[("/stop_sequences", "[\"END\"]")],
    },
    Row {
        name: "stop as a list",
        ask: |ask| ask.with("stop", json!(["END", "FIN"])),
        found: &[("/stop_sequences", "[\"END\",\"FIN\"]")],
    },
    Row {
        name: "temperature and top_p",
        ask: |ask| ask.with("temperature", json!(0.5)),
        found: &[("/temperature", "0.5")],
    },
    Row {
        name: "tools with their schemas",
        ask: replies::with_tools,
        found: &[
            ("/tools/0/name", "look_up"),
            ("/tools/0/description", "Looks a place up."),
            ("/tools/0/input_schema/properties/place/type", "string"),
            ("/tools/0/input_schema/required", "[\"place\"]"),
            ("/tools/1/name", "note"),
        ],
    },
    Row {
        name: "tool_choice auto",
        ask: |ask| replies::with_tools(ask).with("tool_choice", json!("auto")),
        found: &[("/tools/1/name", "note")],
    },
    Row {
        name: "tool_choice required",
        ask: |ask| replies::with_tools(ask).with("tool_choice", json!("required")),
        found: &[("/tool_choice/type", "\"any\"")],
    },
    Row {
        name: "tool_choice none",
        ask: |ask| replies::with_tools(ask).with("tool_choice", json!("none")),
        found: &[("/tool_choice/type", "\"none\"")],
    },
    Row {
        name: "tool_choice of one tool",
        ask: |ask| {
            replies::with_tools(ask)
                .with("tool_choice", json!({"type": "function", "function": {"name": "note"}}))
        },
        found: &[("/tool_choice/type", "\"tool\""), ("/tool_choice/name", "\"note\"")],
    },
    Row {
        name: "parallel_tool_calls false",
        ask: |ask| replies::with_tools(ask).with("parallel_tool_calls", json!(false)),
        found: &[("/tool_choice/disable_parallel_tool_use", "true")],
    },
    Row {
        name: "a picture in the request",
        ask: |ask| {
            let image =
                json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}});
            ask.with(
                "messages",
                json!([{"role": "user", "content": [{"type": "text", "text": "See:"}, image]}]),
            )
        },
        found: &[
            ("/messages/0/content/0/text", "See:"),
            ("/messages/0/content/1/source/media_type", "image/png"),
            ("/messages/0/content/1/source/data", "iVBORw0KGgo="),
        ],
    },
    Row {
        name: "a picture by its address",
        ask: |ask| {
            let image = json!({"type": "image_url", "image_url": {"url": "https://pictures.example/a.png"}});
            ask.with("messages", json!([{"role": "user", "content": [image]}]))
        },
        found: &[
            ("/messages/0/content/0/source/type", "url"),
            ("/messages/0/content/0/source/url", "https://pictures.example/a.png"),
        ],
    },
    Row {
        name: "calls and results of two tools are one turn each",
        ask: |ask| replies::with_tools(ask).with("messages", conversation()),
        found: &[
            ("/messages/1/content/0/text", "Let me see."),
            ("/messages/1/content/1/type", "tool_use"),
            ("/messages/1/content/1/id", "call_a"),
            ("/messages/1/content/1/input/place", "Bern"),
            ("/messages/1/content/2/id", "call_b"),
            ("/messages/2/role", "user"),
            ("/messages/2/content/0/tool_use_id", "call_a"),
            ("/messages/2/content/0/content", "sunny"),
            ("/messages/2/content/1/tool_use_id", "call_b"),
            ("/messages/2/content/1/content", "noted"),
        ],
    },
];

/// Settings that change the meaning and that Anthropic has no word for.
const REFUSED: &[(&str, &str, &str)] = &[
    ("n", "2", "n"),
    ("logprobs", "true", "logprobs"),
    ("modalities", "[\"text\",\"audio\"]", "modalities"),
];

fn conversation() -> Value {
    let call = |id: &str, name: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    json!([
        {"role": "user", "content": "What is the weather? Note it."},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [
            call("call_a", "look_up", "{\"place\":\"Bern\"}"), call("call_b", "note", "{}")]},
        {"role": "tool", "tool_call_id": "call_a", "content": "sunny"},
        {"role": "tool", "tool_call_id": "call_b", "content": [{"type": "text", "text": "noted"}]},
        {"role": "user", "content": "And tomorrow?"},
    ])
}

pub(super) fn cases() -> Vec<Case> {
    let rows = ROWS.iter().map(|row| Case::new("translate", row.name, move |hands| found(hands, row)));
    let mut cases: Vec<Case> = rows.collect();
    cases.extend(REFUSED.iter().map(|(field, value, param)| {
        Case::new("translate", format!("{field} is refused by name"), move |hands| {
            refuses(hands, field, value, param)
        })
    }));
    for (front, provider) in super::pairs() {
        for stream in [false, true] {
            let pair = format!("{} to {provider}, {}", front.name(), manner(stream));
            cases.push(Case::new(
                "translate",
                format!("an agent's loop of five turns ({pair})"),
                move |hands| five_turns(hands, front, provider, stream),
            ));
        }
    }
    cases.extend([
        Case::new("translate", "max tokens are set where the caller sets none", default_limit),
        Case::new("translate", "harmless losses are named", dropped),
        Case::new("translate", "what is carried is not called dropped", not_dropped),
        Case::new("translate", "structured output asks for the schema", schema),
        Case::new("translate", "an error of Anthropic keeps its words", error_words),
        Case::new("translate", "id, object and created have the front's form", form),
    ]);
    cases
}

async fn found(hands: Hands, row: &'static Row) -> Verdict {
    let answer = (row.ask)(hands.chat("anthropic/ok.n-2")).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let body = hands.seen_once().await?.json();
    for (place, part) in row.found {
        let value = body.pointer(place).cloned().unwrap_or_default();
        let text = value.to_string();
        check(text.contains(part), || format!("{place} upstream: expected {part}, found {text} in {body}"))?;
    }
    Ok(())
}

async fn refuses(hands: Hands, field: &'static str, value: &'static str, param: &'static str) -> Verdict {
    let value: Value = serde_json::from_str(value).unwrap_or_default();
    let answer = hands.chat("anthropic/ok.n-2").with(field, value).send().await?;
    let error = refused(&answer, 400)?;
    same("param", error["param"].as_str(), Some(param))?;
    holds("the message", &message(&error), "anthropic")?;
    same("requests upstream", hands.seen().await?.len(), 0)
}

/// Resends role, content and calls only, as agents do.
async fn five_turns(hands: Hands, front: Front, provider: &'static str, stream: bool) -> Verdict {
    let mut messages = vec![json!({"role": "user", "content": "Go on until it is settled."})];
    for turn in 0..=5 {
        let ask = replies::with_tools(hands.asks(front, &format!("{provider}/loop.turns-5")));
        let answer = ask.with("messages", json!(messages)).streamed_if(stream).send().await?;
        same("status", answer.status.as_u16(), 200)?;
        let reading = front.read(&answer, stream);
        if turn == 5 {
            same("finish", reading.finish.as_str(), "stop")?;
            return same("text", reading.text.as_str(), "settled: r0, r1, r2, r3, r4");
        }
        same("finish", reading.finish.as_str(), "tool_calls")?;
        let Some(call) = reading.calls.first() else { return crate::verdict::fail("there is no call") };
        messages.extend(front.answered(call, &format!("r{turn}")));
    }
    Ok(())
}

async fn default_limit(hands: Hands) -> Verdict {
    same("status", hands.chat("anthropic/ok.n-1").send().await?.status.as_u16(), 200)?;
    let limit = hands.seen_once().await?.json()["max_tokens"].as_u64().unwrap_or(0);
    check(limit >= 1024, || format!("max_tokens upstream is {limit}"))
}

async fn dropped(hands: Hands) -> Verdict {
    let ask = hands.chat("anthropic/ok.n-1").with("seed", json!(7)).with("frequency_penalty", json!(0.5));
    let answer = ask.send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let named = answer.header("x-tollbridge-dropped").to_owned();
    check(named.contains("seed") && named.contains("frequency_penalty"), || {
        format!("x-tollbridge-dropped: {named:?}")
    })
}

async fn not_dropped(hands: Hands) -> Verdict {
    let ask = hands.chat("anthropic/ok.n-1").with("temperature", json!(0.2)).with("max_tokens", json!(9));
    same("x-tollbridge-dropped", ask.with("n", json!(1)).send().await?.header("x-tollbridge-dropped"), "")
}

async fn schema(hands: Hands) -> Verdict {
    let schema = json!({"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"],
        "additionalProperties": false});
    let format =
        json!({"type": "json_schema", "json_schema": {"name": "stay", "strict": true, "schema": schema}});
    let answer = hands.chat("anthropic/json").with("response_format", format).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let text = chat::whole(&answer.json()).text;
    same("text", serde_json::from_str::<Value>(&text).unwrap_or_default(), json!({"place": "settled"}))
}

async fn error_words(hands: Hands) -> Verdict {
    let answer = hands.chat("anthropic-faulty/error.status-400").send().await?;
    let error = refused(&answer, 400)?;
    holds("the message", &message(&error), "refused, says the stand-in")?;
    same("type", error["type"].as_str(), Some("invalid_request_error"))
}

async fn form(hands: Hands) -> Verdict {
    let body = hands.chat("anthropic/ok.n-1").send().await?.json();
    same("object", body["object"].as_str(), Some("chat.completion"))?;
    check(body["id"].as_str().is_some_and(|id| !id.is_empty()), || format!("id: {}", body["id"]))?;
    check(body["created"].as_u64().is_some_and(|at| at > 1_700_000_000), || {
        format!("created: {}", body["created"])
    })?;
    same("role", body["choices"][0]["message"]["role"].as_str(), Some("assistant"))?;
    let usage = &body["usage"];
    let sum = usage["prompt_tokens"].as_u64().unwrap_or(0) + usage["completion_tokens"].as_u64().unwrap_or(0);
    same("total_tokens", usage["total_tokens"].as_u64(), Some(sum))
}
