use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use super::write::{Array, Object, Out, string};
use crate::conversation::{Extra, Text};

/// Stands between the steps of a path inside an error message on its way up. No message of serde
/// or of ours holds it.
const STEP: char = '\u{1}';

/// A body that is not what its protocol says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// Where, such as `messages[3].content[0].type`; empty for the body as a whole.
    pub(crate) path: String,
    /// What was met, with line and column.
    pub(crate) detail: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            out.write_str(&self.detail)
        } else {
            write!(out, "{}: {}", self.path, self.detail)
        }
    }
}

/// Reads `bytes`, which must be UTF-8, as one JSON value.
pub(crate) fn from_slice<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|error| Malformed {
        path: String::new(),
        detail: format!("not valid UTF-8 at byte {}", error.valid_up_to()),
    })?;
    serde_json::from_str(text).map_err(|error| malformed(&error))
}

/// Takes the path out of an error's message.
fn malformed(error: &serde_json::Error) -> Malformed {
    let message = error.to_string();
    let mut steps: Vec<&str> = message.split(STEP).collect();
    let detail = steps.pop().unwrap_or_default().to_owned();
    let mut path = String::new();
    for step in steps {
        if !path.is_empty() && !step.starts_with('[') {
            path.push('.');
        }
        path.push_str(step);
    }
    Malformed { path, detail }
}

/// Puts one step of a path before an error.
pub(crate) fn at<E: Error>(step: impl fmt::Display, error: E) -> E {
    E::custom(format_args!("{step}{STEP}{error}"))
}

/// Moves what an inner object leaves over to that of the whole, under its path.
pub(crate) fn nest<'a>(extra: &mut Extra<'a>, path: &str, inner: &mut Extra<'a>) {
    extra.extend(inner.drain(..).map(|(name, value)| (Cow::Owned(format!("{path}.{name}")), value)));
}

/// Text that borrows where it can.
#[derive(Debug, Clone, Default)]
pub(crate) struct Str<'a>(pub(crate) Text<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StrVisitor;
        impl<'de> Visitor<'de> for StrVisitor {
            type Value = Text<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text))
            }
        }
        deserializer.deserialize_str(StrVisitor).map(Str)
    }
}

/// A whole number from 0, also where a client wrote it as `1024.0`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountVisitor;
        impl Visitor<'_> for CountVisitor {
            type Value = u64;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a whole number from 0")
            }

            fn visit_u64<E>(self, value: u64) -> Result<u64, E> {
                Ok(value)
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<u64, E> {
                u64::try_from(value)
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(value), &self))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<u64, E> {
                if value >= 0.0 && value.fract() == 0.0 && value <= 9_007_199_254_740_992.0 {
                    Ok(value as u64)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Float(value), &self))
                }
            }
        }
        deserializer.deserialize_any(CountVisitor).map(Count)
    }
}

/// An array whose errors name the element.
#[derive(Debug, Clone)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = Vec<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Vec<T>, A::Error> {
                elements(seq)
            }
        }
        deserializer.deserialize_seq(ListVisitor(PhantomData)).map(List)
    }
}

/// Reads the elements of an array, naming the one at fault.
pub(crate) fn elements<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(mut seq: A) -> Result<Vec<T>, A::Error> {
    let mut list = Vec::new();
    loop {
        match seq.next_element() {
            Ok(Some(element)) => {
                // Most lists of messages' parts are short, and the parts large.
                if list.is_empty() {
                    list.reserve_exact(2);
                }
                list.push(element);
            }
            Ok(None) => return Ok(list),
            Err(error) => return Err(at(format_args!("[{}]", list.len()), error)),
        }
    }
}

/// Declares wire objects: structs whose members are all optional (`null` is absent), with the rest
/// kept raw in `extra`. Of a member that is there twice the last one counts. A member may have further
/// names.
macro_rules! wire_object {
    ($(
        $(#[$meta:meta])*
        struct $name:ident<'a> {
            $($(#[$field_meta:meta])* $field:ident: $type:ty = $key:literal $(| $alias:literal)*,)*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(super) struct $name<'a> {
            $($(#[$field_meta])* pub(super) $field: Option<$type>,)*
            /// Members without a field of their own.
            pub(super) extra: $crate::conversation::Extra<'a>,
        }

        impl<'de: 'a, 'a> serde::Deserialize<'de> for $name<'a> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;
                impl<'de> serde::de::Visitor<'de> for Members {
                    type Value = $name<'de>;

                    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        out.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        let mut object = $name::default();
                        while let Some($crate::protocol::json::Str(key)) = map.next_key()? {
                            match key.as_ref() {
                                $($key $(| $alias)* => {
                                    object.$field = map
                                        .next_value()
                                        .map_err(|error| $crate::protocol::json::at($key, error))?;
                                })*
                                _ => {
                                    let value: &'de serde_json::value::RawValue = map.next_value()?;
                                    object.extra.push((key, std::borrow::Cow::Borrowed(value)));
                                }
                            }
                        }
                        Ok(object)
                    }
                }
                deserializer.deserialize_map(Members)
            }
        }
    )*};
}
pub(crate) use wire_object;

/// A string, or something else that is an object or an array.
#[derive(Debug)]
pub(crate) enum TextOr<'a, T> {
    /// The string.
    Text(Text<'a>),
    /// The other thing.
    Other(T),
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for TextOr<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for TextOrVisitor<T> {
            type Value = TextOr<'de, T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a string, or what the documentation names beside it")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                T::deserialize(SeqAccessDeserializer::new(seq)).map(TextOr::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(TextOr::Other)
            }
        }
        // The lifetime of the visitor's value is that of the input, which outlives 'a.
        Ok(match deserializer.deserialize_any(TextOrVisitor(PhantomData))? {
            TextOr::Text(text) => TextOr::Text(text),
            TextOr::Other(other) => TextOr::Other(other),
        })
    }
}

