//! What a model wrote, kept until it is known whether it has to be counted.
//!
//! Nearly every provider says in the end how many tokens its answer had; only where none does are
//! they estimated. So text is put aside as it comes, which costs next to nothing, and counted when
//! it grows large or when somebody asks.

use crate::ledger::estimate::Estimator;

/// Text put aside before it is counted, in bytes.
const ASIDE: usize = 16 << 10;

/// The text of one answer.
#[derive(Debug, Default)]
pub(super) struct Written {
    aside: String,
    counted: Estimator,
}

impl Written {
    /// Adds what came next.
    pub(super) fn add(&mut self, text: &str) {
        self.aside.push_str(text);
        if self.aside.len() > ASIDE {
            self.count();
        }
    }

    /// Tokens of all of it, estimated.
    pub(super) fn tokens(&mut self) -> u64 {
        self.count();
        self.counted.tokens()
    }

    fn count(&mut self) {
        self.counted.add(&self.aside);
        self.aside.clear();
    }
}
