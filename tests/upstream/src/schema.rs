//! The smallest value that fits a JSON Schema, for structured outputs and forced tools.

use serde_json::{Map, Value, json};

/// A value that fits the schema; references and unions are followed to their first branch.
pub fn sample(schema: &Value) -> Value {
    fill(schema, schema, 0)
}

fn fill(schema: &Value, root: &Value, depth: usize) -> Value {
    if depth > 16 {
        return Value::Null;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        return root
            .pointer(reference.trim_start_matches('#'))
            .map_or(Value::Null, |it| fill(it, root, depth + 1));
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    if !schema["const"].is_null() {
        return schema["const"].clone();
    }
    for union in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema[union].get(0) {
            return fill(first, root, depth + 1);
        }
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("object");
    // Gemini's own form of a schema has its types in capitals.
    match kind.to_ascii_lowercase().as_str() {
        "string" => json!("settled"),
        "integer" => json!(7),
        "number" => json!(1.5),
        "boolean" => json!(true),
        "array" => json!([fill(&schema["items"], root, depth + 1)]),
        "null" => Value::Null,
        _ => {
            let empty = Map::new();
            let properties = schema["properties"].as_object().unwrap_or(&empty);
            Value::Object(
                properties.iter().map(|(name, it)| (name.clone(), fill(it, root, depth + 1))).collect(),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_is_filled() {
        let schema = json!({"type": "object", "properties": {
            "city": {"type": "string"},
            "days": {"type": "array", "items": {"$ref": "#/$defs/day"}},
            "unit": {"enum": ["celsius", "kelvin"]},
        }, "$defs": {"day": {"type": ["integer", "null"]}}});
        assert_eq!(sample(&schema), json!({"city": "settled", "days": [7], "unit": "celsius"}));
    }
}
