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

use memchr::memmem;

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
        let has = |word: &str| memmem::find(data, word.as_bytes()).is_some();
        match self.wire {
            Wire::Messages => {
                let kind = data.get(..data.len().min(64)).unwrap_or(data);
                let piece = memmem::find(kind, b"content_block_delta").is_some();
                !piece || has("citations_delta") || has("estimated_tokens")
            }
            Wire::Chat => {
                !self.begun
                    || has("\"usage\":{")
                    || has("\"logprobs\":{")
                    || has("\"annotations\"")
                    || has("\"audio\"")
                    || has("\"images\"")
                    || has("\"reference_ids\"")
            }
            Wire::Gemini => !self.begun || has("\"finishReason\"") || has("\"inlineData\""),
        }
    }
}
