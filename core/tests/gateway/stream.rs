//! Streams: what is held back, what passes, and how they end.

use std::time::Duration;

use serde_json::json;
use tollbridge_core::ledger::ErrorClass;

use super::{
    ask, chunk, openai, sim,
    sim::{End, Patience, Script, Sim, chat_request},
    usage_chunk,
};

fn hello() -> [String; 5] {
    [
        chunk(json!({"role": "assistant", "content": ""}), None),
        chunk(json!({"content": "Hel"}), None),
        chunk(json!({"content": "lo."}), None),
        chunk(json!({}), Some("stop")),
        usage_chunk(),
    ]
}

fn stream(events: &[String]) -> Script {
    Script::stream(&events.iter().map(String::as_str).collect::<Vec<_>>())
}

fn done(mut events: Vec<String>) -> Vec<String> {
    events.push("data: [DONE]\n\n".to_owned());
    events
}

#[test]
fn usage_is_asked_for_and_kept_from_a_caller_who_did_not_ask() {
    let sim = sim();
    sim.script([stream(&done(hello().to_vec()))]);
    let got = sim.chat(ask(true));
    assert_eq!(got.status, 200);
    assert_eq!(got.header("content-type"), "text/event-stream; charset=utf-8");
    assert_eq!(got.body, done(hello()[..4].to_vec()).concat());
    assert_eq!(sim.world.seen.borrow()[0].json()["stream_options"], json!({"include_usage": true}));
    let row = sim.row();
    assert_eq!(
        (row.usage.input, row.usage.output, row.estimated, row.stream),
        (Some(11), Some(2), false, true)
    );
    assert_eq!(row.finish.as_deref(), Some("stop"));
    assert_eq!(row.first_token_us, Some(30_000));
}

#[test]
fn usage_that_was_asked_for_comes() {
    let sim = sim();
    sim.script([stream(&done(hello().to_vec()))]);
    let mut request = ask(true);
    request["stream_options"] = json!({"include_usage": true});
    assert_eq!(sim.chat(request).body, done(hello().to_vec()).concat());
}

#[test]
fn any_split_of_the_bytes_gives_the_same() {
    let whole = done(hello().to_vec()).concat();
    let want = done(hello()[..4].to_vec()).concat();
    for size in [1, 2, 3, 7, 17, 64, 1000] {
        let sim = sim();
        let pieces: Vec<&str> =
            whole.as_bytes().chunks(size).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
        sim.script([Script::stream(&pieces)]);
        assert_eq!(sim.chat(ask(true)).body, want, "in pieces of {size}");
        assert_eq!(sim.row().usage.output, Some(2));
    }
}

#[test]
fn an_error_before_the_first_event_keeps_its_status_and_is_tried_again() {
    let error = "data: {\"error\":{\"message\":\"Overloaded.\",\"type\":\"server_error\",\"code\":503}}\n\n"
        .to_owned();
    let sim = sim();
    sim.script([stream(std::slice::from_ref(&error)), stream(&done(hello().to_vec()))]);
    assert_eq!(sim.chat(ask(true)).header("x-tollbridge-attempts"), "2");

    let sim = Sim::new(openai());
    sim.script(vec![stream(&[error]); 4]);
    let got = sim.chat(ask(true));
    assert!(got.status.is_server_error());
    assert_eq!(got.json()["error"]["message"], "Overloaded.");
}

#[test]
fn an_empty_stream_is_tried_again() {
    for empty in [stream(&[]), stream(&["data: [DONE]\n\n".to_owned()]), stream(&[": hello\n\n".to_owned()])]
    {
        let sim = sim();
        sim.script([empty, stream(&done(hello().to_vec()))]);
        assert_eq!(sim.chat(ask(true)).header("x-tollbridge-attempts"), "2");
    }
}

