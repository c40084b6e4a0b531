//! One cell: the caller's request through the whole gateway to a provider, and the answer back.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use tollbridge_core::protocol::{Front, Wire};

use crate::{
    laws, provider,
    read::{self, Ended, Said},
    scenario::{Answer, Cell, Forms, Scenario},
    sent,
    sim::{Got, Script, Seen, Sim},
};

/// How many bytes of a stream come at a time; `None` is as the provider flushes it.
const PIECES: [Option<usize>; 4] = [None, Some(usize::MAX), Some(7), Some(1)];

/// Runs a cell in all its forms and tells what was not as the table says.
pub fn run(scenario: &Scenario, front: Front, wire: Wire) -> Vec<String> {
    let mut failures = Vec::new();
    let cell = scenario.cell_of(front, wire);
    if matches!(cell, Cell::Unsaid(_)) {
        return failures;
    }
    for streamed in [false, true] {
        if scenario.forms == if streamed { Forms::Whole } else { Forms::Stream } {
            continue;
        }
        for pieces in if streamed { &PIECES[..] } else { &PIECES[..1] } {
            let one = One { scenario, front, wire, cell: &cell, streamed, pieces: *pieces };
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| one.check())) {
                let why = panic
                    .downcast_ref::<String>()
                    .map(String::as_str)
                    .or(panic.downcast_ref::<&str>().copied());
                let form = if streamed { "stream" } else { "whole" };
                failures.push(format!(
                    "{} · {} → {} · {form} {pieces:?}: {}",
                    scenario.name,
                    front.name(),
                    wire.name(),
                    why.unwrap_or("a panic")
                ));
                break;
            }
        }
    }
    failures
}

/// The provider of each wire: its name and the prefix of its calls' ids.
pub fn vendor(wire: Wire) -> (&'static str, &'static str) {
    match wire {
        Wire::Chat => ("openai", "call_"),
        Wire::Messages => ("anthropic", "toolu_"),
        Wire::Gemini => ("gemini", "call_"),
    }
}

/// A caller's request.
pub fn request(front: Front, ask: &Value) -> Request<Full<Bytes>> {
    let request = match front {
        Front::Chat => Request::post("/v1/chat/completions"),
        Front::Messages => Request::post("/v1/messages").header("anthropic-version", "2023-06-01"),
    };
    request.header("content-type", "application/json").body(Full::from(ask.to_string())).unwrap()
}

struct One<'s> {
    scenario: &'s Scenario,
    front: Front,
    wire: Wire,
    cell: &'s Cell,
    streamed: bool,
    pieces: Option<usize>,
}

