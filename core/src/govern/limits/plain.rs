//! The plainest exchanges, as a condition on a book's numbers and a change of them.
//!
//! A store that cannot run a [`Book`](super::Book) may change numbers where a condition holds, in one
//! step that no other change can come between. Most of what is asked needs no more: a unit of the
//! running minute while there is one, a slot while there is one. Where the condition does not hold
//! (another minute, too little left, slots that may have lapsed), the book decides, which is read and
//! written back. A test holds every plain exchange to what the book says.

use super::{Ask, Grant, LAPSE, Settlement, later, minute_of};
use crate::ports::Micros;

/// A lease that is granted where the book is of `minute` and has what each part wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainLease {
    /// The minute that the book has to be of.
    pub minute: u64,
    /// Requests to be counted.
    pub units: Option<Units>,
    /// A stream to be written down.
    pub slot: Option<PlainSlot>,
}

/// Requests to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Units {
    /// How many are added to the book's.
    pub need: u32,
    /// The most that the book may have had before.
    pub at_most: u32,
}

/// A stream to be written down, in place of an entry of the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainSlot {
    /// Its slot.
    pub id: u64,
    /// Until when.
    pub until: Micros,
    /// Below how many streams the book has to be, those counted that may have lapsed. `None` for one
    /// that runs already.
    pub below: Option<u32>,
}

impl Ask {
    /// The ask as a condition and a change, if it is so plain.
    pub fn plain(&self) -> Option<PlainLease> {
        let units = match self.requests {
            Some(asked) if asked.ahead > 0 || asked.back > 0 => return None,
            Some(asked) => Some(Units { need: asked.need, at_most: asked.limit.checked_sub(asked.need)? }),
            None => None,
        };
        let slot = self.stream.map(|slot| PlainSlot {
            id: slot.id,
            until: later(self.at, LAPSE),
            below: (!slot.renewal).then_some(slot.limit),
        });
        Some(PlainLease { minute: minute_of(self.at), units, slot })
    }
}

impl PlainLease {
    /// The grant, where the condition held and the book now has so many `requests`.
    pub fn grant(&self, requests: u32) -> Grant {
        let units =
            |units: Units| (units.need, units.at_most.saturating_add(units.need).saturating_sub(requests));
        let (granted, left) = self.units.map_or((0, 0), units);
        Grant { minute: self.minute, requests: granted, left, short: None }
    }
}

/// What is given back, where the book is of `minute` and has as many requests as come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainSettlement {
    /// The minute that the book has to be of, and how many requests are taken off its. `None` where
    /// none come back; then there is no condition.
    pub units: Option<(u64, u32)>,
    /// The stream whose entry is removed, if it is there.
    pub slot: Option<u64>,
}

impl Settlement {
    /// The settlement as a condition and a change.
    pub fn plain(&self) -> PlainSettlement {
        PlainSettlement {
            units: (self.requests > 0).then_some((self.minute, self.requests)),
            slot: self.stream,
        }
    }
}
