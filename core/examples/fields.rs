//! Prints the field tables as JSON, for `tests/sdk/python/fields.py` to hold against the types of
//! the providers' own libraries.

use tollbridge_core::protocol::{
    Front, Wire,
    fields::{answer_fields, request_fields},
};

/// One row: its path, and the others that it stands for.
fn row(path: &str, also: &[&str]) -> serde_json::Value {
    std::iter::once(&path).chain(also).map(|path| serde_json::Value::from(*path)).collect()
}

fn main() {
    let requests = [Front::Chat, Front::Messages].map(|front| {
        let rows = request_fields(front).iter().map(|field| row(field.path, field.also)).collect();
        (format!("{} request", front.name()), rows)
    });
    let answers = [Wire::Chat, Wire::Messages, Wire::Gemini].map(|wire| {
        let rows = answer_fields(wire).iter().map(|field| row(field.path, field.also)).collect();
        (format!("{} answer", wire.name()), rows)
    });
    let tables: serde_json::Map<String, serde_json::Value> = requests.into_iter().chain(answers).collect();
    println!("{}", serde_json::Value::Object(tables));
}
