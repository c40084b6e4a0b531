//! Answers without the encoding that they came in.
//!
//! Targets ask for none: an event stream gains nothing from compression, and some servers hold back what they
//! compress. What comes compressed all the same is decoded as it arrives, so that an event that the provider has
//! flushed is an event that the caller gets. Native connections, Lambda's and Spin's know nothing of encodings;
//! Workers take all away but zstd. So each names as features what its platform does not do, and nothing is here
//! twice.
//!
//! It is plain Rust, because it runs as WebAssembly too. However much an answer swells, one frame of it exists at a
//! time; an encoding that breaks off or is unknown is an error, and never a whole answer.

mod body;
mod codec;
mod decoder;

pub use body::{Decoded, identity};
pub use decoder::{Decoder, decoder};
