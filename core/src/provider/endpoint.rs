//! Addresses: from what an operator writes as a base URL to the URL of a request.

use super::{BaseUrl, Row, Style};
use crate::protocol::Wire;

/// What is called at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// The row's wire: `POST …/chat/completions`, `POST …/messages`,
    /// `POST …/models/MODEL:generateContent`.
    Generate,
    /// The same for a stream, where that is another address
    /// (`POST …/models/MODEL:streamGenerateContent`).
    Stream,
    /// `POST …/messages/count_tokens`, `POST …/models/MODEL:countTokens`. Only meaningful on the
    /// wires of Anthropic and Gemini.
    CountTokens,
    /// `GET …/models`. Only meaningful where the row says that it has an
    /// [inventory](Row::inventory).
    Models,
}

/// The parts of a configured provider that its addresses depend on.
#[derive(Debug, Clone, Copy)]
pub struct Instance<'a> {
    /// Its row.
    pub row: &'static Row,
    /// Its base URL, as [`normalize_base_url`] gives it.
    pub base_url: &'a str,
    /// Azure's `api-version`, if one is configured.
    pub api_version: Option<&'a str>,
}

/// Azure's newest version that is not a preview: for deployment URLs without a configured one.
/// (Azure OpenAI reference, "API version lifecycle".)
const AZURE_API_VERSION: &str = "2024-10-21";

impl Instance<'_> {
    /// The URL to call for `model`.
    pub fn url(&self, endpoint: Endpoint, model: &str) -> String {
        let base = self.base_url;
        let path = path(self.row.wire, endpoint);
        match (self.row.style, self.row.wire) {
            (Style::Azure, _) => self.azure_url(path, endpoint, model),
            (Style::Plain, Wire::Gemini) if endpoint != Endpoint::Models => {
                format!("{base}/{}{path}", gemini_resource(model))
            }
            (Style::Plain, _) => format!("{base}{path}"),
        }
    }

    fn azure_url(&self, path: &str, endpoint: Endpoint, model: &str) -> String {
        let base = self.base_url;
        let (resource, rest) = match base.find("/openai") {
            Some(at) => base.split_at(at),
            None => (base, ""),
        };
        let v1_query = match self.api_version {
            Some(version) if !is_dated(version) => format!("?api-version={version}"),
            _ => String::new(),
        };
        let dated = self.api_version.filter(|version| is_dated(version));
        let version = dated.unwrap_or(AZURE_API_VERSION);
        if rest.starts_with("/openai/deployments/") {
            return match endpoint {
                Endpoint::Models => format!("{resource}/openai{path}?api-version={version}"),
                _ => format!("{base}{path}?api-version={version}"),
            };
        }
        if rest.starts_with("/openai/v1") || dated.is_none() {
            return format!("{resource}/openai/v1{path}{v1_query}");
        }
        match endpoint {
            Endpoint::Models => format!("{resource}/openai{path}?api-version={version}"),
            _ => {
                let deployment = encode_segment(model);
                format!("{resource}/openai/deployments/{deployment}{path}?api-version={version}")
            }
        }
    }
}

fn path(wire: Wire, endpoint: Endpoint) -> &'static str {
    match (endpoint, wire) {
        (Endpoint::Models, Wire::Gemini) => "/models?pageSize=1000",
        (Endpoint::Models, _) => "/models",
        (Endpoint::CountTokens, Wire::Gemini) => ":countTokens",
        (Endpoint::CountTokens, _) => "/messages/count_tokens",
        (Endpoint::Generate, Wire::Gemini) => ":generateContent",
        (Endpoint::Stream, Wire::Gemini) => ":streamGenerateContent?alt=sse",
        (Endpoint::Generate | Endpoint::Stream, Wire::Chat) => "/chat/completions",
        (Endpoint::Generate | Endpoint::Stream, Wire::Messages) => "/messages",
    }
}

/// Where a model of Gemini's lies. Names may come with their folder (`tunedModels/mine`,
/// `models/gemini-3-pro`).
fn gemini_resource(model: &str) -> String {
    match model.split_once('/') {
        Some((folder @ ("models" | "tunedModels"), name)) => format!("{folder}/{}", encode_segment(name)),
        _ => format!("models/{}", encode_segment(model)),
    }
}

