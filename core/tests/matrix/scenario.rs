//! A scenario is data: what a caller of each front asks, what a provider of each wire answers, what
//! must be found in the request that goes upstream, and what the caller must read back.

use std::time::Duration;

use serde_json::Value;
use tollbridge_core::protocol::{Front, Wire};

use crate::{
    provider::{self, Turn},
    read::Said,
    sim::End,
};

pub const FRONTS: [Front; 2] = [Front::Chat, Front::Messages];
pub const WIRES: [Wire; 3] = [Wire::Chat, Wire::Messages, Wire::Gemini];

/// What the matrix says of a front and a wire.
#[derive(Debug, Clone)]
pub enum Cell {
    /// Nothing is lost, and the caller reads what the scenario says.
    Same,
    /// Said in another way, or without a harmless part.
    Mapped { note: &'static str, dropped: &'static [&'static str], reads: Option<fn(&mut Said)> },
    /// A 400 that names this field; nothing is sent to the provider.
    Refused { field: &'static str, why: &'static str },
    /// The front cannot ask for it, or the wire cannot answer it.
    Unsaid(&'static str),
}

/// Said in another way, as the note tells.
pub fn mapped(note: &'static str) -> Cell {
    Cell::Mapped { note, dropped: &[], reads: None }
}

/// Without these fields, which `x-tollbridge-dropped` names.
pub fn drops(dropped: &'static [&'static str], note: &'static str) -> Cell {
    Cell::Mapped { note, dropped, reads: None }
}

/// The caller reads something else than in the other cells.
pub fn reads(note: &'static str, change: fn(&mut Said)) -> Cell {
    Cell::Mapped { note, dropped: &[], reads: Some(change) }
}

pub fn refused(field: &'static str, why: &'static str) -> Cell {
    Cell::Refused { field, why }
}

pub fn unsaid(why: &'static str) -> Cell {
    Cell::Unsaid(why)
}

/// Which forms of an answer a scenario is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Forms {
    Both,
    Whole,
    Stream,
}

impl Forms {
    pub fn name(self) -> &'static str {
        match self {
            Self::Both => "whole, stream",
            Self::Whole => "whole",
            Self::Stream => "stream",
        }
    }
}

/// What a provider answers.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub whole: String,
    /// The stream, cut where the provider flushes it.
    pub stream: Vec<String>,
    /// What the caller is told in its headers, where the provider says it in the body.
    pub told: Vec<(&'static str, String)>,
    /// Silence in the middle of the stream.
    pub pause: Option<Duration>,
    pub end: End,
}

impl Answer {
    pub fn new(whole: impl ToString, stream: Vec<String>) -> Self {
        let (status, pause, end) = (200, None, End::Clean);
        let (headers, told, whole) = (Vec::new(), Vec::new(), whole.to_string());
        Self { status, headers, whole, stream, told, pause, end }
    }

    /// A body with a status that is no success, whatever form was asked for.
    pub fn failure(status: u16, body: impl ToString) -> Self {
        Self { status, ..Self::new(body, Vec::new()) }
    }
}

pub struct Scenario {
    pub name: &'static str,
    pub forms: Forms,
    asks: Vec<(Front, Value)>,
    models: Vec<(Wire, &'static str)>,
    sends: Vec<(Option<Front>, Wire, Value)>,
    answers: Vec<(Wire, Answer)>,
    turn: Turn,
    /// A request before this one, and what the model answered: its first call's id stands in this one's
    /// ask as `{id}`.
    earlier: Vec<(Front, Value, Turn)>,
    pub said: Said,
    cells: Vec<(Front, Wire, Cell)>,
    /// Whether a caller of chat asks for usage in the stream.
    pub usage_asked: bool,
    /// Whether Gemini's signatures are looked at: where they stand is the front's own matter.
    pub proofs: bool,
    /// Whether the gateway must say something while the provider is silent.
    pub kept_alive: bool,
}

/// A scenario with a plain answer, which works everywhere until its cells say otherwise.
pub fn scenario(name: &'static str) -> Scenario {
    let turn = Turn::text("Hello there, how are you?");
    Scenario {
        name,
        forms: Forms::Both,
        asks: Vec::new(),
        models: Vec::new(),
        sends: Vec::new(),
        answers: Vec::new(),
        earlier: Vec::new(),
        said: turn.said(),
        turn,
        cells: Vec::new(),
        usage_asked: true,
        proofs: false,
        kept_alive: false,
    }
}

impl Scenario {
    pub fn forms(mut self, forms: Forms) -> Self {
        self.forms = forms;
        self
    }

