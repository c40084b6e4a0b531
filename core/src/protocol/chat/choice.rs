//! One choice of a streamed answer, as far as it has come: what is open of it, and its calls.

use std::borrow::Cow;

use super::said::{CallPiece, Piece};
use crate::{
    conversation::{CallKind, Citation, Delta, Event, Finish, MediaKind, PartKind, Reasoning, Text},
    protocol::{call_id::call_id, parts::Parts},
};

/// A choice that may have more to say.
#[derive(Debug, Default)]
pub(super) struct OpenChoice {
    /// The text, reasoning or refusal that is open.
    open: Option<(u32, Kind)>,
    calls: Vec<OpenCall>,
    /// Whether it said anything yet.
    pub(super) spoke: bool,
    cited: bool,
    /// Citations for which there was no text yet.
    early: Vec<Citation<'static>>,
    /// Why it ended, as far as is known.
    pub(super) finish: Option<Finish<'static>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Text,
    Refusal,
    /// With the provider's index of the block, where it has one.
    Reasoning(Option<String>),
}

/// A call whose end was not seen, or that was.
#[derive(Debug)]
struct OpenCall {
    index: Option<u64>,
    id: String,
    name: String,
    kind: CallKind,
    signature: Option<String>,
    /// Its part; none until the name is known, and arguments are held until then.
    part: Option<u32>,
    held: String,
    json: Balance,
    closed: bool,
}

/// Follows JSON text to see where its outermost value ends.
#[derive(Debug, Default)]
struct Balance {
    depth: u32,
    begun: bool,
    in_string: bool,
    escaped: bool,
}

impl Balance {
    fn push(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => {
                    self.depth += 1;
                    self.begun = true;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.begun && self.depth == 0 && !self.in_string
    }

    /// Whether it has begun and is to go on.
    fn is_open(&self) -> bool {
        self.begun && !self.is_complete()
    }
}

impl OpenChoice {
    /// Whether it made calls.
    pub(super) fn calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// The text that is open, where no text has sources of its own.
    pub(super) fn uncited_text(&self) -> Option<u32> {
        match self.open {
            Some((part, Kind::Text)) if !self.cited => Some(part),
            _ => None,
        }
    }

    /// Tells one piece of a message or a delta.
    pub(super) fn say(&mut self, piece: Piece<'_>, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        match piece {
            Piece::Text(text) => {
                let part = self.part(Kind::Text, || PartKind::Text, parts, sink);
                sink(Event::Delta { part, delta: Delta::Text(text) });
                self.tell_early(part, sink);
            }
            Piece::Refusal(text) => {
                let part = self.part(Kind::Refusal, || PartKind::Refusal, parts, sink);
                sink(Event::Delta { part, delta: Delta::Text(text) });
            }
            Piece::Citation(citation) => {
                self.cited = true;
                match self.open {
                    Some((part, Kind::Text)) => sink(Event::Delta { part, delta: Delta::Citation(citation) }),
                    _ => self.early.push(owned(citation)),
                }
            }
            Piece::Media(media) => {
                // What is said in sound goes on in its transcript.
                if media.kind != MediaKind::Audio {
                    self.close_said(sink);
                }
                let part = parts.start(PartKind::Media(media), sink);
                sink(Event::PartEnd { part });
            }
            Piece::Reasoning(reasoning) => self.reason(reasoning, parts, sink),
            Piece::Call(call) => self.call(call, parts, sink),
        }
    }

    /// The open part of this kind; others end where it begins.
    fn part<'k>(
        &mut self,
        kind: Kind,
        start: impl FnOnce() -> PartKind<'k>,
        parts: &mut Parts<'_>,
        sink: &mut impl FnMut(Event<'_>),
    ) -> u32 {
        if let Some((part, open)) = &self.open
            && *open == kind
        {
            return *part;
        }
        self.close_said(sink);
        self.close_calls(sink);
        let part = parts.start(start(), sink);
        self.open = Some((part, kind));
        part
    }

