//! JSON schemas in the part of JSON Schema that Gemini takes, for `parametersJsonSchema` and
//! `responseJsonSchema`.
//!
//! Sources: the reference of `GenerationConfig.responseJsonSchema` ("only the following properties are
//! supported"), and what the API answered to real requests. Keywords beyond that part are accepted
//! and have no effect, so most of a schema goes through as it is. Put differently is what would be
//! refused or lost:
//!
//! - `$schema` is left out; `definitions` are `$defs`, and references go there;
//! - a reference to another place (`#/properties/a`, which generators like to write) is replaced by
//!   what stands there, since only `$defs` are looked up;
//! - beside a `$ref` nothing else may stand: it moves into an `anyOf` of one;
//! - `const` is an `enum` of one; an `allOf` of one is an `anyOf` of one; OpenAPI's `nullable` is a
//!   type;
//! - what Gemini has no words for (`not`, several `allOf`, conditions, patterns of names) is told in
//!   the description, where the model reads it.
//!
//! Members keep their order, since the model writes in that order.

use std::borrow::Cow;

use crate::{
    conversation::Extra,
    protocol::json::{List, Object, Raw, Str, from_str, string, wire_object},
};

wire_object! {
    struct WireSchema<'a> {
        description: Str<'a> = "description",
        reference: Str<'a> = "$ref",
        nullable: bool = "nullable",
    }

    struct WireMembers<'a> {}
}

/// Words without which a schema is sent as it is.
const TELLING: [&str; 14] = [
    "\"$schema\"",
    "\"$ref\"",
    "\"definitions\"",
    "\"const\"",
    "\"allOf\"",
    "\"nullable\"",
    "\"not\"",
    "\"if\"",
    "\"patternProperties\"",
    "\"propertyNames\"",
    "\"contains\"",
    "\"dependentSchemas\"",
    "\"dependentRequired\"",
    "\"unevaluatedProperties\"",
];

/// Keywords that say what Gemini has no words for.
const FOREIGN: [&str; 10] = [
    "not",
    "if",
    "then",
    "else",
    "patternProperties",
    "propertyNames",
    "contains",
    "dependentSchemas",
    "dependentRequired",
    "unevaluatedProperties",
];

/// How deep schemas may be nested.
const MAX_DEPTH: u32 = 64;
/// How often what stands elsewhere is put in place of a reference, one inside another: a schema that
/// refers to itself would never end.
const MAX_INLINED: u32 = 3;

/// The schema as Gemini takes it.
pub(super) fn adapted(schema: Raw<'_>) -> Cow<'_, str> {
    let text = schema.get();
    if !TELLING.iter().any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len() + 64);
    let place = Place { root: schema, depth: MAX_DEPTH, inlined: 0 };
    // What is no schema, or one without an end, is for the provider to refuse.
    let written = write(&mut out, schema, place).and_then(|()| String::from_utf8(out).ok());
    written.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Where a schema stands that is being written.
#[derive(Clone, Copy)]
struct Place<'s> {
    /// The whole, which references start from.
    root: Raw<'s>,
    /// How much deeper it may go.
    depth: u32,
    /// How many references were replaced by what they name on the way here.
    inlined: u32,
}

fn write(out: &mut Vec<u8>, schema: Raw<'_>, place: Place<'_>) -> Option<()> {
    let place = Place { depth: place.depth.checked_sub(1)?, ..place };
    if matches!(schema.get(), "true" | "false") {
        out.extend_from_slice(b"{}");
        return Some(());
    }
    let wire: WireSchema<'_> = from_str(schema.get()).ok()?;
    match wire.reference.as_ref().map(|reference| Reference::of(&reference.0, place)) {
        Some(Reference::Elsewhere(target)) if wire.extra.is_empty() && wire.description.is_none() => {
            write(out, target, Place { inlined: place.inlined + 1, ..place })
        }
        reference => write_members(out, &wire, reference, place),
    }
}