impl One<'_> {
    fn check(&self) {
        let (name, _) = vendor(self.wire);
        let model = self.scenario.model_of(self.wire);
        let sim = Sim::new(json!({"providers": {name: {"api_key": {"secret": "KEY"}, "models": [model]}}}));
        let model_name = format!("{name}/{model}");
        let mut ask = self.asked(self.scenario.ask_of(self.front), &model_name);
        if let Some((before, turn)) = self.scenario.earlier_of(self.front) {
            sim.script([self.script_of(provider::answer(self.wire, turn))]);
            let got = sim.send(request(self.front, &self.asked(before.clone(), &model_name)));
            let said = read::read(self.front, &got, self.streamed, self.scenario.usage_asked);
            ask = serde_json::from_str(&ask.to_string().replace("{id}", &said.calls[0].id)).unwrap();
            sim.world.seen.borrow_mut().clear();
            sim.world.rows.borrow_mut().clear();
        }
        // As often as the gateway may ask.
        sim.script(std::iter::repeat_n(self.script_of(self.answer()), 4));
        let got = sim.send(request(self.front, &ask));
        let sent = sim.world.seen.borrow().clone();
        if self.scenario.kept_alive {
            let sign = if self.front == Front::Chat { ": keep-alive\n\n" } else { "event: ping\n" };
            assert!(got.body.contains(sign), "no sign of life: {}", got.body);
        }
        let said = read::read(self.front, &got, self.streamed, self.scenario.usage_asked);
        if let Cell::Refused { field, .. } = self.cell {
            self.check_refused(&got, &said, field);
            assert!(sent.is_empty(), "refused, but sent: {:?}", sent[0].json());
            return;
        }
        let sent = sent.first().unwrap_or_else(|| panic!("nothing was sent: {} {}", got.status, got.body));
        self.check_sent(&ask, sent, model);
        let expected = self.expected();
        assert!(
            got.status == 200 || expected.failure.is_some(),
            "the status {} with {}",
            got.status,
            got.body
        );
        if self.front.wire() != self.wire {
            let dropped = if let Cell::Mapped { dropped, .. } = self.cell { *dropped } else { &[] };
            assert_eq!(got.header("x-tollbridge-dropped"), dropped.join(", "), "x-tollbridge-dropped");
        }
        self.check_said(said, &expected);
        self.check_row(&sim, &expected);
        self.check_headers(&got);
    }

    fn answer(&self) -> Answer {
        self.scenario.answer_of(self.wire)
    }

    fn script_of(&self, answer: Answer) -> Script {
        let whole = !self.streamed || answer.status != 200;
        let mut script = match whole {
            true => Script::new(answer.status, "application/json", answer.whole),
            false => {
                let mut script = Script::new(answer.status, "text/event-stream", "");
                script.chunks = chunks(&answer.stream, self.pieces, answer.pause);
                script.end(answer.end)
            }
        };
        for (name, value) in &answer.headers {
            script = script.header(name, value);
        }
        script
    }

    fn asked(&self, mut ask: Value, model: &str) -> Value {
        ask["model"] = json!(model);
        if self.front == Front::Messages && ask["max_tokens"].is_null() {
            ask["max_tokens"] = json!(4000);
        }
        if self.streamed {
            ask["stream"] = json!(true);
            if self.front == Front::Chat && self.scenario.usage_asked {
                ask["stream_options"] = json!({"include_usage": true});
            }
        }
        ask
    }

    fn check_refused(&self, got: &Got, said: &Said, field: &str) {
        assert_eq!(got.status, 400, "{}", got.body);
        let failure = said.failure.as_ref().unwrap();
        assert!(failure.message.contains(field), "the error does not name `{field}`: {}", got.body);
        if self.front == Front::Chat {
            assert!(failure.field.is_some(), "`param` is missing: {}", got.body);
        }
    }

    fn check_sent(&self, ask: &Value, seen: &Seen, model: &str) {
        let sent = &seen.json();
        if self.front.wire() == self.wire {
            let mut ask = ask.clone();
            ask["model"] = json!(model);
            let mut sent = sent.clone();
            for body in [&mut ask, &mut sent] {
                body.as_object_mut().unwrap().remove("stream_options");
            }
            assert_eq!(sent, ask, "what is relayed");
            return;
        }
        laws::check(self.wire, sent);
        let mut common =
            json!({"model": model, "stream": if self.streamed { json!(true) } else { Value::Null }});
        if self.wire == Wire::Gemini {
            let method = if self.streamed { "streamGenerateContent?alt=sse" } else { "generateContent" };
            assert!(seen.uri.ends_with(&format!("/models/{model}:{method}")), "the address {}", seen.uri);
            common = json!({"model": null, "stream": null});
        }
        for expected in std::iter::once(&common).chain(self.scenario.sends_of(self.front, self.wire)) {
            if let Some(why) = sent::mismatch(self.wire, sent, expected) {
                panic!("sent{why}");
            }
        }
    }

    /// What the caller must read, in its protocol's own terms.
    fn expected(&self) -> Said {
        let mut said = self.scenario.said.clone();
        let (id, model) = provider::named(self.wire);
        said.named = (id.to_owned(), model.to_owned());
        if self.wire == Wire::Chat || (self.wire == Wire::Gemini && !self.scenario.proofs) {
            said.signatures.clear();
        }
        if said.ended == Some(Ended::Sequence) && (self.front == Front::Chat || self.wire != Wire::Messages) {
            said.ended = Some(Ended::Stop);
        }
        if self.wire != Wire::Messages || (self.front, self.wire) == (Front::Chat, Wire::Chat) {
            said.sequence = None;
        }
        if let Cell::Mapped { reads: Some(change), .. } = self.cell {
            change(&mut said);
        }
        said
    }

    fn check_said(&self, mut said: Said, expected: &Said) {
        let mut expected = expected.clone();
        if self.wire == Wire::Gemini && !self.scenario.proofs {
            said.signatures.clear();
        }
        let (_, prefix) = vendor(self.wire);
        assert_eq!(said.calls.len(), expected.calls.len(), "the number of calls: {said:?}");
        for (call, wanted) in said.calls.iter_mut().zip(&mut expected.calls) {
            // Gemini's calls have no ids before its third version.
            if wanted.id != "*" && self.wire != Wire::Gemini {
                assert_eq!(call.id, format!("{prefix}{}", wanted.id), "the id of a call");
            }
            let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
            if parse(&call.arguments).is_some() && parse(&call.arguments) == parse(&wanted.arguments) {
                call.arguments.clone_from(&wanted.arguments);
            }
            call.id.clone_from(&wanted.id);
        }
        if self.streamed && self.front == Front::Chat && !self.scenario.usage_asked {
            expected.used = Default::default();
        }
        if let (Some(failure), Some(wanted)) = (&said.failure, &mut expected.failure) {
            assert!(
                failure.message.contains(&wanted.message),
                "{:?} does not say {:?}",
                failure,
                wanted.message
            );
            wanted.message.clone_from(&failure.message);
            wanted.field.clone_from(&failure.field);
            expected.named.clone_from(&said.named);
            expected.used = said.used;
        }
        assert_eq!(said, expected, "\nleft: read, right: expected\n");
    }

    /// The usage row tells the same, whoever asked for usage.
    fn check_row(&self, sim: &Sim, expected: &Said) {
        let row = sim.row();
        assert_eq!(row.error.is_some(), expected.failure.is_some(), "the row's error: {:?}", row.error);
        if expected.failure.is_none() && expected.used != Default::default() {
            let used = (row.usage.input, row.usage.output, row.estimated);
            assert_eq!(used, (Some(expected.used.input), Some(expected.used.output), false), "the usage row");
        }
    }

    /// What a provider says of waiting reaches the caller.
    fn check_headers(&self, got: &Got) {
        let answer = self.answer();
        for (name, value) in answer.headers.into_iter().chain(answer.told) {
            assert_eq!(got.header(name), value, "the header {name}");
        }
    }
}

fn chunks(events: &[String], pieces: Option<usize>, pause: Option<Duration>) -> Vec<(Duration, Bytes)> {
    let whole = events.concat().into_bytes();
    if let Some(pause) = pause {
        let half: usize = events[..events.len() / 2].iter().map(String::len).sum();
        let (head, tail) = whole.split_at(half);
        return vec![(Duration::ZERO, head.to_vec().into()), (pause, tail.to_vec().into())];
    }
    let chunk = |bytes: &[u8]| (Duration::ZERO, Bytes::copy_from_slice(bytes));
    match pieces {
        None => events.iter().map(|event| chunk(event.as_bytes())).collect(),
        // Single bytes of a long stream say no more than those of a short one, and take minutes.
        Some(size) => {
            whole.chunks(size.clamp(whole.len() / 20_000 + 1, whole.len().max(1))).map(chunk).collect()
        }
    }
}
