//! Arguments of a call that come as values for paths, put together.
//!
//! Where a caller of Vertex AI asks for it (`streamFunctionCallArguments`), a call's arguments come
//! as a list of paths (`$.order.items[0].name`) with a value each, and long texts in several pieces.
//! Nothing says that what stands inside one object comes together, so that no text of JSON can be
//! written before the end. They are gathered in a tree that grows with them, and written once.
//!
//! Sources: Vertex AI, "Function calling", streaming arguments; `PartialArg`; RFC 9535 for paths.

use crate::protocol::json::{Raw, Word, string, wire_object};

wire_object! {
    struct WirePartialArg<'a> {
        path: Word<'a> = "jsonPath" | "json_path",
        text: Word<'a> = "stringValue" | "string_value",
        number: Raw<'a> = "numberValue" | "number_value",
        truth: Raw<'a> = "boolValue" | "bool_value",
        null: Raw<'a> = "nullValue" | "null_value",
        more: Raw<'a> = "willContinue" | "will_continue",
    }
}

/// Steps of a path that are followed; what is nested deeper is left out.
const DEEPEST: usize = 64;

/// The arguments so far: an object.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    members: Vec<(String, Value)>,
    /// The path of the text that goes on with the next value, if it has the same path.
    open: Option<String>,
}

#[derive(Debug)]
enum Value {
    /// A number, a truth value or null, as it was written.
    Plain(String),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

impl Arguments {
    /// Takes one value.
    pub(super) fn push(&mut self, arg: WirePartialArg<'_>) {
        let Some(path) = Word::text(arg.path) else { return };
        let goes_on = self.open.as_deref() == Some(path.as_ref());
        let value = match arg.text.and_then(|text| text.0) {
            Some(text) => Value::Text(text.into_owned()),
            None => {
                // A null's value is a word, and may be missing as zeros are.
                let plain = arg.number.or(arg.truth).map_or("null", |json| json.get());
                Value::Plain(plain.to_owned())
            }
        };
        let steps = steps(&path);
        self.open = arg.more.is_some_and(|more| more.get() == "true").then(|| path.into_owned());
        let Some(Step::Name(_)) = steps.first() else { return };
        if steps.len() > DEEPEST {
            return;
        }
        let place = place(&mut self.members, &steps);
        match (place, value) {
            (Some(Value::Text(text)), Value::Text(more)) if goes_on => text.push_str(&more),
            (Some(place), value) => *place = value,
            (None, _) => {}
        }
    }

    /// Whether no value came.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The JSON text. Of a call that was cut it has no end, as the model wrote none.
    pub(super) fn json(&self, whole: bool) -> String {
        let mut out = Vec::new();
        write_object(&mut out, &self.members);
        if !whole {
            out.pop();
        }
        String::from_utf8(out).unwrap_or_default()
    }
}

/// The place that the steps lead to, made where it is not there yet.
fn place<'t>(members: &'t mut Vec<(String, Value)>, steps: &[Step]) -> Option<&'t mut Value> {
    let (Step::Name(name), rest) = steps.split_first()? else { return None };
    let at = members.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
        members.push((name.clone(), Value::Plain("null".to_owned())));
        members.len() - 1
    });
    let mut value = members.get_mut(at).map(|(_, value)| value)?;
    let Some(next) = rest.first() else { return Some(value) };
    match next {
        Step::Name(_) => {
            if !matches!(value, Value::Object(_)) {
                *value = Value::Object(Vec::new());
            }
            match value {
                Value::Object(members) => place(members, rest),
                _ => None,
            }
        }
        Step::Index(_) => {
            for (at, step) in rest.iter().enumerate() {
                let Step::Index(index) = step else {
                    if !matches!(value, Value::Object(_)) {
                        *value = Value::Object(Vec::new());
                    }
                    return match value {
                        Value::Object(members) => place(members, rest.get(at..)?),
                        _ => None,
                    };
                };
                if !matches!(value, Value::List(_)) {
                    *value = Value::List(Vec::new());
                }
                let Value::List(list) = value else { return None };
                // Elements come in order: one beyond the end is the next one.
                let index = (*index).min(list.len());
                if index == list.len() {
                    list.push(Value::Plain("null".to_owned()));
                }
                value = list.get_mut(index)?;
            }
            Some(value)
        }
    }
}

/// The steps of a path: `$.a.b[0]['c d']`. None where it is not one.
fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    while !rest.is_empty() {
        let (step, left) = match rest.as_bytes() {
            [b'[', quote @ (b'"' | b'\''), ..] => {
                let Some((name, left)) = quoted(rest.get(2..).unwrap_or_default(), char::from(*quote)) else {
                    return Vec::new();
                };
                (Step::Name(name), left.strip_prefix(']').unwrap_or(left))
            }
            [b'[', ..] => {
                let Some((index, left)) = rest.get(1..).and_then(|rest| rest.split_once(']')) else {
                    return Vec::new();
                };
                let Ok(index) = index.trim().parse() else { return Vec::new() };
                (Step::Index(index), left)
            }
            _ => {
                let name = rest.strip_prefix('.').unwrap_or(rest);
                let (name, left) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
                (Step::Name(name.to_owned()), left)
            }
        };
        steps.push(step);
        // A step that takes nothing would be taken for ever.
        if left.len() == rest.len() {
            return Vec::new();
        }
        rest = left;
    }
    steps
}

