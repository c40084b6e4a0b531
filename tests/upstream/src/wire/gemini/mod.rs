//! Google's Gemini API, `generateContent` and its relatives, as its reference documents bodies,
//! events and errors.
//!
//! The model stands in the path, a stream is asked for by another method, and a call is a part like
//! any other. What came in is read here, what goes out is written by [`answer`], and [`check`]
//! refuses what Google's server refuses.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{KEY_PREFIX, Tool, Wire, only, refuse};
use crate::{
    ask::{Ask, Endpoint},
    fault::Fault,
    reply::Reply,
};

mod answer;
mod check;
mod schema;
mod thoughts;

/// The wire of Gemini.
pub struct Gemini;

/// Models that sign their calls, and want the signatures back.
fn signs(ask: &Ask) -> bool {
    ask.model.starts_with("gemini-3")
}

impl Wire for Gemini {
    fn name(&self) -> &'static str {
        "gemini-generate"
    }

    fn check(&self, ask: &Ask) -> Result<(), Fault> {
        match self.credential(ask) {
            Some(key) if key.starts_with(KEY_PREFIX) => {}
            Some(_) => return Err(Fault::of_google_key()),
            None => {
                return Err(Fault::of(403).saying(
                    "Method doesn't allow unregistered callers (callers without \
                    established identity). Please use API Key or other form of API consumer identity.",
                ));
            }
        }
        if ask.query.contains("key=") {
            return refuse("the key is in the address, where logs and proxies see it");
        }
        if ask.endpoint == Endpoint::Count {
            return check::count(ask);
        }
        if ask.stream && !ask.query.contains("alt=sse") {
            return refuse("without alt=sse this is one JSON array, and not a stream");
        }
        check::body(ask, &ask.body)?;
        match signs(ask) && !ask.script.has("anysig") {
            true => thoughts::check(&ask.body),
            false => Ok(()),
        }
    }

    fn credential(&self, ask: &Ask) -> Option<String> {
        ask.header("x-goog-api-key").map(str::to_owned)
    }

    fn tools(&self, ask: &Ask) -> Vec<Tool> {
        let tool = |tool: &Value| {
            let schema = [&tool["parametersJsonSchema"], &tool["parameters"]];
            let schema = schema.into_iter().find(|schema| !schema.is_null()).cloned();
            let nothing = || json!({"type": "object"});
            Some(Tool { name: tool["name"].as_str()?.to_owned(), schema: schema.unwrap_or_else(nothing) })
        };
        let declared = list(&ask.body["tools"]).iter().flat_map(|it| list(&it["functionDeclarations"]));
        declared.filter_map(tool).collect()
    }

    fn answer_schema(&self, ask: &Ask) -> Option<Value> {
        let config = &ask.body["generationConfig"];
        if config["responseMimeType"] != "application/json" {
            return None;
        }
        let schema = [&config["responseJsonSchema"], &config["responseSchema"]];
        let any = || json!({"type": "object", "properties": {"answer": {"type": "string"}}});
        Some(schema.into_iter().find(|schema| !schema.is_null()).cloned().unwrap_or_else(any))
    }

    fn forced_tool(&self, ask: &Ask) -> Option<String> {
        let config = &ask.body["toolConfig"]["functionCallingConfig"];
        match list(&config["allowedFunctionNames"]) {
            [name] if config["mode"] == "ANY" => name.as_str().map(str::to_owned),
            [] if config["mode"] == "ANY" => only(self.tools(ask)),
            _ => None,
        }
    }

    fn thinks(&self, ask: &Ask) -> bool {
        ask.body["generationConfig"]["thinkingConfig"]["includeThoughts"] == true
    }

    fn tool_results(&self, ask: &Ask) -> Vec<String> {
        let parts = list(&ask.body["contents"]).iter().flat_map(|content| list(&content["parts"]));
        parts.filter(|part| part["functionResponse"].is_object()).map(result).collect()
    }

    fn whole(&self, ask: &Ask, reply: &Reply) -> Value {
        answer::whole(ask, reply)
    }

    fn stream(&self, ask: &Ask, reply: &Reply) -> Vec<Bytes> {
        answer::stream(ask, reply)
    }

    fn count(&self, tokens: u64) -> Value {
        json!({"totalTokens": tokens, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens}]})
    }

    fn fault(&self, fault: &Fault) -> Value {
        let mut error =
            json!({"code": fault.status, "message": fault.message, "status": fault.google_status});
        if fault.openai_code == "invalid_api_key" && fault.status == 400 {
            error["details"] = json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]);
        }
        if let Some(seconds) = &fault.retry {
            error["details"] = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo",
                "retryDelay": format!("{seconds}s")}]);
        }
        json!({"error": error})
    }

    fn fault_event(&self, fault: &Fault) -> Bytes {
        answer::frame(&self.fault(fault))
    }

    fn location(&self) -> Fault {
        Fault {
            google_status: "FAILED_PRECONDITION",
            ..Fault::of(400).saying("User location is not supported for the API use.")
        }
    }

    /// In pages, as `pageSize` and `pageToken` ask for ("models.list").
    fn models(&self, ask: &Ask, ids: &[String]) -> Value {
        let number = |name: &str| {
            ask.query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
        };
        let size: usize = number("pageSize").unwrap_or(50).clamp(1, 1000);
        let from: usize = number("pageToken").unwrap_or(0).min(ids.len());
        let to = (from + size).min(ids.len());
        let row = |id: &String| {
            json!({
                "name": format!("models/{id}"), "displayName": id, "version": "001",
                "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536,
                "supportedGenerationMethods": ["generateContent", "countTokens"],
            })
        };
        let mut page = json!({"models": ids[from..to].iter().map(row).collect::<Vec<_>>()});
        if to < ids.len() {
            page["nextPageToken"] = json!(to.to_string());
        }
        page
    }

    fn limit_headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Google tells how long to wait in the body only.
    fn retry_header(&self) -> bool {
        false
    }

    fn id_header(&self) -> &'static str {
        "x-standin-request-id"
    }
}

/// A result's text: the one that it holds, else all of it.
fn result(part: &Value) -> String {
    let response = &part["functionResponse"]["response"];
    let members: Vec<&Value> = response.as_object().into_iter().flatten().map(|member| member.1).collect();
    match members[..] {
        [Value::String(only)] => only.clone(),
        _ => response.to_string(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
