//! From the file's tree to the document's JSON: variables filled in, secrets taken out.
//!
//! `${NAME}` stands for a variable's value and `${NAME:-text}` for the text where the variable is
//! not set or empty; `$${` is a plain `${`. Where a secret belongs, `${NAME}` becomes the
//! document's way to name one. A secret that is written out in the file is taken out of it, under
//! the name that its variable would have: the document never holds it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tollbridge_core::config::{Path, Secret, Shape, env, env::Variables, is_secret_name};

use super::{
    origin::{Origin, Origins},
    yaml::{Kind, Node},
};

/// What is wrong with a reference to a variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReferenceProblem {
    /// No such variable, and no text in its place.
    #[error("the variable {0} is not set: set it, or write a text to use without it: ${{{0}:-text}}")]
    Unset(String),
    /// `${` and no name, or no `}`.
    #[error(
        "`${{` begins a reference to a variable, as in ${{NAME}}; write `$${{` for the characters themselves"
    )]
    Broken,
    /// A secret whose value would stand in the file after all.
    #[error("a secret has no text to use without it: write ${{{0}}}")]
    SecretDefault(String),
    /// Two written secrets that would get one name.
    #[error("this secret and another would both be called {0}: name variables instead, as in ${{NAME}}")]
    SameName(String),
}

/// One such problem and where it stands.
pub(crate) struct ReferenceError {
    pub(crate) path: Path,
    pub(crate) line: usize,
    pub(crate) problem: ReferenceProblem,
}

/// Fills in a file's variables.
pub(crate) struct Expander<'a> {
    /// What the variables are.
    pub(crate) variables: &'a Variables,
    /// Where each value stands.
    pub(crate) origins: Origins,
    /// The variables that the file refers to.
    pub(crate) used: Vec<String>,
    /// The secrets that the file spells out, by the names they were given.
    pub(crate) written: BTreeMap<String, (Path, Secret)>,
    /// What is wrong.
    pub(crate) errors: Vec<ReferenceError>,
}

impl Expander<'_> {
    /// The JSON of a node. `shape` is what belongs there, if anything; `variable` is the name of
    /// the variable that would say the same.
    pub(crate) fn value(&mut self, node: Node, shape: Option<&Shape>, path: &Path, variable: &str) -> Value {
        let line = node.line;
        match node.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(value),
            Kind::Number(number) => Value::Number(number),
            Kind::Text(text) if is_secret(shape) => self.secret(&text, path, line, variable),
            Kind::Text(text) => match self.fill(&text) {
                Ok(text) => Value::String(text),
                Err(problem) => self.error(path, line, problem),
            },
            Kind::List(items) => {
                let shape = pick(shape, &Value::Array(Vec::new()));
                let of_items = match shape {
                    Some(Shape::List(shape)) => Some(*shape),
                    _ => None,
                };
                let mut values = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    let path = path.item(index);
                    self.origins.put(path.clone(), Origin::Line(item.line));
                    let variable =
                        if index == 0 { variable.to_owned() } else { format!("{variable}_{}", index + 1) };
                    values.push(self.value(item, of_items, &path, &variable));
                }
                Value::Array(values)
            }
            Kind::Map(members) => {
                let shape = pick(shape, &Value::Object(Map::new()));
                let mut values = Map::new();
                for (key, node) in members {
                    let path = path.member(&key.text);
                    self.origins.put(path.clone(), Origin::Line(key.line));
                    let (shape, variable) = member(shape, &key.text, variable);
                    values.insert(key.text, self.value(node, shape, &path, &variable));
                }
                Value::Object(values)
            }
        }
    }

    fn secret(&mut self, text: &str, path: &Path, line: usize, variable: &str) -> Value {
        if let Some((name, default)) = whole_reference(text) {
            self.used.push(name.to_owned());
            return match default {
                None => json!({ "secret": name }),
                Some("") if self.set(name).is_none() => Value::Null,
                Some("") => json!({ "secret": name }),
                Some(_) => self.error(path, line, ReferenceProblem::SecretDefault(name.to_owned())),
            };
        }
        let secret = match self.fill(text) {
            Ok(text) => Secret::new(text),
            Err(problem) => return self.error(path, line, problem),
        };
        match self.written.insert(variable.to_owned(), (path.clone(), secret.clone())) {
            Some((_, other)) if other != secret => {
                self.error(path, line, ReferenceProblem::SameName(variable.to_owned()))
            }
            _ => json!({ "secret": variable }),
        }
    }

    fn fill(&mut self, text: &str) -> Result<String, ReferenceProblem> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, reference) = rest.split_at(at);
            if let Some(before) = before.strip_suffix('$') {
                filled.push_str(before);
                filled.push_str("${");
                rest = reference.strip_prefix("${").unwrap_or_default();
                continue;
            }
            filled.push_str(before);
            let (name, default, after) = reference_at(reference).ok_or(ReferenceProblem::Broken)?;
            self.used.push(name.to_owned());
            match (self.set(name), default) {
                (Some(value), _) => filled.push_str(value),
                (None, Some(default)) => filled.push_str(default),
                (None, None) => return Err(ReferenceProblem::Unset(name.to_owned())),
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn set(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn error(&mut self, path: &Path, line: usize, problem: ReferenceProblem) -> Value {
        self.errors.push(ReferenceError { path: path.clone(), line, problem });
        Value::Null
    }
}

/// Splits what begins with `${NAME}` or `${NAME:-text}` into the name, the text and what follows.
fn reference_at(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let (inner, after) = text.strip_prefix("${")?.split_once('}')?;
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    (is_secret_name(name) && !inner.contains("${")).then_some((name, default, after))
}

/// The name and the text of a value that is one reference and nothing else.
fn whole_reference(text: &str) -> Option<(&str, Option<&str>)> {
    let (name, default, after) = reference_at(text.trim())?;
    after.is_empty().then_some((name, default))
}

fn pick<'s>(shape: Option<&'s Shape>, value: &Value) -> Option<&'s Shape> {
    shape.map(|shape| shape.of(value))
}

fn is_secret(shape: Option<&Shape>) -> bool {
    matches!(pick(shape, &Value::String(String::new())), Some(Shape::Secret))
}

/// The shape of a member, and the name of the variable that would say the same.
fn member<'s>(shape: Option<&'s Shape>, key: &str, variable: &str) -> (Option<&'s Shape>, String) {
    match shape {
        Some(Shape::Map(_, shape)) => (Some(*shape), env::prefix_of(key)),
        Some(Shape::Object(fields)) => {
            let field = fields.iter().find(|field| field.name == key);
            let variable = match field.and_then(|field| field.env) {
                Some(own) if variable.is_empty() => own.to_owned(),
                Some(own) => format!("{variable}_{own}"),
                None => variable.to_owned(),
            };
            (field.map(|field| &field.shape), variable)
        }
        _ => (None, variable.to_owned()),
    }
}
