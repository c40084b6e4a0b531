//! From a script to an answer: the table of scenarios.
//!
//! [`REPLIES`] are what a model may say; [`BEHAVIOURS`] are what a server may do instead. Each
//! is a name and a function. Settings that shape the reply (tokens, calls) are read here, those
//! that shape the wire (where usage stands) by the wire, those that shape time and bytes by
//! [`crate::delivery`]; a setting that nobody knows is a 400, so that no test passes by a typing
//! error.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    Standin,
    answer::{Answer, Step},
    ask::{Ask, Endpoint},
    delivery,
    fault::Fault,
    passage, recordings,
    reply::{Finish, Part, Reply, pieces},
    schema,
    script::Script,
    session::Session,
};

type Says = fn(&Ask) -> Reply;

/// What the model says: pieces of text are worth a token each.
const REPLIES: &[(&str, Says)] = &[
    ("ok", |ask| Reply::text(passage::tokens(number(ask, "n", 12)))),
    ("echo", echo),
    ("unicode", |_| Reply::text(passage::unicode())),
    ("flood", flood),
    ("tool", |ask| calls(ask, 1)),
    ("tools", |ask| calls(ask, number(ask, "n", 2))),
    ("texttool", text_then_call),
    ("noargs", |ask| call_of(ask, 0, "{}".to_owned())),
    ("longargs", |ask| call_of(ask, 0, json!({"text": passage::text(number(ask, "n", 4000))}).to_string())),
    ("loop", agent_loop),
    ("reason", reason),
    ("refuse", |_| Reply::of(vec![Part::Refusal(pieces("I can't help with that.", 6))], Finish::Stop)),
    ("filter", |_| Reply::of(vec![Part::Text(pieces("I will", 3))], Finish::Filtered)),
    ("length", |ask| Reply::of(vec![Part::Text(passage::tokens(number(ask, "n", 8)))], Finish::Length)),
    ("stopseq", |ask| {
        Reply::of(vec![Part::Text(passage::tokens(number(ask, "n", 5)))], Finish::StopSequence)
    }),
    ("silent", |_| Reply::of(vec![], Finish::Stop)),
    ("json", structured),
];

type Behaviour = fn(&Standin, &Ask, &Arc<Session>, usize) -> Answer;

/// What the server does instead of answering.
const BEHAVIOURS: &[(&str, Behaviour)] = &[
    ("error", |_, ask, _, _| error(ask)),
    ("failthen", fail_then),
    ("keylimit", key_limit),
    ("html", |_, ask, _, _| html(ask)),
    ("inband", |_, ask, _, _| in_band(ask)),
    ("emptystream", |_, ask, _, _| empty_stream(ask)),
    ("garbage", |_, ask, _, _| garbage(ask)),
    ("redirect", |_, _, _, _| Answer::whole(302, "text/plain", "").header("location", "/control/health")),
    ("down", |_, _, _, _| Answer { before_head: vec![Step::Cut], ..Answer::default() }),
    ("answers", laid_down),
    ("replay", |standin, ask, _, _| replay(standin, ask)),
];

/// Every setting of the language.
const SETTINGS: &[&str] = &[
    "anysig",
    "as",
    "azure",
    "body",
    "cached",
    "chunked",
    "comments",
    "crlf",
    "ct",
    "cut",
    "cutat",
    "delay",
    "enc",
    "ends",
    "extra",
    "finishtwice",
    "gap",
    "hang",
    "id",
    "kb",
    "limits",
    "location",
    "midfail",
    "n",
    "nodone",
    "noretry",
    "nospace",
    "nousage",
    "piece",
    "pt",
    "redacted",
    "resetin",
    "retry",
    "retryms",
    "rt",
    "status",
    "step",
    "systemturns",
    "then",
    "think",
    "times",
    "turns",
    "usage",
    "wholecalls",
    "written",
];

/// Names that are played as `ok`, so that SDK code can name a model as people do.
const FAMILIES: &[&str] =
    &["gpt-", "chatgpt-", "o1", "o3", "o4", "claude-", "gemini-", "llama", "mistral-", "deepseek-"];

/// What `/models` lists where the path names no inventory.
const MODELS: &[&str] = &["gpt-5-mini", "gpt-4o-mini", "claude-sonnet-4-5", "ok", "only-standin"];

