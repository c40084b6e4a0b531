//! Reading and writing wire JSON without a tree of values.
//!
//! Reading: [`wire_object!`] declares a struct whose members are optional and whose unknown
//! members are kept raw, read in one pass and borrowing where the bytes allow it. (Serde's
//! `flatten` and `untagged` copy everything into a buffer first, and lose raw values on the way.)
//! A member of the wrong type is reported with its path, which costs nothing until it happens.
//!
//! Writing: [`Object`] and [`Array`] put members and commas straight into the outgoing buffer.

mod either;
mod lenient;
mod read;
mod write;

pub(crate) use either::{TextOr, TextOrRaw};
pub(crate) use lenient::{Amount, Maybe, Word, repair_surrogates};
pub(crate) use read::{Count, List, Malformed, Raw, Str, at, from_slice, from_str, nest, wire_object};
pub(crate) use write::{Array, Object, Out, compact, one_line, string, unsigned};
