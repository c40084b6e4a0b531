//! The little language in which a request says what answer it wants.
//!
//! A script is words joined by dots: the scenario's name first, then settings. A setting is
//! `key-value`, or a bare `key`: `error.status-429.retry-1`, `ok.n-20.gap-5.enc-gzip`. It fits
//! into a model name and into a path segment, and needs no escaping in either. Values hold no
//! dots.
//!
//! A model name is a script as a whole, or after a `~`: `gpt-5-mini~ok.n-3` is for a gateway
//! that treats some model names in a special way.

/// A parsed script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    name: String,
    settings: Vec<(String, String)>,
}

impl Script {
    /// Reads a script; any text is one, its first word the scenario.
    pub fn parse(text: &str) -> Script {
        let mut words = text.split('.');
        let name = words.next().unwrap_or_default().to_owned();
        let settings = words
            .map(|word| match word.split_once('-') {
                Some((key, value)) => (key.to_owned(), value.to_owned()),
                None => (word.to_owned(), String::new()),
            })
            .collect();
        Script { name, settings }
    }

    /// The script inside a model name.
    pub fn of_model(model: &str) -> Script {
        Script::parse(model.rsplit_once('~').map_or(model, |(_, script)| script))
    }

    /// The scenario's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same settings under another scenario.
    pub fn renamed(&self, name: &str) -> Script {
        Script { name: name.to_owned(), settings: self.settings.clone() }
    }

    /// Whether the setting stands there, with or without a value.
    pub fn has(&self, key: &str) -> bool {
        self.text(key).is_some()
    }

    /// The setting's value as text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The setting's value as a number, if it is one.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.text(key)?.parse().ok()
    }

    /// The first setting that `known` does not list, so that a typing error fails the test.
    pub fn stranger<'a>(&'a self, known: &[&str]) -> Option<&'a str> {
        self.settings.iter().map(|(key, _)| key.as_str()).find(|key| !known.contains(key))
    }
}

#[cfg(test)]
mod tests {
    use super::Script;

    #[test]
    fn a_script_is_a_name_and_settings() {
        let script = Script::parse("error.status-429.retry-1.limits");
        assert_eq!(script.name(), "error");
        assert_eq!(script.number("status"), Some(429));
        assert_eq!(script.number("retry"), Some(1));
        assert!(script.has("limits"));
        assert_eq!(script.stranger(&["status", "retry"]), Some("limits"));
    }

    #[test]
    fn a_model_name_may_hide_its_script_behind_a_tilde() {
        assert_eq!(Script::of_model("gpt-5-mini~ok.n-3").number("n"), Some(3));
        assert_eq!(Script::of_model("ok.n-3").number("n"), Some(3));
    }
}