/// A string, or something else that is kept as it is until it is known what it ought to be.
#[derive(Debug)]
pub(crate) enum TextOrRaw<'a> {
    /// The string.
    Text(Text<'a>),
    /// A number, true or false, as JSON.
    Scalar(String),
    /// The elements of an array.
    List(Vec<Raw<'a>>),
    /// The members of an object.
    Object(Extra<'a>),
}

impl<'a> TextOrRaw<'a> {
    /// The string, or the JSON of something else.
    pub(crate) fn text(self) -> Text<'a> {
        match self {
            Self::Text(text) => text,
            Self::Scalar(json) => Cow::Owned(json),
            other => {
                let mut json = Vec::new();
                other.write(&mut json);
                // What was read as text is text.
                Cow::Owned(String::from_utf8(json).unwrap_or_default())
            }
        }
    }

    /// Writes it as it was, but for white space.
    pub(crate) fn write(&self, out: &mut impl Out) {
        match self {
            Self::Text(text) => string(out, text),
            Self::Scalar(json) => out.put(json.as_bytes()),
            Self::List(list) => {
                let mut array = Array::new(out);
                list.iter().for_each(|json| array.element().put(json.get().as_bytes()));
                array.end();
            }
            Self::Object(members) => {
                let mut object = Object::new(out);
                object.extra(members);
                object.end();
            }
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for TextOrRaw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrRawVisitor;
        impl<'de> Visitor<'de> for TextOrRawVisitor {
            type Value = TextOrRaw<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a string, or what the documentation names beside it")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(TextOrRaw::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOrRaw::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(TextOrRaw::Scalar(value.to_string()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(TextOrRaw::Scalar(value.to_string()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(TextOrRaw::Scalar(value.to_string()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(TextOrRaw::Scalar(value.to_string()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                elements(seq).map(TextOrRaw::List)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Extra::new();
                while let Some(Str(key)) = map.next_key()? {
                    members.push((key, Cow::Borrowed(map.next_value::<Raw<'de>>()?)));
                }
                Ok(TextOrRaw::Object(members))
            }
        }
        deserializer.deserialize_any(TextOrRawVisitor)
    }
}

/// What ought to be a `T` in an answer: anything else is as good as absent. An answer is not lost for
/// it. (Half a surrogate pair is still an error: it can be repaired.)
#[derive(Debug)]
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Maybe<T> {
    /// The value, where it is one.
    pub(crate) fn value(maybe: Option<Self>) -> Option<T> {
        maybe?.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <Raw<'de>>::deserialize(deserializer)?;
        match serde_json::from_str(json.get()) {
            Ok(value) => Ok(Self(Some(value))),
            Err(error) if repair_surrogates(json.get()).is_some() => Err(D::Error::custom(error)),
            Err(_) => Ok(Self(None)),
        }
    }
}

/// JSON that is kept as it is.
pub(crate) type Raw<'a> = &'a serde_json::value::RawValue;

/// Reads one JSON value out of text.
pub(crate) fn from_str<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Malformed> {
    serde_json::from_str(text).map_err(|error| malformed(&error))
}

/// Puts U+FFFD for half surrogate pairs (`"\ud83d"` without its `"\ude00"`), which some servers
/// leave where they cut a text into pieces, and which no JSON parser reads. `None` where there are
/// none.
pub(crate) fn repair_surrogates(text: &str) -> Option<String> {
    let mut repaired = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        repaired.push_str(before);
        let pair_len = match (surrogate(escape), surrogate(escape.get(6..).unwrap_or_default())) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(_), _) => {
                found = true;
                repaired.push_str("\\ufffd");
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            // An escaped backslash is one escape of two letters, and so is every other one.
            (None, _) => escape.char_indices().nth(2).map_or(escape.len(), |(end, _)| end),
        };
        repaired.push_str(escape.get(..pair_len).unwrap_or(escape));
        rest = escape.get(pair_len..).unwrap_or_default();
    }
    repaired.push_str(rest);
    found.then_some(repaired)
}

/// The surrogate that `text` begins with, escaped.
fn surrogate(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..=0xdfff).contains(unit))
}

/// A text in an answer that ought to be a string: servers that write a number there are taken at
/// their word, and anything else is as good as absent. An answer is not lost for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Word<'a>(pub(crate) Option<Text<'a>>);

impl<'a> Word<'a> {
    /// The text, where there is one that is not empty.
    pub(crate) fn text(word: Option<Self>) -> Option<Text<'a>> {
        word?.0.filter(|text| !text.is_empty())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything).map(Word)
    }
}

/// A count in an answer: a number from 0, also as text; anything else is as good as absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amount(pub(crate) Option<u64>);

impl Amount {
    fn read(text: &str) -> Option<u64> {
        text.parse().ok().or_else(|| whole(text.parse().ok()?))
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AmountVisitor;
        impl<'de> Visitor<'de> for AmountVisitor {
            type Value = Option<u64>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                Anything.expecting(out)
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Some(number))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(whole(number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Amount::read(text))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Anything.visit_seq(seq).map(|_| None)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Anything.visit_map(map).map(|_| None)
            }
        }
        deserializer.deserialize_any(AmountVisitor).map(Self)
    }
}

/// The whole part of a number that is none of the negative ones.
fn whole(number: f64) -> Option<u64> {
    (0.0..=9_007_199_254_740_992.0).contains(&number).then_some(number as u64)
}

/// Reads strings and numbers as text, and past everything else.
struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Option<Text<'de>>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