#[test]
fn an_error_in_the_middle_ends_the_stream_without_done() {
    let sim = sim();
    let mut events = hello()[..2].to_vec();
    events.push("data: {\"error\":{\"message\":\"Crashed.\"}}\n\n".to_owned());
    events.push("data: [DONE]\n\n".to_owned());
    sim.script([stream(&events)]);
    let got = sim.chat(ask(true));
    assert!(got.body.contains("Crashed.") && !got.body.contains("[DONE]"), "{}", got.body);
    assert!(matches!(sim.row().error, Some(ErrorClass::Api(_))));
}

#[test]
fn a_cut_is_told() {
    for end in [End::Clean, End::Reset] {
        let sim = sim();
        sim.script([stream(&hello()[..3]).end(end)]);
        let got = sim.chat(ask(true));
        let last = got.body.trim_end().rsplit("data: ").next().unwrap();
        let error: serde_json::Value = serde_json::from_str(last).unwrap();
        assert_eq!(error["error"]["code"], "upstream_cut");
        assert!(!got.body.contains("[DONE]"));
        let row = sim.row();
        assert_eq!(row.error, Some(ErrorClass::UpstreamCut));
        assert!(row.estimated && row.usage.output > Some(0) && row.usage.input > Some(0));
    }
}

#[test]
fn an_end_that_the_provider_left_out_is_written() {
    let sim = sim();
    sim.script([stream(&hello())]);
    assert_eq!(sim.chat(ask(true)).body, done(hello()[..4].to_vec()).concat());
}

#[test]
fn silence_is_bridged_and_bounded() {
    let mut document = openai();
    document["timeouts"] = json!({"idle": "40s"});
    let sim = Sim::new(document);
    sim.script([stream(&hello()[..2]).end(End::Hang)]);
    let got = sim.chat(ask(true));
    assert_eq!(got.body.matches(": keep-alive\n\n").count(), 2, "{}", got.body);
    assert!(got.body.contains("upstream_timeout") && !got.body.contains("[DONE]"));
    assert_eq!(sim.row().error.unwrap().name(), "timeout");
    assert_eq!(sim.world.cancelled.get(), 1);
}

#[test]
fn a_caller_who_leaves_cancels_the_upstream() {
    let sim = sim();
    sim.script([stream(&hello()).end(End::Hang)]);
    assert!(sim.send_until(chat_request(&ask(true).to_string()), Patience::Frames(2)).is_none());
    assert_eq!(sim.world.cancelled.get(), 1);
    let row = sim.row();
    assert_eq!((row.error, row.status), (Some(ErrorClass::CallerLeft), 200));
    assert!(row.estimated && row.usage.output > Some(0));
}

#[test]
fn a_caller_who_leaves_after_the_finish_is_charged_what_the_provider_says() {
    let sim = sim();
    sim.script([stream(&done(hello().to_vec()))]);
    assert!(sim.send_until(chat_request(&ask(true).to_string()), Patience::Frames(4)).is_none());
    let row = sim.row();
    assert_eq!((row.usage.output, row.estimated), (Some(2), false));
    assert_eq!(sim.world.cancelled.get(), 0);
}

