use super::{Citation, Finish, Json, Media, Text, Usage, part::CallKind};
use crate::error::ApiError;

/// One step of a streamed answer.
///
/// A decoder keeps these laws, and an encoder may lean on them: `Start` comes before anything but
/// `Error`; parts are numbered from 0 across all choices of an answer, each opens with `PartStart`
/// and closes with exactly one `PartEnd`, also where the upstream was cut; every choice that
/// ends does so with one `Finish`; after `Error` nothing follows; `Usage` may come at any place
/// after `Start`, each one a running total that replaces what it names.
///
/// A stream that holds one answer after another (proxies do that) repeats the whole from `Start`,
/// part numbers going on where they were.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// The answer begins.
    Start {
        /// The provider's id of the answer.
        id: Option<Text<'a>>,
        /// The model that answers.
        model: Option<Text<'a>>,
        /// When, in seconds since the Unix epoch.
        created: Option<u64>,
        /// What it took by then, as far as the provider says so at the start; `Usage` says it again.
        usage: Usage,
    },
    /// A part begins.
    PartStart {
        /// Its number.
        part: u32,
        /// The choice it belongs to.
        choice: u32,
        /// What it is.
        kind: PartKind<'a>,
    },
    /// More of a part that is open.
    Delta {
        /// Its number.
        part: u32,
        /// What is added.
        delta: Delta<'a>,
    },
    /// A part is complete.
    PartEnd {
        /// Its number.
        part: u32,
    },
    /// Probabilities of the tokens that came last, in the chat wire's form, raw.
    Logprobs {
        /// The choice they belong to.
        choice: u32,
        /// The object.
        json: Json<'a>,
    },
    /// What it took so far.
    Usage(Usage),
    /// The tier that served it, in the provider's own words.
    ServiceTier(Text<'a>),
    /// A choice is complete.
    Finish {
        /// Which one.
        choice: u32,
        /// Why.
        finish: Finish<'a>,
    },
    /// The stream failed, or was cut; nothing follows.
    Error(Box<ApiError>),
}

/// What a streamed part is.
#[derive(Debug, Clone)]
pub enum PartKind<'a> {
    /// Text.
    Text,
    /// Readable reasoning.
    Reasoning {
        /// Whether it is a summary.
        summary: bool,
        /// Whose format a signature over it will be in; without one there will be none.
        format: Option<Text<'a>>,
    },
    /// Reasoning that only the provider can read, whole.
    OpaqueReasoning {
        /// The opaque data.
        data: Text<'a>,
        /// The provider's id of the item, or the tool call it belongs to.
        id: Option<Text<'a>>,
        /// Whose format it is in.
        format: Option<Text<'a>>,
    },
    /// Words for not answering.
    Refusal,
    /// A call that the caller is to make.
    ToolCall {
        /// The id that the result will name.
        id: Text<'a>,
        /// The tool's name.
        name: Text<'a>,
        /// What the arguments are.
        kind: CallKind,
        /// Opaque state that must come back with the call.
        signature: Option<Text<'a>>,
    },
    /// An image, a sound or another medium, whole.
    Media(Media<'a>),
    /// A block that only the provider's own wire can say: its type, and where it comes whole, the
    /// block. A server tool's call comes in pieces, as argument deltas.
    Provider {
        /// The block's type.
        kind: Text<'a>,
        /// The block as it began.
        json: Json<'a>,
    },
}

/// More of a part.
#[derive(Debug, Clone)]
pub enum Delta<'a> {
    /// Of a text, a reasoning or a refusal.
    Text(Text<'a>),
    /// Of a call's arguments: a fragment of JSON text.
    Arguments(Text<'a>),
    /// The signature over a reasoning; a second one replaces the first.
    Signature(Text<'a>),
    /// A citation of a text.
    Citation(Citation<'a>),
}
