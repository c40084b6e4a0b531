//! The one JSON document that the core reads, as it is written: names not yet looked up, defaults
//! not yet filled in.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use super::{ConfigError, Path, Problem, check::check, fields, json};

/// What an operator wrote. The settings' meanings stand in the table of
/// [`fields`](super::fields::ROOT).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the table of fields says what each means")]
pub struct Document {
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_key: Option<SecretName>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub keys: Vec<KeyEntry>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    pub providers: BTreeMap<String, ProviderEntry>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    pub aliases: BTreeMap<String, AliasEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<Value>,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "or_default")]
    pub timeouts: TimeoutsEntry,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "or_default")]
    pub retry: RetryEntry,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "or_default")]
    pub limits: LimitsEntry,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_size_limit: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors: Option<CorsEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_unsupported: Option<String>,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "or_default")]
    pub fetch_media: FetchMediaEntry,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_reasoning: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_timeout: Option<Text>,
}

/// One account at one provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the table of fields says what each means")]
pub struct ProviderEntry {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "or_default")]
    pub api_key: OneOrMany<SecretName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub models: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
}

/// One gateway key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the table of fields says what each means")]
pub struct KeyEntry {
    pub name: String,
    pub digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    pub labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub models: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rpm: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_streams: Option<Text>,
}

/// What an alias stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the table of fields says what each means")]
pub enum AliasEntry {
    /// As a model, or a list of them.
    Short(OneOrMany<String>),
    /// Written out.
    Long { targets: Vec<String> },
}

/// How long a provider may take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the table of fields says what each means")]
pub struct TimeoutsEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_byte: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whole: Option<Text>,
}

/// How a failed request is sent again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the table of fields says what each means")]
pub struct RetryEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_retries: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_backoff: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_backoff: Option<Text>,
}

/// How the keys' limits are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the table of fields says what each means")]
pub struct LimitsEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_store_failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_timeout: Option<Text>,
}

/// What may be fetched for callers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the table of fields says what each means")]
pub struct FetchMediaEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_size: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_count: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Text>,
}

/// Who may call from a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the table of fields says what each means")]
pub struct CorsEntry {
    pub origins: Vec<String>,
}

/// The name under which the platform keeps a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretName {
    /// The name of an environment variable or platform secret.
    pub secret: String,
}

/// One, or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOrMany<T>(pub Vec<T>);

/// A text, which may be written as a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text(pub String);

impl Document {
    /// Reads a document, or says everything that is wrong with it.
    pub fn from_json(text: &[u8]) -> Result<Self, Vec<ConfigError>> {
        let value = json::read(text).map_err(|error| vec![at_root(Problem::NotJson(error.to_string()))])?;
        Self::from_value(value)
    }

    /// The same of a document that is in memory already.
    pub fn from_value(value: Value) -> Result<Self, Vec<ConfigError>> {
        let errors = check(&value, fields::ROOT);
        if !errors.is_empty() {
            return Err(errors);
        }
        if value.is_null() {
            return Ok(Self::default());
        }
        // What has passed the check can be read; the tests hold the two against each other.
        serde_json::from_value(value).map_err(|error| vec![at_root(Problem::NotJson(error.to_string()))])
    }

    /// Writes the document, the same for equal documents, with a newline at its end.
    pub fn to_json(&self) -> String {
        // Only a map with keys that are no strings could fail, and there is none.
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }

    /// The names of the secrets that the platform must hold, each once.
    pub fn secret_names(&self) -> Vec<&str> {
        let keys = self.providers.values().flat_map(|provider| &provider.api_key.0);
        let mut names: Vec<&str> =
            self.master_key.iter().chain(keys).map(|name| name.secret.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl AliasEntry {
    /// The models it stands for.
    pub fn targets(&self) -> &[String] {
        match self {
            Self::Short(OneOrMany(targets)) | Self::Long { targets } => targets,
        }
    }
}

fn at_root(problem: Problem) -> ConfigError {
    ConfigError { path: Path::root(), problem }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A `null` is the same as nothing.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(to),
            many => many.serialize(to),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either<T> {
            Many(Vec<T>),
            One(T),
        }
        Ok(match Either::deserialize(from)? {
            Either::Many(many) => Self(many),
            Either::One(one) => Self(vec![one]),
        })
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            _ => Err(de::Error::custom("expected a text or a number")),
        }
    }
}
