//! Secrets by reference: variables whose value says where the value is.
//!
//! | a variable's value | the value is |
//! | --- | --- |
//! | `ssm:/path/of/parameter` | that parameter of Systems Manager, decrypted |
//! | `secretsmanager:name-or-arn` | that secret of Secrets Manager |
//! | `secretsmanager:name-or-arn#member` | that member of the JSON object in it |
//! | anything else | itself |
//!
//! Values are held in memory only and are in no error.

use super::{Aws, AwsError};
use std::collections::BTreeMap;

const SSM: &str = "ssm";
const SECRETS_MANAGER: &str = "secretsmanager";

/// Where a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference<'a> {
    /// A parameter's name or ARN.
    Parameter(&'a str),
    /// A secret's name or ARN, and a member of the object in it.
    Secret(&'a str, Option<&'a str>),
}

impl<'a> Reference<'a> {
    /// The reference that a variable's value is; `None` where it is the value itself.
    pub fn parse(value: &'a str) -> Option<Self> {
        if let Some(name) = value.strip_prefix("ssm:") {
            return Some(Self::Parameter(name));
        }
        let name = value.strip_prefix("secretsmanager:")?;
        Some(match name.split_once('#') {
            Some((name, member)) => Self::Secret(name, Some(member)),
            None => Self::Secret(name, None),
        })
    }
}

/// The two services that keep values.
pub struct References {
    parameters: aws_sdk_ssm::Client,
    secrets: aws_sdk_secretsmanager::Client,
}

impl References {
    /// Nothing is asked yet.
    pub fn new(aws: &Aws) -> Self {
        let config = aws.again();
        Self {
            parameters: aws_sdk_ssm::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
        }
    }

    /// The value that a reference stands for.
    pub async fn look_up(&self, reference: &Reference<'_>) -> Result<String, AwsError> {
        match reference {
            Reference::Parameter(name) => self.parameter(name).await,
            Reference::Secret(name, member) => self.secret(name, *member).await,
        }
    }

    async fn parameter(&self, name: &str) -> Result<String, AwsError> {
        let said = self.parameters.get_parameter().name(name).with_decryption(true).send().await;
        let said = said.map_err(|error| AwsError::of(SSM, error))?;
        let value = said.parameter.and_then(|parameter| parameter.value);
        value.ok_or_else(|| AwsError::Unreadable(SSM, "no value in the parameter".to_owned()))
    }

    async fn secret(&self, name: &str, member: Option<&str>) -> Result<String, AwsError> {
        let said = self.secrets.get_secret_value().secret_id(name).send().await;
        let said = said.map_err(|error| AwsError::of(SECRETS_MANAGER, error))?;
        let unreadable = |reason: &str| AwsError::Unreadable(SECRETS_MANAGER, reason.to_owned());
        let text = said.secret_string.ok_or_else(|| unreadable("no text in the secret"))?;
        let Some(member) = member else { return Ok(text) };
        // What serde says of a type it did not expect may quote the value.
        let mut members: BTreeMap<String, String> =
            serde_json::from_str(&text).map_err(|_| unreadable("no object of texts in the secret"))?;
        members.remove(member).ok_or_else(|| unreadable(&format!("no member {member} in the secret")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_values() {
        let table = [
            ("ssm:/gateway/OPENAI_API_KEY", Some(Reference::Parameter("/gateway/OPENAI_API_KEY"))),
            ("secretsmanager:prod/keys", Some(Reference::Secret("prod/keys", None))),
            ("secretsmanager:prod/keys#openai", Some(Reference::Secret("prod/keys", Some("openai")))),
            ("sk-ssm:1", None),
            ("", None),
        ];
        for (value, wanted) in table {
            assert_eq!(Reference::parse(value), wanted, "{value}");
        }
    }
}
