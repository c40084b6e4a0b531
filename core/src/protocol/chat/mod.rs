//! OpenAI chat completions: the front that most callers speak, and the wire of most providers.
//!
//! As a front: [`decode_request`] reads a caller's body into the conversation model,
//! [`encode_response`] and [`StreamEncoder`] write what came back, [`encode_error`] what went
//! wrong. As a wire that is relayed, [`observe`] reads what accounting needs out of bytes that
//! pass through untouched, and [`decode_error`] classifies failures.
//!
//! # Extensions
//!
//! What the providers say and chat has no field for comes back in extensions that other gateways
//! have made common, and is taken back where a client sends it again:
//!
//! - `reasoning_content`: readable reasoning (DeepSeek's name);
//! - `reasoning_details`: the same in blocks, with signatures and opaque data (OpenRouter's form);
//! - `thinking_blocks`: taken in requests for it (LiteLLM's form);
//! - `native_finish_reason`: the provider's own word for why it ended (OpenRouter's name), and
//!   `stop_reason`: the stop sequence that was met (vLLM's name);
//! - `citations`: citations of documents; those of the web are `annotations`, which chat has;
//! - `extra_content.google.thought_signature` of a call: state that must come back with it (the name
//!   of Google's own endpoint for chat);
//! - `images`, `files`: media that are no sound (OpenRouter's name and form);
//! - `provider_blocks`: content blocks of the provider's own, such as calls of server tools and
//!   their results, raw.
//!
//! Sources: OpenAI's API reference, "Chat Completions"; OpenRouter's "Reasoning Tokens";
//! DeepSeek's "Reasoning Model"; LiteLLM's "Thinking / Reasoning Content".

mod answer;
mod choice;
mod decoder;
mod error;
mod media;
mod message;
pub mod observe;
mod outgoing;
mod outgoing_messages;
mod reasoning_back;
mod request;
mod response;
mod said;
mod sources;
mod stream;
mod usage;

pub use answer::decode_response;
pub use decoder::StreamDecoder;
pub(super) use decoder::VARYING;
pub use error::{decode_error, encode_error, encode_stream_error};
pub use outgoing::encode_request;
pub use reasoning_back::with_reasoning;
pub use request::decode_request;
pub use response::{AnswerMeta, encode_response};
pub use stream::StreamEncoder;

/// The `format` of `reasoning_details` that are Claude's, as OpenRouter names it.
pub(crate) const ANTHROPIC_FORMAT: &str = "anthropic-claude-v1";
