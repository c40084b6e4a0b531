//! Rows of a table as a tree, so that an answer is looked through in one pass.

use super::{
    super::{Answer, Fate, answer_fields},
    Front, Wire,
};

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A member of an object.
    Member(&'static str),
    /// Each element of a list.
    Element,
    /// An object of this type, where objects are told apart by their `type`.
    Typed(&'static str),
}

/// A place in an answer.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) step: Step,
    /// The row that says what is here is lost.
    pub(super) lost: Option<&'static str>,
    /// Whether the row stands for all that has no row of its own below it.
    pub(super) whole: bool,
    pub(super) below: Vec<Node>,
}

/// A wire's answers at a front.
#[derive(Debug)]
pub(super) struct Tree {
    /// A whole answer.
    pub(super) whole: Node,
    /// An event of a stream, whose pieces stand elsewhere.
    pub(super) event: Node,
}

/// Lists of Anthropic's whose elements are told apart by their types.
const TYPED: [&str; 2] = ["content[]", "content[].text.citations[]"];

impl Node {
    fn new(step: Step) -> Self {
        Self { step, lost: None, whole: false, below: Vec::new() }
    }

    pub(super) fn child(&self, step: Step) -> Option<&Node> {
        self.below.iter().find(|node| node.step == step)
    }

    /// Whether nothing here or below is lost.
    pub(super) fn is_kept(&self) -> bool {
        self.lost.is_none() && self.below.is_empty()
    }

    fn at(&mut self, step: Step) -> &mut Node {
        let place = self.below.iter().position(|node| node.step == step).unwrap_or_else(|| {
            self.below.push(Self::new(step));
            self.below.len() - 1
        });
        // The place was found or made just now.
        #[allow(clippy::indexing_slicing, reason = "see above")]
        &mut self.below[place]
    }

    /// A copy of what is below `steps`.
    fn under(&self, steps: &[Step]) -> Vec<Node> {
        let end = steps.iter().try_fold(self, |node, step| node.child(*step));
        end.map_or_else(Vec::new, |node| node.below.clone())
    }
}

impl Tree {
    pub(super) fn of(wire: Wire, front: Front) -> Self {
        let mut whole = Node::new(Step::Element);
        for row in answer_fields(wire) {
            let paths = [row.path].into_iter().chain(row.also.iter().copied());
            for path in paths.filter(|path| !path.trim_end_matches(".*").contains('*')) {
                plant(&mut whole, path, row, front, wire == Wire::Messages);
            }
        }
        let event = match wire {
            Wire::Chat => chat_event(&whole),
            Wire::Messages => anthropic_event(&whole),
            Wire::Gemini => whole.clone(),
        };
        Self { whole, event }
    }
}

fn plant(root: &mut Node, path: &'static str, row: &Answer, front: Front, typed: bool) {
    let mut node = root;
    let mut here = String::new();
    for segment in path.trim_end_matches(".*").split('.') {
        let name = segment.trim_end_matches("[]");
        let is_type = typed && TYPED.contains(&here.as_str());
        node = node.at(if is_type { Step::Typed(name) } else { Step::Member(name) });
        for _ in 0..(segment.len() - name.len()) / 2 {
            node = node.at(Step::Element);
        }
        if !here.is_empty() {
            here.push('.');
        }
        here.push_str(segment);
    }
    node.lost = (row.at(front).fate == Fate::Dropped).then_some(row.name());
    node.whole = path.ends_with(".*");
}

/// A chunk's choices have a `delta` in place of the message.
fn chat_event(whole: &Node) -> Node {
    let mut event = whole.clone();
    let message = whole.under(&[Step::Member("choices"), Step::Element, Step::Member("message")]);
    event.at(Step::Member("choices")).at(Step::Element).at(Step::Member("delta")).below = message;
    event
}

/// The beginning of an answer holds the whole of it, a block's beginning one of its blocks, and a
/// delta what changes.
fn anthropic_event(whole: &Node) -> Node {
    let content = [Step::Member("content"), Step::Element];
    let citation =
        [content.as_slice(), &[Step::Typed("text"), Step::Member("citations"), Step::Element]].concat();
    let mut event = whole.clone();
    event.at(Step::Member("message")).below = whole.below.clone();
    event.at(Step::Member("content_block")).below = whole.under(&content);
    let delta = event.at(Step::Member("delta"));
    delta.below = whole.below.clone();
    delta.at(Step::Member("citation")).below = whole.under(&citation);
    let estimate =
        [Step::Member("content_block_delta"), Step::Member("delta"), Step::Typed("thinking_delta")];
    delta.below.extend(whole.under(&estimate));
    event
}
