//! How the answer is to be: its form, its length, its chance.

use serde_json::{Value, json};
use tollbridge_core::protocol::{
    Front::{Chat, Messages},
    Wire,
};

use super::{chat_tool, messages_tool};
use crate::{
    provider::{Turn, chat, gemini, messages::SEQUENCE},
    read::{Ended, Used},
    scenario::{Answer, Forms, Scenario, drops, mapped, refused, scenario},
};

pub fn all() -> Vec<Scenario> {
    vec![
        schema(),
        json_object(),
        stop(),
        length(),
        new_length(),
        sampling(),
        too_hot(),
        chances(),
        cache(),
        user(),
        tier(),
        two_choices(),
        logprobs(),
        no_usage(),
        unknown_field(),
    ]
}

/// A greeting with `members` beside it.
fn with(members: Value) -> Value {
    let mut body = json!({"messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

fn schema() -> Scenario {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"],
        "additionalProperties": false});
    scenario("structured output")
        .chat(with(json!({"response_format": {"type": "json_schema",
            "json_schema": {"name": "count", "strict": true, "schema": schema}}})))
        .messages(with(json!({"output_config": {"format": {"type": "json_schema", "schema": schema}}})))
        .sends(
            Wire::Chat,
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "*", "strict": true, "schema": schema}}}),
        )
        .sends(Wire::Messages, json!({"output_config": {"format": {"type": "json_schema", "schema": schema}}}))
        .sends(
            Wire::Gemini,
            json!({"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": schema}}),
        )
        .says(Turn::text("{\"n\": 3}"))
}

fn json_object() -> Scenario {
    scenario("json_object")
        .chat(with(json!({"response_format": {"type": "json_object"}})))
        .sends(Wire::Messages, json!({"system": [{"type": "text", "text": "*"}], "output_config": null}))
        .says(Turn::text("{\"n\": 3}"))
        .sends(
            Wire::Gemini,
            json!({"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": null},
                "systemInstruction": null}),
        )
        .cell(Chat, Wire::Messages, mapped("an instruction in `system`, as the wire has no such setting"))
        .not_from(Messages, "the front has no such setting")
}

fn stop() -> Scenario {
    scenario("stop sequence")
        .chat(with(json!({"stop": [SEQUENCE, "\n\n---"]})))
        .messages(with(json!({"stop_sequences": [SEQUENCE, "\n\n---"]})))
        .sends(Wire::Chat, json!({"stop": [SEQUENCE, "\n\n---"]}))
        .sends(Wire::Messages, json!({"stop_sequences": [SEQUENCE, "\n\n---"]}))
        .sends(Wire::Gemini, json!({"generationConfig": {"stopSequences": [SEQUENCE, "\n\n---"]}}))
        .says(Turn::text("Before ").ended(Ended::Sequence))
        .caller_reads(|said| said.sequence = Some(SEQUENCE.to_owned()))
}

fn length() -> Scenario {
    scenario("length stop")
        .chat(with(json!({"max_tokens": 5})))
        .messages(with(json!({"max_tokens": 5})))
        .sends(Wire::Chat, json!({"max_tokens": 5}))
        .sends(Wire::Messages, json!({"max_tokens": 5}))
        .sends(Wire::Gemini, json!({"generationConfig": {"maxOutputTokens": 5}}))
        .says(Turn::text("It was a dark and").ended(Ended::Length))
}

fn new_length() -> Scenario {
    scenario("limit on tokens, in its new spelling")
        .chat(with(json!({"max_completion_tokens": 500})))
        .messages(with(json!({"max_tokens": 500})))
        .model(Wire::Chat, "gpt-5.2")
        .sends(Wire::Chat, json!({"max_completion_tokens": 500, "max_tokens": null}))
        .sends(Wire::Messages, json!({"max_tokens": 500, "max_completion_tokens": null}))
        .sends(Wire::Gemini, json!({"generationConfig": {"maxOutputTokens": 500}}))
        .cell(Messages, Wire::Chat, mapped("`max_completion_tokens`, for models that refuse the old name"))
}

fn sampling() -> Scenario {
    scenario("temperature and top_k")
        .chat(with(json!({"temperature": 0.3, "top_k": 40})))
        .messages(with(json!({"temperature": 0.3, "top_k": 40})))
        .sends(Wire::Chat, json!({"temperature": 0.3, "top_k": null}))
        .sends(Wire::Messages, json!({"temperature": 0.3, "top_k": 40}))
        .sends(Wire::Gemini, json!({"generationConfig": {"temperature": 0.3, "topK": 40}}))
        .cell(Messages, Wire::Chat, drops(&["top_k"], "without `top_k`, which the header says"))
}

