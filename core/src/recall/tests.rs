use std::borrow::Cow;

use super::*;
use crate::{
    conversation::{
        Choice, Delta, Event, Finish, Message, Part, PartKind, Reasoning, Request, Response, Role, TextPart,
        ToolCall, ToolResult, Usage,
    },
    protocol::gemini::GEMINI_FORMAT,
};

use super::Format::{Claude, Gemini};

const CLAUDE: &str = chat::ANTHROPIC_FORMAT;

fn call(id: &'static str, signature: Option<&'static str>) -> Part<'static> {
    Part::ToolCall(ToolCall {
        id: id.into(),
        name: "look".into(),
        arguments: "{}".into(),
        signature: signature.map(Cow::Borrowed),
        ..ToolCall::default()
    })
}

fn thought(text: &'static str, signature: Option<&'static str>) -> Part<'static> {
    Part::Reasoning(Reasoning {
        text: Some(text.into()),
        signature: signature.map(Cow::Borrowed),
        format: Some(CLAUDE.into()),
        ..Reasoning::default()
    })
}

fn opaque(data: &'static str, format: &'static str) -> Part<'static> {
    Part::Reasoning(Reasoning {
        opaque: Some(data.into()),
        format: Some(format.into()),
        ..Reasoning::default()
    })
}

