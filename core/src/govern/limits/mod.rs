//! How often, and how much at once, a key may ask: `max_rpm` and `max_streams`.
//!
//! A limit holds for all instances of the gateway together, and no request should wait for a store
//! an ocean away. So there are two sides, each a pure state machine:
//!
//! - [`Book`], one for each *scope* (a key) in the store that all instances share. It counts the
//!   requests of the current minute and knows the streams that run. The [port](crate::ports::Counters)
//!   hands it an [`Ask`] and takes its [`Grant`] back, atomically; what a platform brings is that
//!   atomicity and no decision.
//! - [`Purse`], one for each scope in an instance. It spends what the book granted, without I/O while
//!   that lasts, and says when to ask, what to give back, and when to refuse.
//!
//! **Requests.** Windows are minutes, aligned to the epoch. A unit is taken from the book before it is
//! spent, so that however many instances there are, no more than the limit are spent in a minute.
//! Where the store is far an instance takes some ahead ([`Requests::ahead`]): as many as it has lately
//! needed in ten seconds, at most a sixth of the limit, and at most a quarter of what is left. It may
//! spend those for [`FRESH`], and gives back what it does not need. Units of an instance that died are
//! missing until the minute is over; they are never spent twice.
//!
//! **Streams.** Each holds a slot of its own in the book, which lapses after [`LAPSE`] unless it is
//! renewed, every [`RENEW`] while the stream runs. So the slots of an instance that died come back.
//!
//! **What counts**: a request of a known key that is well-formed and names a model that the key may
//! use. One that is refused by a limit does not count, nor does one that fails before a provider could
//! have been asked.
//!
//! **What an instance has seen itself it never forgets**: its own requests of the minute and its own
//! streams are held to the limit even where the store fails, or where there is none.
//!
//! Times are passed in, by the instances' own clocks, which are taken to agree within a minute.

mod book;
pub mod conformance;
mod exchange;
mod outage;
mod plain;
mod purse;
mod scopes;
pub mod sql;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use book::{Book, Running};
pub use exchange::{Ask, Grant, Limit, Requests, Settlement, Slot, Window};
pub use outage::Outage;
pub use plain::{PlainLease, PlainSettlement, PlainSlot, Units};
pub use purse::{Asking, Decision, Pass, Purse, Refusal, Standing};
pub use scopes::{Scope, Scopes};

use crate::ports::Micros;

/// The length of a window.
pub const MINUTE: Micros = 60_000_000;

/// How long an instance may spend what it took ahead.
pub const FRESH: Duration = Duration::from_secs(10);

/// How often the slot of a running stream is renewed.
pub const RENEW: Duration = Duration::from_secs(10);

/// How long a slot lasts after it was taken or renewed.
pub const LAPSE: Duration = Duration::from_secs(30);

/// The window that a moment lies in, counted from the epoch.
fn minute_of(at: Micros) -> u64 {
    at / MINUTE
}

/// A moment some time later.
fn later(at: Micros, by: Duration) -> Micros {
    at.saturating_add(u64::try_from(by.as_micros()).unwrap_or(u64::MAX))
}
