//! DynamoDB: the items of one table, and the few operations on them that the stores need.
//!
//! Every item has a partition key `pk` and a sort key `sk`. What DynamoDB calls an expression is written by the
//! stores; the names and values in it are given apart, so that no value is ever part of an expression.

use super::{Aws, AwsError, Service, unreadable};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::sleep;

const VERSION: &str = "application/x-amz-json-1.0";

/// How often a reading operation is sent again.
const AGAIN: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(80)];

/// A table, by its name.
#[derive(Clone)]
pub struct Table {
    aws: Aws,
    name: String,
}

/// An item, or a part of one.
pub type Item<'a> = BTreeMap<Cow<'a, str>, Attribute<'a>>;

/// A value of an item. DynamoDB writes numbers as text, and bytes as base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attribute<'a> {
    /// Text.
    S(Cow<'a, str>),
    /// A number.
    N(Cow<'a, str>),
    /// Bytes.
    B(Cow<'a, str>),
}

impl Attribute<'_> {
    /// A number.
    pub fn number(number: u64) -> Self {
        Self::N(number.to_string().into())
    }

    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::S(text) => Some(text),
            Self::N(_) | Self::B(_) => None,
        }
    }

    /// The number, where it is one that we write.
    pub fn integer(&self) -> Option<u64> {
        match self {
            Self::N(number) => number.parse().ok(),
            Self::S(_) | Self::B(_) => None,
        }
    }
}

impl<'a> From<&'a str> for Attribute<'a> {
    fn from(text: &'a str) -> Self {
        Self::S(Cow::Borrowed(text))
    }
}

impl From<String> for Attribute<'_> {
    fn from(text: String) -> Self {
        Self::S(Cow::Owned(text))
    }
}

/// Where an item lies.
#[derive(Debug, Clone, Serialize)]
pub struct Key<'a> {
    pk: Attribute<'a>,
    sk: Attribute<'a>,
}

impl<'a> Key<'a> {
    /// An item of a partition.
    pub fn new(pk: impl Into<Attribute<'a>>, sk: impl Into<Attribute<'a>>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// The beginning of an item that lies here.
    pub fn item(self) -> Item<'a> {
        Item::from([("pk".into(), self.pk), ("sk".into(), self.sk)])
    }
}

/// An item to be written, on a condition if there is one.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Put<'a> {
    table_name: &'a str,
    item: Item<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition_expression: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    expression_attribute_values: Item<'a>,
}

/// An item to be changed, or made if it is not there.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Update<'a> {
    table_name: &'a str,
    key: Key<'a>,
    update_expression: String,
    expression_attribute_names: BTreeMap<String, &'static str>,
    expression_attribute_values: Item<'a>,
}

/// A part of a transaction.
#[derive(Debug, Clone, Serialize)]
pub enum Write<'a> {
    /// See [`Put`].
    Put(Put<'a>),
    /// See [`Update`].
    Update(Update<'a>),
}

/// What came of a transaction.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it was done.
    Done,
    /// None of it was done; why, for each part (`None`, `ConditionalCheckFailed`, `TransactionConflict`, …).
    Cancelled(Vec<String>),
}

impl<'a> Put<'a> {
    /// The write, where `condition` holds for what is there.
    #[must_use]
    pub fn only_if(self, condition: &'a str) -> Self {
        Self { condition_expression: Some(condition), ..self }
    }
}

impl Table {
    /// The table of this name. Nothing is asked yet.
    pub fn new(aws: Aws, name: String) -> Self {
        Self { aws, name }
    }

    /// A write of a whole item.
    pub fn put<'a>(&'a self, item: Item<'a>) -> Put<'a> {
        Put {
            table_name: &self.name,
            item,
            condition_expression: None,
            expression_attribute_values: Item::new(),
        }
    }

