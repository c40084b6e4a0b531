//! Images and documents that stand in a request as addresses.
//!
//! Most providers fetch them; some take the bytes alone. Where an operator allows it
//! (`fetch_media`), the gateway fetches for those. An address that a caller names is the oldest way
//! into somebody's network, so little is allowed: `https` on its own port, no credentials, no
//! redirects, and only hosts whose addresses are [public](is_public), checked on the very address
//! that the connection is made to ([`PublicOnly`](crate::ports::PublicOnly)). What comes must be
//! small, soon, and what its first bytes say: a picture where a picture belongs, a PDF or plain text
//! where a document does ([`read`]).
//!
//! All of it is pure. What asks and waits is `gateway/media.rs`; who connects is the target.

mod address;
mod kind;

pub use address::{Address, BadAddress, is_public};
pub use kind::{Found, Unfit, Wanted, read};
