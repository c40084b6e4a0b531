//! What instances and the store say to each other. Plain data: where the store is another process,
//! it travels as JSON.

use serde::{Deserialize, Serialize};

use super::Book;
use crate::ports::Micros;

/// An instance asks for a part of what a scope has left. It gets all that it needs, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Now, by the instance's clock.
    pub at: Micros,
    /// Requests of this minute; `None` where they are not limited or not asked for.
    pub requests: Option<Requests>,
    /// A place for a stream; `None` where none is needed.
    pub stream: Option<Slot>,
}

/// The part about requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// Most requests in a minute, over all instances.
    pub limit: u32,
    /// How many must be granted.
    pub need: u32,
    /// How many more may be granted, to be spent without asking.
    pub ahead: u32,
    /// Units that were granted earlier and are given back, unspent.
    pub back: u32,
    /// The minute that they were granted for.
    pub minute: u64,
}

/// The part about a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Most streams at once, over all instances.
    pub limit: u32,
    /// Names the slot; unguessable, and so different from all others.
    pub id: u64,
    /// Whether the stream runs already. Such a one is never refused.
    pub renewal: bool,
}

/// The store's answer to an [`Ask`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The minute that the units count for.
    pub minute: u64,
    /// Units granted: none, or those needed and perhaps some ahead.
    pub requests: u32,
    /// Units that the scope has left in this minute after that; zero where requests are not limited.
    pub left: u32,
    /// What there was too little of. Where it is set nothing was granted.
    pub short: Option<Limit>,
}

impl Grant {
    /// What an instance is granted where no store is shared: what it asks for.
    pub fn alone(ask: &Ask) -> Self {
        Book::default().lease(ask)
    }
}

/// An instance gives back what it does not need any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Now, by the instance's clock.
    pub at: Micros,
    /// The minute that the units were granted for.
    pub minute: u64,
    /// Units that were not spent.
    pub requests: u32,
    /// The slot of a stream that is over.
    pub stream: Option<u64>,
}

impl Settlement {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.requests == 0 && self.stream.is_none()
    }
}

/// What a scope's book says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The minute, counted from the epoch.
    pub minute: u64,
    /// Units granted in it and not given back.
    pub requests: u32,
    /// Streams that hold a slot.
    pub streams: u32,
}

/// One of the two limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Limit {
    /// `max_rpm`.
    Requests,
    /// `max_streams`.
    Streams,
}