#[test]
fn the_drain_for_usage_is_bounded() {
    let sim = sim();
    sim.script([stream(&hello()[..4]).end(End::Hang)]);
    assert!(sim.send_until(chat_request(&ask(true).to_string()), Patience::Frames(4)).is_none());
    assert!(sim.row().estimated);
    assert!(sim.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_first_delta_without_a_role_gets_one() {
    for (delta, want) in [
        (json!({"content": "Hi"}), json!({"role": "assistant", "content": "Hi"})),
        (json!({}), json!({"role": "assistant"})),
        (json!({"role": "assistant", "content": "Hi"}), json!({"role": "assistant", "content": "Hi"})),
    ] {
        let sim = sim();
        sim.script([stream(&done(vec![chunk(delta, None), chunk(json!({}), Some("stop"))]))]);
        let got = sim.chat(ask(true));
        let first = got.body.split("\n\n").next().unwrap().strip_prefix("data: ").unwrap();
        let first: serde_json::Value = serde_json::from_str(first).unwrap();
        assert_eq!(first["choices"][0]["delta"], want);
    }
}

#[test]
fn a_chunk_before_the_first_choice_passes() {
    // Azure begins with the verdict of its filter on the prompt.
    let azure = "data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\"prompt_filter_results\":[{\"prompt_index\":0}]}\n\n";
    let sim = sim();
    let mut events = vec![azure.to_owned()];
    events.extend(done(hello().to_vec()));
    sim.script([stream(&events)]);
    let got = sim.chat(ask(true));
    assert!(got.body.starts_with(azure), "{}", got.body);
    assert_eq!(sim.row().usage.output, Some(2));
    assert_eq!(sim.row().model_answered.as_deref(), Some("gpt-4o-mini-2024-07-18"));
}

#[test]
fn errors_in_every_clothing_are_errors() {
    for error in [
        "data: {\"error\":{\"message\":\"It broke.\",\"code\":500}}\n\n",
        "data: {\"id\":\"x\",\"choices\":[],\"error\":{\"message\":\"It broke.\"}}\n\n",
        "event: error\ndata: {\"message\":\"It broke.\"}\n\n",
        "{\"error\":{\"message\":\"It broke.\"}}\n\n",
        "{\"error\":{\"message\":\"It broke.\"}}",
        "data: {\"error\":\"It broke.\"}\n\n",
    ] {
        let sim = sim();
        let mut events = hello()[..2].to_vec();
        events.push(error.to_owned());
        sim.script([stream(&events)]);
        let got = sim.chat(ask(true));
        assert!(!got.body.contains("[DONE]"), "{error}: {}", got.body);
        let last = got.body.trim_end().rsplit("data: ").next().unwrap();
        let last: serde_json::Value =
            serde_json::from_str(last).unwrap_or_else(|_| panic!("{error}: {}", got.body));
        assert!(last["error"].to_string().contains("It broke."), "{error}: {}", got.body);
        assert_eq!(sim.row().error.unwrap().name(), "upstream", "{error}");
    }
}

#[test]
fn usage_is_found_wherever_it_stands() {
    let usage = json!({"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8});
    let mut in_the_last_chunk: serde_json::Value =
        serde_json::from_str(&chunk(json!({}), Some("stop"))["data: ".len()..]).unwrap();
    let mut in_x_groq = in_the_last_chunk.clone();
    in_the_last_chunk["usage"] = usage.clone();
    in_x_groq["x_groq"] = json!({"id": "req", "usage": usage});
    for last in [in_the_last_chunk, in_x_groq] {
        let sim = sim();
        let mut events = hello()[..3].to_vec();
        events.push(format!("data: {last}\n\n"));
        sim.script([stream(&done(events.clone()))]);
        assert_eq!(sim.chat(ask(true)).body, done(events).concat(), "what the provider sends unasked stays");
        assert_eq!((sim.row().usage.input, sim.row().usage.output), (Some(3), Some(5)));
    }
}

#[test]
fn lines_without_a_blank_one_between_them_are_events() {
    let sim = sim();
    let joined = done(hello().to_vec()).concat().replace("\n\n", "\n") + "\n";
    sim.script([Script::stream(&[&joined])]);
    sim.chat(ask(true));
    let row = sim.row();
    assert_eq!((row.usage.output, row.finish.as_deref(), row.error), (Some(2), Some("stop"), None));
}

#[test]
fn a_whole_answer_to_a_request_for_a_stream_is_an_error_the_caller_can_read() {
    let sim = sim();
    sim.script(vec![Script::json(super::whole_answer("Hello.")); 4]);
    let got = sim.chat(ask(true));
    assert_eq!(got.status, 502);
    assert_eq!(got.json()["error"]["code"], "unreadable_answer");
}

#[test]
fn what_is_no_chunk_does_not_begin_an_answer() {
    let sim = sim();
    sim.script(vec![stream(&["data: garbage\n\n".to_owned()]); 4]);
    let got = sim.chat(ask(true));
    assert_eq!(got.status, 502, "{}", got.body);
}
