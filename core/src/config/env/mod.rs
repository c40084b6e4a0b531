//! Settings from environment variables, under the names that the field uses.
//!
//! Two sorts of variables are read. A setting of the table has at most one variable of its own
//! (`BODY_SIZE_LIMIT`). A provider has a prefix, and what is behind it says which of its settings
//! is meant, with the name of a further instance in between: `OPENAI_API_KEY`,
//! `OPENAI_API_KEY_2`, `OPENAI_EAST_BASE_URL` (the provider `openai-east`). The longest prefix
//! that fits wins, so that `OPENAI_COMPATIBLE_API_KEY` is no instance of OpenAI. A provider that a
//! configuration file declares under a name of the operator's own has the prefix of that name.
//!
//! An environment is shared with other programs. So a provider that the environment describes
//! only in part is left out with a [`Notice`], not refused, and so is what looks like a slip of
//! the finger; only the gateway's own prefix, `TOLLBRIDGE_`, is held to what exists.
//!
//! This is a function of the variables that it is handed. A secret's value never leaves it: the
//! settings name the variable that holds it. An empty variable is the same as none.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    fields::ROOT,
    shape::{Field, Shape},
};
use crate::nearest::{distance, nearest};

mod providers;
mod spin;
#[cfg(test)]
mod tests;

pub use providers::{prefix_of, variables_of};
pub use spin::spin_name;

/// The prefix of the gateway's own variables.
pub const OWN_PREFIX: &str = "TOLLBRIDGE_";

/// The variables by name.
pub type Variables = BTreeMap<String, String>;

/// One setting that the environment makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its place in the document, key by key.
    pub path: Vec<String>,
    /// What it is set to. For a secret, its name.
    pub value: Value,
    /// The variable that says so; the first, where several do.
    pub variable: String,
}

/// What the operator should be told, without the server refusing to start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Notice {
    /// The environment describes a provider only in part.
    #[error("{variable} is set, but the provider {provider} is not used: set {missing} as well")]
    Incomplete {
        /// A variable that is there.
        variable: String,
        /// The provider.
        provider: String,
        /// The variable that is not.
        missing: String,
    },
    /// Two variables say the same thing.
    #[error("{variable} is not read, because {instead} is set")]
    Shadowed {
        /// The variable that lost.
        variable: String,
        /// The one that won.
        instead: String,
    },
    /// Nearly a setting's name.
    #[error("{variable} is not read; did you mean {meant}?")]
    NearMiss {
        /// The variable.
        variable: String,
        /// The setting's.
        meant: String,
    },
}

/// What a configuration file says already.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// The providers it declares.
    pub providers: BTreeSet<String>,
    /// The variables it refers to. They are used where it says, and make no provider of their own.
    pub used: BTreeSet<String>,
}

/// Reads the settings of the document from the variables.
pub fn read(variables: &Variables, declared: &Declared) -> (Vec<Setting>, Vec<Notice>) {
    let mut settings = table(variables, ROOT);
    let (mut of_providers, mut notices) = providers::read(variables, declared);
    settings.append(&mut of_providers);
    notices.extend(near_misses(variables, &own_variables(ROOT)));
    (settings, notices)
}

/// Reads the settings of a table that have a variable of their own.
pub fn table(variables: &Variables, fields: &'static [Field]) -> Vec<Setting> {
    own_variables(fields)
        .into_iter()
        .filter_map(|OwnVariable { path, field, variable }| {
            let text = set(variables, variable)?;
            let path = path.into_iter().map(str::to_owned).collect();
            Some(Setting { path, value: value(&field.shape, variable, text), variable: variable.to_owned() })
        })
        .collect()
}

/// A setting that has a variable of its own.
#[derive(Debug, Clone)]
pub struct OwnVariable {
    /// Its place, key by key.
    pub path: Vec<&'static str>,
    /// The setting.
    pub field: &'static Field,
    /// The variable.
    pub variable: &'static str,
}

/// The settings of a table that have a variable of their own.
pub fn own_variables(fields: &'static [Field]) -> Vec<OwnVariable> {
    let mut found = Vec::new();
    for field in fields {
        if let Some(variable) = field.env {
            found.push(OwnVariable { path: vec![field.name], field, variable });
        }
        if let Shape::Object(inner) = field.shape {
            found.extend(own_variables(inner).into_iter().map(|mut own| {
                own.path.insert(0, field.name);
                own
            }));
        }
    }
    found
}

/// The variables with the gateway's own prefix that mean nothing, each with the one that was
/// probably meant. `others` are those that a target reads beside the document's.
pub fn unknown_own(variables: &Variables, others: &[&'static str]) -> Vec<(String, Option<&'static str>)> {
    let own = own_variables(ROOT).into_iter().map(|own| own.variable);
    let known: Vec<&'static str> = own.chain(others.iter().copied()).collect();
    let bare = |name: &'static str| name.strip_prefix(OWN_PREFIX).unwrap_or(name);
    let meant = |rest: &str| {
        let near = nearest(rest, known.iter().copied().map(bare))?;
        known.iter().copied().find(|name| bare(name) == near)
    };
    variables
        .iter()
        .filter(|(name, value)| !known.contains(&name.as_str()) && !is_from_kubernetes(name, value))
        .filter_map(|(name, _)| Some((name.clone(), meant(name.strip_prefix(OWN_PREFIX)?))))
        .collect()
}

/// Kubernetes tells every pod of every service, so that a service called `tollbridge` makes
/// `TOLLBRIDGE_PORT=tcp://10.0.0.1:8080` and others with the same prefix. (Kubernetes
/// documentation, "Service: environment variables".)
fn is_from_kubernetes(name: &str, value: &str) -> bool {
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.split_once("_PORT_").is_some_and(|(_, rest)| rest.contains("_TCP") || rest.contains("_UDP"))
        || (name.ends_with("_PORT") && value.contains("://"))
}

/// Variables that are one slip away from one of these.
fn near_misses(variables: &Variables, known: &[OwnVariable]) -> Vec<Notice> {
    let is_known = |name: &str| known.iter().any(|own| own.variable == name);
    let missed = |name: &String| {
        // Short names are one slip away from everything.
        let near = known.iter().find(|own| own.variable.len() > 8 && distance(own.variable, name) == 1)?;
        Some(Notice::NearMiss { variable: name.clone(), meant: near.variable.to_owned() })
    };
    let others = variables.keys().filter(|name| !is_known(name) && !name.starts_with(OWN_PREFIX));
    others.filter_map(missed).collect()
}

/// The value of a variable, if it has one.
fn set<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
    variables.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// A variable's text as the JSON that its setting wants.
fn value(shape: &Shape, variable: &str, text: &str) -> Value {
    match shape {
        Shape::Secret => json!({ "secret": variable }),
        Shape::Flag => match text {
            "true" | "1" | "yes" | "on" => Value::Bool(true),
            "false" | "0" | "no" | "off" => Value::Bool(false),
            other => Value::String(other.to_owned()),
        },
        Shape::List(_) => text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect(),
        _ => Value::String(text.to_owned()),
    }
}