/// Whether an `api-version` is one of the dated ones, which use deployment URLs. The v1 form knows
/// `preview`, `latest` and `v1` only.
fn is_dated(version: &str) -> bool {
    version.starts_with(|first: char| first.is_ascii_digit())
}

/// A deployment's name as one segment of a path. Azure allows letters, digits, `-`, `_` and `.`;
/// anything else must not be able to leave its segment.
fn encode_segment(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The base URL that an operator wrote, as addresses are built from it: without trailing slashes,
/// without a query, without the endpoint's own path if the whole address was given, and with the
/// row's usual path where there was none (`http://localhost:11434` and `https://api.anthropic.com`
/// get their `/v1`).
///
/// An OpenAI-compatible provider of an unknown kind gets no path: there is none that is usual.
///
/// Gemini's OpenAI-compatible API lies below its own, under `/openai`, where many have it
/// configured: that is taken off, since the provider's own wire is spoken.
pub fn normalize_base_url(row: &Row, written: &str) -> String {
    let url = written.trim();
    let url = url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/');
    let url = url.strip_suffix(path(row.wire, Endpoint::Generate)).unwrap_or(url).trim_end_matches('/');
    let url = match row.wire {
        Wire::Gemini => gemini_root(url),
        Wire::Chat | Wire::Messages => url,
    };
    let bare = url.split_once("://").is_some_and(|(_, rest)| !rest.contains('/'));
    let usual = match row.base_url {
        BaseUrl::Default(example) | BaseUrl::Required(example) if row.name != "openai-compatible" => {
            url_path(example)
        }
        _ => "",
    };
    if bare { format!("{url}{usual}") } else { url.to_owned() }
}

/// The root of Gemini's API in an address of it: without a model and its method, without
/// `/openai`.
fn gemini_root(url: &str) -> &str {
    let url = url.find("/models/").and_then(|at| url.get(..at)).unwrap_or(url);
    url.strip_suffix("/openai").unwrap_or(url)
}

/// The path of an address without a query, empty where it has none.
fn url_path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::{super::find, *};

    fn url(kind: &str, base: &str, version: Option<&str>, endpoint: Endpoint, model: &str) -> String {
        let row = find(kind).unwrap();
        let base_url = normalize_base_url(row, base);
        Instance { row, base_url: &base_url, api_version: version }.url(endpoint, model)
    }

    #[test]
    fn plain_addresses() {
        for (kind, base, expected) in [
            ("openai", "https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
            ("openai", "https://api.openai.com/v1/", "https://api.openai.com/v1/chat/completions"),
            ("openai", " https://eu.api.openai.com ", "https://eu.api.openai.com/v1/chat/completions"),
            ("openai", "http://127.0.0.1:9/v1/chat/completions", "http://127.0.0.1:9/v1/chat/completions"),
            ("groq", "https://api.groq.com", "https://api.groq.com/openai/v1/chat/completions"),
            ("ollama", "http://localhost:11434", "http://localhost:11434/v1/chat/completions"),
            ("vllm", "http://gpu:8000/v1/", "http://gpu:8000/v1/chat/completions"),
            ("deepseek", "https://api.deepseek.com", "https://api.deepseek.com/chat/completions"),
            ("deepseek", "https://api.deepseek.com/beta", "https://api.deepseek.com/beta/chat/completions"),
            ("anthropic", "https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
            ("anthropic", "https://api.anthropic.com/v1", "https://api.anthropic.com/v1/messages"),
            ("anthropic", "https://x.test/v1/messages?beta=true", "https://x.test/v1/messages"),
            ("openai-compatible", "http://host:1", "http://host:1/chat/completions"),
            ("gemini", "https://g.test", "https://g.test/v1beta/models/m%2Fodel:generateContent"),
            ("gemini", "https://g.test/v1beta/", "https://g.test/v1beta/models/m%2Fodel:generateContent"),
            (
                "gemini",
                "https://g.test/v1beta/openai/",
                "https://g.test/v1beta/models/m%2Fodel:generateContent",
            ),
            (
                "gemini",
                "https://g.test/v1/models/gemini-3-pro:generateContent?key=x",
                "https://g.test/v1/models/m%2Fodel:generateContent",
            ),
            (
                "zai",
                "https://api.z.ai/api/coding/paas/v4",
                "https://api.z.ai/api/coding/paas/v4/chat/completions",
            ),
        ] {
            assert_eq!(url(kind, base, None, Endpoint::Generate, "m/odel"), expected, "{kind} {base}");
        }
        assert_eq!(
            url("mistral", "https://api.mistral.ai/v1", None, Endpoint::Models, ""),
            "https://api.mistral.ai/v1/models"
        );
    }

    #[test]
    fn gemini_addresses() {
        let base = "https://g.test/v1beta";
        for (endpoint, model, expected) in [
            (Endpoint::Generate, "gemini-3-pro", "/models/gemini-3-pro:generateContent"),
            (Endpoint::Stream, "gemini-3-pro", "/models/gemini-3-pro:streamGenerateContent?alt=sse"),
            (Endpoint::CountTokens, "gemini-3-pro", "/models/gemini-3-pro:countTokens"),
            (Endpoint::Models, "", "/models?pageSize=1000"),
            (Endpoint::Generate, "models/gemini-3-pro", "/models/gemini-3-pro:generateContent"),
            (Endpoint::Generate, "tunedModels/mine", "/tunedModels/mine:generateContent"),
            (Endpoint::Generate, "../x?y#z/a/b", "/models/..%2Fx%3Fy%23z%2Fa%2Fb:generateContent"),
        ] {
            assert_eq!(url("gemini", base, None, endpoint, model), format!("{base}{expected}"));
        }
        assert_eq!(
            url("vertex", "https://aiplatform.googleapis.com", None, Endpoint::Stream, "gemini-3-pro"),
            "https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse"
        );
    }

    #[test]
    fn accounts_fill_the_blank() {
        let row = find("cloudflare").unwrap();
        let base = row.base_url.for_account(" abc ").unwrap();
        assert_eq!(
            Instance { row, base_url: &base, api_version: None }.url(Endpoint::Generate, "@cf/x"),
            "https://api.cloudflare.com/client/v4/accounts/abc/ai/v1/chat/completions"
        );
        assert_eq!(find("openai").unwrap().base_url.for_account("abc"), None);
    }

    #[test]
    fn azure_addresses() {
        let resource = "https://r.openai.azure.com";
        for (base, version, expected) in [
            // Without a version, and with one that is not a date: the v1 form.
            (resource.to_owned(), None, "/openai/v1/chat/completions"),
            (format!("{resource}/"), None, "/openai/v1/chat/completions"),
            (format!("{resource}/openai"), None, "/openai/v1/chat/completions"),
            (format!("{resource}/openai/v1/"), None, "/openai/v1/chat/completions"),
            (resource.to_owned(), Some("preview"), "/openai/v1/chat/completions?api-version=preview"),
            // The v1 form was asked for by the address: a dated version has no place in it.
            (format!("{resource}/openai/v1"), Some("2024-10-21"), "/openai/v1/chat/completions"),
            // With a dated version: deployment URLs.
            (
                resource.to_owned(),
                Some("2024-10-21"),
                "/openai/deployments/gpt%2F4%20o/chat/completions?api-version=2024-10-21",
            ),
            // One deployment in the address: it serves whatever model is named.
            (
                format!("{resource}/openai/deployments/mine"),
                None,
                "/openai/deployments/mine/chat/completions?api-version=2024-10-21",
            ),
            (
                format!("{resource}/openai/deployments/mine/chat/completions?api-version=2025-01-01-preview"),
                Some("2025-01-01-preview"),
                "/openai/deployments/mine/chat/completions?api-version=2025-01-01-preview",
            ),
        ] {
            let got = url("azure", &base, version, Endpoint::Generate, "gpt/4 o");
            assert_eq!(got, format!("{resource}{expected}"), "{base} {version:?}");
        }
    }
}
