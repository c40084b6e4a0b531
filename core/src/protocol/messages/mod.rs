//! Anthropic Messages.
//!
//! As a wire: [`encode_request`] writes a conversation as Anthropic wants it, [`decode_response`]
//! and [`StreamDecoder`] read what Claude said, [`decode_error`] what went wrong.
//!
//! Sources: Anthropic's API reference, "Messages" and "Streaming Messages"; "Extended thinking",
//! "Adaptive thinking", "Effort", "Structured outputs", "Prompt caching", "PDF support",
//! "Mid-conversation system messages",
//! "Search results", "Citations" (custom content documents), "Compaction".

mod answer;
mod blocks;
mod compaction;
mod encoder;
pub(crate) mod error;
mod incoming;
mod incoming_blocks;
mod readable;
mod request;
mod response;
mod schema;
mod stream;
mod thinking;
mod turns;
mod usage;

pub use answer::encode_response;
pub use encoder::StreamEncoder;
pub use error::{decode_error, encode_error, encode_stream_error};
pub use incoming::{decode_prompt, decode_request};
pub(super) use readable::readable;
pub use request::encode_request;
pub(super) use request::estimate;
pub use response::decode_response;
pub use stream::StreamDecoder;
