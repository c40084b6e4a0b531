//! The `Schema` message, which `parameters` and `responseSchema` are: fewer words than JSON Schema
//! has, and any other is refused ("Caching", "Schema", in the reference).

use serde_json::Value;

use super::{check::camel, list, refuse};
use crate::fault::Fault;

const WORDS: &[&str] = &[
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "maxItems",
    "minItems",
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "anyOf",
    "propertyOrdering",
    "default",
    "items",
    "minimum",
    "maximum",
];

const TYPES: &[&str] = &["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"];

pub(super) fn check(schema: &Value, place: &str) -> Result<(), Fault> {
    let Some(members) = schema.as_object() else {
        return refuse(format!("Invalid value at '{place}' (type.googleapis.com/google.ai.Schema)"));
    };
    if let Some(word) = members.keys().find(|word| !WORDS.contains(&camel(word).as_str())) {
        return refuse(format!(
            "Invalid JSON payload received. Unknown name \"{word}\" at '{place}': Cannot find field."
        ));
    }
    let kind = match &schema["type"] {
        Value::Null => String::new(),
        Value::String(kind) => kind.to_uppercase(),
        _ => {
            return refuse(format!(
                "Invalid JSON payload received. Unknown name \"type\" at '{place}': Proto field is not \
                 repeating, cannot start list."
            ));
        }
    };
    if !kind.is_empty() && !TYPES.contains(&kind.as_str()) {
        return refuse(format!("Invalid value at '{place}.type': \"{kind}\""));
    }
    if !schema["enum"].is_null() && kind != "STRING" {
        return refuse(format!("{place}.enum: only allowed for STRING type"));
    }
    if list(&schema["enum"]).iter().any(|value| value.as_str().is_none_or(str::is_empty)) {
        return refuse(format!("{place}.enum[0]: cannot be empty"));
    }
    let formats = ["enum", "date-time"];
    if kind == "STRING" && schema["format"].as_str().is_some_and(|format| !formats.contains(&format)) {
        return refuse(format!("{place}.format: only 'enum' and 'date-time' are supported for STRING type"));
    }
    if kind == "ARRAY" && schema["items"].is_null() {
        return refuse(format!("{place}.items: missing field."));
    }
    below(schema, place)
}

fn below(schema: &Value, place: &str) -> Result<(), Fault> {
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        check(schema, &format!("{place}.properties[{name}]"))?;
    }
    let properties = &schema["properties"];
    if let Some(name) = list(&schema["required"]).iter().find(|name| {
        name.as_str().is_none_or(|name| properties.get(name).is_none()) && properties.is_object()
    }) {
        return refuse(format!("{place}.required: property is not defined: {name}"));
    }
    for (index, schema) in list(&schema["anyOf"]).iter().enumerate() {
        check(schema, &format!("{place}.any_of[{index}]"))?;
    }
    match &schema["items"] {
        Value::Null => Ok(()),
        items => check(items, &format!("{place}.items")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_form_has_no_word_for_is_refused() {
        let refused = |schema: Value| check(&schema, "p").err().map(|fault| fault.message);
        let fine = json!({"type": "OBJECT", "properties": {"a": {"type": "string", "enum": ["x"]}}, "required": ["a"]});
        assert_eq!(refused(fine), None);
        for schema in [
            json!({"type": "object", "additionalProperties": false}),
            json!({"$ref": "#/$defs/a"}),
            json!({"type": ["string", "null"]}),
            json!({"type": "integer", "enum": [1]}),
            json!({"type": "array"}),
            json!({"type": "string", "format": "email"}),
            json!({"type": "object", "properties": {"a": {"const": 1}}}),
            json!({"oneOf": [{"type": "string"}]}),
        ] {
            assert!(refused(schema.clone()).is_some(), "{schema}");
        }
    }
}
