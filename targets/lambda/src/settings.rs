//! A function's settings: its variables, and the values that they refer to.
//!
//! The document is the variable `TOLLBRIDGE_CONFIG`, or where that says; the secrets that it names are variables
//! or where those say; what no variable has is looked up at [`SECRETS`] and its name. Without a document anywhere,
//! single variables make one, by the names that the native server reads.

use crate::aws::references::{Reference, References};
use crate::aws::{Aws, AwsError};
use crate::platform::Platform;
use futures::future::join_all;
use std::collections::BTreeMap;
use tollbridge_core::config::env::Variables;
use tollbridge_core::config::{Document, Policy, Secret};
use tollbridge_core::gateway::closed::{self, Closed};
use tollbridge_core::ledger::Notice;

/// The variable that says where secrets are that no variable of their own has: what a reference begins with.
pub(crate) const SECRETS: &str = "TOLLBRIDGE_SECRETS";

/// The document and its secrets by their names, references looked up.
pub(crate) type Values = BTreeMap<String, Secret>;

pub(crate) struct Settings {
    pub(crate) variables: Variables,
    /// Whether any value is somewhere else.
    pub(crate) refer: bool,
    references: References,
}

impl Settings {
    pub(crate) fn new(variables: Variables, aws: &Aws) -> Self {
        let refer = variables.values().any(|value| Reference::parse(value).is_some());
        Self { variables, refer, references: References::new(aws) }
    }

    /// The policy that the values make.
    pub(crate) fn policy(&self, values: &Values) -> Result<Policy, Closed> {
        let document = self.document(values)?;
        closed::policy(document, |name| values.get(name).map(|value| value.expose().to_owned()))
    }

    /// Looks up the document, and the secrets that it names. What cannot be read is in the log; a secret is missing
    /// then, and without its document there is nothing.
    pub(crate) async fn look_up(&self, platform: &Platform) -> Result<Values, Closed> {
        let mut values = Values::new();
        match self.value(closed::DOCUMENT).await {
            Ok(document) => values.extend(document),
            // Nobody has said that there is one.
            Err(unreadable) if unreadable.error.is_absent() && self.variable(closed::DOCUMENT).is_none() => {}
            Err(unreadable) => {
                unreadable.tell(platform);
                return Err(Closed::Unreadable(unreadable.to_string()));
            }
        }
        let Ok(document) = self.document(&values) else { return Ok(values) };
        let found = document.secret_names().into_iter().map(|name| self.value(name));
        for found in join_all(found).await {
            match found {
                Ok(value) => values.extend(value),
                Err(unreadable) => unreadable.tell(platform),
            }
        }
        Ok(values)
    }

    fn document(&self, values: &Values) -> Result<Document, Closed> {
        let text = values.get(closed::DOCUMENT).map(Secret::expose);
        let variable = |name: &str| self.variables.get(name).cloned();
        closed::document_or_variables(text, variable).map(|(document, _)| document)
    }

    /// A variable, where it is set.
    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A value by its name, looked up where it is somewhere else.
    async fn value(&self, name: &str) -> Result<Option<(String, Secret)>, Unreadable> {
        let place = self.variable(name).map(str::to_owned);
        let Some(place) = place.or_else(|| Some(format!("{}{name}", self.variable(SECRETS)?))) else {
            return Ok(None);
        };
        let value = match Reference::parse(&place) {
            None => place,
            Some(reference) => match self.references.look_up(&reference).await {
                Ok(value) => value,
                Err(error) => return Err(Unreadable { name: name.to_owned(), place, error }),
            },
        };
        Ok(Some((name.to_owned(), Secret::new(value))))
    }
}

/// A value that could not be looked up.
#[derive(Debug, thiserror::Error)]
#[error("{name} at {place}: {error}")]
struct Unreadable {
    name: String,
    place: String,
    error: AwsError,
}

impl Unreadable {
    fn tell(&self, platform: &Platform) {
        let notice =
            Notice::error("secret_unreadable").text("name", &self.name).text("reference", &self.place);
        platform.tell(&notice.reason(&self.error.to_string()));
    }
}