/// The answer to a request.
pub fn answer(standin: &Standin, ask: &Ask, session: &Arc<Session>, attempt: usize) -> Answer {
    if let Some(stranger) = ask.script.stranger(SETTINGS).filter(|_| is_scenario(ask.script.name())) {
        return faulty(ask, &Fault::of(400).saying(format!("the stand-in knows no setting '{stranger}'")));
    }
    let answer = match ask.endpoint {
        Endpoint::Unknown => {
            faulty(ask, &Fault::of(404).saying(format!("the stand-in knows no path {}", ask.path)))
        }
        Endpoint::Models => models(ask),
        Endpoint::Count => count(ask),
        Endpoint::Generate => generate(standin, ask, session, attempt),
    };
    delivery::shape(answer, &ask.script).header(ask.wire.id_header(), format!("req_up_{attempt}"))
}

fn is_scenario(name: &str) -> bool {
    REPLIES.iter().any(|row| row.0 == name) || BEHAVIOURS.iter().any(|row| row.0 == name)
}

fn models(ask: &Ask) -> Answer {
    if ask.script.name() == "error" {
        return error(ask);
    }
    let all = || MODELS.iter().map(|id| (*id).to_owned()).collect();
    Answer::json(200, &ask.wire.models(ask, &ask.inventory.clone().unwrap_or_else(all)))
}

/// A count of `pt` tokens, or what a server does instead.
fn count(ask: &Ask) -> Answer {
    match ask.wire.check(ask) {
        Err(fault) => faulty(ask, &fault),
        Ok(()) if ask.script.name() == "error" => error(ask),
        Ok(()) => Answer::json(200, &ask.wire.count(ask.script.number("pt").unwrap_or(17))),
    }
}

fn generate(standin: &Standin, ask: &Ask, session: &Arc<Session>, attempt: usize) -> Answer {
    let replayed = ask.script.name() == "replay";
    match ask.wire.check(ask) {
        Err(fault) if !(replayed && fault.is_of_the_body()) => return faulty(ask, &fault),
        _ => {}
    }
    let name = ask.script.name();
    if let Some((_, behave)) = BEHAVIOURS.iter().find(|row| row.0 == name) {
        return behave(standin, ask, session, attempt);
    }
    let listed = ask.inventory.as_ref().is_some_and(|ids| ids.contains(&ask.model));
    if let Some((_, reply)) = REPLIES.iter().find(|row| row.0 == name) {
        render(ask, reply(ask))
    } else if listed || MODELS.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family)) {
        render(ask, Reply::text(passage::tokens(12)))
    } else {
        faulty(ask, &Fault::of(404).saying(format!("The model `{}` does not exist", ask.model)))
    }
}

/// A reply in the wire's shape, whole or streamed as it was asked for.
fn render(ask: &Ask, mut reply: Reply) -> Answer {
    let script = &ask.script;
    if script.has("think") && ask.wire.thinks(ask) {
        reply.parts.insert(0, thought());
    }
    let usage = &mut reply.usage;
    for (key, field) in [
        ("pt", &mut usage.prompt),
        ("ct", &mut usage.completion),
        ("cached", &mut usage.cached),
        ("written", &mut usage.written),
        ("rt", &mut usage.reasoning),
    ] {
        *field = script.number(key).unwrap_or(*field);
    }
    if script.has("extra") {
        reply.extra = Some(("x_standin".to_owned(), json!({"kept": [1, 2.50, "\u{e9}"]})));
    }
    let answer = match ask.stream {
        true => {
            let mut events = ask.wire.stream(ask, &reply);
            if let Some(count) = script.number("midfail") {
                events.truncate(count as usize);
                events.push(ask.wire.fault_event(&Fault::of(script.number("as").unwrap_or(529) as u16)));
            }
            Answer::events(events)
        }
        false => Answer::json(200, &ask.wire.whole(ask, &reply)),
    };
    match script.has("limits") {
        true => limits(ask, answer),
        false => answer,
    }
}

fn limits(ask: &Ask, answer: Answer) -> Answer {
    ask.wire.limit_headers().iter().fold(answer, |answer, (name, value)| answer.header(name, *value))
}

