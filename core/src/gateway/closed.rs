//! Closed by default: what a target that the whole internet reaches needs before it serves.
//!
//! Native can listen on loopback alone while no key is set; a Worker, a Lambda function or a Spin
//! component is open to everybody from its first moment. So these targets make their policy
//! [here](policy), out of one document and the secrets that it names, and answer every request
//! with [`refuse`] until there is one that demands a key.

use http::Response;
use serde_json::{Map, Value};

use super::{Body, answer};
use crate::{
    config::{
        ConfigError, Document, LogFormat, Policy,
        env::{self, Declared, Variables},
        fields,
    },
    error::{ApiError, ErrorKind},
    ledger::Notice,
    ports::{Micros, Ports},
    protocol::Front,
    provider::ROWS,
};

/// The variable, binding or secret that holds the configuration document.
pub const DOCUMENT: &str = "TOLLBRIDGE_CONFIG";

/// Why nothing is served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// No document.
    #[error(
        "the gateway is not configured: set {DOCUMENT} to the JSON document that \
         `tollbridge config render` prints, or variables such as OPENAI_API_KEY and TOLLBRIDGE_MASTER_KEY"
    )]
    NoDocument,
    /// A document that cannot be used; what is wrong with it is for the operator only.
    #[error("the gateway's configuration in {DOCUMENT} cannot be used; its log says why")]
    Faulty(Vec<ConfigError>),
    /// The document lies in a store that cannot be read; why is for the operator only.
    #[error(
        "the gateway's configuration cannot be read from the store that keeps it: try again in a moment; its \
         log says why"
    )]
    Unreadable(String),
    /// Everybody could call.
    #[error(
        "the gateway requires no key, and serves nobody until it does: set the secret \
         TOLLBRIDGE_MASTER_KEY and name it as `master_key`, or declare `keys`, in {DOCUMENT}"
    )]
    NoKey,
}

impl Closed {
    /// The operator's log line.
    pub fn log_line(&self, now: Micros) -> String {
        let notice = Notice::error("not_configured").reason(&self.to_string());
        let notice = match self {
            Self::Faulty(errors) => notice.list("problems", errors),
            Self::Unreadable(error) => notice.list("problems", std::slice::from_ref(error)),
            Self::NoDocument | Self::NoKey => notice,
        };
        // Which format the document asks for is not known, as there is none that can be used.
        notice.line(now, LogFormat::Json)
    }
}

/// Reads the document, which says the names of the secrets that [`policy`] will ask for.
pub fn document(text: Option<&str>) -> Result<Document, Closed> {
    match text.map(str::trim) {
        None | Some("") => Err(Closed::NoDocument),
        Some(text) => Document::from_json(text.as_bytes()).map_err(Closed::Faulty),
    }
}

/// The names of the variables that [`from_variables`] reads: those that the native server reads too.
pub fn variable_names() -> Vec<String> {
    let own = env::own_variables(fields::ROOT).into_iter().map(|own| own.variable.to_owned());
    own.chain(ROWS.iter().flat_map(env::variables_of)).collect()
}

/// The document that single variables make where there is no other, and what of them is not used:
/// `OPENAI_API_KEY` alone makes a provider.
pub fn from_variables(variables: &Variables) -> Result<(Document, Vec<env::Notice>), Closed> {
    let (settings, notices) = env::read(variables, &Declared::default());
    if settings.is_empty() {
        return Err(Closed::NoDocument);
    }
    let mut document = Map::new();
    for setting in settings {
        put(&mut document, &setting.path, setting.value);
    }
    let text = Value::Object(document).to_string();
    let document = Document::from_json(text.as_bytes()).map_err(Closed::Faulty)?;
    Ok((document, notices))
}