    /// A change of an item: attributes to be set, and numbers to be added to what is there.
    pub fn update<'a>(
        &'a self,
        key: Key<'a>,
        set: impl Iterator<Item = (&'static str, Attribute<'a>)>,
        add: impl Iterator<Item = (&'static str, u64)>,
    ) -> Update<'a> {
        let mut names = BTreeMap::new();
        let mut values = Item::new();
        // Names are given apart, because many words are reserved.
        let mut name = |name: &'static str, value: Attribute<'a>| {
            let number = names.len();
            names.insert(format!("#{number}"), name);
            values.insert(format!(":{number}").into(), value);
            number
        };
        let set: Vec<_> = set.map(|(of, value)| name(of, value)).map(|n| format!("#{n} = :{n}")).collect();
        let add: Vec<_> =
            add.map(|(of, more)| name(of, Attribute::number(more))).map(|n| format!("#{n} :{n}")).collect();
        Update {
            table_name: &self.name,
            key,
            update_expression: format!("SET {} ADD {}", set.join(", "), add.join(", ")),
            expression_attribute_names: names,
            expression_attribute_values: values,
        }
    }

    /// The item, as it is after all writes that were answered.
    pub async fn get(&self, key: &Key<'_>) -> Result<Option<Item<'static>>, AwsError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Ask<'a> {
            table_name: &'a str,
            key: &'a Key<'a>,
            consistent_read: bool,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Said {
            item: Option<Item<'static>>,
        }
        let said: Said =
            self.read("GetItem", &Ask { table_name: &self.name, key, consistent_read: true }).await?;
        Ok(said.item)
    }

    /// Writes an item, whatever was there.
    pub async fn write(&self, put: &Put<'_>) -> Result<(), AwsError> {
        self.ask("PutItem", put).await.map(drop)
    }

    /// Writes an item where `condition` holds for what is there, and says whether it did. Sent once: whether it
    /// was done is not known where there is no answer.
    pub async fn write_if<'a>(
        &'a self,
        item: Item<'a>,
        condition: &'a str,
        values: Item<'a>,
    ) -> Result<bool, AwsError> {
        let put = Put { expression_attribute_values: values, ..self.put(item).only_if(condition) };
        match self.ask("PutItem", &put).await {
            Ok(_) => Ok(true),
            Err(AwsError::Refused(_, refusal)) if refusal.kind == "ConditionalCheckFailedException" => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Removes an item, if it is there.
    pub async fn delete(&self, key: &Key<'_>) -> Result<(), AwsError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Ask<'a> {
            table_name: &'a str,
            key: &'a Key<'a>,
        }
        self.read::<serde::de::IgnoredAny>("DeleteItem", &Ask { table_name: &self.name, key }).await.map(drop)
    }

    /// Does all of the writes, or none.
    pub async fn transact(&self, writes: &[Write<'_>]) -> Result<Outcome, AwsError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Ask<'a> {
            transact_items: &'a [Write<'a>],
        }
        #[derive(Deserialize)]
        struct Cancelled {
            #[serde(rename = "CancellationReasons")]
            reasons: Vec<Reason>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Reason {
            code: String,
        }
        match self.ask("TransactWriteItems", &Ask { transact_items: writes }).await {
            Ok(_) => Ok(Outcome::Done),
            Err(AwsError::Refused(_, refusal)) if refusal.kind == "TransactionCanceledException" => {
                let cancelled: Cancelled = parse(&refusal.body)?;
                Ok(Outcome::Cancelled(cancelled.reasons.into_iter().map(|reason| reason.code).collect()))
            }
            Err(error) => Err(error),
        }
    }

    /// The items of a partition from one sort key to another, both included, each handed to `take`.
    pub async fn query(
        &self,
        pk: &str,
        from: &str,
        to: &str,
        mut take: impl FnMut(Item<'static>),
    ) -> Result<(), AwsError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Ask<'a> {
            table_name: &'a str,
            key_condition_expression: &'static str,
            expression_attribute_values: Item<'a>,
            consistent_read: bool,
            #[serde(skip_serializing_if = "Option::is_none")]
            exclusive_start_key: Option<Item<'static>>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Said {
            items: Vec<Item<'static>>,
            last_evaluated_key: Option<Item<'static>>,
        }
        let mut ask = Ask {
            table_name: &self.name,
            key_condition_expression: "pk = :pk AND sk BETWEEN :from AND :to",
            expression_attribute_values: Item::from([
                (":pk".into(), pk.into()),
                (":from".into(), from.into()),
                (":to".into(), to.into()),
            ]),
            consistent_read: true,
            exclusive_start_key: None,
        };
        loop {
            let said: Said = self.read("Query", &ask).await?;
            said.items.into_iter().for_each(&mut take);
            if said.last_evaluated_key.is_none() {
                return Ok(());
            }
            ask.exclusive_start_key = said.last_evaluated_key;
        }
    }

    /// An operation that does no harm when it is done twice.
    async fn read<T: serde::de::DeserializeOwned>(
        &self,
        operation: &str,
        ask: &impl Serialize,
    ) -> Result<T, AwsError> {
        for wait in AGAIN {
            match self.ask(operation, ask).await {
                Err(error) if error.is_passing() => sleep(wait).await,
                said => return parse(&said?),
            }
        }
        parse(&self.ask(operation, ask).await?)
    }

    async fn ask(&self, operation: &str, ask: &impl Serialize) -> Result<Bytes, AwsError> {
        let body = serde_json::to_vec(ask).map_err(|error| unreadable(Service::DynamoDb, error))?;
        let target = format!("DynamoDB_20120810.{operation}");
        self.aws.json(Service::DynamoDb, VERSION, &target, body).await
    }
}

fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, AwsError> {
    serde_json::from_slice(body).map_err(|error| unreadable(Service::DynamoDb, error))
}
