//! Google Gemini: `generateContent` and `streamGenerateContent`, as the Gemini API and Vertex AI
//! speak them.
//!
//! As a wire: [`decode_response`] reads a whole answer, [`StreamDecoder`] a streamed one, and
//! [`decode_error`] what went wrong. A chunk of a stream is an answer of which most is missing, so
//! both read the same objects.
//!
//! What differs from the other wires, and is put right here:
//!
//! - calls have no ids with older models; those are named after the gateway's own name of the answer;
//! - it says `STOP` after calls, and has words of its own for each way in which an answer failed;
//! - thoughts are counted beside the answer and not inside it;
//! - signatures stand on any part: on a call they belong to the call, anywhere else they are
//!   reasoning that only Google can read, in the format [`GEMINI_FORMAT`];
//! - a call's arguments may come as values for paths;
//! - places of citations are counted in bytes of a part;
//! - some proxies write names with underscores, as the protocol's own definition has them.
//!
//! [`encode_request`] writes requests for it.
//!
//! Sources: Google's "Gemini API reference" (`GenerateContentResponse`, `Candidate`, `Part`),
//! "Thought signatures", "Grounding with Google Search", "Code execution", Vertex AI's "Function
//! calling" (streaming arguments), and the types of its Python SDK, `google-genai`.

mod answer;
mod arguments;
mod choice;
mod citations;
mod error;
mod finish;
mod logprobs;
mod part;
mod request;
mod response;
mod stream;
mod usage;

pub use error::decode_error;
pub use request::encode_request;
pub use response::decode_response;
pub use stream::StreamDecoder;
pub(super) use stream::VARYING;

/// The `format` of reasoning that is Gemini's, as OpenRouter names it.
pub const GEMINI_FORMAT: &str = "google-gemini-v1";