fn too_hot() -> Scenario {
    scenario("temperature beyond the wire's range")
        .chat(with(json!({"temperature": 1.7})))
        .sends(Wire::Messages, json!({"temperature": 1}))
        .sends(Wire::Gemini, json!({"generationConfig": {"temperature": 1.7}}))
        .cell(Chat, Wire::Messages, drops(&["temperature"], "the wire's highest, which the header says"))
        .not_from(Messages, "the front's range is the narrowest")
}

fn chances() -> Scenario {
    scenario("seed, penalties and biases")
        .chat(with(json!({"seed": 7, "frequency_penalty": 0.5, "presence_penalty": 0.2, "logit_bias": {"50256": -100}})))
        .sends(
            Wire::Messages,
            json!({"seed": null, "frequency_penalty": null, "presence_penalty": null, "logit_bias": null}),
        )
        .cell(
            Chat,
            Wire::Messages,
            drops(
                &["seed", "frequency_penalty", "presence_penalty", "logit_bias"],
                "without them, which the header says",
            ),
        )
        .sends(
            Wire::Gemini,
            json!({"generationConfig": {"seed": 7, "frequencyPenalty": null, "presencePenalty": null}}),
        )
        .cell(
            Chat,
            Wire::Gemini,
            drops(
                &["logit_bias", "presence_penalty", "frequency_penalty"],
                "without the biases, and the penalties that the model does not take, which the header says",
            ),
        )
        .not_from(Messages, "the front has none of them")
}

const NO_MARKS: &str = "without the marks, which the header says: the wire finds its cache by itself";

fn cache() -> Scenario {
    let mark = json!({"type": "ephemeral"});
    let marked = |text: &str| json!([{"type": "text", "text": text, "cache_control": mark}]);
    let bare = |text: &str| json!([{"type": "text", "text": text, "cache_control": null}]);
    let (mut for_chat, mut for_messages) = (chat_tool("weather"), messages_tool("weather"));
    for_chat["cache_control"] = mark.clone();
    for_messages["cache_control"] = mark.clone();
    scenario("cache_control")
        .chat(json!({"tools": [for_chat], "messages": [
            {"role": "system", "content": marked("Long.")}, {"role": "user", "content": marked("Hi")},
        ]}))
        .messages(json!({"tools": [for_messages], "system": marked("Long."),
            "messages": [{"role": "user", "content": marked("Hi")}]}))
        .sends(
            Wire::Messages,
            json!({"tools": [for_messages], "system": marked("Long."),
                "messages": [{"role": "user", "content": marked("Hi")}]}),
        )
        .sends(
            Wire::Chat,
            json!({"tools": [chat_tool("weather")], "messages": [
                {"role": "system", "content": bare("Long.")}, {"role": "user", "content": bare("Hi")},
            ]}),
        )
        .cell(
            Messages,
            Wire::Chat,
            drops(&["messages[].content[].cache_control", "tools[].cache_control"], NO_MARKS),
        )
        .cell(
            Messages,
            Wire::Gemini,
            drops(&["tools[].cache_control", "messages[].content[].cache_control"], NO_MARKS),
        )
        .cell(
            Chat,
            Wire::Gemini,
            drops(&["tools[].cache_control", "messages[].content[].cache_control"], NO_MARKS),
        )
}

fn user() -> Scenario {
    scenario("the caller's own user")
        .chat(with(json!({"user": "u-17"})))
        .messages(with(json!({"metadata": {"user_id": "u-17"}})))
        .sends(Wire::Chat, json!({"user": "u-17"}))
        .sends(Wire::Messages, json!({"metadata": {"user_id": "u-17"}}))
        .cell(Chat, Wire::Gemini, drops(&["user"], "without it, which the header says"))
        .cell(Messages, Wire::Gemini, drops(&["metadata.user_id"], "without it, which the header says"))
}

fn tier() -> Scenario {
    scenario("service_tier")
        .chat(with(json!({"service_tier": "default"})))
        .messages(with(json!({"service_tier": "standard_only"})))
        .sends(Wire::Chat, json!({"service_tier": "default"}))
        .sends(Wire::Messages, json!({"service_tier": "standard_only"}))
}

