use super::{Call, Format, Piece, Record, Turn, restore::asked};
use crate::conversation::{Choice, Delta, Event, Part, PartKind, Reasoning, Request, Response, Text};

/// The most bytes of reasoning that are kept of one answer. What thinks more is not remembered:
/// memory per stream is bounded.
const LARGEST: usize = 1 << 20;

/// Gathers what belongs to an answer's calls, while the answer passes.
#[derive(Debug)]
pub struct Collector {
    format: Format,
    /// What the user had asked, as [`asked`] says it.
    asked: String,
    /// One for each choice that has begun and not ended.
    turns: Vec<Gathering>,
    /// The parts that may still grow: part, choice, and which of the choice's pieces.
    open: Vec<(u32, u32, usize)>,
}

#[derive(Debug)]
struct Gathering {
    choice: u32,
    format: Format,
    /// Texts that have begun.
    texts: usize,
    turn: Turn<'static>,
    first: Option<First>,
    /// Of all that was kept, or would have been.
    bytes: usize,
}

/// What is known of a turn's first call beside its id.
#[derive(Debug)]
struct First {
    part: u32,
    name: String,
    arguments: String,
}

impl Collector {
    /// For an answer to `request` whose state is in `format`.
    pub fn new(format: Format, request: &Request<'_>) -> Self {
        let asked = if format == Format::Text { asked(&request.messages) } else { String::new() };
        Self { format, asked, turns: Vec::new(), open: Vec::new() }
    }

    /// Takes an event; gives a record where one ended a turn that has calls.
    pub fn event(&mut self, event: &Event<'_>) -> Option<Record> {
        match event {
            Event::Start { .. } | Event::Error(_) => {
                self.turns.clear();
                self.open.clear();
            }
            Event::PartStart { part, choice, kind } => {
                let place = self.place(*choice);
                if let Some(piece) = self.turns.get_mut(place).and_then(|turn| turn.begin(*part, kind)) {
                    self.open.push((*part, *choice, piece));
                }
            }
            Event::Delta { part, delta } => self.delta(*part, delta),
            Event::PartEnd { part } => self.open.retain(|(open, ..)| open != part),
            Event::Finish { choice, .. } => {
                let place = self.turns.iter().position(|turn| turn.choice == *choice)?;
                return self.turns.swap_remove(place).record(self.format, &self.asked);
            }
            Event::Logprobs { .. } | Event::Usage(_) | Event::ServiceTier(_) => {}
        }
        None
    }

    /// The records of a whole answer.
    pub fn response(self, response: &Response<'_>) -> Vec<Record> {
        response.choices.iter().filter_map(|choice| self.choice(choice)).collect()
    }

    fn choice(&self, choice: &Choice<'_>) -> Option<Record> {
        let mut turn = Gathering::new(choice.index, self.format);
        choice.parts.iter().for_each(|part| turn.part(part));
        turn.record(self.format, &self.asked)
    }

    /// Where the turn of a choice is.
    fn place(&mut self, choice: u32) -> usize {
        self.turns.iter().position(|turn| turn.choice == choice).unwrap_or_else(|| {
            self.turns.push(Gathering::new(choice, self.format));
            self.turns.len() - 1
        })
    }

    fn delta(&mut self, part: u32, delta: &Delta<'_>) {
        if let Delta::Arguments(arguments) = delta {
            if self.format == Format::Text {
                self.turns.iter_mut().for_each(|turn| turn.arguments(part, arguments));
            }
            return;
        }
        let Some((_, choice, piece)) = self.open.iter().find(|(open, ..)| *open == part) else { return };
        let Some(turn) = self.turns.iter_mut().find(|turn| turn.choice == *choice) else { return };
        let Some(piece) = turn.turn.pieces.get_mut(*piece) else { return };
        let (place, text) = match delta {
            Delta::Text(text) => (piece.text.get_or_insert_default(), text),
            Delta::Signature(signature) => (piece.signature.insert(Text::default()), signature),
            Delta::Arguments(_) | Delta::Citation(_) => return,
        };
        turn.bytes += text.len();
        if turn.bytes <= LARGEST {
            place.to_mut().push_str(text);
        }
    }
}

