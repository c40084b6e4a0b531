//! What the table says about one provider.

use super::Quirk;
use crate::protocol::{Dialect, Wire};

/// One provider of the table.
#[derive(Debug)]
pub struct Row {
    /// The kind in configuration and the default prefix of model names: `openai`.
    pub name: &'static str,
    /// Other names that [`find`](super::find) knows it by: `kimi` for `moonshot`.
    pub aliases: &'static [&'static str],
    /// The name for people.
    pub title: &'static str,
    /// The prefix of its environment variables: `OPENAI` in `OPENAI_API_KEY`,
    /// `OPENAI_BASE_URL`, `OPENAI_MODELS`.
    pub env: &'static str,
    /// Other prefixes that the field uses for the same provider, in order of preference.
    pub env_aliases: &'static [&'static str],
    /// Whole names of further variables that may hold its key, such as `HF_TOKEN`.
    pub key_variables: &'static [&'static str],
    /// Whole names of further variables that may hold its base URL, such as
    /// `AZURE_OPENAI_ENDPOINT`.
    pub base_url_variables: &'static [&'static str],
    /// Where it is.
    pub base_url: BaseUrl,
    /// How it is told who pays.
    pub auth: Auth,
    /// Further headers that every request to it must have; names in lower case.
    pub headers: &'static [(&'static str, &'static str)],
    /// What it speaks.
    pub wire: Wire,
    /// Whether it may be used without a key. Such a provider counts as configured once its base
    /// URL is given.
    pub keyless: bool,
    /// How its addresses are built from the base URL.
    pub style: Style,
    /// Whether `GET …/models` lists the models that can be called. Without it the models come
    /// from configuration and the catalogue.
    pub inventory: bool,
    /// Whether it counts the tokens of a prompt for its caller.
    pub counts: bool,
    /// When a stream carries usage.
    pub stream_usage: StreamUsage,
    /// What it wants differently in a request.
    pub quirks: &'static [&'static Quirk],
    /// The provider's own page that describes the API.
    pub doc: &'static str,
    /// What a reader of the provider table should know; empty if nothing.
    pub notes: &'static str,
}

/// Where a provider is when nobody says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseUrl {
    /// At this address.
    Default(&'static str),
    /// On the operator's own machine or network, or at an address of their own: it must be given.
    /// The text is an example, and its path is the usual one.
    Required(&'static str),
    /// An address with one blank, `{}`, which is filled from a variable.
    Account {
        /// The address with `{}` in it.
        template: &'static str,
        /// The whole name of the variable.
        variable: &'static str,
    },
    /// Nowhere: the core answers itself.
    BuiltIn,
}

impl BaseUrl {
    /// The address that needs no setting, if there is one.
    pub fn default(self) -> Option<&'static str> {
        match self {
            Self::Default(url) => Some(url),
            Self::Required(_) | Self::Account { .. } | Self::BuiltIn => None,
        }
    }

    /// The address for a value of the variable that fills the blank.
    pub fn for_account(self, account: &str) -> Option<String> {
        match self {
            Self::Account { template, .. } => Some(template.replace("{}", account.trim())),
            Self::Default(_) | Self::Required(_) | Self::BuiltIn => None,
        }
    }

    /// What an address of this provider looks like, for messages and documentation.
    pub fn example(self) -> Option<&'static str> {
        match self {
            Self::Default(url) | Self::Required(url) | Self::Account { template: url, .. } => Some(url),
            Self::BuiltIn => None,
        }
    }
}

/// How a key is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// `authorization: Bearer KEY`
    Bearer,
    /// The key alone in a header of this (lower-case) name.
    Header(&'static str),
    /// No key is ever sent.
    None,
}

/// How an address is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// The base URL and the endpoint's path.
    Plain,
    /// Azure OpenAI: deployment URLs with `api-version`, or the v1 form.
    Azure,
}

/// When a stream of this provider carries usage, and so what the gateway must ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamUsage {
    /// Only when `stream_options.include_usage` is true: it is added where the caller left it out,
    /// and the chunk that holds nothing else is then kept from the caller.
    OnRequest,
    /// Always, in the last chunk: nothing is added, what the caller sent goes through.
    Always,
}

impl Row {
    /// What it takes beyond its wire.
    pub fn dialect(&self) -> Dialect {
        self.quirks.iter().fold(Dialect::PLAIN, |dialect, quirk| dialect.and(quirk.dialect))
    }

    /// The prefixes of its environment variables, the preferred one first.
    pub fn env_prefixes(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.env).chain(self.env_aliases.iter().copied())
    }

    /// The part of a model's name by which it is known everywhere. Providers that resell models put
    /// the maker and folders before it (`openai/gpt-5`, `accounts/fireworks/models/gpt-oss-120b`),
    /// and a fine-tuned one begins with `ft:`.
    pub fn model_stem(model: &str) -> &str {
        let stem = model.rsplit('/').next().unwrap_or(model);
        stem.strip_prefix("ft:").unwrap_or(stem)
    }
}