    /// What a caller of the front asks, less the model and whether it streams.
    pub fn ask(mut self, front: Front, body: Value) -> Self {
        self.asks.push((front, body));
        self
    }

    pub fn chat(self, body: Value) -> Self {
        self.ask(Front::Chat, body)
    }

    pub fn messages(self, body: Value) -> Self {
        self.ask(Front::Messages, body)
    }

    /// A greeting, in the words of each front.
    pub fn greeting(self) -> Self {
        let body = serde_json::json!({"messages": [{"role": "user", "content": "Hi"}]});
        self.chat(body.clone()).messages(body)
    }

    pub fn model(mut self, wire: Wire, model: &'static str) -> Self {
        self.models.push((wire, model));
        self
    }

    /// What every translated request holds on this wire.
    pub fn sends(mut self, wire: Wire, expected: Value) -> Self {
        self.sends.push((None, wire, expected));
        self
    }

    /// What a request of this front holds on this wire.
    pub fn sends_from(mut self, front: Front, wire: Wire, expected: Value) -> Self {
        self.sends.push((Some(front), wire, expected));
        self
    }

    /// What the model answers, in the usual form of each wire.
    pub fn says(mut self, turn: Turn) -> Self {
        self.said = turn.said();
        self.turn = turn;
        self
    }

    /// Gemini's signatures reach the caller.
    pub fn proved(mut self) -> Self {
        self.proofs = true;
        self
    }

    /// The caller sees signs of life.
    pub fn kept_alive(mut self) -> Self {
        self.kept_alive = true;
        self
    }

    /// What a provider of this wire answers.
    pub fn answers(mut self, wire: Wire, answer: Answer) -> Self {
        self.answers.push((wire, answer));
        self
    }

    /// What was asked and answered before, through the same gateway.
    pub fn after(mut self, front: Front, ask: Value, turn: Turn) -> Self {
        self.earlier.push((front, ask, turn));
        self
    }

    /// What the caller reads, where that is not what the model says.
    pub fn caller_reads(mut self, change: impl FnOnce(&mut Said)) -> Self {
        change(&mut self.said);
        self
    }

    pub fn cell(mut self, front: Front, wire: Wire, cell: Cell) -> Self {
        self.cells.push((front, wire, cell));
        self
    }

    /// The front has no words for it.
    pub fn not_from(mut self, front: Front, why: &'static str) -> Self {
        self.cells.extend(WIRES.map(|wire| (front, wire, unsaid(why))));
        self
    }

    /// The wire has no words for it.
    pub fn not_on(mut self, wire: Wire, why: &'static str) -> Self {
        self.cells.extend(FRONTS.map(|front| (front, wire, unsaid(why))));
        self
    }

    pub fn usage_not_asked(mut self) -> Self {
        self.usage_asked = false;
        self
    }

    /// The later word counts.
    pub fn cell_of(&self, front: Front, wire: Wire) -> Cell {
        let cell = self.cells.iter().rev().find(|(f, w, _)| (*f, *w) == (front, wire));
        cell.map_or(Cell::Same, |(.., cell)| cell.clone())
    }

    pub fn ask_of(&self, front: Front) -> Value {
        let ask = self.asks.iter().rev().find(|(f, _)| *f == front);
        ask.unwrap_or_else(|| panic!("{}: {front:?} asks nothing", self.name)).1.clone()
    }

    pub fn earlier_of(&self, front: Front) -> Option<(&Value, &Turn)> {
        self.earlier.iter().find(|(f, ..)| *f == front).map(|(_, ask, turn)| (ask, turn))
    }

    pub fn model_of(&self, wire: Wire) -> &'static str {
        let usual = match wire {
            Wire::Chat => "gpt-4o-mini",
            Wire::Messages => "claude-sonnet-4-5",
            Wire::Gemini => "gemini-2.5-flash",
        };
        self.models.iter().rev().find(|(w, _)| *w == wire).map_or(usual, |(_, model)| model)
    }

    pub fn sends_of(&self, front: Front, wire: Wire) -> impl Iterator<Item = &Value> {
        self.sends
            .iter()
            .filter(move |(f, w, _)| *w == wire && f.is_none_or(|f| f == front))
            .map(|(.., expected)| expected)
    }

    pub fn answer_of(&self, wire: Wire) -> Answer {
        let own = self.answers.iter().rev().find(|(w, _)| *w == wire);
        own.map_or_else(|| provider::answer(wire, &self.turn), |(_, answer)| answer.clone())
    }
}
