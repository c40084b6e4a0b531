//! What Gemini documents and the recordings do not show, told to callers of both fronts.

use bytes::BytesMut;
use serde_json::{Value, json};
use tollbridge_core::{
    conversation::{Delta, Event, PartKind},
    protocol::{DecodeError, Front, Wire, chat::AnswerMeta, fields::Spotter},
};

const META: AnswerMeta<'_> = AnswerMeta { id: "gateway", created: 1, model: "asked", functions: false };

/// A whole answer, told to a caller.
fn whole(front: Front, answer: &Value) -> Value {
    let body = serde_json::to_vec_pretty(answer).unwrap();
    let response = Wire::Gemini.decode_response(&body, "seed").expect("an answer");
    serde_json::from_slice(&front.encode_response(&response, &META)).expect("JSON")
}

/// The chunks of a stream, told to a caller; the data of its events.
fn stream(front: Front, chunks: &[Value]) -> Vec<Value> {
    let mut decoder = Wire::Gemini.decoder("seed");
    let mut encoder = front.encoder(&META, true);
    let mut out = BytesMut::new();
    for chunk in chunks {
        decoder.push(chunk.to_string().as_bytes(), &mut |event| encoder.event(&event, &mut out));
    }
    decoder.finish(&mut |event| encoder.event(&event, &mut out));
    encoder.finish(&mut out);
    let text = String::from_utf8(out.to_vec()).expect("UTF-8");
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap_or_else(|_| json!(data))).collect()
}

fn events(chunks: &[Value]) -> Vec<String> {
    let mut decoder = Wire::Gemini.decoder("seed");
    let mut events = Vec::new();
    let mut sink = |event: Event<'_>| {
        events.push(match event {
            Event::Start { .. } => "start".to_owned(),
            Event::PartStart { part, choice, kind } => {
                let kind = match kind {
                    PartKind::Text => "text".to_owned(),
                    PartKind::Reasoning { .. } => "thought".to_owned(),
                    PartKind::OpaqueReasoning { data, id, .. } => format!("state {data} of {id:?}"),
                    PartKind::ToolCall { id, name, signature, .. } => {
                        format!("call {id} {name} {signature:?}")
                    }
                    PartKind::Media(media) => format!("{:?}", media.kind),
                    PartKind::Provider { kind, .. } => format!("provider {kind}"),
                    other => format!("{other:?}"),
                };
                format!("{part} of {choice}: {kind}")
            }
            Event::Delta { part, delta: Delta::Text(text) | Delta::Arguments(text) } => {
                format!("{part}: {text}")
            }
            Event::PartEnd { part } => format!("{part} ends"),
            Event::Finish { choice, finish } => {
                format!("finish {choice}: {} {}", finish.reason.name(), finish.raw.unwrap_or_default())
            }
            Event::Error(error) => format!("error: {}", error.message),
            Event::Usage(usage) => format!("usage {:?} {:?}", usage.input, usage.output),
            other => format!("{other:?}"),
        });
    };
    for chunk in chunks {
        decoder.push(chunk.to_string().as_bytes(), &mut sink);
    }
    decoder.finish(&mut sink);
    events
}

fn parts(parts: Value) -> Value {
    json!({ "candidates": [{ "content": { "parts": parts, "role": "model" } }] })
}

fn last(mut chunk: Value, reason: &str) -> Value {
    chunk["candidates"][0]["finishReason"] = json!(reason);
    chunk
}

fn done(reason: &str) -> Value {
    json!({ "candidates": [{ "finishReason": reason }] })
}

