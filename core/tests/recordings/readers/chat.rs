//! Chat's answers, as its clients read them.

use serde_json::{Value, json};

use super::Reading;

/// Reads a chat answer as a client does: a whole one is one choice's message, a stream the sum of its
/// deltas.
#[derive(Default)]
pub(crate) struct ChatReader {
    reading: Reading,
    pub(crate) calls: Vec<(String, String, String)>,
    pending_blocks: Vec<Value>,
}

impl ChatReader {
    pub(crate) fn message(&mut self, message: &Value) {
        let text = |member: &str| message[member].as_str().unwrap_or_default();
        self.reading.text += text("content");
        self.reading.reasoning += text("reasoning_content");
        for detail in message["reasoning_details"].as_array().into_iter().flatten() {
            for member in ["signature", "data"] {
                self.reading.opaque.extend(detail[member].as_str().map(str::to_owned));
            }
        }
        for (i, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
            let index = call["index"].as_u64().map_or(self.calls.len().min(i), |index| index as usize);
            if index >= self.calls.len() {
                self.calls.resize(index + 1, Default::default());
            }
            let (id, name, arguments) = &mut self.calls[index];
            *id += call["id"].as_str().unwrap_or_default();
            *name += call["function"]["name"].as_str().unwrap_or_default();
            *arguments += call["function"]["arguments"].as_str().unwrap_or_default();
        }
        for annotation in message["annotations"].as_array().into_iter().flatten() {
            let citation = &annotation["url_citation"];
            let at = |member: &str| citation[member].as_u64().expect("a place") as usize;
            let letters: Vec<char> = self.reading.text.chars().collect();
            let cited = letters[at("start_index")..at("end_index")].iter().collect();
            let said = |member: &str| citation[member].as_str().expect("a string").to_owned();
            self.reading.web.push((said("url"), said("title"), cited));
        }
        self.reading.documents.extend(message["citations"].as_array().into_iter().flatten().cloned());
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            if let Some(state) = call["extra_content"]["google"]["thought_signature"].as_str() {
                let name = call["function"]["name"].as_str().expect("a name").to_owned();
                self.reading.call_state.push((name, state.to_owned()));
            }
        }
        self.pending_blocks.extend(message["provider_blocks"].as_array().into_iter().flatten().cloned());
    }

    fn logprobs(&mut self, logprobs: &Value) {
        let tokens = logprobs["content"].as_array().into_iter().flatten();
        self.reading.logprobs.extend(tokens.map(|token| {
            let bytes: Vec<u64> =
                token["bytes"].as_array().unwrap().iter().map(|b| b.as_u64().unwrap()).collect();
            assert_eq!(bytes, token["token"].as_str().unwrap().bytes().map(u64::from).collect::<Vec<_>>());
            let others = token["top_logprobs"].as_array().unwrap();
            let others: Vec<Value> = others.iter().map(|it| json!([it["token"], it["logprob"]])).collect();
            json!([token["token"], token["logprob"], others])
        }));
    }

    pub(crate) fn usage(&mut self, usage: &Value) {
        if usage.is_object() {
            self.reading.usage = [
                usage["prompt_tokens"].as_u64(),
                usage["completion_tokens"].as_u64(),
                usage["total_tokens"].as_u64(),
                usage["prompt_tokens_details"]["cached_tokens"].as_u64(),
                usage["prompt_tokens_details"]["cache_write_tokens"].as_u64(),
                usage["completion_tokens_details"]["reasoning_tokens"].as_u64(),
            ];
        }
    }

    pub(crate) fn reading(mut self) -> Reading {
        self.reading.calls = self
            .calls
            .into_iter()
            .map(|(id, name, arguments)| {
                let arguments = serde_json::from_str(&arguments).unwrap_or(Value::String(arguments));
                (id, name, arguments)
            })
            .collect();
        self.reading.blocks = self.pending_blocks;
        self.reading
    }

    pub(crate) fn head(&mut self, chunk: &Value) {
        let text = |member: &str| chunk[member].as_str().map(str::to_owned);
        self.reading.id = self.reading.id.take().or(text("id"));
        self.reading.model = self.reading.model.take().or(text("model"));
    }

    pub(crate) fn whole(answer: &Value) -> Reading {
        let mut reader = Self::default();
        reader.head(answer);
        assert_eq!(answer["object"], "chat.completion");
        let choice = &answer["choices"][0];
        assert_eq!(choice["message"]["role"], "assistant");
        reader.message(&choice["message"]);
        reader.logprobs(&choice["logprobs"]);
        reader.reading.finish = choice["finish_reason"].as_str().map(str::to_owned);
        reader.usage(&answer["usage"]);
        reader.reading()
    }

    pub(crate) fn stream(text: &str) -> Reading {
        let mut reader = Self::default();
        let mut done = false;
        for (i, event) in text.split("\n\n").filter(|event| !event.is_empty()).enumerate() {
            let data = event.strip_prefix("data: ").expect("one data line an event");
            assert!(!done, "nothing follows [DONE]");
            assert!(!data.contains('\n'), "an event is one line: {data}");
            if data == "[DONE]" {
                done = true;
                continue;
            }
            let chunk: Value = serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}"));
            if chunk["error"].is_object() {
                assert!(reader.reading.error.is_none(), "one error a stream");
                reader.reading.error = chunk["error"]["message"].as_str().map(str::to_owned);
                continue;
            }
            assert!(reader.reading.error.is_none(), "nothing follows an error");
            assert_eq!(chunk["object"], "chat.completion.chunk");
            reader.head(&chunk);
            reader.usage(&chunk["usage"]);
            if let Some(choice) = chunk["choices"].get(0) {
                if i == 0 {
                    assert_eq!(choice["delta"]["role"], "assistant", "the role comes first");
                }
                reader.message(&choice["delta"]);
                reader.logprobs(&choice["logprobs"]);
                if let Some(reason) = choice["finish_reason"].as_str() {
                    reader.reading.finish = Some(reason.to_owned());
                }
            }
        }
        assert_eq!(done, reader.reading.error.is_none(), "[DONE] ends what succeeded, and nothing else");
        reader.reading()
    }
}

