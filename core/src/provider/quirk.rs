//! Rules about request members: what a provider or a model wants differently.
//!
//! A [`Quirk`] is a named group of [`FieldRule`]s with the page that it comes from. Rules are
//! about top-level members of a chat-completion body, so that they can be applied to a body that
//! is relayed without parsing it: the sketch knows where each member lies, and an edit replaces a
//! name or cuts a span.
//!
//! Three things are deliberately not rules. What a provider documents as refused with a clear
//! error is left to the provider: its answer reaches the caller. What would need a look inside
//! `messages` belongs to translation. And a member that the caller did not send is never invented,
//! except `stream_options`, which the gateway needs for its own accounting
//! ([`StreamUsage`](super::StreamUsage)).

use super::Row;

/// A named difference of a dialect.
#[derive(Debug)]
pub struct Quirk {
    /// A stable name, in kebab case.
    pub name: &'static str,
    /// What is done, and why, in one sentence.
    pub summary: &'static str,
    /// The page of the provider's documentation, by title and address.
    pub source: &'static str,
    /// What is done.
    pub rules: &'static [FieldRule],
}

/// What is done to one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldRule {
    /// The top-level member.
    pub field: &'static str,
    /// For which models.
    pub when: When,
    /// What is done.
    pub action: Action,
}

/// For which models a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// All.
    Always,
    /// Those whose [stem](Row::model_stem) begins with one of these.
    Model(&'static [&'static str]),
}

impl When {
    /// Whether the rule holds for the model.
    pub fn holds(self, model: &str) -> bool {
        match self {
            Self::Always => true,
            Self::Model(prefixes) => {
                let stem = Row::model_stem(model);
                prefixes.iter().any(|prefix| stem.starts_with(prefix))
            }
        }
    }
}

/// What is done to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The same value under the provider's name for it. Not done where the body already has a
    /// member of that name: the provider is left to refuse the pair.
    Rename(&'static str),
    /// Taken out, and named in `x-tollbridge-dropped`: the provider would refuse the whole request
    /// for a member that cannot change what its model says.
    Drop,
}

/// One rule as it applies to one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldEdit {
    /// The quirk that asks for it.
    pub quirk: &'static str,
    /// The top-level member.
    pub field: &'static str,
    /// What is to be done to it.
    pub action: Action,
}

/// The rules of a row that apply to a body for `model` with the given top-level members.
///
/// At most one edit is yielded for each member: the first that applies.
pub fn field_edits(
    row: &'static Row,
    model: &str,
    has: impl Fn(&str) -> bool,
) -> impl Iterator<Item = FieldEdit> {
    edits(row.quirks, model, has)
}

fn edits(
    quirks: &'static [&'static Quirk],
    model: &str,
    has: impl Fn(&str) -> bool,
) -> impl Iterator<Item = FieldEdit> {
    let mut done: Vec<&'static str> = Vec::new();
    quirks.iter().flat_map(|quirk| quirk.rules.iter().map(|rule| (quirk.name, rule))).filter_map(
        move |(quirk, rule)| {
            let clash = matches!(rule.action, Action::Rename(to) if has(to));
            if clash || !has(rule.field) || done.contains(&rule.field) || !rule.when.holds(model) {
                return None;
            }
            done.push(rule.field);
            Some(FieldEdit { quirk, field: rule.field, action: rule.action })
        },
    )
}
