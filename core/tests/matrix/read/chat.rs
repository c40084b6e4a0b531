//! A reader of chat completions.

use serde_json::Value;

use super::{Call, Ended, Failure, Said, Used, check_calls, count, list, named, text};

pub fn failure(body: &Value) -> Failure {
    let error = &body["error"];
    assert!(!text(error, "message").is_empty(), "an error without a message: {body}");
    text(error, "type");
    for member in ["param", "code"] {
        assert!(error.get(member).is_some(), "an error without `{member}`: {body}");
    }
    Failure {
        status: 0,
        message: text(error, "message").to_owned(),
        field: error["param"].as_str().map(str::to_owned),
    }
}

fn ended(word: &str) -> Ended {
    match word {
        "stop" => Ended::Stop,
        "length" => Ended::Length,
        "tool_calls" => Ended::Calls,
        "content_filter" => Ended::Filtered,
        other => panic!("the finish reason {other:?}"),
    }
}

fn used(usage: &Value) -> Used {
    let input = count(usage, "prompt_tokens");
    let output = count(usage, "completion_tokens");
    assert_eq!(count(usage, "total_tokens"), input + output, "{usage}");
    let part = |whole: &str, name: &str| usage[whole][name].as_u64().unwrap_or(0);
    let used = Used {
        input,
        output,
        cached: part("prompt_tokens_details", "cached_tokens"),
        written: part("prompt_tokens_details", "cache_write_tokens"),
        reasoning: part("completion_tokens_details", "reasoning_tokens"),
    };
    assert!(used.cached + used.written <= input && used.reasoning <= output, "{usage}");
    used
}

/// Members of an answer that chat's reference does not have.
fn extensions(said: &mut Said, message: &Value) {
    for annotation in message["annotations"].as_array().into_iter().flatten() {
        assert_eq!(annotation["type"], "url_citation");
        let citation = &annotation["url_citation"];
        assert!(count(citation, "start_index") <= count(citation, "end_index"));
        said.citations.push((text(citation, "url").to_owned(), text(citation, "title").to_owned()));
    }
    for block in message["provider_blocks"].as_array().into_iter().flatten() {
        // Gemini's parts have no type: their one member is their name.
        let name = block.as_object().and_then(|block| block.keys().next());
        said.blocks.push(block["type"].as_str().or(name.map(String::as_str)).unwrap().to_owned());
    }
    for detail in message["reasoning_details"].as_array().into_iter().flatten() {
        let proof = detail["signature"].as_str().or_else(|| detail["data"].as_str());
        said.signatures.extend(proof.filter(|proof| !proof.is_empty()).map(str::to_owned));
    }
}

pub fn whole(body: &Value) -> Said {
    assert_eq!(body["object"], "chat.completion");
    count(body, "created");
    let choices = list(body, "choices");
    let mut said = Said { used: used(&body["usage"]), named: named(body), ..Said::default() };
    for (place, choice) in choices.iter().enumerate() {
        assert_eq!(count(choice, "index"), place as u64);
        let message = &choice["message"];
        assert_eq!(message["role"], "assistant");
        let content = message["content"].as_str().unwrap_or_default();
        if place > 0 {
            said.others.push(content.to_owned());
            continue;
        }
        assert!(message.get("content").is_some(), "no `content` in {message}");
        assert!(message.get("refusal").is_some(), "no `refusal` in {message}");
        assert!(choice.get("logprobs").is_some(), "no `logprobs` in {choice}");
        said.text = content.to_owned();
        said.refusal = message["refusal"].as_str().unwrap_or_default().to_owned();
        said.reasoning = message["reasoning_content"].as_str().unwrap_or_default().to_owned();
        said.probable = !choice["logprobs"].is_null();
        said.ended = Some(ended(text(choice, "finish_reason")));
        said.sequence = choice["stop_reason"].as_str().map(str::to_owned);
        if message["tool_calls"].is_null() {
            assert!(message["content"].is_string() || !said.refusal.is_empty(), "nothing in {message}");
        } else {
            said.calls = list(message, "tool_calls").iter().map(call).collect();
            said.signatures.extend(list(message, "tool_calls").iter().filter_map(signature));
            assert!(!said.calls.is_empty(), "an empty list of calls");
        }
        extensions(&mut said, message);
    }
    check_calls(&said.calls);
    said
}

/// The signature of a call, where Google has it.
fn signature(call: &Value) -> Option<String> {
    call["extra_content"]["google"]["thought_signature"].as_str().map(str::to_owned)
}

fn call(call: &Value) -> Call {
    assert_eq!(call["type"], "function");
    let function = &call["function"];
    Call {
        id: text(call, "id").to_owned(),
        name: text(function, "name").to_owned(),
        arguments: text(function, "arguments").to_owned(),
    }
}