    fn reason(&mut self, reasoning: Reasoning<'_>, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        let Reasoning { text, summary, signature, opaque, id, format, extra } = reasoning;
        if let Some(data) = opaque {
            self.close_said(sink);
            let part = parts.start(PartKind::OpaqueReasoning { data, id, format }, sink);
            return sink(Event::PartEnd { part });
        }
        let index = extra.iter().find(|(key, _)| key == "index").map(|(_, index)| index.get().to_owned());
        let part = self.part(Kind::Reasoning(index), || PartKind::Reasoning { summary, format }, parts, sink);
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            sink(Event::Delta { part, delta: Delta::Text(text) });
        }
        if let Some(signature) = signature {
            sink(Event::Delta { part, delta: Delta::Signature(signature) });
        }
    }

    /// A call, or more of one. Pieces belong together by their index; one at the same index that has
    /// another id and names a tool is a new call (some servers number all of them 0), and a piece
    /// with neither is more of the last, unless it names a tool of its own.
    fn call(&mut self, piece: CallPiece<'_>, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        let latest = || self.calls.len().checked_sub(piece.back).filter(|_| piece.index.is_none());
        let known = match piece.index {
            Some(_) => self.calls.iter().rposition(|call| call.index == piece.index),
            None if piece.id.is_empty() => None,
            None => self.calls.iter().rposition(|call| call.id == piece.id),
        };
        // An id that is new and without a tool's name is more of a call that is not complete.
        let unfinished = |place: &usize| self.calls.get(*place).is_some_and(|call| !call.json.is_complete());
        let place = match (piece.id.is_empty(), piece.name.is_empty()) {
            (true, _) => known.or_else(latest),
            (false, true) => known.or_else(|| latest().filter(unfinished)),
            (false, false) => known,
        };
        // Some servers go on saying nothing after a call is complete.
        let old = place.and_then(|place| self.calls.get(place));
        if old.is_some_and(|call| call.closed && piece.name.is_empty()) && piece.arguments.trim().is_empty() {
            return;
        }
        let another = |call: &OpenCall| match piece.id.is_empty() {
            false => call.is_before(&piece),
            true => call.is_followed_by(&piece),
        };
        let place =
            place.filter(|place| self.calls.get(*place).is_some_and(|call| !another(call) && !call.closed));
        let place = place.unwrap_or_else(|| {
            self.close_said(sink);
            self.close_calls(sink);
            self.calls.push(OpenCall {
                index: piece.index,
                id: String::new(),
                name: String::new(),
                kind: piece.kind,
                signature: None,
                part: None,
                held: String::new(),
                json: Balance::default(),
                closed: false,
            });
            self.calls.len() - 1
        });
        let Some(call) = self.calls.get_mut(place) else { return };
        if call.id.is_empty() {
            call.id = piece.id.into_owned();
        }
        if call.part.is_none() {
            call.name.push_str(&piece.name);
        }
        if let Some(signature) = piece.signature {
            call.signature = Some(signature.into_owned());
        }
        call.json.push(&piece.arguments);
        if call.part.is_none() && !call.name.is_empty() {
            call.begin(parts, sink);
        }
        call.argue(piece.arguments, sink);
    }

    fn close_said(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        if let Some((part, _)) = self.open.take() {
            sink(Event::PartEnd { part });
        }
    }

    /// Ends the calls whose arguments are complete.
    fn close_calls(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        for call in self.calls.iter_mut().filter(|call| !call.closed && call.json.is_complete()) {
            call.close(sink);
        }
    }

    /// Tells the citations that came before the text which they are of.
    fn tell_early(&mut self, part: u32, sink: &mut impl FnMut(Event<'_>)) {
        for citation in self.early.drain(..) {
            sink(Event::Delta { part, delta: Delta::Citation(citation) });
        }
    }

    /// Ends every part.
    pub(super) fn close_all(&mut self, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        if !self.early.is_empty() {
            let part = self.part(Kind::Text, || PartKind::Text, parts, sink);
            self.tell_early(part, sink);
        }
        self.close_said(sink);
        for call in self.calls.iter_mut().filter(|call| !call.closed) {
            if call.part.is_none() {
                call.begin(parts, sink);
            }
            call.close(sink);
        }
    }
}

/// The same, borrowing nothing.
fn owned(citation: Citation<'_>) -> Citation<'static> {
    let own = |text: Option<Text<'_>>| text.map(|text| Cow::Owned(text.into_owned()));
    Citation {
        url: own(citation.url),
        title: own(citation.title),
        cited_text: own(citation.cited_text),
        span: citation.span,
        json: Cow::Owned(citation.json.into_owned()),
    }
}

impl OpenCall {
    /// Whether a piece with an id is another call. Some servers make up a new id for each piece of a
    /// call (older ones of vLLM, Poolside), and some say the tool's name again with each.
    fn is_before(&self, piece: &CallPiece<'_>) -> bool {
        let goes_on = piece.name.is_empty() || piece.name == self.name && self.json.is_open();
        !self.id.is_empty() && self.id != piece.id && !goes_on
    }

    /// Whether a piece without an id is another call: it names another tool, or the same again with
    /// arguments where these are complete.
    fn is_followed_by(&self, piece: &CallPiece<'_>) -> bool {
        let named = !piece.name.is_empty() && !self.name.is_empty();
        named && (piece.name != self.name || (self.json.is_complete() && !piece.arguments.trim().is_empty()))
    }

    fn begin(&mut self, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        if self.id.is_empty() {
            self.id = call_id(parts.seed, *parts.next_call);
        }
        *parts.next_call += 1;
        let kind = PartKind::ToolCall {
            id: Cow::Borrowed(&self.id),
            name: Cow::Borrowed(&self.name),
            kind: self.kind,
            signature: self.signature.as_deref().map(Cow::Borrowed),
        };
        self.part = Some(parts.start(kind, sink));
        let held = std::mem::take(&mut self.held);
        self.argue(Cow::Owned(held), sink);
    }

    fn argue(&mut self, arguments: Text<'_>, sink: &mut impl FnMut(Event<'_>)) {
        match self.part {
            _ if arguments.is_empty() => {}
            Some(part) => sink(Event::Delta { part, delta: Delta::Arguments(arguments) }),
            None => self.held.push_str(&arguments),
        }
    }

    fn close(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        self.closed = true;
        if let Some(part) = self.part {
            sink(Event::PartEnd { part });
        }
    }
}
