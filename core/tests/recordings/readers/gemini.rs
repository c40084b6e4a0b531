//! Gemini's answers.

use serde_json::{Value, json};

use super::Reading;
use crate::META;

/// The place that a path such as `$.list[0].name` names, made where it is not there.
fn place<'v>(value: &'v mut Value, path: &str) -> &'v mut Value {
    let steps = path.strip_prefix('$').expect("a path from the root").replace('[', ".").replace(']', "");
    steps.split('.').filter(|step| !step.is_empty()).fold(value, |value, step| match step.parse::<usize>() {
        Ok(number) => {
            if !value.is_array() {
                *value = json!([]);
            }
            let list = value.as_array_mut().expect("a list");
            while list.len() <= number {
                list.push(Value::Null);
            }
            &mut list[number]
        }
        Err(_) => &mut value[step],
    })
}

/// Puts what a piece holds there; a text goes on.
fn put(place: &mut Value, partial: &Value) {
    if let Some(more) = partial["stringValue"].as_str() {
        *place = Value::String(place.as_str().unwrap_or_default().to_owned() + more);
    } else if let Some(value) = ["numberValue", "boolValue"].iter().find_map(|kind| partial.get(*kind)) {
        *place = value.clone();
    } else {
        assert!(partial.get("nullValue").is_some(), "a value that this reader does not know: {partial}");
        *place = Value::Null;
    }
}

/// The independent reading of a Gemini answer: whole (one) or streamed (its chunks).
#[derive(Default)]
pub(crate) struct GeminiReader {
    reading: Reading,
    /// Arguments of the call that goes on.
    open: Option<Value>,
    supports: Vec<Value>,
    sources: Vec<(Value, bool)>,
    pages: Vec<Value>,
    recited: Vec<Value>,
    reason: Option<String>,
    usage: Value,
}

impl GeminiReader {
    fn part(&mut self, part: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let signature = part["thoughtSignature"].as_str().map(str::to_owned);
        if let Some(call) = part["functionCall"].as_object() {
            if call.contains_key("name") {
                self.close();
                self.reading.calls.push((
                    part["functionCall"]["id"].as_str().unwrap_or_default().to_owned(),
                    text(&call["name"]),
                    call.get("args").cloned().unwrap_or_else(|| json!({})),
                ));
                self.reading.call_state.extend(signature.map(|signature| (text(&call["name"]), signature)));
                if call.get("willContinue") == Some(&json!(true)) {
                    self.open = Some(json!({}));
                }
            }
            for partial in part["functionCall"]["partialArgs"].as_array().into_iter().flatten() {
                let path = partial["jsonPath"].as_str().expect("a path");
                put(place(self.open.as_mut().expect("an open call"), path), partial);
            }
            if call.get("willContinue").is_none() {
                self.close();
            }
            return;
        }
        if ["executableCode", "codeExecutionResult", "toolCall", "toolResponse"]
            .iter()
            .any(|kind| part[*kind].is_object())
        {
            return self.reading.blocks.push(part.clone());
        }
        if part["thought"] == true {
            self.reading.reasoning += &text(&part["text"]);
        } else {
            self.reading.text += &text(&part["text"]);
        }
        self.reading.opaque.extend(signature);
    }

    /// A call whose arguments came in pieces has all of them.
    fn close(&mut self) {
        if let Some(arguments) = self.open.take() {
            self.reading.calls.last_mut().expect("a call").2 = arguments;
        }
    }