fn write_members(
    out: &mut Vec<u8>,
    wire: &WireSchema<'_>,
    reference: Option<Reference<'_>>,
    place: Place<'_>,
) -> Option<()> {
    let mut object = Object::new(out);
    let alone = wire.description.is_none()
        && wire.extra.iter().all(|(name, _)| name.starts_with('$') || name == "definitions");
    match reference {
        Some(Reference::Definition(pointer)) if alone => object.string("$ref", &pointer),
        Some(Reference::Definition(pointer)) => object.array("anyOf", |list| {
            list.object(|only| only.string("$ref", &pointer));
        }),
        Some(Reference::Elsewhere(target)) => {
            let out = object.key("anyOf");
            out.push(b'[');
            write(out, target, Place { inlined: place.inlined + 1, ..place })?;
            out.push(b']');
        }
        Some(Reference::Endless) | None => {}
    }
    let told = told(&wire.extra);
    if wire.description.is_some() || !told.is_empty() {
        let said = wire.description.as_ref().map(|text| text.0.as_ref()).unwrap_or_default();
        let gap = if said.is_empty() || told.is_empty() { "" } else { "\n\n" };
        string(object.key("description"), &format!("{said}{gap}{told}"));
    }
    for (name, value) in &wire.extra {
        write_member(&mut object, name, value, wire.nullable == Some(true), place)?;
    }
    object.end();
    Some(())
}

fn write_member(
    object: &mut Object<'_, Vec<u8>>,
    name: &str,
    value: Raw<'_>,
    nullable: bool,
    place: Place<'_>,
) -> Option<()> {
    match name {
        "$schema" => {}
        "properties" | "$defs" => write_map(object.key(name), value, place)?,
        "definitions" => write_map(object.key("$defs"), value, place)?,
        "items" if !value.get().starts_with('[') => write(object.key(name), value, place)?,
        "additionalProperties" if value.get().starts_with('{') => write(object.key(name), value, place)?,
        "prefixItems" | "anyOf" | "oneOf" => write_list(object.key(name), value, place)?,
        // Others than texts and numbers are no enum for Gemini.
        "const" if value.get().starts_with(['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) => {
            object.key("enum").extend_from_slice(format!("[{}]", value.get()).as_bytes());
        }
        "allOf" if is_single(value) => write_list(object.key("anyOf"), value, place)?,
        "allOf" => {}
        "type" if nullable && value.get().starts_with('"') && value.get() != "\"null\"" => {
            object.key(name).extend_from_slice(format!("[{},\"null\"]", value.get()).as_bytes());
        }
        name if FOREIGN.contains(&name) => {}
        name => object.json(name, value),
    }
    Some(())
}

/// What Gemini has no words for, as the text of an object.
fn told(members: &Extra<'_>) -> String {
    let foreign =
        |name: &str, value: Raw<'_>| FOREIGN.contains(&name) || (name == "allOf" && !is_single(value));
    let told: Vec<String> = members
        .iter()
        .filter(|(name, value)| foreign(name, value))
        .map(|(name, value)| format!("\"{name}\": {}", value.get()))
        .collect();
    if told.is_empty() { String::new() } else { format!("{{{}}}", told.join(", ")) }
}

fn is_single(list: Raw<'_>) -> bool {
    from_str::<List<Raw<'_>>>(list.get()).is_ok_and(|list| list.0.len() == 1)
}

fn write_map(out: &mut Vec<u8>, map: Raw<'_>, place: Place<'_>) -> Option<()> {
    let members: WireMembers<'_> = from_str(map.get()).ok()?;
    let mut object = Object::new(out);
    for (name, schema) in &members.extra {
        write(object.key(name), schema, place)?;
    }
    object.end();
    Some(())
}

fn write_list(out: &mut Vec<u8>, list: Raw<'_>, place: Place<'_>) -> Option<()> {
    let schemas: List<Raw<'_>> = from_str(list.get()).ok()?;
    out.push(b'[');
    for (i, schema) in schemas.0.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(out, schema, place)?;
    }
    out.push(b']');
    Some(())
}

/// What a `$ref` leads to.
enum Reference<'s> {
    /// A definition, under the name that it will have.
    Definition(String),
    /// A schema somewhere else in the whole.
    Elsewhere(Raw<'s>),
    /// Nothing that can be found, or itself.
    Endless,
}

impl<'s> Reference<'s> {
    fn of(reference: &str, place: Place<'s>) -> Self {
        let definition = ["#/$defs/", "#/definitions/"].iter().find_map(|root| reference.strip_prefix(root));
        if let Some(name) = definition.filter(|name| !name.contains('/')) {
            return Self::Definition(format!("#/$defs/{name}"));
        }
        let pointer = reference.strip_prefix('#').filter(|_| place.inlined < MAX_INLINED);
        pointer.and_then(|pointer| find(place.root, pointer)).map_or(Self::Endless, Self::Elsewhere)
    }
}

