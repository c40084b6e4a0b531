//! The catalogue: what is known about models.
//!
//! Static tables, one file per maker, small enough for wasm: the limits of a model, the
//! parameters that it refuses, how it reasons, when it is retired. Translation reads it to send
//! what a model accepts, the quirks read it for bodies that are relayed, routing reads it to find
//! the provider of a bare model name. Prices are to come.
//!
//! An operator can put newer facts over these without waiting for a release: the `catalogue` of the
//! configuration has the same shape in JSON ([`file`]). Its entries replace and add to the built-in
//! ones, fact by fact, or stand alone with `"mode": "replace"`.
//!
//! A model that is not here is not refused anywhere: an absent fact means that the provider
//! decides. The facts were taken from the makers' own model pages and, where those are silent,
//! from what their APIs answered, in November 2026.

mod anthropic;
mod file;
mod google;
mod openai;
mod others;

use std::borrow::Cow;

pub use self::file::CatalogueError;
use super::Row;
pub use crate::model::{BadDate, Control, Date, Effort, Efforts, Model, Param, Params, Reasoning};

/// The built-in tables, each sorted by id.
static BUILT_IN: &[&[Model]] = &[openai::MODELS, anthropic::MODELS, google::MODELS, others::MODELS];

/// What the built-in tables know about a model, whatever prefix a reseller puts before its name.
pub fn find(model: &str) -> Option<&'static Model> {
    best(BUILT_IN.iter().copied(), model)
}

/// Models and what is known about them.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// Sorted by id each. Of entries of one id, that of the last table holds.
    tables: Vec<Cow<'static, [Model]>>,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::builtin()
    }
}

impl Catalogue {
    /// What ships with the gateway.
    pub fn builtin() -> Self {
        Self { tables: BUILT_IN.iter().map(|table| Cow::Borrowed(*table)).collect() }
    }

    /// The entry of that very id.
    fn entry(&self, id: &str) -> Option<&Model> {
        let in_table = |table: &'_ Cow<'static, [Model]>| table.binary_search_by(|model| (*model.id).cmp(id));
        self.tables.iter().rev().find_map(|table| table.get(in_table(table).ok()?))
    }

    /// What is known about a model, by the longest name that fits, whatever prefix a reseller puts
    /// before it.
    pub fn find(&self, model: &str) -> Option<&Model> {
        best(self.tables.iter().map(AsRef::as_ref), model)
    }

    /// All models, each once.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        let all = self.tables.iter().flat_map(|table| table.iter());
        all.filter(|model| self.entry(&model.id).is_some_and(|entry| std::ptr::eq(entry, *model)))
    }
}

fn best<'a>(tables: impl Iterator<Item = &'a [Model]>, model: &str) -> Option<&'a Model> {
    let stem = Row::model_stem(model);
    tables.filter_map(|table| longest(table, stem)).max_by_key(|found| found.id.len())
}

/// The entry of a sorted table with the longest id that stands for `name`.
///
/// Every id that `name` begins with sorts at or before `name`, and between the two only ids that
/// share a shorter beginning with it: so each miss shortens the key to what the two have in
/// common, and the search goes on from there.
fn longest<'a>(table: &'a [Model], name: &str) -> Option<&'a Model> {
    let mut key = name;
    while !key.is_empty() {
        let after = table.partition_point(|model| &*model.id <= key);
        let candidate = after.checked_sub(1).and_then(|at| table.get(at))?;
        if key.starts_with(&*candidate.id) && ends_well(name, candidate.id.len()) {
            return Some(candidate);
        }
        let common = common_prefix(key, &candidate.id);
        // An id that fits but ends in the middle of a word has the whole of itself in common.
        let shorter = common.min(candidate.id.len().saturating_sub(1));
        key = key.get(..floor_char_boundary(key, shorter)).unwrap_or("");
    }
    None
}

/// Whether an id of this length, which `name` begins with, ends where a word of `name` does.
fn ends_well(name: &str, len: usize) -> bool {
    let open_ended = name.as_bytes().get(len.wrapping_sub(1)).is_some_and(|last| b"-.".contains(last));
    open_ended || name.as_bytes().get(len).is_none_or(|next| b"-:@_".contains(next))
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