fn answer(parts: Vec<Part<'static>>) -> Response<'static> {
    Response { choices: vec![Choice { parts, ..Choice::default() }], ..Response::default() }
}

fn result(id: &'static str) -> Message<'static> {
    let result = ToolResult { call_id: id.into(), ..ToolResult::default() };
    Message::new(Role::User, vec![Part::ToolResult(result)])
}

fn user(text: &'static str) -> Message<'static> {
    Message::new(Role::User, vec![Part::text(text)])
}

fn assistant(parts: Vec<Part<'static>>) -> Message<'static> {
    Message::new(Role::Assistant, parts)
}

fn request(messages: Vec<Message<'static>>) -> Request<'static> {
    Request { messages, ..Request::default() }
}

/// A short way to say what a message holds.
fn said(message: &Message<'_>) -> Vec<String> {
    let part = |part: &Part<'_>| match part {
        Part::Text(TextPart { text, .. }) => format!("text {text}"),
        Part::ToolCall(call) => format!("call {}{}", call.id, sign(&call.signature)),
        Part::Reasoning(Reasoning { opaque: Some(data), .. }) => format!("opaque {data}"),
        Part::Reasoning(reasoning) => {
            format!("thought {}{}", reasoning.text.as_deref().unwrap_or("-"), sign(&reasoning.signature))
        }
        _ => "other".to_owned(),
    };
    fn sign(signature: &Option<Cow<'_, str>>) -> String {
        signature.as_ref().map(|signature| format!(" by {signature}")).unwrap_or_default()
    }
    message.parts.iter().map(part).collect()
}

/// What a client that keeps role, content and calls alone makes of an answer: chat clients put the
/// texts together, those of Messages keep them apart.
fn rebuilt(parts: &[Part<'static>], one_text: bool) -> Vec<Part<'static>> {
    let texts = parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.text.clone()),
        _ => None,
    });
    let calls = parts.iter().filter_map(|part| match part {
        Part::ToolCall(call) => Some(Part::ToolCall(ToolCall { signature: None, ..call.clone() })),
        _ => None,
    });
    if one_text {
        let text: String = texts.collect();
        let text = (!text.is_empty()).then(|| Part::text(text));
        return text.into_iter().chain(calls).collect();
    }
    parts
        .iter()
        .filter(|part| !matches!(part, Part::Reasoning(_)))
        .map(|part| match part {
            Part::ToolCall(call) => Part::ToolCall(ToolCall { signature: None, ..call.clone() }),
            other => other.clone(),
        })
        .collect()
}

fn events(parts: &[Part<'static>]) -> Vec<Event<'static>> {
    let mut events = vec![Event::Start { id: None, model: None, created: None, usage: Usage::default() }];
    for (number, part) in parts.iter().enumerate() {
        let number = number as u32;
        let (kind, deltas) = match part.clone() {
            Part::Text(text) => (PartKind::Text, vec![Delta::Text(text.text)]),
            Part::ToolCall(ToolCall { id, name, kind, signature, arguments, .. }) => {
                (PartKind::ToolCall { id, name, kind, signature }, vec![Delta::Arguments(arguments)])
            }
            Part::Reasoning(Reasoning { opaque: Some(data), id, format, .. }) => {
                (PartKind::OpaqueReasoning { data, id, format }, Vec::new())
            }
            Part::Reasoning(Reasoning { text, signature, summary, format, .. }) => {
                let text = text.unwrap_or_default().into_owned();
                let (first, second) = text.split_at(text.len() / 2);
                let mut deltas =
                    vec![Delta::Text(first.to_owned().into()), Delta::Text(second.to_owned().into())];
                deltas.extend(signature.map(Delta::Signature));
                (PartKind::Reasoning { summary, format }, deltas)
            }
            _ => continue,
        };
        events.push(Event::PartStart { part: number, choice: 0, kind });
        events.extend(deltas.into_iter().map(|delta| Event::Delta { part: number, delta }));
        events.push(Event::PartEnd { part: number });
    }
    events.push(Event::Finish { choice: 0, finish: Finish::default() });
    events
}

fn collector(format: Format) -> Collector {
    Collector::new(format, &request(vec![user("?")]))
}

fn streamed(format: Format, parts: &[Part<'static>]) -> Vec<Record> {
    let mut collector = collector(format);
    events(parts).iter().filter_map(|event| collector.event(event)).collect()
}

/// Turns as the providers give them, in the format named.
fn turns() -> Vec<(Format, Vec<Part<'static>>)> {
    vec![
        (Claude, vec![thought("a", Some("sa")), Part::text("now"), call("1", None)]),
        (Claude, vec![thought("", Some("sa")), opaque("x", CLAUDE), call("1", None), call("2", None)]),
        (
            Claude,
            vec![
                thought("a", Some("sa")),
                Part::text("t"),
                thought("b", Some("sb")),
                Part::text("u"),
                call("1", None),
                thought("c", Some("sc")),
                call("2", None),
            ],
        ),
        (Claude, vec![Part::text("no thinking"), call("1", None)]),
        (Gemini, vec![call("1", Some("s1")), call("2", None), call("3", None)]),
        (Gemini, vec![Part::text("t"), opaque("st", GEMINI_FORMAT), call("1", Some("s1"))]),
        (Gemini, vec![call("1", Some("s1")), call("2", Some("s2"))]),
    ]
}

#[test]
fn what_a_client_drops_is_put_back_where_it_was() {
    for (format, parts) in turns() {
        let records = collector(format).response(&answer(parts.clone()));
        assert_eq!(records, streamed(format, &parts), "streams say the same as whole answers");
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].handle, "1\0look");
        let kept = Turn::read(&records[0].value).unwrap();
        let want = said(&assistant(parts.clone()));
        for one_text in [false, true] {
            let mut request =
                request(vec![user("?"), assistant(rebuilt(&parts, one_text)), result("1"), result("2")]);
            assert_eq!(wanted(&request, format), ["1\0look"]);
            restore(&mut request, format, std::slice::from_ref(&kept));
            let texts = parts.iter().filter(|part| matches!(part, Part::Text(_))).count();
            if !one_text || texts < 2 {
                assert_eq!(said(&request.messages[1]), want);
            }
            assert!(!request.reasoning_gone);
        }
    }
}

#[test]
fn thoughts_between_texts_that_were_put_together_follow_them() {
    let (format, parts) = turns().swap_remove(2);
    let records = collector(format).response(&answer(parts.clone()));
    let mut request = request(vec![user("?"), assistant(rebuilt(&parts, true)), result("1")]);
    restore(&mut request, format, &[Turn::read(&records[0].value).unwrap()]);
    let want = ["thought a by sa", "text tu", "thought b by sb", "call 1", "thought c by sc", "call 2"];
    assert_eq!(said(&request.messages[1]), want);
}

#[test]
fn calls_of_one_turn_may_come_back_in_several_messages() {
    let parts = [thought("a", Some("sa")), call("1", None), thought("b", Some("sb")), call("2", None)];
    let records = streamed(Claude, &parts);
    let turn = Turn::read(&records[0].value).unwrap();
    let messages =
        vec![user("?"), assistant(vec![call("1", None)]), assistant(vec![call("2", None)]), result("1")];
    let mut request = request(messages);
    restore(&mut request, Claude, &[turn]);
    assert_eq!(said(&request.messages[1]), ["thought a by sa", "call 1"]);
    assert_eq!(said(&request.messages[2]), ["thought b by sb", "call 2"]);
    assert!(!request.reasoning_gone);
}

#[test]
fn state_goes_back_in_its_own_format_only() {
    let parts = [thought("a", Some("sa")), opaque("g", GEMINI_FORMAT), call("1", Some("s1"))];
    let claude = streamed(Claude, &parts);
    let claude = Turn::read(&claude[0].value).unwrap();
    assert_eq!(claude.pieces.len(), 1, "of two formats, its own");
    let bare = || request(vec![user("?"), assistant(vec![call("1", None)]), result("1")]);
    let mut asked = bare();
    restore(&mut asked, Gemini, &[claude]);
    assert_eq!(said(&asked.messages[1]), ["call 1"]);
    assert!(asked.reasoning_gone);
}

#[test]
fn what_the_caller_sent_comes_first() {
    for (format, own, theirs) in [
        (Claude, vec![thought("mine", Some("sm")), call("1", None)], true),
        (Claude, vec![opaque("mine", CLAUDE), call("1", None)], true),
        (Claude, vec![opaque("foreign", GEMINI_FORMAT), call("1", None)], false),
        (Claude, vec![thought("unsigned", None), call("1", None)], false),
        (Gemini, vec![call("1", Some("mine"))], true),
        (Gemini, vec![thought("foreign", Some("sm")), call("1", None)], false),
    ] {
        let request = request(vec![user("?"), assistant(own.clone()), result("1")]);
        assert_eq!(wanted(&request, format).is_empty(), theirs, "{format:?} {own:?}");
    }
    let record = streamed(Claude, &[thought("a", Some("sa")), call("1", None)]);
    let mut asked = request(vec![assistant(vec![thought("echo", None), call("1", None)]), result("1")]);
    restore(&mut asked, Claude, &[Turn::read(&record[0].value).unwrap()]);
    assert_eq!(said(&asked.messages[0]), ["thought a by sa", "call 1"], "an echo without proof makes way");
}

#[test]
fn only_what_the_running_loop_misses_is_gone() {
    let bare = |id| assistant(vec![call(id, None)]);
    let text = |text| assistant(vec![Part::text(text)]);
    for (messages, gone) in [
        (vec![user("?"), bare("1"), result("1")], true),
        (vec![user("?"), bare("1"), result("1"), bare("2"), result("2")], true),
        (vec![user("?"), bare("1"), result("1"), text("done"), user("and?")], false),
        (vec![user("?"), bare("1"), result("1"), text("done"), user("and?"), bare("2"), result("2")], true),
        (vec![user("?"), bare("1"), result("1"), user("hurry")], true),
        (vec![user("?"), text("no calls")], false),
    ] {
        let mut request = request(messages);
        restore(&mut request, Claude, &[]);
        assert_eq!(request.reasoning_gone, gone, "{:?}", request.messages);
    }
}

#[test]
fn answers_that_need_nothing_leave_nothing() {
    assert_eq!(streamed(Claude, &[thought("a", Some("sa")), Part::text("no calls")]), []);
    let unsigned = streamed(Claude, &[thought("a", None), call("1", None)]);
    assert_eq!(Turn::read(&unsigned[0].value).unwrap().pieces, [], "nobody signed it");
    let mut collector = collector(Claude);
    let cut: Vec<_> = events(&[thought("a", Some("sa")), call("1", None)]);
    let records: Vec<_> = cut[..cut.len() - 1].iter().filter_map(|event| collector.event(event)).collect();
    assert_eq!(records, [], "an answer that was cut has no next turn");
}

/// Of the providers that want the text back: ids that repeat themselves lead nowhere but to the same question and the same call.
#[test]
fn text_goes_back_to_whom_it_belongs() {
    let named = |id: &'static str, arguments: &'static str| {
        Part::ToolCall(ToolCall {
            id: id.into(),
            name: "look".into(),
            arguments: arguments.into(),
            ..ToolCall::default()
        })
    };
    let plain =
        |text: &'static str| Part::Reasoning(Reasoning { text: Some(text.into()), ..Reasoning::default() });
    let parts = [plain("because"), named("functions.look:0", r#"{"a": 1, "b": "é"}"#)];
    let collector = || Collector::new(Format::Text, &request(vec![user("Which?")]));
    let [record] = &collector().response(&answer(parts.to_vec()))[..] else { panic!() };
    let mut stream = collector();
    let streamed: Vec<_> = events(&parts).iter().filter_map(|event| stream.event(event)).collect();
    assert_eq!(streamed, std::slice::from_ref(record));

    for (asked, id, arguments, found) in [
        ("Which?", "functions.look:0", r#"{"a":1,"b":"\u00e9"}"#, true),
        ("Which one?", "functions.look:0", r#"{"a":1,"b":"é"}"#, false),
        ("Which?", "functions.look:1", r#"{"a":1,"b":"é"}"#, false),
        ("Which?", "functions.look:0", r#"{"a":2,"b":"é"}"#, false),
    ] {
        let messages = vec![user(asked), assistant(vec![named(id, arguments)]), result(id)];
        let mut request = request(messages);
        let wanted = wanted(&request, Format::Text);
        assert_eq!(wanted == [record.handle.as_str()], found, "{wanted:?}");
        let turn = Turn::read(&record.value).unwrap();
        restore(&mut request, Format::Text, if found { std::slice::from_ref(&turn) } else { &[] });
        assert_eq!(said(&request.messages[1])[0] == "thought because", found);
        assert_eq!(request.reasoning_gone, !found);
    }
    let kept = request(vec![user("?"), assistant(vec![plain("mine"), named("1", "{}")]), result("1")]);
    assert!(wanted(&kept, Format::Text).is_empty());
}

#[test]
fn memory_is_bounded() {
    let mut collector = collector(Claude);
    let start = Event::PartStart {
        part: 0,
        choice: 0,
        kind: PartKind::Reasoning { summary: false, format: Some(CLAUDE.into()) },
    };
    collector.event(&start);
    for _ in 0..3 {
        let delta = Delta::Text("x".repeat(1 << 19).into());
        collector.event(&Event::Delta { part: 0, delta });
    }
    let [rest] = &events(&[call("1", None)])[1..2] else { panic!() };
    collector.event(rest);
    assert_eq!(collector.event(&Event::Finish { choice: 0, finish: Finish::default() }), None);
}

#[test]
fn keys_hold_no_id_and_no_tenant() {
    let mine = key("/team/app", "call_1");
    assert!(crate::cache::admit(&mine, b"", std::time::Duration::ZERO).is_ok());
    assert!(!mine.contains("call_1") && !mine.contains("team"), "{mine}");
    for (tenant, id) in [("/team/app", "call_2"), ("/team", "call_1"), ("/team/appcall", "_1"), ("", "")] {
        assert_ne!(mine, key(tenant, id));
    }
    assert_eq!(mine, key("/team/app", "call_1"));
}

#[test]
fn what_cannot_be_read_counts_as_gone() {
    for value in
        ["", "{}", "[]", r#"{"format":"f"}"#, r#"{"format":1,"calls":[]}"#, r#"{"format":"f","calls":[{}]}"#]
    {
        assert_eq!(Turn::read(value.as_bytes()), None, "{value}");
    }
}
