//! DynamoDB: the items of one table, and the few operations on them that the stores need.
//!
//! Every item has a partition key `pk` and a sort key `sk`. What DynamoDB calls an expression is written by the
//! stores; the names and values in it are given apart, so that no value is ever part of an expression.

use super::{Aws, AwsError};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem, Update};
use std::collections::HashMap;

const DYNAMODB: &str = "dynamodb";

/// A table, by its name.
#[derive(Clone)]
pub struct Table {
    once: Client,
    again: Client,
    name: String,
}

/// An item, or a part of one.
pub type Item = HashMap<String, AttributeValue>;

/// A number.
pub fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// An attribute, where it is a text.
pub fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// An attribute, where it is a number that we write.
pub fn number_of(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// Where an item lies: the beginning of the item itself.
pub fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    Item::from([
        ("pk".to_owned(), AttributeValue::S(pk.into())),
        ("sk".to_owned(), AttributeValue::S(sk.into())),
    ])
}

/// What came of a transaction.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it was done.
    Done,
    /// None of it was done; why, for each part (`None`, `ConditionalCheckFailed`, `TransactionConflict`, …).
    Cancelled(Vec<String>),
}

impl Table {
    /// The table of this name. Nothing is asked yet.
    pub fn new(aws: &Aws, name: String) -> Self {
        Self { once: Client::new(&aws.once()), again: Client::new(&aws.again()), name }
    }

    /// The item, as it is after all writes that were answered.
    pub async fn get(&self, key: Item) -> Result<Option<Item>, AwsError> {
        let get = self.again.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true);
        get.send().await.map(|said| said.item).map_err(|error| AwsError::of(DYNAMODB, error))
    }

    /// Writes an item, and gives what was there.
    pub async fn write(&self, item: Item) -> Result<Option<Item>, AwsError> {
        let put = self.again.put_item().table_name(&self.name).set_item(Some(item));
        let said = put.return_values(ReturnValue::AllOld).send().await;
        said.map(|said| said.attributes).map_err(|error| AwsError::of(DYNAMODB, error))
    }

    /// Writes an item where `condition` holds for what is there, and says whether it did. Sent once: whether it
    /// was done is not known where there is no answer.
    pub async fn write_if(&self, item: Item, condition: &str, values: Item) -> Result<bool, AwsError> {
        let put = self.once.put_item().table_name(&self.name).set_item(Some(item));
        match put.condition_expression(condition).set_expression_attribute_values(Some(values)).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(AwsError::of(DYNAMODB, error)),
            },
        }
    }

    /// Removes an item, if it is there, and gives it.
    pub async fn delete(&self, key: Item) -> Result<Option<Item>, AwsError> {
        let delete = self.again.delete_item().table_name(&self.name).set_key(Some(key));
        let said = delete.return_values(ReturnValue::AllOld).send().await;
        said.map(|said| said.attributes).map_err(|error| AwsError::of(DYNAMODB, error))
    }

    /// A part of a transaction: an item that is written where `condition` holds for what is there.
    pub fn put(&self, item: Item, condition: &str) -> Result<TransactWriteItem, AwsError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(item)).condition_expression(condition);
        Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
    }

    /// A part of a transaction: an item that is changed, or made if it is not there. Attributes are set, and numbers
    /// added to what is there.
    pub fn update(
        &self,
        key: Item,
        set: impl Iterator<Item = (&'static str, AttributeValue)>,
        add: impl Iterator<Item = (&'static str, u64)>,
    ) -> Result<TransactWriteItem, AwsError> {
        let mut update = Update::builder().table_name(&self.name).set_key(Some(key));
        let (mut sets, mut adds) = (Vec::new(), Vec::new());
        let set = set.map(|(name, value)| (name, value, true));
        let add = add.map(|(name, more)| (name, number(more), false));
        // Names are given apart, because many words are reserved.
        for (n, (name, value, sets_it)) in set.chain(add).enumerate() {
            update = update
                .expression_attribute_names(format!("#{n}"), name)
                .expression_attribute_values(format!(":{n}"), value);
            if sets_it {
                sets.push(format!("#{n} = :{n}"));
            } else {
                adds.push(format!("#{n} :{n}"));
            }
        }
        let update = update.update_expression(format!("SET {} ADD {}", sets.join(", "), adds.join(", ")));
        Ok(TransactWriteItem::builder().update(update.build().map_err(incomplete)?).build())
    }

    /// Does all of the writes, or none. Sent once.
    pub async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Outcome, AwsError> {
        match self.once.transact_write_items().set_transact_items(Some(writes)).send().await {
            Ok(_) => Ok(Outcome::Done),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    let reasons = cancelled.cancellation_reasons().iter();
                    Ok(Outcome::Cancelled(reasons.filter_map(|reason| reason.code.clone()).collect()))
                }
                _ => Err(AwsError::of(DYNAMODB, error)),
            },
        }
    }

    /// The items of a partition from one sort key to another, both included, each handed to `take`.
    pub async fn query(
        &self,
        pk: &str,
        from: &str,
        to: &str,
        mut take: impl FnMut(Item),
    ) -> Result<(), AwsError> {
        let value = |text: &str| AttributeValue::S(text.to_owned());
        let query = self.again.query().table_name(&self.name).consistent_read(true);
        let mut pages = query
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", value(pk))
            .expression_attribute_values(":from", value(from))
            .expression_attribute_values(":to", value(to))
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(DYNAMODB, error))?;
            page.items.unwrap_or_default().into_iter().for_each(&mut take);
        }
        Ok(())
    }
}

fn incomplete(error: BuildError) -> AwsError {
    AwsError::unasked(DYNAMODB, &error)
}
