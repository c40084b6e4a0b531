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

use super::{Aws, AwsError, Service, unreadable};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::sleep;

/// How often a look-up is sent again. Systems Manager turns some away where many instances start at once (40 a
/// second are an account's without asking for more).
const AGAIN: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

const VERSION: &str = "application/x-amz-json-1.1";

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

impl Aws {
    /// The value that a reference stands for.
    pub async fn look_up(&self, reference: &Reference<'_>) -> Result<String, AwsError> {
        for wait in AGAIN {
            match self.once(reference).await {
                Err(error) if error.is_passing() => sleep(wait).await,
                said => return said,
            }
        }
        self.once(reference).await
    }

    async fn once(&self, reference: &Reference<'_>) -> Result<String, AwsError> {
        match reference {
            Reference::Parameter(name) => self.parameter(name).await,
            Reference::Secret(name, member) => self.secret(name, *member).await,
        }
    }

    async fn parameter(&self, name: &str) -> Result<String, AwsError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Said {
            parameter: Parameter,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Parameter {
            value: String,
        }
        let ask = json!({"Name": name, "WithDecryption": true}).to_string().into_bytes();
        let said = self.json(Service::Ssm, VERSION, "AmazonSSM.GetParameter", ask).await?;
        // What serde says of a type it did not expect may quote the value.
        let said: Said =
            serde_json::from_slice(&said).map_err(|_| unreadable(Service::Ssm, "no parameter"))?;
        Ok(said.parameter.value)
    }

    async fn secret(&self, name: &str, member: Option<&str>) -> Result<String, AwsError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Said {
            secret_string: String,
        }
        let service = Service::SecretsManager;
        let ask = json!({"SecretId": name}).to_string().into_bytes();
        let said = self.json(service, VERSION, "secretsmanager.GetSecretValue", ask).await?;
        let said: Said =
            serde_json::from_slice(&said).map_err(|_| unreadable(service, "no text in the secret"))?;
        let Some(member) = member else { return Ok(said.secret_string) };
        let mut members: BTreeMap<String, String> = serde_json::from_str(&said.secret_string)
            .map_err(|_| unreadable(service, "no object of texts in the secret"))?;
        members.remove(member).ok_or_else(|| unreadable(service, format!("no member {member} in the secret")))
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
