//! What comes back: refusals, ends, usage, sources.

use serde_json::{Value, json};
use tollbridge_core::protocol::{
    Front::{Chat, Messages},
    Wire,
};

use crate::{
    provider::{Turn, chat, gemini, messages},
    read::{Ended, Used},
    scenario::{Answer, Scenario, reads, scenario, unsaid},
};

pub fn all() -> Vec<Scenario> {
    vec![
        refusal(),
        filtered(),
        blocked(),
        malformed_call(),
        cached(),
        sources(),
        server_tool(),
        empty(),
        unknown_end(),
        paused(),
    ]
}

/// A whole answer of the chat wire, and its stream.
fn said(message: Value, deltas: Vec<Value>, finish: &str, used: Used) -> Answer {
    let mut whole = json!({"role": "assistant", "content": null, "refusal": null, "annotations": []});
    whole.as_object_mut().unwrap().extend(message.as_object().unwrap().clone());
    let choices = json!([{"index": 0, "message": whole, "logprobs": null, "finish_reason": finish}]);
    let deltas = deltas.into_iter().map(|delta| chat::delta(delta, None)).collect();
    Answer::new(chat::whole(choices, used), chat::stream(deltas, finish, used))
}

/// OpenAI says it in a member of its own, Anthropic in the reason.
fn refusal() -> Scenario {
    const WORDS: &str = "I'm sorry, I can't help with that.";
    let used = Turn::text("").used;
    let deltas = vec![json!({"refusal": "I'm sorry, "}), json!({"refusal": "I can't help with that."})];
    let mut whole = messages::whole(json!([]), Ended::Filtered, used);
    let details = json!({"type": "refusal", "category": null, "explanation": WORDS});
    whole["stop_details"] = details.clone();
    let mut stream = vec![messages::start(used)];
    let mut usage = messages::usage(used);
    usage.as_object_mut().unwrap().remove("service_tier");
    stream.push(messages::event(json!({"type": "message_delta", "usage": usage,
        "delta": {"stop_reason": "refusal", "stop_sequence": null, "stop_details": details}})));
    stream.push(messages::event(json!({"type": "message_stop"})));
    scenario("refusal")
        .greeting()
        .not_on(Wire::Gemini, "the wire has no word for it but the filter's")
        .answers(Wire::Chat, said(json!({"refusal": WORDS}), deltas, "stop", used))
        .answers(Wire::Messages, Answer::new(whole, stream))
        .says(Turn::of([]).ended(Ended::Filtered))
        .caller_reads(|said| said.refusal = WORDS.to_owned())
        .cell(
            Chat,
            Wire::Chat,
            reads("`stop`, as OpenAI ends refusals", |said| said.ended = Some(Ended::Stop)),
        )
        .cell(
            Messages,
            Wire::Chat,
            reads("text, and the stop reason `refusal`", |said| {
                said.text = std::mem::take(&mut said.refusal)
            }),
        )
}

/// Gemini's filter takes the prompt, and there is no candidate.
fn blocked() -> Scenario {
    let turn = Turn::of([]).ended(Ended::Filtered);
    let used = Used { input: 21, ..Used::default() };
    let body = json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "modelVersion": gemini::MODEL,
        "usageMetadata": {"promptTokenCount": 21, "totalTokenCount": 21}, "responseId": gemini::ID});
    scenario("blocked prompt")
        .greeting()
        .answers(Wire::Gemini, Answer::new(&body, vec![gemini::event(&body)]))
        .says(turn.used(used))
        .not_on(Wire::Chat, "the wire says so with a 400")
        .not_on(Wire::Messages, "the wire says so with a 400")
}

