//! The configuration document that is served with, and the secrets that it names.

use crate::process::{Failure, context};
use std::{env, fs};

const KEY: &str = "TOLLBRIDGE_MASTER_KEY";

/// A document, as text: the core is what understands it.
pub(crate) struct Document {
    text: String,
    is_demo: bool,
}

impl Document {
    pub(crate) fn read(path: &str) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| context(&path, error))?;
        Ok(Self { text, is_demo: false })
    }

    /// No provider: the built-in demo models answer.
    pub(crate) fn demo() -> Self {
        Self { text: format!(r#"{{"master_key": {{"secret": "{KEY}"}}}}"#), is_demo: true }
    }

    /// The document in one line. Line breaks in JSON stand between values only.
    pub(crate) fn line(&self) -> String {
        self.text.replace(['\n', '\r'], " ")
    }

    /// The secrets that it names and the environment has.
    pub(crate) fn secrets(&self) -> Vec<(String, String)> {
        let value = |name: String| {
            let local = (self.is_demo && name == KEY).then(|| "local-key".to_owned());
            env::var(&name).ok().or(local).map(|value| (name, value))
        };
        members(&self.text, "secret").into_iter().filter_map(value).collect()
    }

    pub(crate) fn print_key(&self) {
        if self.is_demo && env::var_os(KEY).is_none() {
            println!("The key is local-key; try the model demo/echo.");
        }
    }
}

/// The text values of all members of a name, each once. A scan is enough: such values hold no escapes.
fn members(json: &str, name: &str) -> Vec<String> {
    let quoted = format!("\"{name}\"");
    let mut found = Vec::new();
    for after in json.split(quoted.as_str()).skip(1) {
        let value = after.trim_start().strip_prefix(':').map(str::trim_start);
        if let Some((value, _)) =
            value.and_then(|value| value.strip_prefix('"')).and_then(|value| value.split_once('"'))
            && !found.iter().any(|known| known == value)
        {
            found.push(value.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_wherever_they_stand() {
        let json =
            r#"{"a": {"secret" : "ONE"}, "b": [{"secret":"TWO"}, {"secret": "ONE"}], "secrets": "no"}"#;
        assert_eq!(members(json, "secret"), ["ONE", "TWO"]);
    }
}
