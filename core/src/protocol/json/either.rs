//! Members that are a string or something else.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use super::{
    read::{Raw, Str, elements},
    write::{Array, Object, Out, string},
};
use crate::conversation::{Extra, Text};

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
