//! Reading answers, which are not lost for a member of the wrong type.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::read::Raw;
use crate::conversation::Text;

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
