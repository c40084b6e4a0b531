//! Names that every platform takes.

use crate::process::Failure;
use std::str::FromStr;

/// The longest, in characters. Names are made of it that may have 63: a worker's, which is a label of a host name
/// ("workers.dev"), and a Kubernetes service's. The stack's own parameter takes 20.
const LONGEST: usize = 20;

/// A tenant's name: lower-case letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TenantName(String);

impl TenantName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What the tenant's things are called: `tollbridge-NAME`.
    pub(crate) fn deployment(&self) -> String {
        format!("tollbridge-{}", self.0)
    }
}

impl FromStr for TenantName {
    type Err = Failure;

    fn from_str(name: &str) -> Result<Self, Failure> {
        let problem = if name.is_empty() {
            "is empty".to_owned()
        } else if name.len() > LONGEST {
            format!("has {} characters, and may have {LONGEST}", name.chars().count())
        } else if let Some(odd) = name.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
            format!("has `{odd}`, and may have lower-case letters, digits and hyphens")
        } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            "does not begin with a letter".to_owned()
        } else if name.ends_with('-') || name.contains("--") {
            "has a hyphen at its end or beside another".to_owned()
        } else {
            return Ok(Self(name.to_owned()));
        };
        Err(Failure::new(format!("`{name}` cannot be a tenant's name: it {problem}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_every_platform() {
        for good in ["a", "acme", "acme-2", "a1-b2-c3", "a234567890123456789z"] {
            assert_eq!(good.parse::<TenantName>().unwrap().as_str(), good);
        }
        for (bad, want) in [
            ("", "is empty"),
            ("a2345678901234567890z", "has 21 characters, and may have 20"),
            ("Acme", "has `A`"),
            ("acme_2", "has `_`"),
            ("../x", "has `.`"),
            ("bücher", "has `ü`"),
            ("2acme", "does not begin with a letter"),
            ("-acme", "does not begin with a letter"),
            ("acme-", "has a hyphen at its end"),
            ("ac--me", "has a hyphen"),
        ] {
            let said = bad.parse::<TenantName>().unwrap_err().to_string();
            assert!(said.contains(want), "{bad}: {said}");
        }
    }
}
