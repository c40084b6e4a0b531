//! Configuration: from one JSON document to the policy that requests run under.
//!
//! The core reads one document, the same on every target, with a published JSON Schema. It comes
//! in three steps, each a pure function:
//!
//! 1. [`check()`] holds the JSON against the table of [`fields`] and lists everything that is wrong,
//!    each with its place; unknown settings are refused with the nearest known name.
//! 2. [`Document`] is the same in types. It names secrets and never holds one: it can be printed,
//!    stored and reviewed.
//! 3. [`Document::resolve`] asks the platform for the secrets, looks up each provider's row, fills
//!    in the defaults, and gives the [`Policy`] that the gateway reads.
//!
//! [`env`] is the other way in: it turns environment variables, under the names that the field
//! uses, into settings of the document. A target hands it the variables; nothing here reads them.
//!
//! What is refused: settings that do not exist, secrets written out, gateway keys in any form but
//! their SHA-256, aliases of aliases, and addresses with credentials in them.

mod check;
mod document;
pub mod env;
mod error;
pub mod fields;
mod json;
mod json_schema;
mod path;
mod pattern;
mod policy;
mod reach;
mod resolve;
mod secret;
mod shape;
#[cfg(test)]
mod tests;
pub mod value;

pub use check::{check, is_secret_name};
pub use document::{
    AliasEntry, CorsEntry, Document, FetchMediaEntry, KeyEntry, LimitsEntry, OneOrMany, ProviderEntry,
    RetryEntry, SecretName, Text, TimeoutsEntry,
};
pub use error::{ConfigError, Problem};
pub use json_schema::json_schema;
pub use path::Path;
pub use pattern::{ModelPattern, NotAPattern};
pub use policy::{
    Alias, BODY_SIZE_LIMIT, Cors, FetchMedia, KEEP_ALIVE, Key, Limits, LogFormat, OnStoreFailure, Policy,
    Provider, Retry, Timeouts, TooOpen,
};
pub use resolve::row_of;

pub use secret::Secret;
pub use shape::{Field, Scalar, Shape};
