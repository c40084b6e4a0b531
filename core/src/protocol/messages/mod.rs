//! Anthropic Messages.
//!
//! As a wire: [`encode_request`] writes a conversation as Anthropic wants it, [`decode_response`]
//! and [`StreamDecoder`] read what Claude said, [`decode_error`] what went wrong.
//!
//! Sources: Anthropic's API reference, "Messages" and "Streaming Messages"; "Extended thinking",
//! "Adaptive thinking", "Effort", "Structured outputs", "Prompt caching", "PDF support",
//! "Mid-conversation system messages".

mod blocks;
pub(crate) mod error;
mod request;
mod response;
mod stream;
mod thinking;
mod turns;
mod usage;

pub use error::decode_error;
pub use request::encode_request;
pub use response::decode_response;
pub use stream::StreamDecoder;
