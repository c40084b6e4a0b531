//! The sketch and serde_json agree; edits do what they say.

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::sketch::{Edits, Kind, Sketch, SketchError};

pub(super) const SEEDS: &[&[u8]] = &[
    br#"{"model":"gpt-5","stream":true,"stream_options":{"include_usage":true},"n":1,"temperature":-1.5e-3}"#,
    br#" { "mod\u0065l" : "\ud83d\ude00 \u00e9 \"q\" \\ \/ \b\f\n\r\t" , "a" : [ null , true , false , [ ] , { } ] } "#,
    "{\"messages\":[{\"role\":\"user\",\"content\":\"Grüße, 世界 😀, in a text that is a good deal longer than a block\"}]}"
        .as_bytes(),
    br#"{"model":"a","x":{"y":{"z":[1,2,[3,{"w":1e308}]]}},"model ":"b","tools":[{"parameters":{"type":"object"}}]}"#,
    br#"{"a":"\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\"\\\\\\","b":-0.0,"c":1E+2}"#,
];

/// The members of an object as serde_json reads them, duplicates included.
pub(crate) struct Pairs(pub(crate) Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Pairs;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// serde_json and the sketch accept the same objects and read the same from them, but for duplicate keys,
/// which the sketch alone refuses.
pub fn sketch(bytes: &[u8]) {
    // A key that means something to serde_json's own types, and nothing in JSON.
    if memchr::memmem::find(bytes, b"$serde_json::private").is_some() {
        return;
    }
    let shown = String::from_utf8_lossy(bytes);
    let ours = crate::sketch::sketch(&Bytes::copy_from_slice(bytes));
    let Ok(whole @ Value::Object(_)) = serde_json::from_slice::<Value>(bytes) else {
        assert!(ours.is_err(), "accepted {shown:?}, unlike serde_json");
        return;
    };
    let Pairs(pairs) = serde_json::from_slice(bytes).expect("serde_json to read it again");
    let duplicate = (1..pairs.len()).find(|at| pairs[..*at].iter().any(|(name, _)| *name == pairs[*at].0));
    if let Some(at) = duplicate {
        let want: String = pairs[at].0.chars().take(40).collect();
        let named = matches!(&ours, Err(SketchError::DuplicateKey { key, .. }) if *key == want);
        assert!(named, "{shown:?} has {want:?} twice: {ours:?}");
        return;
    }
    let ours = ours.unwrap_or_else(|error| panic!("refused {shown:?}: {error}"));
    same_members(&ours, &pairs);
    same_facts(&ours, &whole);
}

fn same_members(ours: &Sketch, pairs: &[(String, Value)]) {
    assert_eq!(ours.members().len(), pairs.len());
    for (member, (name, value)) in ours.members().iter().zip(pairs) {
        assert_eq!(ours.name(member), *name);
        assert_eq!(ours.member(name), Some(member));
        assert_eq!(serde_json::from_slice::<Value>(ours.value(member)).ok().as_ref(), Some(value));
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(false) => Kind::False,
            Value::Bool(true) => Kind::True,
            Value::Number(_) => Kind::Number,
            Value::String(_) => Kind::String,
            Value::Array(_) => Kind::Array,
            Value::Object(_) => Kind::Object,
        };
        assert_eq!(member.kind, kind);
    }
}

fn same_facts(ours: &Sketch, theirs: &Value) {
    let present = |name| theirs.get(name).filter(|value: &&Value| !value.is_null());
    assert_eq!(ours.model().ok().flatten().as_deref(), present("model").and_then(Value::as_str));
    assert_eq!(ours.model().is_err(), present("model").is_some_and(|model| !model.is_string()));
    assert_eq!(ours.stream().ok(), present("stream").map_or(Some(false), Value::as_bool));
}

/// Edits give the same members as the same wishes carried out on a list of pairs. The first eight bytes
/// say what to wish; the rest is the body.
pub fn edits(bytes: &[u8]) {
    let (wishes, body) = bytes.split_at(bytes.len().min(8));
    let Ok(sketch) = crate::sketch::sketch(&Bytes::copy_from_slice(body)) else { return };
    let Pairs(mut want) = serde_json::from_slice(body).expect("what the sketch accepts");
    let mut edits = sketch.edit();
    for wish in wishes {
        let name = |at: u8| match want.get(usize::from(at)) {
            Some((name, _)) => name.clone(),
            None => ["model", "stream_options", "a\"b", "é"][usize::from(at) % 4].to_owned(),
        };
        let wish = match wish % 3 {
            0 => Wish::Set(name(wish >> 4), format!("new {wish}")),
            1 => Wish::Remove(name(wish >> 4)),
            _ => Wish::Rename(name(wish >> 4), name(wish >> 2 & 3)),
        };
        wish.carry_out(&mut edits, &mut want);
    }
    let pieces = edits.pieces();
    assert!(pieces.iter().all(|piece| !piece.is_empty()));
    let result = pieces.concat();
    let Pairs(got) = serde_json::from_slice(&result).expect("JSON after edits");
    assert_eq!(got, want);
}

/// One edit.
#[derive(Clone, Debug)]
pub(crate) enum Wish {
    Set(String, String),
    Remove(String),
    Rename(String, String),
}

impl Wish {
    /// Does the same to both, and sees that they agree about whether it can be done.
    pub(crate) fn carry_out(&self, edits: &mut Edits<'_>, pairs: &mut Vec<(String, Value)>) {
        let find =
            |pairs: &[(String, Value)], wanted: &str| pairs.iter().position(|(name, _)| name == wanted);
        match self {
            Self::Set(name, value) => {
                edits.set(name, value.as_str());
                match find(pairs, name) {
                    Some(at) => pairs[at].1 = value.as_str().into(),
                    None => pairs.push((name.clone(), value.as_str().into())),
                }
            }
            Self::Remove(name) => {
                let at = find(pairs, name);
                assert_eq!(edits.remove(name), at.is_some());
                at.map(|at| pairs.remove(at));
            }
            Self::Rename(old, new) => {
                let at = find(pairs, old).filter(|_| find(pairs, new).is_none());
                assert_eq!(edits.rename(old, new), at.is_some());
                if let Some(at) = at {
                    pairs[at].0.clone_from(new);
                }
            }
        }
    }
}
