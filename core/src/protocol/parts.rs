//! The numbers of a streamed answer's parts.

use crate::conversation::{Event, PartKind};

/// Gives parts their numbers, and calls their ids.
pub(in crate::protocol) struct Parts<'d> {
    pub(in crate::protocol) choice: u32,
    pub(in crate::protocol) next: &'d mut u32,
    pub(in crate::protocol) next_call: &'d mut u32,
    pub(in crate::protocol) seed: &'d str,
}

impl Parts<'_> {
    /// Begins a part.
    pub(in crate::protocol) fn start(&mut self, kind: PartKind<'_>, sink: &mut impl FnMut(Event<'_>)) -> u32 {
        let part = *self.next;
        *self.next += 1;
        sink(Event::PartStart { part, choice: self.choice, kind });
        part
    }

    /// A part that is whole at once.
    pub(in crate::protocol) fn whole(&mut self, kind: PartKind<'_>, sink: &mut impl FnMut(Event<'_>)) {
        let part = self.start(kind, sink);
        sink(Event::PartEnd { part });
    }
}