/// A name in quotes, and what stands behind it.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            _ if letter == quote => return Some((name, text.get(at + 1..)?)),
            '\\' => {
                let (_, escaped) = letters.next()?;
                match escaped {
                    'n' => name.push('\n'),
                    't' => name.push('\t'),
                    'r' => name.push('\r'),
                    'b' => name.push('\u{8}'),
                    'f' => name.push('\u{c}'),
                    'u' => {
                        let digits: String = letters.by_ref().take(4).map(|(_, digit)| digit).collect();
                        let code = u32::from_str_radix(&digits, 16).ok()?;
                        name.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    other => name.push(other),
                }
            }
            _ => name.push(letter),
        }
    }
    None
}

fn write_object(out: &mut Vec<u8>, members: &[(String, Value)]) {
    out.push(b'{');
    for (at, (name, value)) in members.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        string(out, name);
        out.push(b':');
        write(out, value);
    }
    out.push(b'}');
}

fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Plain(json) => out.extend_from_slice(json.as_bytes()),
        Value::Text(text) => string(out, text),
        Value::Object(members) => write_object(out, members),
        Value::List(list) => {
            out.push(b'[');
            for (at, value) in list.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(out, value);
            }
            out.push(b']');
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{Arguments, Step, steps};
    use crate::protocol::json::from_str;

    fn gather(values: &[Json]) -> String {
        let mut arguments = Arguments::default();
        for value in values {
            arguments.push(from_str(&value.to_string()).unwrap());
        }
        arguments.json(true)
    }

    #[test]
    fn values_find_their_places_in_any_order() {
        let text = gather(&[
            json!({ "jsonPath": "$.title", "stringValue": "a \"", "willContinue": true }),
            json!({ "jsonPath": "$.title", "stringValue": "b\n", "willContinue": true }),
            json!({ "jsonPath": "$.title", "stringValue": "" }),
            json!({ "jsonPath": "$.size.width", "numberValue": 1.50 }),
            json!({ "jsonPath": "$.rows[0][1]", "numberValue": 2 }),
            json!({ "jsonPath": "$.rows[0][1]", "boolValue": true }),
            json!({ "jsonPath": "$.rows[1].name", "stringValue": "x" }),
            json!({ "jsonPath": "$.size.height", "numberValue": 3 }),
            json!({ "jsonPath": "$['odd. name']['it\\'s']", "nullValue": "NULL_VALUE" }),
            json!({ "jsonPath": "$.empty", "stringValue": "" }),
        ]);
        let expected = json!({
            "title": "a \"b\n",
            "size": { "width": 1.5, "height": 3 },
            "rows": [[2, true], { "name": "x" }],
            "odd. name": { "it's": null },
            "empty": "",
        });
        assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), expected);
    }

    #[test]
    fn a_text_goes_on_only_where_it_said_so() {
        let piece =
            |text: &str, more: bool| json!({ "jsonPath": "$.a", "stringValue": text, "willContinue": more });
        assert_eq!(gather(&[piece("x", true), piece("y", false)]), r#"{"a":"xy"}"#);
        assert_eq!(gather(&[piece("x", false), piece("y", false)]), r#"{"a":"y"}"#);
    }

    #[test]
    fn what_was_cut_is_no_json() {
        let mut arguments = Arguments::default();
        arguments.push(from_str(r#"{"jsonPath":"$.a","stringValue":"x","willContinue":true}"#).unwrap());
        assert_eq!(arguments.json(false), r#"{"a":"x""#);
        assert_eq!(arguments.json(true), r#"{"a":"x"}"#);
    }

    #[test]
    fn paths_are_read_as_the_standard_writes_them() {
        let name = |name: &str| Step::Name(name.to_owned());
        assert_eq!(steps("$.a.b[0].c"), [name("a"), name("b"), Step::Index(0), name("c")]);
        assert_eq!(steps(r#"$["a\u0041\"]"][12]"#), [name("aA\"]"), Step::Index(12)]);
        for odd in ["$", "$[x]", "$['open", "$[1", ""] {
            assert_eq!(steps(odd), [], "{odd}");
        }
    }

    #[test]
    fn no_path_is_too_odd() {
        for path in
            ["$[0]", "$", "..", "$.a[99999999999]", &format!("$.a{}", "[0]".repeat(9_999)), "$.a[0][1]x"]
        {
            let text = gather(&[
                json!({ "jsonPath": path, "numberValue": 1 }),
                json!({ "jsonPath": "$.a.b", "numberValue": 2 }),
            ]);
            assert!(serde_json::from_str::<Json>(&text).is_ok(), "{path}: {text}");
        }
    }
}
