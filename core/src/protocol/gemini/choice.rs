//! One choice of a streamed answer, as far as it has come.

use std::borrow::Cow;

use super::{
    GEMINI_FORMAT,
    answer::WireCandidate,
    arguments::Arguments,
    citations::Sources,
    finish::finish,
    logprobs::logprobs,
    part::{CallPiece, Piece, arguments, pieces},
};
use crate::{
    conversation::{CallKind, Citation, Delta, Event, Finish, Json, PartKind, Text},
    protocol::{
        call_id::call_id,
        json::{Malformed, Raw},
        parts::Parts,
    },
};

/// What one chunk says of a choice.
pub(super) struct Said<'a> {
    pieces: Vec<(Option<Piece<'a>>, Option<Text<'a>>)>,
    finish: Option<Finish<'a>>,
    grounding: Option<Raw<'a>>,
    citations: Option<Raw<'a>>,
    pages: Option<Raw<'a>>,
    logprobs: Option<Json<'static>>,
}

impl Said<'_> {
    /// Whether it says nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        let sources = [self.grounding, self.citations, self.pages];
        self.finish.is_none()
            && sources.iter().all(Option::is_none)
            && self.pieces.iter().all(|(piece, signature)| piece.is_none() && signature.is_none())
    }
}

/// Parts that say that Google calls something on its own side.
const OWN_CALLS: [&str; 4] = ["executableCode", "executable_code", "toolCall", "tool_call"];

/// Takes a candidate apart.
pub(super) fn said_by(candidate: WireCandidate<'_>) -> Result<Said<'_>, Malformed> {
    let parts = candidate.content.unwrap_or_default().parts.unwrap_or_default().0;
    Ok(Said {
        pieces: parts.into_iter().map(pieces).collect::<Result<_, _>>()?,
        finish: finish(candidate.reason, candidate.message),
        grounding: candidate.grounding,
        citations: candidate.citations,
        pages: candidate.pages,
        logprobs: logprobs(candidate.logprobs),
    })
}

/// A choice that may have more to say.
#[derive(Debug, Default)]
pub(super) struct OpenChoice {
    /// The text or the thought that is open.
    open: Option<(u32, Kind)>,
    call: Option<OpenCall>,
    /// The ids that the calls so far were given, and their arguments.
    given: Vec<(String, String)>,
    sources: Sources,
    /// Whether it made calls.
    pub(super) calls: bool,
    /// Why it ended, as far as is known.
    pub(super) finish: Option<Finish<'static>>,
    last: Last,
}

/// What was said last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Nothing,
    /// Something that the model goes on from.
    More,
    /// A call that Google makes on its own side: its result is still to come.
    OwnCall,
    /// Why it ended.
    Finish,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Thought,
}

/// A call whose arguments come in pieces.
#[derive(Debug)]
struct OpenCall {
    part: u32,
    id: String,
    arguments: Arguments,
    /// Arguments that came whole, which may be said beside the pieces and count where there are none.
    whole: Option<String>,
}

impl OpenChoice {
    /// Searches of the web that were made for it.
    pub(super) fn searches(&self) -> u64 {
        self.sources.searches
    }

    /// Whether nothing more is to be expected. Code that is run in the middle of an answer comes with
    /// a reason to end as well, and so do empty chunks of some proxies before anything is said.
    pub(super) fn is_over(&self) -> bool {
        self.last == Last::Finish
    }

    /// Whether this is the text or the thought that is open.
    pub(super) fn is_open(&self, part: u32) -> bool {
        self.open.is_some_and(|(open, _)| open == part)
    }

    /// The open part goes on.
    pub(super) fn go_on(&mut self, text: &str) {
        if matches!(self.open, Some((_, Kind::Text))) {
            self.sources.said(text);
        }
    }

