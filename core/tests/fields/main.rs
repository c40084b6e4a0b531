//! The field tables tell the truth: each row is tried, with a request or an answer that has the
//! field, and what becomes of it is what the table says.
//!
//! A field that is *carried* or *mapped* makes a difference to what goes out and is not named as
//! lost; one that is *dropped* makes none and is named; one that is *refused* is a 400 that names
//! it. Every row has a sample, and every name in a report has a row.

mod answers;
mod chat_answers;
mod chat_samples;
mod gemini_answers;
mod messages_answers;
mod messages_samples;
mod requests;

use serde_json::Value;
use tollbridge_core::protocol::{Front, Wire};

/// A field, in two bodies that differ in it alone.
struct Sample {
    /// The row that it is about.
    field: &'static str,
    /// Members of a body that has the field.
    with: Value,
    /// Members of the same without it, or with another value in it; none where the field makes no
    /// difference to a body, such as the model's name in an address.
    without: Option<Value>,
    /// The models to ask.
    models: Models,
    /// The row that names it where it is dropped: some fields become the same part of the
    /// conversation.
    named: &'static str,
    /// The one wire that the sample is for, where others need another.
    wire: Option<Wire>,
    /// The one front that the sample of an answer is for.
    front: Option<Front>,
}

/// A model for each wire.
#[derive(Clone, Copy)]
enum Models {
    /// They take sampling settings.
    Plain,
    /// They reason at levels.
    Reasoning,
}

impl Sample {
    /// The same, asked of models that reason.
    fn reasoning(self) -> Self {
        Self { models: Models::Reasoning, ..self }
    }

    /// The same, named by another row.
    fn named(self, row: &'static str) -> Self {
        Self { named: row, ..self }
    }

    /// The same, for one wire alone.
    fn on(self, wire: Wire) -> Self {
        Self { wire: Some(wire), ..self }
    }
}

/// A body with the field, and one without or with another value.
fn differs(field: &'static str, with: Value, without: Value) -> Sample {
    Sample {
        field,
        with,
        without: Some(without),
        models: Models::Plain,
        named: field,
        wire: None,
        front: None,
    }
}

/// A body with a field that is not looked for in what goes out.
fn stands(field: &'static str, with: Value) -> Sample {
    Sample { field, with, without: None, models: Models::Plain, named: field, wire: None, front: None }
}
