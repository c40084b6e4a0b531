//! DynamoDB: the items of one table, and the few operations on them that the stores need.
//!
//! Every item has a partition key `pk` and a sort key `sk`. What DynamoDB calls an expression is written by the
//! stores; the names and values in it are given apart, so that no value is ever part of an expression.

use super::{Aws, AwsError};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
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

/// A change of an item, and on which condition. The names (`#minute`) and values (`:minute`) in its expressions are
/// given apart; each that is given has to be used.
#[derive(Debug, Clone, Default)]
pub struct Change {
    set: Vec<&'static str>,
    add: Vec<&'static str>,
    remove: Vec<&'static str>,
    only_if: Vec<&'static str>,
    names: HashMap<String, String>,
    values: Item,
}

impl Change {
    /// An attribute gets a value.
    pub fn set(&mut self, action: &'static str) -> &mut Self {
        self.set.push(action);
        self
    }

    /// A number grows.
    pub fn add(&mut self, action: &'static str) -> &mut Self {
        self.add.push(action);
        self
    }

    /// An attribute goes.
    pub fn remove(&mut self, path: &'static str) -> &mut Self {
        self.remove.push(path);
        self
    }

    /// One more condition.
    pub fn only_if(&mut self, condition: &'static str) -> &mut Self {
        self.only_if.push(condition);
        self
    }

    /// What a name stands for.
    pub fn name(&mut self, name: &str, attribute: &str) -> &mut Self {
        self.names.insert(name.to_owned(), attribute.to_owned());
        self
    }

    /// What a value is.
    pub fn value(&mut self, name: &str, value: AttributeValue) -> &mut Self {
        self.values.insert(name.to_owned(), value);
        self
    }

    fn expression(&self) -> String {
        let clauses = [("SET", &self.set), ("ADD", &self.add), ("REMOVE", &self.remove)];
        let clauses = clauses.into_iter().filter(|(_, actions)| !actions.is_empty());
        clauses.map(|(clause, actions)| format!("{clause} {} ", actions.join(", "))).collect()
    }
}

/// What came of a change.
#[derive(Debug)]
pub enum Changed {
    /// It was made: the attributes that it changed, as they are now.
    To(Item),
    /// The condition does not hold: the item as it is, empty where there is none.
    Not(Item),
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

    /// Changes an item where the change's condition holds. Sent once, as [`write_if`](Self::write_if).
    pub async fn change(&self, key: Item, change: Change) -> Result<Changed, AwsError> {
        let update = self.once.update_item().table_name(&self.name).set_key(Some(key));
        let sent = update
            .update_expression(change.expression())
            .condition_expression(change.only_if.join(" AND "))
            .set_expression_attribute_names(Some(change.names))
            .set_expression_attribute_values(Some(change.values))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send();
        match sent.await {
            Ok(said) => Ok(Changed::To(said.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Changed::Not(failed.item.clone().unwrap_or_default()))
                }
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
