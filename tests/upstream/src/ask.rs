//! What came in: the request, read once, and what it says about the answer that it wants.

use bytes::Bytes;
use http::{HeaderMap, Method, request::Parts};
use serde_json::Value;

use crate::{
    script::Script,
    wire::{self, Wire},
};

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// An answer from a model.
    Generate,
    /// The number of a prompt's tokens.
    Count,
    /// The list of models.
    Models,
    /// Nothing the stand-in knows.
    Unknown,
}

/// A request, read.
#[derive(Clone)]
pub struct Ask {
    /// The wire that the path belongs to.
    pub wire: &'static dyn Wire,
    /// What the path asks for.
    pub endpoint: Endpoint,
    /// The method as it came.
    pub method: Method,
    /// The path as it came, without the query.
    pub path: String,
    /// The query, or nothing.
    pub query: String,
    /// The headers as they came.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub raw: Bytes,
    /// The body as JSON; null when it is not JSON.
    pub body: Value,
    /// The model that is asked for.
    pub model: String,
    /// Whether a stream is asked for.
    pub stream: bool,
    /// What the model name, or else the path (`/s/<script>/…`), says about the answer.
    pub script: Script,
    /// Model ids named in the path (`/m/<id,id>/…`).
    pub inventory: Option<Vec<String>>,
}

impl Ask {
    /// Reads a request. Nothing here fails: what is wrong with it, the wire's check says.
    pub fn read(parts: &Parts, raw: Bytes) -> Ask {
        let path = parts.uri.path().to_owned();
        let body: Value = serde_json::from_slice(&raw).unwrap_or(Value::Null);
        let (wire, endpoint) = wire::of_path(&path);
        let model =
            body["model"].as_str().map(str::to_owned).or_else(|| named_in_path(&path)).unwrap_or_default();
        let script = match after(&path, "/s/") {
            Some(script) => Script::parse(&script),
            None => Script::of_model(&model),
        };
        Ask {
            wire,
            endpoint,
            method: parts.method.clone(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers.clone(),
            stream: body["stream"].as_bool().unwrap_or(path.ends_with(":streamGenerateContent")),
            inventory: after(&path, "/m/").map(|ids| ids.split(',').map(unescape_slash).collect()),
            path,
            raw,
            body,
            model,
            script,
        }
    }

    /// The test this request belongs to: the first word `tok-…` in the body or path, else the path.
    pub fn key(&self) -> String {
        token(&self.raw).or_else(|| token(self.path.as_bytes())).unwrap_or_else(|| self.path.clone())
    }

    /// A header's value as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The segment after `marker`, wherever that stands in the path.
fn after(path: &str, marker: &str) -> Option<String> {
    let rest = &path[path.find(marker)? + marker.len()..];
    Some(rest.split('/').next().unwrap_or_default().to_owned())
}

fn unescape_slash(id: &str) -> String {
    id.replace("%2F", "/").replace("%2f", "/")
}

/// Azure names the model in the path, `/openai/deployments/<name>/chat/completions`, and so does
/// Google, `/v1beta/models/<name>:generateContent`.
fn named_in_path(path: &str) -> Option<String> {
    let google = || {
        let (name, _method) = path.rsplit_once(':')?;
        Some(name.rsplit_once("/models/")?.1.replace("%7E", "~"))
    };
    after(path, "/deployments/").or_else(google)
}

fn token(raw: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(raw);
    let start = text.find("tok-")?;
    let word = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    Some(text[start..].chars().take_while(word).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(path: &str, body: &str) -> Ask {
        let (parts, ()) = http::Request::post(path).body(()).unwrap().into_parts();
        Ask::read(&parts, Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn the_model_is_the_script_and_the_token_is_found_anywhere() {
        let ask =
            ask("/v1/chat/completions", r#"{"model":"ok.n-3","messages":[{"content":"hi tok-a1, there"}]}"#);
        assert_eq!(ask.endpoint, Endpoint::Generate);
        assert_eq!((ask.script.number("n"), ask.key().as_str()), (Some(3), "tok-a1"));
    }

    #[test]
    fn a_path_can_carry_the_script_the_models_and_the_deployment() {
        let ask = ask(
            "/s/error.status-500/m/a,org%2Fb/openai/deployments/gpt-x/chat/completions?api-version=1",
            "{}",
        );
        assert_eq!(ask.script.number("status"), Some(500));
        assert_eq!(ask.inventory, Some(vec!["a".to_owned(), "org/b".to_owned()]));
        assert_eq!((ask.model.as_str(), ask.query.as_str()), ("gpt-x", "api-version=1"));
    }
}
