//! JSON schemas in the part of JSON Schema that Claude's structured outputs and strict tools take.
//!
//! Source: Anthropic's "Structured outputs", JSON Schema limitations. Objects must be closed
//! (`additionalProperties: false`); limits on numbers, lengths and counts are refused, and go into
//! the description, where the model reads them (Anthropic's own SDKs do the same); `oneOf` is
//! `anyOf`. A schema that says something the part has no words for, such as a map with free keys,
//! is not bent: the caller of this module finds another way.
//!
//! Members keep their order, since the model writes in that order.

use serde_json::value::RawValue;

use crate::{
    conversation::Extra,
    protocol::json::{List, Object, Raw, Str, from_str, string, wire_object},
};

wire_object! {
    struct WireSchema<'a> {
        kind: Raw<'a> = "type",
        description: Str<'a> = "description",
        additional: Raw<'a> = "additionalProperties",
    }

    struct WireLabels<'a> {
        title: Str<'a> = "title",
        description: Str<'a> = "description",
    }

    struct WireMembers<'a> {}
}

/// Limits that are said in the description instead.
const LIMITS: [&str; 13] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "format",
];

/// Formats of strings that are enforced.
const FORMATS: [&str; 10] =
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

/// What has no equivalent.
const FOREIGN: [&str; 12] = [
    "patternProperties",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependentRequired",
    "unevaluatedProperties",
    "prefixItems",
    "contains",
    "$dynamicRef",
];

/// How deep schemas may be nested.
const MAX_DEPTH: u32 = 64;

/// The schema as Claude takes it, as JSON text. `None` where it says more than that can.
pub(super) fn native(schema: Raw<'_>) -> Option<String> {
    let mut out = Vec::with_capacity(schema.get().len() + 64);
    write(&mut out, schema, MAX_DEPTH)?;
    String::from_utf8(out).ok()
}

/// The schema with the name and the description that chat gives beside it, as `title` and
/// `description`, where it has none of its own. `None` where nothing is to be added.
pub(super) fn labelled(
    schema: Raw<'_>,
    name: Option<&str>,
    description: Option<&str>,
) -> Option<Box<RawValue>> {
    let wire: WireLabels<'_> = from_str(schema.get()).ok()?;
    let title = name.filter(|_| wire.title.is_none());
    let description = description.filter(|_| wire.description.is_none());
    if title.is_none() && description.is_none() {
        return None;
    }
    let mut out = Vec::with_capacity(schema.get().len() + 128);
    let mut object = Object::new(&mut out);
    object.string_or_skip("title", title.or(wire.title.as_ref().map(|title| title.0.as_ref())));
    let own = wire.description.as_ref().map(|text| text.0.as_ref());
    object.string_or_skip("description", description.or(own));
    object.extra(&wire.extra);
    object.end();
    RawValue::from_string(String::from_utf8(out).ok()?).ok()
}

fn write(out: &mut Vec<u8>, schema: Raw<'_>, depth: u32) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let wire: WireSchema<'_> = from_str(schema.get()).ok()?;
    if wire.extra.iter().any(|(name, _)| FOREIGN.contains(&name.as_ref())) {
        return None;
    }
    if wire.additional.is_some_and(|additional| additional.get() != "false") {
        return None;
    }
    let is_object = wire.kind.is_some_and(|kind| kind.get().contains("\"object\""))
        || wire.extra.iter().any(|(name, _)| name == "properties");
    let limits = limits(&wire.extra);
    let mut object = Object::new(out);
    object.json_or_skip("type", wire.kind);
    if wire.description.is_some() || !limits.is_empty() {
        let said = wire.description.map(|text| text.0).unwrap_or_default();
        let gap = if said.is_empty() || limits.is_empty() { "" } else { "\n\n" };
        string(object.key("description"), &format!("{said}{gap}{limits}"));
    }
    for (name, value) in &wire.extra {
        match name.as_ref() {
            "properties" | "$defs" | "definitions" => write_map(object.key(name), value, depth)?,
            "items" => write(object.key(name), value, depth)?,
            "oneOf" | "anyOf" | "allOf" => {
                let name = if name == "oneOf" { "anyOf" } else { name };
                write_list(object.key(name), value, depth)?;
            }
            "$schema" | "$id" | "examples" => {}
            limit if LIMITS.contains(&limit) && !is_enforced(limit, value) => {}
            name => object.json(name, value),
        }
    }
    if is_object {
        object.bool("additionalProperties", false);
    }
    object.end();
    Some(())
}