/// An error in the wire's own shape.
fn faulty(ask: &Ask, fault: &Fault) -> Answer {
    Answer::json(fault.status, &ask.wire.fault(fault))
}

fn number(ask: &Ask, key: &str, default: usize) -> usize {
    ask.script.number(key).map_or(default, |value| value as usize)
}

/// What was received, as the text of the answer.
fn echo(ask: &Ask) -> Reply {
    let headers: Vec<(String, String)> = ask
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let text = json!({
        "method": ask.method.as_str(), "path": ask.path, "query": ask.query,
        "headers": headers, "body": ask.body, "raw": String::from_utf8_lossy(&ask.raw),
    });
    Reply::text(pieces(&text.to_string(), 64))
}

/// `kb` kilobytes of text, each piece `n` characters long.
fn flood(ask: &Ask) -> Reply {
    let size = number(ask, "n", 1024);
    let piece: Arc<str> = passage::text(size / 3 + 1).chars().take(size).collect::<String>().into();
    Reply::text(vec![piece; number(ask, "kb", 256) * 1024 / size])
}

fn calls(ask: &Ask, count: usize) -> Reply {
    let parts = (0..count).map(|index| call(ask, index, None)).collect();
    Reply::of(parts, Finish::ToolCalls)
}

fn call_of(ask: &Ask, index: usize, arguments: String) -> Reply {
    Reply::of(vec![call(ask, index, Some(arguments))], Finish::ToolCalls)
}

/// A call of the forced tool, else of the tool at this place (the last one again past the end).
fn call(ask: &Ask, index: usize, arguments: Option<String>) -> Part {
    let tools = ask.wire.tools(ask);
    let forced = ask.wire.forced_tool(ask);
    let tool = match &forced {
        Some(name) => tools.iter().find(|tool| &tool.name == name),
        None => tools.get(index).or(tools.last()),
    };
    let name = tool.map_or_else(|| "get_weather".to_owned(), |tool| tool.name.clone());
    let of_schema = || match tool {
        Some(tool) => schema::sample(&tool.schema).to_string(),
        None => json!({"city": "Zürich", "days": index}).to_string(),
    };
    let arguments = pieces(&arguments.unwrap_or_else(of_schema), 5);
    let id = format!("call_{:08x}_{}_{index}", digest(&ask.key()), ask.wire.tool_results(ask).len());
    Part::Call { id, name, arguments }
}

/// FNV-1a: real ids are no two alike, so these differ from test to test.
pub(crate) fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn text_then_call(ask: &Ask) -> Reply {
    Reply::of(vec![Part::Text(passage::tokens(6)), call(ask, 0, None)], Finish::ToolCalls)
}

/// Calls a tool until `turns` results are there, then says them back.
fn agent_loop(ask: &Ask) -> Reply {
    let results = ask.wire.tool_results(ask);
    match results.len() < number(ask, "turns", 5) {
        true => calls(ask, 1),
        false => Reply::text(pieces(&format!("settled: {}", results.join(", ")), 4)),
    }
}

fn thought() -> Part {
    Part::Reasoning(pieces("The river rises in April, so the piers must be wide apart.", 7))
}

fn reason(ask: &Ask) -> Reply {
    Reply::of(vec![thought(), Part::Text(passage::tokens(number(ask, "n", 6)))], Finish::Stop)
}

/// What the asked-for schema wants, as text, or through the tool that stands in for a schema.
fn structured(ask: &Ask) -> Reply {
    match ask.wire.answer_schema(ask) {
        Some(schema) => Reply::text(pieces(&schema::sample(&schema).to_string(), 4)),
        None if ask.wire.forced_tool(ask).is_some() => calls(ask, 1),
        None => Reply::text(pieces("{\"answer\":\"settled\"}", 4)),
    }
}

fn error(ask: &Ask) -> Answer {
    let script = &ask.script;
    let mut fault = match script.has("location") {
        true => ask.wire.location(),
        false => Fault::of(script.number("status").unwrap_or(500) as u16),
    };
    fault.retry = script.text("retry").map(str::to_owned);
    let mut answer = faulty(ask, &fault);
    if let Some(seconds) = script.text("retry").filter(|_| ask.wire.retry_header()) {
        answer = answer.header("retry-after", seconds);
    }
    if let Some(milliseconds) = script.text("retryms") {
        answer = answer.header("retry-after-ms", milliseconds);
    }
    if script.has("noretry") {
        answer = answer.header("x-should-retry", "false");
    }
    match script.has("limits") {
        true => limits(ask, answer),
        false => answer,
    }
}

