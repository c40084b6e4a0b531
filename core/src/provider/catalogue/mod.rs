//! The catalogue: what is known about models.
//!
//! Static tables, one file per maker, small enough for wasm: the limits of a model, the
//! parameters that it refuses, how it reasons, when it is retired. Translation reads it to send
//! what a model accepts, the quirks read it for bodies that are relayed, routing reads it to find
//! the provider of a bare model name. Prices are to come.
//!
//! The same shape is read from JSON, so that an operator can put a newer catalogue beside the
//! configuration without waiting for a release:
//!
//! ```json
//! {"models": [{"id": "claude-opus-5", "provider": "anthropic", "context": 1000000,
//!   "max_output": 128000, "refuses": ["temperature", "top_p", "top_k"],
//!   "reasoning": {"control": "effort", "efforts": ["low", "high"], "default": "high"},
//!   "retires": "2027-08-01"}]}
//! ```
//!
//! A model that is not here is not refused anywhere: an absent fact means that the provider
//! decides. The facts were taken from the makers' own model pages and, where those are silent,
//! from what their APIs answered, in November 2026.

mod anthropic;
mod google;
mod openai;
mod others;

use std::borrow::Cow;

use serde::Deserialize;

use super::Row;
pub use crate::model::{BadDate, Control, Date, Effort, Efforts, Model, Param, Params, Reasoning};

/// The built-in tables, each sorted by id.
static BUILT_IN: &[&[Model]] = &[openai::MODELS, anthropic::MODELS, google::MODELS, others::MODELS];

/// What the built-in tables know about a model, whatever prefix a reseller puts before its name.
pub fn find(model: &str) -> Option<&'static Model> {
    best(BUILT_IN.iter().copied(), model)
}

/// Models and what is known about them.
#[derive(Debug, Clone)]
pub struct Catalogue {
    tables: Vec<Cow<'static, [Model]>>,
}

/// Why a catalogue could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It is not JSON of the right shape.
    #[error("the catalogue cannot be read: {0}")]
    Shape(#[from] serde_json::Error),
    /// It says two things about one model.
    #[error("the catalogue names {0:?} twice: remove one of the two")]
    Twice(String),
    /// A model without a name.
    #[error("the catalogue has a model with an empty id")]
    Nameless,
}

impl Catalogue {
    /// What ships with the gateway.
    pub fn builtin() -> Self {
        Self { tables: BUILT_IN.iter().map(|table| Cow::Borrowed(*table)).collect() }
    }

    /// One from a file, in place of what ships.
    pub fn from_json(json: &[u8]) -> Result<Self, CatalogueError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            models: Vec<Model>,
        }
        let File { mut models } = serde_json::from_slice(json)?;
        models.sort_by(|a, b| a.id.cmp(&b.id));
        if models.first().is_some_and(|model| model.id.is_empty()) {
            return Err(CatalogueError::Nameless);
        }
        if let Some([first, _]) = models.array_windows().find(|[a, b]| a.id == b.id) {
            return Err(CatalogueError::Twice(first.id.clone().into_owned()));
        }
        Ok(Self { tables: vec![Cow::Owned(models)] })
    }

    /// What is known about a model, by the longest name that fits, whatever prefix a reseller puts
    /// before it.
    pub fn find(&self, model: &str) -> Option<&Model> {
        best(self.tables.iter().map(AsRef::as_ref), model)
    }

    /// All models.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.tables.iter().flat_map(|table| table.iter())
    }
}

fn best<'a>(tables: impl Iterator<Item = &'a [Model]>, model: &str) -> Option<&'a Model> {
    let stem = Row::model_stem(model);
    tables.filter_map(|table| longest(table, stem)).max_by_key(|found| found.id.len())
}

/// The entry of a sorted table with the longest id that stands for `name`.
///
/// Every id that `name` begins with sorts at or before `name`, and between the two only ids that
/// share a shorter beginning with it: so each miss shortens the key to what the two have in
/// common, and the search goes on from there.
fn longest<'a>(table: &'a [Model], name: &str) -> Option<&'a Model> {
    let mut key = name;
    while !key.is_empty() {
        let after = table.partition_point(|model| &*model.id <= key);
        let candidate = after.checked_sub(1).and_then(|at| table.get(at))?;
        if key.starts_with(&*candidate.id) && ends_well(name, candidate.id.len()) {
            return Some(candidate);
        }
        let common = common_prefix(key, &candidate.id);
        // An id that fits but ends in the middle of a word has the whole of itself in common.
        let shorter = common.min(candidate.id.len().saturating_sub(1));
        key = key.get(..floor_char_boundary(key, shorter)).unwrap_or("");
    }
    None
}

/// Whether an id of this length, which `name` begins with, ends where a word of `name` does.
fn ends_well(name: &str, len: usize) -> bool {
    let open_ended = name.as_bytes().get(len.wrapping_sub(1)).is_some_and(|last| b"-.".contains(last));
    open_ended || name.as_bytes().get(len).is_none_or(|next| b"-:@_".contains(next))
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