/// Whether a limit is one of the few that are taken.
fn is_enforced(name: &str, value: Raw<'_>) -> bool {
    match name {
        "minItems" => matches!(value.get(), "0" | "1"),
        "format" => FORMATS.contains(&value.get().trim_matches('"')),
        _ => false,
    }
}

/// The limits that go into the description.
fn limits(members: &Extra<'_>) -> String {
    let mut limits = Vec::new();
    for (name, value) in members {
        if LIMITS.contains(&name.as_ref()) && !is_enforced(name, value) {
            limits.push(format!("{name}: {}", value.get()));
        }
    }
    if limits.is_empty() { String::new() } else { format!("{{{}}}", limits.join(", ")) }
}

fn write_map(out: &mut Vec<u8>, map: Raw<'_>, depth: u32) -> Option<()> {
    let members: WireMembers<'_> = from_str(map.get()).ok()?;
    let mut object = Object::new(out);
    for (name, schema) in &members.extra {
        write(object.key(name), schema, depth)?;
    }
    object.end();
    Some(())
}

fn write_list(out: &mut Vec<u8>, list: Raw<'_>, depth: u32) -> Option<()> {
    let schemas: List<Raw<'_>> = from_str(list.get()).ok()?;
    for (i, schema) in schemas.0.into_iter().enumerate() {
        out.push(if i == 0 { b'[' } else { b',' });
        write(out, schema, depth)?;
    }
    out.push(b']');
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::native;

    fn adapted(schema: &Value) -> Option<Value> {
        let schema = serde_json::value::to_raw_value(schema).unwrap();
        native(&schema).map(|text| serde_json::from_str(&text).expect("JSON"))
    }

    #[test]
    fn schemas_are_closed_and_their_limits_told() {
        let cases = [
            (
                json!({ "type": "object", "properties": { "a": { "type": "integer", "minimum": 1, "maximum": 5 } } }),
                json!({ "type": "object", "additionalProperties": false, "properties": {
                    "a": { "type": "integer", "description": "{maximum: 5, minimum: 1}" } } }),
            ),
            (
                json!({ "$schema": "x", "type": ["object", "null"], "properties": {}, "required": [] }),
                json!({ "type": ["object", "null"], "properties": {}, "required": [], "additionalProperties": false }),
            ),
            (
                json!({ "oneOf": [{ "type": "string", "format": "date", "minLength": 2, "description": "D" }, { "$ref": "#/$defs/x" }],
                        "$defs": { "x": { "type": "array", "items": { "type": "object", "properties": {} }, "minItems": 1 } } }),
                json!({ "anyOf": [{ "type": "string", "format": "date", "description": "D\n\n{minLength: 2}" }, { "$ref": "#/$defs/x" }],
                        "$defs": { "x": { "type": "array", "minItems": 1, "items": {
                            "type": "object", "properties": {}, "additionalProperties": false } } } }),
            ),
            (
                json!({ "type": "string", "format": "unheard-of", "enum": ["a"], "default": "a" }),
                json!({ "type": "string", "description": "{format: \"unheard-of\"}", "enum": ["a"], "default": "a" }),
            ),
        ];
        for (schema, expected) in cases {
            assert_eq!(adapted(&schema), Some(expected), "{schema}");
        }
    }

    #[test]
    fn what_cannot_be_said_is_not_bent() {
        for schema in [
            json!(true),
            json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            json!({ "type": "object", "additionalProperties": true }),
            json!({ "type": "object", "properties": { "a": { "not": {} } } }),
            json!({ "type": "array", "items": false }),
        ] {
            assert_eq!(adapted(&schema), None, "{schema}");
        }
        let mut deep = json!({});
        for _ in 0..200 {
            deep = json!({ "items": deep });
        }
        assert_eq!(adapted(&deep), None);
    }
}
