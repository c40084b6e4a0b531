//! A catalogue of the operator's own, over the built-in one.
//!
//! ```json
//! {"models": [
//!   {"id": "claude-opus-6", "provider": "anthropic", "context": 1000000, "max_output": 128000,
//!    "refuses": ["temperature", "top_p", "top_k"],
//!    "reasoning": {"control": "effort", "efforts": ["low", "high"], "default": "high"},
//!    "retires": "2028-08-01"},
//!   {"id": "gpt-5.1", "max_output": 64000}
//! ]}
//! ```
//!
//! What an entry leaves out is as the built-in entry of the same id has it; an id that is not built
//! in must name its provider. `"mode": "replace"` begins from nothing. Unknown members and words
//! are refused, and so is an id that stands twice.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Catalogue, Date, Model, Params, Reasoning};
use crate::{
    nearest::nearest,
    provider::{ROWS, find},
};

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
    /// A new model that nobody makes.
    #[error("the model {0:?} of the catalogue is not built in: add its `provider`")]
    NoProvider(String),
    /// A provider that is none.
    #[error("the model {model:?} of the catalogue has an unknown provider {provider:?}{}", meant(*nearest))]
    UnknownProvider {
        /// The model.
        model: String,
        /// What is written there.
        provider: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    mode: Mode,
    models: Vec<Entry>,
}

/// What becomes of the built-in entries.
#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// They hold where the file says nothing else.
    #[default]
    Merge,
    /// They are forgotten.
    Replace,
}

/// What is said of one model.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    provider: Option<String>,
    #[serde(default, deserialize_with = "tokens")]
    context: Option<u32>,
    #[serde(default, deserialize_with = "tokens")]
    max_output: Option<u32>,
    refuses: Option<Params>,
    refuses_while_reasoning: Option<Params>,
    reasoning: Option<Reasoning>,
    retires: Option<Date>,
}

/// A number, which may be written as text, as in every setting.
fn tokens<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    let value = Value::deserialize(from)?;
    let number = match &value {
        Value::Null => return Ok(None),
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|number| u32::try_from(number).ok()),
    };
    number.map(Some).ok_or_else(|| serde::de::Error::custom(format!("{value} is not a number of tokens")))
}

impl Entry {
    /// The model, with what `known` says where this says nothing.
    fn over(self, known: Option<&Model>) -> Result<Model, CatalogueError> {
        let provider = match (self.provider, known) {
            (Some(provider), _) => match find(&provider) {
                Some(row) => Cow::Borrowed(row.name),
                None => {
                    let nearest = nearest(&provider, ROWS.iter().map(|row| row.name));
                    return Err(CatalogueError::UnknownProvider { model: self.id, provider, nearest });
                }
            },
            (None, Some(known)) => known.provider.clone(),
            (None, None) => return Err(CatalogueError::NoProvider(self.id)),
        };
        Ok(Model {
            id: Cow::Owned(self.id),
            provider,
            context: self.context.or(known.and_then(|known| known.context)),
            max_output: self.max_output.or(known.and_then(|known| known.max_output)),
            refuses: self.refuses.or(known.map(|known| known.refuses)).unwrap_or_default(),
            refuses_while_reasoning: self
                .refuses_while_reasoning
                .or(known.map(|known| known.refuses_while_reasoning))
                .unwrap_or_default(),
            reasoning: self.reasoning.or(known.map(|known| known.reasoning)).unwrap_or_default(),
            retires: self.retires.or(known.and_then(|known| known.retires)),
        })
    }
}

impl Catalogue {
    /// One of the operator's own, over or in place of the built-in one.
    pub fn from_json(json: Value) -> Result<Self, CatalogueError> {
        let File { mode, models } = serde_json::from_value(json)?;
        let mut catalogue = match mode {
            Mode::Merge => Self::builtin(),
            Mode::Replace => Self { tables: Vec::new() },
        };
        let mut table = Vec::with_capacity(models.len());
        for entry in models {
            let known = catalogue.entry(&entry.id);
            table.push(entry.over(known)?);
        }
        table.sort_by(|a, b| a.id.cmp(&b.id));
        if table.first().is_some_and(|model| model.id.is_empty()) {
            return Err(CatalogueError::Nameless);
        }
        if let Some([first, _]) = table.array_windows().find(|[a, b]| a.id == b.id) {
            return Err(CatalogueError::Twice(first.id.clone().into_owned()));
        }
        catalogue.tables.push(Cow::Owned(table));
        Ok(catalogue)
    }
}