/// What accounting has to find in a chat answer: finish, usage (input, output, cached, written,
/// reasoning), id, model, error.
pub(crate) fn chat_facts(chunks: &[Value]) -> Value {
    let (mut id, mut model, mut finish, mut error) = (Value::Null, Value::Null, Value::Null, Value::Null);
    let mut usage = [Value::Null, Value::Null, Value::Null, Value::Null, Value::Null];
    for chunk in chunks {
        let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        if id.is_null() && text(&chunk["id"]) {
            id = chunk["id"].clone();
        }
        if model.is_null() && text(&chunk["model"]) {
            model = chunk["model"].clone();
        }
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            if text(&choice["finish_reason"]) {
                finish = choice["finish_reason"].clone();
            }
        }
        if !chunk["error"].is_null() {
            error = if chunk["error"].is_string() {
                chunk["error"].clone()
            } else {
                chunk["error"]["message"].clone()
            };
        }
        let places = [&chunk["choices"][0]["usage"], &chunk["x_groq"]["usage"], &chunk["usage"]];
        for said in places.into_iter().filter(|usage| usage.is_object()) {
            let first = |names: &[&str]| {
                names
                    .iter()
                    .map(|name| said.pointer(name).cloned().unwrap_or_default())
                    .find(|v| !v.is_null())
            };
            let reasoning = first(&["/completion_tokens_details/reasoning_tokens", "/reasoning_tokens"]);
            let mut output = said["completion_tokens"].as_u64();
            let sum = said["prompt_tokens"].as_u64().unwrap_or(0) + output.unwrap_or(0);
            if let Some(beside) = reasoning.as_ref().and_then(Value::as_u64).filter(|beside| *beside > 0)
                && said["total_tokens"].as_u64() == Some(sum + beside)
            {
                output = output.map(|output| output + beside);
            }
            let found = [
                first(&["/prompt_tokens"]),
                output.map(Value::from),
                first(&[
                    "/prompt_tokens_details/cached_tokens",
                    "/num_cached_tokens",
                    "/cached_tokens",
                    "/prompt_cache_hit_tokens",
                    "/cache_read_input_tokens",
                ]),
                first(&["/prompt_tokens_details/cache_write_tokens", "/cache_creation_input_tokens"]),
                reasoning,
            ];
            for (place, found) in usage.iter_mut().zip(found) {
                if let Some(found) = found {
                    *place = found;
                }
            }
        }
    }
    json!({ "id": id, "model": model, "finish": finish, "error": error, "usage": usage })
}
