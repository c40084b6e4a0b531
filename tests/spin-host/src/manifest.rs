//! The parts of a `spin.toml` (manifest version 2) that one HTTP component needs.
//!
//! Unknown fields are passed over: the manifest is written for Spin, which checks it.

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// A manifest with one component.
#[derive(Debug, Deserialize)]
pub(crate) struct Manifest {
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    component: BTreeMap<String, Component>,
}

#[derive(Debug, Deserialize)]
struct Variable {
    default: Option<String>,
    #[serde(default)]
    required: bool,
}

/// The `[component.NAME]` table.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Component {
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    pub(crate) key_value_stores: Vec<String>,
    #[serde(default)]
    pub(crate) sqlite_databases: Vec<String>,
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
}

impl Manifest {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context("the manifest is not a spin.toml of version 2")
    }

    /// The one component, its templates filled in from the application's variables.
    pub(crate) fn resolve(&self, given: &[(String, String)]) -> Result<Component> {
        let values = self.values(given)?;
        let mut components = self.component.values();
        let (Some(component), None) = (components.next(), components.next()) else {
            bail!("the manifest must have exactly one component");
        };
        let mut component = component.clone();
        for host in &mut component.allowed_outbound_hosts {
            *host = expand(host, &values)?;
        }
        for value in component.variables.values_mut() {
            *value = expand(value, &values)?;
        }
        Ok(component)
    }

    /// The application's variables: what was given, else the default. Spin refuses undeclared names and
    /// required ones without a value.
    fn values(&self, given: &[(String, String)]) -> Result<HashMap<&str, String>> {
        let mut values = HashMap::new();
        for (name, variable) in &self.variables {
            check_name(name)?;
            match &variable.default {
                Some(default) => values.insert(name.as_str(), default.clone()),
                None if variable.required => None,
                None => bail!("variable {name} needs `default` or `required = true`"),
            };
        }
        for (name, value) in given {
            let Some((name, _)) = self.variables.get_key_value(name) else {
                bail!("variable {name} is not declared in [variables]");
            };
            values.insert(name, value.clone());
        }
        match self.variables.keys().find(|name| !values.contains_key(name.as_str())) {
            Some(name) => bail!("variable {name} is required and was not given"),
            None => Ok(values),
        }
    }
}

/// Spin's manifests have names of small letters, in words that each begin with one.
fn check_name(name: &str) -> Result<()> {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit())
    };
    ensure!(
        name.split('_').all(is_word),
        "{name:?} is no name of a variable: each word begins with a letter"
    );
    Ok(())
}

/// Replaces each `{{ name }}`.
fn expand(template: &str, values: &HashMap<&str, String>) -> Result<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) =
            after.split_once("}}").with_context(|| format!("unclosed {{{{ in {template:?}"))?;
        let value = values
            .get(name.trim())
            .with_context(|| format!("{template:?} names an undeclared variable {:?}", name.trim()))?;
        out.push_str(before);
        out.push_str(value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "a"
        [variables]
        key = { required = true, secret = true }
        host = { default = "https://api.example.com" }
        [[trigger.http]]
        route = "/..."
        component = "gateway"
        [component.gateway]
        source = "gateway.wasm"
        allowed_outbound_hosts = ["{{ host }}", "https://*.example.org:443"]
        key_value_stores = ["default"]
        [component.gateway.variables]
        auth = "Bearer {{ key }}!"
    "#;

    fn resolve(given: &[(&str, &str)]) -> Result<Component> {
        let given: Vec<_> = given.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Manifest::parse(MANIFEST)?.resolve(&given)
    }

    #[test]
    fn templates_take_given_values_and_defaults() {
        let component = resolve(&[("key", "k")]).unwrap();
        assert_eq!(component.variables["auth"], "Bearer k!");
        assert_eq!(
            component.allowed_outbound_hosts,
            ["https://api.example.com", "https://*.example.org:443"]
        );
        assert_eq!(component.key_value_stores, ["default"]);
    }

    #[test]
    fn names_are_words_that_begin_with_letters() {
        for name in ["api_key", "api_key2", "a1b_c"] {
            check_name(name).unwrap();
        }
        for name in ["api_key_2", "Api", "a__b", "a_", "_a", "a-b", ""] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_required_variable_must_be_given_and_an_undeclared_one_must_not() {
        let message = |given: &[(&str, &str)]| resolve(given).unwrap_err().to_string();
        assert!(message(&[]).contains("key is required"), "{}", message(&[]));
        assert!(message(&[("key", "k"), ("kee", "k")]).contains("kee is not declared"));
    }
}
