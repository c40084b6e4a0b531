//! What a document may look like, as data.
//!
//! One table of fields (in [`fields`](super::fields)) says of every setting what it is called,
//! which values it takes, what it defaults to and what it means. The check of a document, the
//! published JSON Schema, the settings reference and the names of environment variables are all
//! read from it, so that none of them can say something else.

use serde_json::Value;

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What it may be.
    pub shape: Shape,
    /// The environment variable that sets it, if one does. In a provider it is the part behind the
    /// provider's prefix: `BASE_URL` in `OPENAI_BASE_URL`.
    pub env: Option<&'static str>,
    /// Whether its absence is an error.
    pub required: bool,
    /// What holds when it is absent, as it would be written; empty where that takes words.
    pub default: &'static str,
    /// What it means.
    pub about: &'static str,
}

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A text or a number.
    Scalar(&'static Scalar),
    /// `true` or `false`.
    Flag,
    /// The name of a secret: `{"secret": "OPENAI_API_KEY"}`.
    Secret,
    /// Any number of the same.
    List(&'static Shape),
    /// Values under names of the operator's own.
    Map(&'static Scalar, &'static Shape),
    /// These fields and no others.
    Object(&'static [Field]),
    /// The first of these whose kind of JSON value it is.
    Either(&'static [Shape]),
}

/// A value written as text.
#[derive(Debug)]
pub struct Scalar {
    /// What a message says was expected, and how to write it.
    pub what: &'static str,
    /// Whether a JSON number does as well.
    pub number: bool,
    /// The texts it may be; empty where [`valid`](Self::valid) alone decides.
    pub choices: &'static [&'static str],
    /// Whether a text is one.
    pub valid: fn(&str) -> bool,
    /// Whether a message may repeat a wrong value. Not where a key may have been pasted by
    /// mistake.
    pub shown: bool,
}

impl Scalar {
    /// Whether `text` is one of these.
    pub fn accepts(&self, text: &str) -> bool {
        if self.choices.is_empty() { (self.valid)(text) } else { self.choices.contains(&text) }
    }
}

impl Shape {
    /// The shape itself, or of several that it may be the one for this kind of value.
    pub fn of(&self, value: &Value) -> &Shape {
        match self {
            Shape::Either(shapes) => {
                shapes.iter().find(|shape| shape.is_kind_of(value)).or(shapes.first()).unwrap_or(self)
            }
            shape => shape,
        }
    }

    fn is_kind_of(&self, value: &Value) -> bool {
        match self {
            Shape::Scalar(scalar) => value.is_string() || (scalar.number && value.is_number()),
            Shape::Flag => value.is_boolean(),
            // A secret that is written out has the right place, if not the right form.
            Shape::Secret => value.is_string() || value.get("secret").is_some(),
            Shape::List(_) => value.is_array(),
            Shape::Map(..) | Shape::Object(_) => value.is_object(),
            Shape::Either(shapes) => shapes.iter().any(|shape| shape.is_kind_of(value)),
        }
    }

    /// What a message says was expected.
    pub fn what(&self) -> &'static str {
        match self {
            Shape::Scalar(scalar) => scalar.what,
            Shape::Flag => "`true` or `false`",
            Shape::Secret => "a secret's name, as in {\"secret\": \"NAME\"}",
            Shape::List(_) => "a list",
            Shape::Map(..) => "names with their values",
            Shape::Object(_) => "settings with their values",
            Shape::Either(shapes) => shapes.first().map_or("a value", Shape::what),
        }
    }
}
