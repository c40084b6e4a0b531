//! Streams that are not as they should be: cut, silent, failing, in dialect.

use std::time::Duration;

use serde_json::{Value, json};
use tollbridge_core::protocol::{
    Front::{self, Chat},
    Wire,
};

use crate::{
    provider::{self, Turn, chat, messages},
    read::{Ended, Failure},
    scenario::{Answer, Forms, Scenario, scenario},
    sim::End,
};

const TEXT: &str = "Hello there, how are you?";

pub fn all() -> Vec<Scenario> {
    vec![
        cut("cut stream, by a broken connection", End::Reset),
        cut("cut stream, by an early end", End::Clean),
        error(),
        bare_error(),
        named_error(),
        joined(),
        early_error(),
        garbage(),
        idle(),
        no_done(),
        repeated_end(),
        comments(),
    ]
}

/// The stream up to the middle of the text.
fn half(wire: Wire) -> Vec<String> {
    let mut events = provider::answer(wire, &Turn::text(TEXT)).stream;
    let last = events.iter().rposition(|event| event.contains("how") || event.contains("are")).unwrap();
    events.truncate(last);
    events
}

fn half_text(said: &mut crate::read::Said) {
    said.text = "Hello there, ho".to_owned();
    said.text.truncate(14);
}

fn cut(name: &'static str, end: End) -> Scenario {
    let mut scenario = scenario(name).forms(Forms::Stream).greeting();
    for wire in crate::scenario::WIRES {
        let answer = Answer { end, ..Answer::new("", half(wire)) };
        scenario = scenario.answers(wire, answer);
    }
    scenario.caller_reads(|said| {
        half_text(said);
        said.ended = None;
        said.failure = Some(Failure::default());
    })
}

fn failing(wire: Wire) -> String {
    match wire {
        Wire::Chat => "data: {\"error\":{\"message\":\"The engine broke.\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n".to_owned(),
        Wire::Messages => messages::event(
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "The engine broke."}}),
        ),
        Wire::Gemini => "data: {\"error\":{\"code\":500,\"message\":\"The engine broke.\",\"status\":\"INTERNAL\"}}\r\n\r\n".to_owned(),
    }
}

/// In the middle of the text.
fn error() -> Scenario {
    let mut scenario = scenario("error inside a stream").forms(Forms::Stream).greeting();
    for wire in crate::scenario::WIRES {
        let events = [half(wire), vec![failing(wire)]].concat();
        scenario = scenario.answers(wire, Answer::new("", events));
    }
    scenario.caller_reads(broken)
}

/// Google breaks off with a JSON document that stands in no event, as do proxies of other servers.
fn bare_error() -> Scenario {
    const CODED: &str = "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"The engine broke.\",\n    \"status\": \"UNAVAILABLE\"\n  }\n}\n";
    let mut scenario = scenario("error inside a stream, in no event").forms(Forms::Stream).greeting();
    for wire in [Wire::Chat, Wire::Gemini] {
        let events = [half(wire), vec![CODED.to_owned()]].concat();
        scenario = scenario.answers(wire, Answer::new("", events));
    }
    scenario.not_on(Wire::Messages, "the wire has events for errors").caller_reads(broken)
}

/// Nothing but the event's name says that it is an error.
fn named_error() -> Scenario {
    const NAMED: &str = "event: error\ndata: {\"message\": \"The engine broke.\"}\n\n";
    scenario("event that is named an error")
        .forms(Forms::Stream)
        .greeting()
        .answers(Wire::Chat, Answer::new("", [half(Wire::Chat), vec![NAMED.to_owned()]].concat()))
        .not_on(Wire::Messages, "the wire's errors say so themselves")
        .not_on(Wire::Gemini, "the wire has no names of events")
        .caller_reads(broken)
}

fn broken(said: &mut crate::read::Said) {
    half_text(said);
    said.ended = None;
    said.failure = Some(Failure { message: "The engine broke.".to_owned(), ..Failure::default() });
}

/// Some servers leave out the blank line between two events.
fn joined() -> Scenario {
    let turn = Turn::text(TEXT);
    let mut scenario = scenario("events without blank lines between them").forms(Forms::Stream).greeting();
    for wire in [Wire::Chat, Wire::Gemini] {
        let text = provider::answer(wire, &turn).stream.concat();
        let text = text.replace("\r\n\r\n", "\r\n").replace("\n\n", "\n");
        scenario = scenario.answers(wire, Answer::new("", vec![text + "\n"]));
    }
    let scenario = scenario.says(turn).not_on(Wire::Messages, "the wire's events have names");
    scenario.cell(Chat, Wire::Chat, crate::scenario::unsaid("relayed as it is"))
}

