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
//! - `const` is an `enum` of one; the parts of an `allOf` stand beside it, where they speak of
//!   different things; OpenAPI's `nullable` is a type;
//! - what Gemini has no words for (`not`, other `allOf`, conditions, patterns of names) is told in the
//!   description, where the model reads it.
//!
//! Members keep their order, since the model writes in that order.

use std::{borrow::Cow, sync::LazyLock};

use memchr::memmem::Finder;

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
static TELLING: LazyLock<[Finder<'static>; 14]> = LazyLock::new(|| {
    [
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
    ]
    .map(Finder::new)
});

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
/// How many references of a schema are followed.
const MAX_FOLLOWED: u32 = 256;
/// How much longer a schema may become by that, in bytes.
const MAX_GROWTH: usize = 256 << 10;

/// The schema as Gemini takes it.
pub(super) fn adapted(schema: Raw<'_>) -> Cow<'_, str> {
    let text = schema.get();
    if !TELLING.iter().any(|word| word.find(text.as_bytes()).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len() + 64);
    let mut adapter = Adapter { root: schema, followed: 0, longest: text.len() + MAX_GROWTH };
    let level = Level { depth: MAX_DEPTH, inlined: 0 };
    // What is no schema, or one without an end, is for the provider to refuse.
    let written = adapter.schema(&mut out, schema, level).and_then(|()| String::from_utf8(out).ok());
    written.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Writes a schema anew.
struct Adapter<'s> {
    /// The whole, which references start from.
    root: Raw<'s>,
    /// How many references were followed.
    followed: u32,
    /// How long the whole may become.
    longest: usize,
}

/// Where in the whole a schema stands.
#[derive(Clone, Copy)]
struct Level {
    /// How much deeper it may go.
    depth: u32,
    /// How many references were replaced by what they name on the way here.
    inlined: u32,
}

type Members<'m> = Vec<(&'m str, Raw<'m>)>;

impl<'s> Adapter<'s> {
    fn schema(&mut self, out: &mut Vec<u8>, schema: Raw<'_>, level: Level) -> Option<()> {
        let level = Level { depth: level.depth.checked_sub(1)?, ..level };
        if out.len() > self.longest {
            return None;
        }
        if matches!(schema.get(), "true" | "false") {
            out.extend_from_slice(b"{}");
            return Some(());
        }
        let wire: WireSchema<'_> = from_str(schema.get()).ok()?;
        let reference = match &wire.reference {
            Some(reference) => Some(self.follow(&reference.0, level)?),
            None => None,
        };
        match reference {
            Some(Reference::Elsewhere(target)) if wire.extra.is_empty() && wire.description.is_none() => {
                self.schema(out, target, Level { inlined: level.inlined + 1, ..level })
            }
            reference => self.members(out, &wire, reference, level),
        }
    }

    fn members(
        &mut self,
        out: &mut Vec<u8>,
        wire: &WireSchema<'_>,
        reference: Option<Reference<'_>>,
        level: Level,
    ) -> Option<()> {
        let parts = all_of(&wire.extra);
        let (members, mut told) = sorted(&wire.extra, &parts);
        let has_union = members.iter().any(|(name, _)| *name == "anyOf");
        let alone = wire.description.is_none()
            && members.iter().all(|(name, _)| name.starts_with('$') || *name == "definitions");
        let mut object = Object::new(out);
        match (reference, &wire.reference) {
            (Some(Reference::Definition(pointer)), _) if alone => object.string("$ref", &pointer),
            (Some(_), Some(reference)) if has_union => told.push(format!("\"$ref\": \"{}\"", reference.0)),
            (Some(Reference::Definition(pointer)), _) => object.array("anyOf", |list| {
                list.object(|only| only.string("$ref", &pointer));
            }),
            (Some(Reference::Elsewhere(target)), _) => {
                let out = object.key("anyOf");
                out.push(b'[');
                self.schema(out, target, Level { inlined: level.inlined + 1, ..level })?;
                out.push(b']');
            }
            _ => {}
        }
        if wire.description.is_some() || !told.is_empty() {
            let said = wire.description.as_ref().map(|text| text.0.as_ref()).unwrap_or_default();
            let told = if told.is_empty() { String::new() } else { format!("{{{}}}", told.join(", ")) };
            let gap = if said.is_empty() || told.is_empty() { "" } else { "\n\n" };
            string(object.key("description"), &format!("{said}{gap}{told}"));
        }
        for (name, value) in members {
            self.member(&mut object, name, value, wire.nullable == Some(true), level)?;
        }
        object.end();
        Some(())
    }

    fn member(
        &mut self,
        object: &mut Object<'_, Vec<u8>>,
        name: &str,
        value: Raw<'_>,
        nullable: bool,
        level: Level,
    ) -> Option<()> {
        match name {
            "$schema" => {}
            "properties" | "$defs" => self.map(object.key(name), value, level)?,
            "definitions" => self.map(object.key("$defs"), value, level)?,
            "items" if !value.get().starts_with('[') => self.schema(object.key(name), value, level)?,
            "additionalProperties" if value.get().starts_with('{') => {
                self.schema(object.key(name), value, level)?;
            }
            "prefixItems" | "anyOf" | "oneOf" => self.list(object.key(name), value, level)?,
            // Others than texts and numbers are no enum for Gemini.
            "const"
                if value
                    .get()
                    .starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit()) =>
            {
                object.key("enum").extend_from_slice(format!("[{}]", value.get()).as_bytes());
            }
            "type" if nullable && value.get().starts_with('"') && value.get() != "\"null\"" => {
                object.key(name).extend_from_slice(format!("[{},\"null\"]", value.get()).as_bytes());
            }
            name => object.json(name, value),
        }
        Some(())
    }

    fn map(&mut self, out: &mut Vec<u8>, map: Raw<'_>, level: Level) -> Option<()> {
        let members: WireMembers<'_> = from_str(map.get()).ok()?;
        let mut object = Object::new(out);
        for (name, schema) in &members.extra {
            self.schema(object.key(name), schema, level)?;
        }
        object.end();
        Some(())
    }

    fn list(&mut self, out: &mut Vec<u8>, list: Raw<'_>, level: Level) -> Option<()> {
        let schemas: List<Raw<'_>> = from_str(list.get()).ok()?;
        out.push(b'[');
        for (i, schema) in schemas.0.into_iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            self.schema(out, schema, level)?;
        }
        out.push(b']');
        Some(())
    }

    /// What a reference leads to; `None` where there are too many of them.
    fn follow(&mut self, reference: &str, level: Level) -> Option<Reference<'s>> {
        let definition = ["#/$defs/", "#/definitions/"].iter().find_map(|root| reference.strip_prefix(root));
        if let Some(name) = definition.filter(|name| !name.contains('/')) {
            return Some(Reference::Definition(format!("#/$defs/{name}")));
        }
        self.followed += 1;
        if self.followed > MAX_FOLLOWED {
            return None;
        }
        let pointer = reference.strip_prefix('#').filter(|_| level.inlined < MAX_INLINED);
        let target = pointer.and_then(|pointer| find(self.root, pointer));
        Some(target.map_or(Reference::Endless, Reference::Elsewhere))
    }
}

