//! Holds a JSON value against the table of fields and lists everything that is wrong with it.

use serde_json::{Map, Value};

use super::{
    ConfigError, Path, Problem,
    shape::{Field, Scalar, Shape},
};
use crate::nearest::nearest;

/// Longest wrong value that a message repeats, in characters.
const SHOWN: usize = 60;

/// Everything that is wrong with `value`, in the order in which it stands there. A `null` is the
/// same as nothing.
pub fn check(value: &Value, fields: &[Field]) -> Vec<ConfigError> {
    let mut check = Check { errors: Vec::new() };
    match value {
        Value::Object(members) => check.object(members, fields, &Path::root()),
        Value::Null => {}
        other => check.wrong(&Path::root(), "settings with their values", Some(kind(other))),
    }
    check.errors
}

struct Check {
    errors: Vec<ConfigError>,
}

impl Check {
    fn value(&mut self, value: &Value, shape: &Shape, path: &Path) {
        if value.is_null() {
            return;
        }
        match (shape.of(value), value) {
            (Shape::Scalar(scalar), _) => self.scalar(value, scalar, path),
            (Shape::Flag, Value::Bool(_)) => {}
            (Shape::Secret, _) => self.secret(value, path),
            (Shape::List(shape), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.item(item, shape, &path.item(index));
                }
            }
            (Shape::Map(name, shape), Value::Object(members)) => {
                for (key, value) in members {
                    if !name.accepts(key) {
                        self.wrong(&path.member(key), name.what, Some(quoted(key)));
                    }
                    self.value(value, shape, &path.member(key));
                }
            }
            (Shape::Object(fields), Value::Object(members)) => self.object(members, fields, path),
            (shape, other) => self.wrong(path, shape.what(), Some(kind(other))),
        }
    }

    /// An item that is `null` is not the same as none: the others would change their places.
    fn item(&mut self, value: &Value, shape: &Shape, path: &Path) {
        if value.is_null() {
            return self.wrong(path, shape.what(), Some(kind(value)));
        }
        self.value(value, shape, path);
    }

    fn object(&mut self, members: &Map<String, Value>, fields: &[Field], path: &Path) {
        for (name, value) in members {
            match fields.iter().find(|field| field.name == name) {
                Some(field) => self.value(value, &field.shape, &path.member(name)),
                None => {
                    let nearest = nearest(name, fields.iter().map(|field| field.name));
                    let problem =
                        Problem::Unknown { name: name.clone(), nearest: nearest.map(str::to_owned) };
                    self.errors.push(ConfigError { path: path.clone(), problem });
                }
            }
        }
        for field in fields.iter().filter(|field| field.required) {
            if members.get(field.name).is_none_or(Value::is_null) {
                let problem = Problem::Missing(field.name);
                self.errors.push(ConfigError { path: path.clone(), problem });
            }
        }
    }

    fn scalar(&mut self, value: &Value, scalar: &Scalar, path: &Path) {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) if scalar.number => number.to_string(),
            other => return self.wrong(path, scalar.what, Some(kind(other))),
        };
        if !scalar.accepts(&text) {
            self.wrong(path, scalar.what, scalar.shown.then(|| quoted(&text)));
        }
    }

    fn secret(&mut self, value: &Value, path: &Path) {
        let name = match value {
            Value::Object(members) if members.len() == 1 => members.get("secret").and_then(Value::as_str),
            _ => None,
        };
        let problem = match name {
            Some(name) if is_secret_name(name) => return,
            _ if value.is_string() => Problem::WrittenSecret,
            _ => Problem::Wrong { expected: Shape::Secret.what(), found: None },
        };
        self.errors.push(ConfigError { path: path.clone(), problem });
    }

    fn wrong(&mut self, path: &Path, expected: &'static str, found: Option<String>) {
        self.errors.push(ConfigError { path: path.clone(), problem: Problem::Wrong { expected, found } });
    }
}

/// Whether it can name a secret on every platform: what an environment variable can be called.
pub fn is_secret_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("`{shown}`")
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number (put it in quotes if it is a name)",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "names with values",
    }
    .to_owned()
}