/// What Gemini says of a call that it could not write: never a success.
fn malformed_call() -> Scenario {
    let turn = Turn::of([]).ended(Ended::Filtered);
    let mut candidate = gemini::candidate(json!([]), Some("MALFORMED_FUNCTION_CALL"));
    candidate["finishMessage"] = json!("Malformed function call: print(weather(");
    let body = gemini::answer_of(candidate, gemini::usage(turn.used));
    scenario("a call that the provider could not read")
        .greeting()
        .answers(Wire::Gemini, Answer::new(&body, vec![gemini::event(&body)]))
        .says(turn)
        .caller_reads(|said| said.refusal = "Malformed function call: print(weather(".to_owned())
        .not_on(Wire::Chat, "the wire has no such end")
        .not_on(Wire::Messages, "the wire has no such end")
}

fn filtered() -> Scenario {
    scenario("content filter").greeting().says(Turn::text("The first half of").ended(Ended::Filtered))
}

fn cached() -> Scenario {
    scenario("cached prompt")
        .greeting()
        .says(Turn::text("Hello.").used(Used { input: 2048, output: 6, cached: 1920, ..Used::default() }))
        .answers(Wire::Messages, crate::provider::answer(Wire::Messages, &Turn::text("Hello.").used(WRITTEN)))
        .cell(Chat, Wire::Messages, reads("what a cache took is counted too", |said| said.used = WRITTEN))
        .cell(Messages, Wire::Messages, reads("what a cache took is counted too", |said| said.used = WRITTEN))
}

const WRITTEN: Used = Used { input: 2048, output: 6, cached: 1024, written: 896, reasoning: 0 };

fn sources() -> Scenario {
    const URL: &str = "https://example.com/weather";
    const TITLE: &str = "The weather";
    let turn = Turn::text("It rains.");
    let annotation = json!({"type": "url_citation",
        "url_citation": {"url": URL, "title": TITLE, "start_index": 0, "end_index": 9}});
    let citation = json!({"type": "web_search_result_location", "url": URL, "title": TITLE,
        "encrypted_index": "Eo8BCioIAhgB", "cited_text": "Rain all day"});
    let mut events = vec![messages::start(turn.used)];
    let deltas = [
        json!({"type": "citations_delta", "citation": citation}),
        json!({"type": "text_delta", "text": "It "}),
        json!({"type": "text_delta", "text": "rains."}),
    ];
    events.extend(messages::block(0, json!({"type": "text", "text": "", "citations": []}), deltas));
    events.extend(messages::end(Ended::Stop, turn.used));
    let whole = messages::whole(
        json!([{"type": "text", "text": "It rains.", "citations": [citation]}]),
        Ended::Stop,
        turn.used,
    );
    let deltas = vec![json!({"content": "It rains."}), json!({"annotations": [annotation]})];
    scenario("citations")
        .greeting()
        .answers(
            Wire::Chat,
            said(json!({"content": "It rains.", "annotations": [annotation]}), deltas, "stop", turn.used),
        )
        .answers(Wire::Messages, Answer::new(whole, events))
        .answers(Wire::Gemini, grounded(turn.used))
        .says(turn)
        .caller_reads(|said| said.citations = vec![(URL.to_owned(), TITLE.to_owned())])
}

/// Gemini says where its answer is from beside the last part.
fn grounded(used: Used) -> Answer {
    let mut last = gemini::candidate(json!([{"text": "It rains."}]), Some("STOP"));
    last["groundingMetadata"] = json!({
        "webSearchQueries": ["weather"],
        "groundingChunks": [{"web": {"uri": "https://example.com/weather", "title": "The weather"}}],
        "groundingSupports": [{"segment": {"startIndex": 0, "endIndex": 9, "text": "It rains."}, "groundingChunkIndices": [0]}],
    });
    let body = gemini::answer_of(last, gemini::usage(used));
    Answer::new(&body, vec![gemini::event(&body)])
}