/// What a JSON pointer names.
fn find<'s>(root: Raw<'s>, pointer: &str) -> Option<Raw<'s>> {
    let mut found = root;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        found = if found.get().starts_with('[') {
            let list: List<Raw<'s>> = from_str(found.get()).ok()?;
            list.0.get(step.parse::<usize>().ok()?)?
        } else {
            let members: WireMembers<'s> = from_str(found.get()).ok()?;
            let (_, value) = members.extra.into_iter().find(|(name, _)| *name == step)?;
            match value {
                Cow::Borrowed(value) => value,
                Cow::Owned(_) => return None,
            }
        };
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::adapted;

    fn told(schema: &Value) -> Value {
        let schema = serde_json::value::to_raw_value(schema).unwrap();
        serde_json::from_str(&adapted(&schema)).expect("JSON")
    }

    #[test]
    fn what_gemini_takes_goes_through_as_it_is() {
        for schema in [
            json!({ "type": "object", "properties": { "b": { "type": ["string", "null"], "format": "date" },
                "a": { "type": "array", "items": { "enum": [1, 2.5] }, "minItems": 1, "maxItems": 2 } },
                "required": ["b"], "additionalProperties": false }),
            json!({ "anyOf": [{ "type": "integer", "minimum": 1 }, { "type": "null" }], "default": null }),
            json!({ "$defs": { "a": { "type": "string" } }, "properties": { "a": { "$ref": "#/$defs/a" } } }),
            json!({ "prefixItems": [{ "type": "string" }], "propertyOrdering": ["x"], "pattern": "^a", "minLength": 2 }),
            json!("no schema"),
            json!({ "properties": { "const": 1 } }),
        ] {
            assert_eq!(told(&schema), schema, "{schema}");
        }
    }

    #[test]
    fn what_would_be_refused_is_put_differently() {
        for (schema, expected) in [
            (
                json!({ "$schema": "x", "definitions": { "a": { "const": "b" } }, "$ref": "#/definitions/a" }),
                json!({ "$defs": { "a": { "enum": ["b"] } }, "$ref": "#/$defs/a" }),
            ),
            (
                json!({ "$ref": "#/$defs/a", "description": "d", "default": 1 }),
                json!({ "anyOf": [{ "$ref": "#/$defs/a" }], "description": "d", "default": 1 }),
            ),
            (
                json!({ "properties": { "h": { "type": "object" }, "l": { "items": { "$ref": "#/properties/h" } },
                    "d": { "$ref": "#/properties/h", "description": "D" } } }),
                json!({ "properties": { "h": { "type": "object" }, "l": { "items": { "type": "object" } },
                    "d": { "anyOf": [{ "type": "object" }], "description": "D" } } }),
            ),
            (
                json!({ "anyOf": [{ "type": "string" }, { "$ref": "#/anyOf/0" }] }),
                json!({ "anyOf": [{ "type": "string" }, { "type": "string" }] }),
            ),
            (
                json!({ "properties": { "x": { "$ref": "https://else.test/x" } } }),
                json!({ "properties": { "x": {} } }),
            ),
            (
                json!({ "allOf": [{ "$ref": "#/$defs/a" }], "title": "t" }),
                json!({ "anyOf": [{ "$ref": "#/$defs/a" }], "title": "t" }),
            ),
            (
                json!({ "type": "object", "allOf": [{ "required": ["a"] }, { "required": ["b"] }], "description": "d" }),
                json!({ "type": "object", "description": "d\n\n{\"allOf\": [{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}" }),
            ),
            (
                json!({ "type": "string", "not": { "const": "x" } }),
                json!({ "type": "string", "description": "{\"not\": {\"const\":\"x\"}}" }),
            ),
            (json!({ "type": "string", "nullable": true }), json!({ "type": ["string", "null"] })),
            (json!({ "type": "string", "nullable": false }), json!({ "type": "string" })),
            (json!({ "const": true, "type": "boolean" }), json!({ "const": true, "type": "boolean" })),
            (
                json!({ "additionalProperties": { "const": -1 }, "items": true, "$schema": "" }),
                json!({ "additionalProperties": { "enum": [-1] }, "items": {} }),
            ),
        ] {
            assert_eq!(told(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({ "properties": { "child": { "$ref": "#" } } });
        let mut found = told(&schema);
        let mut depth = 0;
        while found["properties"]["child"].is_object() {
            found = found["properties"]["child"].take();
            depth += 1;
        }
        assert!((2..6).contains(&depth), "{depth}");
        let mut deep = json!({ "const": "x" });
        for _ in 0..100 {
            deep = json!({ "items": deep });
        }
        assert_eq!(told(&deep), deep, "sent as it is");
    }
}