/// Before anything was said: the caller gets a status.
fn early_error() -> Scenario {
    let mut scenario = scenario("error as a stream's first event").forms(Forms::Stream).greeting();
    for wire in crate::scenario::WIRES {
        scenario = scenario.answers(wire, Answer::new("", vec![failing(wire)]));
    }
    let failed = |status: u16| {
        move |said: &mut crate::read::Said| {
            *said = crate::read::Said {
                failure: Some(Failure { status, message: "The engine broke.".to_owned(), field: None }),
                ..Default::default()
            };
        }
    };
    let as_overloaded: fn(&mut crate::read::Said) = |said| said.failure.as_mut().unwrap().status = 529;
    let as_internal: fn(&mut crate::read::Said) = |said| said.failure.as_mut().unwrap().status = 500;
    let note = "the status that its type has";
    scenario
        .caller_reads(failed(502))
        .cell(Chat, Wire::Messages, crate::scenario::reads(note, as_overloaded))
        .cell(Front::Messages, Wire::Messages, crate::scenario::reads(note, as_overloaded))
        .cell(Chat, Wire::Gemini, crate::scenario::reads("the status that its code names", as_internal))
        .cell(
            Front::Messages,
            Wire::Gemini,
            crate::scenario::reads("the status that its code names", as_internal),
        )
}

/// An event that is no JSON.
fn garbage() -> Scenario {
    let mut scenario = scenario("an event that cannot be read").forms(Forms::Stream).greeting();
    for wire in crate::scenario::WIRES {
        let event = match wire {
            Wire::Chat => "data: {\"choices\":[{\"del\n\n",
            Wire::Messages => "event: content_block_delta\ndata: {\"type\":\"content_bl\n\n",
            Wire::Gemini => "data: {\"candidates\":[{\"con\n\n",
        };
        let events = [half(wire), vec![event.to_owned()]].concat();
        scenario = scenario.answers(wire, Answer::new("", events));
    }
    let relayed = "relayed as it is";
    scenario
        .caller_reads(|said| {
            half_text(said);
            said.ended = None;
            said.failure = Some(Failure::default());
        })
        .cell(Chat, Wire::Chat, crate::scenario::unsaid(relayed))
        .cell(Front::Messages, Wire::Messages, crate::scenario::unsaid(relayed))
}

/// Silence of a minute, over which the gateway keeps the connection alive.
fn idle() -> Scenario {
    let mut scenario = scenario("a minute of silence").forms(Forms::Stream).greeting();
    for wire in crate::scenario::WIRES {
        let usual = provider::answer(wire, &Turn::text(TEXT));
        scenario = scenario.answers(wire, Answer { pause: Some(Duration::from_secs(60)), ..usual });
    }
    scenario.kept_alive()
}

/// As Perplexity ends.
fn no_done() -> Scenario {
    let mut events = provider::answer(Wire::Chat, &Turn::text(TEXT)).stream;
    events.pop();
    scenario("a stream without [DONE]")
        .forms(Forms::Stream)
        .greeting()
        .answers(Wire::Chat, Answer::new("", events))
        .not_on(Wire::Messages, "the wire has its own end")
        .not_on(Wire::Gemini, "the wire has no such end")
        .cell(Chat, Wire::Chat, crate::scenario::unsaid("relayed as it is"))
}

/// As OpenRouter ends: the reason again beside the usage, the role in every chunk, text in the last.
fn repeated_end() -> Scenario {
    let turn = Turn::text(TEXT);
    let choice = |text: &str, finish: Value| json!([{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": finish, "logprobs": null}]);
    let events = vec![
        ": OPENROUTER PROCESSING\n\n".to_owned(),
        chat::event(choice("Hello there,", Value::Null), Value::Null),
        ": OPENROUTER PROCESSING\n\n".to_owned(),
        chat::event(choice(" how are", Value::Null), Value::Null),
        chat::event(choice(" you?", json!("stop")), Value::Null),
        chat::event(choice("", json!("stop")), chat::usage(turn.used)),
        chat::done(),
    ];
    scenario("role in every chunk, reason and text twice in the last")
        .forms(Forms::Stream)
        .greeting()
        .answers(Wire::Chat, Answer::new("", events))
        .not_on(Wire::Messages, "a dialect of the chat wire")
        .not_on(Wire::Gemini, "a dialect of the chat wire")
        .cell(Chat, Wire::Chat, crate::scenario::unsaid("relayed as it is"))
}

/// Comments, fields that nobody knows, line ends of two letters, events of the future.
fn comments() -> Scenario {
    let odd = |events: Vec<String>, more: String| -> Vec<String> {
        let (head, tail) = events.split_at(2);
        let framed = [&[": hello\n\nid: 7\nretry: 100\n\n".to_owned()], head, &[more], tail].concat();
        framed.into_iter().map(|event| event.replace('\n', "\r\n")).collect()
    };
    let of = |wire| provider::answer(wire, &Turn::text(TEXT)).stream;
    let future = messages::event(json!({"type": "event_of_the_future", "index": 0}));
    let chunk = chat::delta(json!({"member_of_the_future": {"a": 1}}), None);
    let relayed = "relayed as it is";
    scenario("comments, unknown events, lines that end in two letters")
        .forms(Forms::Stream)
        .greeting()
        .answers(Wire::Chat, Answer::new("", odd(of(Wire::Chat), chunk)))
        .answers(Wire::Messages, Answer::new("", odd(of(Wire::Messages), future)))
        .answers(
            Wire::Gemini,
            Answer::new("", [vec![": hello\r\n\r\n".to_owned()], of(Wire::Gemini)].concat()),
        )
        .caller_reads(|said| said.ended = Some(Ended::Stop))
        .cell(Chat, Wire::Chat, crate::scenario::unsaid(relayed))
        .cell(Front::Messages, Wire::Messages, crate::scenario::unsaid(relayed))
}