/// The document, or without one that which single variables make, and what of them is not used. `variable` is asked
/// only then.
pub fn document_or_variables(
    text: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(Document, Vec<env::Notice>), Closed> {
    match document(text) {
        Err(Closed::NoDocument) => {
            let names = variable_names().into_iter();
            let set = names.filter_map(|name| variable(&name).map(|value| (name, value)));
            from_variables(&set.collect())
        }
        document => Ok((document?, Vec::new())),
    }
}

/// Puts a value at its place, key by key.
fn put(members: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => drop(members.insert(last.clone(), value)),
        [first, rest @ ..] => {
            let inner = members.entry(first.as_str()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// The policy of a target that everybody can reach.
pub fn policy(document: Document, secrets: impl Fn(&str) -> Option<String>) -> Result<Policy, Closed> {
    let policy = document.resolve(secrets).map_err(Closed::Faulty)?;
    if policy.requires_key() { Ok(policy) } else { Err(Closed::NoKey) }
}

/// The answer to any request: 503, with the setting to make.
pub fn refuse<P: Ports>(closed: &Closed) -> Response<Body<P>> {
    answer::error(
        Front::Chat,
        &ApiError::new(ErrorKind::NotConfigured, closed.to_string()).with_code("not_configured"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: Option<&str>) -> Result<Policy, Closed> {
        policy(document(text)?, |name| {
            (name == "TOLLBRIDGE_MASTER_KEY").then(|| "a-long-master-key".to_owned())
        })
    }

    #[test]
    fn a_document_with_a_key_opens_the_gateway() {
        let policy = made(Some(r#"{"master_key": {"secret": "TOLLBRIDGE_MASTER_KEY"}}"#)).unwrap();
        assert!(policy.requires_key());
    }

    #[test]
    fn variables_make_a_document_where_there_is_none() {
        let names = variable_names();
        let set = [
            ("OPENAI_API_KEY", "sk-1"),
            ("ANTHROPIC_API_KEY", ""),
            ("GEMINI_MODELS", "gemini-3-flash"),
            ("TOLLBRIDGE_MASTER_KEY", "a-long-master-key"),
            ("MAX_RETRIES", "2"),
        ];
        for (name, _) in set {
            assert!(names.iter().any(|known| known == name) || name == "MAX_RETRIES", "{name}");
        }
        let variables: Variables = set.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let (document, notices) = from_variables(&variables).unwrap();
        assert_eq!(document.secret_names(), ["OPENAI_API_KEY", "TOLLBRIDGE_MASTER_KEY"]);
        assert_eq!(notices.len(), 1, "Gemini has no key: {notices:?}");
        let policy = policy(document, |name| variables.get(name).cloned()).unwrap();
        let providers: Vec<_> = policy.providers.iter().map(|provider| &*provider.name).collect();
        assert_eq!(providers, ["openai"]);
        assert!(policy.requires_key());
    }

    #[test]
    fn variables_are_asked_where_there_is_no_document() {
        let (document, _) = document_or_variables(Some("{}"), |name| panic!("{name} was asked")).unwrap();
        assert!(document.secret_names().is_empty());
        assert!(document_or_variables(Some("{"), |name| panic!("{name} was asked")).is_err());
        let key = |name: &str| (name == "OPENAI_API_KEY").then(|| "sk-1".to_owned());
        let (document, unused) = document_or_variables(None, key).unwrap();
        assert_eq!((document.secret_names(), unused), (vec!["OPENAI_API_KEY"], Vec::new()));
        assert_eq!(document_or_variables(Some(" "), |_| None).unwrap_err(), Closed::NoDocument);
    }

    #[test]
    fn variables_that_say_nothing_are_no_document() {
        assert_eq!(from_variables(&Variables::new()).unwrap_err(), Closed::NoDocument);
        let empty = Variables::from([("OPENAI_API_KEY".to_owned(), String::new())]);
        assert_eq!(from_variables(&empty).unwrap_err(), Closed::NoDocument);
    }

    #[test]
    fn without_document_or_key_it_stays_closed() {
        assert_eq!(made(None).unwrap_err(), Closed::NoDocument);
        assert_eq!(made(Some(" ")).unwrap_err(), Closed::NoDocument);
        assert_eq!(made(Some("{}")).unwrap_err(), Closed::NoKey);
    }

    #[test]
    fn what_is_wrong_with_a_document_is_told_to_the_operator_only() {
        let closed = made(Some(r#"{"master_key": {"secret": "ANOTHER_SECRET"}}"#)).unwrap_err();
        assert!(matches!(closed, Closed::Faulty(_)));
        assert!(!closed.to_string().contains("ANOTHER_SECRET"), "{closed}");
        assert!(closed.log_line(0).contains("ANOTHER_SECRET"), "{}", closed.log_line(0));
    }
}