    fn candidate(&mut self, candidate: &Value) {
        for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
            self.part(part);
        }
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let grounding = &candidate["groundingMetadata"];
        self.supports.extend(list(&grounding["groundingSupports"]));
        self.sources.extend(list(&grounding["groundingChunks"]).into_iter().map(|source| (source, false)));
        self.pages.extend(list(&candidate["urlContextMetadata"]["urlMetadata"]));
        for member in ["citationSources", "citations"] {
            self.recited.extend(list(&candidate["citationMetadata"][member]));
        }
        for (i, token) in list(&candidate["logprobsResult"]["chosenCandidates"]).iter().enumerate() {
            let others = list(&candidate["logprobsResult"]["topCandidates"][i]["candidates"]);
            let others: Vec<Value> =
                others.iter().map(|it| json!([it["token"], it["logProbability"]])).collect();
            self.reading.logprobs.push(json!([token["token"], token["logProbability"], others]));
        }
        if let Some(reason) = candidate["finishReason"].as_str() {
            self.reason = Some(reason.to_owned());
        }
    }

    fn cite(&mut self, source: usize, words: &str) {
        let (source, cited) = &mut self.sources[source];
        *cited = true;
        let place = ["web", "retrievedContext", "maps"].into_iter().find(|kind| source[*kind].is_object());
        let place = &source[place.expect("a known source")];
        match place["uri"].as_str() {
            Some(uri) => {
                let title = place["title"].as_str().unwrap_or_default();
                self.reading.web.push((uri.to_owned(), title.to_owned(), words.to_owned()));
            }
            None => self.reading.documents.push(source.clone()),
        }
    }

    fn citations(&mut self) {
        for support in std::mem::take(&mut self.supports) {
            for index in support["groundingChunkIndices"].as_array().into_iter().flatten() {
                let words = support["segment"]["text"].as_str().expect("the words").to_owned();
                self.cite(index.as_u64().unwrap() as usize, &words);
            }
        }
        let text = self.reading.text.clone();
        for source in std::mem::take(&mut self.recited) {
            let at = |member: &str| source[member].as_u64().unwrap_or(0) as usize;
            match source["uri"].as_str().filter(|uri| !uri.is_empty()) {
                Some(uri) => {
                    let title = source["title"].as_str().unwrap_or_default().to_owned();
                    let end = at("endIndex").min(text.len());
                    let words = text.get(at("startIndex")..end).unwrap_or_default().to_owned();
                    self.reading.web.push((uri.to_owned(), title, words));
                }
                None => self.reading.documents.push(source.clone()),
            }
        }
        for source in 0..self.sources.len() {
            let same = |(other, cited): &(Value, bool)| *cited && *other == self.sources[source].0;
            if !self.sources.iter().any(same) {
                self.cite(source, &text);
            }
        }
        for page in std::mem::take(&mut self.pages) {
            let known = |(source, _): &(Value, bool)| source["web"]["uri"] == page["retrievedUrl"];
            if page["urlRetrievalStatus"] == "URL_RETRIEVAL_STATUS_SUCCESS" && !self.sources.iter().any(known)
            {
                let url = page["retrievedUrl"].as_str().unwrap().to_owned();
                self.reading.web.push((url, String::new(), text.clone()));
            }
        }
    }

    /// Reads the candidate of this number.
    pub(crate) fn read(chunks: &[Value], number: u64) -> Reading {
        let mut reader = Self::default();
        for chunk in chunks {
            for candidate in chunk["candidates"].as_array().into_iter().flatten() {
                if candidate["index"].as_u64().unwrap_or(0) == number {
                    reader.candidate(candidate);
                }
            }
            if chunk["usageMetadata"]["promptTokenCount"].is_u64() {
                reader.usage = chunk["usageMetadata"].clone();
            }
            if let Some(reason) = chunk["promptFeedback"]["blockReason"].as_str() {
                reader.reason = Some(reason.to_owned());
            }
            if let Some(message) = chunk["error"]["message"].as_str() {
                reader.reading.error = Some(message.to_owned());
            }
        }
        reader.close();
        reader.citations();
        let first = |member: &str| chunks.iter().find_map(|chunk| chunk[member].as_str());
        let mut reading = reader.reading;
        reading.id = Some(first("responseId").unwrap_or(META.id).to_owned());
        reading.model = Some(first("modelVersion").unwrap_or(META.model).to_owned());
        let calls = !reading.calls.is_empty();
        reading.finish = reader.reason.as_deref().map(|reason| {
            match reason {
                "STOP" if calls => "tool_calls",
                "STOP" => "stop",
                "MAX_TOKENS" => "length",
                // Filters, and failures that are named as reasons.
                _ => "content_filter",
            }
            .to_owned()
        });
        if reading.finish.is_none() && reading.error.is_none() {
            reading.error = Some("cut".to_owned());
        }
        let count = |name: &str| reader.usage[name].as_u64();
        if let Some(prompt) = count("promptTokenCount") {
            let prompt = prompt + count("toolUsePromptTokenCount").unwrap_or(0);
            let thoughts = count("thoughtsTokenCount");
            let completion = count("candidatesTokenCount").unwrap_or(0) + thoughts.unwrap_or(0);
            let cached = count("cachedContentTokenCount");
            let total = count("totalTokenCount");
            reading.usage = [Some(prompt), Some(completion), total, cached, None, thoughts];
        }
        reading
    }
}
