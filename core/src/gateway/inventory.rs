//! Providers' own lists of their models, in every shape that they have.

use serde::Deserialize;

/// A page of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// The names that can be asked for.
    pub(super) ids: Vec<String>,
    /// What the next page is asked for with, where there is one.
    pub(super) next: Option<String>,
}

/// OpenAI's and Anthropic's lists have `data`, Gemini's has `models`, some are a bare array.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Inventory {
    Wrapped {
        data: Vec<Entry>,
    },
    Gemini {
        models: Vec<GeminiModel>,
        #[serde(rename = "nextPageToken", default)]
        next: Option<String>,
    },
    Bare(Vec<Entry>),
}

#[derive(Debug, Deserialize)]
struct Entry {
    id: String,
}

/// One entry of Gemini's list ("models.list"), which holds models for embeddings, speech and film
/// beside those that converse.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GeminiModel {
    name: String,
    #[serde(default)]
    supported_generation_methods: Vec<String>,
}

/// Reads one page; `None` where it is no list.
pub(super) fn read_page(body: &[u8]) -> Option<Page> {
    let bare = |entries: Vec<Entry>| Page { ids: entries.into_iter().map(|e| e.id).collect(), next: None };
    Some(match serde_json::from_slice(body).ok()? {
        Inventory::Wrapped { data } => bare(data),
        Inventory::Bare(data) => bare(data),
        Inventory::Gemini { models, next } => {
            let generates = |model: &GeminiModel| {
                model.supported_generation_methods.iter().any(|method| method == "generateContent")
            };
            let name = |model: GeminiModel| match model.name.strip_prefix("models/") {
                Some(name) => name.to_owned(),
                None => model.name,
            };
            let ids = models.into_iter().filter(generates).map(name).collect();
            Page { ids, next: next.filter(|token| !token.is_empty()) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{Page, read_page};

    #[test]
    fn lists_of_every_shape_are_read() {
        let page = |ids: &[&str], next: Option<&str>| {
            Some(Page { ids: ids.iter().map(|id| (*id).to_owned()).collect(), next: next.map(str::to_owned) })
        };
        for (body, expected) in [
            (r#"{"object":"list","data":[{"id":"a"},{"id":"b","owned_by":"x"}]}"#, page(&["a", "b"], None)),
            (r#"[{"id":"a"}]"#, page(&["a"], None)),
            (
                r#"{"models":[
                    {"name":"models/gemini-3-pro","supportedGenerationMethods":["generateContent","countTokens"]},
                    {"name":"models/embedding-001","supportedGenerationMethods":["embedContent"]},
                    {"name":"models/unsaid"},
                    {"name":"tunedModels/mine","supportedGenerationMethods":["generateContent"]}],
                  "nextPageToken":"t"}"#,
                page(&["gemini-3-pro", "tunedModels/mine"], Some("t")),
            ),
            (r#"{"models":[],"nextPageToken":""}"#, page(&[], None)),
            (r#"{"error":"no"}"#, None),
            ("<html>", None),
        ] {
            assert_eq!(read_page(body.as_bytes()), expected, "{body}");
        }
    }
}