/// Fails the first `times` requests of its test (as `status`, or as what `as` names), then does
/// what `then` names.
fn fail_then(standin: &Standin, ask: &Ask, session: &Arc<Session>, attempt: usize) -> Answer {
    let failing = attempt <= number(ask, "times", 1);
    let name = match failing {
        true => ask.script.text("as").unwrap_or("error"),
        false => ask.script.text("then").unwrap_or("ok"),
    };
    let ask = Ask { script: ask.script.renamed(name), ..ask.clone() };
    generate(standin, &ask, session, attempt)
}

/// Refuses keys whose name holds `limited` for as long as the provider says.
fn key_limit(_: &Standin, ask: &Ask, _: &Arc<Session>, _: usize) -> Answer {
    match ask.wire.credential(ask).is_some_and(|key| key.contains("limited")) {
        true => faulty(ask, &Fault::of(429)).header("retry-after", ask.script.text("retry").unwrap_or("30")),
        false => render(ask, Reply::text(passage::tokens(12))),
    }
}

fn html(ask: &Ask) -> Answer {
    let status = ask.script.number("status").unwrap_or(200) as u16;
    let page =
        "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n";
    Answer::whole(status, "text/html; charset=utf-8", page)
}

/// A 200 that holds an error.
fn in_band(ask: &Ask) -> Answer {
    let fault = Fault::of(ask.script.number("as").unwrap_or(529) as u16);
    match ask.stream {
        true => Answer::events(vec![ask.wire.fault_event(&fault)]),
        false => Answer::json(200, &ask.wire.fault(&fault)),
    }
}

/// A stream that ends at once; with `n` set, after a bare `[DONE]`.
fn empty_stream(ask: &Ask) -> Answer {
    match ask.script.has("n") {
        true => Answer::events(vec!["data: [DONE]\n\n".into()]),
        false => Answer::events(vec![]),
    }
}

/// Bytes that are no JSON under a JSON content type, or no events under an event stream.
fn garbage(ask: &Ask) -> Answer {
    match ask.stream {
        true => Answer::events(vec!["data: {\"id\": \"x\", \"choices\": [\n\n".into()]),
        false => Answer::whole(200, "application/json", "{\"id\": \"x\", \"choices\": ["),
    }
}

/// The answers that the test laid down through the control API, one an attempt: a script, or a
/// status, headers and steps.
fn laid_down(standin: &Standin, ask: &Ask, session: &Arc<Session>, attempt: usize) -> Answer {
    let Some(next) = session.next_laid_down() else {
        return faulty(ask, &Fault::of(500).saying("no answers were laid down for this test"));
    };
    match next["script"].as_str() {
        Some(text) => {
            let script = Script::parse(text);
            let name = script.name().to_owned();
            if name == "answers" {
                return faulty(ask, &Fault::of(500).saying("an answer may not name itself"));
            }
            let again = Ask { script, ..ask.clone() };
            delivery::shape(generate(standin, &again, session, attempt), &again.script)
        }
        None => delivery::from_json(&next),
    }
}

fn replay(standin: &Standin, ask: &Ask) -> Answer {
    let id = ask.script.text("id").unwrap_or_default();
    let Some(recording) = standin.recordings.get(id) else {
        return faulty(ask, &Fault::of(404).saying(format!("no recording '{id}' here")));
    };
    let recordings::Recorded { status, content_type, body } = &recording.response;
    let body = body.clone().unwrap_or_default();
    let content_type = content_type.as_deref().unwrap_or("application/json");
    let mut answer = Answer::whole(*status, content_type, body);
    if recording.stream {
        answer.headers.retain(|(name, _)| name != "content-length");
    }
    answer
}

/// What the settings of a script may be, for a reader of a test.
pub fn vocabulary() -> Value {
    let names = |rows: Vec<&str>| json!(rows);
    json!({
        "replies": names(REPLIES.iter().map(|row| row.0).collect()),
        "behaviours": names(BEHAVIOURS.iter().map(|row| row.0).collect()),
        "settings": SETTINGS,
    })
}
