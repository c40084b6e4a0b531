//! The provider table: whom the gateway can talk to, and what each wants differently.
//!
//! A provider is one [`Row`] of static data: its name, the environment variables that configure
//! it, its base URL, how it authenticates, the wire it speaks, and the named [`Quirk`]s of its
//! dialect. Adding a provider is adding a row to [`ROWS`]; code is needed only for a wire, or for
//! an address that no existing [`Style`] can spell.
//!
//! What flows through here, in the order of a request:
//!
//! 1. `config` turns environment variables and documents into instances of rows, using
//!    [`find`], the row's variable names and [`normalize_base_url`].
//! 2. The gateway asks for the address ([`Instance::url`]) and the headers ([`headers`]).
//! 3. A body that is relayed gets the rules of its row that apply to its model and members
//!    ([`field_edits`], [`message_edits`]); a body that is translated asks the [`catalogue`] what the model refuses.
//! 4. An answer that is not a success is classified by [`failure()`]: what it was, whether another
//!    attempt can help, and how long the provider wants to be left alone.
//!
//! All of it is pure: nothing here reads a clock, a variable or a socket. A quirk that is wrong is
//! worse than one that is missing, because it bends a request that would have worked: each names
//! the page it comes from and has a test, and a parameter that has no equivalent is left for the
//! provider to refuse in its own words unless its documentation says that it is meaningless there.

pub mod catalogue;
pub mod quirks;

/// The name of the provider that is built in, and serves where no other is configured.
pub const DEMO: &str = "demo";

/// The models of the provider that is built in.
pub const DEMO_MODELS: [&str; 2] = ["echo", "tools"];

mod auth;
mod endpoint;
mod failure;
mod messages;
mod quirk;
mod reference;
mod row;
mod rows;

pub use auth::{BadKey, headers};
pub use endpoint::{Endpoint, Instance, normalize_base_url};
pub use failure::{Failure, FailureKind, Said, failure, retry_after};
pub use messages::{MessageEdits, MessageRule, image_addresses, message_edits};
pub use quirk::{Action, FieldEdit, FieldRule, Quirk, When, field_edits};
pub use reference::reference;
pub use row::{Auth, BaseUrl, Row, StreamUsage, Style};
pub use rows::{ROWS, find};

#[cfg(test)]
mod tests;