    /// Tells what a chunk says.
    pub(super) fn say(&mut self, said: Said<'_>, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        for (piece, signature) in said.pieces {
            if let Some(piece) = piece {
                self.piece(piece, parts, sink);
            }
            if let Some(data) = signature {
                parts.whole(opaque(data, None), sink);
            }
        }
        let mut citations = self.sources.ground(said.grounding);
        citations.extend(self.sources.recite(said.citations));
        self.sources.read(said.pages);
        self.cite(citations, parts, sink);
        if let Some(json) = said.logprobs {
            sink(Event::Logprobs { choice: parts.choice, json });
        }
        if let Some(finish) = said.finish {
            self.finish = Some(finish.into_owned());
            if self.last == Last::More {
                self.last = Last::Finish;
            }
        }
    }

    fn piece(&mut self, piece: Piece<'_>, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        self.last = match &piece {
            Piece::Provider { kind, .. } if OWN_CALLS.contains(&kind.as_ref()) => Last::OwnCall,
            _ => Last::More,
        };
        match piece {
            Piece::Text(text) => {
                self.sources.said(&text);
                let part = self.part(Kind::Text, parts, sink);
                sink(Event::Delta { part, delta: Delta::Text(text) });
            }
            Piece::Thought(text) => {
                let part = self.part(Kind::Thought, parts, sink);
                sink(Event::Delta { part, delta: Delta::Text(text) });
            }
            Piece::Call(call) => self.call(call, parts, sink),
            Piece::Media(media) => {
                self.close_said(sink);
                parts.whole(PartKind::Media(media), sink);
            }
            Piece::Provider { kind, json } => {
                self.close_said(sink);
                parts.whole(PartKind::Provider { kind, json }, sink);
            }
        }
    }

    /// The open part of this kind; another kind ends where it begins.
    fn part(&mut self, kind: Kind, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) -> u32 {
        if let Some((part, open)) = self.open
            && open == kind
        {
            return part;
        }
        self.close_said(sink);
        let start = match kind {
            Kind::Text => PartKind::Text,
            Kind::Thought => PartKind::Reasoning { summary: true, format: None },
        };
        let part = parts.start(start, sink);
        self.open = Some((part, kind));
        part
    }

    /// A call, or more of the one that is open: what has no name goes on with it, and so does what
    /// repeats its id. The last piece of a call can be empty.
    fn call(&mut self, mut call: CallPiece<'_>, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        let known = |open: &OpenCall| call.id.as_deref().is_none_or(|id| id == open.id);
        let goes_on = |open: &OpenCall| known(open) && (call.name.is_none() || call.id.is_some());
        if let Some(mut open) = self.call.take_if(|open| goes_on(open)) {
            if let Some(data) = call.signature.take() {
                parts.whole(opaque(data, Some(Cow::Borrowed(&open.id))), sink);
            }
            let more = call.more;
            open.take(call);
            if more {
                self.call = Some(open);
            } else {
                open.close(true, sink);
            }
            return;
        }
        // A call that was told already is no second one; another with the same id gets one of its own.
        let whole = call.args.map_or("", |args| args.get());
        let mut same = self.given.iter().filter(|(id, _)| call.id.as_deref() == Some(id)).peekable();
        let taken = same.peek().is_some();
        let told = taken && (call.name.is_none() || same.any(|(_, args)| args == whole));
        if told || (call.name.is_none() && call.args.is_none()) {
            return;
        }
        self.given.extend(call.id.as_deref().map(|id| (id.to_owned(), whole.to_owned())));
        call.id = call.id.filter(|_| !taken);
        self.close_said(sink);
        // The next call begins: the one before it has all that it will have.
        if let Some(open) = self.call.take() {
            open.close(true, sink);
        }
        self.calls = true;
        let id = call.id.take().map_or_else(|| call_id(parts.seed, *parts.next_call), Cow::into_owned);
        *parts.next_call += 1;
        let kind = PartKind::ToolCall {
            id: Cow::Borrowed(&id),
            name: call.name.take().unwrap_or_default(),
            kind: CallKind::Function,
            signature: call.signature.take(),
        };
        let part = parts.start(kind, sink);
        if !call.more && call.partial.is_empty() {
            sink(Event::Delta { part, delta: Delta::Arguments(arguments(call.args)) });
            return sink(Event::PartEnd { part });
        }
        let mut open = OpenCall { part, id, arguments: Arguments::default(), whole: None };
        let more = call.more;
        open.take(call);
        if more {
            self.call = Some(open);
        } else {
            open.close(true, sink);
        }
    }

    fn cite(
        &mut self,
        citations: Vec<Citation<'static>>,
        parts: &mut Parts<'_>,
        sink: &mut impl FnMut(Event<'_>),
    ) {
        for citation in citations {
            let part = self.part(Kind::Text, parts, sink);
            sink(Event::Delta { part, delta: Delta::Citation(citation) });
        }
    }

    fn close_said(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        if let Some((part, _)) = self.open.take() {
            sink(Event::PartEnd { part });
        }
    }

    /// The choice is complete.
    pub(super) fn end(&mut self, parts: &mut Parts<'_>, sink: &mut impl FnMut(Event<'_>)) {
        let rest = self.sources.rest();
        self.cite(rest, parts, sink);
        self.close(sink);
    }

    /// Nothing more will come. A call that said that it goes on was cut.
    pub(super) fn close(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        self.close_said(sink);
        if let Some(open) = self.call.take() {
            open.close(false, sink);
        }
    }
}

impl OpenCall {
    fn take(&mut self, call: CallPiece<'_>) {
        call.partial.into_iter().for_each(|arg| self.arguments.push(arg));
        if call.args.is_some() {
            self.whole = Some(arguments(call.args).into_owned());
        }
    }

    fn close(self, whole: bool, sink: &mut impl FnMut(Event<'_>)) {
        let part = self.part;
        let said = self.whole.filter(|_| self.arguments.is_empty());
        let arguments = Cow::Owned(said.unwrap_or_else(|| self.arguments.json(whole)));
        sink(Event::Delta { part, delta: Delta::Arguments(arguments) });
        sink(Event::PartEnd { part });
    }
}

/// State that is no call's own, or that came after the call had begun.
fn opaque<'a>(data: Text<'a>, id: Option<Text<'a>>) -> PartKind<'a> {
    PartKind::OpaqueReasoning { data, id, format: Some(Cow::Borrowed(GEMINI_FORMAT)) }
}