/// Never the caller's own.
fn server_tool() -> Scenario {
    let turn = Turn::text("It rains.");
    let call = json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "weather"}});
    let found = json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []});
    let whole =
        messages::whole(json!([call, found, {"type": "text", "text": "It rains."}]), Ended::Stop, turn.used);
    let mut events = vec![messages::start(turn.used)];
    let mut begun = call.clone();
    begun["input"] = json!({});
    let deltas = ["", "{\"query\":", " \"weather\"}"]
        .map(|json| json!({"type": "input_json_delta", "partial_json": json}));
    events.extend(messages::block(0, begun, deltas));
    events.extend(messages::block(1, found, []));
    events.extend(messages::text(2, "It rains."));
    events.extend(messages::end(Ended::Stop, turn.used));
    let tool = json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 2});
    let ask = json!({"messages": [{"role": "user", "content": "Hi"}], "tools": [tool]});
    scenario("server tool")
        .chat(ask.clone())
        .messages(ask.clone())
        .sends(Wire::Messages, ask)
        .answers(Wire::Messages, Answer::new(whole, events))
        .says(turn)
        .caller_reads(|said| {
            said.blocks = vec!["server_tool_use".to_owned(), "web_search_tool_result".to_owned()]
        })
        .cell(Chat, Wire::Chat, unsaid("relayed: the provider decides"))
        .cell(Messages, Wire::Chat, crate::scenario::refused("tools.0.type", "only Anthropic runs it"))
        .cell(Messages, Wire::Gemini, crate::scenario::refused("tools.0.type", "only Anthropic runs it"))
        .cell(Chat, Wire::Gemini, crate::scenario::refused("tools[0]", "only Anthropic runs it"))
}

fn empty() -> Scenario {
    let used = Turn::text("").used(Used { input: 21, output: 1, ..Used::default() });
    scenario("empty answer")
        .greeting()
        .answers(Wire::Chat, said(json!({"content": ""}), Vec::new(), "stop", used.used))
        .says(Turn::of([]).used(used.used))
}

fn unknown_end() -> Scenario {
    let turn = Turn::text("Hello.");
    let deltas = vec![json!({"content": "Hello."})];
    let mut whole = messages::whole(json!([{"type": "text", "text": "Hello."}]), Ended::Stop, turn.used);
    whole["stop_reason"] = json!("reason_of_the_future");
    let mut events = vec![messages::start(turn.used)];
    events.extend(messages::text(0, "Hello."));
    let end = messages::end(Ended::Stop, turn.used);
    events.extend(end.iter().map(|event| event.replace("end_turn", "reason_of_the_future")));
    let future = gemini::answer_of(
        gemini::candidate(json!([{"text": "Hello."}]), Some("REASON_OF_THE_FUTURE")),
        gemini::usage(turn.used),
    );
    scenario("unknown finish reason")
        .greeting()
        .answers(Wire::Chat, said(json!({"content": "Hello."}), deltas, "reason_of_the_future", turn.used))
        .answers(Wire::Messages, Answer::new(whole, events))
        .answers(Wire::Gemini, Answer::new(&future, vec![gemini::event(&future)]))
        .says(turn)
        .cell(Chat, Wire::Chat, unsaid("relayed as the provider said it"))
        .cell(Messages, Wire::Messages, unsaid("relayed as the provider said it"))
}

/// A long turn that a server tool's loop ends.
fn paused() -> Scenario {
    let turn = Turn::text("I go on.");
    let mut whole = messages::whole(json!([{"type": "text", "text": "I go on."}]), Ended::Stop, turn.used);
    whole["stop_reason"] = json!("pause_turn");
    let mut events = vec![messages::start(turn.used)];
    events.extend(messages::text(0, "I go on."));
    let end = messages::end(Ended::Stop, turn.used);
    events.extend(end.iter().map(|event| event.replace("end_turn", "pause_turn")));
    scenario("a turn that is paused")
        .greeting()
        .answers(Wire::Messages, Answer::new(whole, events))
        .says(turn)
        .cell(Messages, Wire::Messages, unsaid("relayed as the provider said it"))
        .not_on(Wire::Chat, "the wire has no such end")
        .not_on(Wire::Gemini, "the wire has no such end")
}