/// Where a stream stands.
#[derive(Default)]
struct Stream {
    said: Said,
    /// Members that all chunks share.
    same: Option<[Value; 3]>,
    /// Choices that have begun, and whether they have ended.
    begun: Vec<(u64, bool)>,
    usage: bool,
    over: bool,
}

pub fn stream(body: &str, usage_asked: bool) -> Said {
    assert!(body.ends_with("\n\n"), "the stream ends inside an event");
    let mut stream = Stream::default();
    for event in body.split("\n\n").filter(|event| !event.is_empty()) {
        if event.starts_with(':') {
            continue;
        }
        assert!(!stream.over, "something comes after the end: {event}");
        let data = event.strip_prefix("data: ").unwrap_or_else(|| panic!("no event: {event:?}"));
        assert!(!data.contains('\n'), "more than one line: {event:?}");
        if data == "[DONE]" {
            assert!(stream.begun.iter().all(|(_, ended)| *ended), "[DONE] before the end of a choice");
            assert!(!stream.begun.is_empty(), "[DONE] after nothing");
            stream.over = true;
            continue;
        }
        stream.chunk(&serde_json::from_str(data).unwrap_or_else(|e| panic!("{e}: {data}")));
    }
    assert!(stream.over, "the stream ends without [DONE] and without an error");
    if stream.said.failure.is_none() {
        assert_eq!(stream.usage, usage_asked, "usage in the stream");
    }
    check_calls(&stream.said.calls);
    stream.said
}

impl Stream {
    fn chunk(&mut self, chunk: &Value) {
        if chunk.get("error").is_some() {
            self.said.failure = Some(failure(chunk));
            self.said.ended = None;
            self.over = true;
            return;
        }
        assert_eq!(chunk["object"], "chat.completion.chunk");
        self.said.named = named(chunk);
        let same = ["id", "model", "created"].map(|member| chunk[member].clone());
        let first = self.same.get_or_insert_with(|| same.clone());
        assert_eq!(*first, same, "chunks of one answer differ");
        let choices = list(chunk, "choices");
        if !chunk["usage"].is_null() {
            assert!(!self.usage, "usage twice");
            assert!(choices.is_empty(), "usage beside a choice: {chunk}");
            self.usage = true;
            self.said.used = used(&chunk["usage"]);
        } else {
            assert!(!self.usage, "a choice goes on after the usage");
            assert!(!choices.is_empty(), "an empty chunk: {chunk}");
        }
        choices.iter().for_each(|choice| self.choice(choice));
    }

    fn choice(&mut self, choice: &Value) {
        let index = count(choice, "index");
        let delta = &choice["delta"];
        assert!(delta.is_object(), "no delta in {choice}");
        assert!(choice.get("finish_reason").is_some(), "no `finish_reason` in {choice}");
        match self.begun.iter().find(|(begun, _)| *begun == index) {
            None => {
                assert_eq!(delta["role"], "assistant", "the role comes first: {choice}");
                self.begun.push((index, false));
            }
            Some((_, ended)) => {
                assert!(delta.get("role").is_none(), "the role comes twice");
                assert!(!ended, "a choice goes on after its end: {choice}");
            }
        }
        let ended_by = choice["finish_reason"].as_str().map(ended);
        for (begun, over) in &mut self.begun {
            *over |= *begun == index && ended_by.is_some();
        }
        if index > 0 {
            let place = index as usize - 1;
            self.said.others.resize(self.said.others.len().max(place + 1), String::new());
            self.said.others[place].push_str(delta["content"].as_str().unwrap_or_default());
            return;
        }
        let said = &mut self.said;
        said.text.push_str(delta["content"].as_str().unwrap_or_default());
        said.refusal.push_str(delta["refusal"].as_str().unwrap_or_default());
        said.reasoning.push_str(delta["reasoning_content"].as_str().unwrap_or_default());
        said.probable |= choice["logprobs"].is_object();
        said.ended = said.ended.or(ended_by);
        said.sequence = choice["stop_reason"].as_str().map(str::to_owned).or(said.sequence.take());
        extensions(said, delta);
        for piece in delta["tool_calls"].as_array().into_iter().flatten() {
            let index = count(piece, "index") as usize;
            let function = &piece["function"];
            if index == said.calls.len() {
                said.calls.push(call(piece));
                said.signatures.extend(signature(piece));
            } else {
                let call = said.calls.get_mut(index).unwrap_or_else(|| panic!("the index {index} too early"));
                assert!(piece["id"].is_null() && function["name"].is_null(), "a call begins twice: {piece}");
                call.arguments.push_str(function["arguments"].as_str().unwrap_or_default());
            }
        }
    }
}