fn two_choices() -> Scenario {
    let turn = Turn::text("Heads.");
    let choice = |index: usize, text: &str| {
        json!({"index": index, "message": {"role": "assistant", "content": text, "refusal": null, "annotations": []},
            "logprobs": null, "finish_reason": "stop"})
    };
    let event = |index: usize, delta: Value, finish: Value| {
        chat::event(
            json!([{"index": index, "delta": delta, "logprobs": null, "finish_reason": finish}]),
            Value::Null,
        )
    };
    let role = json!({"role": "assistant", "content": "", "refusal": null});
    let stream = vec![
        event(0, role.clone(), Value::Null),
        event(1, role, Value::Null),
        event(1, json!({"content": "Ta"}), Value::Null),
        event(0, json!({"content": "Heads."}), Value::Null),
        event(0, json!({}), json!("stop")),
        event(1, json!({"content": "ils."}), Value::Null),
        event(1, json!({}), json!("stop")),
        chat::total(turn.used),
        chat::done(),
    ];
    let whole = chat::whole(json!([choice(0, "Heads."), choice(1, "Tails.")]), turn.used);
    scenario("two choices")
        .chat(with(json!({"n": 2})))
        .answers(Wire::Chat, Answer::new(whole, stream))
        .sends(Wire::Gemini, json!({"generationConfig": {"candidateCount": 2}}))
        .answers(Wire::Gemini, two_candidates(turn.used))
        .says(turn)
        .caller_reads(|said| said.others = vec!["Tails.".to_owned()])
        .cell(Chat, Wire::Messages, refused("n", "the wire gives one answer"))
        .not_from(Messages, "the front has one answer")
}

fn two_candidates(used: Used) -> Answer {
    let of = |index: usize, text: &str, finish: Option<&str>| {
        let mut candidate = gemini::candidate(json!([{"text": text}]), finish);
        candidate["index"] = json!(index);
        candidate
    };
    let both = |candidates: Value, usage: Value| json!({"candidates": candidates, "usageMetadata": usage, "modelVersion": gemini::MODEL, "responseId": gemini::ID});
    let whole =
        both(json!([of(0, "Heads.", Some("STOP")), of(1, "Tails.", Some("STOP"))]), gemini::usage(used));
    let so_far = json!({"promptTokenCount": used.input, "totalTokenCount": used.input});
    let stream = [
        both(json!([of(0, "Hea", None)]), so_far.clone()),
        both(json!([of(1, "Ta", None)]), so_far.clone()),
        both(json!([of(0, "ds.", Some("STOP")), of(1, "ils.", Some("STOP"))]), gemini::usage(used)),
    ];
    Answer::new(whole, stream.iter().map(gemini::event).collect())
}

fn logprobs() -> Scenario {
    let turn = Turn::text("Hi");
    let odds = json!({"content": [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}], "refusal": null});
    let message = json!({"role": "assistant", "content": "Hi", "refusal": null, "annotations": []});
    let whole = chat::whole(
        json!([{"index": 0, "message": message, "logprobs": odds, "finish_reason": "stop"}]),
        turn.used,
    );
    let event = chat::event(
        json!([{"index": 0, "delta": {"content": "Hi"}, "logprobs": odds, "finish_reason": null}]),
        Value::Null,
    );
    let mut likely =
        gemini::answer_of(gemini::candidate(json!([{"text": "Hi"}]), Some("STOP")), gemini::usage(turn.used));
    likely["candidates"][0]["avgLogprobs"] = json!(-0.1);
    let token = json!({"token": "Hi", "tokenId": 2151, "logProbability": -0.1});
    likely["candidates"][0]["logprobsResult"] =
        json!({"chosenCandidates": [token], "topCandidates": [{"candidates": [token]}]});
    scenario("logprobs")
        .chat(with(json!({"logprobs": true, "top_logprobs": 1})))
        .answers(Wire::Chat, Answer::new(whole, chat::stream(vec![event], "stop", turn.used)))
        .sends(Wire::Gemini, json!({"generationConfig": {"responseLogprobs": true, "logprobs": 1}}))
        .answers(Wire::Gemini, Answer::new(&likely, vec![gemini::event(&likely)]))
        .says(turn)
        .caller_reads(|said| said.probable = true)
        .cell(Chat, Wire::Messages, refused("logprobs", "the wire has no probabilities"))
        .not_from(Messages, "the front has no probabilities")
}

fn no_usage() -> Scenario {
    scenario("usage that was not asked for")
        .forms(Forms::Stream)
        .greeting()
        .usage_not_asked()
        .not_from(Messages, "the front always tells it")
}

fn unknown_field() -> Scenario {
    scenario("a field of the future")
        .chat(with(json!({"field_of_the_future": {"a": 1}})))
        .messages(with(json!({"field_of_the_future": {"a": 1}})))
        .sends(Wire::Chat, json!({"field_of_the_future": null}))
        .sends(Wire::Messages, json!({"field_of_the_future": null}))
        .cell(Chat, Wire::Messages, drops(&["field_of_the_future"], "without it, which the header says"))
        .cell(Messages, Wire::Chat, drops(&["field_of_the_future"], "without it, which the header says"))
        .cell(Chat, Wire::Gemini, drops(&["field_of_the_future"], "without it, which the header says"))
        .cell(Messages, Wire::Gemini, drops(&["field_of_the_future"], "without it, which the header says"))
}