/// The schemas of an `allOf` that stands among `members`.
fn all_of<'m>(members: &'m Extra<'_>) -> Option<Vec<WireMembers<'m>>> {
    let (_, list) = members.iter().find(|(name, _)| name == "allOf")?;
    let list: List<WireMembers<'m>> = from_str(list.get()).ok()?;
    Some(list.0)
}

/// The members to write, and what is to be told of the others. Of an `allOf`, `parts` are written as if
/// they stood beside it, where no two of them speak of the same; one alone may also be a union.
fn sorted<'m>(members: &'m Extra<'_>, parts: &'m Option<Vec<WireMembers<'_>>>) -> (Members<'m>, Vec<String>) {
    let mut written: Members<'m> = Vec::with_capacity(members.len());
    let mut told = Vec::new();
    for (name, value) in members {
        let name = name.as_ref();
        if FOREIGN.contains(&name) {
            told.push(format!("\"{name}\": {}", value.get()));
        } else if name != "allOf" {
            written.push((name, value));
        }
    }
    let Some((_, list)) = members.iter().find(|(name, _)| name == "allOf") else { return (written, told) };
    let beside: Members<'m> = parts
        .iter()
        .flatten()
        .flat_map(|part| part.extra.iter().map(|(name, value)| (name.as_ref(), value.as_ref())))
        .collect();
    let plain = |name: &str| {
        !matches!(name, "$ref" | "description" | "nullable" | "allOf") && !FOREIGN.contains(&name)
    };
    let is_first = |at: usize, name: &str| {
        let others = written.iter().chain(beside.iter().take(at));
        others.into_iter().all(|(other, _)| *other != name)
    };
    if parts.is_some() && beside.iter().enumerate().all(|(at, (name, _))| plain(name) && is_first(at, name)) {
        written.extend(beside);
    } else if parts.as_ref().is_some_and(|parts| parts.len() == 1)
        && written.iter().all(|(name, _)| *name != "anyOf")
    {
        written.push(("anyOf", list));
    } else {
        told.push(format!("\"allOf\": {}", list.get()));
    }
    (written, told)
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
                json!({ "allOf": [{ "type": "string" }, { "const": "x", "title": "t" }] }),
                json!({ "type": "string", "enum": ["x"], "title": "t" }),
            ),
            (
                json!({ "anyOf": [{ "type": "string" }], "$ref": "#/$defs/a" }),
                json!({ "anyOf": [{ "type": "string" }], "description": "{\"$ref\": \"#/$defs/a\"}" }),
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
        // Each of many references to the whole would hold all of them again.
        let many: Vec<Value> = (0..200).map(|_| json!({ "$ref": "#" })).collect();
        let wide = json!({ "anyOf": many });
        assert_eq!(told(&wide), wide, "sent as it is");
    }
}
