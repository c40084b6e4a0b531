//! What an answer says that a front cannot: found in the provider's own bytes, by the table.
//!
//! Decoders read what the conversation has a place for and pass over the rest; encoders write what
//! their protocol has. Which of a wire's fields fall between them at a front is said by the
//! [table](super::answer_fields), so it is the table that is looked for: its rows are made into a
//! tree once, and an answer is walked along it in one pass. A value that says nothing (`null`, zero,
//! an empty list) is no loss.
//!
//! Of a stream only those events are walked that can hold such a field: most are a piece of text.

mod tree;
mod walk;

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{Front, Wire};
use tree::Tree;

/// The most names that are kept of one answer.
const MAX_NAMES: usize = 16;

/// Trees of each wire at the fronts that are not its own.
static TREES: LazyLock<Vec<(Wire, Front, Tree)>> = LazyLock::new(|| {
    let wires = [Wire::Chat, Wire::Messages, Wire::Gemini];
    let pairs = wires.into_iter().flat_map(|wire| [(wire, Front::Chat), (wire, Front::Messages)]);
    let foreign = pairs.filter(|(wire, front)| front.wire() != *wire);
    foreign.map(|(wire, front)| (wire, front, Tree::of(wire, front))).collect()
});

/// Finds what one answer loses on its way to its caller: the rows, by their names in the provider's
/// protocol, each once.
#[derive(Debug)]
pub struct Spotter {
    tree: Option<&'static Tree>,
    wire: Wire,
    begun: bool,
}

impl Spotter {
    /// For answers of `wire` at `front`.
    pub fn new(wire: Wire, front: Front) -> Self {
        let tree = TREES.iter().find(|(of, at, _)| (*of, *at) == (wire, front));
        Self { wire, tree: tree.map(|(_, _, tree)| tree), begun: false }
    }

    /// Looks through a whole answer and adds what is lost to `lost`.
    pub fn whole(&mut self, body: &[u8], lost: &mut Vec<&'static str>) {
        if let Some(tree) = self.tree {
            walk::along(&tree.whole, body, lost);
        }
    }

    /// The same for the data of one event of a stream, where it may hold such a field.
    pub fn event(&mut self, data: &[u8], lost: &mut Vec<&'static str>) {
        if let Some(tree) = self.tree
            && lost.len() < MAX_NAMES
            && self.is_worth_a_look(data)
        {
            self.begun = true;
            walk::along(&tree.event, data, lost);
        }
    }

    fn is_worth_a_look(&self, data: &[u8]) -> bool {
        let signs = match self.wire {
            // Pieces of text are most of a stream.
            Wire::Messages if SIGNS.piece.find(data.get(..64).unwrap_or(data)).is_none() => return true,
            Wire::Messages => &SIGNS.messages,
            _ if !self.begun => return true,
            Wire::Chat => &SIGNS.chat,
            Wire::Gemini => &SIGNS.gemini,
        };
        signs.iter().any(|sign| sign.find(data).is_some())
    }
}

/// What stands in an event that may hold a field of the table, by wire.
struct Signs {
    chat: Vec<Finder<'static>>,
    messages: Vec<Finder<'static>>,
    gemini: Vec<Finder<'static>>,
    /// What most events of the Messages wire are.
    piece: Finder<'static>,
}

/// To make a searcher for a word takes longer than to search an event with it.
static SIGNS: LazyLock<Signs> = LazyLock::new(|| {
    let finders = |words: &[&'static str]| words.iter().map(|word| Finder::new(*word)).collect();
    Signs {
        chat: finders(&[
            "\"usage\":{",
            "\"logprobs\":{",
            "\"annotations\"",
            "\"audio\"",
            "\"images\"",
            "\"reference_ids\"",
        ]),
        messages: finders(&["citations_delta", "estimated_tokens"]),
        gemini: finders(&["\"finishReason\"", "\"inlineData\""]),
        piece: Finder::new("content_block_delta"),
    }
});