#[test]
fn every_reason_to_end_has_its_meaning() {
    for (reason, chat, messages) in [
        ("STOP", "stop", "end_turn"),
        ("MAX_TOKENS", "length", "max_tokens"),
        ("CONTINUATION", "length", "max_tokens"),
        ("SAFETY", "content_filter", "refusal"),
        ("RECITATION", "content_filter", "refusal"),
        ("LANGUAGE", "content_filter", "refusal"),
        ("OTHER", "content_filter", "refusal"),
        ("BLOCKLIST", "content_filter", "refusal"),
        ("PROHIBITED_CONTENT", "content_filter", "refusal"),
        ("SPII", "content_filter", "refusal"),
        ("MODEL_ARMOR", "content_filter", "refusal"),
        ("ESCALATION", "content_filter", "refusal"),
        ("PUP_LIMITED_DISABLED", "content_filter", "refusal"),
        ("MALFORMED_FUNCTION_CALL", "content_filter", "refusal"),
        ("UNEXPECTED_TOOL_CALL", "content_filter", "refusal"),
        ("TOO_MANY_TOOL_CALLS", "content_filter", "refusal"),
        ("MISSING_THOUGHT_SIGNATURE", "content_filter", "refusal"),
        ("MALFORMED_RESPONSE", "content_filter", "refusal"),
        ("IMAGE_SAFETY", "content_filter", "refusal"),
        ("IMAGE_PROHIBITED_CONTENT", "content_filter", "refusal"),
        ("IMAGE_RECITATION", "content_filter", "refusal"),
        ("IMAGE_OTHER", "content_filter", "refusal"),
        ("NO_IMAGE", "content_filter", "refusal"),
        ("FROM_THE_FUTURE", "stop", "end_turn"),
    ] {
        let answer = last(parts(json!([{ "text": "Hi" }])), reason);
        let told = whole(Front::Chat, &answer);
        assert_eq!(told["choices"][0]["finish_reason"], chat, "{reason}");
        assert_eq!(told["choices"][0]["native_finish_reason"], reason);
        assert_eq!(told["choices"][0]["message"]["content"], "Hi", "{reason}");
        assert_eq!(whole(Front::Messages, &answer)["stop_reason"], messages, "{reason}");
        let told = stream(Front::Chat, &[parts(json!([{ "text": "Hi" }])), done(reason)]);
        let finish = told.iter().find_map(|chunk| chunk["choices"][0]["finish_reason"].as_str());
        assert_eq!(finish, Some(chat), "{reason}");
        let told = stream(Front::Messages, std::slice::from_ref(&answer));
        let delta = told.iter().find(|event| event["type"] == "message_delta").expect("an end");
        assert_eq!(delta["delta"]["stop_reason"], messages, "{reason}");
    }
}

#[test]
fn a_call_that_failed_is_no_call_to_wait_for() {
    let mut answer =
        last(parts(json!([{ "functionCall": { "name": "f", "args": {} } }])), "UNEXPECTED_TOOL_CALL");
    answer["candidates"][0]["finishMessage"] = json!("Undeclared function: f");
    let told = whole(Front::Chat, &answer);
    assert_eq!(told["choices"][0]["finish_reason"], "content_filter");
    assert_eq!(told["choices"][0]["message"]["refusal"], "Undeclared function: f");
    let cut = last(parts(json!([{ "functionCall": { "name": "f", "args": {} } }])), "MAX_TOKENS");
    assert_eq!(whole(Front::Chat, &cut)["choices"][0]["finish_reason"], "length");
}

