//! Where a gateway connects to, for platforms that want to be told.

use std::collections::BTreeSet;

use super::Policy;

/// What `fetch_media` asks of a platform: any host, since callers name them, over `https` alone.
const ANYWHERE: &str = "https://*";

impl Policy {
    /// Scheme and authority (`https://api.openai.com`) of everything that is connected to, in order, each
    /// once. Where callers may name addresses, `https://*` is among them.
    pub fn origins(&self) -> Vec<String> {
        let fetched = self.fetch_media.map(|_| ANYWHERE.to_owned());
        let asked = self.providers.iter().filter_map(|provider| {
            let (scheme, rest) = provider.base_url.split_once("://")?;
            Some(format!("{scheme}://{}", rest.split('/').next()?))
        });
        asked.chain(fetched).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Document;

    fn origins(document: &str) -> Vec<String> {
        let document = Document::from_json(document.as_bytes()).unwrap();
        document.resolve(|_| Some("a-key".to_owned())).unwrap().origins()
    }

    #[test]
    fn every_provider_s_origin_is_there_once_in_order() {
        let found = origins(
            r#"{"providers": {
                "openai": {"api_key": {"secret": "A"}},
                "openai-east": {"api_key": {"secret": "B"}, "base_url": "https://api.openai.com/v1"},
                "ollama": {"base_url": "http://10.0.0.7:11434/v1"},
                "anthropic": {"api_key": {"secret": "C"}}
            }}"#,
        );
        assert_eq!(found, ["http://10.0.0.7:11434", "https://api.anthropic.com", "https://api.openai.com"]);
    }

    #[test]
    fn who_fetches_for_callers_may_go_anywhere_and_the_demo_goes_nowhere() {
        assert_eq!(origins(r#"{"fetch_media": {"enabled": true}}"#), ["https://*"]);
        assert_eq!(origins("{}"), Vec::<String>::new());
    }
}
