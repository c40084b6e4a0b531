//! What can be wrong with a document.

use super::Path;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct ConfigError {
    /// The place in the document.
    pub path: Path,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong in one place. No variant holds a secret's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The text is no JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// A key that is no setting.
    #[error("unknown setting `{name}`{}", meant(nearest.as_deref()))]
    Unknown {
        /// The key.
        name: String,
        /// The setting that was probably meant.
        nearest: Option<String>,
    },
    /// A value of the wrong kind, or out of its range.
    #[error("expected {expected}{}", but(found.as_deref()))]
    Wrong {
        /// What may stand here.
        expected: &'static str,
        /// What does, where it may be repeated.
        found: Option<String>,
    },
    /// A setting that must be made.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A secret's value where its name belongs.
    #[error(
        "a secret is not written here: put its name, as in {{\"secret\": \"NAME\"}}, and set the \
         environment variable or platform secret of that name"
    )]
    WrittenSecret,
    /// A secret that the platform does not have.
    #[error("the secret {0} is not set: set the environment variable or platform secret of that name")]
    SecretUnset(String),
    /// A secret that no header can carry.
    #[error("the secret {0} holds a line break or another character that no HTTP header can carry")]
    SecretUnusable(String),
    /// No provider of that kind.
    #[error(
        "unknown kind of provider `{kind}` (any other that speaks OpenAI's API is an \
         `openai-compatible`){}",
        meant(*nearest)
    )]
    UnknownKind {
        /// What was asked for.
        kind: String,
        /// The kind that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A name that is no kind of provider, and no `type` beside it.
    #[error("`type` is missing: write the kind of provider, such as `openai-compatible`")]
    NoKind,
    /// A provider without an address.
    #[error("`base_url` is missing: write the provider's address, such as {0}")]
    NoBaseUrl(&'static str),
    /// A provider that needs a key and has none.
    #[error("`api_key` is missing: name the secret that holds the provider's key")]
    NoKey,
    /// A model whose provider is not configured.
    #[error("`{model}` is a model of {provider}, which is not configured{}", meant(nearest.as_deref()))]
    UnknownProvider {
        /// The model.
        model: String,
        /// What stands before its first slash.
        provider: String,
        /// A configured one that was probably meant.
        nearest: Option<String>,
    },
    /// An alias of an alias.
    #[error("`{0}` is an alias itself: write the models that it stands for")]
    AliasOfAlias(String),
    /// An alias or a list of origins without any.
    #[error("the list is empty: write at least one")]
    Empty,
    /// Two keys of one name or of one digest.
    #[error("another key has the same {0}")]
    Twice(&'static str),
    /// A catalogue that says something impossible.
    #[error("{0}")]
    Catalogue(String),
    /// `*` beside other origins.
    #[error("`*` allows every origin: write it alone")]
    StarBesideOthers,
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

fn but(found: Option<&str>) -> String {
    found.map(|found| format!(", found {found}")).unwrap_or_default()
}
