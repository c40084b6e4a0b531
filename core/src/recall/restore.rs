use super::{Format, Piece, Turn, digest};
use crate::conversation::{Message, Part, Request, Role, Text, ToolCall};

/// The most turns that are looked up for one request, the newest.
const MOST: usize = 256;

/// The turns of a request that come without the state that an upstream of `format` wants to see, by
/// what they are found by, the newest first.
pub fn wanted(request: &Request<'_>, format: Format) -> Vec<String> {
    let mut asked = String::new();
    let mut handles = Vec::new();
    for message in &request.messages {
        if format == Format::Text && asks(message) {
            asked = digest_of(message);
        }
        if let Some(call) = first_call(message).filter(|_| !has_state(message, format)) {
            handles.push(format.handle(&call.id, &call.name, &call.arguments, &asked));
        }
    }
    handles.reverse();
    handles.truncate(MOST);
    handles
}

/// A digest of what the user's side said last that was no tool's result.
pub(super) fn asked(messages: &[Message<'_>]) -> String {
    messages.iter().rev().find(|message| asks(message)).map(digest_of).unwrap_or_default()
}

fn asks(message: &Message<'_>) -> bool {
    message.role == Role::User && message.parts.iter().any(|part| matches!(part, Part::Text(_)))
}

fn digest_of(message: &Message<'_>) -> String {
    digest(
        "",
        message.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.text.as_bytes()),
            _ => None,
        }),
    )
}

fn first_call<'m, 'a>(message: &'m Message<'a>) -> Option<&'m ToolCall<'a>> {
    if message.role != Role::Assistant {
        return None;
    }
    message.parts.iter().find_map(|part| if let Part::ToolCall(call) = part { Some(call) } else { None })
}

/// Whether the caller sent this format's state itself: with Gemini a call that is signed, on itself or
/// in reasoning that names it, with Claude signed or opaque reasoning, else its text.
fn has_state(message: &Message<'_>, format: Format) -> bool {
    message.parts.iter().any(|part| match (part, format) {
        (Part::ToolCall(call), Format::Gemini) => call.signature.is_some() || signed_beside(call, message),
        (Part::Reasoning(reasoning), Format::Claude) => {
            let proved = reasoning.signature.is_some() || reasoning.opaque.is_some();
            proved && reasoning.format.as_ref().is_none_or(|said| said == format.name())
        }
        (Part::Reasoning(reasoning), Format::Text) => {
            reasoning.text.as_ref().is_some_and(|text| !text.is_empty())
        }
        _ => false,
    })
}

/// Whether the message's reasoning holds the signature of this call of Gemini's.
fn signed_beside(call: &ToolCall<'_>, message: &Message<'_>) -> bool {
    message.parts.iter().any(|part| match part {
        Part::Reasoning(reasoning) => {
            reasoning.opaque.is_some()
                && reasoning.id.as_ref() == Some(&call.id)
                && reasoning.format.as_deref() == Some(Format::Gemini.name())
        }
        _ => false,
    })
}

/// Puts the state of `turns` back to where it was. What the caller kept without its proof (a readable
/// text, mostly) makes way for the whole. Afterwards [`Request::reasoning_gone`] says whether a turn
/// of the tool loop that is running is still without, though there may have been state.
pub fn restore(request: &mut Request<'_>, format: Format, turns: &[Turn<'_>]) {
    let mut turns: Vec<Progress<'_>> = turns
        .iter()
        .filter(|turn| turn.format == format.name())
        .map(|turn| Progress { turn, format, pieces: turn.pieces.iter().peekable() })
        .collect();
    let running = loop_start(&request.messages);
    for (index, message) in request.messages.iter_mut().enumerate() {
        if has_state(message, format) {
            continue;
        }
        let Some(first) = first_call(message) else { continue };
        match turns.iter_mut().find(|turn| turn.place(&first.id).is_some()) {
            Some(turn) => turn.put_back(message),
            None => request.reasoning_gone |= index >= running,
        }
    }
}

/// Where the tool loop begins that the conversation stands in: behind the last turn of the model's
/// that the user's side answered with no tool's result.
pub(crate) fn loop_start(messages: &[Message<'_>]) -> usize {
    let (mut answered, mut results) = (false, false);
    for (index, message) in messages.iter().enumerate().rev() {
        match message.role {
            Role::User => {
                answered = true;
                results |= message.parts.iter().any(|part| matches!(part, Part::ToolResult(_)));
            }
            Role::Assistant if answered && !results => return index + 1,
            Role::Assistant => (answered, results) = (false, false),
            Role::System | Role::Developer => {}
        }
    }
    0
}

/// A turn of which some was put back. Callers may send the calls of one turn in several messages.
struct Progress<'t> {
    turn: &'t Turn<'t>,
    format: Format,
    pieces: std::iter::Peekable<std::slice::Iter<'t, Piece<'t>>>,
}

impl Progress<'_> {
    /// Which of the turn's calls this is.
    fn place(&self, call_id: &str) -> Option<usize> {
        self.turn.calls.iter().position(|call| call.id == call_id)
    }

    fn put_back(&mut self, message: &mut Message<'_>) {
        let parts = std::mem::take(&mut message.parts);
        let replaced = !self.turn.pieces.is_empty();
        let mut texts = 0;
        let mut called = false;
        for mut part in parts {
            match &mut part {
                Part::Reasoning(_) if replaced => continue,
                Part::Text(_) => {
                    self.pieces_until(message, |piece| !called && piece.calls == 0 && piece.texts <= texts);
                    texts += 1;
                }
                Part::ToolCall(call) => {
                    called = true;
                    if let Some(place) = self.place(&call.id) {
                        self.pieces_until(message, |piece| piece.calls <= place);
                        let signature = self.turn.calls.get(place).and_then(|call| call.signature.as_ref());
                        call.signature = signature.map(|text| Text::Owned(text.as_ref().to_owned()));
                    }
                }
                _ => {}
            }
            message.parts.push(part);
        }
    }

    fn pieces_until(&mut self, message: &mut Message<'_>, belongs: impl Fn(&Piece<'_>) -> bool) {
        while let Some(piece) = self.pieces.next_if(|piece| belongs(piece)) {
            message.parts.push(Part::Reasoning(piece.reasoning(self.format)));
        }
    }
}
