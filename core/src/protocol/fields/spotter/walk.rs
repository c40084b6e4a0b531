//! The walk through an answer, along a tree.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    MAX_NAMES,
    tree::{Node, Step},
};
use crate::protocol::json::Str;

/// Values that say what is so anyway.
const DEFAULTS: [(&str, &str); 5] = [
    ("content[].tool_use.caller", "direct"),
    ("usage.inference_geo", "not_available"),
    ("usage.inference_geo", "global"),
    ("usage.speed", "standard"),
    ("candidates[].tokenCount", "0"),
];

/// Walks `json` along `root`, and adds what is lost to `lost`. What is no JSON has no losses.
pub(super) fn along(root: &Node, json: &[u8], lost: &mut Vec<&'static str>) {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let _ = Walk { node: root, lost }.deserialize(&mut deserializer);
}

struct Walk<'t, 'l> {
    node: &'t Node,
    lost: &'l mut Vec<&'static str>,
}

impl Walk<'_, '_> {
    fn lose(&mut self) {
        if let Some(name) = self.node.lost
            && self.lost.len() < MAX_NAMES
            && !self.lost.contains(&name)
        {
            self.lost.push(name);
        }
    }

    fn says(&self, text: &str) -> bool {
        let is_default = |(name, default): &(&str, &str)| self.node.lost == Some(*name) && *default == text;
        !text.is_empty() && !DEFAULTS.iter().any(is_default)
    }

    /// Something that is below this place and has no row of its own.
    fn rest(&mut self, value: &RawValue) {
        let text = value.get().trim_matches('"');
        if !matches!(value.get(), "null" | "false" | "0" | "\"\"" | "[]" | "{}") && self.says(text) {
            self.lose();
        }
    }

    /// The member of an object that is not of a list of types.
    fn member<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        // The tree's names live as long as the program, those of the answer do not.
        let below =
            self.node.below.iter().find(|node| matches!(node.step, Step::Member(name) if name == key));
        match below {
            Some(node) if node.is_kept() => map.next_value::<IgnoredAny>().map(|_| ()),
            Some(node) => map.next_value_seed(Walk { node, lost: self.lost }),
            None if self.node.whole && self.node.lost.is_some() => {
                let value = map.next_value::<&RawValue>()?;
                self.rest(value);
                Ok(())
            }
            None => map.next_value::<IgnoredAny>().map(|_| ()),
        }
    }

    /// An object that is of one of several types: its type need not come first.
    fn typed<'de, A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut kind = None;
        let mut early: Vec<(Str<'de>, &'de RawValue)> = Vec::new();
        while let Some(key) = map.next_key::<Str<'de>>()? {
            match (key.0.as_ref(), kind) {
                ("type", None) => {
                    let name = map.next_value::<Str<'de>>()?;
                    let of = |node: &&Node| matches!(node.step, Step::Typed(of) if of == name.0);
                    kind = Some(self.node.below.iter().find(of));
                }
                (_, None) => early.push((key, map.next_value()?)),
                (_, Some(None)) => drop(map.next_value::<IgnoredAny>()?),
                (name, Some(Some(node))) => {
                    Walk { node, lost: self.lost }.member(name, &mut map)?;
                }
            }
        }
        let Some(Some(node)) = kind else { return Ok(()) };
        for (key, value) in early {
            self.reread(node, &key.0, value);
        }
        Ok(())
    }

    /// A member that came before the type of its object was known.
    fn reread(&mut self, node: &Node, key: &str, value: &RawValue) {
        let below = node.below.iter().find(|node| matches!(node.step, Step::Member(name) if name == key));
        match below {
            Some(node) => along(node, value.get().as_bytes(), self.lost),
            None if node.whole => Walk { node, lost: self.lost }.rest(value),
            None => {}
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        if self.node.below.iter().any(|node| matches!(node.step, Step::Typed(_))) {
            return self.typed(map);
        }
        let mut empty = true;
        while let Some(key) = map.next_key::<Str<'de>>()? {
            empty = false;
            self.member(&key.0, &mut map)?;
        }
        if !empty && !self.node.whole && self.node.below.is_empty() {
            self.lose();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        if let Some(node) = self.node.child(Step::Element) {
            while seq.next_element_seed(Walk { node, lost: self.lost })?.is_some() {}
            return Ok(());
        }
        let mut empty = true;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            empty = false;
        }
        if !empty {
            self.lose();
        }
        Ok(())
    }

    fn visit_str<E>(mut self, text: &str) -> Result<(), E> {
        if self.says(text) {
            self.lose();
        }
        Ok(())
    }

    fn visit_bool<E>(mut self, value: bool) -> Result<(), E> {
        if value {
            self.lose();
        }
        Ok(())
    }

    fn visit_u64<E>(mut self, number: u64) -> Result<(), E> {
        if number > 0 {
            self.lose();
        }
        Ok(())
    }

    fn visit_i64<E>(mut self, _: i64) -> Result<(), E> {
        self.lose();
        Ok(())
    }

    fn visit_f64<E>(mut self, number: f64) -> Result<(), E> {
        if number != 0.0 {
            self.lose();
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
