use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};

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

/// JSON that is kept as it is.
pub(crate) type Raw<'a> = &'a serde_json::value::RawValue;

/// Reads one JSON value out of text.
pub(crate) fn from_str<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Malformed> {
    serde_json::from_str(text).map_err(|error| malformed(&error))
}
