//! The conversation model: a superset of what the protocols can say.
//!
//! Every protocol decodes into these types and encodes from them, so that N protocols need N
//! decoders and N encoders and never N×N. The model takes no side: a tool's result is a [`Part`]
//! (as with Anthropic, Gemini and Converse; chat and Responses send it as a message of its own),
//! a system prompt is a [`Message`] (Anthropic and Gemini lift the leading ones out), reasoning
//! keeps its opaque state, and *absent* is never confused with *default*.
//!
//! What flows through here: a request comes in as one body and becomes a [`Request`]; an answer
//! comes back whole as a [`Response`], or in pieces as [`Event`]s. All of them borrow from the
//! bytes they were read from ([`Text`], [`Json`]) and are built and consumed in one step, never
//! kept: translation copies a text once, into the body that goes out.
//!
//! What a protocol knows and the model does not stays raw in `extra`, or in a [`Part::Provider`],
//! and comes out again only where the wire is the same. Numbers that a model never interprets,
//! such as JSON schemas and tool arguments, are never parsed.

mod event;
mod part;
mod request;
mod response;
mod usage;

use std::borrow::Cow;

use serde_json::value::RawValue;

pub use event::{Delta, Event, PartKind};
pub use part::{
    CallKind, Citation, Media, MediaKind, Part, Reasoning, Source, TextPart, ToolCall, ToolResult,
};
pub use request::{
    AllowedMode, Format, FunctionTool, Message, ProviderTool, ReasoningOptions, Request, Role, Sampling,
    Tool, ToolChoice,
};
pub use response::{Choice, Finish, FinishReason, Response};
pub use usage::Usage;

/// Text borrowed from the body it was read from wherever that is possible.
pub type Text<'a> = Cow<'a, str>;

/// JSON that is carried and never parsed.
pub type Json<'a> = Cow<'a, RawValue>;

/// Members that the model has no field for, in their order, names unescaped.
pub type Extra<'a> = Vec<(Text<'a>, Json<'a>)>;