#[test]
fn a_refused_prompt_is_an_answer_that_a_filter_took() {
    let answer = json!({
        "promptFeedback": { "blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "Not that." },
        "usageMetadata": { "promptTokenCount": 5, "totalTokenCount": 5 }, "modelVersion": "gemini-x",
    });
    let told = whole(Front::Chat, &answer);
    assert_eq!(told["choices"][0]["finish_reason"], "content_filter");
    assert_eq!(told["choices"][0]["native_finish_reason"], "PROHIBITED_CONTENT");
    assert_eq!(told["choices"][0]["message"]["refusal"], "Not that.");
    assert_eq!(told["usage"]["prompt_tokens"], 5);
    assert_eq!(whole(Front::Messages, &answer)["stop_reason"], "refusal");
    let events = events(&[answer]);
    assert_eq!(events, ["start", "usage Some(5) Some(0)", "finish 0: content_filter PROHIBITED_CONTENT"]);
}

#[test]
fn what_is_no_answer_is_an_error() {
    let decode = |body: &str| Wire::Gemini.decode_response(body.as_bytes(), "seed").map(|_| ()).unwrap_err();
    for body in [
        "{}",
        r#"{"candidates":[]}"#,
        r#"{"usageMetadata":{"promptTokenCount":1}}"#,
        r#"{"candidates":[{"content":{"parts":["x"]}}]}"#,
        r#"{"candidates":[{"index":0,"content":{"role":"model"}}]}"#,
        r#"[{"candidates":[]},{"candidates":[]}]"#,
        "<html>",
        "",
    ] {
        assert!(matches!(decode(body), DecodeError::Malformed { .. }), "{body}");
    }
    let error = r#"{"error":{"code":503,"message":"Overloaded.","status":"UNAVAILABLE"}}"#;
    for body in [error.to_owned(), format!("[{error}]"), format!("[{error},{error}]")] {
        let DecodeError::Answer(error) = decode(&body) else { panic!("{body}") };
        assert_eq!((error.status.as_u16(), error.message.as_str()), (503, "Overloaded."));
        assert_eq!(error.code.as_deref(), Some("UNAVAILABLE"));
        let read = Wire::Gemini.decode_error(http::StatusCode::TOO_MANY_REQUESTS, body.as_bytes());
        assert_eq!((read.status.as_u16(), read.message.as_str()), (429, "Overloaded."));
    }
    for body in ["<html>", "", "{}", r#"{"error":{}}"#, "[]"] {
        let read = Wire::Gemini.decode_error(http::StatusCode::BAD_GATEWAY, body.as_bytes());
        assert!(read.message.contains("502"), "{body}: {}", read.message);
    }
}

#[test]
fn streams_that_fail_say_so() {
    let text = || parts(json!([{ "text": "Hi" }]));
    let error = json!({ "error": { "code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED" } });
    let began = ["start", "0 of 0: text", "0: Hi", "0 ends"];
    let and =
        |end: &str| began.iter().map(|event| (*event).to_owned()).chain([end.to_owned()]).collect::<Vec<_>>();
    assert_eq!(events(&[text(), error.clone()]), and("error: Slow down."));
    assert_eq!(events(&[text(), json!([error]), text()]), and("error: Slow down."));
    assert_eq!(events(&[error]), ["error: Slow down."], "nothing began");
    assert_eq!(events(&[text()]), and("error: The provider's stream ended in the middle of the answer."));
    assert_eq!(
        events(&[json!({ "usageMetadata": { "promptTokenCount": 1 } })]),
        ["error: The provider's stream ended before the answer began."]
    );
    // One of two candidates has no end.
    let two = json!({ "candidates": [
        { "index": 0, "content": { "parts": [{ "text": "a" }] }, "finishReason": "STOP" },
        { "index": 1, "content": { "parts": [{ "text": "b" }] } },
    ] });
    assert!(events(&[two]).last().unwrap().starts_with("error"));
}

#[test]
fn an_array_of_chunks_is_a_stream_too() {
    let chunks = json!([parts(json!([{ "text": "a" }])), last(parts(json!([{ "text": "b" }])), "STOP")]);
    let told = ["start", "0 of 0: text", "0: a", "0: b", "0 ends", "finish 0: stop STOP"];
    assert_eq!(events(&[chunks]), told);
}

#[test]
fn calls_come_alone_in_company_and_in_pieces() {
    let call = |call: Value| json!({ "functionCall": call });
    let told = events(&[
        parts(json!([
            { "text": "Hm", "thought": true },
            { "functionCall": { "name": "a", "args": { "x": [1, "y z"] } }, "thoughtSignature": "S1" },
            call(json!({ "name": "a", "args": {}, "id": "given" })),
        ])),
        parts(json!([call(json!({ "name": "b", "willContinue": true }))])),
        parts(json!([call(json!({ "willContinue": true, "partialArgs": [
            { "jsonPath": "$.list[0].name", "stringValue": "o", "willContinue": true },
        ] }))])),
        parts(json!([call(json!({ "willContinue": true }))])),
        parts(json!([call(json!({ "willContinue": true, "partialArgs": [
            { "jsonPath": "$.list[0].name", "stringValue": "ne" },
            { "jsonPath": "$.list[1].name", "stringValue": "two" },
        ] }))])),
        // The last piece can hold values itself.
        parts(json!([call(json!({ "partialArgs": [{ "jsonPath": "$.n", "numberValue": 7 }] }))])),
        // A provider that says a call again does not make two of it.
        parts(json!([call(json!({ "name": "a", "args": {}, "id": "given" }))])),
        parts(json!([call(json!({}))])),
        parts(json!([{ "text": "", "thoughtSignature": "S2" }])),
        done("STOP"),
    ]);
    assert_eq!(
        told,
        [
            "start",
            "0 of 0: thought",
            "0: Hm",
            "0 ends",
            "1 of 0: call call_seed_0 a Some(\"S1\")",
            "1: {\"x\":[1,\"y z\"]}",
            "1 ends",
            "2 of 0: call given a None",
            "2: {}",
            "2 ends",
            "3 of 0: call call_seed_2 b None",
            "3: {\"list\":[{\"name\":\"one\"},{\"name\":\"two\"}],\"n\":7}",
            "3 ends",
            "4 of 0: state S2 of None",
            "4 ends",
            "finish 0: tool_calls STOP",
        ]
    );
}

#[test]
fn arguments_may_come_whole_where_pieces_were_announced() {
    let call = |call: Value| parts(json!([{ "functionCall": call }]));
    for args in [json!({ "a": 1 }), json!("{\"a\":1}")] {
        let told = events(&[
            call(json!({ "name": "f", "willContinue": true })),
            call(json!({ "args": args })),
            call(json!({ "name": "g", "willContinue": true, "args": args })),
            call(json!({})),
            done("STOP"),
        ]);
        assert_eq!(told.iter().filter(|event| event.ends_with(": {\"a\":1}")).count(), 2, "{told:?}");
    }
}

#[test]
fn a_call_that_was_cut_shows_it() {
    let begun = parts(json!([{ "functionCall": { "name": "b", "willContinue": true, "partialArgs": [
        { "jsonPath": "$.a", "stringValue": "half", "willContinue": true },
    ] } }]));
    let told = events(&[begun.clone(), done("MAX_TOKENS")]);
    let arguments = &told[told.len() - 3];
    assert_eq!(arguments, "0: {\"a\":\"half\"", "no JSON that could be taken for whole");
    assert_eq!(told.last().unwrap(), "finish 0: length MAX_TOKENS");
    assert!(events(&[begun]).last().unwrap().starts_with("error"));
}

#[test]
fn calls_of_an_answer_have_ids_of_their_own() {
    let calls =
        json!([{ "functionCall": { "name": "f" } }, { "functionCall": { "name": "f", "args": null } }]);
    let answer = json!({ "candidates": [
        { "content": { "parts": calls }, "finishReason": "STOP" },
        { "index": 1, "content": { "parts": calls }, "finishReason": "STOP" },
    ] });
    let told = whole(Front::Chat, &answer);
    let mut ids = Vec::new();
    for choice in told["choices"].as_array().unwrap() {
        assert_eq!(choice["finish_reason"], "tool_calls");
        for call in choice["message"]["tool_calls"].as_array().unwrap() {
            assert_eq!(call["function"]["arguments"], "{}");
            ids.push(call["id"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(ids, ["call_seed_0", "call_seed_1", "call_seed_2", "call_seed_3"]);
}

#[test]
fn media_reach_chat_callers_and_are_no_part_of_the_text() {
    let picture =
        json!({ "inlineData": { "mimeType": "image/png", "data": "aW1n" }, "thoughtSignature": "S" });
    let sound = |data: &str| json!({ "inlineData": { "mimeType": "audio/L16;rate=24000", "data": data } });
    let film = json!({ "fileData": { "mimeType": "video/mp4", "fileUri": "https://x.test/v" } });
    let answer = last(parts(json!([{ "text": "See" }, picture, sound("YQ=="), sound("Yg=="), film])), "STOP");
    let message = &whole(Front::Chat, &answer)["choices"][0]["message"];
    assert_eq!(message["content"], "See");
    let image = json!([{ "type": "image_url", "image_url": { "url": "data:image/png;base64,aW1n" } }]);
    assert_eq!(message["images"], image);
    assert_eq!(message["audio"]["data"], "YWI=", "pieces of sound are one");
    assert_eq!(message["files"][0]["file"]["file_data"], "https://x.test/v");
    assert_eq!(message["reasoning_details"][0]["data"], "S");
    let chunks = stream(Front::Chat, std::slice::from_ref(&answer));
    assert!(chunks.iter().any(|chunk| chunk["choices"][0]["delta"]["images"] == image));
    let sounds = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["audio"]["data"].as_str());
    assert_eq!(sounds.collect::<Vec<_>>(), ["YQ==", "Yg=="]);
    // The Messages protocol has no place for them in answers.
    let told = whole(Front::Messages, &answer);
    assert_eq!(told["content"], json!([{ "type": "text", "text": "See" }]));
    let names = ["candidates[].content.parts[].inlineData", "candidates[].content.parts[].fileData"];
    let mut lost = Vec::new();
    Spotter::new(Wire::Gemini, Front::Messages).whole(answer.to_string().as_bytes(), &mut lost);
    assert_eq!(lost, names, "what is left out is named");
    lost.clear();
    Spotter::new(Wire::Gemini, Front::Messages).event(answer.to_string().as_bytes(), &mut lost);
    assert_eq!(lost, names, "in a stream too");
    // What the model drew while it thought is not the answer.
    let thought = json!({ "thought": true, "inlineData": { "mimeType": "image/png", "data": "aW1n" } });
    let message = &whole(Front::Chat, &last(parts(json!([thought, { "text": "Done" }])), "STOP"))["choices"]
        [0]["message"];
    assert!(message["images"].is_null());
    assert_eq!(message["provider_blocks"], json!([thought]));
}

#[test]
fn what_google_does_on_its_own_side_is_never_the_callers_call() {
    let code = json!({ "executableCode": { "language": "PYTHON", "code": "1" }, "thoughtSignature": "S" });
    let result = json!({ "codeExecutionResult": { "outcome": "OUTCOME_OK", "output": "1" } });
    let search =
        json!({ "toolCall": { "toolType": "GOOGLE_SEARCH_WEB", "id": "t", "args": { "queries": ["q"] } } });
    let unknown = json!({ "fromTheFuture": { "x": 1 } });
    let answer = last(parts(json!([code, result, { "text": "One" }, search, unknown])), "STOP");
    let told = whole(Front::Chat, &answer);
    let choice = &told["choices"][0];
    assert_eq!(choice["finish_reason"], "stop");
    assert!(choice["message"]["tool_calls"].is_null());
    assert_eq!(choice["message"]["content"], "One");
    assert_eq!(choice["message"]["provider_blocks"], json!([code, result, search, unknown]));
    assert_eq!(whole(Front::Messages, &answer)["content"], json!([{ "type": "text", "text": "One" }]));
    let told = stream(Front::Messages, &[answer]);
    assert!(
        told.iter().all(|event| event["content_block"].is_null() || event["content_block"]["type"] == "text")
    );
}

#[test]
fn citations_point_at_letters_and_not_at_bytes() {
    let text = "Über Äpfel. Mehr.";
    let grounding = json!({
        "groundingChunks": [
            { "web": { "uri": "https://a.test", "title": "A" } },
            { "retrievedContext": { "title": "Doc", "text": "Words of it" } },
            { "maps": { "uri": "https://m.test", "title": "M" } },
        ],
        "groundingSupports": [
            { "segment": { "startIndex": 6, "endIndex": 13, "text": "Äpfel." }, "groundingChunkIndices": [0, 1, 9] },
            // Places that are wrong, words that are right.
            { "segment": { "startIndex": 99, "endIndex": 120, "text": "Mehr." }, "groundingChunkIndices": [0] },
        ],
        "webSearchQueries": ["q"],
    });
    let url = |url: &str, title: &str, start: u32, end: u32| json!({ "type": "url_citation", "url_citation": { "url": url, "title": title, "start_index": start, "end_index": end } });
    let expected = json!([
        url("https://a.test", "A", 5, 11),
        url("https://a.test", "A", 12, 17),
        url("https://m.test", "M", 0, 17)
    ]);
    let mut answer = last(parts(json!([{ "text": "Thinking", "thought": true }, { "text": text }])), "STOP");
    answer["candidates"][0]["groundingMetadata"] = grounding.clone();
    let message = &whole(Front::Chat, &answer)["choices"][0]["message"];
    assert_eq!(message["annotations"], expected);
    assert_eq!(message["citations"], json!([grounding["groundingChunks"][1]]));
    // In a stream the table can come again, behind a signature, or with nothing beside it.
    for beside in [json!([{ "text": "", "thoughtSignature": "S" }]), json!([{ "text": "" }]), json!([])] {
        let mut table = parts(beside.clone());
        table["candidates"][0]["groundingMetadata"] = grounding.clone();
        let said = [parts(json!([{ "text": &text[..4] }])), parts(json!([{ "text": &text[4..] }]))];
        let ends = [last(table.clone(), "STOP"), last(parts(json!([{ "text": "" }])), "STOP")];
        for end in ends {
            let told = stream(Front::Chat, &[&said[..], &[table.clone(), end]].concat());
            let annotations =
                told.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["annotations"].as_array());
            let annotations: Vec<&Value> = annotations.flatten().collect();
            assert_eq!(json!(annotations), expected, "{beside}");
        }
    }
    let blocks = &whole(Front::Messages, &answer)["content"];
    let citations = blocks.as_array().unwrap().last().unwrap()["citations"].as_array().unwrap().clone();
    let kinds: Vec<&str> = citations.iter().map(|citation| citation["type"].as_str().unwrap()).collect();
    let web = "web_search_result_location";
    assert_eq!(kinds, [web, "search_result_location", web, web]);
    assert_eq!(citations[1]["cited_text"], "Words of it");
}

#[test]
fn recitations_and_pages_are_citations() {
    let mut answer = last(parts(json!([{ "text": "ö quoted" }])), "STOP");
    answer["candidates"][0]["citationMetadata"] = json!({ "citations": [
        { "startIndex": 3, "endIndex": 9, "uri": "https://r.test", "license": "MIT" },
        { "startIndex": 3, "endIndex": 9, "title": "A book" },
    ] });
    answer["candidates"][0]["urlContextMetadata"] = json!({ "urlMetadata": [
        { "retrievedUrl": "https://p.test", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS" },
        { "retrievedUrl": "https://gone.test", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_ERROR" },
    ] });
    let message = &whole(Front::Chat, &answer)["choices"][0]["message"];
    let places: Vec<Value> = message["annotations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|annotation| {
            let it = &annotation["url_citation"];
            json!([it["url"], it["start_index"], it["end_index"]])
        })
        .collect();
    assert_eq!(json!(places), json!([["https://r.test", 2, 8], ["https://p.test", 0, 8]]));
    assert_eq!(message["citations"][0]["title"], "A book");
}

#[test]
fn a_reason_in_the_middle_is_not_the_end() {
    let code = last(parts(json!([{ "text": "So:" }, { "executableCode": { "code": "1" } }])), "STOP");
    let result = parts(json!([{ "codeExecutionResult": { "output": "1" } }]));
    let mut decoder = Wire::Gemini.decoder("seed");
    let mut complete = Vec::new();
    for chunk in [done("STOP"), code, result, last(parts(json!([{ "text": "1." }])), "STOP")] {
        decoder.push(chunk.to_string().as_bytes(), &mut |_| {});
        complete.push(decoder.is_complete());
    }
    assert_eq!(complete, [false, false, false, true]);
}

#[test]
fn counts_are_never_lost_on_the_way() {
    let count = |prompt: u32, answer: Value| {
        json!({ "candidates": [{ "content": { "parts": [{ "text": "a" }] } }],
            "usageMetadata": { "promptTokenCount": prompt, "candidatesTokenCount": answer, "serviceTier": "flex" } })
    };
    let trailing = json!({ "usageMetadata": { "trafficType": "ON_DEMAND" } });
    let told = stream(Front::Chat, &[count(3, json!(1)), count(3, json!(5)), done("STOP"), trailing]);
    let usage = told.iter().find(|chunk| chunk["usage"].is_object()).expect("usage");
    assert_eq!(
        (&usage["usage"]["prompt_tokens"], &usage["usage"]["completion_tokens"]),
        (&json!(3), &json!(5))
    );
    assert!(told.iter().any(|chunk| chunk["service_tier"] == "flex"));
    assert_eq!(told.last(), Some(&json!("[DONE]")));
    // Counts may also come alone, before anything is said and after everything.
    let alone = json!({ "usageMetadata": { "promptTokenCount": 3, "totalTokenCount": 3 } });
    let end =
        json!({ "usageMetadata": { "promptTokenCount": 3, "thoughtsTokenCount": 4, "totalTokenCount": 7 } });
    let told = events(&[alone, last(parts(json!([{ "text": "a" }])), "STOP"), end]);
    assert!(told.contains(&"usage Some(3) Some(4)".to_owned()), "{told:?}");
}

#[test]
fn half_a_surrogate_pair_costs_one_letter() {
    let chunk = r#"{"candidates":[{"content":{"parts":[{"text":"a\ud83d"}]},"finishReason":"STOP"}]}"#;
    let mut decoder = Wire::Gemini.decoder("seed");
    let mut text = String::new();
    decoder.push(chunk.as_bytes(), &mut |event| {
        if let Event::Delta { delta: Delta::Text(said), .. } = event {
            text.push_str(&said);
        }
    });
    assert_eq!(text, "a\u{fffd}");
    for (wire, body) in [
        (Wire::Gemini, chunk),
        (Wire::Chat, r#"{"choices":[{"message":{"content":"a\ud83d"},"finish_reason":"stop"}]}"#),
        (Wire::Messages, r#"{"type":"message","content":[{"type":"text","text":"a\ud83d"}]}"#),
    ] {
        let told = wire.read_response(body.as_bytes(), "seed", |response| {
            String::from_utf8(Front::Chat.encode_response(response, &META)).unwrap()
        });
        assert!(told.expect("an answer").contains("\"a\u{fffd}\""), "{}", wire.name());
    }
}

#[test]
fn a_second_answer_follows_the_first_and_no_finish_comes_twice() {
    let chunk = |id: &str, text: &str, reason: Value| json!({ "responseId": id, "candidates": [{ "content": { "parts": [{ "text": text }] }, "finishReason": reason }] });
    let told = events(&[chunk("1", "a", json!("STOP")), chunk("1", "b", json!("STOP"))]);
    assert_eq!(told, ["start", "0 of 0: text", "0: a", "0: b", "0 ends", "finish 0: stop STOP"]);
    let told = events(&[chunk("1", "a", json!("STOP")), chunk("2", "b", json!(null)), done("MAX_TOKENS")]);
    let (first, second) = told.split_at(5);
    assert_eq!(first.last().unwrap(), "finish 0: stop STOP");
    assert_eq!(second, ["start", "1 of 0: text", "1: b", "1 ends", "finish 0: length MAX_TOKENS"]);
}

#[test]
fn probabilities_are_in_chats_form() {
    let mut answer = last(parts(json!([{ "text": "Hé" }])), "STOP");
    answer["candidates"][0]["logprobsResult"] = json!({
        "chosenCandidates": [{ "token": "H", "tokenId": 1, "logProbability": -0.5 }, { "token": "é" }],
        "topCandidates": [{ "candidates": [{ "token": "H", "logProbability": -0.5 }, { "token": "h", "logProbability": -2.0 }] }],
    });
    let expected = json!({ "content": [
        { "token": "H", "logprob": -0.5, "bytes": [72], "top_logprobs": [
            { "token": "H", "logprob": -0.5, "bytes": [72] }, { "token": "h", "logprob": -2.0, "bytes": [104] },
        ] },
        { "token": "é", "logprob": 0, "bytes": [195, 169], "top_logprobs": [] },
    ], "refusal": null });
    assert_eq!(whole(Front::Chat, &answer)["choices"][0]["logprobs"], expected);
    let told = stream(Front::Chat, &[answer]);
    assert!(told.iter().any(|chunk| chunk["choices"][0]["logprobs"] == expected));
}

#[test]
fn state_that_chat_callers_keep_comes_back() {
    let answer = last(
        parts(json!([
            { "text": "Look", "thoughtSignature": "T" },
            { "functionCall": { "name": "f", "args": {} }, "thoughtSignature": "C" },
        ])),
        "STOP",
    );
    let message = whole(Front::Chat, &answer)["choices"][0]["message"].take();
    let request =
        json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }, message] }).to_string();
    let request = Front::Chat.decode_request(request.as_bytes()).expect("a request");
    let told = format!("{:?}", request.messages[1].parts);
    assert!(told.contains("opaque: Some(\"T\")") && told.contains("google-gemini-v1"), "{told}");
    assert!(told.contains("signature: Some(\"C\")"), "{told}");
}

#[test]
fn pictures_of_the_chat_wire_are_media_as_well() {
    let said = json!({ "content": "See", "audio": { "data": "YQ==", "transcript": "" },
        "images": [{ "type": "image_url", "image_url": { "url": "data:image/png;base64,aW1n" } }] });
    let body = json!({ "choices": [{ "message": said, "finish_reason": "stop" }] }).to_string();
    let told = Wire::Chat
        .read_response(body.as_bytes(), "seed", |response| Front::Chat.encode_response(response, &META))
        .expect("an answer");
    let told: Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(told["choices"][0]["message"]["images"], said["images"]);
    assert_eq!(told["choices"][0]["message"]["audio"]["data"], "YQ==");
    let mut lost = Vec::new();
    Spotter::new(Wire::Chat, Front::Messages).whole(body.as_bytes(), &mut lost);
    assert_eq!(lost, ["choices[].message.audio", "choices[].message.images[]"]);
    let chunk = json!({ "choices": [{ "delta": said, "finish_reason": "stop" }] }).to_string();
    let mut lost = Vec::new();
    Spotter::new(Wire::Chat, Front::Messages).event(chunk.as_bytes(), &mut lost);
    assert_eq!(lost, ["choices[].message.audio", "choices[].message.images[]"]);
}
