//! The wires: how each provider's protocol says what [`crate::reply`] means.
//!
//! A wire is one implementation of [`Wire`] and one row of [`ROWS`]. It renders, and it checks
//! what the gateway sent as strictly as the provider's own server would, since a stand-in that
//! takes anything proves nothing about what was sent to it.

use bytes::Bytes;
use serde_json::Value;

use crate::{
    ask::{Ask, Endpoint},
    fault::Fault,
    reply::Reply,
};

pub mod anthropic;
pub mod chat;
pub mod gemini;
mod signature;

/// A tool as the caller declared it.
pub struct Tool {
    /// Its name.
    pub name: String,
    /// The schema of its arguments.
    pub schema: Value,
}

/// One provider protocol.
pub trait Wire: Sync {
    /// Its name in recordings and messages.
    fn name(&self) -> &'static str;
    /// What the provider's server would refuse about this request.
    fn check(&self, ask: &Ask) -> Result<(), Fault>;
    /// The credential, wherever this wire carries it.
    fn credential(&self, ask: &Ask) -> Option<String>;
    /// The declared tools.
    fn tools(&self, ask: &Ask) -> Vec<Tool>;
    /// The schema that the answer's text has to fit, if one was asked for.
    fn answer_schema(&self, ask: &Ask) -> Option<Value>;
    /// The name of the one tool that the caller forces: by its name, or by any where there is one.
    fn forced_tool(&self, ask: &Ask) -> Option<String>;
    /// Whether thoughts are to be shown.
    fn thinks(&self, _: &Ask) -> bool {
        false
    }
    /// The count of a prompt's tokens. Null where the wire counts none.
    fn count(&self, _: u64) -> Value {
        Value::Null
    }
    /// The texts of all tool results in the conversation.
    fn tool_results(&self, ask: &Ask) -> Vec<String>;
    /// The answer as one body.
    fn whole(&self, ask: &Ask, reply: &Reply) -> Value;
    /// The answer as framed events.
    fn stream(&self, ask: &Ask, reply: &Reply) -> Vec<Bytes>;
    /// An error's body.
    fn fault(&self, fault: &Fault) -> Value;
    /// An error as a framed event.
    fn fault_event(&self, fault: &Fault) -> Bytes;
    /// The refusal of callers from some places.
    fn location(&self) -> Fault {
        Fault::location()
    }
    /// Whether a header tells how long to wait.
    fn retry_header(&self) -> bool {
        true
    }
    /// The list of models.
    fn models(&self, ask: &Ask, ids: &[String]) -> Value;
    /// The headers that tell of limits.
    fn limit_headers(&self) -> &'static [(&'static str, &'static str)];
    /// The header that names the request.
    fn id_header(&self) -> &'static str;
}

/// The wires by the end of their paths.
const ROWS: &[(&str, &dyn Wire, Endpoint)] = &[
    ("/chat/completions", &chat::Chat, Endpoint::Generate),
    ("/messages", &anthropic::Anthropic, Endpoint::Generate),
    ("/messages/count_tokens", &anthropic::Anthropic, Endpoint::Count),
    (":generateContent", &gemini::Gemini, Endpoint::Generate),
    (":streamGenerateContent", &gemini::Gemini, Endpoint::Generate),
    (":countTokens", &gemini::Gemini, Endpoint::Count),
];

/// The wire and endpoint of a path. `/models` is Anthropic's under `/anthropic/`, Google's under
/// `/gemini/`, else OpenAI's.
pub fn of_path(path: &str) -> (&'static dyn Wire, Endpoint) {
    if path.ends_with("/models") {
        let wire: &dyn Wire = match path {
            _ if path.contains("/anthropic/") => &anthropic::Anthropic,
            _ if path.contains("/gemini/") => &gemini::Gemini,
            _ => &chat::Chat,
        };
        return (wire, Endpoint::Models);
    }
    ROWS.iter()
        .find(|(end, _, _)| path.ends_with(end))
        .map_or((&chat::Chat, Endpoint::Unknown), |(_, wire, endpoint)| (*wire, endpoint.clone()))
}

/// The name of the only tool.
pub(crate) fn only(tools: Vec<Tool>) -> Option<String> {
    match <[Tool; 1]>::try_from(tools) {
        Ok([tool]) => Some(tool.name),
        Err(_) => None,
    }
}

/// A refusal of the request.
pub(crate) fn refuse<T>(message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::of(400).saying(message))
}

/// Keys that are the stand-in's own begin so; any other is unknown here, so that a gateway key
/// sent upstream is refused.
pub const KEY_PREFIX: &str = "sk-up-";

/// Refuses a credential that is not the stand-in's. Under `/keyless/` there must be none.
pub(crate) fn check_credential(ask: &Ask, credential: Option<&str>) -> Result<(), Fault> {
    let keyless = ask.path.contains("/keyless/");
    match credential {
        None if keyless => Ok(()),
        Some(_) if keyless => refuse("this server takes no key, and got one"),
        Some(key) if key.starts_with(KEY_PREFIX) => Ok(()),
        Some(_) => Err(Fault::of(401)),
        None => Err(Fault::of(401).saying("You didn't provide an API key.")),
    }
}
