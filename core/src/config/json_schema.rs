//! The published JSON Schema, written from the table of fields.

use serde_json::{Map, Value, json};

use super::{
    fields::ROOT,
    shape::{Field, Scalar, Shape},
};

/// The schema of the document, in JSON Schema's 2020-12 dialect.
pub fn json_schema() -> Value {
    let mut schema = object(ROOT);
    let head = [
        ("$schema", json!("https://json-schema.org/draft/2020-12/schema")),
        ("title", json!("Tollbridge configuration")),
    ];
    schema.extend(head.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(schema)
}

fn shape(shape: &Shape) -> Map<String, Value> {
    match shape {
        Shape::Scalar(scalar) => self::scalar(scalar),
        Shape::Flag => members([("type", json!("boolean"))]),
        Shape::Secret => members([
            ("type", json!("object")),
            ("description", json!("The name of an environment variable or platform secret.")),
            ("properties", json!({ "secret": { "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" } })),
            ("required", json!(["secret"])),
            ("additionalProperties", json!(false)),
        ]),
        Shape::List(item) => members([("type", json!("array")), ("items", Value::Object(self::shape(item)))]),
        Shape::Map(name, value) => members([
            ("type", json!("object")),
            ("propertyNames", json!({ "description": sentence(name.what) })),
            ("additionalProperties", Value::Object(self::shape(value))),
        ]),
        Shape::Object(fields) => object(fields),
        Shape::Either(shapes) => {
            let any = shapes.iter().map(|one| Value::Object(self::shape(one))).collect();
            members([("anyOf", Value::Array(any))])
        }
    }
}

fn scalar(scalar: &Scalar) -> Map<String, Value> {
    if !scalar.choices.is_empty() {
        return members([("enum", json!(scalar.choices))]);
    }
    let kinds = if scalar.number { json!(["string", "number"]) } else { json!("string") };
    members([("type", kinds), ("description", json!(sentence(scalar.what)))])
}

fn object(fields: &[Field]) -> Map<String, Value> {
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), Value::Object(property(field)))).collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut object = members([
        ("type", json!("object")),
        ("properties", Value::Object(properties)),
        ("additionalProperties", json!(false)),
    ]);
    if !required.is_empty() {
        object.insert("required".to_owned(), json!(required));
    }
    object
}

fn property(field: &Field) -> Map<String, Value> {
    let mut property = shape(&field.shape);
    // What it means first, then how it is written.
    let how = property.get("description").and_then(Value::as_str).unwrap_or_default().replace("A text.", "");
    let description = format!("{} {how}", field.about);
    property.insert("description".to_owned(), json!(description.trim_end()));
    if !field.default.is_empty() {
        property.insert("default".to_owned(), json!(field.default));
    }
    property
}

fn members<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).chain(['.']).collect(),
        None => String::new(),
    }
}
