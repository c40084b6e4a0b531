//! Who may do what, and on whose account.
//!
//! A caller's key becomes a [`Principal`]: the tenant path that its usage is counted under, its
//! labels and the models it may name. The path can be narrowed by the caller, never widened.
//! How often a key may ask, and how much at once, is counted over all instances ([`limits`]).

mod keyring;
pub mod limits;
mod tenant;

pub use keyring::{Keyring, Principal};
pub use tenant::{TenantPath, TenantPathError};
