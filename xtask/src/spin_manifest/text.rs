//! The text of a `spin.toml`: the same for equal needs, so that it can be reviewed as a diff.

use crate::process::{Failure, Outcome};

/// What the gateway needs of its platform.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// The application's name.
    pub(crate) name: String,
    /// The component, as the manifest's folder sees it.
    pub(crate) source: String,
    /// The configuration document. Without one, the gateway is configured by single variables.
    pub(crate) document: Option<String>,
    /// In any order.
    pub(crate) secrets: Vec<Secret>,
    /// The addresses that may be connected to: scheme, host and port.
    pub(crate) hosts: Vec<String>,
    /// Which stores there are.
    pub(crate) stores: Stores,
}

/// A secret that the configuration names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Secret {
    pub(crate) name: String,
    /// What it is called in Spin.
    pub(crate) variable: String,
}

/// The stores of an application, each labelled `default`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stores {
    pub(crate) key_value: bool,
    pub(crate) sqlite: bool,
}

impl Stores {
    pub(crate) const ALL: Self = Self { key_value: true, sqlite: true };
}

/// The variable that holds the document.
const DOCUMENT: &str = "tollbridge_config";

impl Needs {
    /// The manifest, unless Spin could not tell or would not take its variables.
    pub(crate) fn manifest(&self) -> Result<String, Failure> {
        self.check_names()?;
        let Self { name, source, .. } = self;
        let variables = self.variables();
        let declared: String = variables.iter().map(|name| self.declared(name)).collect();
        let granted: String =
            variables.iter().map(|name| format!("{name} = \"{{{{ {name} }}}}\"\n")).collect();
        let mut hosts: Vec<String> =
            self.hosts.iter().map(|host| format!("    {},\n", quoted(host))).collect();
        hosts.sort();
        hosts.dedup();
        let hosts = hosts.concat();
        let build = if self.stores.sqlite { "spin" } else { "spin-hosted" };
        let stores = [("key_value_stores", self.stores.key_value), ("sqlite_databases", self.stores.sqlite)];
        let stores: String = stores
            .iter()
            .filter(|(_, is)| *is)
            .map(|(table, _)| format!("{table} = [\"default\"]\n"))
            .collect();
        Ok(format!(
            r#"# Written by `cargo xtask spin-manifest`: to change it, change the configuration and run that again.
spin_manifest_version = 2

[application]
name = {name}
version = "{version}"
description = "The Tollbridge AI gateway"

# Values come from SPIN_VARIABLE_TOLLBRIDGE_MASTER_KEY and so on, or from a provider of variables. Spin shows a
# component no others than these.
[variables]
{declared}
[[trigger.http]]
route = "/..."
component = "gateway"

[component.gateway]
source = {source}
allowed_outbound_hosts = [
{hosts}]
{stores}
[component.gateway.variables]
{granted}
[component.gateway.build]
command = "cargo xtask build {build}"
"#,
            name = quoted(name),
            version = env!("CARGO_PKG_VERSION"),
            source = quoted(source),
        ))
    }

    fn check_names(&self) -> Outcome {
        for (index, Secret { name, variable }) in self.secrets.iter().enumerate() {
            if !variable.starts_with(|first: char| first.is_ascii_lowercase()) {
                return Err(Failure::new(format!("Spin wants a letter first in the secret's name {name}")));
            }
            let others = self.secrets.iter().take(index);
            let same = others.into_iter().find(|other| other.variable == *variable && other.name != *name);
            if let Some(other) = same {
                let names = format!("{} and {name}", other.name);
                return Err(Failure::new(format!(
                    "the secrets {names} are both {variable} in Spin: rename one"
                )));
            }
        }
        Ok(())
    }

    /// The names as Spin wants them, each once, in order, the document's first.
    fn variables(&self) -> Vec<String> {
        let mut names: Vec<String> = self.secrets.iter().map(|secret| secret.variable.clone()).collect();
        names.sort();
        names.dedup();
        names.retain(|name| name != DOCUMENT);
        names.insert(0, DOCUMENT.to_owned());
        names
    }

    /// A variable's line. One that is not given is empty, which the gateway reads as not set, and says so.
    fn declared(&self, name: &str) -> String {
        if name == DOCUMENT {
            return format!(
                "{name} = {{ default = {} }}\n",
                quoted(self.document.as_deref().unwrap_or_default())
            );
        }
        format!("{name} = {{ default = \"\", secret = true }}\n")
    }
}

/// A string of TOML's, in one line.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for sign in text.trim().chars() {
        match sign {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            // Line breaks in JSON stand between values only.
            '\n' | '\r' | '\t' => out.push(' '),
            sign if sign.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(sign))),
            sign => out.push(sign),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(name: &str) -> Secret {
        Secret { name: name.into(), variable: name.to_ascii_lowercase() }
    }

    fn needs() -> Needs {
        Needs {
            name: "acme".into(),
            source: "gateway.wasm".into(),
            document: Some("{\"master_key\":\n {\"secret\": \"TOLLBRIDGE_MASTER_KEY\"}}\n".into()),
            secrets: ["TOLLBRIDGE_MASTER_KEY", "B_KEY", "A_KEY", "B_KEY"].map(secret).into(),
            hosts: vec![
                "https://b.example".into(),
                "http://a.example:8000".into(),
                "https://b.example".into(),
            ],
            stores: Stores::ALL,
        }
    }

    #[test]
    fn everything_is_declared_and_granted_once_whatever_the_order() {
        let manifest = needs().manifest().unwrap();
        for name in ["tollbridge_config", "tollbridge_master_key", "a_key", "b_key"] {
            assert_eq!(manifest.matches(&format!("\n{name} = ")).count(), 2, "{name}\n{manifest}");
            assert!(manifest.contains(&format!("\n{name} = \"{{{{ {name} }}}}\"\n")), "{manifest}");
        }
        assert!(
            manifest.contains("[\n    \"http://a.example:8000\",\n    \"https://b.example\",\n]\n"),
            "{manifest}"
        );
        let mut other = needs();
        other.secrets.reverse();
        other.hosts.reverse();
        assert_eq!(other.manifest().unwrap(), manifest);
    }

    #[test]
    fn the_document_stands_in_one_line_and_no_secret_has_a_value() {
        let manifest = needs().manifest().unwrap();
        let line = r#"tollbridge_config = { default = "{\"master_key\":  {\"secret\": \"TOLLBRIDGE_MASTER_KEY\"}}" }"#;
        assert!(manifest.contains(line), "{manifest}");
        assert!(manifest.contains("\na_key = { default = \"\", secret = true }\n"), "{manifest}");
    }

    #[test]
    fn names_that_spin_would_confuse_or_refuse_are_refused() {
        for (name, variable, word) in [("A-KEY", "a_key", "rename one"), ("2ND", "2nd", "a letter first")] {
            let mut needs = needs();
            needs.secrets.push(Secret { name: name.into(), variable: variable.into() });
            let refused = needs.manifest().unwrap_err().to_string();
            assert!(refused.contains(word) && refused.contains(name), "{refused}");
        }
    }

    #[test]
    fn stores_that_are_not_there_are_not_asked_for() {
        let stores = Stores { key_value: true, sqlite: false };
        let manifest = Needs { stores, ..needs() }.manifest().unwrap();
        assert!(manifest.contains("key_value_stores") && !manifest.contains("sqlite"), "{manifest}");
    }
}