impl Gathering {
    fn new(choice: u32, format: Format) -> Self {
        let turn = Turn { format: Text::Borrowed(format.name()), ..Turn::default() };
        Self { choice, format, texts: 0, turn, first: None, bytes: 0 }
    }

    /// Notes the beginning of a part; gives the number of the piece that it goes on with.
    fn begin(&mut self, part: u32, kind: &PartKind<'_>) -> Option<usize> {
        match kind {
            PartKind::Text => self.texts += 1,
            PartKind::ToolCall { id, name, signature, .. } => {
                self.first.get_or_insert_with(|| First::new(part, name));
                self.call(id, signature.as_ref());
            }
            PartKind::Reasoning { format, .. } if self.format.speaks(format.as_deref()) => {
                self.piece(None, None, None);
                return self.turn.pieces.len().checked_sub(1);
            }
            PartKind::OpaqueReasoning { data, format, .. } if self.format.speaks(format.as_deref()) => {
                self.piece(None, None, Some(data));
            }
            _ => {}
        }
        None
    }

    /// Notes a whole part.
    fn part(&mut self, part: &Part<'_>) {
        match part {
            Part::Text(_) => self.texts += 1,
            Part::ToolCall(call) => {
                let first =
                    || First { arguments: call.arguments.as_ref().to_owned(), ..First::new(0, &call.name) };
                self.first.get_or_insert_with(first);
                self.call(&call.id, call.signature.as_ref());
            }
            Part::Reasoning(Reasoning { text, signature, opaque, format, .. })
                if self.format.speaks(format.as_deref()) =>
            {
                self.piece(text.as_ref(), signature.as_ref(), opaque.as_ref());
            }
            _ => {}
        }
    }

    fn call(&mut self, id: &Text<'_>, signature: Option<&Text<'_>>) {
        let call = Call { id: self.kept(Some(id)).unwrap_or_default(), signature: self.kept(signature) };
        self.turn.calls.push(call);
    }

    fn arguments(&mut self, part: u32, more: &str) {
        if let Some(first) = self.first.as_mut().filter(|first| first.part == part) {
            self.bytes += more.len();
            if self.bytes <= LARGEST {
                first.arguments.push_str(more);
            }
        }
    }

    fn piece(&mut self, text: Option<&Text<'_>>, signature: Option<&Text<'_>>, opaque: Option<&Text<'_>>) {
        let piece = Piece {
            calls: self.turn.calls.len(),
            texts: self.texts,
            text: self.kept(text),
            signature: self.kept(signature),
            opaque: self.kept(opaque),
        };
        self.turn.pieces.push(piece);
    }

    /// A text to keep, counted.
    fn kept(&mut self, text: Option<&Text<'_>>) -> Option<Text<'static>> {
        let text = text?;
        self.bytes += text.len();
        (self.bytes <= LARGEST).then(|| Text::Owned(text.as_ref().to_owned()))
    }

    /// What is to be kept of the turn, once it has ended. Where there are signatures, reasoning that
    /// nobody signed proves nothing and is not wanted back.
    fn record(mut self, format: Format, asked: &str) -> Option<Record> {
        if self.bytes > LARGEST {
            return None;
        }
        let First { name, arguments, .. } = self.first?;
        let id = &self.turn.calls.first()?.id;
        let handle = format.handle(id, &name, &arguments, asked);
        self.turn.pieces.retain(|piece| match format {
            Format::Text => piece.text.as_ref().is_some_and(|text| !text.is_empty()),
            Format::Claude | Format::Gemini => piece.signature.is_some() || piece.opaque.is_some(),
        });
        Some(Record { handle, value: self.turn.write() })
    }
}

impl First {
    fn new(part: u32, name: &str) -> Self {
        Self { part, name: name.to_owned(), arguments: String::new() }
    }
}
