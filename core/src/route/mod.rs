//! From the model that a caller names to the providers that are asked for it.
//!
//! [`resolve`] turns a name into candidates in order of preference, from what is configured and
//! what the providers' inventories said; it asks for an inventory it lacks instead of fetching it.
//! [`Turns`] picks the key to use at a provider and remembers which ones are rate-limited.
//! [`Backoff`] says how long to wait before another attempt, and when waiting is pointless.
//!
//! All of it is decided from values passed in: the gateway does the fetching and the waiting.

mod backoff;
mod inventory;
mod resolve;
mod turns;

pub use backoff::Backoff;
pub use inventory::{Inventories, Listing};
pub use resolve::{Candidate, Resolution, resolve};
pub use turns::Turns;
