//! Providers of each wire, written from their own documentation and from what they really send, and
//! not from the gateway's code: one turn of a model, whole and as a stream.

pub mod chat;
pub mod gemini;
pub mod messages;

use serde_json::Value;
use tollbridge_core::protocol::Wire;

use crate::{
    read::{Call, Ended, Said, Used},
    scenario::Answer,
};

/// One turn of a model.
#[derive(Debug, Clone)]
pub struct Turn {
    pub pieces: Vec<Piece>,
    pub ended: Ended,
    pub used: Used,
}

/// What a turn is made of.
#[derive(Debug, Clone)]
pub enum Piece {
    /// What the model thought, and the signature over it.
    Thought(&'static str, &'static str),
    Text(String),
    /// An id without the wire's prefix, a name and arguments.
    Call(&'static str, &'static str, Value),
}

impl Turn {
    pub fn text(text: &str) -> Self {
        Self::of([Piece::Text(text.to_owned())])
    }

    pub fn of(pieces: impl IntoIterator<Item = Piece>) -> Self {
        let pieces: Vec<Piece> = pieces.into_iter().collect();
        let calls = pieces.iter().any(|piece| matches!(piece, Piece::Call(..)));
        let thoughts = pieces.iter().any(|piece| matches!(piece, Piece::Thought(..)));
        let used = Used { input: 21, output: 17, reasoning: if thoughts { 9 } else { 0 }, ..Used::default() };
        Self { pieces, ended: if calls { Ended::Calls } else { Ended::Stop }, used }
    }

    pub fn ended(mut self, ended: Ended) -> Self {
        self.ended = ended;
        self
    }

    pub fn used(mut self, used: Used) -> Self {
        self.used = used;
        self
    }

    /// What a caller reads of it.
    pub fn said(&self) -> Said {
        let mut said = Said { ended: Some(self.ended), used: self.used, ..Said::default() };
        for piece in &self.pieces {
            match piece {
                Piece::Thought(text, signature) => {
                    said.reasoning.push_str(text);
                    said.signatures.push((*signature).to_owned());
                }
                Piece::Text(text) => said.text.push_str(text),
                Piece::Call(id, name, arguments) => said.calls.push(Call {
                    id: (*id).to_owned(),
                    name: (*name).to_owned(),
                    arguments: arguments.to_string(),
                }),
            }
        }
        said
    }
}

/// The turn as a provider of the wire says it.
pub fn answer(wire: Wire, turn: &Turn) -> Answer {
    match wire {
        Wire::Chat => chat::answer(turn),
        Wire::Messages => messages::answer(turn),
        Wire::Gemini => gemini::answer(turn),
    }
}

/// A text in at most `count` pieces, never inside a character.
pub fn pieces(text: &str, count: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(letters.len().div_ceil(count).max(1)).map(|chunk| chunk.iter().collect()).collect()
}

/// How a provider of the wire names its answers and its model.
pub fn named(wire: Wire) -> (&'static str, &'static str) {
    match wire {
        Wire::Chat => (chat::ID, chat::MODEL),
        Wire::Messages => (messages::ID, messages::MODEL),
        Wire::Gemini => (gemini::ID, gemini::MODEL),
    }
}
